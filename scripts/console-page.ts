/** Builds the console's page into `dist/console-page`, when it is missing or older than its sources. */
import * as fs from "node:fs";
import { join } from "node:path";
import { binary, root, run } from "./lib.ts";

const built = join(root, "dist", "console-page", "index.html");
const folder = join(root, "src", "console", "page");
const sources = [folder, join(root, "src", "console", "api.ts"), join(root, "package-lock.json")];

/** When any of the files below a path changed last. */
function newestMs(path: string): number {
  const status = fs.statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...fs.readdirSync(path).map((name) => newestMs(join(path, name))));
}

export function isConsolePageBuilt(): boolean {
  const status = fs.statSync(built, { throwIfNoEntry: false });
  return status !== undefined && Math.max(...sources.map(newestMs)) <= status.mtimeMs;
}

/** Throws with the builder's output when it fails. */
export async function buildConsolePage(isForced = false): Promise<void> {
  if (!isForced && isConsolePageBuilt()) return;
  const config = join(folder, "vite.config.ts");
  const outcome = await run(binary("vite"), ["build", "--config", config, "--logLevel", "warn"]);
  if (outcome.code !== 0) throw new Error(`the console's page cannot be built:\n${outcome.output}`);
}
