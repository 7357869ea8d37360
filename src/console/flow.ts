import type { FlowSample } from "./api.ts";
import type { ClusterSample, ClusterView } from "./cluster-view.ts";
import type { BrokerInsight, Observations } from "./insight.ts";

/** Boxes of each kind in one picture; those that move most come first. */
const BOXES_MAX = 200;
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
    const producers = this.#producers(sample.atMs, observed, insight, seen);
    const readers = this.#readers(view, sample, seen);
    this.#rates.keepOnly(seen);
    const topics = topicsOf(view, [...producers.edges, ...readers]);
    const names = new Set(topics.map(({ id }) => id));
    const groups = view.groupRows
      .sort((a, b) => b.lag - a.lag || (a.name < b.name ? -1 : 1))
      .slice(0, BOXES_MAX)
      .map(({ name, state, members, lag }) => ({ id: `group:${name}`, name, state, members, lag }));
    const boxes = new Set([...names, ...groups.map(({ id }) => id), ...producers.ids]);
    const edges = [...producers.edges, ...readers].filter(
      ({ from, to }) => boxes.has(from) && boxes.has(to),
    );
    return { atMs: sample.atMs, producers: producers.boxes, topics, groups, edges };
  }

  #producers(
    atMs: number,
    observed: Observations | undefined,
    insight: BrokerInsight | undefined,
    seen: Set<string>,
  ) {
    const boxes = new Map<string, FlowSample["producers"][number]>();
    const edges: FlowSample["edges"][number][] = [];
    for (const traffic of observed?.produced.values() ?? []) {
      const { clientId, host, topic, records, bytes, lastMs } = traffic;
      if (atMs - lastMs > QUIET_MS || topic === "") continue;
      const id = `producer:${clientId}@${host}`;
      if (!boxes.has(id) && boxes.size >= BOXES_MAX) continue;
      const software = insight?.softwareOf(clientId, host);
      boxes.set(id, { id, clientId, host, ...(software === undefined ? {} : { software }) });
      const key = `${id} ${topic}`;
      seen.add(key);
      edges.push({
        from: id,
        to: `topic:${topic}`,
        ...rounded(this.#rates.next(key, atMs, records, bytes)),
      });
    }
    const rates = new Map<string, number>();
    for (const { from, records } of edges) rates.set(from, (rates.get(from) ?? 0) + records);
    const sorted = [...boxes.values()].sort(
      (a, b) => (rates.get(b.id) ?? 0) - (rates.get(a.id) ?? 0),
    );
    return { boxes: sorted, ids: boxes.keys(), edges };
  }

  #readers(
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

/** Topics that something flows through or that hold something, the busiest first. */
function topicsOf(
  view: ClusterView,
  edges: readonly { from: string; to: string }[],
): FlowSample["topics"] {
  const touched = new Set<string>();
  for (const { from, to } of edges) touched.add(from).add(to);
  return view.topicRows
    .filter((row) => !row.isInternal && (row.records > 0 || touched.has(`topic:${row.name}`)))
    .sort((a, b) => b.inRecords - a.inRecords || b.records - a.records)
    .slice(0, BOXES_MAX)
    .map(({ name, inRecords, partitions }) => ({
      id: `topic:${name}`,
      name,
      inRecords,
      skew: skewOf(view, name, partitions),
    }));
}

/** The busiest partition over the mean of all. */
function skewOf(view: ClusterView, topic: string, partitions: number): number {
  let sum = 0;
  let most = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const rate = view.partitionRate(topic, partition);
    sum += rate;
    most = Math.max(most, rate);
  }
  return sum === 0 ? 1 : Math.round((most * partitions * 10) / sum) / 10;
}
