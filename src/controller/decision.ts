import type { BrokerConfig } from "../config/broker-config.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { METADATA_VERSION_LATEST } from "../metadata/features.ts";
import { ConfigResourceType, type BrokerImage, type MetadataImage } from "../metadata/image.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";

/** What a decision may look at; it changes nothing. */
export interface ControllerState {
  /** With everything that was decided before, committed or not. */
  readonly image: MetadataImage;
  /** Offset that the first record of this decision will get. */
  readonly nextOffset: number;
  readonly nowMs: number;
  readonly random: Random;
  /** Static settings of this controller. */
  readonly config: BrokerConfig;
}

/** What is to happen, and what to say once it has. */
export interface Decision<R> {
  /** One batch, applied and committed as a whole. */
  readonly records: readonly ClusterRecord[];
  readonly reply: R;
}

/** An error of the protocol with what it says to a person. */
export interface ApiError {
  readonly code: ErrorCode;
  /** `null` leaves it to the client's own words. */
  readonly message: string | null;
}

export const noError: ApiError = { code: ErrorCode.NONE, message: null };

export function apiError(name: keyof typeof ErrorCode, message: string | null): ApiError {
  return { code: ErrorCode[name], message };
}

/** At most so many partitions are created by one request (KIP-599's companion limit in Kafka). */
export const NEW_PARTITIONS_MAX = 10_000;

/** Level of metadata.version that records are written for. */
export function metadataVersionOf(image: MetadataImage): number {
  return image.features.metadataVersion ?? METADATA_VERSION_LATEST;
}

/** Whether a broker may lead and be in sync: registered, unfenced, not on its way out. */
export function isActive(image: MetadataImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId);
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/** Whether new replicas may be placed on a broker; fenced ones count, cordoned directories do not. */
export function isUsable(broker: BrokerImage): boolean {
  if (broker.inControlledShutdown) return false;
  return broker.logDirs.length === 0 || !isWhollyCordoned(broker);
}

export function isWhollyCordoned(broker: BrokerImage): boolean {
  const cordoned = broker.cordonedLogDirs ?? [];
  return broker.logDirs.length > 0 && broker.logDirs.every((dir) => cordoned.includes(dir));
}

/** `min.insync.replicas` of a topic: its own, the cluster's default, this controller's file. */
export function minInsyncReplicasOf(state: ControllerState, topic: string): number {
  const { image, config } = state;
  const name = "min.insync.replicas";
  const text =
    image.configsOf(ConfigResourceType.TOPIC, topic).get(name) ??
    image.configsOf(ConfigResourceType.BROKER, "").get(name);
  return text === undefined ? config.get(name) : Number(text);
}

/** Whether a replica outside the ISR may become leader when nobody else is left. */
export function uncleanElectionAllowed(state: ControllerState, topic: string): boolean {
  const { image, config } = state;
  const name = "unclean.leader.election.enable";
  const text =
    image.configsOf(ConfigResourceType.TOPIC, topic).get(name) ??
    image.configsOf(ConfigResourceType.BROKER, "").get(name);
  return text === undefined ? config.get(name) : text === "true";
}
