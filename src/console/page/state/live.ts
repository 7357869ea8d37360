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
import { comebacks, link, trouble } from "./link.ts";

/** Points kept for the pictures of the overview, and the time between two of them: five minutes. */
const POINTS_MAX = 300;
const POINT_EVERY_MS = 900;
/** A page that nobody sees is told nothing any more after so long; it asks again when it is seen. */
const HIDDEN_MS = 5000;

export const cluster = signal<ClusterInfo | undefined>(undefined);
export const overview = signal<OverviewSample | undefined>(undefined);
export const history = signal<readonly OverviewPoint[]>([]);
export const flow = signal<FlowSample | undefined>(undefined);
export const topics = signal<ReadonlyMap<string, TopicRow>>(new Map());
export const groups = signal<ReadonlyMap<string, GroupRow>>(new Map());
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

/** Keeps a stream of events open while the page is seen; ends when what is returned is called. */
export function follow(path: string, begin: (source: EventSource) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    clearTimeout(timer);
    // A stream that was refused is closed for good: another one is needed.
    if (source !== undefined && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource(path);
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, HIDDEN_MS);
    });
    begin(source);
  };
  const close = (): void => {
    clearTimeout(timer);
    source?.close();
  };
  const onVisibility = (): void => {
    if (document.hidden) timer = setTimeout(close, HIDDEN_MS);
    else open();
  };
  document.addEventListener("visibilitychange", onVisibility);
  open();
  // Opened in the background it holds one of the few connections that a browser allows, as long as it is not seen.
  if (document.hidden) onVisibility();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    close();
  };
}

/** Begins to receive; the browser connects again by itself. */
export function startLive(): void {
  follow("api/live", (source) => {
    // The first of each kind holds all rows: what went away meanwhile must not stay.
    const begun = new Set<keyof LiveEvents>();
    const on = <K extends keyof LiveEvents>(
      kind: K,
      take: (value: LiveEvents[K]) => void,
    ): void => {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        if (kind === "overview") isLive();
        take(JSON.parse(event.data) as LiveEvents[K]);
        begun.add(kind);
      });
    };
    on("history", (points) => {
      history.value = points;
    });
    on("overview", (sample) => {
      // They come after the rows: where none came there are none.
      if (!begun.has("topics")) topics.value = new Map();
      if (!begun.has("groups")) groups.value = new Map();
      takeOverview(sample);
    });
    on("topics", (rows: TopicRows) => {
      topics.value = merge(begun.has("topics") ? topics.peek() : new Map(), rows);
    });
    on("groups", (rows: GroupRows) => {
      groups.value = merge(begun.has("groups") ? groups.peek() : new Map(), rows);
    });
    on("trouble", ({ message }) => {
      trouble.value = message;
      link.value = "waiting";
    });
    source.addEventListener("open", () => {
      begun.clear();
      void learnCluster();
    });
    source.addEventListener("error", () => {
      trouble.value = undefined;
      link.value = "waiting";
    });
  });
}

function isLive(): void {
  if (link.peek() === "live") return;
  if (link.peek() === "waiting") comebacks.value++;
  link.value = "live";
  trouble.value = undefined;
  if (cluster.peek() === undefined) void learnCluster();
}

function takeOverview(sample: OverviewSample): void {
  overview.value = sample;
  const { atMs, inRecords, outBytes, totalLag } = sample;
  if (atMs - (history.peek().at(-1)?.atMs ?? 0) < POINT_EVERY_MS) return;
  const point = { atMs, inRecords, totalLag, ...(outBytes === undefined ? {} : { outBytes }) };
  history.value = [...history.peek().slice(1 - POINTS_MAX), point];
}

/** Follows the flow picture while a screen shows it. */
export function followFlow(): () => void {
  return follow("api/flow", (source) => {
    source.addEventListener("flow", (event: MessageEvent<string>) => {
      flow.value = JSON.parse(event.data) as FlowSample;
    });
  });
}
