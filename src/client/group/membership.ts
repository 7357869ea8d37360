import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Uuid } from "../../core/uuid.ts";
import type { Deadline } from "../cluster/deadline.ts";
import type { KafkaError } from "../errors.ts";

/** A place in a partition, as groups remember it. */
export interface OffsetToCommit extends TopicPartition {
  /** The record to be read next. */
  readonly offset: number;
  /** Epoch of the leader that the record before came from, -1 when not known (KIP-320). */
  readonly leaderEpoch: number;
  /** Free text that is kept with the offset. Default empty. */
  readonly metadata?: string | undefined;
}

/** Who a member is to its coordinator: what goes with offsets, also into transactions (KIP-447). */
export interface GroupMetadata {
  readonly group: string;
  /** Empty before the first join, and for commits from outside of the group. */
  readonly memberId: string;
  /** Generation of a classic group, member epoch of a new one (KIP-848); -1 before the first join. */
  readonly generationId: number;
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null;
}

/** Why partitions go. */
export type RevocationReason =
  /** The group gives them to another member; what was read may be committed first. */
  | "rebalance"
  /** The member was too late: others may read them already, nothing can be committed. */
  | "lost"
  /** This member leaves. */
  | "closing";

/** A partition that a group gives. */
export interface GivenPartition extends TopicPartition {
  /** Of its topic, where the protocol of the group names topics by their ids. */
  readonly topicId?: Uuid | undefined;
}

/** What a consumer does when its group gives it partitions or takes them. */
export interface MembershipListener {
  /**
   * Partitions go. What is under way for them is finished and committed before the promise resolves;
   * the group waits for it (`rebalanceTimeoutMs` at most). When the group goes on without the member
   * meanwhile, `signal` is aborted: others may read them from then on, and nothing can be committed.
   */
  onRevoked(
    partitions: readonly TopicPartition[],
    reason: RevocationReason,
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Partitions come, in addition to those there are. When it rejects, the member leaves the group and
   * fails with that.
   */
  onAssigned(partitions: readonly GivenPartition[]): Promise<void>;
  /**
   * Membership is over for a reason that no retry mends; `join` has to be called again, or nothing. Not
   * called for what a call of `join` that is waited for rejects with.
   */
  onFailed(error: KafkaError): void;
}

/**
 * Membership in a group, whichever protocol is spoken. Heartbeats go on by themselves between `join`
 * and `leave`; listeners are called one at a time.
 */
export interface Membership {
  /** `classic` (JoinGroup, SyncGroup), `consumer` (KIP-848) or `share` (KIP-932). */
  readonly protocol: "classic" | "consumer" | "share";
  readonly metadata: GroupMetadata;
  /** What this member reads at the moment. */
  readonly assignment: readonly TopicPartition[];
  /**
   * Begins to take part. Resolves when the first assignment has been taken, and rejects with what ends
   * the membership. A deadline that passes ends the waiting alone: `leave` ends the rest.
   */
  join(deadline: Deadline): Promise<void>;
  /** Another set of topics, or a pattern; the group rebalances. */
  subscribe(subscription: Subscription): void;
  /** Why the member should take part in a rebalance anew, for the broker's log (KIP-800). */
  rejoin(reason: string): void;
  /**
   * The consumer made progress, or waits for records: without a sign of it for `maxPollIntervalMs` while
   * it owns partitions the member leaves, so that others get what it does not process. With the next
   * sign it comes back. Costs next to nothing: call it for every batch and for every round of waiting.
   */
  polled(): void;
  /**
   * Stores offsets for the group; retries while the coordinator moves, and through rebalances that the
   * partitions survive. Throws `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID` … when the group has moved on,
   * and `OffsetCommitError` when single partitions were refused.
   */
  commit(offsets: readonly OffsetToCommit[], deadline: Deadline): Promise<void>;
  /** What the group has stored for the partitions; those without anything are missing. */
  fetchCommitted(
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<readonly OffsetToCommit[]>;
  /** Gives everything up and says so to the group; a static member keeps its place. Never throws. */
  leave(deadline: Deadline): Promise<void>;
}

/** What a member wants to read. */
export type Subscription =
  | { readonly kind: "topics"; readonly topics: readonly string[] }
  /** RE2 syntax; the broker evaluates it in the new protocol, the client in the classic one. */
  | { readonly kind: "pattern"; readonly pattern: string };

/** How a member takes part; times in milliseconds. */
export interface MembershipOptions {
  readonly group: string;
  /**
   * `auto`: the new protocol where the broker serves it and the group is not a classic one with
   * members, else the classic one.
   */
  readonly protocol: "auto" | "classic" | "consumer";
  readonly subscription: Subscription;
  /** Of a static member (KIP-345). */
  readonly instanceId?: string | undefined;
  readonly rack?: string | undefined;
  /** Classic protocol, in order of preference. */
  readonly assignors: readonly ("range" | "roundrobin" | "sticky" | "cooperative-sticky")[];
  /**
   * Classic protocol: offered behind them to a group that shares none of them. From then on the member gives
   * up everything in each rebalance, as the group may agree on any (KIP-429).
   */
  readonly otherAssignors?: MembershipOptions["assignors"] | undefined;
  /** New protocol: `uniform` or `range`; without it the broker's first. */
  readonly remoteAssignor?: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly maxPollIntervalMs: number;
  /**
   * Classic protocol: how old metadata becomes before it is looked at again for topics that match the
   * pattern, and by the leader for partitions that were added. Default 5 minutes.
   */
  readonly metadataMaxAgeMs?: number | undefined;
}
