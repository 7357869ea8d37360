/** `npm run bench -- console [--quick] [load|live|messages|large|idle|throughput]…`: what the console costs, and how quick it is. */
import { mkdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildConsolePage } from "../../scripts/console-page.ts";
import { root } from "../../test/interop/cache.ts";
import { bundleBroker } from "./console-broker.ts";
import { firstLoad, idle, large, liveness, messages, throughput, type Note } from "./figures.ts";

const parts = ["load", "live", "messages", "large", "idle", "throughput"] as const;
type Part = (typeof parts)[number];

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export async function measureConsole(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false } },
  });
  const unknown = positionals.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`no part ${unknown}: ${parts.join(" ")}`);
  const wants = (part: Part): boolean => positionals.length === 0 || positionals.includes(part);
  mkdirSync(join(root, ".cache", "bench"), { recursive: true });
  await buildConsolePage();
  await bundleBroker();
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  console.log(`# ${new Date().toISOString()}, Node ${process.versions.node}`);
  console.log(`# ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${load} before the run`);
  const samples = new Map<string, number[]>();
  const note: Note = (name, value) => {
    const list = samples.get(name);
    if (list === undefined) samples.set(name, [value]);
    else list.push(value);
  };
  const { quick } = values;
  if (wants("load")) await firstLoad(note, quick ? 2 : 5);
  if (wants("live")) await liveness(note, quick ? 5 : 20);
  if (wants("messages")) await messages(note, quick ? 1e6 : 1e7);
  if (wants("large")) await large(note);
  if (wants("idle")) await idle(note, quick ? 2 : 8);
  if (wants("throughput")) await throughput(note, quick ? 1 : 3, quick ? 4000 : 16_000);
  for (const [name, list] of samples) {
    const range =
      list.length === 1 ? "" : ` (${Math.min(...list).toFixed(1)}–${Math.max(...list).toFixed(1)})`;
    console.log(`${name.padEnd(52)} ${median(list).toFixed(1).padStart(10)}${range}`);
  }
}
