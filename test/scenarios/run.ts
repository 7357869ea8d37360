/**
 * `npm run scenarios [-- [names...] [--seeds-max N]]`: for each known bug, runs the simulator over a copy
 * of the source that has it, until a seed fails. Fails when none of the first seeds does.
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { applyScenario, copySource, scenarios, type Copy, type Scenario } from "./patches.ts";

/** Seeds that a bug may need. */
const SEEDS_MAX = 1000;
/** Seeds that one process runs. */
const SEEDS_AT_ONCE = 50;
/** Bugs that are looked for at a time. */
const AT_ONCE = 2;
/** Time that {@link SEEDS_AT_ONCE} seeds may take, many times what they need. */
const PROCESS_MS_MAX = 10 * 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const NAME_WIDTH = 34;

interface Found {
  readonly seed: number;
  readonly checker: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "seeds-max": { type: "string", default: String(SEEDS_MAX) } },
});

const write = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** The first seed from `first` on that fails, of `count`. */
function runSeeds(copy: Copy, first: number, count: number): Promise<Found | undefined> {
  const args = ["src/simulator/run.ts", "--first", "--seed", `${first}`, "--seeds", `${count}`];
  return new Promise((resolve, reject) => {
    const options = { cwd: copy.path, timeout: PROCESS_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(undefined);
        return;
      }
      const match = /^seed (\d+) fails at step \d+: (.*) \(trace/m.exec(stdout);
      if (match === null) reject(new Error(`the simulator ended without a verdict: ${stderr}`));
      else resolve({ seed: Number(match[1]), checker: match[2] ?? "" });
    });
  });
}

async function find(scenario: Scenario, sound: Copy, seedsMax: number): Promise<Found | undefined> {
  const copy = copySource(sound.path);
  try {
    applyScenario(scenario, copy);
    for (let first = 1; first <= seedsMax; first += SEEDS_AT_ONCE) {
      const count = Math.min(SEEDS_AT_ONCE, seedsMax - first + 1);
      const found = await runSeeds(copy, first, count);
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    copy.remove();
  }
}

/** Whether the simulator finds the bug, and nothing where the bug is not. */
async function judge(scenario: Scenario, sound: Copy, seedsMax: number): Promise<boolean> {
  const name = scenario.name.padEnd(NAME_WIDTH);
  try {
    const found = await find(scenario, sound, seedsMax);
    if (found !== undefined && (await runSeeds(sound, found.seed, 1)) !== undefined) {
      write(`${name} proves nothing: seed ${found.seed} fails without it too`);
      return false;
    }
    if (found === undefined) write(`${name} not found in ${seedsMax} seeds  ${scenario.what}`);
    else {
      const { seed, checker } = found;
      write(`${name} ${String(seed).padStart(4)}  ${checker.padEnd(20)} ${scenario.what}`);
    }
    return found !== undefined;
  } catch (thrown) {
    write(`${name} cannot be run: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return false;
  }
}

const all = scenarios();
const known = new Set(all.map(({ name }) => name));
const seedsMax = Number(values["seeds-max"]);
const unknown = positionals.filter((name) => !known.has(name));
if (unknown.length > 0 || !Number.isSafeInteger(seedsMax) || seedsMax < 1) {
  write(unknown.length > 0 ? `no such scenario: ${unknown.join(", ")}` : "--seeds-max is a count");
  process.exit(2);
}
const chosen =
  positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
write(`${"scenario".padEnd(NAME_WIDTH)} seed  ${"found by".padEnd(20)} what it is`);
let passed = 0;
const sound = copySource();
const waiting = chosen.values();
const next = async (): Promise<void> => {
  for (const scenario of waiting) if (await judge(scenario, sound, seedsMax)) passed++;
};
try {
  await Promise.all(Array.from({ length: AT_ONCE }, next));
} finally {
  sound.remove();
}
write(`${passed} passed, ${chosen.length - passed} failed`);
process.exitCode = passed === chosen.length ? 0 : 1;
