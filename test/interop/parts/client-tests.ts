import { join } from "node:path";
import { root } from "../cache.ts";
import type { Context } from "../part.ts";
import { run } from "../processes.ts";

const TIMEOUT_MS = 300_000;

interface Result {
  readonly ok: boolean;
  readonly title: string;
  /** What the runner says about it. */
  readonly details: string;
}

/** The tests in the runner's TAP. */
function resultsIn(output: string): readonly Result[] {
  return output.split(/^(?=(?:not )?ok \d+ - )/m).flatMap((part) => {
    const [, verdict, title = ""] = /^(ok|not ok) \d+ - (.+)$/m.exec(part) ?? [];
    return verdict === undefined ? [] : [{ ok: verdict === "ok", title, details: part }];
  });
}

/** Runs tests of `test/client` in a process of their own and reports each of them for a part. */
export async function runClientTests(
  context: Context,
  part: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const paths = files.map((file) => join("test", "client", file));
  const args = ["--test", "--test-reporter=tap", ...paths];
  const outcome = await run(process.execPath, args, { cwd: root, env, timeoutMs: TIMEOUT_MS });
  const results = resultsIn(outcome.stdout);
  for (const { ok, title, details } of results) {
    if (ok) context.report.pass(part, title, Number(/duration_ms: ([\d.]+)/.exec(details)?.[1]));
    else context.report.fail(part, title, details);
  }
  if (results.length === 0) throw new Error(`no test ran: ${outcome.stdout}${outcome.stderr}`);
}
