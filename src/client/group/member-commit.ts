import type { TopicPartition } from "../../core/topic-partition.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { commitChannel, type CommitTrace } from "../diagnostics/channels.ts";
import { brokerError, KafkaError } from "../errors.ts";
import { commitOffsets, fetchOffsets } from "./group-offsets.ts";
import type { GroupMetadata, OffsetToCommit } from "./membership.ts";
import { partitionsWithout } from "./partition-set.ts";
import { within } from "./waiting.ts";

/** A member as its commits see it. */
export interface CommittingMember {
  readonly metadata: GroupMetadata;
  readonly assignment: readonly TopicPartition[];
  /** The coordinator refused a commit that was made as `by`. */
  refused(errorCode: number, by: GroupMetadata): void;
  /** Resolves when there is no reason to wait with a commit: in the middle of a rebalance all are refused. */
  ready(): Promise<void>;
  /**
   * Resolves when the member can commit in another generation (or epoch) than that one: with true; or
   * with false when that is not going to be.
   */
  moved(generationId: number): Promise<boolean>;
  /** Why it is in no generation. */
  absence(): KafkaError;
}

/** What is about the member or its generation, not about the offsets. */
const memberCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
]);

/** Of those, what passes when the member has come into the next generation with its partitions. */
const passingCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.STALE_MEMBER_EPOCH,
]);

/**
 * Stores offsets as a member. A rebalance that the partitions survive is waited out, and the commit made
 * again in the new generation.
 */
export async function commitAsMember(
  member: CommittingMember,
  cluster: Cluster,
  offsets: readonly OffsetToCommit[],
  deadline: Deadline,
): Promise<void> {
  if (offsets.length === 0) return;
  const { group, memberId, generationId } = member.metadata;
  const { clientId } = cluster;
  const { clock } = cluster.platform;
  const beganAtMs = clock.monotonicMs();
  const trace: CommitTrace | undefined = commitChannel.hasSubscribers
    ? { group, memberId, generationId, clientId, partitions: offsets.length }
    : undefined;
  if (trace !== undefined) commitChannel.begin(trace);
  try {
    await commitThroughRebalances(member, cluster, offsets, deadline);
  } catch (thrown) {
    if (trace !== undefined) commitChannel.fail(trace, clock.monotonicMs() - beganAtMs, thrown);
    throw thrown;
  }
  if (trace !== undefined) commitChannel.finish(trace, clock.monotonicMs() - beganAtMs);
}

async function commitThroughRebalances(
  member: CommittingMember,
  cluster: Cluster,
  offsets: readonly OffsetToCommit[],
  deadline: Deadline,
): Promise<void> {
  for (;;) {
    await within(deadline, member.ready());
    const by = member.metadata;
    const { group, generationId } = by;
    // An empty group would take the offsets of anybody who names no generation.
    if (generationId < 0) throw member.absence();
    try {
      await commitOffsets(cluster, group, offsets, by, deadline);
      return;
    } catch (thrown) {
      const errorCode = thrown instanceof KafkaError ? (thrown.errorCode ?? 0) : 0;
      if (errorCode === ErrorCode.GROUP_ID_NOT_FOUND) throw forgotten(member, by, thrown);
      if (!memberCodes.has(errorCode)) throw thrown;
      member.refused(errorCode, by);
      if (!passingCodes.has(errorCode)) throw thrown;
      const hasMoved = await within(deadline, member.moved(generationId));
      const isLost = partitionsWithout(offsets, member.assignment).length > 0;
      if (!hasMoved || isLost) throw thrown;
    }
  }
}

/** The coordinator has lost the group, and the member with it: it joins anew, as one that is not known. */
function forgotten(member: CommittingMember, by: GroupMetadata, cause: unknown): KafkaError {
  const errorCode = ErrorCode.UNKNOWN_MEMBER_ID;
  member.refused(errorCode, by);
  return brokerError(errorCode, { group: by.group }, "the group is not there any more", { cause });
}

/**
 * What the group has stored, asked for as a member of the new protocol: one that is not in the group any
 * more is refused, and a newer epoch is waited for.
 */
export async function fetchAsMember(
  member: CommittingMember,
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  deadline: Deadline,
): Promise<readonly OffsetToCommit[]> {
  for (;;) {
    const by = member.metadata;
    const { group, generationId } = by;
    if (generationId < 0) throw member.absence();
    try {
      const query = { group, partitions, member: by, requireStable: true };
      return await fetchOffsets(cluster, query, deadline);
    } catch (thrown) {
      const errorCode = thrown instanceof KafkaError ? (thrown.errorCode ?? 0) : 0;
      if (!memberCodes.has(errorCode)) throw thrown;
      member.refused(errorCode, by);
      if (!passingCodes.has(errorCode)) throw thrown;
      if (!(await within(deadline, member.moved(generationId)))) throw thrown;
    }
  }
}
