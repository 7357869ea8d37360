import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { clientError } from "../client/errors.ts";
import { carryOut, difference, type Change, type Outcome, type Plan } from "./changes.ts";
import { Options } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { Problem } from "./problem.ts";

class Collected extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

interface Run {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Names of the changes that were handed to `apply`. */
  readonly applied: readonly string[] | undefined;
}

const alter: Change = {
  kind: "topic",
  name: "orders",
  action: "alter",
  differences: [
    difference("partitions", 3, 6),
    difference("retention.ms", null, "5"),
    difference("cleanup.policy", "compact", null),
  ],
};
const settled: Change = { ...alter, name: "same", settled: { result: "unchanged" } };
const impossible: Change = {
  ...alter,
  name: "smaller",
  settled: { result: "failed", error: new Problem("MLD3010", "it has more partitions already") },
};

async function run(
  changes: readonly Change[],
  options: Record<string, unknown> = {},
  plan: Partial<Plan> & { readonly outcomes?: readonly Outcome[] } = {},
): Promise<Run> {
  const stdout = new Collected();
  const stderr = new Collected();
  const terminal = { stdin: Readable.from([]), stdout, stderr, env: { NO_COLOR: "1" } };
  let applied: string[] | undefined;
  const code = await carryOut(terminal, new Options(new Map(Object.entries(options))), {
    changes,
    apply: (open) => {
      applied = open.map(({ name }) => name);
      return Promise.resolve(plan.outcomes ?? open.map(() => ({})));
    },
    ...plan,
  });
  return { code, stdout: stdout.text, stderr: stderr.text, applied };
}

test("a dry run shows every difference and does nothing", async () => {
  const dry = await run([alter, settled], { "dry-run": true, output: "table" });
  assert.deepEqual(dry, {
    code: ExitCode.ok,
    stdout:
      "topic orders  would be altered\n" +
      "  ~ partitions      3 → 6\n" +
      "  + retention.ms    5\n" +
      "  - cleanup.policy  compact\n" +
      "topic same  is so already\n",
    stderr: "Nothing was changed: this is a dry run.\n",
    applied: undefined,
  });
  const { stdout } = await run([alter], { "dry-run": true, output: "ndjson" });
  assert.deepEqual(JSON.parse(stdout), {
    kind: "topic",
    name: "orders",
    action: "alter",
    result: "planned",
    differences: [
      { field: "partitions", before: "3", after: "6" },
      { field: "retention.ms", before: null, after: "5" },
      { field: "cleanup.policy", before: "compact", after: null },
    ],
  });
});

test("what is settled is told, and not done", async () => {
  const done = await run([alter, settled], { output: "table" });
  assert.deepEqual(done.applied, ["orders"]);
  assert.match(
    done.stdout,
    /^✓ topic orders altered {2}partitions 3 → 6, .*\ntopic same is so already\n$/,
  );
  const none = await run([settled], { output: "table" });
  assert.deepEqual([none.applied, none.code], [undefined, ExitCode.ok]);
  const partly = await run([alter, impossible], { output: "table" });
  assert.equal(partly.code, ExitCode.partial);
  assert.equal(partly.stderr, "MLD3010 it has more partitions already\n");
});

test("a question needs somebody who answers, or --yes", async () => {
  const question = "Delete orders?";
  await assert.rejects(run([alter], {}, { question }), /this asks first: Delete orders\?/);
  assert.deepEqual((await run([alter], { yes: true }, { question })).applied, ["orders"]);
  assert.equal((await run([alter], { "dry-run": true }, { question })).code, ExitCode.ok);
  assert.equal((await run([settled], {}, { question })).code, ExitCode.ok);
});

test("the exit code tells whether all failed, some, or none", async () => {
  const gone = { error: clientError("TIMED_OUT", "nobody answered") };
  const code = async (...outcomes: Outcome[]): Promise<ExitCode> =>
    (
      await run(
        outcomes.map((_, index) => ({ ...alter, name: String(index) })),
        {},
        { outcomes },
      )
    ).code;
  assert.equal(await code({}, {}), ExitCode.ok);
  assert.equal(await code({ unchanged: true }), ExitCode.ok);
  assert.equal(await code({}, gone), ExitCode.partial);
  assert.equal(await code(gone, gone), ExitCode.timedOut);
  const failed = await run([alter], {}, { outcomes: [gone] });
  assert.deepEqual(
    [JSON.parse(failed.stdout).result, JSON.parse(failed.stdout).code],
    ["failed", "MLD3005"],
  );
});

test("nothing to change is said to people alone", async () => {
  assert.equal((await run([], { output: "table" }, { empty: "Nobody." })).stderr, "Nobody.\n");
  assert.deepEqual((await run([], { output: "json" })).stdout, "[]\n");
});
