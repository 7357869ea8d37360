import { computed, signal } from "@preact/signals";
import type {
  ClusterInfo,
  FlowSample,
  GroupRow,
  GroupRows,
  LiveEvents,
  OverviewPoint,
  OverviewSample,
  TopicRow,
  TopicRows,
} from "../../api.ts";
import { call } from "./api.ts";

/** Points kept for the pictures of the overview: five minutes at one a second. */
const POINTS_MAX = 300;

export const cluster = signal<ClusterInfo | undefined>(undefined);
export const overview = signal<OverviewSample | undefined>(undefined);
export const history = signal<readonly OverviewPoint[]>([]);
export const flow = signal<FlowSample | undefined>(undefined);
export const topics = signal<ReadonlyMap<string, TopicRow>>(new Map());
export const groups = signal<ReadonlyMap<string, GroupRow>>(new Map());
/** `live` while figures come; `waiting` when the server or the cluster does not answer. */
export const link = signal<"connecting" | "live" | "waiting">("connecting");

export const topicList = computed(() => sortedByName(topics.value));
export const groupList = computed(() => sortedByName(groups.value));

function sortedByName<T extends { readonly name: string }>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function merge<T extends { readonly name: string }>(
  rows: ReadonlyMap<string, T>,
  news: { readonly changed: readonly T[]; readonly removed: readonly string[] },
): ReadonlyMap<string, T> {
  if (news.changed.length === 0 && news.removed.length === 0) return rows;
  const merged = new Map(rows);
  for (const row of news.changed) merged.set(row.name, row);
  for (const name of news.removed) merged.delete(name);
  return merged;
}

async function learnCluster(): Promise<void> {
  try {
    cluster.value = await call<ClusterInfo>("GET", "api/cluster");
  } catch {
    // The line at the top tells that nothing comes; the next sign of life asks again.
  }
}

/** Begins to receive; the browser connects again by itself. */
export function startLive(): void {
  const source = new EventSource("api/live");
  const on = <K extends keyof LiveEvents>(kind: K, take: (value: LiveEvents[K]) => void): void => {
    source.addEventListener(kind, (event: MessageEvent<string>) => {
      if (link.peek() !== "live") {
        link.value = "live";
        if (cluster.peek() === undefined) void learnCluster();
      }
      take(JSON.parse(event.data) as LiveEvents[K]);
    });
  };
  on("overview", (sample) => {
    overview.value = sample;
    const { atMs, inRecords, outBytes, totalLag } = sample;
    const point = { atMs, inRecords, totalLag, ...(outBytes === undefined ? {} : { outBytes }) };
    if (atMs > (history.peek().at(-1)?.atMs ?? 0)) {
      history.value = [...history.peek().slice(1 - POINTS_MAX), point];
    }
  });
  on("history", (points) => {
    history.value = points;
  });
  on("flow", (sample) => {
    flow.value = sample;
  });
  on("topics", (rows: TopicRows) => {
    topics.value = merge(topics.peek(), rows);
  });
  on("groups", (rows: GroupRows) => {
    groups.value = merge(groups.peek(), rows);
  });
  source.addEventListener("open", () => {
    // The first of each kind holds all rows: what went away meanwhile must not stay.
    topics.value = new Map();
    groups.value = new Map();
    void learnCluster();
  });
  source.addEventListener("error", () => {
    link.value = "waiting";
  });
}
