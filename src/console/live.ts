import type { Clock } from "../platform/clock.ts";
import type { FlowSample, LiveEvents, OverviewPoint, OverviewSample } from "./api.ts";
import type { ClusterView, ViewChanges } from "./cluster-view.ts";

/** One event for the page. */
export type LiveEvent = {
  readonly [K in keyof LiveEvents]: { readonly kind: K; readonly data: LiveEvents[K] };
}[keyof LiveEvents];

export type LiveListener = (event: LiveEvent) => void;

/** Points that are kept: five minutes while somebody looks. */
const POINTS_MAX = 300;

/** Hands on what samples show to everybody who looks. */
export class Live {
  readonly #listeners = new Set<LiveListener>();
  readonly #view: ClusterView;
  readonly #clock: Clock;
  #overview: OverviewSample | undefined;
  #flow: FlowSample | undefined;
  #points: OverviewPoint[] = [];

  constructor(view: ClusterView, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
  }

  /** Tells all that is known, then what changes, until what is returned is called. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    const atMs = this.#clock.nowMs();
    if (this.#overview !== undefined) {
      listener({ kind: "topics", data: { atMs, changed: this.#view.topicRows, removed: [] } });
      listener({ kind: "groups", data: { atMs, changed: this.#view.groupRows, removed: [] } });
      listener({ kind: "history", data: this.#points });
      listener({ kind: "overview", data: this.#overview });
    }
    if (this.#flow !== undefined) listener({ kind: "flow", data: this.#flow });
    return () => this.#listeners.delete(listener);
  }

  publish(changes: ViewChanges, overview: OverviewSample, flow: FlowSample): void {
    this.#overview = overview;
    this.#flow = flow;
    const { atMs, inRecords, outBytes, totalLag } = overview;
    const known = outBytes === undefined ? {} : { outBytes };
    this.#points = [...this.#points.slice(1 - POINTS_MAX), { atMs, inRecords, totalLag, ...known }];
    this.#tell({ kind: "topics", data: { atMs, ...changes.topics } });
    this.#tell({ kind: "groups", data: { atMs, ...changes.groups } });
    this.#tell({ kind: "overview", data: overview });
    this.#tell({ kind: "flow", data: flow });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
