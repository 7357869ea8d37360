import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { createRequire } from "node:module";
import { codecId, codecOfId, compress, compressionCodecs, decompress } from "./compression.ts";
import { CompressionError, type CompressionErrorKind } from "./errors.ts";
import { decompressLz4Frame } from "./lz4.ts";
import { xxHash32 } from "./xxhash32.ts";

const samples: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from("a"),
  Buffer.alloc(200_000, "abc"),
  Buffer.alloc(70_000, 0),
  noise(100_000),
  Buffer.concat([noise(40_000), Buffer.alloc(40_000, 7), noise(40_000)]),
];

function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 12345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

function refuses(run: () => unknown, kind: CompressionErrorKind): void {
  assert.throws(run, (thrown) => {
    assert.ok(thrown instanceof CompressionError, String(thrown));
    assert.equal(thrown.kind, kind);
    return true;
  });
}

for (const codec of compressionCodecs) {
  test(`${codec} gives back what it was given`, () => {
    for (const sample of samples) {
      assert.deepEqual(decompress(codec, compress(codec, sample)), sample);
    }
    assert.equal(codecOfId(codecId(codec)), codec);
  });
}

for (const codec of ["gzip", "snappy", "lz4", "zstd"] as const) {
  test(`${codec} never gives more than the cap`, () => {
    const bomb = compress(codec, Buffer.alloc(8 * 1024 * 1024));
    assert.equal(decompress(codec, bomb, 8 * 1024 * 1024).length, 8 * 1024 * 1024);
    for (const cap of [0, 1, 1000, 8 * 1024 * 1024 - 1]) {
      refuses(() => decompress(codec, bomb, cap), "too-large");
    }
  });

  test(`${codec} cut at any place is damage, not less data`, () => {
    const whole = compress(codec, samples[5]!.subarray(39_000, 81_000));
    const step = Math.ceil(whole.length / 300);
    for (let end = 0; end < whole.length; end += step) {
      try {
        const cut = decompress(codec, whole.subarray(0, end));
        // Frames of several parts may end between two of them; zstd makes nothing of nothing.
        assert.ok(
          codec === "snappy" || end === 0,
          `${codec} cut at ${end} gave ${cut.length} bytes`,
        );
      } catch (thrown) {
        assert.ok(thrown instanceof CompressionError && thrown.kind === "damaged", String(thrown));
      }
    }
  });
}

test("numbers without a codec are refused", () => {
  for (const id of [5, 6, 7, -1]) refuses(() => codecOfId(id), "unknown-codec");
});

test("levels are taken", () => {
  const text = Buffer.from(
    Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 1000} `).join(""),
  );
  assert.ok(compress("gzip", text, 9).length <= compress("gzip", text, 1).length);
  assert.ok(compress("zstd", text, 19).length < compress("zstd", text, -50).length);
});

test("raw snappy without framing is read, as some clients write it", () => {
  const { compressSync } = createRequire(import.meta.url)("snappy") as {
    compressSync(bytes: Buffer): Buffer;
  };
  for (const sample of samples)
    assert.deepEqual(decompress("snappy", compressSync(sample)), sample);
});

test("a snappy block that lies about its length costs no memory", () => {
  const claim = Buffer.from("ffffffff0f0000", "hex");
  refuses(() => decompress("snappy", claim), "damaged");
  const framed = compress("snappy", Buffer.from("hello"));
  framed.writeUInt32BE(0x7fffffff, 16);
  refuses(() => decompress("snappy", framed), "damaged");
});

test("lz4 frames with block and content checksums and a content size are read", () => {
  const { compressFrameSync } = createRequire(import.meta.url)("lz4-napi") as {
    compressFrameSync(
      bytes: Buffer,
      options: { contentChecksum?: boolean; blockChecksums?: boolean },
    ): Buffer;
  };
  for (const sample of samples) {
    for (const contentChecksum of [false, true]) {
      for (const blockChecksums of [false, true]) {
        const frame = compressFrameSync(sample, { contentChecksum, blockChecksums });
        assert.deepEqual(decompressLz4Frame(frame, sample.length), sample);
      }
    }
  }
  const checked = compressFrameSync(noise(1000), { blockChecksums: true });
  checked[500]! ^= 1;
  refuses(() => decompressLz4Frame(checked, 2000), "damaged");
});

/** A frame around blocks, each [bytes, whether they are compressed]. */
function lz4Frame(
  flags: number,
  descriptor: number,
  blocks: readonly (readonly [Buffer, boolean])[],
) {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, descriptor, 0]);
  head[6] = (xxHash32(head, 4, 6) >>> 8) & 0xff;
  const parts: Buffer[] = [head];
  for (const [bytes, compressed] of blocks) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE((compressed ? bytes.length : bytes.length + 0x8000_0000) >>> 0);
    parts.push(size, bytes);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

test("an lz4 frame is refused for what Kafka's readers refuse it for", () => {
  const block = [Buffer.from("hello"), false] as const;
  const cap = 1 << 20;
  assert.equal(String(decompressLz4Frame(lz4Frame(0x60, 0x40, [block]), cap)), "hello");
  for (const [flags, descriptor] of [
    [0x40, 0x40], // blocks that depend on each other
    [0x61, 0x40], // a dictionary
    [0xa0, 0x40], // another version
    [0x60, 0x30], // a block size that there is not
    [0x60, 0xc0],
    [0x60, 0x41],
  ] as const) {
    refuses(() => decompressLz4Frame(lz4Frame(flags, descriptor, [block]), cap), "damaged");
  }
  const wrong = lz4Frame(0x60, 0x40, [block]);
  wrong[6]! ^= 1;
  refuses(() => decompressLz4Frame(wrong, cap), "damaged");
  assert.equal(String(decompressLz4Frame(wrong, cap, true)), "hello");
});

test("hostile lz4 blocks are refused", () => {
  const hostile = [
    "10", // a literal that is not there
    "f0ffffffff", // a length that does not end
    "0f0000", // a match at distance 0
    "14610200", // a match before the block
    "1f6101", // a match cut short
    "1f610100" + "ff".repeat(300) + "00" + "1061", // more than the block may hold
  ];
  for (const hex of hostile) {
    const frame = lz4Frame(0x60, 0x40, [[Buffer.from(hex, "hex"), true]]);
    refuses(() => decompressLz4Frame(frame, 1 << 20), "damaged");
  }
});

test("xxHash32 is that of the standard", () => {
  const hash = (text: string): number => xxHash32(Buffer.from(text), 0, Buffer.byteLength(text));
  assert.equal(hash(""), 0x02cc5d05);
  assert.equal(hash("a"), 0x550d7456);
  assert.equal(hash("abc"), 0x32d153ff);
  assert.equal(hash("Nobody inspects the spammish repetition"), 0xe2293b2f);
});

test("gzip of several members is read whole, as Java does", () => {
  const members = Buffer.concat([zlib.gzipSync("one "), zlib.gzipSync("two")]);
  assert.equal(String(decompress("gzip", members)), "one two");
});
