/**
 * The second load generator: raw sockets, in a process of its own. It takes far less CPU than a client
 * does, so that the broker is the limit. Prints one line of JSON.
 */
import { parseArgs } from "node:util";
import {
  fetchedRecords,
  fetchRequest,
  produceErrors,
  produceRequest,
  recordBatch,
  WireConnection,
} from "./wire.ts";

interface Options {
  readonly port: number;
  readonly topic: string;
  readonly count: number;
  readonly inFlight: number;
  readonly records: number;
  readonly recordBytes: number;
  readonly partitions: number;
}

function check(error: number | undefined, what: string): void {
  if (error !== 0) throw new Error(`${what}: error ${error}`);
}

/** `count` requests over one connection a partition, `inFlight` of them unanswered on each. */
async function produce(options: Options): Promise<Record<string, number>> {
  const values = Array.from({ length: options.records }, () =>
    Buffer.alloc(options.recordBytes, 97),
  );
  const batch = recordBatch(values);
  let left = options.count;
  const one = async (partition: number): Promise<void> => {
    const frame = produceRequest(options.topic, 1, [[partition, batch]]);
    const connection = await WireConnection.open(options.port);
    const slot = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        check(produceErrors(await connection.send(frame)).errors[0], "produce");
      }
    };
    await Promise.all(Array.from({ length: options.inFlight }, slot));
    connection.close();
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: options.partitions }, (_, i) => one(i)));
  const seconds = (performance.now() - before) / 1000;
  const bytes = options.count * options.records * options.recordBytes;
  return {
    seconds,
    requestsPerSecond: options.count / seconds,
    bytes,
    megabytesPerSecond: bytes / 1e6 / seconds,
  };
}

/** Reads each partition from its start until `count` bytes came in all. */
async function consume(options: Options): Promise<Record<string, number>> {
  let bytes = 0;
  const limits = { maxWaitMs: 500, maxBytes: 1_048_576 };
  const one = async (partition: number): Promise<void> => {
    const connection = await WireConnection.open(options.port);
    let offset = 0;
    while (bytes < options.count) {
      const frame = fetchRequest(options.topic, partition, offset, limits);
      const { error, records } = fetchedRecords(await connection.send(frame));
      check(error, "fetch");
      bytes += records.length;
      const next = endOffset(records);
      if (next === undefined) break;
      offset = next;
    }
    connection.close();
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: options.partitions }, (_, i) => one(i)));
  const seconds = (performance.now() - before) / 1000;
  return { seconds, bytes, megabytesPerSecond: bytes / 1e6 / seconds };
}

/** The offset after the last whole batch. */
function endOffset(records: Buffer): number | undefined {
  let end: number | undefined;
  for (let at = 0; at + 61 <= records.length;) {
    const size = 12 + records.readInt32BE(at + 8);
    if (at + size > records.length) break;
    end = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1;
    at += size;
  }
  return end;
}

const latencyRate = 1000;

/** Records at a fixed rate, whatever is answered, and a consumer at the end: milliseconds from write to arrival. */
async function latency(options: Options): Promise<Record<string, number>> {
  const producer = await WireConnection.open(options.port);
  const consumer = await WireConnection.open(options.port);
  const sentAt = new Float64Array(options.count);
  const took = new Float64Array(options.count);
  const first = recordBatch([Buffer.alloc(options.recordBytes, 98)]);
  const answer = await producer.send(produceRequest(options.topic, 1, [[0, first]]));
  const base = produceErrors(answer).offset + 1;
  let arrived = 0;
  const receive = async (): Promise<void> => {
    const limits = { maxWaitMs: 500, maxBytes: 1_048_576 };
    while (arrived < options.count) {
      const frame = fetchRequest(options.topic, 0, base + arrived, limits);
      const { error, records } = fetchedRecords(await consumer.send(frame));
      check(error, "fetch");
      const now = performance.now();
      const end = (endOffset(records) ?? base + arrived) - base;
      for (; arrived < end; arrived += 1) took[arrived] = now - (sentAt[arrived] ?? 0);
    }
  };
  const receiving = receive();
  const pending: Promise<void>[] = [];
  const started = performance.now();
  for (let sent = 0; sent < options.count;) {
    const due = Math.min(
      options.count,
      Math.floor(((performance.now() - started) / 1000) * latencyRate),
    );
    for (; sent < due; sent += 1) {
      const value = Buffer.alloc(options.recordBytes, 98);
      sentAt[sent] = performance.now();
      const frame = produceRequest(options.topic, 1, [[0, recordBatch([value])]]);
      pending.push(
        producer
          .send(frame)
          .then((response) => check(produceErrors(response).errors[0], "produce")),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all([receiving, ...pending]);
  producer.close();
  consumer.close();
  // The first part warms up.
  const sorted = took.slice(Math.floor(options.count / 4)).sort();
  const at = (share: number): number =>
    sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string" },
    topic: { type: "string" },
    count: { type: "string" },
    "in-flight": { type: "string", default: "4" },
    records: { type: "string", default: "1" },
    "record-bytes": { type: "string", default: "200" },
    partitions: { type: "string", default: "1" },
  },
});
const options: Options = {
  port: Number(values.port),
  topic: values.topic ?? "",
  count: Number(values.count),
  inFlight: Number(values["in-flight"]),
  records: Number(values.records),
  recordBytes: Number(values["record-bytes"]),
  partitions: Number(values.partitions),
};
const modes: Record<string, (given: Options) => Promise<Record<string, number>>> = {
  produce,
  consume,
  latency,
};
const mode = modes[positionals[0] ?? ""];
if (mode === undefined) throw new Error(`no mode ${positionals[0]}`);
console.log(JSON.stringify(await mode(options)));
