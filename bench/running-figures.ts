import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "../test/interop/broker.ts";
import { javaLoadArgs } from "../test/interop/java.ts";
import { run } from "../test/interop/processes.ts";
import type { Metric, RunningFigure, Scale } from "./figures.ts";
import { costOf, cpuSeconds, residentMegabytes } from "./processes.ts";
import {
  createTopicError,
  createTopicRequest,
  leadersIn,
  metadataRequest,
  produceErrors,
  produceRequest,
  recordBatch,
  WireConnection,
} from "./wire.ts";

const partitions = 6;
const loadTimeoutMs = 600_000;
const tools = "org.apache.kafka.tools";

export async function createTopic(
  broker: Broker,
  topic: string,
  count = partitions,
): Promise<void> {
  const connection = await WireConnection.open(broker.port);
  try {
    const error = createTopicError(await connection.send(createTopicRequest(topic, count)));
    if (error !== 0) throw new Error(`creating ${topic}: error ${error}`);
    for (let tries = 0; tries < 1000; tries += 1) {
      if (leadersIn(await connection.send(metadataRequest(topic))) === count) return;
      await sleep(10);
    }
    throw new Error(`${topic} did not get its leaders`);
  } finally {
    connection.close();
  }
}

async function javaLoad(mainClass: string, args: readonly string[]): Promise<string> {
  const jvm = await javaLoadArgs();
  const outcome = await run("java", [...jvm, mainClass, ...args], { timeoutMs: loadTimeoutMs });
  if (outcome.code !== 0) throw new Error(`${mainClass}:\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}

interface ProduceLoad {
  readonly topic: string;
  readonly records: number;
  readonly recordBytes: number;
  readonly batchBytes: number;
}

/** Kafka's own producer performance tool; records per second. */
async function producerPerformance(broker: Broker, load: ProduceLoad): Promise<number> {
  const properties = [
    `bootstrap.servers=${broker.bootstrap}`,
    "acks=1",
    `batch.size=${load.batchBytes}`,
    `linger.ms=${load.batchBytes > 0 ? 5 : 0}`,
    "buffer.memory=67108864",
  ];
  const args = ["--topic", load.topic, "--num-records", String(load.records)];
  args.push("--record-size", String(load.recordBytes), "--throughput", "-1");
  args.push("--producer-props", ...properties);
  const output = await javaLoad(`${tools}.ProducerPerformance`, args);
  const last = output.trim().split("\n").at(-1) ?? "";
  const found = /^(\d+) records sent, ([\d.]+) records\/sec/.exec(last);
  if (found === null || Number(found[1]) !== load.records)
    throw new Error(`the tool said ${output}`);
  return Number(found[2]);
}

interface Produced {
  readonly recordsPerSecond: number;
  readonly cpu: number;
}

async function producing(broker: Broker, load: ProduceLoad): Promise<Produced> {
  const { result, cpu } = await costOf(broker.process.pid, () => producerPerformance(broker, load));
  return { recordsPerSecond: result, cpu };
}

function produceMetrics(label: string, rate: Metric, perGb: boolean): readonly Metric[] {
  const unit = perGb ? "CPU-s/GB" : "µs";
  return [rate, { name: `${label}: CPU`, unit, goal: { ratioAtMost: 0.5 } }];
}

const topic1k = "produce-1k";

/** 1 KB records in 64 KB batches, acks=1. What it wrote is what `consume` reads. */
const produce1k: RunningFigure = {
  kind: "running",
  name: "produce-1k",
  metrics: produceMetrics(
    "produce 1 KB",
    { name: "produce 1 KB, 64 KB batches", unit: "MB/s", goal: { ratioAtLeast: 1 } },
    true,
  ),
  async measure(broker, scale) {
    await createTopic(broker, topic1k);
    const records = Math.round(1_000_000 * scale.factor);
    const load = { topic: topic1k, records, recordBytes: 1000, batchBytes: 65_536 };
    await producerPerformance(broker, { ...load, records: Math.round(records / 2) });
    const { recordsPerSecond, cpu } = await producing(broker, load);
    return {
      "produce 1 KB, 64 KB batches": [recordsPerSecond / 1000],
      "produce 1 KB: CPU": [cpu / (records / 1e6)],
    };
  },
};

const produce100b: RunningFigure = {
  kind: "running",
  name: "produce-100b",
  metrics: produceMetrics(
    "produce 100 B",
    { name: "produce 100 B, 16 KB batches", unit: "records/s", goal: { ratioAtLeast: 1 } },
    true,
  ),
  async measure(broker, scale) {
    await createTopic(broker, "produce-100b");
    const records = Math.round(6_000_000 * scale.factor);
    const load = { topic: "produce-100b", records, recordBytes: 100, batchBytes: 16_384 };
    await producerPerformance(broker, { ...load, records: Math.round(records / 2) });
    const { recordsPerSecond, cpu } = await producing(broker, load);
    return {
      "produce 100 B, 16 KB batches": [recordsPerSecond],
      "produce 100 B: CPU": [cpu / (records / 1e7)],
    };
  },
};

const produceSingle: RunningFigure = {
  kind: "running",
  name: "produce-single",
  metrics: produceMetrics(
    "produce 200 B",
    { name: "produce 200 B, one a request", unit: "requests/s", goal: { ratioAtLeast: 1.2 } },
    false,
  ),
  async measure(broker, scale) {
    await createTopic(broker, "produce-single");
    const records = Math.round(200_000 * scale.factor);
    const load = { topic: "produce-single", records, recordBytes: 200, batchBytes: 0 };
    await producerPerformance(broker, { ...load, records: Math.round(records / 2) });
    const { recordsPerSecond, cpu } = await producing(broker, load);
    return {
      "produce 200 B, one a request": [recordsPerSecond],
      "produce 200 B: CPU": [(cpu / records) * 1e6],
    };
  },
};

/** Puts the users' segments out of the page cache; dirty pages are written first. */
function dropFromCache(dataDir: string, topic: string): void {
  execFileSync("sync", ["-f", dataDir]);
  for (const folder of readdirSync(dataDir).filter((name) => name.startsWith(`${topic}-`))) {
    for (const file of readdirSync(join(dataDir, folder)).filter((name) => name.endsWith(".log"))) {
      const path = join(dataDir, folder, file);
      execFileSync("dd", [`if=${path}`, "iflag=nocache", "count=0", "status=none"]);
    }
  }
}

interface Consumed {
  readonly megabytesPerSecond: number;
  readonly cpuPerGb: number;
}

async function consuming(broker: Broker, records: number): Promise<Consumed> {
  const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic1k];
  args.push("--num-records", String(records), "--timeout", "60000");
  const { result, cpu } = await costOf(broker.process.pid, () =>
    javaLoad(`${tools}.ConsumerPerformance`, args),
  );
  const fields = (result.trim().split("\n").at(-1) ?? "").split(",").map((field) => field.trim());
  const megabytes = (Number(fields[2]) * 1_048_576) / 1e6;
  const fetchSeconds = Number(fields[7]) / 1000;
  if (Number(fields[4]) < records) throw new Error(`consumed too little: ${result}`);
  return { megabytesPerSecond: megabytes / fetchSeconds, cpuPerGb: cpu / (megabytes / 1000) };
}

const consume: RunningFigure = {
  kind: "running",
  name: "consume",
  metrics: [
    { name: "consume, just written", unit: "MB/s", goal: { ratioAtLeast: 1 } },
    { name: "consume, just written: CPU", unit: "CPU-s/GB", goal: { ratioAtMost: 0.6 } },
    { name: "consume, from disk", unit: "MB/s", goal: { ratioAtLeast: 0.9 } },
    { name: "consume, from disk: CPU", unit: "CPU-s/GB", goal: { ratioAtMost: 0.6 } },
  ],
  async measure(broker, scale) {
    const records = Math.round(1_000_000 * scale.factor);
    await ensureWritten(broker, records);
    await consuming(broker, Math.round(records / 2));
    const warm = await consuming(broker, records);
    dropFromCache(broker.dataDir, topic1k);
    const cold = await consuming(broker, records);
    return {
      "consume, just written": [warm.megabytesPerSecond],
      "consume, just written: CPU": [warm.cpuPerGb],
      "consume, from disk": [cold.megabytesPerSecond],
      "consume, from disk: CPU": [cold.cpuPerGb],
    };
  },
};

/** `consume` may run without `produce-1k` before it. */
async function ensureWritten(broker: Broker, records: number): Promise<void> {
  if (readdirSync(broker.dataDir).includes(`${topic1k}-0`)) return;
  await createTopic(broker, topic1k);
  const load = { topic: topic1k, records, recordBytes: 1000, batchBytes: 65_536 };
  await producerPerformance(broker, load);
}

const idle: RunningFigure = {
  kind: "running",
  name: "idle",
  metrics: [
    { name: "idle: resident", unit: "MB", goal: { atMost: 80 } },
    { name: "idle: CPU", unit: "% of a core", goal: { ratioAtMost: 0.1 } },
  ],
  async measure(broker, scale) {
    await createTopic(broker, "idle", 1);
    await produceOne(broker, "idle");
    await sleep(scale.quick ? 5_000 : 15_000);
    const seconds = scale.quick ? 8 : 30;
    const before = cpuSeconds(broker.process.pid);
    await sleep(seconds * 1000);
    const used = cpuSeconds(broker.process.pid) - before;
    return {
      "idle: resident": [residentMegabytes(broker.process.pid)],
      "idle: CPU": [(used / seconds) * 100],
    };
  },
};

async function produceOne(broker: Broker, topic: string): Promise<void> {
  const connection = await WireConnection.open(broker.port);
  const batch = recordBatch([Buffer.alloc(200, "x")]);
  const response = await connection.send(produceRequest(topic, 1, [[0, batch]]));
  const { errors } = produceErrors(response);
  connection.close();
  if (errors[0] !== 0) throw new Error(`producing to ${topic}: error ${errors[0]}`);
}

/** A topic is created; how long until the first produce is acknowledged. */
const create: RunningFigure = {
  kind: "running",
  name: "create",
  metrics: [{ name: "topic created to first ack", unit: "ms", goal: { ratioAtMost: 0.3 } }],
  async measure(broker, scale) {
    const values: number[] = [];
    const connection = await WireConnection.open(broker.port);
    const batch = recordBatch([Buffer.alloc(200, "x")]);
    const times = scale.quick ? 15 : 50;
    const warmUp = 5;
    for (let i = 0; i < times + warmUp; i += 1) {
      const topic = `create-${i}`;
      const frame = produceRequest(topic, 1, [[0, batch]]);
      const before = performance.now();
      await connection.send(createTopicRequest(topic, 1));
      while (produceErrors(await connection.send(frame)).errors[0] !== 0) await sleep(0);
      if (i >= warmUp) values.push(performance.now() - before);
    }
    connection.close();
    return { "topic created to first ack": values };
  },
};

const resident: RunningFigure = {
  kind: "running",
  name: "resident",
  metrics: [{ name: "resident after the loads", unit: "MB", goal: { ratioAtMost: 0.3 } }],
  measure: (broker) =>
    Promise.resolve({ "resident after the loads": [residentMegabytes(broker.process.pid)] }),
};

export const javaFigures = {
  idle,
  create,
  produce1k,
  produce100b,
  produceSingle,
  consume,
  resident,
};
export type { Scale };
