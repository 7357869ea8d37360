import { createRequire } from "node:module";
import { CompressionError } from "./errors.ts";
import { CappedOutput } from "./output.ts";

/**
 * Snappy as Kafka's Java clients write it: the framing of xerial's `SnappyOutputStream`, a header of
 * 16 bytes and blocks, each with its size. Others (librdkafka in some versions, Go clients) write one
 * raw block; readers tell them apart by the header.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
/** What one block holds before compression; xerial's default. */
const XERIAL_BLOCK_BYTES = 32 * 1024;

/** Compresses into xerial's framing. */
export function compressXerial(bytes: Buffer): Buffer {
  const { compressSync } = loadSnappy();
  const header = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(XERIAL_VERSION, 8);
  header.writeInt32BE(XERIAL_VERSION, 12);
  const parts: Buffer[] = [header];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES));
    const size = Buffer.allocUnsafe(4);
    size.writeInt32BE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat(parts);
}

/** Decompresses xerial's framing or one raw block, to at most `capBytes`. */
export function decompressSnappy(bytes: Buffer, capBytes: number): Buffer {
  const output = new CappedOutput("snappy", Math.min(bytes.length * 4, capBytes), capBytes);
  const isXerial =
    bytes.length >= XERIAL_HEADER_BYTES &&
    XERIAL_MAGIC.compare(bytes, 0, XERIAL_MAGIC.length) === 0;
  if (!isXerial) {
    if (bytes.length === 0) throw damaged("no bytes");
    decompressBlock(bytes, 0, bytes.length, output);
    return output.finish();
  }
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw damaged("cut within a block size");
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (size > bytes.length - at) throw damaged("cut within a block");
    decompressBlock(bytes, at, at + size, output);
    at += size;
  }
  return output.finish();
}

/** A raw block: its uncompressed length as an unsigned varint, then literals and copies. */
function decompressBlock(bytes: Buffer, start: number, end: number, output: CappedOutput): void {
  const base = output.length;
  let at = start;
  let expected = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) throw damaged("bad length of a block");
    const byte = bytes[at++]!;
    expected += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  // A block says first what it will hold, so the cap can refuse it before anything is done. Three
  // bytes make 64 at most: a greater claim is a lie, for which no memory is set aside.
  if (expected > (end - at) * 32) throw damaged("a block claims more than it can hold");
  output.reserve(expected);
  while (at < end) at = decompressElement(bytes, at, end, output, base);
  if (output.length - base !== expected) throw damaged("a block of another length than it says");
}

function decompressElement(
  bytes: Buffer,
  at: number,
  end: number,
  output: CappedOutput,
  base: number,
): number {
  const tag = bytes[at++]!;
  const kind = tag & 3;
  if (kind === 0) return appendLiteral(bytes, at, end, output, tag >>> 2);
  const extraBytes = kind === 3 ? 4 : kind;
  if (at + extraBytes > end) throw damaged("cut within a copy");
  let count = (tag >>> 2) + 1;
  let distance: number;
  if (kind === 1) {
    count = ((tag >>> 2) & 7) + 4;
    distance = ((tag & 0xe0) << 3) | bytes[at]!;
  } else {
    distance = kind === 2 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
  }
  if (distance === 0 || distance > output.length - base) throw damaged("a copy before the block");
  output.repeat(distance, count);
  return at + extraBytes;
}

function appendLiteral(
  bytes: Buffer,
  at: number,
  end: number,
  output: CappedOutput,
  code: number,
): number {
  let count = code + 1;
  if (code >= 60) {
    const extraBytes = code - 59;
    if (at + extraBytes > end) throw damaged("cut within a length");
    count = bytes.readUIntLE(at, extraBytes) + 1;
    at += extraBytes;
  }
  if (count > end - at) throw damaged("literals beyond the block");
  output.append(bytes, at, at + count);
  return at + count;
}

function damaged(reason: string): CompressionError {
  return new CompressionError("damaged", `damaged snappy data: ${reason}`);
}

interface SnappyModule {
  compressSync(bytes: Buffer): Buffer;
}

let snappy: SnappyModule | undefined;

/** Native code costs start-up, so it is loaded when first used. */
function loadSnappy(): SnappyModule {
  snappy ??= createRequire(import.meta.url)("snappy") as SnappyModule;
  return snappy;
}
