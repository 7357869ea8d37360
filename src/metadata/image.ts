import { PersistentMap } from "../core/persistent-map.ts";
import type { Uuid } from "../core/uuid.ts";
import { ELIGIBLE_LEADER_REPLICAS_VERSION } from "./features.ts";

/** Where an image stands in the metadata log: the last record it contains. */
export interface Provenance {
  /** -1 for the empty image. */
  readonly offset: number;
  readonly epoch: number;
  readonly timestampMs: number;
}

export interface FeaturesImage {
  /** `undefined` until the first record of it: the cluster was never bootstrapped. */
  readonly metadataVersion: number | undefined;
  /** Finalised levels of the other features; 0 is not listed. */
  readonly levels: ReadonlyMap<string, number>;
}

/** A partition as the controller knows it. Brokers are ids; arrays keep the order of the records. */
export interface PartitionImage {
  readonly replicas: readonly number[];
  /** In-sync replicas. May be empty since KIP-966. */
  readonly isr: readonly number[];
  /** Log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly Uuid[];
  /** -1 = none. */
  readonly leader: number;
  /** Grows with every change of leader. */
  readonly leaderEpoch: number;
  /** Grows with every change. */
  readonly partitionEpoch: number;
  /** Out of the ISR, yet known to have all up to the high watermark (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** Recovering after an unclean election. */
  readonly leaderRecovering: boolean;
}

export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  /** By partition number. */
  readonly partitions: readonly PartitionImage[];
}

export interface EndpointImage {
  /** Name of the listener. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Code of the security protocol: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

export interface FeatureRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export interface BrokerImage {
  readonly id: number;
  /** Offset of the record that registered it. */
  readonly epoch: number;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly EndpointImage[];
  readonly features: readonly FeatureRange[];
  readonly rack: string | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly isMigratingZkBroker: boolean;
  /** Its online log directories. */
  readonly logDirs: readonly Uuid[];
  /** Directories that take no new replicas; null = not reported yet. */
  readonly cordonedLogDirs: readonly Uuid[] | null;
}

export interface ControllerImage {
  readonly id: number;
  readonly incarnationId: Uuid;
  readonly zkMigrationReady: boolean;
  readonly endpoints: readonly EndpointImage[];
  readonly features: readonly FeatureRange[];
}

/** Types of resources that have configs (`ConfigResource.Type`). */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** The configs of one resource, as they were set: text by name. */
export interface ConfigResourceImage {
  readonly type: number;
  /** Of brokers: the id, or empty for the default of all. */
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface ClientQuotaImage {
  /** Entity types (`user`, `client-id`, `ip`) with their names; null = the default entity. */
  readonly entity: ReadonlyMap<string, string | null>;
  readonly values: ReadonlyMap<string, number>;
}

export interface AclImage {
  readonly id: Uuid;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface ScramImage {
  readonly user: string;
  /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
  readonly mechanism: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

export interface DelegationTokenImage {
  readonly tokenId: string;
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly expirationTimestampMs: number;
}

/** What an image is made of. */
export interface MetadataImageParts {
  readonly provenance: Provenance;
  readonly features: FeaturesImage;
  readonly topicsByName: PersistentMap<TopicImage>;
  readonly topicsById: PersistentMap<TopicImage>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly controllers: ReadonlyMap<number, ControllerImage>;
  /** By {@link configKey}. */
  readonly configs: PersistentMap<ConfigResourceImage>;
  /** By {@link quotaKey}. */
  readonly clientQuotas: PersistentMap<ClientQuotaImage>;
  /** First producer id that is not handed out; -1 before any was. */
  readonly nextProducerId: number;
  readonly acls: PersistentMap<AclImage>;
  /** By {@link scramKey}. */
  readonly scram: PersistentMap<ScramImage>;
  readonly delegationTokens: PersistentMap<DelegationTokenImage>;
}

export function configKey(type: number, name: string): string {
  return `${type}:${name}`;
}

export function scramKey(mechanism: number, user: string): string {
  return `${mechanism}:${user}`;
}

/** A key of a quota entity, the same for every order of its parts. */
export function quotaKey(entity: ReadonlyMap<string, string | null>): string {
  return JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const noConfigs: ReadonlyMap<string, string> = new Map();

/**
 * The whole metadata of a cluster at one offset of its log. Immutable: a change is a new image, made by
 * {@link MetadataDelta}, which shares everything that did not change.
 */
export class MetadataImage implements MetadataImageParts {
  readonly provenance: Provenance;
  readonly features: FeaturesImage;
  readonly topicsByName: PersistentMap<TopicImage>;
  readonly topicsById: PersistentMap<TopicImage>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly controllers: ReadonlyMap<number, ControllerImage>;
  readonly configs: PersistentMap<ConfigResourceImage>;
  readonly clientQuotas: PersistentMap<ClientQuotaImage>;
  readonly nextProducerId: number;
  readonly acls: PersistentMap<AclImage>;
  readonly scram: PersistentMap<ScramImage>;
  readonly delegationTokens: PersistentMap<DelegationTokenImage>;

  constructor(parts: MetadataImageParts) {
    this.provenance = parts.provenance;
    this.features = parts.features;
    this.topicsByName = parts.topicsByName;
    this.topicsById = parts.topicsById;
    this.brokers = parts.brokers;
    this.controllers = parts.controllers;
    this.configs = parts.configs;
    this.clientQuotas = parts.clientQuotas;
    this.nextProducerId = parts.nextProducerId;
    this.acls = parts.acls;
    this.scram = parts.scram;
    this.delegationTokens = parts.delegationTokens;
  }

  static readonly empty = new MetadataImage({
    provenance: { offset: -1, epoch: -1, timestampMs: -1 },
    features: { metadataVersion: undefined, levels: new Map() },
    topicsByName: PersistentMap.empty(),
    topicsById: PersistentMap.empty(),
    brokers: new Map(),
    controllers: new Map(),
    configs: PersistentMap.empty(),
    clientQuotas: PersistentMap.empty(),
    nextProducerId: -1,
    acls: PersistentMap.empty(),
    scram: PersistentMap.empty(),
    delegationTokens: PersistentMap.empty(),
  });

  /** Whether the cluster was never bootstrapped. */
  get isEmpty(): boolean {
    return this.features.metadataVersion === undefined;
  }

  topic(name: string): TopicImage | undefined {
    return this.topicsByName.get(name);
  }

  topicById(id: Uuid): TopicImage | undefined {
    return this.topicsById.get(id);
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.topicsByName.get(topic)?.partitions[partition];
  }

  /** What was set for a resource; empty when nothing was. */
  configsOf(type: number, name: string): ReadonlyMap<string, string> {
    return this.configs.get(configKey(type, name))?.values ?? noConfigs;
  }

  /** The finalised level of a feature; 0 when it is off. `metadata.version` is not among them. */
  featureLevel(name: string): number {
    return this.features.levels.get(name) ?? 0;
  }

  get elrEnabled(): boolean {
    return this.featureLevel(ELIGIBLE_LEADER_REPLICAS_VERSION) >= 1;
  }
}
