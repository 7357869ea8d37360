import { int16At, int32At } from "../core/bytes.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import {
  addSequence,
  baseOffsetAt,
  baseSequenceAt,
  isControlAt,
  isTransactionalAt,
  lastOffsetAt,
  lastOffsetDeltaAt,
  lastSequenceAt,
  magicAt,
  maxTimestampAt,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  producerEpochAt,
  producerIdAt,
  RecordBatchView,
} from "../records/record-batch.ts";
import { ProducerEntry, type KnownBatch, type SnapshotEntry } from "./producer-entry.ts";

/** What a batch may not do; messages are for the client's log. */
export interface ProducerRefusal {
  readonly errorCode: Exclude<ErrorCode, typeof ErrorCode.NONE>;
  readonly message: string;
}

/** A transaction that its marker ended. */
export interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  readonly isAborted: boolean;
}

/** What DescribeProducers says of one. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  /** -1 when no marker was written. */
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly currentTransactionStartOffset: number;
}

/** An end marker of a transaction, which a control batch may be. */
interface EndMarker {
  readonly isAbort: boolean;
  readonly coordinatorEpoch: number;
}

const CONTROL_ABORT = 0;
const CONTROL_COMMIT = 1;
const NO_OFFSET = -1;

/**
 * What a log knows of those who write to it with a producer id: sequences, epochs, open transactions
 * (KIP-98). It is a function of the log's batches, rebuilt from a snapshot and the batches after it.
 */
export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>();
  /** Producer of each open transaction by its first offset, in rising order. */
  readonly #ongoing = new Map<number, number>();
  /** Ended transactions whose marker is not below the high watermark: first offset to marker's. */
  readonly #unreplicated = new Map<number, number>();
  /** The offset up to which batches are accounted for. */
  #endOffset = 0;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  set endOffset(offset: number) {
    this.#endOffset = offset;
  }

  /** First offset of what is not decided for readers of committed data, or `undefined`. */
  get firstUnstableOffset(): number | undefined {
    const ongoing = firstKey(this.#ongoing);
    const unreplicated = firstKey(this.#unreplicated);
    if (ongoing === undefined) return unreplicated;
    return unreplicated === undefined ? ongoing : Math.min(ongoing, unreplicated);
  }

  /** The batch that the one at `at` repeats: same epoch and sequences as one of the last five. */
  duplicateOf(bytes: Buffer, at: number): KnownBatch | undefined {
    const entry = this.#entries.get(producerIdAt(bytes, at));
    if (entry === undefined || entry.epoch !== producerEpochAt(bytes, at)) return undefined;
    return entry.findBatch(baseSequenceAt(bytes, at), lastSequenceAt(bytes, at));
  }

  /**
   * Whether the batch at `at` may be appended by a leader. Sequences are a client's matter; epochs
   * and transactions everybody's.
   */
  check(bytes: Buffer, at: number, origin: "client" | "coordinator"): ProducerRefusal | undefined {
    const producerId = producerIdAt(bytes, at);
    if (producerId <= NO_PRODUCER_ID) return undefined;
    const epoch = producerEpochAt(bytes, at);
    const entry = this.#entries.get(producerId);
    if (entry === undefined) return undefined;
    if (epoch < entry.epoch) return staleEpoch(producerId, epoch, entry.epoch);
    if (isControlAt(bytes, at)) return this.#checkMarker(bytes, at, entry);
    if (origin === "client") {
      const refusal = checkSequence(entry, epoch, baseSequenceAt(bytes, at));
      if (refusal !== undefined) return refusal;
    }
    if (entry.currentTxnFirstOffset !== NO_OFFSET && !isTransactionalAt(bytes, at)) {
      return {
        errorCode: ErrorCode.INVALID_TXN_STATE,
        message: `producer ${producerId} wrote outside of its open transaction`,
      };
    }
    return undefined;
  }

  /** Takes in the batch at `at`, which is in the log now. Returns the transaction that it ends. */
  apply(bytes: Buffer, at: number): CompletedTransaction | undefined {
    this.#endOffset = lastOffsetAt(bytes, at) + 1;
    if (magicAt(bytes, at) < 2) return undefined;
    const producerId = producerIdAt(bytes, at);
    if (producerId <= NO_PRODUCER_ID) return undefined;
    if (isControlAt(bytes, at)) {
      const marker = endMarkerOf(bytes, at);
      return marker === undefined ? undefined : this.#applyMarker(bytes, at, producerId, marker);
    }
    this.#applyData(bytes, at, producerId);
    return undefined;
  }

  /** Closes a transaction; returns the last stable offset as it is after its marker. */
  complete(transaction: CompletedTransaction): number {
    const { firstOffset, lastOffset } = transaction;
    this.#ongoing.delete(firstOffset);
    this.#unreplicated.set(firstOffset, lastOffset);
    return firstKey(this.#ongoing) ?? lastOffset + 1;
  }

  /** Transactions whose markers everybody has are decided. */
  onHighWatermark(highWatermark: number): void {
    if (this.#unreplicated.size === 0) return;
    for (const [firstOffset, lastOffset] of this.#unreplicated) {
      if (lastOffset < highWatermark) this.#unreplicated.delete(firstOffset);
    }
  }

  onLogStart(logStartOffset: number): void {
    this.onHighWatermark(logStartOffset);
    if (this.#endOffset < logStartOffset) this.#endOffset = logStartOffset;
  }

  /** Forgets producers that wrote nothing for `expirationMs` and have no transaction open. */
  removeExpired(nowMs: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries) {
      if (entry.isExpired(nowMs, expirationMs)) this.#entries.delete(producerId);
    }
  }

  clear(endOffset: number): void {
    this.#entries.clear();
    this.#ongoing.clear();
    this.#unreplicated.clear();
    this.#endOffset = endOffset;
  }

  /** Replaces everything by what a snapshot says. */
  restore(entries: readonly SnapshotEntry[], endOffset: number): void {
    this.clear(endOffset);
    const open: SnapshotEntry[] = [];
    for (const entry of entries) {
      this.#entries.set(entry.producerId, ProducerEntry.fromSnapshot(entry));
      if (entry.currentTxnFirstOffset !== NO_OFFSET) open.push(entry);
    }
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const entry of open) this.#ongoing.set(entry.currentTxnFirstOffset, entry.producerId);
  }

  toSnapshot(): SnapshotEntry[] {
    return Array.from(this.#entries.values(), (entry) => entry.toSnapshot());
  }

  activeProducers(): ActiveProducer[] {
    return Array.from(this.#entries.values(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  #checkMarker(bytes: Buffer, at: number, entry: ProducerEntry): ProducerRefusal | undefined {
    const marker = endMarkerOf(bytes, at);
    if (marker === undefined || marker.coordinatorEpoch >= entry.coordinatorEpoch) return undefined;
    return {
      errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
      message: `coordinator epoch ${marker.coordinatorEpoch} is older than ${entry.coordinatorEpoch}`,
    };
  }

  #applyMarker(
    bytes: Buffer,
    at: number,
    producerId: number,
    marker: EndMarker,
  ): CompletedTransaction | undefined {
    const entry = this.#entryOf(producerId);
    const firstOffset = entry.currentTxnFirstOffset;
    entry.endTransaction(
      producerEpochAt(bytes, at),
      marker.coordinatorEpoch,
      maxTimestampAt(bytes, at),
    );
    if (firstOffset === NO_OFFSET) return undefined;
    const lastOffset = lastOffsetAt(bytes, at);
    return { producerId, firstOffset, lastOffset, isAborted: marker.isAbort };
  }

  #applyData(bytes: Buffer, at: number, producerId: number): void {
    const entry = this.#entryOf(producerId);
    entry.addBatch(
      producerEpochAt(bytes, at),
      lastSequenceAt(bytes, at),
      lastOffsetAt(bytes, at),
      lastOffsetDeltaAt(bytes, at),
      maxTimestampAt(bytes, at),
    );
    if (isTransactionalAt(bytes, at) && entry.currentTxnFirstOffset === NO_OFFSET) {
      const firstOffset = baseOffsetAt(bytes, at);
      entry.currentTxnFirstOffset = firstOffset;
      this.#ongoing.set(firstOffset, producerId);
    }
  }

  #entryOf(producerId: number): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = new ProducerEntry(producerId, NO_PRODUCER_EPOCH);
      this.#entries.set(producerId, entry);
    }
    return entry;
  }
}

function checkSequence(
  entry: ProducerEntry,
  epoch: number,
  firstSequence: number,
): ProducerRefusal | undefined {
  if (epoch !== entry.epoch) {
    if (firstSequence === 0 || entry.epoch === NO_PRODUCER_EPOCH) return undefined;
    return outOfOrder(entry, `${firstSequence} is the first sequence of epoch ${epoch}, not 0`);
  }
  const last = entry.lastSequence;
  if (firstSequence === (last === NO_SEQUENCE ? 0 : addSequence(last, 1))) return undefined;
  return outOfOrder(entry, `${firstSequence} follows sequence ${last}`);
}

function outOfOrder(entry: ProducerEntry, what: string): ProducerRefusal {
  return {
    errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    message: `Out of order sequence number of producer ${entry.producerId}: ${what}`,
  };
}

function staleEpoch(producerId: number, epoch: number, known: number): ProducerRefusal {
  return {
    errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
    message: `Epoch ${epoch} of producer ${producerId} is smaller than the last seen epoch ${known}`,
  };
}

/** What a control batch says to transactions, `undefined` when it is about something else. */
function endMarkerOf(bytes: Buffer, at: number): EndMarker | undefined {
  for (const record of new RecordBatchView(bytes, at).records()) {
    const { key, value } = record;
    if (key === null || value === null || key.length < 4 || value.length < 6) return undefined;
    const type = int16At(key, 2);
    if (type !== CONTROL_ABORT && type !== CONTROL_COMMIT) return undefined;
    return { isAbort: type === CONTROL_ABORT, coordinatorEpoch: int32At(value, 2) };
  }
  return undefined;
}

function firstKey(map: ReadonlyMap<number, number>): number | undefined {
  for (const key of map.keys()) return key;
  return undefined;
}
