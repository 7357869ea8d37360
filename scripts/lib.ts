import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the clone. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const skippedFolders = new Set(["node_modules", "dist", ".git", ".cache", "fixtures"]);

/** Files below `folder` whose name ends in `ending`, as sorted paths relative to the clone. */
export function filesBelow(folder: string, ending: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) walk(child);
      else if (entry.isFile() && entry.name.endsWith(ending)) found.push(relative(root, child));
    }
  };
  const start = join(root, folder);
  if (fs.existsSync(start)) walk(start);
  return found.sort();
}

/** What a program that ran printed. */
export interface Outcome {
  readonly code: number;
  /** Both streams in the order they came. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** Runs a program to its end. A program that cannot be started has code 127. */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    let output = "";
    let stdout = "";
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const end = (code: number): void =>
      resolve({ code, output, stdout, seconds: (performance.now() - startedMs) / 1000 });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
      end(127);
    });
    child.on("close", (code) => end(code ?? 1));
  });
}

/** The path of a program that a dependency brings. */
export function binary(name: string): string {
  const suffix = process.platform === "win32" ? ".cmd" : "";
  return join(root, "node_modules", ".bin", `${name}${suffix}`);
}

/** One thing that is checked: it says what is wrong, or nothing. */
export interface Step {
  readonly name: string;
  /** The complaint; empty when all is well. */
  readonly run: () => Promise<string>;
}

/** A step that is a program: it fails with what the program printed. */
export function programStep(name: string, file: string, args: readonly string[]): Step {
  return {
    name,
    async run() {
      const outcome = await run(file, args);
      return outcome.code === 0 ? "" : outcome.output || `exit code ${outcome.code}`;
    },
  };
}

/** Runs steps at most `atOnce` at a time, prints each as it ends; returns how many failed. */
export async function runSteps(steps: readonly Step[], atOnce: number): Promise<number> {
  const waiting = [...steps];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const startedMs = performance.now();
      const complaint = await step.run().catch((thrown: unknown) => String(thrown));
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      console.log(`${complaint === "" ? "ok    " : "FAILED"} ${step.name.padEnd(10)} ${seconds} s`);
      if (complaint === "") continue;
      failed++;
      console.log(complaint.trimEnd().replace(/^/gm, "       "));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

/** The last line of a daily command. */
export function printResult(passed: number, failed: number, skipped = 0): void {
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  process.exitCode = failed === 0 ? 0 : 1;
}
