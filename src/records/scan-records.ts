import { readUnsignedVarint, readVarlong, VarintError, type ByteCursor } from "../core/varint.ts";

/** A length, then attributes, two deltas, two lengths and the count of headers. */
const RECORD_BODY_BYTES_MIN = 6;
const RECORD_BYTES_MIN = 1 + RECORD_BODY_BYTES_MIN;

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

/** Reads the varints that are longer than the two bytes which the loops below read in line. */
interface LongReader extends ByteCursor {
  end: number;
}

/** The raw value of the varint at `at`; `long` then stands behind it. */
function longVarint(long: LongReader, at: number, end: number): number {
  long.at = at;
  long.end = end;
  return readUnsignedVarint(long) | 0;
}

/**
 * The varints of a usual record have one or two bytes, so these are read in line, each byte after a
 * look at the record's end: a call for each field took three times as long (40 ns a record).
 */
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
    if (at + RECORD_BYTES_MIN > end) {
      scan.problem = "the batch ends before its last record";
      return;
    }
    let raw = bytes[at++]!;
    if (raw >= 0x80) {
      const next = bytes[at++]!;
      if (next < 0x80) {
        raw = (raw & 0x7f) | (next << 7);
      } else {
        raw = longVarint(long, at - 2, end);
        at = long.at;
      }
    }
    const recordEnd = at + (raw >>> 1);
    if ((raw & 1) !== 0 || recordEnd > end || at + RECORD_BODY_BYTES_MIN > recordEnd) {
      scan.problem = "a record does not fit into the batch";
      return;
    }
    at++; // attributes, of which none is in use

    raw = bytes[at++]!;
    let timestampDelta = (raw >>> 1) ^ -(raw & 1);
    if (raw >= 0x80) {
      const next = bytes[at++]!;
      if (next < 0x80) {
        raw = (raw & 0x7f) | (next << 7);
        timestampDelta = (raw >>> 1) ^ -(raw & 1);
      } else {
        long.at = at - 2;
        long.end = recordEnd;
        timestampDelta = readVarlong(long);
        at = long.at;
      }
    }
    if (timestampDelta > max) {
      max = timestampDelta;
      scan.maxTimestampIndex = index;
    }
    if (timestampDelta < min) min = timestampDelta;

    at = scanBody(bytes, at, recordEnd, index, scan, long);
    if (at !== recordEnd) {
      scan.problem ??= "a record is of another size than it says";
      return;
    }
  }
  if (at !== end) scan.problem = "bytes after the last record";
  scan.minTimestampDelta = min;
  scan.maxTimestampDelta = max;
}

/** The place after an offset delta that must be `index`, or -1. Three bytes can be read. */
function skipOffsetDelta(
  bytes: Uint8Array,
  at: number,
  recordEnd: number,
  index: number,
  long: LongReader,
): number {
  const raw = index << 1;
  if (index < 0x40 && bytes[at] === raw) return at + 1;
  if (index < 0x2000 && bytes[at] === ((raw & 0x7f) | 0x80) && bytes[at + 1] === raw >>> 7) {
    return at + 2;
  }
  return longVarint(long, at, recordEnd) === raw ? long.at : -1;
}

/** Offset delta, key, value and headers; returns where they end. */
function scanBody(
  bytes: Uint8Array,
  at: number,
  recordEnd: number,
  index: number,
  scan: RecordScan,
  long: LongReader,
): number {
  if (at + 4 > recordEnd) return -1;
  at = skipOffsetDelta(bytes, at, recordEnd, index, long);
  if (at < 0 || at + 3 > recordEnd) {
    if (at < 0) scan.problem = "offsets do not rise by one";
    return -1;
  }

  // Lengths are zigzag: an odd one is negative, which is null.
  let raw = bytes[at++]!;
  if (raw >= 0x80) {
    raw = longVarint(long, at - 1, recordEnd);
    at = long.at;
  }
  if ((raw & 1) === 0) at += raw >>> 1;
  else scan.nullKeys++;

  if (at + 2 > recordEnd) return -1;
  raw = bytes[at++]!;
  if (raw >= 0x80) {
    const next = bytes[at++]!;
    if (next < 0x80) {
      raw = (raw & 0x7f) | (next << 7);
    } else {
      raw = longVarint(long, at - 2, recordEnd);
      at = long.at;
    }
  }
  if ((raw & 1) === 0) at += raw >>> 1;

  if (at >= recordEnd) return -1;
  if (bytes[at] === 0) return at + 1;
  const headerCount = longVarint(long, at, recordEnd);
  at = long.at;
  if ((headerCount & 1) !== 0 || headerCount >>> 1 > recordEnd - at) {
    scan.problem = "an impossible number of headers";
    return -1;
  }
  return scanHeaders(at, recordEnd, headerCount >>> 1, scan, long);
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
