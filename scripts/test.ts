/**
 * `npm test [-- PATH… ] [-t NAME]`: every `*.test.ts`, or those below the given paths, with Node's own test runner.
 * Prints a line per file and whatever failed; ends with the counts.
 */
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { run, type EventData } from "node:test";
import { parseArgs } from "node:util";
import { filesBelow, printResult, root } from "./lib.ts";

/** A test that takes longer hangs. */
const TEST_TIMEOUT_MS = 10 * 60_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { test: { type: "string", short: "t", multiple: true } },
});
const wanted = positionals.map((path) => relative(root, join(process.cwd(), path)));
const files = ["src", "scripts", "test", "bench", "docker"]
  .flatMap((folder) => filesBelow(folder, ".test.ts"))
  .filter(
    (file) =>
      wanted.length === 0 || wanted.some((path) => file === path || file.startsWith(`${path}/`)),
  );

type Fail = EventData.TestFail;
const failures: Fail[] = [];
let counts = { passed: 0, failed: 0, skipped: 0 };

function summary({ file, counts: of, duration_ms: ms }: EventData.TestSummary): void {
  const failed = of.tests - of.passed - of.skipped - of.todo;
  if (file === undefined) {
    counts = { passed: of.passed, failed, skipped: of.skipped + of.todo };
    return;
  }
  const state = failed === 0 ? "ok    " : "FAILED";
  const seconds = (ms / 1000).toFixed(1).padStart(5);
  const name = relative(root, file);
  console.log(`${state} ${seconds} s ${String(of.passed).padStart(5)} ${name}`);
}

function describe(failure: Fail): string {
  const place =
    failure.file === undefined ? "" : ` (${relative(root, failure.file)}:${failure.line ?? 0})`;
  const error = failure.details.error;
  const cause =
    error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.message;
  return `\n✖ ${failure.name}${place}\n${cause.replace(/^/gm, "  ")}`;
}

if (files.length === 0) {
  console.error(`no tests below ${positionals.join(", ")}`);
  process.exitCode = 2;
} else {
  const stream = run({
    files: files.map((file) => join(root, file)),
    concurrency: Math.max(2, availableParallelism()),
    timeout: TEST_TIMEOUT_MS,
    execArgv: ["--import", new URL("./test-ends.ts", import.meta.url).href],
    ...(values.test === undefined ? {} : { testNamePatterns: values.test }),
  });
  stream.on("test:summary", summary);
  stream.on("test:stdout", ({ message }) => process.stdout.write(message));
  stream.on("test:stderr", ({ message }) => process.stderr.write(message));
  stream.on("test:fail", (failure) => {
    // A suite or a file fails because of what is in it, which is told already.
    if (failure.details.type !== "suite" && !isOfSubtests(failure)) failures.push(failure);
  });
  for await (const _event of stream);
  for (const failure of failures) console.log(describe(failure));
  if (failures.length > 0) console.log("");
  printResult(counts.passed, counts.failed, counts.skipped);
}

function isOfSubtests(failure: Fail): boolean {
  const error: Error & { failureType?: unknown } = failure.details.error;
  return error.failureType === "subtestsFailed";
}
