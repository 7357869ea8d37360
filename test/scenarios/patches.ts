/** The known bugs of this folder, and copies of the source that have one of them. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(folder));
const PATCH_SUFFIX = ".patch";

/** A bug as a patch of the source. */
export interface Scenario {
  readonly name: string;
  /** The patch file. */
  readonly path: string;
  /** What the bug is: the text before the patch. */
  readonly what: string;
  /** The files that the patch changes. */
  readonly files: readonly string[];
}

/** All scenarios, by name. */
export function scenarios(): Scenario[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(PATCH_SUFFIX))
    .sort()
    .map((name) => readScenario(join(folder, name)));
}

function readScenario(path: string): Scenario {
  const text = readFileSync(path, "utf8");
  const files = Array.from(text.matchAll(/^\+\+\+ b\/(\S+)/gm), ([, file]) => file ?? "");
  const [head = ""] = text.split(/^--- /m);
  return { name: basename(path, PATCH_SUFFIX), path, what: head.trim(), files };
}

/** A copy of the source, in a folder of its own, that is removed with {@link Copy.remove}. */
export interface Copy {
  readonly path: string;
  readonly remove: () => void;
}

/** Copies the source of this checkout, or of another copy: what is compared must be the same source. */
export function copySource(from: string = root): Copy {
  const path = mkdtempSync(join(tmpdir(), "moldau-scenario-"));
  for (const name of ["src", "package.json", "tsconfig.json"]) {
    cpSync(join(from, name), join(path, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(path, "node_modules"), "junction");
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Applies the bug to a copy, or with `check` only says whether it could. Throws when it does not fit. */
export function applyScenario(
  { path }: Scenario,
  copy: Copy,
  options: { readonly check?: boolean } = {},
): void {
  const check = options.check === true ? ["--check"] : [];
  execFileSync("git", ["apply", ...check, path], {
    cwd: copy.path,
    stdio: ["ignore", "ignore", "pipe"],
    // A checkout around the temporary folder must not be what is patched.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(copy.path) },
  });
}
