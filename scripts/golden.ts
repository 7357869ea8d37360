/**
 * `npm run golden -- DIR…`: checks the codecs against golden corpora, folders of `*.jsonl.gz`
 * (or `golden/*.jsonl.gz` in them). Without a folder the one in `test/fixtures/golden`.
 */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { checkGoldenLine, isGoldenLine } from "../src/protocol/golden.ts";

const FAILURES_SHOWN_MAX = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

type Check = (line: unknown) => string | undefined;

function corpusFiles(directory: string): string[] {
  const inner = join(directory, "golden");
  const folder = existsSync(inner) ? inner : directory;
  return readdirSync(folder)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function* linesOf(file: string): Generator<unknown> {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  for (const line of text.split("\n")) {
    if (line !== "") yield JSON.parse(line);
  }
}

async function recordBatchCheck(): Promise<Check | undefined> {
  const file = join(root, "src", "records", "golden.ts");
  if (!existsSync(file)) return undefined;
  const module: { checkRecordBatchLine: Check } = await import("../src/records/golden.ts");
  return module.checkRecordBatchLine;
}

function checkMessage(line: unknown): string | undefined {
  return isGoldenLine(line) ? checkGoldenLine(line) : "the line is no sample of a message";
}

function nameOf(line: unknown): string {
  if (isGoldenLine(line)) return `${line.name} v${line.version}`;
  return typeof line === "object" && line !== null && "kind" in line ? String(line.kind) : "a line";
}

const directories = process.argv.slice(2);
if (directories.length === 0) directories.push(join(root, "test", "fixtures", "golden"));

const checkBatch = await recordBatchCheck();
let passed = 0;
let failed = 0;
let skipped = 0;
for (const directory of directories) {
  const files = corpusFiles(directory);
  if (files.length === 0) {
    console.error(`no *.jsonl.gz in ${directory}`);
    failed++;
  }
  for (const file of files) {
    const batches = /record-batches\.jsonl/.test(file);
    const check = batches ? checkBatch : checkMessage;
    for (const line of linesOf(file)) {
      if (check === undefined) {
        skipped++;
        continue;
      }
      const reason = check(line);
      if (reason === undefined) passed++;
      else if (++failed <= FAILURES_SHOWN_MAX) {
        console.error(`${file}: ${nameOf(line)}: ${reason.slice(0, 600)}`);
      }
    }
  }
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
