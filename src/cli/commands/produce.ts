import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Acks } from "../../client/producer/options.ts";
import type { RawRecord, RecordMetadata } from "../../client/producer/producer-record.ts";
import { Producer } from "../../client/producer/producer.ts";
import type { Options } from "../command.ts";
import { timeoutMsOf, withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, isForPeople, outputFormat, printListing, stringifyJson } from "../output.ts";
import { parseTime } from "../places.ts";
import { problemOf, tell, usageProblem, type Problem } from "../problem.ts";
import { RecordMaker, recordsIn, type FixedParts, type InputOptions } from "../records/input.ts";
import { encoderOf, typesOf } from "../records/types.ts";
import { COMPRESSIONS } from "../words.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

const ACKS: Readonly<Record<string, Acks>> = { all: -1, "-1": -1, "1": 1, "0": 0 };
/** Failures that are told one by one; the rest is only counted. */
const TOLD_FAILURES_MAX = 5;

/** What became of the records. */
class Tally {
  sent = 0;
  failed = 0;
  readonly problems = new Map<string, Problem>();

  fail(thrown: unknown, count = 1): void {
    this.failed += count;
    const problem = problemOf(thrown);
    if (this.problems.size < TOLD_FAILURES_MAX) this.problems.set(problem.message, problem);
  }
}

/** `moldau produce`. */
export function run(
  terminal: Terminal,
  [topic = "", ...values]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const input = inputOptions(options);
  const records = counted(recordsToSend(terminal, values, options, input), options);
  return produce(terminal, topic, options, records);
}

/** Sends records as the options say, and tells what became of them. */
export async function produce(
  terminal: Terminal,
  topic: string,
  options: Options,
  records: AsyncIterable<RawRecord>,
): Promise<ExitCode> {
  const startedMs = performance.now();
  const tally = new Tally();
  return withCluster(terminal, options, async (cluster) => {
    // Before anything is read: who types lines shall not learn at the end that the topic is missing.
    await cluster.topic(topic, { create: options.has("create") && !options.has("dry-run") });
    if (options.has("dry-run")) return dryRun(terminal, topic, records);
    await send(terminal, cluster, topic, options, records, tally);
    return conclude(terminal, topic, tally, performance.now() - startedMs);
  });
}

async function send(
  terminal: Terminal,
  cluster: Cluster,
  topic: string,
  options: Options,
  records: AsyncIterable<RawRecord>,
  tally: Tally,
): Promise<void> {
  const producer = new Producer(cluster, {
    ...producerOptions(options),
    onError: (error, of) => tally.fail(error, of.count),
  });
  const report = options.has("output") ? makeReport(terminal, options) : undefined;
  const tee = options.has("tee");
  try {
    for await (const record of records) {
      if (tee)
        await write(terminal.stdout, Buffer.concat([Buffer.from(record.value ?? ""), NEWLINE]));
      await producer.ready();
      if (report === undefined) {
        producer.post(topic, record);
        tally.sent++;
        continue;
      }
      producer.send(topic, record).then(
        (metadata) => {
          tally.sent++;
          report(metadata);
        },
        (thrown: unknown) => tally.fail(thrown),
      );
    }
  } finally {
    await producer.close();
  }
  if (report === undefined) tally.sent -= tally.failed;
}

const NEWLINE = Buffer.from("\n");

/** What of the options is for the producer. */
export function producerOptions(options: Options) {
  const acks = ACKS[options.text("acks") ?? "all"];
  if (acks === undefined) throw usageProblem("--acks takes all, 1 or 0");
  return {
    acks,
    compression: options.choice("compression", COMPRESSIONS) ?? "none",
    createTopics: options.has("create"),
    deliveryTimeoutMs: timeoutMsOf(options),
    ...(options.has("linger") ? { lingerMs: options.duration("linger") } : {}),
  } as const;
}

/** Reads it all, and sends nothing. */
async function dryRun(
  terminal: Terminal,
  topic: string,
  records: AsyncIterable<RawRecord>,
): Promise<ExitCode> {
  let count = 0;
  let bytes = 0;
  for await (const { key, value } of records) {
    count++;
    bytes += Buffer.byteLength(key ?? "") + Buffer.byteLength(value ?? "");
  }
  await write(
    terminal.stderr,
    `would send ${countText(count, "record")} to ${topic}, ${bytes} bytes of keys and values\n`,
  );
  return ExitCode.ok;
}

/** Tells of every record, as soon as it is acknowledged. */
function makeReport(terminal: Terminal, options: Options): (metadata: RecordMetadata) => void {
  const format = outputFormat(terminal, options);
  if (isForPeople(format)) {
    return ({ partition, offset }) => terminal.stdout.write(`${partition}@${offset}\n`);
  }
  if (format === "ndjson" || format === "json") {
    return (metadata) => terminal.stdout.write(`${stringifyJson(metadata)}\n`);
  }
  return (metadata) =>
    void printListing(terminal, format, {
      items: [metadata],
      id: ({ topic, partition, offset }) => `${topic}-${partition}@${offset}`,
      empty: "",
      columns: [
        { title: "topic", of: ({ topic }) => topic },
        { title: "partition", of: ({ partition }) => partition },
        { title: "offset", of: ({ offset }) => offset },
        { title: "timestamp", of: ({ timestamp }) => timestamp },
      ],
    });
}

async function conclude(
  terminal: Terminal,
  topic: string,
  tally: Tally,
  elapsedMs: number,
): Promise<ExitCode> {
  for (const problem of tally.problems.values()) tell(terminal, problem, false);
  if (terminal.stderr.isTTY === true) {
    const { dim } = paintFor(terminal, terminal.stderr);
    const failed = tally.failed === 0 ? "" : `, ${tally.failed} failed`;
    const text = `${countText(tally.sent, "record")} sent to ${topic} in ${Math.round(elapsedMs)} ms`;
    await write(terminal.stderr, dim(`${text}${failed}\n`));
  }
  if (tally.failed === 0) return ExitCode.ok;
  const [first] = tally.problems.values();
  return tally.sent > 0 ? ExitCode.partial : (first?.exitCode ?? ExitCode.failed);
}

async function* recordsToSend(
  terminal: Terminal,
  values: readonly string[],
  options: Options,
  input: InputOptions,
): AsyncGenerator<RawRecord> {
  const maker = new RecordMaker(input);
  if (options.has("tombstone")) {
    const { key } = input.fixed;
    if (key === undefined || key === null)
      throw usageProblem("--tombstone needs the --key that it deletes");
    yield { ...maker.value(Buffer.alloc(0)), value: null };
    return;
  }
  for (const value of values) {
    const bytes = Buffer.from(value);
    yield input.keySeparator === undefined ? maker.value(bytes) : maker.line(bytes, `"${value}"`);
  }
  if (values.length > 0) return;
  yield* recordsIn(terminal, options.list("file"), input);
}

/** Not more than `--count`. */
async function* counted(
  records: AsyncIterable<RawRecord>,
  options: Options,
): AsyncGenerator<RawRecord> {
  let left = options.integer("count", { min: 1 }) ?? Infinity;
  for await (const record of records) {
    yield record;
    if (--left <= 0) return;
  }
}

function inputOptions(options: Options): InputOptions {
  const encoders = typesOf(options.list("encode"), encoderOf);
  return {
    format: options.choice("format", ["lines", "ndjson", "whole"]) ?? "lines",
    delimiter: options.text("delimiter"),
    keySeparator: options.text("key-separator"),
    headers: undefined,
    fixed: fixedParts(options, encoders.key),
    encodeKey: encoders.key,
    encodeValue: encoders.value,
    emptyIsNull: options.has("empty-is-null"),
    nullMarker: options.text("null"),
    lenient: false,
  };
}

function fixedParts(options: Options, encodeKey: InputOptions["encodeKey"]): FixedParts {
  const key = options.text("key");
  const headers = options.list("header").map((entry) => {
    const equals = entry.indexOf("=");
    if (equals <= 0) throw usageProblem(`--header takes name=value, not "${entry}"`);
    return [entry.slice(0, equals), entry.slice(equals + 1)] as const;
  });
  return {
    key: key === undefined ? undefined : (encodeKey ?? Buffer.from)(key),
    headers,
    partition: options.integer("partition", { min: 0 }),
    timestamp: timestampOf(options.text("timestamp")),
  };
}

function timestampOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timestamp = /^\d+$/.test(text) ? Number(text) : parseTime(text);
  if (timestamp !== undefined) return timestamp;
  throw usageProblem(
    `--timestamp does not understand "${text}"`,
    "say milliseconds since 1970, or 2026-01-31T12:00",
  );
}
