import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { Consumer } from "../../client/consumer/assigned-consumer.ts";
import { KafkaError } from "../../client/errors.ts";
import type { ConsumedRecord } from "../../client/consumer/fetched-records.ts";
import { GroupConsumer } from "../../client/group/group-consumer.ts";
import { withCluster } from "../cluster-options.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { usageProblem } from "../problem.ts";
import { makePrinter, RECORD_FORMATS, type RecordPrinter } from "../record-printer.ts";
import { parseStartPlace, positionsAt } from "../start-place.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

/** How often a group's offsets are committed while records come. */
const COMMIT_INTERVAL_MS = 5_000;
const POLL_MS = 1_000;
/** Text that is gathered before it is written. */
const WRITE_BYTES = 64 * 1024;

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** What `Consumer` and `GroupConsumer` have in common. */
interface Source {
  readonly atEnd: boolean;
  poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly ConsumedRecord[]>;
}

/** When to stop. */
interface Limits {
  readonly count: number;
  readonly untilEnd: boolean;
  readonly idleMs: number;
}

/** All that a run of the command goes by. */
interface Reading {
  readonly terminal: Terminal;
  readonly cluster: Cluster;
  readonly topics: readonly string[];
  readonly options: Options;
  readonly limits: Limits;
  readonly printer: RecordPrinter;
  readonly signal: AbortSignal;
}

export async function run(
  terminal: Terminal,
  topics: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const limits = {
    count: options.integer("count", { min: 1 }) ?? Infinity,
    untilEnd: options.has("until-end"),
    idleMs: options.duration("idle") ?? Infinity,
  };
  const asked = options.choice("output", RECORD_FORMATS);
  const format = asked ?? (terminal.stdout.isTTY === true ? "table" : "ndjson");
  const printer = makePrinter(terminal, format, options.text("template"));
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const signal of STOP_SIGNALS) process.once(signal, abort);
  await withCluster(terminal, options, async (cluster) => {
    for (const topic of topics) await cluster.topic(topic);
    const { signal } = stop;
    const reading = { terminal, cluster, topics, options, limits, printer, signal };
    const group = options.text("group");
    const printed = await (group === undefined
      ? consumeAlone(reading)
      : consumeInGroup(reading, group));
    if (options.has("count-told")) {
      await write(terminal.stderr, `Processed a total of ${printed} messages\n`);
    } else if (printed === 0 && terminal.stderr.isTTY === true && terminal.stdout.isTTY === true) {
      const { dim } = paintFor(terminal, terminal.stderr);
      await write(terminal.stderr, dim("There were no records.\n"));
    }
  });
  for (const signal of STOP_SIGNALS) process.off(signal, abort);
  return ExitCode.ok;
}

async function consumeAlone(reading: Reading): Promise<number> {
  const { cluster, options } = reading;
  const place = parseStartPlace(options.text("from") ?? "earliest", Date.now());
  const consumer = new Consumer(cluster, {
    readCommitted: !options.has("uncommitted"),
    onOutOfRange: place.kind === "offset" ? "fail" : "earliest",
  });
  consumer.assign(await positionsAt(cluster, await wantedPartitions(reading), place));
  return printAll(reading, consumer, () => Promise.resolve());
}

async function consumeInGroup(reading: Reading, group: string): Promise<number> {
  const { cluster, topics, options } = reading;
  const place = parseStartPlace(options.text("from") ?? "earliest", Date.now());
  if (place.kind !== "earliest" && place.kind !== "latest") {
    throw usageProblem("a group goes on where it stopped: --from takes earliest or latest with it");
  }
  if (options.has("partition")) throw usageProblem("--partition does not go with --group");
  const consumer = new GroupConsumer(cluster, {
    group,
    topics,
    from: place.kind,
    readCommitted: !options.has("uncommitted"),
  });
  let committedMs = performance.now();
  try {
    return await printAll(reading, consumer, async () => {
      if (performance.now() - committedMs < COMMIT_INTERVAL_MS) return;
      committedMs = performance.now();
      await consumer.commit();
    });
  } finally {
    await consumer.close();
  }
}

async function wantedPartitions({ cluster, topics, options }: Reading): Promise<TopicPartition[]> {
  const asked = options.text("partition");
  const numbers = asked?.split(",").map((text) => {
    if (/^\d+$/.test(text.trim())) return Number(text);
    throw usageProblem(`--partition takes numbers with commas between, not "${asked}"`);
  });
  const found: TopicPartition[] = [];
  for (const topic of topics) {
    const { partitions } = await cluster.topic(topic);
    const there = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
    const missing = numbers?.find((number) => !there.includes(number));
    if (missing !== undefined) {
      throw usageProblem(`${topic} has no partition ${missing}; it has 0 to ${there.length - 1}`);
    }
    for (const partition of numbers ?? there) found.push({ topic, partition });
  }
  return found;
}

/** Prints until a limit is reached; returns how many records that were. */
async function printAll(
  { terminal, limits, printer, signal }: Reading,
  source: Source,
  afterEach: () => Promise<void>,
): Promise<number> {
  let printed = 0;
  let lastMs = performance.now();
  await write(terminal.stdout, printer.begin);
  while (!signal.aborted && printed < limits.count) {
    const records = await pollUntilStopped(source, Math.min(POLL_MS, limits.idleMs), signal);
    const wanted = records.slice(0, limits.count - printed);
    await printRecords(terminal, printer, wanted, printed);
    printed += wanted.length;
    if (records.length > 0) lastMs = performance.now();
    await afterEach();
    if (limits.untilEnd && source.atEnd) break;
    if (performance.now() - lastMs >= limits.idleMs) break;
  }
  await write(terminal.stdout, printer.end);
  return printed;
}

/** A poll that is stopped by the signal, while joining a group perhaps, gives nothing. */
async function pollUntilStopped(
  source: Source,
  maxWaitMs: number,
  signal: AbortSignal,
): Promise<readonly ConsumedRecord[]> {
  try {
    return await source.poll(maxWaitMs, signal);
  } catch (thrown) {
    if (signal.aborted && thrown instanceof KafkaError && thrown.code === "CANCELLED") return [];
    throw thrown;
  }
}

async function printRecords(
  terminal: Terminal,
  printer: RecordPrinter,
  records: readonly ConsumedRecord[],
  from: number,
): Promise<void> {
  let chunks: Buffer[] = [];
  let size = 0;
  for (const [index, record] of records.entries()) {
    const chunk = Buffer.from(printer.text(record, from + index));
    chunks.push(chunk);
    size += chunk.length;
    if (size < WRITE_BYTES) continue;
    await write(terminal.stdout, Buffer.concat(chunks));
    chunks = [];
    size = 0;
  }
  if (size > 0) await write(terminal.stdout, Buffer.concat(chunks));
}
