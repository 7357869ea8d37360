import type { CompressionCodec } from "../../records/compression.ts";
import { BatchBuilder } from "../../records/build.ts";
import { crc32 } from "node:zlib";

interface ModelBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  readonly producerId: number;
  readonly bytes: Buffer;
  /** Values by offset, of records that programs may see if their transaction is committed. */
  readonly values: ReadonlyMap<number, string>;
}

interface ModelTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  lastOffset: number;
  outcome: "open" | "committed" | "aborted";
}

export interface ModelAppend {
  readonly compression?: CompressionCodec | undefined;
  /** Offsets left out before each record, as compaction leaves them. */
  readonly gap?: number | undefined;
  /** Of a transaction that is open or begins. */
  readonly producerId?: number | undefined;
  readonly timestamp?: number | undefined;
}

/** The log of a partition as its leader has it, and what a consumer should see of it. */
export class ModelLog {
  leaderId: number;
  leaderEpoch = 0;
  logStartOffset = 0;
  endOffset = 0;
  readonly batches: ModelBatch[] = [];
  readonly transactions: ModelTransaction[] = [];
  /** Brokers that may be read from besides the leader. */
  readonly replicas = new Set<number>();

  constructor(leaderId: number) {
    this.leaderId = leaderId;
  }

  append(values: readonly string[], options: ModelAppend = {}): void {
    const { gap = 0, producerId = -1, compression = "none", timestamp = 1_000 } = options;
    const builder = new BatchBuilder({
      baseOffset: this.endOffset,
      partitionLeaderEpoch: this.leaderEpoch,
      compression,
      producerId,
      producerEpoch: producerId < 0 ? -1 : 0,
      baseSequence: producerId < 0 ? -1 : 0,
      isTransactional: producerId >= 0,
    });
    const seen = new Map<number, string>();
    let delta = -1;
    for (const value of values) {
      delta += 1 + gap;
      builder.appendAt(delta, timestamp, null, Buffer.from(value));
      seen.set(this.endOffset + delta, value);
    }
    this.#put(builder.finish(), delta, producerId, seen);
  }

  /** Ends the open transaction of a producer with a marker. */
  endTransaction(producerId: number, outcome: "committed" | "aborted"): void {
    const open = this.transactions.find(
      (one) => one.producerId === producerId && one.outcome === "open",
    );
    if (open === undefined) return;
    const builder = new BatchBuilder({
      baseOffset: this.endOffset,
      partitionLeaderEpoch: this.leaderEpoch,
      producerId,
      producerEpoch: 0,
      isTransactional: true,
      isControl: true,
    });
    const key = Buffer.from([0, 0, 0, outcome === "aborted" ? 0 : 1]);
    builder.append({ timestamp: 1_000, key, value: Buffer.alloc(6) });
    open.lastOffset = this.endOffset;
    open.outcome = outcome;
    this.#put(builder.finish(), 0, -1, new Map());
  }

  /** A batch that compaction has left empty. */
  appendEmpty(offsets: number): void {
    const bytes = new BatchBuilder({
      baseOffset: this.endOffset,
      partitionLeaderEpoch: this.leaderEpoch,
    }).finish({ lastOffsetDelta: offsets - 1, maxTimestamp: 1_000 });
    this.#put(bytes, offsets - 1, -1, new Map());
  }

  /** A record in format 0 or 1, as before Kafka 0.11. */
  appendLegacy(value: string, magic: 0 | 1): void {
    const body = Buffer.from(value);
    const headerBytes = magic === 0 ? 18 : 26;
    const bytes = Buffer.alloc(headerBytes + 8 + body.length);
    bytes.writeBigInt64BE(BigInt(this.endOffset), 0);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes[16] = magic;
    if (magic === 1) bytes.writeBigInt64BE(5_000n, 18);
    bytes.writeInt32BE(-1, headerBytes);
    bytes.writeInt32BE(body.length, headerBytes + 4);
    body.copy(bytes, headerBytes + 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
    this.#put(bytes, 0, -1, new Map([[this.endOffset, value]]));
  }

  #put(
    bytes: Buffer,
    lastOffsetDelta: number,
    producerId: number,
    values: ReadonlyMap<number, string>,
  ): void {
    const baseOffset = this.endOffset;
    const lastOffset = baseOffset + lastOffsetDelta;
    this.batches.push({
      baseOffset,
      lastOffset,
      epoch: this.leaderEpoch,
      producerId,
      bytes,
      values,
    });
    this.endOffset = lastOffset + 1;
    if (producerId < 0) return;
    const open = this.transactions.find(
      (one) => one.producerId === producerId && one.outcome === "open",
    );
    if (open !== undefined) open.lastOffset = lastOffset;
    else {
      const firstOffset = baseOffset;
      this.transactions.push({ producerId, firstOffset, lastOffset, outcome: "open" });
    }
  }

  /** A new leader is elected that has all the records. */
  moveTo(leaderId: number): void {
    this.leaderId = leaderId;
    this.leaderEpoch++;
  }

  /** A leader is elected that lacks the records from an offset on. */
  truncateTo(offset: number, leaderId: number): void {
    while (this.batches.length > 0 && this.batches.at(-1)!.lastOffset >= offset) this.batches.pop();
    this.endOffset = (this.batches.at(-1)?.lastOffset ?? this.logStartOffset - 1) + 1;
    this.moveTo(leaderId);
  }

  deleteBefore(offset: number): void {
    this.logStartOffset = Math.max(this.logStartOffset, Math.min(offset, this.endOffset));
    while (this.batches[0] !== undefined && this.batches[0].lastOffset < this.logStartOffset) {
      this.batches.shift();
    }
  }

  get lastStableOffset(): number {
    const open = this.transactions.filter(({ outcome }) => outcome === "open");
    return Math.min(this.endOffset, ...open.map(({ firstOffset }) => firstOffset));
  }

  /** Batches from the one that holds `offset` on, at most so many bytes; with `least` one in any case. */
  read(offset: number, maxBytes: number, until: number, least: boolean): Buffer {
    const chosen: Buffer[] = [];
    let bytes = 0;
    for (const batch of this.batches) {
      if (batch.lastOffset < offset || batch.baseOffset >= until) continue;
      const isExempt = least && chosen.length === 0;
      if (!isExempt && bytes + batch.bytes.length > maxBytes) break;
      chosen.push(batch.bytes);
      bytes += batch.bytes.length;
    }
    return Buffer.concat(chosen);
  }

  abortedFrom(offset: number): { producerId: number; firstOffset: number }[] {
    return this.transactions
      .filter(({ outcome, lastOffset }) => outcome === "aborted" && lastOffset >= offset)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
  }

  /** Where an epoch ends: the last epoch that is not newer, and the offset after it. */
  epochEnd(epoch: number): { epoch: number; endOffset: number } {
    const older = this.batches.filter((batch) => batch.epoch <= epoch);
    const found = older.at(-1)?.epoch ?? -1;
    if (epoch >= this.leaderEpoch) return { epoch: this.leaderEpoch, endOffset: this.endOffset };
    const next = this.batches.find((batch) => batch.epoch > epoch);
    return { epoch: found, endOffset: next?.baseOffset ?? this.endOffset };
  }

  offsetAt(timestamp: number): number {
    if (timestamp === -1) return this.endOffset;
    return timestamp === -2 ? this.logStartOffset : -1;
  }

  /** What programs should get to see, by offset. */
  visible(readCommitted: boolean): Map<number, string> {
    const values = new Map<number, string>();
    for (const batch of this.batches) {
      if (readCommitted && batch.baseOffset >= this.lastStableOffset) break;
      const isAborted =
        batch.producerId >= 0 &&
        this.transactions.some(
          ({ producerId, firstOffset, lastOffset, outcome }) =>
            producerId === batch.producerId &&
            outcome === "aborted" &&
            batch.baseOffset >= firstOffset &&
            batch.lastOffset <= lastOffset,
        );
      if (readCommitted && isAborted) continue;
      for (const [offset, value] of batch.values) values.set(offset, value);
    }
    return values;
  }
}
