import { join } from "node:path";
import { runNodeTests } from "../node-tests.ts";
import type { Context } from "../part.ts";

const TIMEOUT_MS = 300_000;

/** Runs tests of `test/client` in a process of their own and reports each of them for a part. */
export function runClientTests(
  { report }: Context,
  part: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const paths = files.map((file) => join("test", "client", file));
  return runNodeTests(report, part, { files: paths, env, timeoutMs: TIMEOUT_MS });
}
