/**
 * `npm run sim -- --seed N [--seeds N] [--steps N]`: runs seeds through the simulator. What a failing seed
 * broke is told with its last events and the command that shows it again.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { nodeClock } from "../platform/node/clock.ts";
import { createLogger, silentLogger } from "../telemetry/logger.ts";
import { runSeed, STEPS, type RunResult } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    steps: { type: "string", default: String(STEPS) },
    /** Prints every event. */
    trace: { type: "boolean", default: false },
    /** Prints what the node logs. */
    log: { type: "boolean", default: false },
    /** Ends at the first failure. */
    first: { type: "boolean", default: false },
  },
});

const write = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function tell(result: RunResult, steps: number): void {
  const { seed, violation, step, recent, hash } = result;
  write(`seed ${seed} fails at step ${step}: ${violation?.checker ?? ""} (trace ${hash})`);
  write(`  ${(violation?.message ?? "").replaceAll("\n", "\n  ")}`);
  write("  last events:");
  for (const line of recent) write(`    ${line}`);
  write(`  again: npm run sim -- --seed ${seed} --steps ${steps}`);
}

const first = Number(values.seed);
const count = Number(values.seeds);
const steps = Number(values.steps);
const logger = values.log
  ? createLogger({
      level: "debug",
      format: "text",
      sink: (text) => process.stdout.write(text),
      nowMs: () => 0,
    })
  : silentLogger;
const startedMs = nodeClock.monotonicMs();
let passed = 0;
let failed = 0;
let virtualMs = 0;
let events = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await runSeed(seed, {
    steps,
    logger,
    ...(values.trace ? { watch: write } : {}),
  });
  virtualMs += result.virtualMs;
  events += result.events;
  if (result.violation === undefined) {
    passed++;
    if (count === 1) write(`seed ${seed}: ${result.incarnations} processes, trace ${result.hash}`);
    continue;
  }
  failed++;
  tell(result, steps);
  if (values.first) break;
}
const seconds = (nodeClock.monotonicMs() - startedMs) / 1000;
write(
  `${Math.round(virtualMs / 1000)} s simulated in ${seconds.toFixed(1)} s, ${events} events, ${steps} steps a seed`,
);
write(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
