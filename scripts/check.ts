/** `npm run check`: everything that a commit must pass, in about the time of its slowest part. */
import { availableParallelism } from "node:os";
import { checkLayers, readLayers, readSources } from "./check-layers.ts";
import { binary, printResult, programStep, runSteps, type Step } from "./lib.ts";

const layers: Step = {
  name: "layers",
  run: () => Promise.resolve(checkLayers(readLayers(), readSources()).join("\n")),
};

const steps: readonly Step[] = [
  layers,
  programStep("format", binary("oxfmt"), [
    "--check",
    "src",
    "scripts",
    "test",
    "bench",
    "docker",
    "examples",
  ]),
  programStep("types", binary("tsc"), ["-p", "."]),
  programStep("types of the page", binary("tsc"), ["-p", "src/console/page"]),
  programStep("lint", binary("oxlint"), [
    "--type-aware",
    "src",
    "scripts",
    "test",
    "bench",
    "docker",
    "examples",
  ]),
  programStep("types of the shop's page", binary("tsc"), ["-p", "examples/stream-store/page"]),
  programStep("tests", process.execPath, ["scripts/test.ts", "src", "scripts"]),
];

const failed = await runSteps(steps, Math.min(2, availableParallelism()));
printResult(steps.length - failed, failed);
