import {
  boolean,
  choice,
  integer,
  list,
  nullable,
  object,
  shape,
  text,
  type ItemOf,
} from "../shape.ts";

export const clusterShape = shape("Cluster", "the whole", {
  clusterId: nullable(text("22 characters")),
  controllerId: nullable(integer("of the active controller; null while there is none")),
  brokers: list(
    object({ id: integer(""), host: text(""), port: integer(""), rack: nullable(text("")) }, ""),
    "those that are alive",
  ),
  controllers: nullable(list(integer(""), "ids of the controllers; null where it is not told")),
  version: nullable(text("of Kafka, as far as metadata.version tells")),
  metadataVersion: nullable(integer("level of the feature metadata.version")),
  topics: integer("without Kafka's own"),
  partitions: integer("Kafka's own among them"),
  groups: nullable(integer("null where this client may not see them")),
  sizeBytes: nullable(integer("of all replicas")),
});

export type ClusterItem = ItemOf<typeof clusterShape>;

export const healthShape = shape("Health", "one thing that was looked at", {
  check: text("such as leaders, replicas, directories"),
  status: choice(["ok", "warning", "failed", "unknown"], "unknown: the broker does not tell"),
  detail: text("in words"),
  items: list(text(""), "what is concerned, such as partitions"),
});

export type HealthItem = ItemOf<typeof healthShape>;

export const featureShape = shape("Feature", "one feature of the cluster", {
  feature: text("such as metadata.version"),
  level: nullable(integer("in use; null: it is off")),
  minSupported: nullable(integer("by the broker that was asked")),
  maxSupported: nullable(integer("by the broker that was asked")),
});

export const apiVersionsShape = shape("ApiVersion", "one request that a broker serves", {
  brokerId: integer("which broker"),
  apiKey: integer("its number"),
  api: text("its name; UNKNOWN for one newer than this client"),
  min: integer("first version that is served"),
  max: integer("last version that is served"),
  used: nullable(integer("the version that this client would take; null: none")),
});

export const brokerShape = shape("Broker", "one broker", {
  id: integer("its node id"),
  host: text("as it is advertised"),
  port: integer("as it is advertised"),
  rack: nullable(text("where it is")),
  controller: boolean("whether it is the active controller, too"),
  fenced: boolean("registered, and not in service"),
  leaders: integer("partitions that it leads"),
  replicas: integer("partitions that it keeps"),
  sizeBytes: nullable(integer("of its replicas")),
});

export type BrokerRow = ItemOf<typeof brokerShape>;

const directoryFields = {
  path: text(""),
  replicas: integer("how many are in it"),
  sizeBytes: integer("of these"),
  totalBytes: nullable(integer("of the volume")),
  usableBytes: nullable(integer("free on the volume")),
  error: nullable(text("why it cannot be used")),
};

export const brokerDescriptionShape = shape("BrokerDescription", "one broker, whole", {
  ...brokerShape.fields,
  directories: list(object(directoryFields, ""), "where it keeps its data"),
  configs: list(
    object({ setting: text(""), value: nullable(text("")), source: text("") }, ""),
    "settings that are not Kafka's defaults",
  ),
});

export type BrokerDescriptionItem = ItemOf<typeof brokerDescriptionShape>;

const replicaFields = {
  id: integer("of the node"),
  role: choice(["leader", "voter", "observer"], "voters decide, observers follow"),
  directoryId: nullable(text("null for static voters")),
  endpoints: list(text(""), "as NAME://host:port"),
  logEndOffset: integer("of its metadata log"),
  lag: integer("records behind the leader"),
  lastFetchTimestamp: nullable(integer("milliseconds since 1970")),
  lastCaughtUpTimestamp: nullable(integer("milliseconds since 1970")),
};

export const replicationShape = shape(
  "QuorumReplica",
  "one copy of the metadata log",
  replicaFields,
);

export type QuorumReplicaRow = ItemOf<typeof replicationShape>;

export const quorumShape = shape("Quorum", "the quorum of controllers", {
  clusterId: nullable(text("22 characters")),
  leaderId: integer("the active controller"),
  leaderEpoch: integer("how often it has changed"),
  highWatermark: integer("what the majority has"),
  maxFollowerLag: integer("records"),
  maxFollowerLagTimeMs: nullable(integer("milliseconds; null: never caught up")),
  voters: list(object(replicaFields, ""), "those that decide"),
  observers: list(object(replicaFields, ""), "those that follow"),
});

export type QuorumItem = ItemOf<typeof quorumShape>;

export const logDirShape = shape("LogDir", "what takes room on disks", {
  brokerId: nullable(integer("null with --by topic")),
  path: nullable(text("of the directory")),
  topic: nullable(text("null with --by directory")),
  partition: nullable(integer("null unless --by replica")),
  replicas: integer("how many"),
  sizeBytes: integer("of these"),
  offsetLag: nullable(integer("records that the replica is behind, with --by replica")),
  future: nullable(boolean("it will take the place of one elsewhere, with --by replica")),
  totalBytes: nullable(integer("of the volume, with --by directory")),
  usableBytes: nullable(integer("free on it, with --by directory")),
  error: nullable(text("why the directory cannot be used")),
});

export type LogDirRow = ItemOf<typeof logDirShape>;
