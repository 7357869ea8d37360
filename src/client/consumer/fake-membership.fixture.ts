import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type {
  Membership,
  MembershipListener,
  MembershipOptions,
  OffsetToCommit,
} from "../group/membership.ts";

/** A membership that does what a test says, and keeps what it is told. */
export class FakeMembership implements Membership {
  readonly protocol = "classic";
  readonly options: MembershipOptions;
  readonly listener: MembershipListener;
  assignment: readonly TopicPartition[];
  metadata = { group: "g", memberId: "m", generationId: 1, instanceId: null };
  /** What the group has stored. */
  stored: OffsetToCommit[] = [];
  readonly commits: (readonly OffsetToCommit[])[] = [];
  /** Thrown by the next commits, one each. */
  readonly refusals: Error[] = [];
  polls = 0;
  joins = 0;
  hasLeft = false;

  constructor(
    options: MembershipOptions,
    listener: MembershipListener,
    assignment: readonly TopicPartition[],
  ) {
    this.options = options;
    this.listener = listener;
    this.assignment = assignment;
  }

  async join(): Promise<void> {
    this.joins++;
    await this.listener.onAssigned(this.assignment);
  }

  subscribe(): void {}
  rejoin(): void {}

  polled(): void {
    this.polls++;
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    this.commits.push(offsets);
    for (const offset of offsets) {
      this.stored = this.stored.filter(
        ({ topic, partition }) => topic !== offset.topic || partition !== offset.partition,
      );
      this.stored.push(offset);
    }
    await Promise.resolve();
  }

  fetchCommitted(partitions: readonly TopicPartition[]): Promise<readonly OffsetToCommit[]> {
    const wanted = this.stored.filter((offset) =>
      partitions.some(
        ({ topic, partition }) => topic === offset.topic && partition === offset.partition,
      ),
    );
    return Promise.resolve(wanted);
  }

  async leave(): Promise<void> {
    await this.listener.onRevoked(this.assignment, "closing");
    this.hasLeft = true;
  }

  /** Takes partitions away. */
  revoke(
    partitions: readonly TopicPartition[],
    reason: "rebalance" | "lost",
    signal = new AbortController().signal,
  ): Promise<void> {
    this.assignment = this.assignment.filter(
      (one) => !partitions.some(({ partition }) => partition === one.partition),
    );
    return this.listener.onRevoked(partitions, reason, signal);
  }

  assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.assignment = [...this.assignment, ...partitions];
    return this.listener.onAssigned(partitions);
  }
}

/** Makes memberships with an assignment, and keeps them. */
export function fakeMemberships(
  assignment: readonly TopicPartition[],
  stored: readonly OffsetToCommit[],
): {
  readonly made: FakeMembership[];
  createMembership(
    cluster: Cluster,
    options: MembershipOptions,
    listener: MembershipListener,
  ): Promise<Membership>;
} {
  const made: FakeMembership[] = [];
  return {
    made,
    createMembership(_cluster, options, listener) {
      const membership = new FakeMembership(options, listener, assignment);
      membership.stored = [...(made.at(-1)?.stored ?? stored)];
      made.push(membership);
      return Promise.resolve(membership);
    },
  };
}
