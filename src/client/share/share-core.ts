import { ZERO_UUID } from "../../core/uuid.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { topicIdOf } from "../consumer/leaders.ts";
import type { RecordSource } from "../consumer/record-taker.ts";
import { TakingCore } from "../consumer/taking-core.ts";
import type { TopicSelection } from "../consumer/topic-selection.ts";
import { TopicTracker } from "../consumer/topic-tracker.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import type { KafkaError } from "../errors.ts";
import { EventSubscribers } from "../event-subscribers.ts";
import type { GivenPartition, MembershipListener } from "../group/membership.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import { AcknowledgeType, type Acknowledgement } from "./acknowledgements.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import { ShareBuffer } from "./share-buffer.ts";
import type { ShareMember } from "./share-calls.ts";
import { ShareFetcher, type ShareContext } from "./share-fetcher.ts";
import type { ResolvedShareOptions } from "./share-options.ts";
import { SharePartition } from "./share-partition.ts";
import type { ShareRecord } from "./share-record.ts";

/** An acknowledgement that did not reach the group. The records are delivered again, unless they are done already. */
export interface RefusedAcknowledgement extends TopicPartition {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** What was to become of them. `gap`: there are no records, which the group was to know. */
  readonly acknowledgement: "accept" | "release" | "reject" | "renew" | "gap";
  readonly error: KafkaError;
}

const words: Readonly<Record<AcknowledgeType, RefusedAcknowledgement["acknowledgement"]>> = {
  [AcknowledgeType.GAP]: "gap",
  [AcknowledgeType.ACCEPT]: "accept",
  [AcknowledgeType.RELEASE]: "release",
  [AcknowledgeType.REJECT]: "reject",
  [AcknowledgeType.RENEW]: "renew",
};

/** A share consumer without its surface: the partitions that the group gives, what was acquired, what is said of it. */
export class ShareCore
  extends TakingCore<AcquiredChunk>
  implements RecordSource<AcquiredChunk, ShareRecord>, ShareContext, MembershipListener
{
  readonly options: ResolvedShareOptions;
  readonly selection: TopicSelection;
  readonly partitions = new Map<string, SharePartition>();
  readonly buffer: ShareBuffer;
  readonly refusals = new EventSubscribers<RefusedAcknowledgement>();
  /** There is no end of what members of a group share. */
  readonly isFinished = false;
  /** Membership is over. */
  onMembershipFailed: (() => void) | undefined;
  readonly #fetcher: ShareFetcher;
  readonly #tracker: TopicTracker;

  constructor(
    cluster: Cluster,
    selection: TopicSelection,
    options: ResolvedShareOptions,
    metrics: ConsumerMetrics,
  ) {
    super(cluster, "share", metrics);
    this.selection = selection;
    this.options = options;
    this.buffer = new ShareBuffer(metrics);
    this.#fetcher = new ShareFetcher(this);
    this.#tracker = new TopicTracker(cluster, this.closing, {
      onTopics: () => this.#onTopics(),
      // The group waits for topics that are not there.
      onMissing: () => undefined,
      onFailed: (thrown) => this.fail(thrown),
    });
  }

  get member(): ShareMember {
    const { group } = this.options;
    return { groupId: group, memberId: this.membership?.metadata.memberId ?? "" };
  }

  get wantsRecords(): boolean {
    return this.isWaitedFor && this.buffer.isEmpty && !this.isStopping && !this.isFailing;
  }

  override waitForChange(maxWaitMs?: number): Promise<void> {
    const change = super.waitForChange(maxWaitMs);
    this.#fetcher.wake();
    return change;
  }

  retry(): void {
    this.#fetcher.wake();
  }

  putBack(chunk: AcquiredChunk, offset: number): void {
    chunk.releaseAt(offset);
  }

  wantLeaders(topic: string): void {
    this.#tracker.want(topic);
  }

  onRefused(partition: SharePartition, acknowledgement: Acknowledgement, error: KafkaError): void {
    const { firstOffset, lastOffset, type, answered } = acknowledgement;
    const { topic, partition: index } = partition;
    answered?.(error);
    this.cluster.logger.debug("an acknowledgement was refused", {
      topic,
      partition: index,
      firstOffset,
      lastOffset,
      acknowledgement: words[type],
      reason: error.message,
    });
    const acknowledged = { firstOffset, lastOffset, acknowledgement: words[type] };
    this.refusals.publish({ topic, partition: index, ...acknowledged, error });
  }

  // The group gives and takes

  onAssigned(partitions: readonly GivenPartition[]): Promise<void> {
    this.metrics.memberId = this.member.memberId;
    for (const given of partitions) {
      const { topic } = given;
      const topicId = given.topicId ?? topicIdOf(this.cluster, topic);
      if (topicId === ZERO_UUID) continue;
      const added = new SharePartition(given, topicId, this.selection.decoderOf(topic));
      this.partitions.set(added.key, added);
      this.wantLeaders(topic);
    }
    this.metrics.assignedPartitions = this.partitions.size;
    this.#fetcher.wake();
    return Promise.resolve();
  }

  /**
   * Nothing more is asked for of these partitions. What was acquired of them stays locked for this member, is handed
   * out and acknowledged: giving it back would only count as one more delivery.
   */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void> {
    for (const { topic, partition } of partitions) {
      for (const [key, one] of this.partitions) {
        if (one.topic === topic && one.partition === partition) this.partitions.delete(key);
      }
    }
    this.metrics.assignedPartitions = this.partitions.size;
    return Promise.resolve();
  }

  onFailed(error: KafkaError): void {
    this.membership = undefined;
    this.onMembershipFailed?.();
    this.fail(error);
  }

  /** Gives back all that is locked, says what is to be said, and stops whatever goes on by itself. */
  async close(deadline: Deadline): Promise<void> {
    if (this.closing.aborted) return;
    this.#tracker.close();
    this.buffer.releaseAll();
    await this.#fetcher.close(deadline);
    this.abort();
    this.partitions.clear();
    this.refusals.close();
    this.wakeTakers();
  }

  #onTopics(): void {
    // Whoever leads may be another one now.
    for (const partition of this.partitions.values()) partition.retryAtMs = 0;
    this.#fetcher.wake();
  }
}
