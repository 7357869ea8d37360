import {
  boolean,
  integer,
  list,
  map,
  nullable,
  object,
  shape,
  text,
  type ItemOf,
} from "../shape.ts";

export const topicShape = shape("Topic", "one topic of moldau topic list", {
  topic: text("its name"),
  topicId: nullable(text("22 characters; null from brokers older than topic ids")),
  partitions: integer("how many"),
  replicas: integer("copies of each"),
  internal: boolean("whether it is one of Kafka's own"),
  sizeBytes: nullable(integer("of all replicas together; null where it is not told")),
  underReplicated: integer("partitions of which a replica is not in sync"),
  leaderless: integer("partitions that nobody leads"),
});

export type TopicRow = ItemOf<typeof topicShape>;

const partitionFields = {
  partition: integer("its number"),
  leader: nullable(integer("id of the broker that leads; null while none does")),
  leaderEpoch: nullable(integer("how often the leader has changed")),
  replicas: list(integer(""), "ids of the brokers, the preferred leader first"),
  isr: list(integer(""), "ids of those in sync"),
  offlineReplicas: list(integer(""), "ids of those that cannot be reached"),
  eligibleLeaderReplicas: nullable(list(integer(""), "may lead though out of sync (KIP-966)")),
  lastKnownElr: nullable(list(integer(""), "the last ones known to be so")),
  firstOffset: nullable(integer("of the oldest record that is still there")),
  endOffset: nullable(integer("of the next record")),
  sizeBytes: nullable(integer("of the leader's replica")),
};

export const topicDescriptionShape = shape("TopicDescription", "one topic, whole", {
  topic: text("its name"),
  topicId: nullable(text("22 characters")),
  internal: boolean("whether it is one of Kafka's own"),
  partitions: list(object(partitionFields, ""), "in order of their numbers"),
  configs: map(
    object(
      { value: nullable(text("null: it is secret")), source: text("who set it: topic, broker, …") },
      "",
    ),
    "settings that are not Kafka's defaults",
  ),
});

export const offsetShape = shape("TopicOffsets", "what the log of one partition holds", {
  topic: text("its topic"),
  partition: integer("its number"),
  firstOffset: integer("of the oldest record that is still there"),
  endOffset: integer("of the next record"),
  offset: nullable(integer("what --at means here; null without --at")),
});

export type OffsetRow = ItemOf<typeof offsetShape>;

export type TopicDescriptionItem = ItemOf<typeof topicDescriptionShape>;
export type PartitionRow = TopicDescriptionItem["partitions"][number];
