import type { Cluster } from "../../client/cluster/cluster.ts";
import type { ConsumeOptions } from "../../client/consumer/consumer-options.ts";
import { Consumer } from "../../client/consumer/consumer.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { parseNumbers, wholeName } from "../patterns.ts";
import { parsePlace, resolvePlaces, type Place } from "../places.ts";
import { topicPartitionName } from "../../core/topic-partition.ts";
import { Problem, usageProblem } from "../problem.ts";
import { fetchingOf } from "../records/client-properties.ts";
import { filterOf, grepOf } from "../records/filter.ts";
import type { PrintableRecord } from "../records/printable.ts";
import { RecordReader, type Matches, type ReadLimits } from "../records/reader.ts";
import { makePrinter, type RecordPrinter } from "../records/record-printer.ts";
import { decoderOf, typesOf } from "../records/types.ts";
import { RECORD_FORMATS } from "../words.ts";
import { withStop } from "../stop.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";
import { allTopicNames, partitionNumbersOf } from "../topics.ts";

/** Text that is gathered before it is written. */
const WRITE_BYTES = 64 * 1024;
/** How often a group's offsets are stored while records come. */
const COMMIT_INTERVAL_MS = 1_000;
const FETCH_WAIT_NEAR_END_MS = 20;

/** What is read, and what becomes of it. */
export interface Reading {
  readonly topics: readonly string[];
  /** Topics are patterns. */
  readonly regex: boolean;
  readonly group: string | undefined;
  readonly partitions: readonly number[] | undefined;
  readonly from: Place;
  readonly until: Place | undefined;
  readonly limits: Omit<ReadLimits, "until">;
  readonly uncommitted: boolean;
  readonly matches: Matches | undefined;
}

/** `moldau consume`. */
export async function run(
  terminal: Terminal,
  topics: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const reading = readingOf(topics, options, "earliest");
  const printer = printerOf(terminal, topics, options);
  await consume(terminal, options, reading, printer);
  return ExitCode.ok;
}

/** `moldau tail`: the last ones of all partitions in the order of their times, then whatever comes. */
export async function runTail(
  terminal: Terminal,
  topics: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const reading = readingOf(topics, options, "-10");
  const printer = printerOf(terminal, topics, options);
  const { from } = reading;
  await consume(terminal, options, reading, printer, from.kind === "last" ? from.count : undefined);
  return ExitCode.ok;
}

/** What the options say of the reading. */
export function readingOf(topics: readonly string[], options: Options, from: string): Reading {
  const group = options.text("group");
  const partition = options.text("partition");
  if (group !== undefined && partition !== undefined) {
    throw usageProblem("--partition does not go with --group", "a group divides them itself");
  }
  const nowMs = Date.now();
  const until = options.text("until");
  const reading = {
    topics,
    regex: options.has("regex"),
    group,
    partitions: partition === undefined ? undefined : parseNumbers(partition),
    from: parsePlace(options.text("from") ?? from, nowMs, "from"),
    until: until === undefined ? undefined : parsePlace(until, nowMs, "until"),
    limits: {
      count: options.integer("count", { min: 1 }) ?? Infinity,
      untilEnd: options.has("until-end"),
      idleMs: options.duration("idle") ?? Infinity,
    },
    uncommitted: options.has("uncommitted"),
    matches: filterOf(options),
  };
  const isEnd = reading.from.kind === "earliest" || reading.from.kind === "latest";
  if (group !== undefined && !isEnd) {
    throw usageProblem(
      "a group goes on where it stopped: --from takes earliest or latest with it",
      "set its place with: moldau group reset",
    );
  }
  return reading;
}

function printerOf(terminal: Terminal, topics: readonly string[], options: Options): RecordPrinter {
  const asked = options.choice("output", RECORD_FORMATS);
  return makePrinter(terminal, {
    format: asked ?? (terminal.stdout.isTTY === true ? "table" : "ndjson"),
    template: options.text("template") ?? options.text("format"),
    decoders: typesOf([...options.list("decode"), ...options.list("serdes")], decoderOf),
    withTopic: topics.length > 1 || options.has("regex"),
    highlight: highlightOf(options),
  });
}

function highlightOf(options: Options): RegExp | undefined {
  const grep = grepOf(options);
  return grep === undefined ? undefined : new RegExp(grep.source, "gu");
}

/**
 * Reads and prints until a limit, or until a signal; resolves with how many records that were. With
 * `newest` so many of those that are there are printed in the order of their times, and then what comes.
 */
export async function consume(
  terminal: Terminal,
  options: Options,
  reading: Reading,
  printer: RecordPrinter,
  newest?: number,
): Promise<number> {
  return withStop((stop) =>
    withCluster(terminal, options, async (cluster, properties) => {
      const output = new RecordOutput(terminal, printer);
      await write(terminal.stdout, printer.begin);
      await read({ cluster, properties, reading, signal: stop }, sinkOf(output, newest));
      await write(terminal.stdout, printer.end);
      if (output.count === 0) await tellNothing(terminal);
      return output.count;
    }),
  );
}

async function tellNothing(terminal: Terminal): Promise<void> {
  if (terminal.stderr.isTTY !== true || terminal.stdout.isTTY !== true) return;
  await write(terminal.stderr, paintFor(terminal, terminal.stderr).dim("There were no records.\n"));
}

/** Where records go. */
export interface RecordSink {
  take(records: readonly PrintableRecord[]): Promise<void>;
  /** Called after every poll. */
  look?(atEnd: boolean): Promise<void>;
  /** Nothing comes any more. */
  end?(): Promise<void>;
}

function sinkOf(output: RecordOutput, newest: number | undefined): RecordSink {
  if (newest !== undefined) return new NewestFirst(output, newest);
  return { take: (records) => output.print(records) };
}

/** What a reading reads from. */
export interface ReadingFrom {
  readonly cluster: Cluster;
  /** What a client is told besides. */
  readonly properties: ReadonlyMap<string, string>;
  readonly reading: Reading;
  readonly signal: AbortSignal;
}

/** Opens a consumer as the reading says, and reads until a limit or the signal. */
export async function read(
  { cluster, properties, reading: asked, signal }: ReadingFrom,
  sink: RecordSink,
): Promise<void> {
  const fetching = fetchingOf(properties, asked.group !== undefined);
  const uncommitted = asked.uncommitted || fetching.isolation === "read_uncommitted";
  const reading = { ...asked, uncommitted };
  const topics = await topicsToRead(cluster, reading);
  const until = await endsOf(cluster, reading, topics);
  const consumer = new Consumer(
    cluster,
    reading.regex ? wholeName(reading.topics.join("|")) : topics,
    { ...soonAtEnd(reading), ...fetching, ...consumeOptions(reading) },
  );
  try {
    const reader = new RecordReader(
      consumer,
      { ...reading.limits, until },
      reading.matches,
      signal,
    );
    await begun(consumer, signal);
    let committedMs = performance.now();
    const commit = async (): Promise<void> => {
      if (reading.group === undefined || reader.positions.length === 0) return;
      committedMs = performance.now();
      await consumer.commit(reader.positions);
    };
    await reader.run(
      (records) => sink.take(records),
      async () => {
        await sink.look?.(consumer.atEnd);
        if (performance.now() - committedMs >= COMMIT_INTERVAL_MS) await commit();
      },
    );
    await sink.end?.();
    await commit();
  } finally {
    await consumer.close();
  }
}

/** Before its partitions and places are known, a consumer is at the end of nothing. */
async function begun(consumer: Consumer, signal: AbortSignal): Promise<void> {
  const leave = (): void => void consumer.close();
  signal.addEventListener("abort", leave);
  try {
    await consumer.ready();
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** A broker that has nothing more says so at once to who waits for just that. */
function soonAtEnd({ limits, group }: Reading): ConsumeOptions {
  return limits.untilEnd && group !== undefined ? { fetchWaitMs: FETCH_WAIT_NEAR_END_MS } : {};
}

function consumeOptions({ group, partitions, from, uncommitted }: Reading): ConsumeOptions {
  return {
    group,
    ...(group === undefined ? {} : { commit: "manual" as const }),
    partitions,
    from: startOf(from),
    isolation: uncommitted ? "read_uncommitted" : "read_committed",
  };
}

function startOf(place: Place): NonNullable<ConsumeOptions["from"]> {
  switch (place.kind) {
    case "earliest":
    case "latest":
      return place.kind;
    case "offset":
      return { offset: place.offset };
    case "last":
      return { last: place.count };
    case "time":
      return { time: place.timestampMs };
  }
}

/** The topics by name; throws for those that are not there, or have no such partition. */
async function topicsToRead(
  cluster: Cluster,
  { topics, regex, partitions }: Reading,
): Promise<readonly string[]> {
  if (regex) return namesMatchingNow(cluster, topics);
  for (const topic of topics) {
    const there = await partitionNumbersOf(cluster, topic);
    const missing = partitions?.find((number) => !there.includes(number));
    if (missing !== undefined) {
      throw usageProblem(`${topic} has no partition ${missing}; it has 0 to ${there.length - 1}`);
    }
  }
  return topics;
}

async function namesMatchingNow(
  cluster: Cluster,
  patterns: readonly string[],
): Promise<readonly string[]> {
  const pattern = wholeName(patterns.join("|"));
  const names = await allTopicNames(cluster);
  return names.filter((name) => pattern.test(name));
}

/** What `--until` means in each partition, or the ends that there are now. */
async function endsOf(
  cluster: Cluster,
  { from, until, partitions, limits, group, uncommitted }: Reading,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number> | undefined> {
  const stop = until ?? (limits.untilEnd && group === undefined ? LATEST : undefined);
  if (stop === undefined) return undefined;
  const queries = [];
  for (const topic of topics) {
    for (const partition of partitions ?? (await partitionNumbersOf(cluster, topic))) {
      queries.push({ topic, partition, place: stop });
    }
  }
  const ends = await resolvePlaces(cluster, queries, { clamp: true, readCommitted: !uncommitted });
  const [beyond] = from.kind === "offset" ? ends.filter(({ offset }) => from.offset > offset) : [];
  if (beyond !== undefined && until === undefined) {
    const name = topicPartitionName(beyond.topic, beyond.partition);
    throw new Problem("OFFSET_OUT_OF_RANGE", `partition ${name} ends at ${beyond.offset}`, {
      remedy: "begin before its end: --from -10 gives the last ten",
    });
  }
  return new Map(ends.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
}

const LATEST: Place = { kind: "latest" };

/** Writes records, many at a time. */
class RecordOutput {
  count = 0;
  readonly #terminal: Terminal;
  readonly #printer: RecordPrinter;

  constructor(terminal: Terminal, printer: RecordPrinter) {
    this.#terminal = terminal;
    this.#printer = printer;
  }

  async print(records: readonly PrintableRecord[]): Promise<void> {
    let chunks: Buffer[] = [];
    let size = 0;
    for (const record of records) {
      const chunk = Buffer.from(this.#printer.text(record, this.count));
      this.count++;
      chunks.push(chunk);
      size += chunk.length;
      if (size < WRITE_BYTES) continue;
      await write(this.#terminal.stdout, Buffer.concat(chunks));
      chunks = [];
      size = 0;
    }
    if (size > 0) await write(this.#terminal.stdout, Buffer.concat(chunks));
  }
}

/** Holds back what is there until all of it is, and then prints the newest in order of their times. */
class NewestFirst implements RecordSink {
  readonly #output: RecordOutput;
  readonly #count: number;
  #held: PrintableRecord[] | undefined = [];

  constructor(output: RecordOutput, count: number) {
    this.#output = output;
    this.#count = count;
  }

  async take(records: readonly PrintableRecord[]): Promise<void> {
    if (this.#held === undefined) await this.#output.print(records);
    else this.#held.push(...records);
  }

  async look(atEnd: boolean): Promise<void> {
    if (atEnd) await this.end();
  }

  async end(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    const inOrder = held.sort((a, b) => a.timestamp - b.timestamp || a.offset - b.offset);
    await this.#output.print(this.#count === 0 ? [] : inOrder.slice(-this.#count));
  }
}
