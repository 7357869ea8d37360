import { fileURLToPath } from "node:url";
import type { Broker } from "../test/interop/broker.ts";
import { javaLoadArgs } from "../test/interop/java.ts";
import { run } from "../test/interop/processes.ts";
import type { RunningFigure } from "./figures.ts";
import { costOf } from "./processes.ts";
import { createTopic } from "./running-figures.ts";

const program = fileURLToPath(new URL("wire-load.ts", import.meta.url));
const partitions = 6;

type Arguments = Readonly<Record<string, string | number>>;

async function load(
  broker: Broker,
  mode: string,
  args: Arguments,
): Promise<Record<string, number>> {
  const flags = Object.entries({ port: broker.port, ...args });
  const all = [program, mode, ...flags.map(([name, value]) => `--${name}=${value}`)];
  const outcome = await run(process.execPath, all, { timeoutMs: 600_000 });
  if (outcome.code !== 0) throw new Error(`${mode}: ${outcome.stderr}`);
  const parsed: unknown = JSON.parse(outcome.stdout);
  if (typeof parsed !== "object" || parsed === null) throw new Error(outcome.stdout);
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, Number(value)]));
}

/** Raw sockets: batches of 64 KB made once, and fetches that are thrown away. */
const wire: RunningFigure = {
  kind: "running",
  name: "wire",
  metrics: [
    { name: "wire produce, 64 KB batches", unit: "MB/s", goal: { ratioAtLeast: 1 } },
    { name: "wire produce, 64 KB: CPU", unit: "CPU-s/GB", goal: { ratioAtMost: 0.5 } },
    { name: "wire produce, 200 B requests", unit: "requests/s", goal: { ratioAtLeast: 1.2 } },
    { name: "wire produce, 200 B: CPU", unit: "µs", goal: { ratioAtMost: 0.5 } },
    { name: "wire consume", unit: "MB/s", goal: { ratioAtLeast: 1 } },
    { name: "wire consume: CPU", unit: "CPU-s/GB", goal: { ratioAtMost: 0.6 } },
  ],
  async measure(broker, scale) {
    const pid = broker.process.pid;
    const topic = "wire";
    await createTopic(broker, topic, partitions);
    const batches = { topic, partitions, records: 64, "record-bytes": 1000 };
    const count = Math.round(30_000 * scale.factor);
    await load(broker, "produce", { ...batches, count: Math.round(count / 4) });
    const big = await costOf(pid, () => load(broker, "produce", { ...batches, count }));
    const gigabytes = (big.result.bytes ?? Number.NaN) / 1e9;
    const single = { topic: "wire-single", partitions, records: 1, "record-bytes": 200 };
    await createTopic(broker, single.topic, partitions);
    const requests = Math.round(300_000 * scale.factor);
    const few = { ...single, "in-flight": 2 };
    await load(broker, "produce", { ...few, count: Math.round(requests / 4) });
    const small = await costOf(pid, () => load(broker, "produce", { ...few, count: requests }));
    const bytes = Math.round(1.8e9 * scale.factor);
    await load(broker, "consume", { topic, partitions, count: Math.round(bytes / 4) });
    const read = await costOf(pid, () =>
      load(broker, "consume", { topic, partitions, count: bytes }),
    );
    return {
      "wire produce, 64 KB batches": [big.result.megabytesPerSecond ?? Number.NaN],
      "wire produce, 64 KB: CPU": [big.cpu / gigabytes],
      "wire produce, 200 B requests": [small.result.requestsPerSecond ?? Number.NaN],
      "wire produce, 200 B: CPU": [(small.cpu / requests) * 1e6],
      "wire consume": [read.result.megabytesPerSecond ?? Number.NaN],
      "wire consume: CPU": [read.cpu / ((read.result.bytes ?? Number.NaN) / 1e9)],
    };
  },
};

/** End to end at 1,000 records a second, and Kafka's own tool, which sends one at a time. */
const latency: RunningFigure = {
  kind: "running",
  name: "latency",
  metrics: [
    { name: "end to end, 1,000/s: p50", unit: "ms", goal: { ratioAtMost: 0.6 } },
    { name: "end to end, 1,000/s: p99", unit: "ms", goal: { ratioAtMost: 0.6 } },
    { name: "end to end, Java, one at a time: p50", unit: "ms", goal: {} },
    { name: "end to end, Java, one at a time: p99", unit: "ms", goal: {} },
  ],
  async measure(broker, scale) {
    await createTopic(broker, "latency", 1);
    const count = scale.quick ? 8000 : 30_000;
    const found = await load(broker, "latency", { topic: "latency", count, "record-bytes": 200 });
    await createTopic(broker, "latency-java", 1);
    const args = ["--bootstrap-server", broker.bootstrap, "--topic", "latency-java"];
    const size = ["--num-records", scale.quick ? "2000" : "10000", "--record-size", "200"];
    const jvm = await javaLoadArgs();
    const tool = "org.apache.kafka.tools.EndToEndLatency";
    const outcome = await run("java", [...jvm, tool, ...args, ...size, "--producer-acks", "1"]);
    const java = /50th = (\d+), 99th = (\d+)/.exec(outcome.stdout);
    if (java === null) throw new Error(`${tool}: ${outcome.stdout}${outcome.stderr}`);
    return {
      "end to end, 1,000/s: p50": [found.p50 ?? Number.NaN],
      "end to end, 1,000/s: p99": [found.p99 ?? Number.NaN],
      "end to end, Java, one at a time: p50": [Number(java[1])],
      "end to end, Java, one at a time: p99": [Number(java[2])],
    };
  },
};

export const wireFigures = { wire, latency };
