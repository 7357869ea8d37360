import { MoldauError } from "../core/errors.ts";

/** Bytes that should be record batches are not: damage, or the work of somebody hostile. */
export class CorruptRecordsError extends MoldauError {
  override readonly name = "CorruptRecordsError";

  constructor(message: string, cause?: unknown) {
    super(message, { code: "CORRUPT_RECORDS", cause });
  }
}

/**
 * Why compressed bytes gave nothing: `damaged` bytes, more than the cap (`too-large`), or a codec
 * that the format has no name for (`unknown-codec`).
 */
export type CompressionErrorKind = "damaged" | "too-large" | "unknown-codec";

export class CompressionError extends MoldauError {
  override readonly name = "CompressionError";
  readonly kind: CompressionErrorKind;

  constructor(kind: CompressionErrorKind, message: string, cause?: unknown) {
    super(message, { code: `COMPRESSION_${kind.toUpperCase().replace("-", "_")}`, cause });
    this.kind = kind;
  }
}
