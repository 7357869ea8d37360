import { integer, list, nullable, object, shape, text, type ItemOf } from "../shape.ts";

export const groupShape = shape("Group", "one group of moldau group list", {
  group: text("its name"),
  type: text("Classic, Consumer, Share or Streams, in Kafka's words"),
  state: text("Stable, Empty, …"),
  protocolType: text("consumer for groups of consumers"),
  members: nullable(integer("null unless -o wide or a format for programs asks for it")),
  lag: nullable(integer("records not committed yet, over all partitions")),
});

export type GroupRow = ItemOf<typeof groupShape>;

const topicPartition = object({ topic: text(""), partition: integer("") }, "");

export const groupDescriptionShape = shape("GroupDescription", "one group, whole", {
  group: text("its name"),
  type: text("Classic, Consumer, Share or Streams"),
  state: text("Stable, Empty, …"),
  assignor: text("who divides the partitions; empty for none"),
  coordinator: text("host:port of the broker that keeps it"),
  coordinatorId: integer("its node id"),
  lag: integer("records, over all partitions where it is known"),
  members: list(
    object(
      {
        memberId: text("made by the coordinator"),
        instanceId: nullable(text("of a static member (group.instance.id)")),
        clientId: text("the name its client gives itself"),
        host: text("where it connects from"),
        assignment: list(topicPartition, "what it reads"),
      },
      "",
    ),
    "",
  ),
  partitions: list(
    object(
      {
        topic: text(""),
        partition: integer(""),
        committed: nullable(integer("where the group goes on; null: nothing is committed")),
        end: nullable(integer("of the log; null when its topic is gone")),
        lag: nullable(integer("records between")),
        memberId: nullable(text("who reads it")),
        clientId: nullable(text("")),
        host: nullable(text("")),
      },
      "",
    ),
    "those with an offset or a reader",
  ),
});

export type GroupDescriptionItem = ItemOf<typeof groupDescriptionShape>;
export type GroupPartition = GroupDescriptionItem["partitions"][number];

export const lagShape = shape("Lag", "how far one group is behind", {
  at: integer("when, in milliseconds since 1970"),
  group: text("its name"),
  state: text("Stable, Empty, …"),
  topic: nullable(text("null with --by group")),
  partition: nullable(integer("null unless --by partition")),
  members: nullable(integer("who read it")),
  committed: nullable(integer("offset, with --by partition")),
  end: nullable(integer("offset, with --by partition")),
  lag: integer("records"),
  rate: nullable(integer("change of the lag in records a second; null at the first look")),
});

export type LagRow = ItemOf<typeof lagShape>;
