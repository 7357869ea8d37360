import { root } from "./cache.ts";
import type { Report } from "./report.ts";
import { run } from "./processes.ts";

/** Of what a run said at last. */
const OUTPUT_MAX = 2_000;

interface Result {
  readonly outcome: "ok" | "not ok" | "skipped";
  readonly title: string;
  /** What the runner says about it. */
  readonly details: string;
}

/** The tests in the runner's TAP. */
function resultsIn(output: string): readonly Result[] {
  return output.split(/^(?=(?:not )?ok \d+ - )/m).flatMap((part) => {
    const [, verdict, title = "", skipped] =
      /^(ok|not ok) \d+ - (.+?)( # SKIP.*)?$/m.exec(part) ?? [];
    if (verdict === undefined) return [];
    const outcome = skipped === undefined ? (verdict === "ok" ? "ok" : "not ok") : "skipped";
    return [{ outcome, title, details: part }];
  });
}

/**
 * Runs test files of this project with Node's runner, one after the other, and reports each test under the
 * name of a part. `env` tells them what to run against.
 */
export async function runNodeTests(
  report: Report,
  part: string,
  options: {
    readonly files: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
): Promise<void> {
  const { files, env, timeoutMs } = options;
  const args = ["--test", "--test-reporter=tap", "--test-concurrency=1", ...files];
  const outcome = await run(process.execPath, args, { cwd: root, env, timeoutMs });
  const results = resultsIn(outcome.stdout);
  for (const { outcome: verdict, title, details } of results) {
    const ms = Number(/duration_ms: ([\d.]+)/.exec(details)?.[1]);
    if (verdict === "ok") report.pass(part, title, ms);
    else if (verdict === "not ok") report.fail(part, title, details);
  }
  if (results.length === 0) throw new Error(`no test ran: ${outcome.stdout}${outcome.stderr}`);
  // Tests that never end, or a file that fails outside of its tests.
  const isTold = results.some(({ outcome: verdict }) => verdict === "not ok");
  if (outcome.code !== 0 && !isTold) {
    throw new Error(`the runner ended with ${outcome.code}: ${outcome.stderr.slice(-OUTPUT_MAX)}`);
  }
}
