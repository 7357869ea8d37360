import type { GroupRow, TopicRow } from "./api.ts";

/** A partition as one sample found it. */
export interface PartitionSample {
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface TopicSample {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionSample[];
}

export interface GroupSample {
  readonly name: string;
  readonly type: GroupRow["type"];
  readonly state: string;
  readonly members: number;
  /** Topics that its members read now, where that is known; they need not have committed anything. */
  readonly reads: readonly string[];
  /** Changes when partitions go from one member to another; empty while that is not known. */
  readonly shares: string;
  /** What it has committed: topic → partition → offset. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Everything that is asked for together. */
export interface ClusterSample {
  readonly atMs: number;
  readonly topics: readonly TopicSample[];
  readonly groups: readonly GroupSample[];
}

/** What is asked for less often, because it is dearer and changes less. */
export interface SlowFacts {
  /** Bytes of each topic over all its replicas. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly retention: ReadonlyMap<
    string,
    { readonly ms: number; readonly bytes: number; readonly cleanupPolicy: string }
  >;
}

const NO_FACTS: SlowFacts = { sizes: new Map(), retention: new Map() };
/** Rates are over so much time: long enough to be calm, short enough to be live. */
const RATE_WINDOW_MS = 3000;
const TREND_WINDOW_MS = 10_000;
/** A group with lag that has committed nothing for so long, while it has members, is stuck. */
const STUCK_AFTER_MS = 15_000;

interface Mark {
  readonly atMs: number;
  readonly value: number;
}

/** A counter over the last moments, and how fast it moves. */
class Movement {
  #marks: Mark[] = [];
  readonly #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(atMs: number, value: number): void {
    const marks = this.#marks;
    marks.push({ atMs, value });
    while (marks.length > 2 && atMs - marks[1]!.atMs >= this.#windowMs) marks.shift();
  }

  /** Change per second. */
  get perSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((last.value - first.value) * 1000) / (last.atMs - first.atMs);
  }
}

interface TopicState {
  readonly written: Movement;
  readonly bytes: Movement;
  readonly partitions: Map<number, Movement>;
  row: TopicRow;
  lastRecordMs: number | undefined;
}

interface GroupState {
  readonly lag: Movement;
  /** Topic → partition → where it was committed, and when that was seen to move. */
  readonly places: Map<string, Map<number, { readonly offset: number; readonly movedMs: number }>>;
  committedSum: number;
  movedMs: number;
  row: GroupRow;
}

export interface ViewChanges {
  readonly topics: { readonly changed: TopicRow[]; readonly removed: string[] };
  readonly groups: { readonly changed: GroupRow[]; readonly removed: string[] };
}

/**
 * What is known of a cluster, from one sample to the next: rows as lists show them, rates, trends, and what
 * changed. Knows no clock and asks nobody.
 */
export class ClusterView {
  #topics = new Map<string, TopicState>();
  #groups = new Map<string, GroupState>();
  #sample: ClusterSample = { atMs: 0, topics: [], groups: [] };
  #facts: SlowFacts = NO_FACTS;
  /** Bytes written per topic so far, where the broker tells. */
  #producedBytes: ReadonlyMap<string, number> | undefined;

  get sample(): ClusterSample {
    return this.#sample;
  }

  get topicRows(): TopicRow[] {
    return [...this.#topics.values()].map(({ row }) => row);
  }

  get groupRows(): GroupRow[] {
    return [...this.#groups.values()].map(({ row }) => row);
  }

  topicRow(name: string): TopicRow | undefined {
    return this.#topics.get(name)?.row;
  }

  groupRow(name: string): GroupRow | undefined {
    return this.#groups.get(name)?.row;
  }

  /** When a group's offset in a partition was last seen to move. */
  movedMs(group: string, topic: string, partition: number): number | undefined {
    return this.#groups.get(group)?.places.get(topic)?.get(partition)?.movedMs;
  }

  /** Records a second into a partition. */
  partitionRate(topic: string, partition: number): number {
    return Math.max(0, this.#topics.get(topic)?.partitions.get(partition)?.perSecond ?? 0);
  }

  learnFacts(facts: SlowFacts): void {
    this.#facts = facts;
  }

  /** Takes a sample; tells which rows it changed. */
  apply(sample: ClusterSample, producedBytes?: ReadonlyMap<string, number>): ViewChanges {
    this.#sample = sample;
    this.#producedBytes = producedBytes;
    const lags = lagsOf(sample);
    const groups = this.#applyGroups(sample, lags);
    const topics = this.#applyTopics(sample, lags);
    return { topics, groups };
  }

  #applyTopics(sample: ClusterSample, lags: Lags): ViewChanges["topics"] {
    const changed: TopicRow[] = [];
    const states = new Map<string, TopicState>();
    for (const topic of sample.topics) {
      const before = this.#topics.get(topic.name);
      // A topic that was made anew under its name begins anew.
      const isSame = before?.row.topicId === topic.topicId;
      const state = isSame ? before : undefined;
      const next = this.#nextTopic(topic, state, sample.atMs, lags);
      states.set(topic.name, next);
      if (state === undefined || !sameRow(state.row, next.row)) changed.push(next.row);
    }
    const removed = [...this.#topics.keys()].filter((name) => !states.has(name));
    this.#topics = states;
    return { changed, removed };
  }

  #nextTopic(
    topic: TopicSample,
    before: TopicState | undefined,
    atMs: number,
    lags: Lags,
  ): TopicState {
    const state: TopicState = {
      written: before?.written ?? new Movement(RATE_WINDOW_MS),
      bytes: before?.bytes ?? new Movement(RATE_WINDOW_MS),
      partitions: before?.partitions ?? new Map<number, Movement>(),
      lastRecordMs: before?.lastRecordMs,
      row: before?.row ?? emptyTopicRow(topic),
    };
    let ends = 0;
    let records = 0;
    let underReplicated = 0;
    for (const partition of topic.partitions) {
      ends += partition.endOffset;
      records += Math.max(0, partition.endOffset - partition.startOffset);
      if (partition.isr.length < partition.replicas.length) underReplicated++;
      let movement = state.partitions.get(partition.partition);
      if (movement === undefined) {
        movement = new Movement(RATE_WINDOW_MS);
        state.partitions.set(partition.partition, movement);
      }
      movement.add(atMs, partition.endOffset);
    }
    const sizeBytes = this.#facts.sizes.get(topic.name) ?? 0;
    state.written.add(atMs, ends);
    state.bytes.add(atMs, this.#producedBytes?.get(topic.name) ?? sizeBytes);
    const {
      ms = -1,
      bytes = -1,
      cleanupPolicy = "delete",
    } = this.#facts.retention.get(topic.name) ?? {};
    const reading = lags.byTopic.get(topic.name);
    const next: TopicState = {
      ...state,
      row: {
        name: topic.name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: topic.partitions.length,
        replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
        records,
        sizeBytes,
        inRecords: round(Math.max(0, state.written.perSecond)),
        inBytes: round(Math.max(0, state.bytes.perSecond)),
        retentionMs: ms,
        retentionBytes: bytes,
        cleanupPolicy,
        groups: reading?.groups ?? 0,
        lag: reading?.lag ?? 0,
        underReplicated,
      },
    };
    return next;
  }

  #applyGroups(sample: ClusterSample, lags: Lags): ViewChanges["groups"] {
    const changed: GroupRow[] = [];
    const states = new Map<string, GroupState>();
    for (const group of sample.groups) {
      const before = this.#groups.get(group.name);
      const lag = lags.byGroup.get(group.name) ?? 0;
      const movement = before?.lag ?? new Movement(TREND_WINDOW_MS);
      movement.add(sample.atMs, lag);
      const committedSum = sumOf(group.committed);
      const hasMoved = before === undefined || before.committedSum !== committedSum || lag === 0;
      const movedMs = hasMoved ? sample.atMs : before.movedMs;
      const isStuck = lag > 0 && sample.atMs - movedMs >= STUCK_AFTER_MS;
      const row: GroupRow = {
        name: group.name,
        type: group.type,
        state: group.state,
        members: group.members,
        topics: [...new Set([...group.committed.keys(), ...group.reads])].sort(),
        lag,
        lagTrend: round(movement.perSecond),
        isStuck,
      };
      const places = movedPlaces(before?.places, group.committed, sample.atMs);
      states.set(group.name, { lag: movement, places, committedSum, movedMs, row });
      if (before === undefined || !sameRow(before.row, row)) changed.push(row);
    }
    const removed = [...this.#groups.keys()].filter((name) => !states.has(name));
    this.#groups = states;
    return { changed, removed };
  }
}

interface Lags {
  readonly byGroup: ReadonlyMap<string, number>;
  readonly byTopic: ReadonlyMap<string, { readonly groups: number; readonly lag: number }>;
}

/** Lag: records between what a group has committed and the end, never below zero. */
function lagsOf({ topics, groups }: ClusterSample): Lags {
  const ends = new Map<string, ReadonlyMap<number, PartitionSample>>();
  for (const { name, partitions } of topics) {
    ends.set(name, new Map(partitions.map((partition) => [partition.partition, partition])));
  }
  const byGroup = new Map<string, number>();
  const byTopic = new Map<string, { groups: number; lag: number }>();
  for (const { name, committed } of groups) {
    let total = 0;
    for (const [topic, partitions] of committed) {
      let lag = 0;
      for (const [partition, offset] of partitions) {
        const found = ends.get(topic)?.get(partition);
        if (found === undefined) continue;
        // What was deleted before it was read cannot be read any more.
        lag += Math.max(0, found.endOffset - Math.max(offset, found.startOffset));
      }
      total += lag;
      const reading = byTopic.get(topic) ?? { groups: 0, lag: 0 };
      byTopic.set(topic, { groups: reading.groups + 1, lag: reading.lag + lag });
    }
    byGroup.set(name, total);
  }
  return { byGroup, byTopic };
}

/** Where a group is, and since when: what did not move keeps its time. */
function movedPlaces(
  before: GroupState["places"] | undefined,
  committed: GroupSample["committed"],
  atMs: number,
): GroupState["places"] {
  const places: GroupState["places"] = before ?? new Map();
  for (const topic of places.keys()) if (!committed.has(topic)) places.delete(topic);
  for (const [topic, offsets] of committed) {
    let of = places.get(topic);
    if (of === undefined) {
      of = new Map();
      places.set(topic, of);
    }
    for (const [partition, offset] of offsets) {
      if (of.get(partition)?.offset !== offset) of.set(partition, { offset, movedMs: atMs });
    }
  }
  return places;
}

function sumOf(committed: GroupSample["committed"]): number {
  let sum = 0;
  for (const partitions of committed.values())
    for (const offset of partitions.values()) sum += offset;
  return sum;
}

function round(value: number): number {
  return Math.abs(value) < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}

function sameRow(a: TopicRow | GroupRow, b: TopicRow | GroupRow): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function emptyTopicRow({ name, topicId, isInternal }: TopicSample): TopicRow {
  return {
    name,
    topicId,
    isInternal,
    partitions: 0,
    replicationFactor: 0,
    records: 0,
    sizeBytes: 0,
    inRecords: 0,
    inBytes: 0,
    retentionMs: -1,
    retentionBytes: -1,
    cleanupPolicy: "delete",
    groups: 0,
    lag: 0,
    underReplicated: 0,
  };
}
