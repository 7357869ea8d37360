import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import { codecOf } from "../../../protocol/codec.ts";
import { ProtocolError } from "../../../protocol/protocol-error.ts";
import { Reader } from "../../../protocol/reader.ts";
import { array, int32, message, string, struct } from "../../../protocol/schema.ts";
import { Writer } from "../../../protocol/writer.ts";
import { groupBy } from "../../partitions.ts";
import type { AssignorMember, TopicLayouts } from "./assignor.ts";

/** What a member of a sticky group had before, and in which generation it got that. */
export interface Claim {
  readonly partitions: readonly TopicPartition[];
  /** -1 when it is not known. */
  readonly generation: number;
}

const UNKNOWN_GENERATION = -1;

/** What Kafka's sticky assignor keeps with its members; version 1 says the generation too. */
const stickyUserData = message(
  "StickyAssignorUserData",
  { kind: "data", versions: "0-1", flexibleVersions: "none" },
  {
    previousAssignment: array(
      "0+",
      struct("TopicAssignment", { topic: string("0+"), partitions: array("0+", "int32") }),
    ),
    generation: int32("1+", { default: UNKNOWN_GENERATION, ignorable: true }),
  },
);
const STICKY_VERSION = 1;

/** What Kafka's cooperative sticky assignor keeps: the subscription tells the partitions (KIP-429). */
const cooperativeUserData = message(
  "CooperativeStickyAssignorUserData",
  { kind: "data", versions: "0", flexibleVersions: "none" },
  { generation: int32("0+") },
);

/** User data of the sticky assignor; none before the first assignment. */
export function encodeSticky({ partitions, generation }: Claim): Buffer | null {
  if (generation === UNKNOWN_GENERATION) return null;
  const writer = new Writer();
  codecOf(stickyUserData, STICKY_VERSION).encode(writer, {
    previousAssignment: [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      partitions: of.map(({ partition }) => partition),
    })),
    generation,
  });
  return writer.toBuffer();
}

/** User data of the cooperative sticky assignor. */
export function encodeCooperative(generation: number): Buffer {
  const writer = new Writer();
  codecOf(cooperativeUserData, 0).encode(writer, { generation });
  return writer.toBuffer();
}

/** What a member of a sticky group had; bytes that cannot be read say nothing. */
export function stickyClaim({ userData }: AssignorMember): Claim {
  if (userData !== null) {
    for (const version of [STICKY_VERSION, 0]) {
      const found = reading(() => codecOf(stickyUserData, version).decode(new Reader(userData)));
      if (found === undefined) continue;
      const partitions = found.previousAssignment.flatMap((of) =>
        of.partitions.map((partition) => ({ topic: of.topic, partition })),
      );
      return { partitions, generation: found.generation };
    }
  }
  return { partitions: [], generation: UNKNOWN_GENERATION };
}

/** What a member of a cooperative sticky group has; before subscriptions said the generation, user data did. */
export function cooperativeClaim({ owned, generation, userData }: AssignorMember): Claim {
  if (generation !== UNKNOWN_GENERATION || userData === null)
    return { partitions: owned, generation };
  const found = reading(() => codecOf(cooperativeUserData, 0).decode(new Reader(userData)));
  return { partitions: owned, generation: found?.generation ?? UNKNOWN_GENERATION };
}

/** What `read` gives, or nothing where the bytes are of another kind. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return undefined;
    throw thrown;
  }
}

/**
 * Who had what, by member id: partitions that there still are, of topics that the member still wants.
 * Of two that claim a partition the one of the later generation had it; of the same generation neither.
 */
export function settleClaims(
  members: readonly AssignorMember[],
  claimOf: (member: AssignorMember) => Claim,
  topics: TopicLayouts,
): Map<string, TopicPartition[]> {
  const best = new Map<string, { readonly memberId: string; readonly generation: number }>();
  const claims = members.map((member) => ({ member, claim: claimOf(member) }));
  const contested = new Set<string>();
  for (const { member, claim } of claims) {
    for (const { topic, partition } of claim.partitions) {
      const name = topicPartitionName(topic, partition);
      const other = best.get(name);
      if (other !== undefined && other.generation >= claim.generation) {
        if (other.generation === claim.generation) contested.add(name);
        continue;
      }
      contested.delete(name);
      best.set(name, { memberId: member.memberId, generation: claim.generation });
    }
  }
  const numbers = new Map(
    [...topics].map(([topic, of]) => [topic, new Set(of.map(({ partition }) => partition))]),
  );
  const settled = new Map<string, TopicPartition[]>();
  for (const { member, claim } of claims) {
    const wanted = new Set(member.topics);
    const had = claim.partitions.filter(({ topic, partition }) => {
      const name = topicPartitionName(topic, partition);
      if (!wanted.has(topic) || contested.has(name)) return false;
      if (best.get(name)?.memberId !== member.memberId) return false;
      return numbers.get(topic)?.has(partition) === true;
    });
    settled.set(member.memberId, had);
  }
  return settled;
}
