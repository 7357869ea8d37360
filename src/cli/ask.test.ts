import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { askSecret, canAsk, confirm } from "./ask.ts";
import type { Terminal } from "./terminal.ts";

/** A terminal at which somebody types. */
function typist(isTTY = true) {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (on: boolean) => raw.push(on),
  });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const terminal: Terminal = { stdin, stdout: new PassThrough(), stderr, env: {} };
  return { terminal, stdin, raw, shown: () => String(stderr.read() ?? "") };
}

test("a question is answered with y or yes, and anything else is no", async () => {
  for (const [typed, answer] of [
    ["y\n", true],
    ["YES\n", true],
    ["\n", false],
    ["no\n", false],
  ] as const) {
    const { terminal, stdin, shown } = typist();
    const asked = confirm(terminal, "Delete orders?");
    stdin.write(typed);
    assert.equal(await asked, answer, typed);
    assert.match(shown(), /Delete orders\? \[y\/N\] /);
  }
});

test("a password is not shown while it is typed", async () => {
  const { terminal, stdin, raw, shown } = typist();
  const asked = askSecret(terminal, "? ");
  stdin.write("s3");
  stdin.write("\u007f4\rahead\r");
  assert.equal(await asked, "s4");
  assert.equal(await askSecret(terminal, "?? "), "ahead");
  assert.equal(shown(), "? \n?? \n");
  assert.deepEqual(raw, [true, false, true, false]);
  const given = askSecret(terminal, "");
  stdin.write("half\u0003");
  assert.equal(await given, undefined);
});

test("in a pipe nobody is asked", async () => {
  const { terminal } = typist(false);
  assert.equal(canAsk(terminal), false);
  assert.equal(await askSecret(terminal, "Password: "), undefined);
});
