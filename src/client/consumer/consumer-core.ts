import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import { brokerError, clientError, kafkaError } from "../errors.ts";
import { AssignedPartition } from "./assigned-partition.ts";
import type { ResolvedOptions, StartPlace } from "./consumer-options.ts";
import { Fetcher } from "./fetcher.ts";
import { leaderEpochOf, topicIdOf } from "./leaders.ts";
import { Positioner } from "./positioner.ts";
import type { ReadingContext } from "./reading-context.ts";
import { RecordBuffer } from "./record-buffer.ts";
import type { TopicSelection } from "./topic-selection.ts";
import { TakingCore } from "./taking-core.ts";
import { TopicTracker } from "./topic-tracker.ts";

/** How long a member that is to stop at the end waits for partitions that its group may still give it. */
const LEFT_OUT_MS = 10_000;

/**
 * A consumer without its surface: the partitions that it reads, what keeps them read, and what was fetched.
 * Where partitions come from (a group, or the program) is its owner's part.
 */
export class ConsumerCore extends TakingCore<AssignedPartition> implements ReadingContext {
  readonly options: ResolvedOptions;
  readonly selection: TopicSelection;
  readonly partitions = new Map<string, AssignedPartition>();
  readonly buffer: RecordBuffer;
  readonly tracker: TopicTracker;
  readonly #fetcher: Fetcher;
  readonly #positioner: Positioner;
  /** Ids of topics that were deleted and made anew while they were read. */
  readonly #pastIds = new Set<Uuid>();
  #emptySinceMs: number | undefined;

  constructor(
    cluster: Cluster,
    selection: TopicSelection,
    options: ResolvedOptions,
    metrics: ConsumerMetrics,
  ) {
    super(cluster, "consumer", metrics);
    this.selection = selection;
    this.options = options;
    this.buffer = new RecordBuffer(
      { onFilled: () => this.wakeTakers(), onDrained: () => this.#onDrained() },
      metrics,
    );
    this.tracker = new TopicTracker(cluster, this.closing, {
      onTopics: (topics) => this.#onTopics(topics),
      onMissing: (topic) => this.#onMissing(topic),
      onFailed: (thrown) => this.fail(thrown),
    });
    this.#fetcher = new Fetcher(this);
    this.#positioner = new Positioner(this, () => this.membership);
  }

  /** Bytes that were fetched and not handed out, and those that answers under way may bring. */
  get heldBytes(): number {
    return this.buffer.bytes + this.#fetcher.reservedBytes;
  }

  /** Sets everything going again after a failure was told, and lets failed partitions say so anew. */
  retry(): void {
    this.buffer.requeueFailures(this.partitions.values());
    this.#positioner.wake();
    this.#fetcher.wake();
  }

  // What is read

  find(topic: string, partition: number): AssignedPartition | undefined {
    return this.partitions.get(topicPartitionName(topic, partition));
  }

  /** The state of a partition; throws `INVALID_ARGUMENT` when this consumer does not read it. */
  assigned({ topic, partition }: TopicPartition): AssignedPartition {
    const found = this.find(topic, partition);
    if (found !== undefined) return found;
    throw clientError("INVALID_ARGUMENT", `this consumer does not read ${topic}-${partition}`, {
      context: { topic, partition },
    });
  }

  /** Begins to read partitions that it does not read yet. */
  add(partitions: readonly TopicPartition[], startsAt?: StartPlace): void {
    for (const { topic, partition } of partitions) {
      const name = topicPartitionName(topic, partition);
      if (this.partitions.has(name)) continue;
      const decoder = this.selection.decoderOf(topic);
      const added = new AssignedPartition({ topic, partition }, decoder, startsAt);
      added.topicId = topicIdOf(this.cluster, topic);
      this.partitions.set(name, added);
    }
    this.metrics.assignedPartitions = this.partitions.size;
    this.#emptySinceMs = undefined;
    this.#positioner.wake();
  }

  /** Stops reading partitions; what was fetched of them is dropped. */
  remove(partitions: readonly AssignedPartition[]): void {
    for (const partition of partitions) {
      partition.isGone = true;
      this.buffer.drop(partition);
      if (this.partitions.get(partition.name) === partition) this.partitions.delete(partition.name);
    }
    this.metrics.assignedPartitions = this.partitions.size;
    this.wakeTakers();
  }

  /** Whether all that is to be read was handed out; false without `until`. */
  get isFinished(): boolean {
    if (!this.options.untilEnd) return false;
    for (const partition of this.partitions.values()) if (!partition.isFinished) return false;
    return this.partitions.size > 0 || this.membership === undefined || this.#isLeftOut();
  }

  /** Whether the group has had no partition for this member for so long that none is to be expected. */
  #isLeftOut(): boolean {
    const nowMs = this.cluster.platform.clock.monotonicMs();
    this.#emptySinceMs ??= nowMs;
    return nowMs - this.#emptySinceMs >= LEFT_OUT_MS;
  }

  /** Whether everything there is was handed out, as of the last answers. */
  get isAtEnd(): boolean {
    const { readCommitted } = this.options;
    for (const partition of this.partitions.values()) {
      const end = partition.readableEnd(readCommitted);
      if (end < 0 || partition.position < end) return false;
    }
    return true;
  }

  /** Where the program is done with a partition. */
  doneOffset(partition: AssignedPartition): number {
    const { position } = partition;
    return Math.min(position, this.taker?.firstUndone(partition) ?? position);
  }

  /** The same for a commit that the program asks for. */
  handedOutOffset(partition: AssignedPartition): number {
    return this.taker?.isConcurrent === true ? this.doneOffset(partition) : partition.position;
  }

  // Moving positions

  /** Reads a partition on from another offset. */
  seek(partition: AssignedPartition, offset: number): void {
    this.buffer.drop(partition);
    if (offset < partition.position) partition.mayCommitBack = true;
    partition.seeks++;
    partition.moveTo(offset, -1);
    if (partition.wanted?.kind === "start" && this.options.untilEnd)
      partition.startsAt = { offset };
    else partition.wanted = undefined;
    partition.leaderEpoch = leaderEpochOf(this.cluster, partition);
    this.retry();
  }

  /** The record at the offset was not handed out after all: it comes next. */
  putBack(partition: AssignedPartition, offset: number): void {
    if (partition.isGone || partition.position <= offset) return;
    this.buffer.drop(partition);
    partition.moveTo(offset, -1);
    partition.wanted = undefined;
    this.#fetcher.wake();
  }

  pause(partition: AssignedPartition): void {
    partition.isPaused = true;
    this.buffer.setAside(partition);
  }

  resume(partition: AssignedPartition): void {
    partition.isPaused = false;
    this.buffer.enqueue(partition);
    this.#fetcher.wake();
  }

  /** Leaves the records of a partition in the buffer while one of them is worked on. */
  hold(partition: AssignedPartition): void {
    partition.isHeld = true;
    this.buffer.setAside(partition);
  }

  letGo(partition: AssignedPartition): void {
    partition.isHeld = false;
    this.buffer.enqueue(partition);
  }

  // Waiting

  wantLeaders(topic: string): void {
    this.tracker.want(topic);
  }

  wantPlaces(): void {
    this.#positioner.wake();
  }

  wantRecords(): void {
    this.#fetcher.wake();
    this.wakeTakers();
  }

  /** Waits until all that is assigned has a place or has failed. Throws what went wrong. */
  async placed(): Promise<void> {
    for (;;) {
      this.throwFailure();
      if (this.closing.aborted) throw clientError("CLOSED", "the consumer was closed");
      const isWaiting = [...this.partitions.values()].some(
        ({ wanted, failure }) => wanted?.kind === "start" && failure === undefined,
      );
      if (!isWaiting) return;
      await this.waitForChange();
    }
  }

  /** Stops whatever goes on by itself. */
  async close(): Promise<void> {
    if (this.closing.aborted) return;
    // Sessions are ended on their connections, which the signal leaves alone when they are idle.
    this.tracker.close();
    this.abort();
    this.remove([...this.partitions.values()]);
    this.wakeTakers();
    await this.#fetcher.close();
  }

  #onDrained(): void {
    this.#fetcher.wakeForRoom();
    this.#positioner.wakeForDrained();
  }

  // Topics change

  #onTopics(topics: readonly TopicMetadata[]): void {
    for (const { name, topicId, partitions, isInternal } of topics) {
      if (name === null) continue;
      for (const { partitionIndex } of partitions) {
        const known = this.partitions.get(topicPartitionName(name, partitionIndex));
        if (known === undefined) continue;
        if (leaderEpochOf(this.cluster, known) > known.leaderEpoch) known.retryAtMs = 0;
        if (topicId === ZERO_UUID) continue;
        if (known.topicId === ZERO_UUID) known.topicId = topicId;
        else if (known.topicId !== topicId) this.#onOtherId(known, topicId);
      }
      this.onTopic?.(name, partitions.length, isInternal);
    }
    this.#positioner.wake();
    this.wantRecords();
  }

  /** For an owner that follows topics: called with what metadata say of each. */
  onTopic: ((topic: string, partitions: number, isInternal: boolean) => void) | undefined;

  #onOtherId(partition: AssignedPartition, topicId: Uuid): void {
    // A broker that lags behind tells of the topic that was there before.
    if (this.#pastIds.has(topicId)) return;
    this.#pastIds.add(partition.topicId);
    this.#onRecreated(partition);
  }

  /** Another topic has the name now. All its records are new, so it is read from its beginning. */
  #onRecreated(partition: AssignedPartition): void {
    const { topic, partition: index, name } = partition;
    this.cluster.logger.warn("a topic was made anew and is read from its beginning", {
      topic,
      partition: index,
    });
    if (this.options.onOutOfRange === "fail") {
      const message = `partition ${name}: the topic was deleted and made anew; its offsets mean other records`;
      this.buffer.drop(partition);
      this.buffer.fail(
        partition,
        kafkaError(message, {
          code: "INCONSISTENT_TOPIC_ID",
          errorCode: ErrorCode.INCONSISTENT_TOPIC_ID,
          retriable: false,
          context: { topic, partition: index },
        }),
      );
      return;
    }
    const { isPaused } = partition;
    this.remove([partition]);
    this.add([{ topic, partition: index }], "earliest");
    this.assigned(partition).isPaused = isPaused;
  }

  #onMissing(topic: string): void {
    if (this.membership !== undefined) return;
    const gone = [...this.partitions.values()].filter((partition) => partition.topic === topic);
    if (gone.length === 0) return;
    if (this.selection.names === undefined) {
      // A pattern means what there is.
      this.remove(gone);
      return;
    }
    const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    this.fail(
      brokerError(code, { topic }, `topic ${topic} is gone: it was deleted while it was read`, {
        retriable: false,
      }),
    );
  }
}
