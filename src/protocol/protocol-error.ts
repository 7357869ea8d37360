import { MoldauError } from "../core/errors.ts";

/** What is wrong with bytes that do not decode, or with a value that does not encode. */
export type ProtocolErrorCode =
  /** The bytes end before the value does. */
  | "TRUNCATED"
  /** Bytes are left over after the value. */
  | "TRAILING_BYTES"
  /** A varint has more bytes or bits than its type. */
  | "VARINT_TOO_LONG"
  /** An array has more elements than the remaining bytes can hold, or than {@link ARRAY_LENGTH_MAX}. */
  | "ARRAY_TOO_LONG"
  /** A string is longer than {@link STRING_BYTES_MAX}. */
  | "STRING_TOO_LONG"
  /** A struct has more tagged fields than {@link TAGGED_FIELDS_MAX}, or one disagrees with its size. */
  | "TAGGED_FIELDS"
  /** The decoded form would take many times the memory of the bytes. */
  | "HEAP_LIMIT"
  | "NULL_NOT_ALLOWED"
  /** A number does not fit its type, or an int64 is beyond 2^53 where programs use a number. */
  | "OUT_OF_RANGE"
  /** A value of the wrong type was given to an encoder. */
  | "WRONG_TYPE"
  /** The message has no such version. */
  | "UNSUPPORTED_VERSION"
  /** A field was set that this version cannot carry, and dropping it would change the meaning. */
  | "UNSUPPORTED_FIELD"
  /** No API has this key. */
  | "UNKNOWN_API";

/** Most elements of one array, as in Apache Kafka (`MessageUtil.MAX_ARRAY_LENGTH`). */
export const ARRAY_LENGTH_MAX = 1_000_000;
/** Most tagged fields of one struct, as in Apache Kafka (`MessageUtil.MAX_TAGGED_FIELD_COUNT`). */
export const TAGGED_FIELDS_MAX = 10_000;
/** Most bytes of one string in UTF-8, as in Apache Kafka. */
export const STRING_BYTES_MAX = 0x7fff;

/** Where in a message something is wrong. */
export interface ProtocolErrorPlace {
  /** The field, such as `FetchRequest.topics[3].partitions`; empty when it is not known. */
  readonly path: string;
  /** Where in the bytes decoding stopped; -1 when encoding. */
  readonly offset: number;
}

const NOWHERE: ProtocolErrorPlace = { path: "", offset: -1 };

/** Bytes that are no valid message, or a value that no message of this version can carry. */
export class ProtocolError extends MoldauError {
  override readonly name: string = "ProtocolError";
  declare readonly code: ProtocolErrorCode;
  readonly path: string;
  readonly offset: number;
  /** What is wrong, without the place. */
  readonly reason: string;

  constructor(code: ProtocolErrorCode, reason: string, place: ProtocolErrorPlace = NOWHERE) {
    const where = place.path === "" ? "" : `${place.path}: `;
    const at = place.offset < 0 ? "" : ` (at byte ${place.offset})`;
    super(`${where}${reason}${at}`, { code });
    this.reason = reason;
    this.path = place.path;
    this.offset = place.offset;
  }
}

/**
 * The same without a stack, for refusals of received bytes: the place in the bytes says more, and
 * whoever sends bad bytes should not make us pay for a stack each time.
 */
export function refusalOf(
  code: ProtocolErrorCode,
  reason: string,
  place: ProtocolErrorPlace,
): ProtocolError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new ProtocolError(code, reason, place);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
