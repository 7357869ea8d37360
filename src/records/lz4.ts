import { CompressionError } from "./errors.ts";
import { CappedOutput } from "./output.ts";
import { xxHash32 } from "./xxhash32.ts";

/**
 * LZ4 frames as Apache Kafka reads them. The native decoder at hand can neither be capped nor told to
 * overlook a checksum, and is slower on the sizes that batches have.
 *
 * Like Kafka's this reader refuses frames with dependent blocks or a dictionary, so a producer cannot
 * store what Java consumers could not read; it verifies block checksums and skips the content's.
 */
const MAGIC = 0x184d2204;
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const INDEPENDENT_BLOCKS = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const FLAGS_RESERVED = 0x03;
const BLOCK_SIZE_RESERVED = 0x8f;
const UNCOMPRESSED_BLOCK = 0x8000_0000;
const MATCH_LENGTH_MIN = 4;

/**
 * Decompresses one frame to at most `capBytes`. Bytes after the frame are not looked at. Format v0
 * was written with a wrong header checksum: `skipHeaderChecksum` overlooks it.
 */
export function decompressLz4Frame(
  bytes: Buffer,
  capBytes: number,
  skipHeaderChecksum = false,
): Buffer {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw damaged("no frame");
  const flags = bytes[4]!;
  const blockDescriptor = bytes[5]!;
  checkDescriptor(flags, blockDescriptor);
  let at = 6;
  if ((flags & CONTENT_SIZE) !== 0) at += 8;
  if (at >= bytes.length) throw damaged("cut within the frame header");
  if (!skipHeaderChecksum && bytes[at] !== ((xxHash32(bytes, 4, at) >>> 8) & 0xff)) {
    throw damaged("wrong checksum of the frame header");
  }
  at++;
  const blockBytesMax = 1 << (8 + 2 * (blockDescriptor >>> 4));
  const output = new CappedOutput("lz4", Math.min(bytes.length * 4, capBytes), capBytes);
  for (;;) {
    if (at + 4 > bytes.length) throw damaged("cut before the end of the frame");
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    at = readBlock(bytes, at, word, flags, blockBytesMax, output);
  }
  if ((flags & CONTENT_CHECKSUM) !== 0 && at + 4 > bytes.length) {
    throw damaged("cut within the content checksum");
  }
  return output.finish();
}

function checkDescriptor(flags: number, blockDescriptor: number): void {
  if ((flags & VERSION_MASK) !== VERSION) throw damaged("unknown frame version");
  if ((flags & FLAGS_RESERVED) !== 0) throw damaged("reserved flags or a dictionary");
  if ((flags & INDEPENDENT_BLOCKS) === 0) throw damaged("blocks that depend on each other");
  if ((blockDescriptor & BLOCK_SIZE_RESERVED) !== 0 || blockDescriptor >>> 4 < 4) {
    throw damaged("unknown block size");
  }
}

function readBlock(
  bytes: Buffer,
  at: number,
  word: number,
  flags: number,
  blockBytesMax: number,
  output: CappedOutput,
): number {
  const size = word & ~UNCOMPRESSED_BLOCK;
  const end = at + size;
  if (size > blockBytesMax) throw damaged("a block larger than the frame allows");
  if (end > bytes.length) throw damaged("cut within a block");
  const checksumBytes = (flags & BLOCK_CHECKSUMS) !== 0 ? 4 : 0;
  if (checksumBytes !== 0) {
    if (end + 4 > bytes.length) throw damaged("cut within a block checksum");
    if (bytes.readUInt32LE(end) !== xxHash32(bytes, at, end)) {
      throw damaged("wrong checksum of a block");
    }
  }
  if (word >= UNCOMPRESSED_BLOCK) {
    output.append(bytes, at, end);
  } else {
    const before = output.length;
    decompressBlock(bytes, at, end, output, blockBytesMax);
    if (output.length - before > blockBytesMax)
      throw damaged("a block larger than the frame allows");
  }
  return end + checksumBytes;
}

/** Sequences of literals and matches; the last has literals alone. Matches stay within the block. */
function decompressBlock(
  bytes: Buffer,
  start: number,
  end: number,
  output: CappedOutput,
  blockBytesMax: number,
): void {
  const base = output.length;
  let at = start;
  for (;;) {
    if (at >= end) throw damaged("cut within a block");
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let byte;
      do {
        if (at >= end) throw damaged("cut within a length");
        byte = bytes[at++]!;
        literals += byte;
      } while (byte === 255);
    }
    if (literals > 0) {
      if (at + literals > end) throw damaged("literals beyond the block");
      output.append(bytes, at, at + literals);
      at += literals;
    }
    if (at === end) return;
    if (at + 2 > end) throw damaged("cut within a match");
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let count = token & 0x0f;
    if (count === 15) {
      let byte;
      do {
        if (at >= end) throw damaged("cut within a length");
        byte = bytes[at++]!;
        count += byte;
      } while (byte === 255);
    }
    count += MATCH_LENGTH_MIN;
    if (distance === 0 || distance > output.length - base)
      throw damaged("a match before the block");
    if (output.length - base + count > blockBytesMax) {
      throw damaged("a block larger than the frame allows");
    }
    output.repeat(distance, count);
  }
}

function damaged(reason: string): CompressionError {
  return new CompressionError("damaged", `damaged lz4 data: ${reason}`);
}
