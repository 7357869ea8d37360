import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { MoldauError } from "../core/errors.ts";
import { buildBatch, recompressBatch, type NewRecord } from "./build.ts";
import { compressionCodecs, decompress } from "./compression.ts";
import { anyBatchesIn, LegacyBatchView } from "./legacy.ts";
import {
  completeBatchSizeAt,
  magicAt,
  measureBatches,
  RecordBatchView,
  stampChecksum,
} from "./record-batch.ts";
import type { RecordView } from "./record-cursor.ts";
import { validateBatch, type BatchRules } from "./validate.ts";

/**
 * Hostile bytes against all readers: success or a typed error, output within its cap, never a crash.
 * By hand: `node src/records/records.fuzz.ts --cases 1000000 --seed 7`.
 */
const NOW_MS = 1_700_000_000_000;
const CAP_BYTES = 256 * 1024;

const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)));

/** A record to write. */
export const anyRecord: fc.Arbitrary<NewRecord> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: NOW_MS - 100_000_000, max: NOW_MS + 100_000_000 }),
    fc.nat(2 ** 50),
    fc.constant(-1),
  ),
  key: bytesOrNull,
  value: bytesOrNull,
  headers: fc.array(fc.record({ key: fc.string({ unit: "grapheme" }), value: bytesOrNull }), {
    maxLength: 4,
  }),
});

/** What a record holds, in a form that compares. */
export function plainOf(record: NewRecord | RecordView): unknown {
  const hex = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString("hex");
  return {
    timestamp: record.timestamp,
    key: hex(record.key),
    value: hex(record.value),
    headers: (record.headers ?? []).map((header) => [
      Buffer.from(header.key).toString(),
      hex(header.value),
    ]),
  };
}

export const fuzzRules: BatchRules = {
  isCompacted: false,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: Infinity,
  batchBytesMax: 1_048_588,
  decompressedBytesMax: CAP_BYTES,
};

/** The batches of the golden corpus that are a fit start for mutations. */
export function goldenBatches(): Buffer[] {
  const corpus = new URL("../../test/fixtures/golden/record-batches.jsonl.gz", import.meta.url);
  return gunzipSync(readFileSync(corpus))
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Buffer.from((JSON.parse(line) as { hex: string }).hex, "hex"))
    .filter((bytes) => bytes.length > 12 && bytes.length < 20_000);
}

/** One change: a bit, a byte, a field of four bytes, a cut, a stretch doubled. */
const mutation = fc.record({
  kind: fc.constantFrom("bit", "byte", "int", "cut", "repeat", "trail"),
  at: fc.nat(),
  value: fc.nat(0xffffffff),
});

type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(original: Buffer, { kind, at, value }: Mutation): Buffer {
  if (original.length === 0) return original;
  const place = at % original.length;
  switch (kind) {
    case "cut":
      return original.subarray(0, place);
    case "repeat":
      return Buffer.concat([original.subarray(0, place), original.subarray(place >> 1)]);
    case "trail":
      return Buffer.concat([original, original.subarray(0, place)]);
    case "bit":
      original[place]! ^= 1 << (value & 7);
      return original;
    case "int":
      if (place + 4 <= original.length) original.writeUInt32BE(value, place);
      return original;
    default:
      original[place] = value;
      return original;
  }
}

/** Runs, and lets typed errors pass; anything else is a finding. */
function typed(run: () => void): void {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof MoldauError)) throw thrown;
  }
}

/** Every reader over the same bytes. */
function readEveryWay(bytes: Buffer): void {
  const { validEnd } = measureBatches(bytes, 0, bytes.length, true);
  assert.ok(validEnd <= bytes.length);
  typed(() => {
    for (const batch of anyBatchesIn(bytes)) {
      typed(() => {
        let count = 0;
        for (const _ of batch.records(CAP_BYTES)) count++;
        assert.ok(count <= CAP_BYTES);
      });
    }
  });
  const result = validateBatch(bytes, 0, bytes.length, fuzzRules, NOW_MS);
  if (result.ok) {
    // What is let in can be read by everybody.
    const batch = new RecordBatchView(bytes, 0);
    assert.equal([...batch.records(CAP_BYTES)].length, result.recordCount);
    assert.equal(batch.verifyChecksum(), true);
  }
}

/** Mutated golden batches, half of them with their checksum mended so that the damage lies deeper. */
export function fuzzMutations(numRuns: number, seed: number): void {
  const golden = goldenBatches();
  fc.assert(
    fc.property(
      fc.nat(golden.length - 1),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      (index, mutations, mend, atZero) => {
        let bytes = Buffer.from(golden[index]!);
        for (const change of mutations) bytes = Buffer.from(mutate(bytes, change));
        const size = completeBatchSizeAt(bytes, 0, bytes.length);
        if (mend && size >= 61 && magicAt(bytes, 0) === 2) {
          if (atZero) bytes.fill(0, 0, 8);
          stampChecksum(bytes, 0);
        }
        readEveryWay(bytes);
      },
    ),
    { numRuns, seed },
  );
}

/** Any records: built, validated, read and recompressed; equal each time. */
export function fuzzRoundTrips(numRuns: number, seed: number): void {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 30 }),
      fc.constantFrom(...compressionCodecs),
      fc.constantFrom(...compressionCodecs),
      (records, first, second) => {
        const built = buildBatch(records, { compression: first });
        const again = recompressBatch(new RecordBatchView(built), second);
        for (const bytes of [built, again]) {
          const result = validateBatch(bytes, 0, bytes.length, fuzzRules, NOW_MS);
          assert.ok(result.ok, JSON.stringify(result));
          const read = [...new RecordBatchView(bytes).records()];
          assert.deepEqual(read.map(plainOf), records.map(plainOf));
          assert.equal(read[result.offsetDeltaOfMaxTimestamp]?.timestamp, result.maxTimestamp);
          assert.ok(read.every((record) => record.timestamp <= result.maxTimestamp));
        }
      },
    ),
    { numRuns, seed },
  );
}

/** Bytes that claim to be compressed, some with the beginning of the real thing. */
export function fuzzDecompression(numRuns: number, seed: number): void {
  const sound = compressedSamples();
  fc.assert(
    fc.property(
      fc.constantFrom(...compressionCodecs),
      fc.nat(sound.length - 1),
      fc.array(mutation, { maxLength: 4 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(CAP_BYTES),
      (codec, index, mutations, random, capBytes) => {
        let bytes = Buffer.from(sound[index]!);
        for (const change of mutations) bytes = Buffer.from(mutate(bytes, change));
        const tail = Buffer.concat([bytes.subarray(0, random.length), random]);
        for (const input of [bytes, Buffer.from(random), tail]) {
          typed(() => {
            const output = decompress(codec, input, capBytes);
            assert.ok(codec === "none" || output.length <= capBytes);
          });
        }
      },
    ),
    { numRuns, seed },
  );
}

function compressedSamples(): Buffer[] {
  const text = Buffer.from("moldau ".repeat(2000) + "vltava");
  const samples: Buffer[] = [];
  for (const compression of compressionCodecs) {
    const batch = buildBatch([{ timestamp: NOW_MS, key: null, value: text }], { compression });
    samples.push(new RecordBatchView(batch).body());
  }
  for (const bytes of goldenBatches()) {
    if (magicAt(bytes, 0) > 1) continue;
    typed(() => {
      const entry = new LegacyBatchView(bytes);
      if (entry.compression !== "none") samples.push(bytes.subarray(entry.magic === 0 ? 26 : 34));
    });
  }
  return samples;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { cases: { type: "string", default: "100000" }, seed: { type: "string" } },
  });
  const cases = Number(values.cases);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  fuzzMutations(cases, seed);
  fuzzRoundTrips(Math.ceil(cases / 10), seed);
  fuzzDecompression(cases, seed);
  console.log(`${cases * 2 + Math.ceil(cases / 10)} passed, 0 failed`);
}
