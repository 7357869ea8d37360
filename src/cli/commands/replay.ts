import * as fs from "node:fs";
import { describeConfigs } from "../../client/admin/configs.ts";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { describeTopics } from "../../client/admin/describe-topics.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import { createTopics } from "../../client/admin/topics.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { RawRecord } from "../../client/producer/producer-record.ts";
import { Producer } from "../../client/producer/producer.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import { carryOut, difference, type Change, type Outcome } from "../changes.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, stringifyJson } from "../output.ts";
import { usageProblem } from "../problem.ts";
import { recordsIn, type InputOptions } from "../records/input.ts";
import type { PrintableRecord } from "../records/printable.ts";
import { recordToJson } from "../records/record-json.ts";
import { withStop } from "../stop.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";
import { read, readingOf, type Reading } from "./consume.ts";
import { producerOptions } from "./produce.ts";

/** `moldau replay`. */
export function run(
  terminal: Terminal,
  [source = "", target]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const file = options.text("to-file");
  const fromFile = options.has("from-file");
  if ((target === undefined) === (file === undefined)) {
    throw usageProblem("say where to: a topic, or --to-file");
  }
  return withStop((signal) =>
    withCluster(terminal, options, async (cluster, properties) => {
      const reading = fromFile ? undefined : boundedReading(source, options);
      const pace = new Pace(options.integer("rate", { min: 1 }) ?? Infinity);
      const replay = {
        terminal,
        options,
        properties,
        cluster,
        source,
        target,
        reading,
        pace,
        signal,
      };
      if (file !== undefined && reading !== undefined) return toFile(replay, reading, file);
      return toTopic(replay, target ?? "");
    }),
  );
}

interface Replay {
  readonly terminal: Terminal;
  readonly options: Options;
  readonly properties: ReadonlyMap<string, string>;
  readonly cluster: Cluster;
  readonly source: string;
  readonly target: string | undefined;
  /** Undefined for a file. */
  readonly reading: Reading | undefined;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Up to the end that there is now, unless the replay is to go on: a topic may be copied into itself. */
function boundedReading(source: string, options: Options): Reading {
  const reading = readingOf([source], options, "earliest");
  if (options.has("follow") || reading.until !== undefined) return reading;
  return { ...reading, until: { kind: "latest" } };
}

async function toFile(replay: Replay, reading: Reading, file: string): Promise<ExitCode> {
  const { terminal, options, properties, cluster, signal, pace } = replay;
  let count = 0;
  const isStdout = file === "-";
  const out = isStdout || options.has("dry-run") ? undefined : fs.createWriteStream(file);
  await read(
    { cluster, properties, reading, signal },
    {
      async take(records) {
        for (const record of records) {
          await pace.next();
          count++;
          const line = `${stringifyJson(recordToJson(record))}\n`;
          if (isStdout && !options.has("dry-run")) await write(terminal.stdout, line);
          else if (out !== undefined) await write(out, line);
        }
      },
    },
  );
  if (out !== undefined) await new Promise<void>((resolve) => out.end(resolve));
  const what = `${countText(count, "record")} of ${replay.source}`;
  const done = options.has("dry-run")
    ? `would write ${what} to ${file}`
    : `wrote ${what} to ${file}`;
  await write(terminal.stderr, `${paintFor(terminal, terminal.stderr).dim(done)}\n`);
  return ExitCode.ok;
}

/** Copies, and tells as of any other change what became of the target. */
async function toTopic(replay: Replay, target: string): Promise<ExitCode> {
  const { terminal, options, properties, cluster } = replay;
  const isDry = options.has("dry-run");
  if (isDry) {
    const count = await copy(replay, () => Promise.resolve());
    const change: Change = {
      kind: "topic",
      name: target,
      action: "alter",
      differences: [difference("records", null, count)],
    };
    return carryOut(terminal, options, { changes: [change], apply: () => Promise.resolve([]) });
  }
  if (options.has("create")) await createLike(cluster, replay.source, target);
  await cluster.topic(target);
  const { transactionTimeoutMs: _timeout, ...how } = producerOptions(options, properties);
  const producer = new Producer(cluster, { ...how, createTopics: false });
  const change: Change = { kind: "topic", name: target, action: "alter", differences: [] };
  return carryOut(terminal, options, {
    changes: [change],
    apply: async (): Promise<readonly Outcome[]> => {
      let count = 0;
      try {
        count = await copy(replay, async (record) => {
          await producer.ready();
          producer.post(target, record);
        });
        await producer.close();
        return [{ differences: [difference("records", null, `+${count}`)] }];
      } catch (error) {
        await producer.close().catch(() => undefined);
        return [{ error }];
      }
    },
  });
}

/** Hands on every record of the source; returns how many that were. */
async function copy(replay: Replay, send: (record: RawRecord) => Promise<void>): Promise<number> {
  const { terminal, options, properties, cluster, reading, signal, pace, source } = replay;
  const keepPartition = options.has("keep-partitions");
  const fresh = options.has("new-timestamps");
  let count = 0;
  if (reading === undefined) {
    for await (const record of recordsIn(terminal, [source], FILE_INPUT)) {
      if (signal.aborted) break;
      await pace.next();
      await send(fresh ? { ...record, timestamp: undefined } : record);
      count++;
    }
    return count;
  }
  await read(
    { cluster, properties, reading, signal },
    {
      async take(records) {
        for (const record of records) {
          await pace.next();
          await send(copyOf(record, keepPartition, fresh));
          count++;
        }
      },
    },
  );
  return count;
}

const FILE_INPUT: InputOptions = {
  format: "ndjson",
  delimiter: undefined,
  keySeparator: undefined,
  headers: undefined,
  fixed: { key: undefined, partition: undefined, timestamp: undefined, headers: [] },
  encodeKey: undefined,
  encodeValue: undefined,
  emptyIsNull: false,
  nullMarker: undefined,
  lenient: false,
};

function copyOf(record: PrintableRecord, keepPartition: boolean, fresh: boolean): RawRecord {
  const { key, value, headers, timestamp, partition } = record;
  const pairs = Array.from(headers, (header) => [header.key, header.value] as const);
  return {
    key,
    value,
    ...(pairs.length === 0 ? {} : { headers: pairs }),
    ...(fresh || timestamp < 0 ? {} : { timestamp }),
    ...(keepPartition ? { partition } : {}),
  };
}

/** A topic with the partitions and the settings of another, unless it is there. */
async function createLike(cluster: Cluster, source: string, target: string): Promise<void> {
  const [described] = await describeTopics(cluster, [source]);
  const [configs] = await describeConfigs(cluster, [
    { type: ConfigResourceType.topic, name: source },
  ]);
  if (described === undefined || configs === undefined) return;
  const { partitions, replicationFactor } = valueOf(described);
  const own = valueOf(configs).filter((entry) => entry.source === "topic");
  const [created] = await createTopics(cluster, [
    {
      name: target,
      partitions: partitions.length,
      replicationFactor,
      configs: Object.fromEntries(own.map(({ name, value }) => [name, value ?? ""])),
    },
  ]);
  if (created?.error !== undefined && created.error.code !== "TOPIC_ALREADY_EXISTS")
    throw created.error;
}

/** Lets so many records pass in a second. */
class Pace {
  readonly #perSecond: number;
  readonly #startedMs = performance.now();
  #count = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async next(): Promise<void> {
    this.#count++;
    if (this.#perSecond === Infinity) return;
    const dueMs = this.#startedMs + (this.#count / this.#perSecond) * 1000;
    const waitMs = dueMs - performance.now();
    if (waitMs <= MIN_WAIT_MS) return;
    await new Promise<void>((resolve) => nodePlatform.clock.setTimer(waitMs, resolve));
  }
}

/** Shorter waits are left for the next record. */
const MIN_WAIT_MS = 2;
