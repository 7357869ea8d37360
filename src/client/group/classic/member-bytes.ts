import type { TopicPartition } from "../../../core/topic-partition.ts";
import { codecOf } from "../../../protocol/codec.ts";
import { Reader } from "../../../protocol/reader.ts";
import { consumerProtocolAssignment } from "../../../protocol/records/common/consumer-protocol-assignment.ts";
import { consumerProtocolSubscription } from "../../../protocol/records/common/consumer-protocol-subscription.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../../protocol/schema.ts";
import { Writer } from "../../../protocol/writer.ts";
import { groupBy } from "../../partitions.ts";

/**
 * What members of a classic group tell one another through the coordinator, which looks into neither:
 * subscriptions in JoinGroup, assignments in SyncGroup. An int16 version, then the message.
 */

/** What classic groups of consumers call themselves in JoinGroup. */
export const CONSUMER_PROTOCOL_TYPE = "consumer";
/** v1 owned partitions (KIP-429), v2 the generation they are of (KIP-792), v3 the rack (KIP-881). */
const SUBSCRIPTION_VERSION = 3;
/** All versions are alike, and every client reads the first. */
const ASSIGNMENT_VERSION = 0;
const VERSION_MAX = 3;

/** What a member wants, and what it has. */
export interface MemberSubscription {
  readonly topics: readonly string[];
  /** What the assignor of the group keeps with its members. */
  readonly userData: Buffer | null;
  /** What the member reads while the group rebalances; none with an eager assignor. */
  readonly owned: readonly TopicPartition[];
  /** In which it got that, -1 when it is not known. */
  readonly generation: number;
  readonly rack: string | null;
}

/** A subscription as JoinGroup carries it; an older version lacks what came later. */
export function encodeSubscription(
  subscription: MemberSubscription,
  version = SUBSCRIPTION_VERSION,
): Buffer {
  const { topics, userData, owned, generation, rack } = subscription;
  return encode(consumerProtocolSubscription, version, {
    topics: [...topics].sort(),
    userData,
    ownedPartitions: byTopic(owned),
    generationId: generation,
    rackId: rack,
  });
}

/** A member's subscription. Throws `ProtocolError` for other bytes. */
export function decodeSubscription(bytes: Buffer): MemberSubscription {
  const { topics, userData, ownedPartitions, generationId, rackId } = decode(
    consumerProtocolSubscription,
    bytes,
  );
  return {
    topics,
    userData,
    owned: partitionsOf(ownedPartitions),
    generation: generationId,
    rack: rackId,
  };
}

/** The partitions of a member as SyncGroup carries them. */
export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return encode(consumerProtocolAssignment, ASSIGNMENT_VERSION, {
    assignedPartitions: byTopic(partitions),
  });
}

/** The partitions of an assignment; a member without any may have no bytes at all. */
export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length === 0) return [];
  return partitionsOf(decode(consumerProtocolAssignment, bytes).assignedPartitions);
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function byTopic(partitions: readonly TopicPartition[]): TopicPartitions[] {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }));
}

function partitionsOf(topics: readonly TopicPartitions[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

function encode<F extends Fields>(
  message: Message<F>,
  version: number,
  value: InputOf<Message<F>>,
): Buffer {
  const writer = new Writer();
  writer.writeInt16(version);
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}

function decode<F extends Fields>(message: Message<F>, bytes: Buffer): ValueOf<Message<F>> {
  const reader = new Reader(bytes);
  // A later version begins like the last one that is known.
  const version = Math.min(reader.readInt16(), VERSION_MAX);
  return codecOf(message, version).decode(reader);
}
