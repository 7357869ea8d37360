import type { FlowSample } from "../../api.ts";
import * as format from "./format.ts";

export type BoxKind = "producer" | "topic" | "group";

export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  readonly title: string;
  readonly sub: string;
  readonly isStuck: boolean;
}

/** The picture without what nothing flows through. */
export function idleLeftOut(sample: FlowSample): FlowSample {
  const edges = sample.edges.filter(({ records }) => records > 0);
  const moving = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const producers = sample.producers.filter(({ id }) => moving.has(id));
  const topics = sample.topics.filter(({ id, inRecords }) => inRecords > 0 || moving.has(id));
  const groups = sample.groups.filter(({ id, lag }) => lag > 0 || moving.has(id));
  return {
    ...sample,
    totals: { producers: producers.length, topics: topics.length, groups: groups.length },
    producers,
    topics,
    groups,
    edges,
  };
}

/**
 * The boxes of the three columns. Their order comes from names and lines alone, so that a box stays where it is
 * while figures change: topics by name, and the others beside the topics that they belong to.
 */
export function boxesOf(
  sample: FlowSample,
  isStuck: (group: string) => boolean,
): readonly [producers: Box[], topics: Box[], groups: Box[]] {
  const shownTopics = [...sample.topics]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ id, name, inRecords, skew }): Box => ({
      id,
      kind: "topic",
      title: name,
      sub: `${format.rate(inRecords)}/s${skew > 2 ? ` · uneven ×${skew.toFixed(1)}` : ""}`,
      isStuck: false,
    }));
  const rows = new Map(shownTopics.map(({ id }, index) => [id, index]));
  const producers = sample.producers.map(({ id, clientId, host, software }): Box => ({
    id,
    kind: "producer",
    title: clientId === "" ? "(no client id)" : clientId,
    sub: software === undefined ? host : `${software} · ${host}`,
    isStuck: false,
  }));
  const groups = sample.groups.map(({ id, name, state, members, lag }): Box => ({
    id,
    kind: "group",
    title: name,
    sub: `lag ${format.short(lag)} · ${members === 0 ? state.toLowerCase() : format.plural(members, "member")}`,
    isStuck: members > 0 && isStuck(name),
  }));
  return [besideTopics(producers, sample, rows), shownTopics, besideTopics(groups, sample, rows)];
}

/** In the order of the middle of the topics that each is joined with. */
function besideTopics(
  boxes: readonly Box[],
  { edges }: FlowSample,
  rows: ReadonlyMap<string, number>,
): Box[] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { from, to } of edges) {
    const row = rows.get(from) ?? rows.get(to);
    if (row === undefined) continue;
    const id = rows.has(from) ? to : from;
    const so = sums.get(id) ?? { sum: 0, count: 0 };
    sums.set(id, { sum: so.sum + row, count: so.count + 1 });
  }
  const middle = ({ id }: Box): number => {
    const { sum, count } = sums.get(id) ?? { sum: rows.size, count: 1 };
    return sum / count;
  };
  return [...boxes].sort((a, b) => middle(a) - middle(b) || (a.title < b.title ? -1 : 1));
}

/** What is connected with a box, over both steps. */
export function touchedBy({ edges }: FlowSample, chosen: string): ReadonlySet<string> {
  const touched = new Set([chosen]);
  const walk = (id: string, forwards: boolean): void => {
    for (const edge of edges) {
      const [here, there] = forwards ? [edge.from, edge.to] : [edge.to, edge.from];
      if (here !== id || touched.has(there)) continue;
      touched.add(there);
      walk(there, forwards);
    }
  };
  walk(chosen, true);
  walk(chosen, false);
  return touched;
}
