/**
 * `npm run build`: makes `dist/`. tsc gives the types. What runs is bundled, the library and the command line
 * each: three hundred small files take three times as long to load as a few large ones, and more memory, which
 * the collector walks over again for every few megabytes that a program receives.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { buildConsolePage } from "./console-page.ts";
import { binary, programStep, printResult, root, run, runSteps } from "./lib.ts";

const dist = join(root, "dist");
const cli = join(dist, "cli");
/** What Node 22.15 runs. */
const TARGET = "node22.15";
/** What the package exports; they share what they have in common. */
const entries = ["index", "client/index", "testing/index", "protocol/index"];
const src = join(root, "src");

async function bundleLibrary(): Promise<string> {
  const outcome = await run(binary("esbuild"), [
    ...entries.map((name) => join(src, `${name}.ts`)),
    "--bundle",
    "--splitting",
    "--platform=node",
    "--format=esm",
    `--target=${TARGET}`,
    "--packages=external",
    "--log-level=warning",
    `--outbase=${src}`,
    `--outdir=${dist}`,
    "--chunk-names=modules/[name]-[hash]",
  ]);
  return outcome.code === 0 ? "" : outcome.output;
}

async function bundleCommandLine(): Promise<string> {
  fs.rmSync(cli, { recursive: true, force: true });
  const outcome = await run(binary("esbuild"), [
    join(src, "cli", "bin.ts"),
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
    programStep("types", binary("tsc"), ["-p", "tsconfig.build.json", "--emitDeclarationOnly"]),
    { name: "library", run: bundleLibrary },
    { name: "command line", run: bundleCommandLine },
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
printResult(4 - failed, failed);
