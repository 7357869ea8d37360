import { messageOf } from "../../core/errors.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { KafkaError } from "../errors.ts";
import type { MembershipListener, RevocationReason } from "../group/membership.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { Committer } from "./committer.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { RebalanceEvents } from "./rebalance-events.ts";

/** Part of the rebalance timeout that may be spent on records under way; the rest is for the commit. */
const WORK_SHARE = 0.8;

/** Takes and gives up the partitions that a group gives and takes. */
export class GroupAssignment implements MembershipListener {
  readonly #core: ConsumerCore;
  readonly #committer: Committer;
  readonly #events: RebalanceEvents;
  readonly #rebalanceTimeoutMs: number;
  readonly #onFailed: (error: KafkaError) => void;
  /** When a rebalance began whose end has not come yet. */
  #beganMs: number | undefined;

  constructor(
    core: ConsumerCore,
    committer: Committer,
    events: RebalanceEvents,
    rebalanceTimeoutMs: number,
    onFailed: (error: KafkaError) => void,
  ) {
    this.#core = core;
    this.#committer = committer;
    this.#events = events;
    this.#rebalanceTimeoutMs = rebalanceTimeoutMs;
    this.#onFailed = onFailed;
  }

  /** Joining begins: the time counts until partitions come. */
  onJoining(): void {
    this.#beganMs ??= this.#core.cluster.platform.clock.monotonicMs();
  }

  onAssigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { metrics, membership, cluster } = this.#core;
    if (this.#beganMs !== undefined) {
      metrics.rebalanceLatencyMs.add(cluster.platform.clock.monotonicMs() - this.#beganMs);
      this.#beganMs = undefined;
    }
    metrics.memberId = membership?.metadata.memberId ?? "";
    this.#core.add(partitions);
    for (const { topic } of partitions) this.#core.wantLeaders(topic);
    this.#events.publish({ kind: "assigned", partitions });
    return Promise.resolve();
  }

  async onRevoked(
    partitions: readonly TopicPartition[],
    reason: RevocationReason,
    signal?: AbortSignal,
  ): Promise<void> {
    if (reason !== "closing") this.onJoining();
    const going: AssignedPartition[] = [];
    for (const { topic, partition } of partitions) {
      const found = this.#core.partitions.get(topicPartitionName(topic, partition));
      if (found === undefined) continue;
      going.push(found);
      // What is not handed out yet is the next member's.
      found.isRevoked = true;
      this.#core.buffer.drop(found);
    }
    if (reason === "rebalance") await this.#workDone(going, signal);
    const isLost = reason === "lost" || signal?.aborted === true;
    if (!isLost) await this.#commit(going);
    this.#core.remove(going);
    this.#events.publish({ kind: isLost ? "lost" : "revoked", partitions });
  }

  onFailed(error: KafkaError): void {
    this.#onFailed(error);
  }

  /** Waits until the program is done with records of the partitions, as long as the group waits. */
  #workDone(going: readonly AssignedPartition[], signal: AbortSignal | undefined): Promise<void> {
    const core = this.#core;
    const isDone = (): boolean => {
      const { taker } = core;
      if (taker === undefined || !taker.isAtWork || core.closing.aborted) return true;
      return going.every((partition) => taker.firstUndone(partition) === undefined);
    };
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        stop();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timeoutMs = this.#rebalanceTimeoutMs * WORK_SHARE;
      const timer = core.cluster.platform.clock.setTimer(timeoutMs, done);
      const stop = core.onProgress(() => {
        if (isDone()) done();
      });
      signal?.addEventListener("abort", done);
      if (signal?.aborted === true) done();
    });
  }

  async #commit(going: readonly AssignedPartition[]): Promise<void> {
    try {
      await this.#committer.flush(going);
    } catch (thrown) {
      const reason = messageOf(thrown);
      this.#core.cluster.logger.warn("offsets were not stored before partitions went", { reason });
    }
  }
}
