import { integer, list, nullable, object, shape, text, type ItemOf } from "../shape.ts";

export const transactionShape = shape("Transaction", "one transactional id", {
  transactionalId: text("the id"),
  state: text("Empty, Ongoing, CompleteCommit, … in Kafka's words"),
  producerId: integer("of its producer"),
  coordinatorId: integer("the broker that keeps it"),
});

export const transactionDescriptionShape = shape("TransactionDescription", "one, whole", {
  ...transactionShape.fields,
  producerEpoch: integer("how often its producer has changed"),
  timeoutMs: integer("after which the coordinator aborts it"),
  startTimestamp: nullable(integer("milliseconds since 1970; null: none is going on")),
  partitions: list(
    object({ topic: text(""), partition: integer("") }, ""),
    "what takes part in the one that is going on",
  ),
});

export type TransactionItem = ItemOf<typeof transactionDescriptionShape>;

export const producerShape = shape("Producer", "who has written to a partition", {
  topic: text("which topic"),
  partition: integer("which partition"),
  producerId: integer("its id"),
  producerEpoch: integer("its epoch"),
  lastSequence: integer("of its last record"),
  lastTimestamp: integer("milliseconds since 1970"),
  coordinatorEpoch: nullable(integer("null: no coordinator has written for it")),
  transactionStartOffset: nullable(integer("of its open transaction; null: it has none")),
});

export type ProducerRow = ItemOf<typeof producerShape>;

export const hangingShape = shape("HangingTransaction", "one that nobody will end", {
  topic: text("which topic"),
  partition: integer("which partition"),
  startOffset: integer("readers of what is committed stop here"),
  producerId: integer("whose it is"),
  producerEpoch: integer("its epoch"),
  coordinatorEpoch: nullable(integer("of the coordinator that began it")),
  lastTimestamp: integer("when it was last written to, milliseconds since 1970"),
  transactionalId: nullable(text("null: no coordinator knows this producer")),
  reason: text("why it is taken for hanging"),
});

export type HangingRow = ItemOf<typeof hangingShape>;
