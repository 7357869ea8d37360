/**
 * `npm run build`: makes `dist/`. One tsc emit gives the modules of the package with their types; the
 * command line is bundled besides, because a start loads three hundred small files in twice the time that
 * it takes with a few large ones.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { buildConsolePage } from "./console-page.ts";
import { binary, programStep, printResult, root, run, runSteps } from "./lib.ts";

const dist = join(root, "dist");
const cli = join(dist, "cli");
/** What Node 22.15 runs. */
const TARGET = "node22.15";

async function bundleCommandLine(): Promise<string> {
  fs.rmSync(cli, { recursive: true, force: true });
  const outcome = await run(binary("esbuild"), [
    join(root, "src", "cli", "bin.ts"),
    "--bundle",
    "--splitting",
    "--platform=node",
    "--format=esm",
    `--target=${TARGET}`,
    // Less to read at each start and to keep in memory; names stay, for stack traces and profiles.
    "--minify-whitespace",
    "--minify-syntax",
    // Dependencies stay what npm installs; only our own modules are joined.
    "--packages=external",
    "--log-level=warning",
    `--outdir=${cli}`,
  ]);
  if (outcome.code !== 0) return outcome.output;
  fs.chmodSync(join(cli, "bin.js"), 0o755);
  return "";
}

fs.rmSync(dist, { recursive: true, force: true });
const failed = await runSteps(
  [
    programStep("modules", binary("tsc"), ["-p", "tsconfig.build.json"]),
    { name: "bundle", run: bundleCommandLine },
    {
      name: "console page",
      run: async () => {
        await buildConsolePage(true);
        return "";
      },
    },
  ],
  1,
);
printResult(3 - failed, failed);
