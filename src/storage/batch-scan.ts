import { assert } from "../core/assert.ts";
import { UnsafeIntegerError } from "../core/bytes.ts";
import {
  BATCH_HEADER_BYTES,
  BATCH_PEEK_BYTES,
  baseOffsetAt,
  batchSizeAt,
  lastOffsetAt,
  magicAt,
  maxTimestampAt,
  verifyChecksumAt,
  type RowEnd,
} from "../records/record-batch.ts";
import { LegacyBatchView } from "../records/legacy.ts";
import { DamagedFileError } from "./storage-error.ts";

/** What a scan reads from. */
export interface ScanSource {
  readonly path: string;
  read(target: Uint8Array, targetOffset: number, length: number, position: number): number;
}

/** Read at a time when only headers matter. */
const HEADER_WINDOW_BYTES = 8 * 1024;
/** Read at a time when all bytes are looked at. */
export const WHOLE_WINDOW_BYTES = 1024 * 1024;

/**
 * Walks over the batches in a range of a file, of any format. Only what is asked for is in memory: in
 * `headers` mode the first bytes of each batch, in `whole` mode all of the current one, and its
 * checksum has been verified. The fields of a batch are found in {@link bytes} at {@link at}.
 */
export class BatchScan {
  readonly #source: ScanSource;
  readonly #whole: boolean;
  readonly #end: number;
  #windowStart: number;
  #windowLength = 0;
  #rowEnd: RowEnd | undefined;
  /** Holds the current batch, or its header. */
  bytes: Buffer;
  /** Where in {@link bytes} the current batch begins. */
  at = 0;
  /** Where in the file the current batch begins; after the last one, where it ends. */
  position: number;
  sizeBytes = 0;

  constructor(source: ScanSource, start: number, end: number, mode: "headers" | "whole") {
    this.#source = source;
    this.#whole = mode === "whole";
    this.#end = end;
    this.#windowStart = start;
    this.position = start;
    const window = this.#whole ? WHOLE_WINDOW_BYTES : HEADER_WINDOW_BYTES;
    this.bytes = Buffer.allocUnsafe(Math.max(BATCH_HEADER_BYTES, Math.min(window, end - start)));
  }

  /** How the row ended; known once {@link next} said false. */
  get rowEnd(): RowEnd {
    assert(this.#rowEnd !== undefined, "the scan is not at its end");
    return this.#rowEnd;
  }

  /** Goes to the next batch; false at the end, at a cut or at damage, which {@link rowEnd} tells. */
  next(): boolean {
    this.position += this.sizeBytes;
    this.sizeBytes = 0;
    const left = this.#end - this.position;
    if (left === 0) return this.#stop("whole");
    if (left < BATCH_PEEK_BYTES || !this.#fill(Math.min(left, BATCH_HEADER_BYTES))) {
      return this.#stop("cut");
    }
    const size = batchSizeAt(this.bytes, this.at);
    const magic = magicAt(this.bytes, this.at);
    if (size < smallestSize(magic) || magic > 2) return this.#stop("damaged");
    if (size > left) return this.#stop("cut");
    if (this.#whole && !this.#fill(size)) return this.#stop("cut");
    if (this.#whole && !isSound(this.bytes, this.at, size)) return this.#stop("damaged");
    if (!hasUsableOffsets(this.bytes, this.at)) return this.#stop("damaged");
    this.sizeBytes = size;
    return true;
  }

  /** Brings all of the current batch into {@link bytes}, whose place in it may change. */
  readWhole(): void {
    if (this.#fill(this.sizeBytes)) return;
    throw new DamagedFileError(
      this.#source.path,
      `the file ends before the batch at ${this.position} does`,
    );
  }

  get lastOffset(): number {
    return lastOffsetAt(this.bytes, this.at);
  }

  /** Of a compressed batch of the old formats this is its last offset: its first one is not told. */
  get baseOffset(): number {
    return baseOffsetAt(this.bytes, this.at);
  }

  get maxTimestamp(): number {
    return greatestTimestampAt(this.bytes, this.at);
  }

  #stop(rowEnd: RowEnd): false {
    this.#rowEnd = rowEnd;
    return false;
  }

  /** Has `length` bytes from {@link position} on in the window; false when the file is shorter. */
  #fill(length: number): boolean {
    this.at = this.position - this.#windowStart;
    if (this.at >= 0 && this.at + length <= this.#windowLength) return true;
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafe(length);
    const wanted = Math.min(this.bytes.length, this.#end - this.position);
    this.#windowStart = this.position;
    this.#windowLength = this.#source.read(this.bytes, 0, wanted, this.position);
    this.at = 0;
    return this.#windowLength >= length;
  }
}

/** Timestamp of format v1 at its place; format v0 has none. */
const LEGACY_TIMESTAMP = 18;
const LEGACY_SIZES_MIN = [26, 34] as const;

function smallestSize(magic: number): number {
  return LEGACY_SIZES_MIN[magic] ?? BATCH_HEADER_BYTES;
}

/** Greatest timestamp of a batch of any format, -1 when it has none. */
export function greatestTimestampAt(bytes: Uint8Array, at: number): number {
  const magic = magicAt(bytes, at);
  if (magic >= 2) return maxTimestampAt(bytes, at);
  return magic === 1 ? baseOffsetAt(bytes, at + LEGACY_TIMESTAMP) : -1;
}

function isSound(bytes: Buffer, at: number, size: number): boolean {
  if (magicAt(bytes, at) === 2) return verifyChecksumAt(bytes, at);
  return new LegacyBatchView(bytes, at, at + size).verifyChecksum();
}

function hasUsableOffsets(bytes: Buffer, at: number): boolean {
  try {
    const baseOffset = baseOffsetAt(bytes, at);
    greatestTimestampAt(bytes, at);
    return baseOffset >= 0 && lastOffsetAt(bytes, at) >= baseOffset;
  } catch (error) {
    if (error instanceof UnsafeIntegerError) return false;
    throw error;
  }
}
