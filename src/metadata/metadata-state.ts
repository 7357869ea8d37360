import { assert } from "../core/assert.ts";
import { MetadataReplayError, type ClusterRecord } from "./cluster-record.ts";
import { MetadataDelta } from "./delta.ts";
import { MetadataImage, type Provenance } from "./image.ts";

/** Records of one batch of the metadata log. */
export interface MetadataBatch {
  readonly baseOffset: number;
  /** Offset of the last record of the batch. */
  readonly lastOffset: number;
  readonly epoch: number;
  readonly appendTimestampMs: number;
  readonly records: readonly ClusterRecord[];
}

export type MetadataListener = (image: MetadataImage, delta: MetadataDelta) => void;

/** A step towards an image that is not committed yet. */
interface PendingImage {
  readonly image: MetadataImage;
  /** `undefined` within a metadata transaction, whose records are published as a whole. */
  readonly delta: MetadataDelta | undefined;
}

/** An open metadata transaction (KIP-868). */
interface OpenTransaction {
  /** With what it changed so far. */
  readonly delta: MetadataDelta;
  /** Records that stand before it in its first batch: they stay when it is aborted. */
  readonly before: readonly ClusterRecord[];
}

/**
 * The metadata of this node in its two ages: `head` has everything that was appended, which a leader
 * decides on, and `committed` what can no longer be lost, which listeners see. Images are immutable, so
 * forgetting what was not committed is to go back to another image.
 */
export class MetadataState {
  readonly #listeners: MetadataListener[] = [];
  #head = MetadataImage.empty;
  #committed = MetadataImage.empty;
  #pending: PendingImage[] = [];
  #transaction: OpenTransaction | undefined;

  /** With all appended records: the state of the active controller. */
  get head(): MetadataImage {
    return this.#head;
  }

  /** With all committed records outside of open transactions. */
  get committed(): MetadataImage {
    return this.#committed;
  }

  /** Whether the last transaction in the log was neither ended nor aborted. */
  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  /** Called for every published image with the delta that led to it, in order. */
  onPublish(listener: MetadataListener): void {
    this.#listeners.push(listener);
  }

  /** Takes a batch that is in the log, committed or not. */
  append(batch: MetadataBatch): void {
    assert(batch.baseOffset > this.#head.provenance.offset, "a batch is replayed twice", {
      baseOffset: batch.baseOffset,
      head: this.#head.provenance.offset,
    });
    const provenance: Provenance = {
      offset: batch.lastOffset,
      epoch: batch.epoch,
      timestampMs: batch.appendTimestampMs,
    };
    let delta = this.#transaction?.delta ?? new MetadataDelta(this.#head);
    for (const [index, record] of batch.records.entries()) {
      switch (record.kind) {
        case "BeginTransactionRecord":
          if (this.#transaction !== undefined) throw misplaced(record.kind);
          this.#transaction = { delta, before: batch.records.slice(0, index) };
          break;
        case "EndTransactionRecord":
          if (this.#transaction === undefined) throw misplaced(record.kind);
          this.#transaction = undefined;
          break;
        case "AbortTransactionRecord":
          delta = this.#abort();
          break;
        default:
          delta.applyRecord(record);
      }
    }
    const image = delta.apply(provenance);
    this.#head = image;
    const visible = this.#transaction === undefined ? delta : undefined;
    this.#pending.push({ image, delta: visible });
  }

  /** A snapshot takes the place of everything before. */
  loadSnapshot(records: Iterable<ClusterRecord>, provenance: Provenance): void {
    const delta = new MetadataDelta(MetadataImage.empty);
    for (const record of records) delta.applyRecord(record);
    this.#transaction = undefined;
    this.#head = delta.apply(provenance);
    this.#pending = [{ image: this.#head, delta }];
  }

  /** Records below `offset` are committed: publishes what they make. */
  commitTo(offset: number): void {
    let done = 0;
    while (done < this.#pending.length) {
      const { image, delta } = this.#pending[done]!;
      if (image.provenance.offset >= offset) break;
      done++;
      if (delta === undefined) continue;
      this.#committed = image;
      for (const listener of this.#listeners) listener(image, delta);
    }
    if (done > 0) this.#pending = this.#pending.slice(done);
  }

  /** Forgets what is not committed: the caller appends again what the log has above `head`. */
  revert(): void {
    this.#pending = [];
    this.#transaction = undefined;
    this.#head = this.#committed;
  }

  #abort(): MetadataDelta {
    const transaction = this.#transaction;
    if (transaction === undefined) throw misplaced("AbortTransactionRecord");
    this.#transaction = undefined;
    const delta = new MetadataDelta(transaction.delta.base);
    for (const record of transaction.before) delta.applyRecord(record);
    return delta;
  }
}

function misplaced(kind: string): MetadataReplayError {
  return new MetadataReplayError(`the metadata log has a misplaced ${kind}`);
}
