import { MetadataReplayError, type ClusterRecord } from "./cluster-record.ts";
import { MetadataDelta } from "./delta.ts";
import { MetadataImage, type Provenance } from "./image.ts";
import type { MetadataBatch } from "./metadata-batch.ts";

/** A metadata transaction that the log does not end. */
interface UnfinishedTransaction {
  readonly records: readonly ClusterRecord[];
  /** Of the last batch that belongs to it. */
  readonly provenance: Provenance;
}

/** A log that was replayed: what it makes of nothing, and what may still be undone. */
export interface ReplayedMetadata {
  readonly delta: MetadataDelta;
  readonly image: MetadataImage;
  readonly transaction: UnfinishedTransaction | undefined;
}

/**
 * Turns a snapshot and any number of batches after it into one delta. Records of a transaction are held
 * back until it ends.
 */
export class MetadataReplay {
  #delta = new MetadataDelta(MetadataImage.empty);
  #transaction: ClusterRecord[] | undefined;
  /** Of the last batch outside of transactions. */
  #provenance = MetadataImage.empty.provenance;
  #transactionProvenance = MetadataImage.empty.provenance;

  loadSnapshot(records: Iterable<ClusterRecord>, provenance: Provenance): void {
    this.#delta = new MetadataDelta(MetadataImage.empty);
    this.#transaction = undefined;
    for (const record of records) this.#delta.applyRecord(record);
    this.#provenance = provenance;
  }

  append(batch: MetadataBatch): void {
    const provenance = provenanceOf(batch);
    for (const [index, record] of batch.records.entries()) {
      if (record.kind === "BeginTransactionRecord") {
        const offset = batch.baseOffset + index - 1;
        // What stands before a transaction in its batch belongs to the image that it begins with.
        if (index > 0) this.#provenance = { ...provenance, offset };
      }
      this.#take(record);
    }
    if (this.#transaction === undefined) this.#provenance = provenance;
    else this.#transactionProvenance = provenance;
  }

  finish(): ReplayedMetadata {
    const records = this.#transaction;
    return {
      delta: this.#delta,
      image: this.#delta.apply(this.#provenance),
      transaction:
        records === undefined ? undefined : { records, provenance: this.#transactionProvenance },
    };
  }

  #take(record: ClusterRecord): void {
    const transaction = this.#transaction;
    switch (record.kind) {
      case "BeginTransactionRecord":
        if (transaction !== undefined) throw misplaced(record.kind);
        this.#transaction = [];
        return;
      case "EndTransactionRecord":
        if (transaction === undefined) throw misplaced(record.kind);
        for (const held of transaction) this.#delta.applyRecord(held);
        this.#transaction = undefined;
        return;
      case "AbortTransactionRecord":
        if (transaction === undefined) throw misplaced(record.kind);
        this.#transaction = undefined;
        return;
      default:
        if (transaction === undefined) this.#delta.applyRecord(record);
        else transaction.push(record);
    }
  }
}

export function provenanceOf(batch: MetadataBatch): Provenance {
  return { offset: batch.lastOffset, epoch: batch.epoch, timestampMs: batch.appendTimestampMs };
}

export function misplaced(kind: string): MetadataReplayError {
  return new MetadataReplayError(`the metadata log has a misplaced ${kind}`);
}
