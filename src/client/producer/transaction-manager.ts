import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { clientError, kafkaError, KafkaError } from "../errors.ts";
import type { GroupMetadata, OffsetToCommit } from "../group/membership.ts";
import type { IdentitySource, ProducerIdentity } from "./identity.ts";
import type { ResolvedOptions } from "./options.ts";
import { errorOf } from "./producer-error.ts";
import { TransactionCoordinator, type TransactionVersion } from "./transaction-coordinator.ts";

/** Where a transactional producer stands. */
export type TransactionState =
  /** Without an identity. */
  | "new"
  /** Between transactions. */
  | "ready"
  /** In a transaction. */
  | "open"
  /** In a transaction that can only be aborted. */
  | "broken"
  /** The outcome is decided, and being told to the coordinator. */
  | "committing"
  | "aborting"
  /** For good: fenced by another producer, or not allowed. */
  | "fatal";

type TransactionEvent = "initialized" | "begin" | "commit" | "abort" | "break" | "end" | "fail";

/** What is not here is a mistake of the caller. */
const transitions: Readonly<
  Record<TransactionState, Readonly<Partial<Record<TransactionEvent, TransactionState>>>>
> = {
  new: { initialized: "ready", fail: "fatal" },
  ready: { begin: "open", fail: "fatal" },
  open: { commit: "committing", abort: "aborting", break: "broken", fail: "fatal" },
  broken: { abort: "aborting", break: "broken", fail: "fatal" },
  committing: { end: "ready", break: "broken", fail: "fatal" },
  aborting: { end: "ready", break: "aborting", fail: "fatal" },
  fatal: { break: "fatal", fail: "fatal" },
};

/**
 * Codes after which the identity is of no use any more. That its epoch is behind does not say so: the
 * coordinator raises it as well when a transaction is open for too long (KIP-588). See `#recover`.
 */
const fatalCodes: ReadonlySet<string> = new Set([
  "TRANSACTION_COORDINATOR_FENCED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_TRANSACTION_TIMEOUT",
  "UNSUPPORTED_API",
  "UNSUPPORTED_VERSION",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
  "CLOSED",
]);

export interface TransactionManagerOptions {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Of the producer. */
  readonly options: ResolvedOptions;
  /** Not more than this, whatever the brokers say; for tests. */
  readonly versionMax?: TransactionVersion | undefined;
}

/**
 * The identity of a transactional producer and the state of its transaction. Version 1 adds partitions
 * before they are written to; in version 2 writing adds them, and each transaction has an epoch of its own,
 * so that nothing that is late can get into the next one (KIP-890).
 */
export class TransactionManager implements IdentitySource {
  readonly isIdempotent = true;
  readonly isTransactional = true;
  readonly transactionalId: string;
  current: ProducerIdentity | undefined;
  fatal: Error | undefined;
  readonly #coordinator: TransactionCoordinator;
  readonly #cluster: Cluster;
  readonly #options: TransactionManagerOptions;
  readonly #onChange: () => void;
  #state: TransactionState = "new";
  #version: TransactionVersion = 1;
  /** Why the transaction can only be aborted. */
  #cause: Error | undefined;
  /** Version 1: partitions of the transaction, and those that are to become some. */
  readonly #added = new Set<string>();
  readonly #wanted = new Map<string, TopicPartition>();
  #adding: Promise<void> | undefined;
  /** Whether the coordinator knows, or may know, of the transaction. */
  #isStarted = false;
  /** Version 1: the coordinator has said that it does. */
  #isKnown = false;
  /** Version 1: sequences were lost, so another epoch is needed before the next transaction. */
  #needsEpoch = false;

  constructor(cluster: Cluster, options: TransactionManagerOptions, onChange: () => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#onChange = onChange;
    this.transactionalId = options.transactionalId;
    this.#coordinator = new TransactionCoordinator(cluster, options.transactionalId, {
      timeoutMs: options.timeoutMs,
      backoff: options.options.retryBackoff,
    });
  }

  get state(): TransactionState {
    return this.#state;
  }

  /** Why the transaction can only be aborted, or the producer not be used at all. */
  get cause(): Error | undefined {
    return this.fatal ?? this.#cause;
  }

  get doom(): Error | undefined {
    return this.fatal ?? (this.#state === "broken" ? this.brokenError() : undefined);
  }

  get addsImplicitly(): boolean {
    return this.#version === 2;
  }

  /** Becomes the one producer of the transactional id. */
  async init(deadline: Deadline): Promise<void> {
    if (this.fatal !== undefined) throw this.fatal;
    if (this.#state !== "new") return;
    try {
      await this.#takeIdentity(undefined, deadline);
    } catch (thrown) {
      if (isFatal(thrown) || isFenced(thrown)) this.#fail(thrown);
      throw thrown;
    }
    this.#move("initialized");
    this.#onChange();
  }

  async #takeIdentity(before: ProducerIdentity | undefined, deadline: Deadline): Promise<void> {
    const { identity, version } = await this.#coordinator.initProducerId(before, deadline);
    this.current = identity;
    this.#version = this.#options.versionMax === 1 ? 1 : version;
    this.#needsEpoch = false;
  }

  /** Begins a transaction; the coordinator hears of it with the first record. */
  begin(): void {
    this.#move("begin");
    this.#cause = undefined;
    this.#isStarted = false;
    this.#isKnown = false;
    this.#added.clear();
    this.#wanted.clear();
  }

  /** No records are taken from here on; those that were are to be flushed before {@link end}. */
  beginCommit(): void {
    if (this.#state === "broken") throw this.brokenError();
    this.#move("commit");
  }

  beginAbort(): void {
    this.#move("abort");
    this.#wanted.clear();
  }

  /** Tells the coordinator the outcome. */
  async end(committed: boolean, deadline: Deadline): Promise<void> {
    await this.#adding;
    if (committed && this.#state === "broken") throw this.brokenError();
    try {
      if (this.#isStarted) await this.#tellOutcome(committed, deadline);
      if (this.#needsEpoch) await this.#takeIdentity(this.current, deadline);
    } catch (thrown) {
      if (isFenced(thrown)) await this.#recover(committed, thrown, deadline);
      else this.#endFailed(committed, thrown);
    }
    this.#move("end");
  }

  /**
   * The epoch is behind: the coordinator aborted the transaction because it was open for too long, and goes
   * on with this producer; or somebody else uses the transactional id, and that was all.
   */
  async #recover(committed: boolean, thrown: unknown, deadline: Deadline): Promise<void> {
    try {
      await this.#takeIdentity(this.current, deadline);
    } catch (refusal) {
      this.#fail(isFenced(refusal) ? thrown : refusal);
      throw this.brokenError();
    }
    this.#isStarted = false;
    if (!committed) return;
    this.#break(tooSlow(this.transactionalId, thrown));
    throw this.brokenError();
  }

  async #tellOutcome(committed: boolean, deadline: Deadline): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    try {
      const next = await this.#coordinator.end(current, this.#version, committed, deadline);
      if (next === undefined) return;
      this.current = next;
      // The new epoch is all that lost sequences ask for.
      this.#needsEpoch = false;
    } catch (thrown) {
      const isUnheard = thrown instanceof KafkaError && thrown.code === "INVALID_TXN_STATE";
      // What was to become part of it did not: there is nothing to abort.
      if (committed || this.#isKnown || !isUnheard) throw thrown;
    }
  }

  #endFailed(committed: boolean, thrown: unknown): never {
    if (thrown instanceof KafkaError && thrown.code === "TRANSACTION_ABORTABLE" && committed) {
      this.#break(thrown);
      throw this.brokenError();
    }
    // Whether the coordinator has heard of the outcome is not known: nothing may follow before it is.
    this.#fail(committed ? outcomeUnknown(this.transactionalId, thrown) : thrown);
    throw this.brokenError();
  }

  /** Stores offsets of a group as part of the transaction. */
  async commitOffsets(
    metadata: GroupMetadata,
    offsets: readonly OffsetToCommit[],
    deadline: Deadline,
  ): Promise<void> {
    const { current } = this;
    if (this.#state !== "open" || current === undefined) throw this.brokenError();
    this.#isStarted = true;
    try {
      if (this.#version === 1) {
        await this.#coordinator.addOffsets(current, metadata.group, deadline);
        this.#isKnown = true;
      }
      const version = this.#version;
      await this.#coordinator.commitOffsets(current, version, metadata, offsets, deadline);
    } catch (thrown) {
      this.#failed(thrown);
      throw thrown;
    }
  }

  want(): void {
    // Somebody who begins a transaction has one.
  }

  renew(): void {
    // Sequences are lost for the whole transaction, see `gaveUp`.
  }

  mayWrite(topic: string, partition: number): boolean {
    if (this.#state !== "open" && this.#state !== "committing") return false;
    if (this.#version === 2) {
      this.#isStarted = true;
      return true;
    }
    const name = `${partition} ${topic}`;
    if (this.#added.has(name)) return true;
    if (!this.#wanted.has(name)) this.#wanted.set(name, { topic, partition });
    // Those of other partitions that are due go along.
    this.#adding ??= Promise.resolve().then(() => this.#addWanted());
    return false;
  }

  async #addWanted(): Promise<void> {
    const { blockTimeoutMs } = this.#options.options;
    while (this.#wanted.size > 0 && this.current !== undefined) {
      const wanted = [...this.#wanted];
      this.#isStarted = true;
      try {
        const partitions = wanted.map(([, partition]) => partition);
        const deadline = this.#cluster.deadline({ timeoutMs: blockTimeoutMs });
        await this.#coordinator.addPartitions(this.current, partitions, deadline);
        this.#isKnown = true;
        for (const [name] of wanted) this.#added.add(name);
      } catch (thrown) {
        this.#failed(thrown);
        this.#wanted.clear();
      }
      for (const [name] of wanted) this.#wanted.delete(name);
    }
    this.#adding = undefined;
    this.#onChange();
  }

  gaveUp(error: Error): void {
    if (this.#version === 1) this.#needsEpoch = true;
    if (this.#state === "open" || this.#state === "committing") this.#failed(error);
  }

  #failed(thrown: unknown): void {
    if (isFatal(thrown)) this.#fail(thrown);
    else this.#break(errorOf(thrown));
  }

  #break(cause: Error): void {
    this.#cause ??= cause;
    if (this.#version === 1) this.#needsEpoch = true;
    this.#move("break");
    this.#onChange();
  }

  #fail(thrown: unknown): void {
    this.fatal ??= fatalError(this.transactionalId, thrown);
    this.#move("fail");
    this.#onChange();
  }

  /** Why nothing more can be done in the transaction. */
  brokenError(): Error {
    if (this.fatal !== undefined) return this.fatal;
    const id = this.transactionalId;
    if (this.#cause === undefined) {
      const message = `transactional id ${id}: there is no open transaction`;
      return kafkaError(message, { code: "INVALID_TXN_STATE", context: { transactionalId: id } });
    }
    const message = `transactional id ${id}: the transaction can only be aborted: ${this.#cause.message}`;
    return clientError("TRANSACTION_ABORTED", message, {
      context: { transactionalId: id },
      cause: this.#cause,
    });
  }

  #move(event: TransactionEvent): void {
    const next = transitions[this.#state][event];
    if (next === undefined) {
      const id = this.transactionalId;
      const message = `transactional id ${id}: a transaction that is ${this.#state} cannot ${event}`;
      throw kafkaError(message, { code: "INVALID_TXN_STATE", context: { transactionalId: id } });
    }
    this.#state = next;
  }

  close(): void {
    this.#wanted.clear();
  }
}

function isFatal(thrown: unknown): boolean {
  return !(thrown instanceof KafkaError) || fatalCodes.has(thrown.code);
}

function isFenced(thrown: unknown): boolean {
  return thrown instanceof KafkaError && thrown.code === "PRODUCER_FENCED";
}

/** A transaction that its coordinator has aborted. */
function tooSlow(transactionalId: string, cause: unknown): Error {
  const message = "the transaction was open for too long and has been aborted";
  return kafkaError(`transactional id ${transactionalId}: ${message}`, {
    code: "TRANSACTION_ABORTABLE",
    context: { transactionalId },
    remedy: "Do less in one transaction, or give it more time (transactionTimeoutMs).",
    cause,
  });
}

/** A commit that no broker has said no to. */
function outcomeUnknown(transactionalId: string, thrown: unknown): unknown {
  const isRefused = thrown instanceof KafkaError && thrown.errorCode !== undefined;
  if (!(thrown instanceof KafkaError) || (isRefused && !thrown.retriable)) return thrown;
  const { code, errorCode, context, message } = thrown;
  const fate = "whether the transaction was committed is not known";
  return kafkaError(`transactional id ${transactionalId}: ${fate}: ${message}`, {
    code,
    errorCode,
    context,
    cause: thrown,
    remedy:
      "A new producer with the transactional id waits until it is; then read what was written.",
  });
}

/** The same error, said to be fatal. */
function fatalError(transactionalId: string, thrown: unknown): Error {
  if (!(thrown instanceof KafkaError)) return errorOf(thrown);
  const { message, code, errorCode, context, remedy } = thrown;
  return kafkaError(message, {
    code,
    errorCode,
    retriable: false,
    fatal: true,
    remedy,
    context: { ...context, transactionalId },
    cause: thrown,
  });
}
