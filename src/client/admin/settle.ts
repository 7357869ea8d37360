import { assert } from "../../core/assert.ts";
import { MoldauError } from "../../core/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, clientError, KafkaError } from "../errors.ts";
import type { Settled } from "./outcome.ts";

/** What a broker says when a request went to the wrong place or came too early: asking again mends it. */
const transient: ReadonlySet<number> = new Set<number>([
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
]);

/** Where an attempt says what became of each item. */
export interface Settle<Item, Value> {
  done(item: Item, value: Value): void;
  /** Final, unless the error is one that another attempt mends. What is no `MoldauError` is thrown. */
  failed(item: Item, thrown: unknown): void;
  /** Final, whatever the error is. */
  refused(item: Item, error: KafkaError): void;
  /** {@link failed} or {@link done}, by an error code of a response. */
  answered(item: Item, errorCode: number, detail: string | null, value: () => Value): void;
}

/** How {@link settleEach} goes about it. */
export interface SettlePlan<Item, Value> {
  /** Objects, or values without duplicates that matter. */
  readonly items: readonly Item[];
  readonly deadline: Deadline;
  /** Words for errors: what an item is. */
  readonly contextOf: (item: Item) => ErrorContext;
  /** Asks for what is left. What it throws concerns all of it. */
  readonly attempt: (pending: readonly Item[], settle: Settle<Item, Value>) => Promise<void>;
  /** Further errors that another attempt mends. */
  readonly alsoTransient?: ReadonlySet<number>;
  /** Told of an item that has to be asked for again. */
  readonly onTransient?: (item: Item) => void;
  /** Mends what it can before the next attempt. */
  readonly onRetry?: (thrown: unknown) => Promise<void>;
}

export type ErrorContext = KafkaError["context"];

/**
 * Settles several items by as many attempts as the deadline allows; each attempt gets those that are
 * left. An error that concerns one item is that item's result; one that concerns all is thrown, as long
 * as nothing has been settled. An aborted signal is always thrown.
 */
export async function settleEach<Item, Value>(
  plan: SettlePlan<Item, Value>,
): Promise<ReadonlyMap<Item, Settled<Value>>> {
  const { deadline, attempt, onRetry } = plan;
  const ledger = new Ledger(plan);
  if (ledger.pending.length === 0) return ledger.results;
  const round = async (): Promise<void> => {
    ledger.begin();
    await attempt(ledger.pending, ledger);
    if (deadline.signal?.aborted === true) deadline.check();
    ledger.end();
  };
  try {
    await deadline.retry(round, onRetry);
  } catch (thrown) {
    if (deadline.signal?.aborted === true) throw thrown;
    ledger.giveUp(thrown);
  }
  throwWhatAllHave([...ledger.results.values()]);
  return ledger.results;
}

/** An error of this side that all items have is no news of any of them. */
function throwWhatAllHave(results: readonly Settled<unknown>[]): void {
  const first = results[0]?.error;
  if (first === undefined || first.errorCode !== undefined) return;
  if (results.every(({ error }) => error?.code === first.code)) throw first;
}

/** What became of an item. */
export function resultOf<Item, Value>(
  settled: ReadonlyMap<Item, Settled<Value>>,
  item: Item,
): Settled<Value> {
  const result = settled.get(item);
  assert(result !== undefined, "every item is settled");
  return result;
}

class Ledger<Item, Value> implements Settle<Item, Value> {
  readonly results = new Map<Item, Settled<Value>>();
  pending: readonly Item[];
  readonly #plan: SettlePlan<Item, Value>;
  readonly #retried = new Map<Item, KafkaError>();

  constructor(plan: SettlePlan<Item, Value>) {
    this.#plan = plan;
    this.pending = [...new Set(plan.items)];
  }

  done(item: Item, value: Value): void {
    this.results.set(item, { value, error: undefined });
    this.#retried.delete(item);
  }

  failed(item: Item, thrown: unknown): void {
    if (this.results.has(item)) return;
    const error = kafkaErrorOf(thrown);
    if (!this.#isTransient(error)) {
      this.refused(item, error);
      return;
    }
    this.#retried.set(item, error);
    this.#plan.onTransient?.(item);
  }

  refused(item: Item, error: KafkaError): void {
    this.results.set(item, { value: undefined, error });
  }

  answered(item: Item, errorCode: number, detail: string | null, value: () => Value): void {
    if (errorCode === ErrorCode.NONE) this.done(item, value());
    else this.failed(item, brokerError(errorCode, this.#plan.contextOf(item), detail));
  }

  begin(): void {
    this.#retried.clear();
  }

  /** Throws the error of one that has to be tried again, if there is any. */
  end(): void {
    for (const item of this.pending) {
      if (this.results.has(item) || this.#retried.has(item)) continue;
      const context = this.#plan.contextOf(item);
      const detail = "the broker's answer leaves it out";
      this.failed(item, brokerError(ErrorCode.UNKNOWN_SERVER_ERROR, context, detail));
    }
    this.pending = [...this.#retried.keys()];
    for (const error of this.#retried.values()) throw error;
  }

  /** Settles what is left with the error of each, or that of all. */
  giveUp(thrown: unknown): void {
    if (this.results.size === 0 && this.#retried.size === 0) throw thrown;
    for (const item of this.pending) {
      if (this.results.has(item)) continue;
      const cause = this.#retried.get(item);
      this.refused(item, cause === undefined ? kafkaErrorOf(thrown) : overdue(cause, thrown));
    }
  }

  #isTransient({ errorCode, retriable }: KafkaError): boolean {
    if (errorCode === undefined) return retriable;
    return transient.has(errorCode) || this.#plan.alsoTransient?.has(errorCode) === true;
  }
}

/** Anything that a machine causes as a {@link KafkaError}; defects are thrown on. */
export function kafkaErrorOf(thrown: unknown): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  if (!(thrown instanceof MoldauError)) throw thrown;
  return clientError("CONNECTION_CLOSED", thrown.message, { cause: thrown });
}

/** Why time was over for one item, when it was over for several. */
function overdue(cause: KafkaError, thrown: unknown): KafkaError {
  const { code } = kafkaErrorOf(thrown);
  if (code !== "TIMED_OUT") return cause;
  const message = `not done in time: ${cause.message}`;
  return clientError("TIMED_OUT", message, { cause, context: cause.context });
}
