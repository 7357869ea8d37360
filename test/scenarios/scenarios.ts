import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseScenario, type Scenario } from "./apply-patch.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "patches");
const SUFFIX = ".patch";

/** All known bugs, by name. */
export function readScenarios(): Scenario[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) =>
      parseScenario(file.slice(0, -SUFFIX.length), readFileSync(join(folder, file), "utf8")),
    );
}
