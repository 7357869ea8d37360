/**
 * `npm run soak [-- --minutes N] [--bootstrap HOST:PORT]`: produces and consumes at full speed, and looks whether the
 * memory of the client stays flat. Without an address it starts a Moldau of its own, in another process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startMoldau } from "../interop/moldau.ts";
import { trendOf, type GrowthBounds, type MemorySample } from "./memory-trend.ts";
import { SoakLoad } from "./soak-load.ts";

const MB = 1024 * 1024;
/** Flat is flat, however long it runs. */
const bounds: GrowthBounds = { heldBytes: 8 * MB, rssBytes: 64 * MB };
/** Of the time: caches fill, code is compiled. */
const WARM_UP_SHARE = 0.3;
const SAMPLES = 60;
const INTERVAL_MS_MIN = 500;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    bootstrap: { type: "string" },
  },
});
const durationMs = Number(values.minutes) * MINUTE_MS;
if (!(durationMs > 0)) {
  console.error(`--minutes ${values.minutes} is no time`);
  process.exit(2);
}

setFlagsFromString("--expose-gc");
// Finalizers and their memory come with a second collection.
const collect: unknown = runInNewContext("gc");
function collectGarbage(): void {
  if (typeof collect !== "function") return;
  collect();
  collect();
}

function sample(atMs: number): MemorySample {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { atMs, rss, heapUsed, external };
}

const inMb = (bytes: number): string => (bytes / MB).toFixed(1).padStart(8);

async function soak(bootstrap: string): Promise<boolean> {
  const load = await SoakLoad.start(bootstrap, `soak-${process.pid}`);
  const began = performance.now();
  const samples: MemorySample[] = [];
  const intervalMs = Math.max(INTERVAL_MS_MIN, durationMs / SAMPLES);
  console.log("      s  RSS MB  heap MB  ext. MB   records/s written      read");
  let before = { ...load.counts };
  let lastMs = 0;
  while (performance.now() - began < durationMs) {
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
    await load.renew();
    const atMs = performance.now() - began;
    const now = sample(atMs);
    samples.push(now);
    const { produced, consumed } = load.counts;
    const seconds = (atMs - lastMs) / 1000;
    const written = Math.round((produced - before.produced) / seconds);
    const read = Math.round((consumed - before.consumed) / seconds);
    console.log(
      `${(atMs / 1000).toFixed(0).padStart(7)}${inMb(now.rss)} ${inMb(now.heapUsed)} ${inMb(now.external)}` +
        `${String(written).padStart(20)}${String(read).padStart(10)}`,
    );
    before = { ...load.counts };
    lastMs = atMs;
  }
  await load.stop();
  const { produced, consumed, renewed } = load.counts;
  const { heldBytes, rssBytes, isFlat } = trendOf(samples, durationMs * WARM_UP_SHARE, bounds);
  console.log(`${produced} records written, ${consumed} read, ${renewed} clients made anew`);
  console.log(
    `growth after the warm-up: held${inMb(heldBytes)} MB of ${inMb(bounds.heldBytes)},` +
      ` RSS${inMb(rssBytes)} MB of ${inMb(bounds.rssBytes)}: ${isFlat ? "flat" : "NOT FLAT"}`,
  );
  return isFlat && consumed > 0;
}

if (values.bootstrap === undefined) {
  const folder = mkdtempSync(join(tmpdir(), "moldau-soak-"));
  const settings = {
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.check.interval.ms": "5000",
  };
  const dataDir = join(folder, "data");
  const broker = await startMoldau({ dataDir, logPath: join(folder, "broker.log"), settings });
  try {
    process.exitCode = (await soak(broker.bootstrap)) ? 0 : 1;
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
} else process.exitCode = (await soak(values.bootstrap)) ? 0 : 1;
