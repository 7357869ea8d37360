import type { Cluster } from "../../client/cluster/cluster.ts";
import type { RawRecord, RecordMetadata } from "../../client/producer/producer-record.ts";
import { Producer } from "../../client/producer/producer.ts";
import type { Options } from "../command.ts";
import { timeoutMsOf, withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, isForPeople, outputFormat, printListing, stringifyJson } from "../output.ts";
import { parseTime } from "../places.ts";
import { type Problem, problemOf, tell, usageProblem } from "../problem.ts";
import { RecordMaker, recordsIn, type FixedParts, type InputOptions } from "../records/input.ts";
import { encoderOf, typesOf } from "../records/types.ts";
import { unlessStopped, untilStopped } from "../records/stoppable.ts";
import { acksOf, sendingOf } from "../records/client-properties.ts";
import { withStop } from "../stop.ts";
import { COMPRESSIONS } from "../words.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

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
  return withStop((stop) =>
    withCluster(terminal, options, async (cluster, properties) => {
      // Before anything is read: who types lines shall not learn at the end that the topic is missing.
      await cluster.topic(topic, { create: options.has("create") && !options.has("dry-run") });
      if (options.has("dry-run")) return dryRun(terminal, topic, records);
      const taken = options.has("tee") ? teed(terminal, records) : records;
      const isOne = options.has("transactional-id");
      const limited = (isOne ? unlessStopped : untilStopped)(terminal, taken, stop);
      const how = producerOptions(options, properties);
      const sending = { terminal, cluster, topic, options, how, records: limited };
      const tally = isOne ? await sendAsOne(sending) : await send(sending);
      return conclude(terminal, topic, tally, performance.now() - startedMs);
    }),
  );
}

interface Sending {
  readonly terminal: Terminal;
  readonly cluster: Cluster;
  readonly topic: string;
  readonly options: Options;
  readonly how: ReturnType<typeof producerOptions>;
  readonly records: AsyncIterable<RawRecord>;
}

/** All of it in one transaction; what went where is told when it is committed. */
async function sendAsOne({
  terminal,
  cluster,
  topic,
  options,
  how,
  records,
}: Sending): Promise<Tally> {
  const { acks, idempotent: _idempotent, ...rest } = how;
  if (acks !== -1) throw usageProblem("a transaction needs --acks all");
  const { sendInTransaction } = await import("../records/transaction.ts");
  const sent = await sendInTransaction(cluster, {
    transactionalId: options.text("transactional-id") ?? "",
    topic,
    records,
    timeoutMs: timeoutMsOf(options),
    options: rest,
  });
  if (options.has("output")) sent.forEach(makeReport(terminal, options));
  const tally = new Tally();
  tally.sent = sent.length;
  return tally;
}

async function send({ terminal, cluster, topic, options, how, records }: Sending): Promise<Tally> {
  const tally = new Tally();
  const { transactionTimeoutMs: _timeout, ...rest } = how;
  const producer = new Producer(cluster, {
    ...rest,
    onError: (error, of) => tally.fail(error, of.count),
  });
  const report = options.has("output") ? makeReport(terminal, options) : undefined;
  try {
    for await (const record of records) {
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
  return tally;
}

async function* teed(
  terminal: Terminal,
  records: AsyncIterable<RawRecord>,
): AsyncGenerator<RawRecord> {
  for await (const record of records) {
    await write(terminal.stdout, Buffer.concat([Buffer.from(record.value ?? ""), NEWLINE]));
    yield record;
  }
}

const NEWLINE = Buffer.from("\n");

/** How records are sent: as the flags say, else as the properties do. */
export function producerOptions(options: Options, properties: ReadonlyMap<string, string>) {
  const said = sendingOf(properties);
  const acks = options.text("acks");
  return {
    deliveryTimeoutMs: timeoutMsOf(options),
    ...said,
    acks: acks === undefined ? (said.acks ?? -1) : acksOf(acks),
    compression: options.choice("compression", COMPRESSIONS) ?? said.compression ?? "none",
    createTopics: options.has("create"),
    ...durations(options, { linger: "lingerMs", timeout: "deliveryTimeoutMs" }),
    ...durations(options, { "transaction-timeout": "transactionTimeoutMs" }),
  } as const;
}

/** Durations among the options that were given, by the names they have for the client. */
function durations<K extends string>(
  options: Options,
  names: Readonly<Record<string, K>>,
): { [P in K]?: number } {
  const given = Object.entries(names).filter(([flag]) => options.has(flag));
  return Object.fromEntries(given.map(([flag, name]) => [name, options.duration(flag)])) as {
    [P in K]?: number;
  };
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
