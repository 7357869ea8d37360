import type { LogConfig } from "../config/log-config.ts";
import { ErrorCode, errorCodeOf } from "../protocol/error-code.ts";
import { MoldauError } from "../core/errors.ts";
import {
  baseOffsetAt,
  batchSizeAt,
  BATCH_CUT,
  BATCH_DAMAGED,
  completeBatchSizeAt,
  lastOffsetAt,
  RecordBatchView,
  stampMaxTimestamp,
} from "../records/record-batch.ts";
import { recompressBatch } from "../records/build.ts";
import type { CompressionCodec } from "../records/compression.ts";
import { validateBatch, type BatchRules, type RecordError } from "../records/validate.ts";
import { greatestTimestampAt } from "./batch-scan.ts";
import type { AppendFacts } from "./log-segment.ts";

/**
 * Who wrote the batches. A client's are validated record by record and checked for sequences; a
 * coordinator's and the quorum's are our own. Those of the quorum are left exactly as they are.
 */
export type AppendOrigin = "client" | "coordinator" | "raft";

export interface AppendOptions {
  readonly origin: AppendOrigin;
  readonly nowMs: number;
}

export interface AcceptedAppend {
  readonly errorCode: typeof ErrorCode.NONE;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** With `message.timestamp.type=LogAppendTime` the time of the append, else -1. */
  readonly logAppendTimeMs: number;
  /** The batch was in the log before; nothing was appended. */
  readonly duplicate: boolean;
  /** The topic's settings ask that the log is flushed before the append is answered. */
  readonly flushRequired: boolean;
}

export interface RefusedAppend {
  readonly errorCode: Exclude<ErrorCode, typeof ErrorCode.NONE>;
  readonly message: string;
  readonly recordErrors?: readonly RecordError[];
}

/** What became of an append. A refused one left no trace. */
export type AppendResult = AcceptedAppend | RefusedAppend;

export function accepted(
  facts: AppendFacts,
  logAppendTimeMs: number,
  flushRequired: boolean,
): AcceptedAppend {
  return {
    errorCode: ErrorCode.NONE,
    firstOffset: facts.firstOffset,
    lastOffset: facts.lastOffset,
    logAppendTimeMs,
    duplicate: false,
    flushRequired,
  };
}

export function refused(errorCode: RefusedAppend["errorCode"], message: string): RefusedAppend {
  return { errorCode, message };
}

/** Facts of a row of whole batches with their offsets; `undefined` when it is no such row. */
export function factsOf(batches: Buffer): AppendFacts | undefined {
  const sizeBytes = batches.length;
  if (sizeBytes === 0) return undefined;
  let maxTimestamp = -1;
  let lastAt = 0;
  let next = -1;
  for (let at = 0; at < sizeBytes;) {
    const size = completeBatchSizeAt(batches, at, sizeBytes);
    if (size === BATCH_CUT || size === BATCH_DAMAGED) return undefined;
    if (baseOffsetAt(batches, at) < next) return undefined;
    next = lastOffsetAt(batches, at) + 1;
    maxTimestamp = Math.max(maxTimestamp, greatestTimestampAt(batches, at));
    lastAt = at;
    at += size;
  }
  return {
    firstOffset: baseOffsetAt(batches, 0),
    lastOffset: lastOffsetAt(batches, lastAt),
    maxTimestamp,
    sizeBytes,
  };
}

/** Checks batches against a topic's configuration and gives them the shape it asks for. */
export class AppendValidator {
  readonly #config: LogConfig;
  readonly #rules: BatchRules;
  /** `undefined` leaves the producer's. */
  readonly #codec: CompressionCodec | undefined;
  readonly #level: number | undefined;

  constructor(config: LogConfig) {
    this.#config = config;
    this.#rules = {
      isCompacted: config.compact,
      timestampType: config.messageTimestampType,
      timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
      timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
      batchBytesMax: config.maxMessageBytes,
      decompressedBytesMax: config.maxDecompressedMessageBytes,
    };
    this.#codec = targetCodec(config);
    this.#level = levelOf(config);
  }

  /** The bytes to append, or why not. They are the given ones unless another codec was asked for. */
  prepare(batches: Buffer, options: AppendOptions): Buffer | RefusedAppend {
    switch (options.origin) {
      case "client":
        return this.#prepareClient(batches, options.nowMs);
      case "coordinator":
        return this.#prepareOwn(batches, options.nowMs);
      case "raft":
        return factsOf(batches) === undefined ? noBatches() : batches;
    }
  }

  #prepareClient(batches: Buffer, nowMs: number): Buffer | RefusedAppend {
    const valid = validateBatch(batches, 0, batches.length, this.#rules, nowMs);
    if (!valid.ok) {
      const { message, recordErrors } = valid;
      return { errorCode: refusalCode(valid.errorCode), message, recordErrors };
    }
    const batch =
      valid.sizeBytes === batches.length ? batches : batches.subarray(0, valid.sizeBytes);
    const recompressed = this.#recompress(batch, valid.codec);
    if (!Buffer.isBuffer(recompressed)) return recompressed;
    stampMaxTimestamp(recompressed, 0, this.#rules.timestampType, valid.maxTimestamp);
    return recompressed;
  }

  #prepareOwn(batches: Buffer, nowMs: number): Buffer | RefusedAppend {
    for (let at = 0; at < batches.length;) {
      const size = completeBatchSizeAt(batches, at, batches.length);
      if (size === BATCH_CUT || size === BATCH_DAMAGED) return noBatches();
      if (size > this.#config.maxMessageBytes) return this.#tooLarge(size);
      if (this.#rules.timestampType === "LogAppendTime") {
        stampMaxTimestamp(batches, at, "LogAppendTime", nowMs);
      }
      at += size;
    }
    const oneBatch = batches.length > 0 && batchSizeAt(batches, 0) === batches.length;
    if (this.#codec === undefined || !oneBatch) return batches.length > 0 ? batches : noBatches();
    return this.#recompress(batches, new RecordBatchView(batches).compression);
  }

  #recompress(batch: Buffer, codec: CompressionCodec): Buffer | RefusedAppend {
    if (this.#codec === undefined || this.#codec === codec) return batch;
    try {
      const capBytes = this.#config.maxDecompressedMessageBytes;
      const recompressed = recompressBatch(new RecordBatchView(batch), this.#codec, {
        capBytes,
        ...(this.#level === undefined ? {} : { level: this.#level }),
      });
      const { length } = recompressed;
      return length > this.#config.maxMessageBytes ? this.#tooLarge(length) : recompressed;
    } catch (error) {
      if (!(error instanceof MoldauError)) throw error;
      return refused(ErrorCode.CORRUPT_MESSAGE, error.message);
    }
  }

  #tooLarge(size: number): RefusedAppend {
    return refused(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch is ${size} bytes, which exceeds the maximum of ` +
        `${this.#config.maxMessageBytes} (max.message.bytes)`,
    );
  }
}

function refusalCode(code: ErrorCode | number): RefusedAppend["errorCode"] {
  const known = errorCodeOf(code);
  return known === ErrorCode.NONE ? ErrorCode.UNKNOWN_SERVER_ERROR : known;
}

function noBatches(): RefusedAppend {
  return refused(ErrorCode.CORRUPT_MESSAGE, "there are no whole record batches");
}

function targetCodec(config: LogConfig): CompressionCodec | undefined {
  if (config.compressionType === "producer") return undefined;
  return config.compressionType === "uncompressed" ? "none" : config.compressionType;
}

/** `undefined` leaves the level to the codec's default. */
function levelOf(config: LogConfig): number | undefined {
  switch (config.compressionType) {
    case "gzip":
      return config.compressionGzipLevel === -1 ? undefined : config.compressionGzipLevel;
    case "lz4":
      return config.compressionLz4Level;
    case "zstd":
      return config.compressionZstdLevel;
    default:
      return undefined;
  }
}
