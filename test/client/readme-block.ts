import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The block after the mark `<!-- run: NAME -->` of the README. */
export function readmeBlock(name: string): string {
  const readme = fs.readFileSync(join(root, "README.md"), "utf8");
  const pattern = new RegExp(`<!-- run: ${name} -->\\n\`\`\`ts\\n([^]*?)\\n\`\`\``);
  const block = pattern.exec(readme)?.[1];
  assert.ok(block !== undefined, `README.md has a block ${name}`);
  return block;
}

/** Runs a program that imports the package by its name; what it writes. */
export function runProgram(name: string, program: string): string {
  const file = join(root, ".cache", `readme-${name}-${process.pid}.mjs`);
  fs.mkdirSync(join(root, ".cache"), { recursive: true });
  fs.writeFileSync(file, program);
  try {
    const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
    return execFileSync(process.execPath, ["--import", hooks, file], { encoding: "utf8" });
  } finally {
    fs.rmSync(file);
  }
}
