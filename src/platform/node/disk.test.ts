import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "./disk.ts";

test("a directory is made with its parents, and again without complaint", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "moldau-disk-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const deep = join(folder, "a", "b", "c");
  nodeDisk.makeDirectory(deep);
  nodeDisk.makeDirectory(deep);
  assert.ok(existsSync(deep));
});

test("a directory that cannot be made is refused, below a parent that takes none", () => {
  assert.throws(() => nodeDisk.makeDirectory("/proc/none/of/these"), { name: "DiskError" });
});
