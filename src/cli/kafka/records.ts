import { listTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import {
  deleteRecords,
  listOffsets,
  type OffsetPlace,
  type OffsetQuery,
} from "../../client/admin/offsets.ts";
import { topicPartitionName } from "../../core/topic-partition.ts";
import { parseOffsetsJson } from "../commands/record-delete.ts";
import type { Options } from "../command.ts";
import { readText } from "../connection/settings.ts";
import { ExitCode } from "../exit-code.ts";
import { parseNumbers, wholeName } from "../patterns.ts";
import { Problem, usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { needed, withKafkaCluster } from "./options.ts";

const TIMES: Readonly<Record<string, OffsetPlace>> = {
  latest: "latest",
  "-1": "latest",
  earliest: "earliest",
  "-2": "earliest",
  "max-timestamp": "maxTimestamp",
  "-3": "maxTimestamp",
  "earliest-local": "earliestLocal",
  "-4": "earliestLocal",
  "latest-tiered": "latestTiered",
  "-5": "latestTiered",
  "earliest-pending-upload": "earliestPendingUpload",
  "-6": "earliestPendingUpload",
};

/** Whether somebody wants the offset of a partition. */
type Wants = (topic: string, partition: number) => boolean;

/** `moldau kafka-get-offsets`. */
export function runGetOffsets(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const time = options.text("time") ?? "latest";
  const at = TIMES[time] ?? (/^\d+$/.test(time) ? { timestamp: Number(time) } : undefined);
  if (at === undefined) {
    throw usageProblem(
      `--time does not understand "${time}"`,
      `it is a timestamp, or one of ${Object.keys(TIMES).join(", ")}`,
    );
  }
  const wants = wantsOf(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    const includeInternal = !options.has("exclude-internal-topics");
    const topics = await listTopics(cluster, { includeInternal });
    const queries = topics.flatMap((topic) => queriesOf(topic, wants, at));
    if (queries.length === 0) {
      throw new Problem(
        "MLD3010",
        "Error occurred: Could not match any topic-partitions with the specified filters",
        {
          exitCode: ExitCode.notFound,
        },
      );
    }
    for (const { topic, partition, value, error } of await listOffsets(cluster, queries)) {
      if (error !== undefined) {
        await write(
          terminal.stderr,
          `Skip getting offsets for topic-partition ${topic}-${partition} due to error: ${error.message}\n`,
        );
      } else if (value.offset !== null) {
        await write(terminal.stdout, `${topic}:${partition}:${value.offset}\n`);
      }
    }
    return ExitCode.ok;
  });
}

function queriesOf(
  { name, partitions }: TopicDescription,
  wants: Wants,
  at: OffsetPlace,
): OffsetQuery[] {
  return partitions
    .filter(({ partition, leader }) => leader !== null && wants(name, partition))
    .map(({ partition }) => ({ topic: name, partition, at }));
}

function wantsOf(options: Options): Wants {
  const list = options.text("topic-partitions");
  const topic = options.text("topic");
  const partitions = options.text("partitions");
  if (list !== undefined) {
    if (topic !== undefined || partitions !== undefined) {
      throw usageProblem("--topic-partitions excludes --topic and --partitions");
    }
    const rules = list.split(",").map(ruleOf);
    return (name, partition) => rules.some((rule) => rule(name, partition));
  }
  const pattern = topic === undefined ? undefined : wholeName(topic);
  const numbers = partitions === undefined ? undefined : parseNumbers(partitions);
  return (name, partition) =>
    (pattern?.test(name) ?? true) && (numbers?.includes(partition) ?? true);
}

/** `topic:0`, `topic:0-3` (without the last), `topic:5-`, `topic:-3`, or a topic alone; topics are patterns. */
function ruleOf(text: string): Wants {
  const match = /^([^:,]*)(?::(?:(\d+)|(\d*)-(\d*))?)?$/.exec(text);
  if (match === null) throw usageProblem(`--topic-partitions does not understand "${text}"`);
  const [, topic = "", one, from = "", to = ""] = match;
  const pattern = topic === "" ? undefined : wholeName(topic);
  const isRange = match[3] !== undefined;
  const isWanted = (partition: number): boolean => {
    if (one !== undefined) return partition === Number(one);
    if (!isRange) return true;
    return partition >= Number(from || 0) && partition < (to === "" ? Infinity : Number(to));
  };
  return (name, partition) => (pattern?.test(name) ?? true) && isWanted(partition);
}

/** `moldau kafka-delete-records`. */
export function runDeleteRecords(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const file = needed(options, "offset-json-file");
  const wanted = parseOffsetsJson(readText(file), file);
  return withKafkaCluster(terminal, options, async (cluster) => {
    await write(terminal.stdout, "Executing records delete operation\n");
    const outcomes = await deleteRecords(
      cluster,
      wanted.map(({ topic, partition, place }) => {
        const before = place.kind === "offset" ? place.offset : ("end" as const);
        return { topic, partition, before };
      }),
    );
    const lines = outcomes.map(({ topic, partition, value, error }) => {
      const said =
        error === undefined ? `low_watermark: ${value.lowWatermark}` : `error: ${error.message}`;
      return `partition: ${topicPartitionName(topic, partition)}\t${said}\n`;
    });
    await write(terminal.stdout, `Records delete operation completed:\n${lines.join("")}`);
    const failed = outcomes.filter(({ error }) => error !== undefined).length;
    if (failed === 0) return ExitCode.ok;
    return failed < outcomes.length ? ExitCode.partial : ExitCode.failed;
  });
}
