import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Product } from "../test/interop/broker.ts";
import { prepareKafka } from "../test/interop/kafka.ts";
import { prepareMoldau } from "../test/interop/moldau.ts";
import { freePort } from "../test/interop/processes.ts";
import type { StartingFigure } from "./figures.ts";
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

const startTimeoutMs = 120_000;

/** Connects as soon as somebody listens. */
async function connectSoon(port: number, deadline: number): Promise<WireConnection> {
  for (;;) {
    try {
      return await WireConnection.open(port);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/** Asks on, over reconnections, until `ask` gives something. */
async function until<T>(
  port: number,
  ask: (connection: WireConnection) => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + startTimeoutMs;
  let connection = await connectSoon(port, deadline);
  for (;;) {
    try {
      const answer = await ask(connection);
      if (answer !== undefined) {
        connection.close();
        return answer;
      }
    } catch {
      connection.close();
      connection = await connectSoon(port, deadline);
    }
    if (performance.now() > deadline) throw new Error("no acknowledged record in time");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const value = Buffer.alloc(200, "x");

/** Whether one record went into each of the partitions. The topic is created when it is missing. */
async function produceOnce(
  connection: WireConnection,
  topic: string,
  partitions: number,
): Promise<true | undefined> {
  const leaders = leadersIn(await connection.send(metadataRequest(topic)));
  if (leaders < partitions) return undefined;
  const batches = Array.from({ length: partitions }, (_, i) => [i, recordBatch([value])] as const);
  const { errors } = produceErrors(await connection.send(produceRequest(topic, 1, batches)));
  return errors.every((error) => error === 0) ? true : undefined;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
}

/** Everything that comes before the clock starts: for Apache Kafka also the formatting. */
function prepare(
  product: Product,
  folder: string,
  ports: readonly [number, number],
): Promise<Command> {
  const options = {
    dataDir: join(folder, "data"),
    port: ports[0],
    controllerPort: ports[1],
    logPath: join(folder, "log"),
  };
  return product === "kafka" ? prepareKafka(options) : prepareMoldau(options);
}

function launch(command: Command, folder: string): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  const child = spawn(command.program, command.args, { stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended(child);
}

/** Process start to first acknowledged record, in an empty folder. */
export const startFigure: StartingFigure = {
  kind: "starting",
  name: "start",
  metrics: [
    { name: "start to first ack", unit: "ms", goal: { atMost: 150, ratioAtMost: 0.025 } },
    { name: "start to first ack, with formatting", unit: "ms", goal: {} },
  ],
  async measure(product, folder, scale) {
    const values: number[] = [];
    const withFormatting: number[] = [];
    const times = product === "kafka" || scale.quick ? 2 : 5;
    for (let run = 0; run < times; run += 1) {
      const own = join(folder, `start-${run}`);
      mkdirSync(own, { recursive: true });
      const ports = [await freePort(), await freePort()] as const;
      const empty = performance.now();
      const command = await prepare(product, own, ports);
      const before = performance.now();
      const child = launch(command, own);
      try {
        await until(command.port, (connection) => produceOnce(connection, "first", 1));
        values.push(performance.now() - before);
        withFormatting.push(performance.now() - empty);
      } finally {
        await kill(child);
        rmSync(own, { recursive: true, force: true });
      }
    }
    return {
      "start to first ack": values,
      "start to first ack, with formatting": withFormatting,
    };
  },
};

const restartPartitions = 50;
const restartBytes = 2_000_000_000;

async function fill(port: number, topic: string, bytes: number): Promise<void> {
  const connection = await connectSoon(port, performance.now() + startTimeoutMs);
  const error = createTopicError(
    await connection.send(createTopicRequest(topic, restartPartitions)),
  );
  if (error !== 0) throw new Error(`creating ${topic}: error ${error}`);
  connection.close();
  await until(port, (fresh) => produceOnce(fresh, topic, restartPartitions));
  const writer = await connectSoon(port, performance.now() + startTimeoutMs);
  const batch = recordBatch(Array.from({ length: 100 }, () => Buffer.alloc(10_000, "y")));
  const inFlightMax = 4;
  const inFlight: Promise<Buffer>[] = [];
  for (let sent = 0, i = 0; sent < bytes; sent += batch.length, i += 1) {
    inFlight.push(writer.send(produceRequest(topic, 1, [[i % restartPartitions, batch]])));
    if (inFlight.length < inFlightMax) continue;
    const { errors } = produceErrors((await inFlight.shift()) ?? Buffer.alloc(0));
    if (errors[0] !== 0) throw new Error(`filling ${topic}: error ${errors[0]}`);
  }
  await Promise.all(inFlight);
  writer.close();
}

/** Start after `kill -9` with 2 GB in 50 partitions, until every partition takes a record again. */
export const restartFigure: StartingFigure = {
  kind: "starting",
  name: "restart",
  metrics: [
    { name: "restart after kill -9, 2 GB", unit: "ms", goal: { ratioAtMost: 0.33 } },
    { name: "restart after kill -9: first ack", unit: "ms", goal: {} },
  ],
  async measure(product, folder, scale) {
    const own = join(folder, "restart");
    mkdirSync(own, { recursive: true });
    const command = await prepare(product, own, [await freePort(), await freePort()]);
    let child = launch(command, own);
    try {
      await until(command.port, (connection) => produceOnce(connection, "first", 1));
      await fill(command.port, "full", restartBytes * scale.factor);
      await kill(child);
      const before = performance.now();
      child = launch(command, own);
      await until(command.port, (connection) => produceOnce(connection, "first", 1));
      const first = performance.now() - before;
      await until(command.port, (connection) => produceOnce(connection, "full", restartPartitions));
      const all = performance.now() - before;
      return { "restart after kill -9, 2 GB": [all], "restart after kill -9: first ack": [first] };
    } finally {
      await kill(child);
      rmSync(join(own, "data"), { recursive: true, force: true });
    }
  },
};
