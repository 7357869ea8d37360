import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

/** Opens itself until it may not, and says why it may not. */
const program = `
  const { nodeDisk } = await import(process.argv[1]);
  const files = [];
  try {
    for (;;) files.push(nodeDisk.open(process.argv[1], "read"));
  } catch (error) {
    for (const file of files) file.close();
    console.log(error.kind, error.cause.code, files.length > 0);
  }
`;

test("too many open files are no fault of the device: there is no room for now", () => {
  const args = ["--input-type=module", "-e", program, join(import.meta.dirname, "disk.ts")];
  const command = 'ulimit -n 60; exec "$0" "$@"';
  const output = execFileSync("sh", ["-c", command, process.execPath, ...args], {
    encoding: "utf8",
  });
  assert.equal(output.trim(), "full EMFILE true");
});
