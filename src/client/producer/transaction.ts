import type { CloseOptions, ProducerEngine, SendOptions } from "./engine.ts";
import type { GroupMetadata, OffsetToCommit } from "../group/membership.ts";
import type { RecordFor, RecordMetadata, TopicLike, UntypedRecord } from "./producer-record.ts";
import type { TransactionManager } from "./transaction-manager.ts";

/** Offsets of a group to be committed with a transaction: those of a consumer, or given by hand. */
export type OffsetSource =
  | {
      groupMetadata(): GroupMetadata;
      /** Where the program is: the record after the last one that it was given, by partition. */
      positionsToCommit(): readonly OffsetToCommit[];
    }
  | { readonly metadata: GroupMetadata; readonly offsets: readonly OffsetToCommit[] };

/** How the end of a transaction is bounded. */
export type EndOptions = Pick<CloseOptions, "signal"> & {
  /** Milliseconds; default: the producer's `blockTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
};

/** What a transaction asks of its producer. */
export interface TransactionOwner {
  readonly engine: ProducerEngine;
  readonly manager: TransactionManager;
  commitOffsets(source: OffsetSource, options: EndOptions): Promise<void>;
  commit(options: EndOptions): Promise<void>;
  abort(options: EndOptions): Promise<void>;
}

/**
 * Records and offsets that become visible together, or not at all. It is over with {@link commit},
 * {@link abort}, or the function that it was made for.
 */
export class Transaction {
  /** 1 for the first time that the function of the transaction runs. */
  readonly attempt: number;
  readonly #owner: TransactionOwner;
  #isOver = false;

  constructor(owner: TransactionOwner, attempt: number) {
    this.#owner = owner;
    this.attempt = attempt;
  }

  /** Whether it was committed or aborted, or is about to be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Sends a record as part of the transaction; resolves when it is written, though not visible yet. Rejects
   * as `Producer.send` does; the transaction can then only be aborted.
   */
  send<T extends TopicLike>(
    topic: T,
    record: RecordFor<T>,
    options?: SendOptions,
  ): Promise<RecordMetadata>;
  async send(
    topic: TopicLike,
    record: UntypedRecord,
    options: SendOptions = {},
  ): Promise<RecordMetadata> {
    this.#checkOpen();
    return this.#owner.engine.send(topic, record, options.signal);
  }

  /** Sends records, in order; rejects with the first error once all are settled. */
  sendAll<T extends TopicLike>(
    topic: T,
    records: Iterable<RecordFor<T>>,
    options?: SendOptions,
  ): Promise<RecordMetadata[]>;
  async sendAll(
    topic: TopicLike,
    records: Iterable<UntypedRecord>,
    options: SendOptions = {},
  ): Promise<RecordMetadata[]> {
    this.#checkOpen();
    return this.#owner.engine.sendAll(topic, records, options.signal);
  }

  /**
   * Sends a record that nobody waits for; the commit does. Throws `BUFFER_FULL` when there is no room: wait
   * for {@link ready} when this returns false.
   * @returns whether more records are welcome
   */
  post<T extends TopicLike>(topic: T, record: RecordFor<T>): boolean;
  post(topic: TopicLike, record: UntypedRecord): boolean {
    this.#checkOpen();
    return this.#owner.engine.post(topic, record);
  }

  /** Resolves when more records are welcome. */
  ready(): Promise<void> {
    return this.#owner.engine.ready();
  }

  /**
   * Commits the offsets of a group with the transaction (KIP-447). The consumer must not commit them
   * itself. Rejects when its group has moved on without it; the transaction can then only be aborted.
   */
  async commitOffsets(source: OffsetSource, options: EndOptions = {}): Promise<void> {
    this.#checkOpen();
    await this.#owner.commitOffsets(source, options);
  }

  /** Sends what is left and makes all of it visible. Rejects if anything of it failed; then abort. */
  async commit(options: EndOptions = {}): Promise<void> {
    this.#checkOpen();
    await this.#owner.commit(options);
    this.#isOver = true;
  }

  /** Takes everything back. */
  async abort(options: EndOptions = {}): Promise<void> {
    if (this.#isOver) throw this.#owner.manager.brokenError();
    this.#isOver = true;
    await this.#owner.abort(options);
  }

  /** Nothing can be added any more; said by whoever ends it. */
  end(): void {
    this.#isOver = true;
  }

  #checkOpen(): void {
    const { manager } = this.#owner;
    if (this.#isOver || manager.state !== "open") throw manager.brokenError();
  }
}
