import { bench, do_not_optimize, run, summary } from "mitata";
import { crc32c } from "../core/crc32c.ts";
import { BatchBuilder } from "./build.ts";
import type { CompressionCodec } from "./compression.ts";
import { BATCH_HEADER_BYTES, RecordBatchView } from "./record-batch.ts";
import { scanRecords } from "./scan-records.ts";
import { validateBatch, type BatchRules } from "./validate.ts";

/** By hand: `node src/records/validate.bench.ts`. Figures are those of one batch. */
const NOW_MS = 1_700_000_000_000;

const rules: BatchRules = {
  isCompacted: false,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  batchBytesMax: 1_048_588,
  decompressedBytesMax: 64 * 1024 * 1024,
};

function batchOf(batchBytes: number, valueBytes: number, compression: CompressionCodec): Buffer {
  const builder = new BatchBuilder({ compression });
  const record = Buffer.alloc(valueBytes);
  for (let i = 0; builder.sizeBytes + valueBytes + 10 < batchBytes; i++) {
    for (let at = 0; at < valueBytes; at++) record[at] = 97 + ((at * i * 7) % 26);
    builder.append({ timestamp: NOW_MS + (i >> 3), key: null, value: record });
  }
  return builder.finish();
}

const sizes = [
  ["16 KB of 100 B", 16 * 1024, 100],
  ["64 KB of 1 KB", 64 * 1024, 1024],
  ["one record of 200 B", 280, 200],
] as const;

for (const [name, batchBytes, valueBytes] of sizes) {
  const batch = batchOf(batchBytes, valueBytes, "none");
  const { count } = new RecordBatchView(batch);
  summary(() => {
    bench(`${name}: validate (${count} records)`, () => {
      do_not_optimize(validateBatch(batch, 0, batch.length, rules, NOW_MS));
    });
    bench(`${name}: checksum alone`, () => {
      do_not_optimize(crc32c(batch, 21, batch.length));
    });
    bench(`${name}: scan alone`, () => {
      do_not_optimize(scanRecords(batch, BATCH_HEADER_BYTES, batch.length, count));
    });
  });
}

for (const codec of ["gzip", "snappy", "lz4", "zstd"] as const) {
  const batch = batchOf(64 * 1024, 1024, codec);
  bench(`64 KB of 1 KB, ${codec}: validate`, () => {
    do_not_optimize(validateBatch(batch, 0, batch.length, rules, NOW_MS));
  });
}

await run();
