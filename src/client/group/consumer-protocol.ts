import type { TopicPartition } from "../../core/topic-partition.ts";
import { codecOf } from "../../protocol/codec.ts";
import { Reader } from "../../protocol/reader.ts";
import { consumerProtocolAssignment } from "../../protocol/records/common/consumer-protocol-assignment.ts";
import { consumerProtocolSubscription } from "../../protocol/records/common/consumer-protocol-subscription.ts";
import type { Fields, Message, ValueOf, InputOf } from "../../protocol/schema.ts";
import { Writer } from "../../protocol/writer.ts";
import { groupBy } from "../partitions.ts";

/** What classic groups of consumers call themselves in JoinGroup. */
export const CONSUMER_PROTOCOL_TYPE = "consumer";
/** Every client reads version 0; later ones only add what this one does not use. */
const WRITE_VERSION = 0;
const VERSION_MAX = 3;

/** The topics that a member wants, as JoinGroup carries them. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  return encode(consumerProtocolSubscription, { topics: [...topics].sort() });
}

/** The topics of a member's subscription. Throws `ProtocolError` for other bytes. */
export function decodeSubscription(bytes: Buffer): readonly string[] {
  return decode(consumerProtocolSubscription, bytes).topics;
}

/** The partitions of a member, as SyncGroup carries them. */
export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const byTopic = groupBy(partitions, ({ topic }) => topic);
  return encode(consumerProtocolAssignment, {
    assignedPartitions: [...byTopic].map(([topic, of]) => ({
      topic,
      partitions: of.map(({ partition }) => partition),
    })),
  });
}

/** The partitions of an assignment; a member without any may have no bytes at all. */
export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length === 0) return [];
  return decode(consumerProtocolAssignment, bytes).assignedPartitions.flatMap(
    ({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })),
  );
}

function encode<F extends Fields>(message: Message<F>, value: InputOf<Message<F>>): Buffer {
  const writer = new Writer();
  writer.writeInt16(WRITE_VERSION);
  codecOf(message, WRITE_VERSION).encode(writer, value);
  return writer.toBuffer();
}

function decode<F extends Fields>(message: Message<F>, bytes: Buffer): ValueOf<Message<F>> {
  const reader = new Reader(bytes);
  // A later version begins like the last one that is known.
  const version = Math.min(reader.readInt16(), VERSION_MAX);
  return codecOf(message, version).decode(reader);
}
