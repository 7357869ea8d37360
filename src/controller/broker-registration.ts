import { isReservedUuid, type Uuid } from "../core/uuid.ts";
import type { ClusterRecord, ClusterRecordValue } from "../metadata/cluster-record.ts";
import { KRAFT_VERSION, METADATA_VERSION, supports } from "../metadata/features.ts";
import { registerBroker } from "../metadata/image-writer.ts";
import type { BrokerImage, MetadataImage } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from "../protocol/messages/broker-registration.ts";
import { partitionChangesFor } from "./broker-partitions.ts";
import { metadataVersionOf, type ControllerState, type Decision } from "./decision.ts";

/**
 * BrokerRegistration. A new incarnation starts fenced, after its partitions were cleaned up: as after a
 * shutdown when it names the epoch it had, else as after the loss of what was not flushed (KIP-966).
 * The same incarnation amends what it said and keeps its epoch and its state.
 */
export function decideRegisterBroker(
  state: ControllerState,
  clusterId: string,
  request: BrokerRegistrationRequest,
): Decision<BrokerRegistrationResponse> {
  const refused = refusal(state, clusterId, request);
  if (refused !== undefined) return { records: [], reply: response(refused, -1) };
  const before = state.image.brokers.get(request.brokerId);
  const same = before?.incarnationId === request.incarnationId ? before : undefined;
  const broker: BrokerImage = {
    id: request.brokerId,
    epoch: same?.epoch ?? state.nextOffset,
    incarnationId: request.incarnationId,
    endpoints: request.listeners,
    features: request.features.map((feature) => ({
      name: feature.name,
      min: feature.minSupportedVersion,
      max: feature.maxSupportedVersion,
    })),
    rack: request.rack,
    fenced: same?.fenced ?? true,
    inControlledShutdown: same?.inControlledShutdown ?? false,
    isMigratingZkBroker: false,
    logDirs: request.logDirs,
    cordonedLogDirs: same?.cordonedLogDirs ?? null,
  };
  const records =
    before === undefined || same !== undefined ? [] : leftByIncarnation(state, before, request);
  records.push(registerBroker(broker, metadataVersionOf(state.image)));
  return { records, reply: response(ErrorCode.NONE, broker.epoch) };
}

function leftByIncarnation(
  state: ControllerState,
  before: BrokerImage,
  request: BrokerRegistrationRequest,
): ClusterRecord[] {
  const unclean = state.image.elrEnabled && request.previousBrokerEpoch !== before.epoch;
  return partitionChangesFor(
    state,
    unclean ? { uncleanShutdown: before.id } : { leaving: before.id },
  );
}

function refusal(
  state: ControllerState,
  clusterId: string,
  request: BrokerRegistrationRequest,
): ErrorCode | undefined {
  const { image } = state;
  if (request.clusterId !== clusterId) return ErrorCode.INCONSISTENT_CLUSTER_ID;
  const before = image.brokers.get(request.brokerId);
  const isOther = before !== undefined && before.incarnationId !== request.incarnationId;
  // Who is unfenced is alive as far as anybody knows.
  if (isOther && !before.fenced) return ErrorCode.DUPLICATE_BROKER_REGISTRATION;
  if (request.isMigratingZkBroker) return ErrorCode.INVALID_REQUEST;
  if (!hasGoodDirectories(image, request)) return ErrorCode.INVALID_REGISTRATION;
  return supportsFeatures(image, request) ? undefined : ErrorCode.UNSUPPORTED_VERSION;
}

function hasGoodDirectories(image: MetadataImage, request: BrokerRegistrationRequest): boolean {
  if (!supports(metadataVersionOf(image), "directoryAssignment")) return true;
  const { logDirs, brokerId } = request;
  if (logDirs.length === 0 || new Set(logDirs).size !== logDirs.length) return false;
  if (logDirs.some(isReservedUuid)) return false;
  for (const other of image.brokers.values()) {
    if (other.id !== brokerId && other.logDirs.some((dir) => logDirs.includes(dir))) return false;
  }
  return true;
}

/** It must be able to run at every finalised level, whatever it would use of it. */
function supportsFeatures(image: MetadataImage, request: BrokerRegistrationRequest): boolean {
  const covers = (name: string, level: number): boolean =>
    request.features.some(
      (feature) =>
        feature.name === name &&
        feature.minSupportedVersion <= level &&
        level <= feature.maxSupportedVersion,
    );
  if (!covers(METADATA_VERSION, metadataVersionOf(image))) return false;
  for (const [name, level] of image.features.levels) {
    if (name !== KRAFT_VERSION && !covers(name, level)) return false;
  }
  return true;
}

/** Takes a broker out: its partitions get other leaders, then it is fenced. */
export function decideFenceBroker(state: ControllerState, brokerId: number): Decision<void> {
  const broker = state.image.brokers.get(brokerId);
  if (broker === undefined || broker.fenced) return { records: [], reply: undefined };
  const records = partitionChangesFor(state, { leaving: brokerId });
  records.push(registrationChange(broker, { fenced: 1 }));
  return { records, reply: undefined };
}

/** Lets a broker in: it may lead, and does where nobody else does. */
export function decideUnfenceBroker(state: ControllerState, brokerId: number): Decision<void> {
  const broker = state.image.brokers.get(brokerId);
  if (broker === undefined || !broker.fenced) return { records: [], reply: undefined };
  const changes = partitionChangesFor(state, { joining: brokerId });
  return { records: [registrationChange(broker, { fenced: -1 }), ...changes], reply: undefined };
}

/** A broker wants to stop: its leaderships move, it leaves the in-sync sets. */
export function decideControlledShutdown(state: ControllerState, brokerId: number): Decision<void> {
  const broker = state.image.brokers.get(brokerId);
  if (broker === undefined || broker.fenced || broker.inControlledShutdown) {
    return { records: [], reply: undefined };
  }
  const changes = partitionChangesFor(state, { leaving: brokerId });
  const change = registrationChange(broker, { inControlledShutdown: 1 });
  return { records: [change, ...changes], reply: undefined };
}

/** Notes which directories of a broker take no new replicas (KIP-1066); nothing when it is known. */
export function decideCordonLogDirs(
  state: ControllerState,
  brokerId: number,
  cordonedLogDirs: readonly Uuid[],
): Decision<void> {
  const broker = state.image.brokers.get(brokerId);
  const nothing: Decision<void> = { records: [], reply: undefined };
  if (broker === undefined) return nothing;
  if (!supports(metadataVersionOf(state.image), "cordonedLogDirs")) return nothing;
  const known = broker.cordonedLogDirs;
  const same =
    known?.length === cordonedLogDirs.length && known.every((dir) => cordonedLogDirs.includes(dir));
  if (same) return nothing;
  return { records: [registrationChange(broker, { cordonedLogDirs })], reply: undefined };
}

/** A broker lost directories: what was in them gets other leaders, or none (KIP-858). */
export function decideOnlineLogDirs(
  state: ControllerState,
  brokerId: number,
  online: readonly Uuid[],
): Decision<void> {
  const broker = state.image.brokers.get(brokerId);
  const nothing: Decision<void> = { records: [], reply: undefined };
  if (broker === undefined || online.length === 0) return nothing;
  if (!supports(metadataVersionOf(state.image), "directoryAssignment")) return nothing;
  if (broker.logDirs.every((dir) => online.includes(dir))) return nothing;
  const logDirs = broker.logDirs.filter((dir) => online.includes(dir));
  const changes = partitionChangesFor(state, { failedDirectory: { brokerId, online: logDirs } });
  return { records: [registrationChange(broker, { logDirs }), ...changes], reply: undefined };
}

type Change = ClusterRecordValue<"BrokerRegistrationChangeRecord">;

/** A change of a registration, in the lowest version that can say it. */
function registrationChange(
  broker: BrokerImage,
  change: Partial<Pick<Change, "fenced" | "inControlledShutdown" | "logDirs" | "cordonedLogDirs">>,
): ClusterRecord {
  const value: Change = {
    brokerId: broker.id,
    brokerEpoch: broker.epoch,
    fenced: 0,
    inControlledShutdown: 0,
    logDirs: [],
    cordonedLogDirs: null,
    ...change,
  };
  let version = 0;
  if (value.inControlledShutdown !== 0) version = 1;
  if (value.logDirs.length > 0) version = 2;
  if (value.cordonedLogDirs !== null) version = 3;
  return { kind: "BrokerRegistrationChangeRecord", version, value };
}

function response(errorCode: ErrorCode, brokerEpoch: number): BrokerRegistrationResponse {
  return { throttleTimeMs: 0, errorCode, brokerEpoch };
}
