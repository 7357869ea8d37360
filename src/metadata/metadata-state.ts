import { assert } from "../core/assert.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import { MetadataDelta } from "./delta.ts";
import { recordsOfImage } from "./image-writer.ts";
import { MetadataImage, type Provenance } from "./image.ts";
import type { MetadataBatch } from "./metadata-batch.ts";
import { MetadataReplay, misplaced, provenanceOf } from "./metadata-replay.ts";

export type MetadataListener = (image: MetadataImage, delta: MetadataDelta) => void;

/** A step towards an image that is not committed yet. */
interface PendingImage {
  readonly image: MetadataImage;
  /** What listeners hear; `undefined` when the batch says nothing, or not yet. */
  readonly delta: MetadataDelta | undefined;
  /** Within a metadata transaction, whose records are seen as a whole or never. */
  readonly hidden: boolean;
}

/**
 * The metadata of this node in its two ages: `head` has everything that was appended, which a leader
 * decides on, and `committed` what can no longer be lost, which listeners see. Images are immutable, so
 * forgetting what was not committed is to go back to another image.
 *
 * It begins by replaying: what the snapshot and the log hold becomes one delta, however many batches
 * it took. After {@link replayed} every batch is a step of its own.
 */
export class MetadataState {
  readonly #listeners: MetadataListener[] = [];
  #replay: MetadataReplay | undefined = new MetadataReplay();
  #head = MetadataImage.empty;
  #committed = MetadataImage.empty;
  #pending: PendingImage[] = [];
  /** What an open metadata transaction (KIP-868) changed so far. */
  #transaction: MetadataDelta | undefined;

  /** With all appended records: the state of the active controller. Not there before {@link replayed}. */
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

  /**
   * Calls back for every image that differs from the one before, in order, when it is committed; at
   * once with everything there is already.
   */
  onPublish(listener: MetadataListener): void {
    this.#listeners.push(listener);
    if (!this.#committed.isEmpty) listener(this.#committed, wholeOf(this.#committed));
  }

  /** A snapshot takes the place of everything before; only while replaying. */
  loadSnapshot(records: Iterable<ClusterRecord>, provenance: Provenance): void {
    assert(this.#replay !== undefined, "a snapshot is loaded into a running state");
    this.#replay.loadSnapshot(records, provenance);
  }

  /** The log is replayed to its end. */
  replayed(): void {
    const replay = this.#replay;
    assert(replay !== undefined, "the log is replayed twice");
    this.#replay = undefined;
    const { delta, image, transaction } = replay.finish();
    this.#head = image;
    this.#pending.push({ image, delta, hidden: false });
    if (transaction === undefined) return;
    const open = new MetadataDelta(image);
    for (const record of transaction.records) open.applyRecord(record);
    this.#transaction = open;
    this.#head = open.apply(transaction.provenance);
    this.#pending.push({ image: this.#head, delta: undefined, hidden: true });
  }

  /**
   * Takes a batch that is in the log, committed or not. What it throws is fatal: the state is of no use
   * afterwards.
   */
  append(batch: MetadataBatch): void {
    if (this.#replay !== undefined) {
      this.#replay.append(batch);
      return;
    }
    const headOffset = this.#head.provenance.offset;
    assert(batch.lastOffset > headOffset, "a batch is replayed twice", { headOffset });
    const provenance = provenanceOf(batch);
    if (this.#transaction === undefined && batch.records.every(saysNothing)) {
      // oxlint-disable-next-line typescript/no-misused-spread -- its fields are what its constructor takes
      this.#head = new MetadataImage({ ...this.#head, provenance });
      this.#pending.push({ image: this.#head, delta: undefined, hidden: false });
      return;
    }
    let delta = this.#transaction ?? new MetadataDelta(this.#head);
    for (const [index, record] of batch.records.entries()) {
      const offset = batch.baseOffset + index;
      if (offset <= headOffset) continue;
      switch (record.kind) {
        case "BeginTransactionRecord":
          if (this.#transaction !== undefined) throw misplaced(record.kind);
          delta = this.#begin(delta, { ...provenance, offset: offset - 1 });
          break;
        case "EndTransactionRecord":
          if (this.#transaction === undefined) throw misplaced(record.kind);
          this.#transaction = undefined;
          break;
        case "AbortTransactionRecord":
          if (this.#transaction === undefined) throw misplaced(record.kind);
          delta = new MetadataDelta(this.#transaction.base);
          this.#transaction = undefined;
          break;
        default:
          delta.applyRecord(record);
      }
    }
    this.#head = delta.apply(provenance);
    const hidden = this.#transaction !== undefined;
    const visible = hidden || delta.isEmpty ? undefined : delta;
    this.#pending.push({ image: this.#head, delta: visible, hidden });
  }

  /** What stands before a transaction in its batch is a step of its own. */
  #begin(before: MetadataDelta, provenance: Provenance): MetadataDelta {
    let delta = before;
    if (provenance.offset > before.base.provenance.offset) {
      this.#head = before.apply(provenance);
      this.#pending.push({ image: this.#head, delta: before, hidden: false });
      delta = new MetadataDelta(this.#head);
    }
    this.#transaction = delta;
    return delta;
  }

  /** Records below `offset` are committed: publishes what they make. */
  commitTo(offset: number): void {
    let done = 0;
    while (done < this.#pending.length) {
      const { image, delta, hidden } = this.#pending[done]!;
      if (image.provenance.offset >= offset) break;
      done++;
      if (hidden) continue;
      this.#committed = image;
      if (delta === undefined) continue;
      for (const listener of this.#listeners) listener(image, delta);
    }
    if (done > 0) this.#pending = this.#pending.slice(done);
  }

  /** Forgets what is not committed. Returns the offset from which the log is to be appended again. */
  revert(): number {
    this.#pending = [];
    this.#transaction = undefined;
    this.#head = this.#committed;
    return this.#committed.provenance.offset + 1;
  }
}

/** What brings a listener that knows nothing to this image. */
function wholeOf(image: MetadataImage): MetadataDelta {
  const delta = new MetadataDelta(MetadataImage.empty);
  for (const record of recordsOfImage(image)) delta.applyRecord(record);
  return delta;
}

function saysNothing(record: ClusterRecord): boolean {
  return record.kind === "NoOpRecord";
}
