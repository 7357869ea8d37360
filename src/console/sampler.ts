import type { Clock, Timer } from "../platform/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import { messageOf } from "../core/errors.ts";
import type { Kafka } from "../client/kafka.ts";
import { ConfigResourceType } from "../client/admin/config-values.ts";
import type { ClusterSample, SlowFacts } from "./cluster-view.ts";
import { GroupSampler } from "./group-sampler.ts";
import { TopicSampler } from "./topic-sampler.ts";
import type { WhatMoved } from "./what-moved.ts";

/** Two samples a second while somebody looks; one in five seconds while nobody does, for the history of groups. */
const WATCHED_EVERY_MS = 500;
const UNWATCHED_EVERY_MS = 5000;
/** Between two samples at least so many times what one takes: a large cluster is not kept busy by its picture. */
const REST_FACTOR = 2;
const CONFIGS_EVERY_MS = 60_000;
/** Topics whose settings are asked for at once. */
const CONFIGS_CHUNK = 100;
const CALL_MAX_MS = 5000;
const RETRY_MS = 1000;

const wantedConfigs = ["retention.ms", "retention.bytes", "cleanup.policy"] as const;

export interface SamplerOptions {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the broker has seen to change since a time, milliseconds since 1970. */
  readonly whatMoved: (sinceMs: number, periodMs: number) => WhatMoved;
  readonly onSample: (sample: ClusterSample) => void;
  readonly onRetention: (retention: SlowFacts["retention"]) => void;
  /** The cluster did not answer; it is asked again. */
  readonly onTrouble: (reason: string) => void;
}

type Retention = SlowFacts["retention"] extends ReadonlyMap<string, infer V> ? V : never;

/** Asks a cluster, over and over, for what changes: topics, offsets, groups. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #topics: TopicSampler;
  readonly #groups: GroupSampler;
  #timer: Timer | undefined;
  #isRunning = false;
  #isClosed = false;
  #watchers = 0;
  #sampledMs = 0;
  #retention = new Map<string, Retention>();
  #configsMs = -Infinity;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#topics = new TopicSampler(options.kafka);
    this.#groups = new GroupSampler(options.kafka);
  }

  /** Somebody looks, until what is returned is called. */
  watch(): () => void {
    this.#watchers++;
    if (this.#watchers === 1 && !this.#isRunning) this.#schedule(0);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#watchers--;
    };
  }

  /** The settings of a topic were changed: they are asked for again. */
  forgetRetention(topic: string): void {
    this.#retention.delete(topic);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  get #everyMs(): number {
    return this.#watchers > 0 ? WATCHED_EVERY_MS : UNWATCHED_EVERY_MS;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      void this.#tick();
    });
  }

  async #tick(): Promise<void> {
    const { clock, logger, onTrouble } = this.#options;
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    const beganMs = clock.monotonicMs();
    let isFailed = false;
    try {
      await this.#sample();
      await this.#learnRetention();
    } catch (thrown) {
      isFailed = true;
      if (!this.#isClosed) {
        const reason = messageOf(thrown);
        logger.debug("the console could not ask the cluster", { reason });
        onTrouble(reason);
      }
    }
    this.#isRunning = false;
    const tookMs = clock.monotonicMs() - beganMs;
    this.#schedule(isFailed ? RETRY_MS : Math.max(this.#everyMs - tookMs, tookMs * REST_FACTOR));
  }

  async #sample(): Promise<void> {
    const { clock, whatMoved, onSample } = this.#options;
    const beganMs = clock.nowMs();
    const moved = whatMoved(this.#sampledMs, this.#everyMs);
    const [topics, groups] = await Promise.all([
      this.#topics.sample(moved),
      this.#groups.sample(moved),
    ]);
    // Only now: a sample that failed is to be made up for.
    this.#sampledMs = beganMs;
    if (!this.#isClosed) onSample({ atMs: clock.nowMs(), topics, groups });
  }

  /** Settings of topics that are new, and of all from time to time. */
  async #learnRetention(): Promise<void> {
    const { kafka, clock, onRetention } = this.#options;
    const nowMs = clock.monotonicMs();
    const isDue = nowMs - this.#configsMs >= CONFIGS_EVERY_MS;
    const names = this.#topics.names.filter((name) => isDue || !this.#retention.has(name));
    if (isDue) {
      this.#configsMs = nowMs;
      const alive = new Set(names);
      for (const name of this.#retention.keys()) if (!alive.has(name)) this.#retention.delete(name);
    }
    if (names.length === 0) return;
    for (let from = 0; from < names.length; from += CONFIGS_CHUNK) {
      const resources = names
        .slice(from, from + CONFIGS_CHUNK)
        .map((name) => ({ type: ConfigResourceType.topic, name }));
      const described = await kafka.admin.describeConfigsOf(resources, {
        names: wantedConfigs,
        includeSynonyms: false,
        timeoutMs: CALL_MAX_MS,
      });
      for (const [index, { value = [] }] of described.entries()) {
        const of = new Map(value.map((entry) => [entry.name, entry.value ?? ""]));
        this.#retention.set(resources[index]?.name ?? "", {
          ms: Number(of.get("retention.ms") ?? -1),
          bytes: Number(of.get("retention.bytes") ?? -1),
          cleanupPolicy: of.get("cleanup.policy") ?? "delete",
        });
      }
    }
    if (!this.#isClosed) onRetention(new Map(this.#retention));
  }
}
