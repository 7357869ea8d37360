import { messageOf } from "../../core/errors.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { Timer } from "../../platform/clock.ts";
import { isRetriableError, KafkaError } from "../errors.ts";
import { OffsetCommitError } from "../group/group-offsets.ts";
import type { OffsetToCommit } from "../group/membership.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerCore } from "./consumer-core.ts";

/**
 * Stores for the group what the program is done with. One commit is on its way at a time, and each takes all
 * that is done by then, so offsets reach the group in order and a busy loop costs one request an interval.
 */
export class Committer {
  readonly #core: ConsumerCore;
  /** `undefined` where only the program commits. */
  readonly #everyMs: number | undefined;
  #isStarted = false;
  #timer: Timer | undefined;
  #stopWatching: (() => void) | undefined;
  /** The commit that is on its way, and those that wait for it. */
  #tail: Promise<void> = Promise.resolve();
  #isFlushing = false;
  #isFlushWanted = false;

  constructor(core: ConsumerCore) {
    this.#core = core;
    this.#everyMs = core.options.commitEveryMs;
  }

  /** Begins to commit by itself, where the options say so. */
  start(): void {
    if (this.#everyMs === undefined || this.#isStarted) return;
    this.#isStarted = true;
    if (this.#everyMs > 0) this.#schedule(this.#everyMs);
    else this.#stopWatching = this.#core.onProgress(() => this.#flushSoon());
  }

  stop(): void {
    this.#isStarted = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  /**
   * Commits what is done, of these partitions or of all, unless the program alone commits. Failures that a
   * later commit mends are left to it; others reject.
   */
  async flush(partitions?: readonly AssignedPartition[]): Promise<void> {
    if (this.#everyMs === undefined) return;
    try {
      await this.#enqueue(() => this.#news(partitions ?? [...this.#core.partitions.values()]));
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      const reason = messageOf(thrown);
      this.#core.cluster.logger.debug("a commit failed and is made again later", { reason });
    }
  }

  /** Commits what the program says. Rejects with whatever the group answers. */
  commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#enqueue(() => offsets);
  }

  /**
   * What is done and the group does not know yet: also where reading began, so that a member that follows
   * goes on there, though nothing was read.
   */
  #news(partitions: readonly AssignedPartition[]): OffsetToCommit[] {
    const news: OffsetToCommit[] = [];
    for (const partition of partitions) {
      if (partition.wanted?.kind === "start" || partition.isGone) continue;
      const offset = this.#core.doneOffset(partition);
      if (offset === partition.committedOffset) continue;
      if (offset < partition.committedOffset && !partition.mayCommitBack) continue;
      news.push(partition.offsetToCommit(offset));
    }
    return news;
  }

  #enqueue(offsetsOf: () => readonly OffsetToCommit[]): Promise<void> {
    const committing = this.#tail.then(() => this.#send(offsetsOf()));
    this.#tail = committing.catch(() => undefined);
    return committing;
  }

  async #send(offsets: readonly OffsetToCommit[]): Promise<void> {
    const { cluster, membership, metrics } = this.#core;
    if (offsets.length === 0 || membership === undefined) return;
    const { clock } = cluster.platform;
    const sentMs = clock.monotonicMs();
    try {
      await membership.commit(offsets, cluster.deadline());
      this.#stored(offsets);
    } catch (thrown) {
      // Partitions that are not among the failures were stored.
      if (thrown instanceof OffsetCommitError) {
        const failed = new Set(thrown.failures.map(nameOf));
        this.#stored(offsets.filter((offset) => !failed.has(nameOf(offset))));
      }
      throw thrown;
    } finally {
      metrics.commitLatencyMs.add(clock.monotonicMs() - sentMs);
    }
  }

  #stored(offsets: readonly OffsetToCommit[]): void {
    for (const { topic, partition, offset } of offsets) {
      const known = this.#core.find(topic, partition);
      if (known === undefined) continue;
      known.committedOffset = offset;
      known.mayCommitBack = false;
    }
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#core.cluster.platform.clock.setTimer(delayMs, () => {
      void this.#flushOrFail().finally(() => {
        if (this.#timer !== undefined) this.#schedule(delayMs);
      });
    });
  }

  #flushSoon(): void {
    this.#isFlushWanted = true;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void this.#flushWanted().finally(() => {
      this.#isFlushing = false;
    });
  }

  async #flushWanted(): Promise<void> {
    while (this.#isFlushWanted && this.#isStarted) {
      this.#isFlushWanted = false;
      await this.#flushOrFail();
    }
  }

  async #flushOrFail(): Promise<void> {
    try {
      await this.flush();
    } catch (thrown) {
      // It begins again with the next loop.
      this.stop();
      this.#core.fail(thrown);
    }
  }
}

/** A commit that may succeed later, or is of no interest any more because the partitions go. */
function isPassing(thrown: unknown): boolean {
  return isRetriableError(thrown) || (thrown instanceof KafkaError && thrown.needsRejoin);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return topicPartitionName(topic, partition);
}
