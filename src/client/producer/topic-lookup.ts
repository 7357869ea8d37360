import type { Timer } from "../../platform/clock.ts";
import { backoffMs, type BackoffBounds } from "../cluster/backoff.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import { isRetriableError, KafkaError } from "../errors.ts";
import type { PartitionQueue, ProducerTopic } from "./producer-topic.ts";
import { errorOf } from "./producer-error.ts";

/**
 * A topic that was there may be missing for so long before its records are given up: metadata of one broker
 * may be behind that of another.
 */
const MISSING_MS_MAX = 5_000;
/** Before all times: nobody has said anything. */
const NEVER_MS = -Infinity;

export interface LookupListener {
  /** Those who wait for the topic may look again. It is as brokers said after this time of the monotonic clock. */
  onLooked(topic: ProducerTopic, askedMs: number): void;
  /** The topic is not there, or not to be written to. */
  onGone(topic: ProducerTopic, error: Error): void;
}

/** Finds out about topics and their leaders, one question at a time for each topic. */
export class TopicLookup {
  readonly #cluster: Cluster;
  readonly #options: {
    readonly blockTimeoutMs: number;
    readonly retryBackoff: BackoffBounds;
    readonly createTopics: boolean;
  };
  readonly #listener: LookupListener;
  readonly #failures = new Map<ProducerTopic, number>();
  readonly #errors = new Map<ProducerTopic, unknown>();
  readonly #timers = new Set<Timer>();
  readonly #stop = new AbortController();

  constructor(
    cluster: Cluster,
    options: {
      readonly blockTimeoutMs: number;
      readonly retryBackoff: BackoffBounds;
      readonly createTopics: boolean;
    },
    listener: LookupListener,
  ) {
    this.#cluster = cluster;
    this.#options = options;
    this.#listener = listener;
  }

  /** Whether the leader of the partition is known; else it is asked for. */
  isLed(queue: PartitionQueue): boolean {
    const { topic, partition } = queue;
    const known = this.#cluster.knownTopic(topic.name);
    if (known !== undefined && known !== topic.metadata) topic.update(known);
    const leaderId = this.#cluster.knownLeaderOf(topic.name, partition);
    if (leaderId !== undefined) {
      queue.leaderId = leaderId;
      return true;
    }
    // One that has no leader, although nothing shows that to be out of date, is asked for all the same.
    this.find(topic, known !== undefined);
    return false;
  }

  /** Takes what the client knows of the topic, if it knows it. */
  takeKnown(topic: ProducerTopic): void {
    const known = this.#cluster.knownTopic(topic.name);
    if (known !== undefined) topic.update(known);
  }

  /** Why the topic was not found, when it was looked for last. */
  errorOf(topic: ProducerTopic): unknown {
    return this.#errors.get(topic);
  }

  /** Asks for a topic; `anew`: what is known is not good enough. Not again before a pause. */
  find(topic: ProducerTopic, anew = false): void {
    if (topic.isLookingUp) return;
    topic.isLookingUp = true;
    const { clock } = this.#cluster.platform;
    const waitMs = topic.lookUpAfterMs - clock.monotonicMs();
    if (waitMs > 0) {
      this.#lookLater(topic, waitMs);
      return;
    }
    const askedMs = clock.monotonicMs();
    this.#ask(topic.name, anew).then(
      (metadata) => {
        topic.isLookingUp = false;
        topic.lookUpAfterMs = clock.monotonicMs() + this.#options.retryBackoff.firstMs;
        this.#errors.delete(topic);
        this.#failures.delete(topic);
        topic.missingSinceMs = undefined;
        topic.update(metadata);
        this.#listener.onLooked(topic, askedMs);
      },
      (thrown: unknown) => this.#failed(topic, thrown),
    );
  }

  async #ask(name: string, anew: boolean): Promise<TopicMetadata> {
    const { blockTimeoutMs, createTopics: create } = this.#options;
    const timeoutMs = Math.min(blockTimeoutMs, this.#cluster.requestTimeoutMs);
    const options = { create, timeoutMs, signal: this.#stop.signal };
    if (anew) await this.#cluster.metadataOf([name], options);
    return this.#cluster.topic(name, options);
  }

  #failed(topic: ProducerTopic, thrown: unknown): void {
    this.#errors.set(topic, thrown);
    const failures = (this.#failures.get(topic) ?? 0) + 1;
    this.#failures.set(topic, failures);
    if (this.#stop.signal.aborted) return;
    if (!isRetriableError(thrown) && !this.#mayComeBack(topic, thrown)) {
      topic.isLookingUp = false;
      this.#listener.onGone(topic, errorOf(thrown));
      return;
    }
    const { random } = this.#cluster.platform;
    this.#lookLater(topic, backoffMs(random, failures, this.#options.retryBackoff));
  }

  /** Whoever waits for the topic asks again when he looks; until then nobody shall ask. */
  #lookLater(topic: ProducerTopic, waitMs: number): void {
    const timer = this.#cluster.platform.clock.setTimer(waitMs, () => {
      this.#timers.delete(timer);
      topic.isLookingUp = false;
      this.#listener.onLooked(topic, NEVER_MS);
    });
    this.#timers.add(timer);
  }

  /** A topic that was there is given some time. */
  #mayComeBack(topic: ProducerTopic, thrown: unknown): boolean {
    const isMissing = thrown instanceof KafkaError && thrown.code === "UNKNOWN_TOPIC_OR_PARTITION";
    if (!isMissing || topic.metadata === undefined) return false;
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    topic.missingSinceMs ??= nowMs;
    return nowMs - topic.missingSinceMs < MISSING_MS_MAX;
  }

  close(): void {
    this.#stop.abort();
    for (const timer of this.#timers) timer.cancel();
  }
}
