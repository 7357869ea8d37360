/**
 * Features of a cluster and the levels of `metadata.version`, as of Apache Kafka 4.4 (KIP-584, KIP-1022).
 * Announcing a level promises that every record of it can be replayed.
 */

export const METADATA_VERSION = "metadata.version";
export const KRAFT_VERSION = "kraft.version";
export const TRANSACTION_VERSION = "transaction.version";
export const GROUP_VERSION = "group.version";
export const ELIGIBLE_LEADER_REPLICAS_VERSION = "eligible.leader.replicas.version";
export const SHARE_VERSION = "share.version";
export const STREAMS_VERSION = "streams.version";

/** A level of `metadata.version`. */
export interface MetadataVersion {
  readonly level: number;
  /** Its name in commands and settings, such as `4.4-IV2`. */
  readonly version: string;
  /** Whether records or their meaning changed with it: a downgrade across it is unsafe. */
  readonly metadataChanged: boolean;
}

function level(number: number, version: string, metadataChanged: boolean): MetadataVersion {
  return { level: number, version, metadataChanged };
}

/** Every level Apache Kafka 4.4 can run, rising. */
export const metadataVersions: readonly MetadataVersion[] = [
  level(7, "3.3-IV3", true),
  level(8, "3.4-IV0", true),
  level(9, "3.5-IV0", false),
  level(10, "3.5-IV1", false),
  level(11, "3.5-IV2", true),
  level(12, "3.6-IV0", false),
  level(13, "3.6-IV1", true),
  level(14, "3.6-IV2", true),
  level(15, "3.7-IV0", true),
  level(16, "3.7-IV1", false),
  level(17, "3.7-IV2", true),
  level(18, "3.7-IV3", false),
  level(19, "3.7-IV4", false),
  level(20, "3.8-IV0", false),
  level(21, "3.9-IV0", false),
  level(22, "4.0-IV0", false),
  level(23, "4.0-IV1", true),
  level(24, "4.0-IV2", false),
  level(25, "4.0-IV3", false),
  level(26, "4.1-IV0", false),
  level(27, "4.1-IV1", false),
  level(28, "4.2-IV0", false),
  level(29, "4.2-IV1", false),
  level(30, "4.3-IV0", true),
  level(31, "4.4-IV0", false),
  level(32, "4.4-IV1", true),
  level(33, "4.4-IV2", true),
];

export const METADATA_VERSION_MIN = 7;
export const METADATA_VERSION_LATEST = 33;

/** From these levels on the named ability exists. */
export const abilities = {
  /** UserScramCredentialRecord. */
  scram: 11,
  /** ISR changes leave the leader epoch alone. */
  isrShrinkKeepsLeaderEpoch: 12,
  /** Begin, End and AbortTransactionRecord (KIP-868). */
  metadataTransactions: 13,
  /** DelegationTokenRecord. */
  delegationTokens: 14,
  /** RegisterControllerRecord. */
  controllerRegistration: 15,
  /** Directory ids of replicas (KIP-858). */
  directoryAssignment: 17,
  /** Eligible leader replicas (KIP-966). */
  eligibleLeaderReplicas: 23,
  /** Cordoned log directories (KIP-1066). */
  cordonedLogDirs: 30,
  /** Host ranges in ACLs. */
  cidrAcls: 32,
  /** UnregisterControllerRecord. */
  controllerUnregistration: 33,
} as const;

export type Ability = keyof typeof abilities;

/** Whether a cluster of this metadata.version has the ability. */
export function supports(metadataVersion: number, ability: Ability): boolean {
  return metadataVersion >= abilities[ability];
}

/** A level of a feature: what it needs, and the metadata.version from which on it is the default. */
export interface FeatureLevel {
  readonly level: number;
  readonly defaultFrom: number;
  /** Least `metadata.version` this level can be finalised with. */
  readonly metadataVersionMin: number;
}

export interface Feature {
  readonly name: string;
  /** Rising; level 0 means "off". */
  readonly levels: readonly FeatureLevel[];
}

function feature(name: string, ...levels: readonly FeatureLevel[]): Feature {
  return { name, levels: [{ level: 0, defaultFrom: 7, metadataVersionMin: 7 }, ...levels] };
}

/** Every feature besides metadata.version, sorted by name. */
export const features: readonly Feature[] = [
  feature(ELIGIBLE_LEADER_REPLICAS_VERSION, { level: 1, defaultFrom: 26, metadataVersionMin: 23 }),
  feature(GROUP_VERSION, { level: 1, defaultFrom: 22, metadataVersionMin: 7 }),
  feature(KRAFT_VERSION, { level: 1, defaultFrom: 21, metadataVersionMin: 7 }),
  feature(
    SHARE_VERSION,
    { level: 1, defaultFrom: 28, metadataVersionMin: 7 },
    { level: 2, defaultFrom: 31, metadataVersionMin: 7 },
  ),
  feature(STREAMS_VERSION, { level: 1, defaultFrom: 29, metadataVersionMin: 7 }),
  feature(
    TRANSACTION_VERSION,
    { level: 1, defaultFrom: 24, metadataVersionMin: 7 },
    { level: 2, defaultFrom: 24, metadataVersionMin: 7 },
  ),
];

/** A range of levels of one feature. */
export interface SupportedFeature {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** What this program supports: announced in registrations and ApiVersions. */
export const supportedFeatures: readonly SupportedFeature[] = [
  { name: METADATA_VERSION, min: METADATA_VERSION_MIN, max: METADATA_VERSION_LATEST },
  ...features.map(({ name, levels }) => ({ name, min: 0, max: levels.at(-1)!.level })),
];

/** The level a feature has by default in a cluster formatted at this metadata.version. */
export function defaultFeatureLevel(name: string, metadataVersion: number): number {
  const known = features.find((candidate) => candidate.name === name);
  return known?.levels.findLast(({ defaultFrom }) => defaultFrom <= metadataVersion)?.level ?? 0;
}

export function metadataVersionOfLevel(number: number): MetadataVersion | undefined {
  return metadataVersions.find((candidate) => candidate.level === number);
}

/**
 * The level meant by `4.4-IV2` or, as the newest of a release, by `4.4` or `4.4.0`. `undefined` for an
 * unknown one.
 */
export function metadataVersionOfName(name: string): MetadataVersion | undefined {
  const exact = metadataVersions.find(({ version }) => version === name);
  if (exact !== undefined) return exact;
  const release = /^(\d+\.\d+)(?:\.\d+)*$/.exec(name)?.[1];
  if (release === undefined) return undefined;
  return metadataVersions.findLast(({ version }) => version.startsWith(`${release}-`));
}

/** Versions of records to write at a metadata.version: the highest every node of the cluster can read. */
export interface RecordVersions {
  readonly registerBroker: number;
  readonly partition: number;
  readonly partitionChange: number;
}

export function recordVersionsAt(metadataVersion: number): RecordVersions {
  const replicas = metadataVersion >= 23 ? 2 : metadataVersion >= 17 ? 1 : 0;
  const broker =
    metadataVersion >= 30 ? 4 : metadataVersion >= 17 ? 3 : metadataVersion >= 8 ? 2 : 1;
  return { registerBroker: broker, partition: replicas, partitionChange: replicas };
}
