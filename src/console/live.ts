import type { Clock } from "../platform/clock.ts";
import type { FlowSample, LiveEvents, OverviewPoint, OverviewSample } from "./api.ts";
import type { ClusterView, ViewChanges } from "./cluster-view.ts";
import { eventText } from "./event-stream.ts";

/** Takes events as they go over the wire. */
export type LiveListener = (text: string) => void;

/** Points that are kept, and the time between two of them: five minutes. */
const POINTS_MAX = 300;
const POINT_EVERY_MS = 900;

/** Hands on what samples show to everybody who looks; what is sent is written once for all of them. */
export class Live {
  readonly #listeners = new Set<LiveListener>();
  readonly #flowListeners = new Set<LiveListener>();
  readonly #view: ClusterView;
  readonly #clock: Clock;
  #overview: OverviewSample | undefined;
  /** Why there is nothing new. */
  #trouble: string | undefined;
  #points: OverviewPoint[] = [];

  constructor(view: ClusterView, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
  }

  /** Tells all that is known, then what changes, until what is returned is called. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    if (this.#overview !== undefined) {
      const atMs = this.#clock.nowMs();
      listener(eventText("topics", { atMs, changed: this.#view.topicRows, removed: [] }));
      listener(eventText("groups", { atMs, changed: this.#view.groupRows, removed: [] }));
      listener(eventText("history", this.#points));
      listener(eventText("overview", this.#overview));
    }
    if (this.#trouble !== undefined) listener(troubleText(this.#trouble));
    return () => this.#listeners.delete(listener);
  }

  /** Whether the cluster answered when it was asked last. */
  get isAnswered(): boolean {
    return this.#overview !== undefined && this.#trouble === undefined;
  }

  /** Whether anybody looks at the flow picture: it is not made for nobody. */
  get wantsFlow(): boolean {
    return this.#flowListeners.size > 0;
  }

  listenToFlow(listener: LiveListener): () => void {
    this.#flowListeners.add(listener);
    return () => this.#flowListeners.delete(listener);
  }

  publish({ topics, groups }: ViewChanges, overview: OverviewSample): void {
    this.#overview = overview;
    this.#trouble = undefined;
    const { atMs, inRecords, outBytes, totalLag } = overview;
    const known = outBytes === undefined ? {} : { outBytes };
    if (atMs - (this.#points.at(-1)?.atMs ?? 0) >= POINT_EVERY_MS) {
      this.#points.push({ atMs, inRecords, totalLag, ...known });
      if (this.#points.length > POINTS_MAX) this.#points.shift();
    }
    if (this.#listeners.size === 0) return;
    const hasNews = ({ changed, removed }: ViewChanges[keyof ViewChanges]): boolean =>
      changed.length > 0 || removed.length > 0;
    if (hasNews(topics)) this.#tell(eventText("topics", { atMs, ...topics }));
    if (hasNews(groups)) this.#tell(eventText("groups", { atMs, ...groups }));
    this.#tell(eventText("overview", overview));
  }

  /** The cluster does not answer: what was told is no longer news. */
  publishTrouble(reason: string): void {
    this.#trouble = reason;
    this.#tell(troubleText(reason));
  }

  publishFlow(flow: FlowSample): void {
    const text = eventText("flow", flow);
    for (const listener of this.#flowListeners) listener(text);
  }

  #tell(text: string): void {
    for (const listener of this.#listeners) listener(text);
  }
}

function troubleText(message: string): string {
  return eventText("trouble", { message } satisfies LiveEvents["trouble"]);
}
