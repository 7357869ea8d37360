import type { Acks } from "../../client/producer/options.ts";
import { Producer } from "../../client/producer/producer.ts";
import type { RawRecord, RecordMetadata } from "../../client/producer/producer-record.ts";
import type { CompressionCodec } from "../../records/compression.ts";
import { timeoutMsOf, withCluster } from "../cluster-options.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, isForPeople, outputFormat, printListing, stringifyJson } from "../output.ts";
import { problemOf, tell, usageProblem, type Problem } from "../problem.ts";
import { parseRecordJson } from "../record-json.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

const CODECS: readonly CompressionCodec[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const ACKS: Readonly<Record<string, Acks>> = { all: -1, "-1": -1, "1": 1, "0": 0 };
/** Failures that are told one by one; the rest is only counted. */
const TOLD_FAILURES_MAX = 5;

/** What became of the records. */
class Tally {
  sent = 0;
  failed = 0;
  readonly byPartition = new Map<number, number>();
  readonly problems = new Map<string, Problem>();

  take(metadata: RecordMetadata): void {
    this.sent++;
    const { partition } = metadata;
    this.byPartition.set(partition, (this.byPartition.get(partition) ?? 0) + 1);
  }

  fail(thrown: unknown): void {
    this.failed++;
    const problem = problemOf(thrown);
    if (this.problems.size < TOLD_FAILURES_MAX) this.problems.set(problem.message, problem);
  }
}

export async function run(
  terminal: Terminal,
  [topic = "", ...values]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const compression = options.choice("compression", CODECS) ?? "none";
  const acks = ACKS[options.text("acks") ?? "all"];
  if (acks === undefined) throw usageProblem("--acks takes all, 1 or 0");
  const startedMs = performance.now();
  const records = recordsToSend(terminal, values, options);
  return withCluster(terminal, options, async (cluster) => {
    const producer = new Producer(cluster, {
      acks,
      compression,
      createTopics: options.has("create"),
      deliveryTimeoutMs: timeoutMsOf(options),
    });
    // Before anything is read: who types lines shall not learn at the end that the topic is missing.
    await cluster.topic(topic, { create: options.has("create") });
    const tally = new Tally();
    const report = options.has("output") ? makeReport(terminal, options) : undefined;
    for await (const record of records) {
      await producer.ready();
      producer.send(topic, record).then(
        (metadata) => {
          tally.take(metadata);
          report?.(metadata);
        },
        (thrown: unknown) => tally.fail(thrown),
      );
    }
    await producer.close();
    return conclude(terminal, topic, tally, performance.now() - startedMs);
  });
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
    const places = [...tally.byPartition]
      .sort(([a], [b]) => a - b)
      .map(([partition, count]) => `partition ${partition}: ${count}`);
    const where = places.length > 1 && places.length <= 8 ? ` (${places.join(", ")})` : "";
    const failed = tally.failed === 0 ? "" : `, ${tally.failed} failed`;
    const text = `${countText(tally.sent, "record")} sent to ${topic} in ${Math.round(elapsedMs)} ms`;
    await write(terminal.stderr, dim(`${text}${where}${failed}\n`));
  }
  if (tally.failed === 0) return ExitCode.ok;
  const [first] = tally.problems.values();
  return tally.sent > 0 ? ExitCode.partial : (first?.exitCode ?? ExitCode.failed);
}

async function* recordsToSend(
  terminal: Terminal,
  values: readonly string[],
  options: Options,
): AsyncGenerator<RawRecord> {
  const fixed = fixedParts(options);
  const format = options.choice("format", ["lines", "ndjson", "whole"]) ?? "lines";
  if (options.has("tombstone")) {
    if (fixed.key === null) throw usageProblem("--tombstone needs the --key that it deletes");
    yield { ...fixed, value: null };
  } else if (values.length > 0) {
    for (const value of values) yield { ...fixed, value: Buffer.from(value) };
  } else if (format === "whole") {
    yield { ...fixed, value: await readAll(terminal) };
  } else {
    const separator = options.text("key-separator");
    let number = 0;
    for await (const line of linesOf(terminal)) {
      number++;
      if (format === "lines") yield splitLine(line, separator, fixed);
      else if (line.length > 0) yield fromJson(line.toString(), number, fixed, options);
    }
  }
}

/** What all records of one call have in common. */
interface FixedParts extends Omit<RawRecord, "value" | "headers"> {
  readonly key: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}

function fixedParts(options: Options): FixedParts {
  const partition = options.integer("partition", { min: 0 });
  const key = options.text("key");
  const headers = options.list("header").map((entry) => {
    const equals = entry.indexOf("=");
    if (equals <= 0) throw usageProblem(`--header takes name=value, not "${entry}"`);
    return [entry.slice(0, equals), Buffer.from(entry.slice(equals + 1))] as const;
  });
  return {
    key: key === undefined ? null : Buffer.from(key),
    headers,
    ...(partition === undefined ? {} : { partition }),
  };
}

function splitLine(line: Buffer, separator: string | undefined, fixed: FixedParts): RawRecord {
  if (separator === undefined) return { ...fixed, value: line };
  const mark = Buffer.from(unescape(separator));
  const at = line.indexOf(mark);
  if (at < 0) {
    throw usageProblem(`a line has no key: "${separator}" does not stand in ${line.toString()}`);
  }
  return { ...fixed, key: line.subarray(0, at), value: line.subarray(at + mark.length) };
}

/** `\t` and `\n` as people type them. */
function unescape(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

function fromJson(line: string, number: number, fixed: FixedParts, options: Options): RawRecord {
  const { key, value, headers, timestamp } = parseRecordJson(line, number);
  return {
    ...fixed,
    key: options.has("key") ? fixed.key : key,
    value,
    headers: [...headers.map(({ key: name, value }) => [name, value] as const), ...fixed.headers],
    // The partition of another topic means nothing here, unless somebody says so.
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

async function readAll(terminal: Terminal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of stdin as bytes, without their ends; the last one needs none. */
async function* linesOf(terminal: Terminal): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of terminal.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...rest, bytes.subarray(start, end)]);
      rest = [];
      start = end + 1;
      yield line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
