import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import type { ProducerMetrics } from "../diagnostics/client-metrics.ts";
import { clientError, isRetriableError, KafkaError, kafkaError } from "../errors.ts";
import { ProducerEngine, type CloseOptions } from "./engine.ts";
import { resolveOptions, type ProducerOptions, type ResolvedOptions } from "./options.ts";
import { errorOf, invalidOption } from "./producer-error.ts";
import { Transaction, type EndOptions, type OffsetSource } from "./transaction.ts";
import { TransactionManager } from "./transaction-manager.ts";
import type { TransactionVersion } from "./transaction-coordinator.ts";

/** Until the coordinator aborts a transaction that is not ended (`transaction.timeout.ms`). */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** How often a transaction is tried, unless told otherwise. */
const ATTEMPTS_MAX = 5;

/** How a transactional producer works; it is idempotent and waits for all replicas in sync. */
export interface TransactionalProducerOptions extends Omit<
  ProducerOptions,
  "acks" | "idempotent" | "onError"
> {
  /**
   * Until the coordinator aborts a transaction that was not ended, in milliseconds. Default one minute;
   * brokers allow up to `transaction.max.timeout.ms` [`transaction.timeout.ms`].
   */
  readonly transactionTimeoutMs?: number | undefined;
}

/** How a transaction is tried. */
export interface TransactionOptions {
  /** Times that the function runs at most. Default 5. */
  readonly attemptsMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Codes that say: what was begun cannot be finished, but what is begun anew may be. */
const worthAnotherTry: ReadonlySet<string> = new Set([
  "TRANSACTION_ABORTABLE",
  "PRODUCER_FENCED",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "UNKNOWN_PRODUCER_ID",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "INVALID_TXN_STATE",
]);

/**
 * The one producer of a transactional id. It takes the id over from whoever had it, and fails for good with
 * `PRODUCER_FENCED` when somebody takes it over in turn. One transaction at a time; those that are asked for
 * meanwhile wait.
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #options: ResolvedOptions;
  readonly #manager: TransactionManager;
  readonly #engine: ProducerEngine;
  #open: Transaction | undefined;
  /** The end of the last transaction that was asked for. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** `versionMax`: not more than this version of the transaction protocol, whatever the brokers say. */
  constructor(
    cluster: Cluster,
    transactionalId: string,
    options: TransactionalProducerOptions = {},
    versionMax?: TransactionVersion,
  ) {
    if (transactionalId === "") {
      throw invalidOption(
        "a transactional id cannot be empty",
        "Give each instance one of its own.",
      );
    }
    this.transactionalId = transactionalId;
    this.#cluster = cluster;
    const { transactionTimeoutMs = TRANSACTION_TIMEOUT_MS, ...rest } = options;
    this.#options = resolveOptions(rest, cluster.requestTimeoutMs);
    let manager: TransactionManager | undefined;
    this.#engine = new ProducerEngine(cluster, this.#options, (onChange) => {
      const ids = { transactionalId, timeoutMs: transactionTimeoutMs, versionMax };
      manager = new TransactionManager(cluster, { ...ids, options: this.#options }, onChange);
      return manager;
    });
    if (manager === undefined) throw new TypeError("the engine makes its identities at once");
    this.#manager = manager;
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What it counts. */
  get metrics(): ProducerMetrics {
    return this.#engine.metrics;
  }

  /** Why it cannot be used any more: `PRODUCER_FENCED`, a missing right … A new one may be made. */
  get fatalError(): Error | undefined {
    return this.#manager.fatal;
  }

  /**
   * Runs the function in a transaction, and commits it when its promise resolves. When it rejects the
   * transaction is aborted; it is run again from its beginning, in a new transaction, if the reason was one
   * that passes.
   *
   * @returns what the function gave
   */
  transaction<T>(
    run: (transaction: Transaction) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const done = this.#turn.then(() => this.#runWhole(run, options));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #runWhole<T>(
    run: (transaction: Transaction) => Promise<T> | T,
    { attemptsMax = ATTEMPTS_MAX, signal }: TransactionOptions,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (signal?.aborted === true) {
        throw clientError("CANCELLED", "cancelled", { cause: signal.reason });
      }
      const transaction = await this.#begin(attempt, { signal });
      let thrown: unknown;
      try {
        const result = await run(transaction);
        if (!transaction.isOver) await transaction.commit({ signal });
        return result;
      } catch (reason) {
        thrown = reason;
      }
      // The reason may be that of the function, or what went wrong behind its back.
      const cause = this.#manager.cause ?? thrown;
      if (!transaction.isOver) await this.#abortAfter(transaction, thrown);
      if (this.#manager.fatal !== undefined) throw this.#manager.fatal;
      if (attempt >= attemptsMax || !isWorthAnotherTry(cause)) throw thrown;
    }
  }

  /** Aborts because of an error, which counts more than one of aborting that does not end it all. */
  async #abortAfter(transaction: Transaction, thrown: unknown): Promise<void> {
    if (this.#manager.fatal !== undefined) {
      transaction.end();
      await this.#engine.drop(this.#manager.fatal);
      this.#open = undefined;
      return;
    }
    try {
      await transaction.abort();
    } catch (aborting) {
      if (this.#manager.fatal === undefined) throw aborting;
      throw withCause(this.#manager.fatal, thrown);
    }
  }

  /** Begins a transaction to be ended by hand. Throws `INVALID_TXN_STATE` while another one is open. */
  begin(options: EndOptions = {}): Promise<Transaction> {
    if (this.#open !== undefined && !this.#open.isOver) {
      const { transactionalId } = this;
      const message = `transactional id ${transactionalId}: a transaction is open already`;
      const context = { transactionalId };
      return Promise.reject(kafkaError(message, { code: "INVALID_TXN_STATE", context }));
    }
    return this.#begin(1, options);
  }

  async #begin(attempt: number, options: EndOptions): Promise<Transaction> {
    if (this.#isClosed) {
      throw clientError("CLOSED", `transactional id ${this.transactionalId}: it was closed`);
    }
    await this.#manager.init(this.#deadline(options));
    this.#manager.begin();
    const transaction = new Transaction(
      {
        engine: this.#engine,
        manager: this.#manager,
        commitOffsets: (source, end) => this.#commitOffsets(source, end),
        commit: (end) => this.#commit(end),
        abort: (end) => this.#abort(end),
      },
      attempt,
    );
    this.#open = transaction;
    return transaction;
  }

  async #commitOffsets(source: OffsetSource, options: EndOptions): Promise<void> {
    const isConsumer = "groupMetadata" in source;
    const metadata = isConsumer ? source.groupMetadata() : source.metadata;
    const offsets = isConsumer ? source.positionsToCommit() : source.offsets;
    if (offsets.length === 0) return;
    await this.#manager.commitOffsets(metadata, offsets, this.#deadline(options));
  }

  async #commit(options: EndOptions): Promise<void> {
    this.#manager.beginCommit();
    const deadline = this.#deadline(options);
    await this.#engine.drain();
    await this.#manager.end(true, deadline);
    this.#open = undefined;
  }

  async #abort(options: EndOptions): Promise<void> {
    const { cause } = this.#manager;
    this.#manager.beginAbort();
    const deadline = this.#deadline(options);
    const message = `transactional id ${this.transactionalId}: the transaction was aborted`;
    await this.#engine.drop(clientError("TRANSACTION_ABORTED", message, { cause }));
    await this.#manager.end(false, deadline);
    this.#open = undefined;
  }

  #deadline({ timeoutMs = this.#options.blockTimeoutMs, signal }: EndOptions): Deadline {
    return this.#cluster.deadline({ timeoutMs, signal });
  }

  /** Ends; a transaction that is open is aborted. */
  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const open = this.#open;
    try {
      if (open !== undefined && !open.isOver && this.#manager.fatal === undefined) {
        await open.abort({ signal: options.signal });
      }
    } catch (thrown) {
      // Whoever took the transactional id over has aborted what was open.
      if (!(thrown instanceof KafkaError && thrown.code === "PRODUCER_FENCED")) throw thrown;
    } finally {
      await this.#engine.close({ ...options, drainMs: 0 });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function isWorthAnotherTry(cause: unknown): boolean {
  return (
    isRetriableError(cause) || (cause instanceof KafkaError && worthAnotherTry.has(cause.code))
  );
}

/** The error, with what led to it. */
function withCause(error: Error, cause: unknown): Error {
  error.cause ??= errorOf(cause);
  return error;
}
