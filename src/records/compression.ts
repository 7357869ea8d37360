import { createRequire } from "node:module";
import * as zlib from "node:zlib";
import { CompressionError } from "./errors.ts";
import { decompressLz4Frame } from "./lz4.ts";
import { compressXerial, decompressSnappy } from "./snappy.ts";

/** Codecs of record batches under the names of `compression.type`. */
export type CompressionCodec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** In the order of their numbers in a batch. */
export const compressionCodecs: readonly CompressionCodec[] = [
  "none",
  "gzip",
  "snappy",
  "lz4",
  "zstd",
];

/**
 * What one batch may decompress to unless the caller says otherwise. Sixty-four times the default of
 * `message.max.bytes`.
 */
export const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/** What zlib grows its output by: a usual batch in one step. */
const ZLIB_CHUNK_BYTES = 64 * 1024;

/** Levels that Kafka allows, with its defaults (KIP-390). LZ4 has one level here, the fast one. */
export const compressionLevels = {
  gzip: { min: 1, max: 9, default: -1 },
  lz4: { min: 1, max: 17, default: 9 },
  zstd: { min: -131072, max: 22, default: 3 },
} as const;

/** The codec with that number in a batch's attributes. Throws {@link CompressionError} when none has. */
export function codecOfId(id: number): CompressionCodec {
  const codec = compressionCodecs[id];
  if (codec === undefined) {
    throw new CompressionError("unknown-codec", `there is no compression codec ${id}`);
  }
  return codec;
}

/** The number of a codec in a batch's attributes. */
export function codecId(codec: CompressionCodec): number {
  return compressionCodecs.indexOf(codec);
}

/**
 * Compresses as Apache Kafka's writers do: gzip, xerial-framed snappy, LZ4 frames of independent
 * blocks, zstd. `level` is that of `compression.<codec>.level`.
 */
export function compress(codec: CompressionCodec, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return zlib.gzipSync(bytes, { level: level ?? compressionLevels.gzip.default });
    case "snappy":
      return compressXerial(bytes);
    case "lz4":
      return loadLz4().compressFrameSync(bytes);
    case "zstd":
      return zlib.zstdCompressSync(bytes, {
        params: {
          [zlib.constants.ZSTD_c_compressionLevel]: level ?? compressionLevels.zstd.default,
        },
      });
  }
}

/**
 * Decompresses at most `capBytes`; throws {@link CompressionError} when there is more or when the
 * bytes are damaged or cut short. `none` gives the bytes themselves.
 */
export function decompress(
  codec: CompressionCodec,
  bytes: Buffer,
  capBytes = DECOMPRESSED_BYTES_MAX,
): Buffer {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return inflate("gzip", zlib.gunzipSync, bytes, capBytes);
    case "snappy":
      return decompressSnappy(bytes, capBytes);
    case "lz4":
      return decompressLz4Frame(bytes, capBytes);
    case "zstd":
      return inflate("zstd", zlib.zstdDecompressSync, bytes, capBytes);
  }
}

function inflate(
  codec: CompressionCodec,
  run: (bytes: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer,
  bytes: Buffer,
  capBytes: number,
): Buffer {
  try {
    // zlib wants room for one byte at least.
    const maxOutputLength = Math.max(capBytes, 1);
    const output = run(bytes, { maxOutputLength, chunkSize: ZLIB_CHUNK_BYTES });
    if (output.length <= capBytes) return output;
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code !== "ERR_BUFFER_TOO_LARGE") {
      throw new CompressionError("damaged", `damaged ${codec} data`, thrown);
    }
  }
  throw new CompressionError("too-large", `${codec} gives more than ${capBytes} bytes`);
}

interface Lz4Module {
  compressFrameSync(bytes: Buffer): Buffer;
}

let lz4: Lz4Module | undefined;

/** Native code costs start-up, so it is loaded when first used. */
function loadLz4(): Lz4Module {
  lz4 ??= createRequire(import.meta.url)("lz4-napi") as Lz4Module;
  return lz4;
}
