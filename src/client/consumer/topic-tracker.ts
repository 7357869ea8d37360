import { messageOf } from "../../core/errors.ts";
import type { Timer } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import { brokerError, isRetriableError } from "../errors.ts";
import { retryPauseMs } from "./reading-context.ts";

/** How long a topic may be missing from metadata until it counts as deleted. */
export const TOPIC_MISSING_MAX_MS = 30_000;
/** After so long without being asked for, a topic is asked for at once again. */
const CALM_MS = 10_000;

export interface TopicTrackerListener {
  /** Metadata came: topics may have grown, moved, or been made anew. */
  onTopics(topics: readonly TopicMetadata[]): void;
  /** A topic was missing for {@link TOPIC_MISSING_MAX_MS}. */
  onMissing(topic: string): void;
  onFailed(thrown: unknown): void;
}

interface Asking {
  atMs: number;
  times: number;
}

/** Keeps the leaders of a consumer's topics up to date: when somebody misses one, and from time to time. */
export class TopicTracker {
  readonly #cluster: Cluster;
  readonly #listener: TopicTrackerListener;
  readonly #closing: AbortSignal;
  readonly #wanted = new Set<string>();
  readonly #asked = new Map<string, Asking>();
  readonly #missingSinceMs = new Map<string, number>();
  #followed: readonly string[] | null | undefined;
  #everyMs = Infinity;
  #nextFollowMs = Infinity;
  #isRunning = false;
  #timer: Timer | undefined;

  constructor(cluster: Cluster, closing: AbortSignal, listener: TopicTrackerListener) {
    this.#cluster = cluster;
    this.#closing = closing;
    this.#listener = listener;
  }

  /** Looks at these topics every so often; `null` for all there are. */
  follow(topics: readonly string[] | null, everyMs: number): void {
    this.#followed = topics;
    this.#everyMs = everyMs;
    this.#nextFollowMs = this.#nowMs() + everyMs;
    this.#schedule();
  }

  /** Asks for the leaders of a topic, soon; not sooner than makes sense where it was asked for before. */
  want(topic: string): void {
    if (this.#wanted.has(topic)) return;
    this.#wanted.add(topic);
    const asking = this.#asked.get(topic);
    if (asking !== undefined && this.#nowMs() - asking.atMs > CALM_MS) this.#asked.delete(topic);
    this.#schedule();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #nowMs(): number {
    return this.#cluster.platform.clock.monotonicMs();
  }

  /** When a wanted topic may be asked for. */
  #dueMs(topic: string): number {
    const asking = this.#asked.get(topic);
    return asking === undefined ? 0 : asking.atMs + retryPauseMs(asking.times, this.#cluster);
  }

  #schedule(): void {
    if (this.#isRunning || this.#closing.aborted) return;
    let dueMs = this.#nextFollowMs;
    for (const topic of this.#wanted) dueMs = Math.min(dueMs, this.#dueMs(topic));
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueMs === Infinity) return;
    const delayMs = Math.max(0, dueMs - this.#nowMs());
    this.#timer = this.#cluster.platform.clock.setTimer(delayMs, () => {
      this.#isRunning = true;
      void this.#refresh().finally(() => {
        this.#isRunning = false;
        this.#schedule();
      });
    });
  }

  async #refresh(): Promise<void> {
    const nowMs = this.#nowMs();
    const isFollowing = nowMs >= this.#nextFollowMs;
    const topics = new Set(this.#wanted);
    this.#wanted.clear();
    for (const topic of topics) {
      const asking = this.#asked.get(topic) ?? { atMs: nowMs, times: 0 };
      this.#asked.set(topic, { atMs: nowMs, times: asking.times + 1 });
    }
    if (isFollowing) for (const topic of this.#followed ?? []) topics.add(topic);
    const asked = isFollowing && this.#followed === null ? null : [...topics];
    try {
      const answers = await this.#cluster.metadataOf(asked, { signal: this.#closing });
      if (this.#closing.aborted) return;
      if (isFollowing) this.#nextFollowMs = this.#nowMs() + this.#everyMs;
      this.#judge(answers, topics, asked === null);
    } catch (thrown) {
      if (this.#closing.aborted) return;
      if (!isRetriableError(thrown)) {
        this.#nextFollowMs = this.#nowMs() + this.#everyMs;
        this.#listener.onFailed(thrown);
        return;
      }
      const reason = messageOf(thrown);
      this.#cluster.logger.debug("metadata are asked for again", { reason });
      for (const topic of topics) this.#wanted.add(topic);
      if (isFollowing) this.#nextFollowMs = this.#nowMs() + retryPauseMs(1, this.#cluster);
    }
  }

  #judge(answers: readonly TopicMetadata[], asked: ReadonlySet<string>, wasForAll: boolean): void {
    const there = new Set<string>();
    for (const { name, errorCode } of answers) {
      if (name === null) continue;
      if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED && asked.has(name)) {
        this.#listener.onFailed(brokerError(errorCode, { api: "Metadata", topic: name }));
        return;
      }
      if (errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) there.add(name);
    }
    for (const name of asked) {
      if (there.has(name)) this.#missingSinceMs.delete(name);
      else if (wasForAll || answers.some((answer) => answer.name === name)) this.#missing(name);
    }
    this.#listener.onTopics(answers.filter(({ errorCode }) => errorCode === ErrorCode.NONE));
  }

  #missing(topic: string): void {
    const nowMs = this.#nowMs();
    const sinceMs = this.#missingSinceMs.get(topic);
    if (sinceMs === undefined) this.#missingSinceMs.set(topic, nowMs);
    else if (nowMs - sinceMs >= TOPIC_MISSING_MAX_MS) {
      this.#missingSinceMs.delete(topic);
      this.#listener.onMissing(topic);
      return;
    }
    this.#wanted.add(topic);
  }
}
