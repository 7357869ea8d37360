import { ErrorCode, errorName } from "../../protocol/error-code.ts";
import type { Checker, Fail, TopicHistory } from "../history.ts";

/** What may explain an error. */
export interface ErrorsView {
  /** A disk was made to fail since the node started. */
  isDiskHurt(): boolean;
  /** The node was told to end, not long ago. */
  isEnding(): boolean;
}

const unavailable: ReadonlySet<number> = new Set<number>([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

const noSuchPartition: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
]);

/** Every error that the node tells has a reason that the world gave it. */
export class ExpectedErrors implements Checker {
  readonly name = "expected-errors";
  readonly #fail: Fail;
  readonly #view: ErrorsView;

  constructor(fail: Fail, view: ErrorsView) {
    this.#fail = fail;
    this.#view = view;
  }

  /**
   * The node told this error, about that topic if any; `besides` are those that the request itself
   * calls for.
   */
  told(what: string, code: number, topic?: TopicHistory, besides: readonly number[] = []): void {
    if (code === ErrorCode.NONE || besides.includes(code) || unavailable.has(code)) return;
    const isHurt = this.#view.isDiskHurt();
    if (code === ErrorCode.KAFKA_STORAGE_ERROR && isHurt) return;
    const isGone = isHurt || this.#view.isEnding() || topic?.state !== "live";
    if (noSuchPartition.has(code) && isGone) return;
    const about = topic === undefined ? "" : ` about topic ${topic.name} (${topic.state})`;
    this.#fail(`${what} is told ${errorName(code)}${about}`);
  }
}
