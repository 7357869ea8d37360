import type { Kafka } from "../client/kafka.ts";
import type { TopicDescription } from "../client/admin/describe-topics.ts";
import type { PartitionSample, TopicSample } from "./cluster-view.ts";
import type { WhatMoved } from "./what-moved.ts";

/** Partitions whose offsets are asked for at once, so that the loop has a rest in between. */
const OFFSETS_CHUNK = 1000;
/** Every offset is asked for this often, also where nobody was seen to write. */
const ROUND_MS = 10_000;
/** First offsets move with retention alone. */
const FIRST_OFFSETS_EVERY_MS = 10_000;
/** A list of topics that took so long to get is asked for again after so many times that. */
const LIST_REST_FACTOR = 20;
const CALL_MAX_MS = 5000;

interface Known {
  readonly described: TopicDescription;
  /** By place in the description. */
  readonly starts: number[];
  readonly ends: number[];
  sample: TopicSample | undefined;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Asks for topics and offsets, for no more of them than may have changed. */
export class TopicSampler {
  readonly #kafka: Kafka;
  readonly #nowMs: () => number;
  #topics = new Map<string, Known>();
  #version: unknown;
  #listedMs = -Infinity;
  #listTookMs = 0;
  #firstOffsetsMs = -Infinity;
  #roundBeganMs = -Infinity;
  /** Topics that the round has yet to ask for. */
  #round: string[] = [];

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#nowMs = () => kafka.cluster.platform.clock.monotonicMs();
  }

  /** All topics; those in which nothing moved are the same objects as before. */
  async sample(moved: WhatMoved): Promise<readonly TopicSample[]> {
    await this.#list(moved.topicsVersion);
    const nowMs = this.#nowMs();
    const wantsFirst = nowMs - this.#firstOffsetsMs >= FIRST_OFFSETS_EVERY_MS;
    if (wantsFirst) this.#firstOffsetsMs = nowMs;
    const asked = this.#toAsk(moved, nowMs);
    await this.#learnOffsets(asked, "latest");
    if (wantsFirst) await this.#learnOffsets([...this.#topics.values()], "earliest");
    return [...this.#topics.values()].map((known) => (known.sample ??= sampleOf(known)));
  }

  /** The names of all topics that are there. */
  get names(): readonly string[] {
    return [...this.#topics.keys()];
  }

  async #list(version: unknown): Promise<void> {
    const beganMs = this.#nowMs();
    const isKnown = version !== undefined && version === this.#version;
    const rests = beganMs - this.#listedMs < this.#listTookMs * LIST_REST_FACTOR;
    if (isKnown || (version === undefined && rests)) return;
    const listed = await this.#kafka.admin.listTopics({
      includeInternal: true,
      timeoutMs: CALL_MAX_MS,
    });
    this.#version = version;
    this.#listedMs = this.#nowMs();
    this.#listTookMs = this.#listedMs - beganMs;
    const topics = new Map<string, Known>();
    for (const described of listed) {
      const before = this.#topics.get(described.name);
      const isSame = before?.described.topicId === described.topicId;
      topics.set(described.name, {
        described,
        starts: described.partitions.map((_one, at) => (isSame ? (before.starts[at] ?? 0) : 0)),
        ends: described.partitions.map((_one, at) => (isSame ? (before.ends[at] ?? 0) : 0)),
        sample: undefined,
      });
      // What was not there before has not been asked for.
      if (!isSame || before.ends.length !== described.partitions.length) {
        this.#round.push(described.name);
        this.#firstOffsetsMs = -Infinity;
      }
    }
    this.#topics = topics;
  }

  /** Topics that were written to, and a share of the others: each has its turn within a round. */
  #toAsk({ topics: moved, periodMs, isOurs }: WhatMoved, nowMs: number): readonly Known[] {
    if (moved === undefined) return [...this.#topics.values()];
    if (this.#round.length === 0 && nowMs - this.#roundBeganMs >= ROUND_MS) {
      this.#round = [...this.#topics.keys()];
      this.#roundBeganMs = nowMs;
    }
    const share = Math.ceil((this.#topics.size * periodMs) / ROUND_MS);
    const names = new Set([...moved, ...this.#round.splice(0, share)]);
    const asked: Known[] = [];
    for (const [name, known] of this.#topics) {
      // Who writes to partitions that other brokers lead is not seen here.
      const isSeen = known.described.partitions.every(({ leader }) => isOurs(leader));
      if (names.has(name) || !isSeen) asked.push(known);
    }
    return asked;
  }

  async #learnOffsets(topics: readonly Known[], at: "latest" | "earliest"): Promise<void> {
    const { admin } = this.#kafka;
    const places = placesOf(topics);
    for (let from = 0; from < places.length; from += OFFSETS_CHUNK) {
      const queries = places.slice(from, from + OFFSETS_CHUNK).map((place) => ({ ...place, at }));
      const answers = await admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      for (const { topic, partition, value } of answers) {
        const known = this.#topics.get(topic);
        if (known === undefined || value?.offset === undefined || value.offset === null) continue;
        const index = indexOf(known.described, partition);
        const offsets = at === "latest" ? known.ends : known.starts;
        if (index < 0 || offsets[index] === value.offset) continue;
        offsets[index] = value.offset;
        known.sample = undefined;
      }
    }
  }
}

function placesOf(topics: readonly Known[]): readonly Place[] {
  const places: Place[] = [];
  for (const { described } of topics) {
    for (const { partition, leader } of described.partitions) {
      if (leader !== null) places.push({ topic: described.name, partition });
    }
  }
  return places;
}

/** Partitions are numbered as they lie, but for those that are not told of. */
function indexOf({ partitions }: TopicDescription, partition: number): number {
  return partitions[partition]?.partition === partition
    ? partition
    : partitions.findIndex((one) => one.partition === partition);
}

function sampleOf({ described, starts, ends }: Known): TopicSample {
  return {
    name: described.name,
    topicId: described.topicId ?? described.name,
    isInternal: described.isInternal,
    partitions: described.partitions.map((one, index): PartitionSample => ({
      partition: one.partition,
      leader: one.leader ?? -1,
      leaderEpoch: one.leaderEpoch ?? -1,
      replicas: one.replicas,
      isr: one.isr,
      startOffset: starts[index] ?? 0,
      endOffset: ends[index] ?? 0,
    })),
  };
}
