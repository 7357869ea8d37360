import { readUnsignedVarint, readVarlong, VarintError, type ByteCursor } from "../core/varint.ts";

/** What one pass over the records of a batch found. */
export interface RecordScan {
  /** Why the records are no records, or `undefined`. Nothing else holds then. */
  problem: string | undefined;
  /** The record in which the problem is. */
  problemIndex: number;
  /** Least and greatest timestamp delta; the index of the first record that has the greatest. */
  minTimestampDelta: number;
  maxTimestampDelta: number;
  maxTimestampIndex: number;
  /** Records whose key is null. */
  nullKeys: number;
}

/**
 * Goes once over `bytes[start, end)`, which should be exactly `count` records with the offset deltas
 * 0, 1, 2 …: sizes, varints, headers. Makes no object per record.
 */
export function scanRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): RecordScan {
  const scan: RecordScan = {
    problem: undefined,
    problemIndex: 0,
    minTimestampDelta: Infinity,
    maxTimestampDelta: -Infinity,
    maxTimestampIndex: 0,
    nullKeys: 0,
  };
  try {
    scanAll(bytes, start, end, count, scan);
  } catch (thrown) {
    if (!(thrown instanceof VarintError)) throw thrown;
    scan.problem = thrown.message;
  }
  return scan;
}

/** Varints of up to three bytes are read in line; `long` reads the others. */
interface LongReader extends ByteCursor {
  end: number;
}

/**
 * The raw value of a varint of one to three bytes and its size, as `value << 3 | size`; 0 when it is
 * longer or not all there.
 */
function shortVarint(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const first = bytes[at]!;
  if (first < 0x80) return (first << 3) | 1;
  if (at + 1 >= end) return 0;
  const second = bytes[at + 1]!;
  if (second < 0x80) return (((first & 0x7f) | (second << 7)) << 3) | 2;
  if (at + 2 >= end) return 0;
  const third = bytes[at + 2]!;
  if (third >= 0x80) return 0;
  return (((first & 0x7f) | ((second & 0x7f) << 7) | (third << 14)) << 3) | 3;
}

/** The same for a varint of any length, through `long`, which then stands behind it. */
function longVarint(long: LongReader, at: number, end: number): number {
  long.at = at;
  long.end = end;
  return readUnsignedVarint(long);
}

function scanAll(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  scan: RecordScan,
): void {
  const long: LongReader = { bytes, at: start, end };
  let at = start;
  let min = Infinity;
  let max = -Infinity;
  for (let index = 0; index < count; index++) {
    scan.problemIndex = index;
    let packed = shortVarint(bytes, at, end);
    let raw = packed === 0 ? longVarint(long, at, end) : packed >>> 3;
    at = packed === 0 ? long.at : at + (packed & 7);
    const recordEnd = at + (raw >>> 1);
    if ((raw & 1) !== 0 || recordEnd > end) {
      scan.problem = "a record does not fit into the batch";
      return;
    }
    at++; // attributes, of which none is in use

    packed = shortVarint(bytes, at, recordEnd);
    let timestampDelta: number;
    if (packed === 0) {
      long.at = at;
      long.end = recordEnd;
      timestampDelta = readVarlong(long);
      at = long.at;
    } else {
      timestampDelta = (packed >>> 4) ^ -((packed >>> 3) & 1);
      at += packed & 7;
    }
    if (timestampDelta > max) {
      max = timestampDelta;
      scan.maxTimestampIndex = index;
    }
    if (timestampDelta < min) min = timestampDelta;

    packed = shortVarint(bytes, at, recordEnd);
    raw = packed === 0 ? longVarint(long, at, recordEnd) : packed >>> 3;
    at = packed === 0 ? long.at : at + (packed & 7);
    if (raw !== index * 2) {
      scan.problem = "offsets do not rise by one";
      return;
    }
    at = scanFields(bytes, at, recordEnd, scan, long);
    if (at !== recordEnd) {
      scan.problem ??= "a record is of another size than it says";
      return;
    }
  }
  if (at !== end) scan.problem = "bytes after the last record";
  scan.minTimestampDelta = min;
  scan.maxTimestampDelta = max;
}

/** Key, value and headers; returns where they end. */
function scanFields(
  bytes: Uint8Array,
  at: number,
  recordEnd: number,
  scan: RecordScan,
  long: LongReader,
): number {
  let packed = shortVarint(bytes, at, recordEnd);
  let raw = packed === 0 ? longVarint(long, at, recordEnd) : packed >>> 3;
  at = packed === 0 ? long.at : at + (packed & 7);
  // Lengths are zigzag: an odd one is negative, which is null.
  if ((raw & 1) === 0) at += raw >>> 1;
  else scan.nullKeys++;

  packed = shortVarint(bytes, at, recordEnd);
  raw = packed === 0 ? longVarint(long, at, recordEnd) : packed >>> 3;
  at = packed === 0 ? long.at : at + (packed & 7);
  if ((raw & 1) === 0) at += raw >>> 1;

  packed = shortVarint(bytes, at, recordEnd);
  raw = packed === 0 ? longVarint(long, at, recordEnd) : packed >>> 3;
  at = packed === 0 ? long.at : at + (packed & 7);
  if (raw === 0) return at;
  if ((raw & 1) !== 0 || raw >>> 1 > recordEnd - at) {
    scan.problem = "an impossible number of headers";
    return -1;
  }
  return scanHeaders(at, recordEnd, raw >>> 1, scan, long);
}

function scanHeaders(
  at: number,
  recordEnd: number,
  count: number,
  scan: RecordScan,
  long: LongReader,
): number {
  for (let i = 0; i < count; i++) {
    const keyLength = longVarint(long, at, recordEnd);
    if ((keyLength & 1) !== 0) {
      scan.problem = "a header without a key";
      return -1;
    }
    at = long.at + (keyLength >>> 1);
    const valueLength = longVarint(long, at, recordEnd);
    at = long.at + ((valueLength & 1) === 0 ? valueLength >>> 1 : 0);
  }
  return at;
}
