import type { FlowClient, FlowGroup, FlowSample, FlowTopic } from "./api.ts";
import type { ClusterSample, ClusterView } from "./cluster-view.ts";
import type { BrokerInsight, Observations } from "./insight.ts";

/** Boxes of each kind in one picture: those that move most. */
const BOXES_MAX = 40;
/** A producer that has sent nothing for so long is not in the picture. */
const QUIET_MS = 60_000;
/** Rates are over so much time. */
const WINDOW_MS = 3000;

interface Count {
  readonly atMs: number;
  readonly records: number;
  readonly bytes: number;
}

/** Counters of edges over the last moments. */
class EdgeRates {
  readonly #counts = new Map<string, Count[]>();

  /** Records and bytes a second, after one more reading. */
  next(
    key: string,
    atMs: number,
    records: number,
    bytes: number,
  ): { records: number; bytes: number } {
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = [];
      this.#counts.set(key, counts);
    }
    // Nobody looked for a while: what went on meanwhile says nothing of now.
    if (atMs - (counts.at(-1)?.atMs ?? atMs) > WINDOW_MS) counts.length = 0;
    counts.push({ atMs, records, bytes });
    while (counts.length > 2 && atMs - counts[1]!.atMs >= WINDOW_MS) counts.shift();
    const first = counts[0]!;
    const passedMs = atMs - first.atMs;
    if (passedMs <= 0) return { records: 0, bytes: 0 };
    return {
      records: Math.max(0, ((records - first.records) * 1000) / passedMs),
      bytes: Math.max(0, ((bytes - first.bytes) * 1000) / passedMs),
    };
  }

  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#counts.keys()) if (!keys.has(key)) this.#counts.delete(key);
  }
}

/** The live picture, from one sample to the next. */
export class Flow {
  readonly #rates = new EdgeRates();

  next(
    view: ClusterView,
    observed: Observations | undefined,
    insight: BrokerInsight | undefined,
  ): FlowSample {
    const { sample } = view;
    const seen = new Set<string>();
    const clients = new Map<string, FlowClient>();
    const writes = this.#writes(sample.atMs, observed, insight, clients, seen);
    const reads = this.#reads(view, sample, seen);
    this.#rates.keepOnly(seen);
    const edges = [...writes, ...reads];
    const rates = new Map<string, number>();
    for (const { from, to, records } of edges) {
      rates.set(from, (rates.get(from) ?? 0) + records);
      rates.set(to, (rates.get(to) ?? 0) + records);
    }
    const rateOf = ({ id }: { readonly id: string }): number => rates.get(id) ?? 0;
    const busiest = <T extends { readonly id: string; readonly name: string }>(
      boxes: readonly T[],
    ): T[] =>
      [...boxes]
        .sort((a, b) => rateOf(b) - rateOf(a) || (a.name < b.name ? -1 : 1))
        .slice(0, BOXES_MAX);
    const allTopics = topicsOf(view, rates);
    const allGroups = view.groupRows.map(({ name, state, members, lag }): FlowGroup => ({
      id: `group:${name}`,
      name,
      state,
      members,
      lag,
    }));
    const producers = busiest([...clients.values()].map((box) => ({ ...box, name: box.clientId })));
    const topics = busiest(allTopics);
    const groups = busiest(allGroups);
    const shown = new Set([...producers, ...topics, ...groups].map(({ id }) => id));
    return {
      atMs: sample.atMs,
      totals: { producers: clients.size, topics: allTopics.length, groups: allGroups.length },
      producers: producers.map(({ name: _name, ...box }) => box),
      topics: topics.map((box) => ({ ...box, skew: skewOf(view, box.name) })),
      groups,
      edges: edges.filter(({ from, to }) => shown.has(from) && shown.has(to)),
    };
  }

  /** What clients write; learns who they are. */
  #writes(
    atMs: number,
    observed: Observations | undefined,
    insight: BrokerInsight | undefined,
    clients: Map<string, FlowClient>,
    seen: Set<string>,
  ): FlowSample["edges"][number][] {
    const edges: FlowSample["edges"][number][] = [];
    for (const traffic of observed?.produced.values() ?? []) {
      const { clientId, host, topic, records, bytes, lastMs } = traffic;
      if (atMs - lastMs > QUIET_MS || topic === "") continue;
      const id = `producer:${clientId}@${host}`;
      const software = insight?.softwareOf(clientId, host);
      clients.set(id, { id, clientId, host, ...(software === undefined ? {} : { software }) });
      const key = `${id} ${topic}`;
      seen.add(key);
      const rate = this.#rates.next(key, atMs, records, bytes);
      edges.push({ from: id, to: `topic:${topic}`, ...rounded(rate) });
    }
    return edges;
  }

  /** What groups read. */
  #reads(
    view: ClusterView,
    sample: ClusterSample,
    seen: Set<string>,
  ): FlowSample["edges"][number][] {
    const edges: FlowSample["edges"][number][] = [];
    for (const { name, committed, reads } of sample.groups) {
      for (const topic of reads) {
        if (!committed.has(topic)) {
          edges.push({ from: `topic:${topic}`, to: `group:${name}`, records: 0, bytes: 0 });
        }
      }
      for (const [topic, offsets] of committed) {
        let read = 0;
        for (const offset of offsets.values()) read += offset;
        const key = `${topic} ${name}`;
        seen.add(key);
        const { records } = this.#rates.next(key, sample.atMs, read, 0);
        const row = view.topicRow(topic);
        // What a record of the topic takes on average: groups tell offsets alone.
        const recordBytes =
          row === undefined || row.records === 0 ? 0 : row.sizeBytes / row.records;
        const edge = { from: `topic:${topic}`, to: `group:${name}` };
        edges.push({ ...edge, ...rounded({ records, bytes: records * recordBytes }) });
      }
    }
    return edges;
  }
}

function rounded({ records, bytes }: { records: number; bytes: number }): {
  records: number;
  bytes: number;
} {
  return { records: Math.round(records * 10) / 10, bytes: Math.round(bytes) };
}

/** Topics that something flows through or that hold something. */
function topicsOf(
  view: ClusterView,
  rates: ReadonlyMap<string, number>,
): Omit<FlowTopic, "skew">[] {
  return view.topicRows
    .filter((row) => !row.isInternal && (row.records > 0 || rates.has(`topic:${row.name}`)))
    .map(({ name, inRecords }) => ({ id: `topic:${name}`, name, inRecords }));
}

/** The busiest partition over the mean of all. */
function skewOf(view: ClusterView, topic: string): number {
  const partitions = view.topicRow(topic)?.partitions ?? 0;
  let sum = 0;
  let most = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const rate = view.partitionRate(topic, partition);
    sum += rate;
    most = Math.max(most, rate);
  }
  return sum === 0 ? 1 : Math.round((most * partitions * 10) / sum) / 10;
}
