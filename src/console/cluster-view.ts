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

  /** Takes a reading; `beforeMs` is the time of the sample before, until which it stood where it was. */
  add(atMs: number, value: number, beforeMs: number): void {
    const marks = this.#marks;
    const last = marks.at(-1);
    if (last !== undefined && last.atMs < beforeMs) {
      this.#marks = [
        { atMs: Math.max(last.atMs, atMs - this.#windowMs), value: last.value },
        { atMs: beforeMs, value: last.value },
        { atMs, value },
      ];
      return;
    }
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

  /** Nothing moved over the whole of its window. */
  get isStill(): boolean {
    const value = this.#marks[0]?.value;
    return this.#marks.length > 1 && this.#marks.every((mark) => mark.value === value);
  }
}

interface TopicState {
  readonly written: Movement;
  readonly bytes: Movement;
  readonly partitions: Map<number, Movement>;
  /** What the row was made of; the same again makes the same row. */
  sample: TopicSample;
  reading: Reading;
  producedBytes: number | undefined;
  row: TopicRow;
}

interface GroupState {
  readonly lag: Movement;
  /** Topic → partition → where it was committed, and when that was seen to move. */
  readonly places: Map<string, Map<number, { readonly offset: number; readonly movedMs: number }>>;
  sample: GroupSample;
  committedSum: number;
  movedMs: number;
  row: GroupRow;
}

/** Groups of a topic, and their lag in it. */
interface Reading {
  readonly groups: number;
  readonly lag: number;
}

const UNREAD: Reading = { groups: 0, lag: 0 };

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
  #usedFacts: SlowFacts = NO_FACTS;
  readonly #lags = new LagTable();

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

  learnSizes(sizes: SlowFacts["sizes"]): void {
    this.#facts = { ...this.#facts, sizes };
  }

  learnRetention(retention: SlowFacts["retention"]): void {
    this.#facts = { ...this.#facts, retention };
  }

  /** Takes a sample; tells which rows it changed. What is the same object as before is not looked at again. */
  apply(sample: ClusterSample, producedBytes?: ReadonlyMap<string, number>): ViewChanges {
    const beforeMs = this.#sample.atMs;
    const hasNewFacts = this.#facts !== this.#usedFacts;
    this.#sample = sample;
    this.#usedFacts = this.#facts;
    const lags = this.#lags.of(sample);
    const groups = this.#applyGroups(sample, beforeMs, lags);
    const topics = this.#applyTopics(sample, { beforeMs, hasNewFacts, producedBytes, lags });
    return { topics, groups };
  }

  #applyTopics(sample: ClusterSample, inputs: TopicInputs): ViewChanges["topics"] {
    const changed: TopicRow[] = [];
    const states = new Map<string, TopicState>();
    for (const topic of sample.topics) {
      const before = this.#topics.get(topic.name);
      // A topic that was made anew under its name begins anew.
      const state = before?.row.topicId === topic.topicId ? before : undefined;
      const reading = inputs.lags.byTopic.get(topic.name) ?? UNREAD;
      if (
        state !== undefined &&
        !inputs.hasNewFacts &&
        isUnchanged(state, topic, reading, inputs)
      ) {
        states.set(topic.name, state);
        continue;
      }
      const row = state?.row;
      const next = this.#nextTopic(topic, state, reading, inputs, sample.atMs);
      states.set(topic.name, next);
      if (row === undefined || !sameRow(row, next.row)) changed.push(next.row);
    }
    const removed = [...this.#topics.keys()].filter((name) => !states.has(name));
    this.#topics = states;
    return { changed, removed };
  }

  #nextTopic(
    topic: TopicSample,
    before: TopicState | undefined,
    reading: Reading,
    { beforeMs, producedBytes }: TopicInputs,
    atMs: number,
  ): TopicState {
    const written = before?.written ?? new Movement(RATE_WINDOW_MS);
    const bytes = before?.bytes ?? new Movement(RATE_WINDOW_MS);
    const partitions = before?.partitions ?? new Map<number, Movement>();
    let ends = 0;
    let records = 0;
    let underReplicated = 0;
    for (const partition of topic.partitions) {
      ends += partition.endOffset;
      records += Math.max(0, partition.endOffset - partition.startOffset);
      if (partition.isr.length < partition.replicas.length) underReplicated++;
      let movement = partitions.get(partition.partition);
      if (movement === undefined) {
        movement = new Movement(RATE_WINDOW_MS);
        partitions.set(partition.partition, movement);
      }
      movement.add(atMs, partition.endOffset, beforeMs);
    }
    const sizeBytes = this.#facts.sizes.get(topic.name) ?? 0;
    const produced = producedBytes?.get(topic.name);
    written.add(atMs, ends, beforeMs);
    bytes.add(atMs, produced ?? 0, beforeMs);
    const inRecords = Math.max(0, written.perSecond);
    // Where nobody counts bytes: what a record of the topic takes on average.
    const recordBytes = records === 0 ? 0 : sizeBytes / records;
    const inBytes = producedBytes === undefined ? inRecords * recordBytes : bytes.perSecond;
    const kept = this.#facts.retention.get(topic.name);
    const row: TopicRow = {
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      records,
      sizeBytes,
      inRecords: round(inRecords),
      inBytes: round(Math.max(0, inBytes)),
      retentionMs: kept?.ms ?? -1,
      retentionBytes: kept?.bytes ?? -1,
      cleanupPolicy: kept?.cleanupPolicy ?? "delete",
      groups: reading.groups,
      lag: reading.lag,
      underReplicated,
    };
    return { written, bytes, partitions, sample: topic, reading, producedBytes: produced, row };
  }

  #applyGroups(sample: ClusterSample, beforeMs: number, lags: Lags): ViewChanges["groups"] {
    const { atMs } = sample;
    const changed: GroupRow[] = [];
    const states = new Map<string, GroupState>();
    for (const group of sample.groups) {
      const before = this.#groups.get(group.name);
      const lag = lags.byGroup.get(group.name) ?? 0;
      const isSame = before?.sample === group && before.row.lag === lag;
      if (isSame && before.lag.isStill && before.row.isStuck === isStuckAt(before, lag, atMs)) {
        states.set(group.name, before);
        continue;
      }
      const row = before?.row;
      const next = nextGroup(group, before, { lag, atMs, beforeMs });
      states.set(group.name, next);
      if (row === undefined || !sameRow(row, next.row)) changed.push(next.row);
    }
    const removed = [...this.#groups.keys()].filter((name) => !states.has(name));
    this.#groups = states;
    return { changed, removed };
  }
}

interface TopicInputs {
  readonly beforeMs: number;
  readonly hasNewFacts: boolean;
  readonly producedBytes: ReadonlyMap<string, number> | undefined;
  readonly lags: Lags;
}

function isUnchanged(
  state: TopicState,
  topic: TopicSample,
  reading: Reading,
  { producedBytes }: TopicInputs,
): boolean {
  return (
    state.sample === topic &&
    state.reading.lag === reading.lag &&
    state.reading.groups === reading.groups &&
    state.producedBytes === producedBytes?.get(topic.name) &&
    state.written.isStill &&
    state.bytes.isStill
  );
}

function isStuckAt({ movedMs }: { readonly movedMs: number }, lag: number, atMs: number): boolean {
  return lag > 0 && atMs - movedMs >= STUCK_AFTER_MS;
}

function nextGroup(
  group: GroupSample,
  before: GroupState | undefined,
  {
    lag,
    atMs,
    beforeMs,
  }: { readonly lag: number; readonly atMs: number; readonly beforeMs: number },
): GroupState {
  const movement = before?.lag ?? new Movement(TREND_WINDOW_MS);
  movement.add(atMs, lag, beforeMs);
  const committedSum = before?.sample === group ? before.committedSum : sumOf(group.committed);
  const hasMoved = before === undefined || before.committedSum !== committedSum || lag === 0;
  const movedMs = hasMoved ? atMs : before.movedMs;
  const row: GroupRow = {
    name: group.name,
    type: group.type,
    state: group.state,
    members: group.members,
    topics: [...new Set([...group.committed.keys(), ...group.reads])].sort(),
    lag,
    lagTrend: round(movement.perSecond),
    isStuck: isStuckAt({ movedMs }, lag, atMs),
  };
  const places =
    before?.sample === group ? before.places : movedPlaces(before?.places, group.committed, atMs);
  return { lag: movement, places, sample: group, committedSum, movedMs, row };
}

interface Lags {
  readonly byGroup: ReadonlyMap<string, number>;
  readonly byTopic: ReadonlyMap<string, Reading>;
}

interface GroupLag {
  readonly group: GroupSample;
  readonly topics: readonly (TopicSample | undefined)[];
  readonly byTopic: readonly (readonly [topic: string, lag: number])[];
  readonly total: number;
}

/** Lags of groups; those of which neither the group nor its topics have changed are as they were. */
class LagTable {
  #groups = new Map<string, GroupLag>();

  of({ topics, groups }: ClusterSample): Lags {
    const samples = new Map(topics.map((topic) => [topic.name, topic]));
    const known = new Map<string, GroupLag>();
    const byGroup = new Map<string, number>();
    const byTopic = new Map<string, { groups: number; lag: number }>();
    for (const group of groups) {
      const before = this.#groups.get(group.name);
      const now =
        before !== undefined && isAsBefore(before, group, samples) ? before : lagOf(group, samples);
      known.set(group.name, now);
      byGroup.set(group.name, now.total);
      for (const [topic, lag] of now.byTopic) {
        const reading = byTopic.get(topic);
        if (reading === undefined) byTopic.set(topic, { groups: 1, lag });
        else {
          reading.groups++;
          reading.lag += lag;
        }
      }
    }
    this.#groups = known;
    return { byGroup, byTopic };
  }
}

function isAsBefore(
  before: GroupLag,
  group: GroupSample,
  samples: ReadonlyMap<string, TopicSample>,
): boolean {
  if (before.group !== group) return false;
  return before.byTopic.every(([topic], index) => samples.get(topic) === before.topics[index]);
}

/** Lag: records between what a group has committed and the end, never below zero. */
function lagOf(group: GroupSample, samples: ReadonlyMap<string, TopicSample>): GroupLag {
  const topics: (TopicSample | undefined)[] = [];
  const byTopic: (readonly [topic: string, lag: number])[] = [];
  let total = 0;
  for (const [name, offsets] of group.committed) {
    const topic = samples.get(name);
    let lag = 0;
    for (const [partition, offset] of offsets) {
      const found = partitionIn(topic, partition);
      if (found === undefined) continue;
      // What was deleted before it was read cannot be read any more.
      lag += Math.max(0, found.endOffset - Math.max(offset, found.startOffset));
    }
    topics.push(topic);
    byTopic.push([name, lag]);
    total += lag;
  }
  return { group, topics, byTopic, total };
}

/** Partitions are numbered as they lie, but for those that are not told of. */
function partitionIn(topic: TopicSample | undefined, number: number): PartitionSample | undefined {
  const first = topic?.partitions[number];
  if (first?.partition === number) return first;
  return topic?.partitions.find(({ partition }) => partition === number);
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

function sameRow<T extends TopicRow | GroupRow>(a: T, b: T): boolean {
  for (const [key, value] of Object.entries(a)) {
    const other: unknown = Reflect.get(b, key);
    if (value === other) continue;
    if (!Array.isArray(value) || !Array.isArray(other) || value.length !== other.length)
      return false;
    if (value.some((one, index) => one !== other[index])) return false;
  }
  return true;
}
