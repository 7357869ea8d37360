import { Admin } from "../../client/admin/old-admin.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Position } from "../../client/consumer/assigned-consumer.ts";
import { commitOffsets, NO_MEMBER, type CommittedOffset } from "../../client/group/group-offsets.ts";
import { listOffsets, OffsetSpec } from "../../client/consumer/list-offsets.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { clientProperties, oneAction, withKafkaCluster } from "../kafka-options.ts";
import { Problem, usageProblem } from "../problem.ts";
import { positionsAt } from "../start-place.ts";
import { write, type Terminal } from "../terminal.ts";
import { describeGroup, type GroupDetails } from "./group.ts";

/** `moldau kafka-consumer-groups`: answers in the words of Kafka's tool, which scripts read. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["list", "describe", "delete", "reset-offsets"]);
  clientProperties(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    if (action === "list") {
      const groups = await admin.listGroups();
      await write(terminal.stdout, groups.map(({ group }) => `${group}\n`).join(""));
      return ExitCode.ok;
    }
    const groups = options.has("all-groups")
      ? (await admin.listGroups()).map(({ group }) => group)
      : options.list("group");
    if (groups.length === 0) throw usageProblem("--group is missing");
    for (const group of groups) {
      if (action === "describe") await describe(terminal, cluster, admin, group, options);
      else if (action === "delete") await admin.deleteGroup(group);
      else await reset(terminal, cluster, admin, group, options);
    }
    if (action === "delete") {
      const names = groups.map((group) => `'${group}'`).join(", ");
      await write(
        terminal.stdout,
        `Deletion of requested consumer groups (${names}) was successful.\n`,
      );
    }
    return ExitCode.ok;
  });
}

async function describe(
  terminal: Terminal,
  cluster: Cluster,
  admin: Admin,
  name: string,
  options: Options,
): Promise<void> {
  const group = await describeGroup(cluster, admin, name);
  const { members, state, coordinator, assignor } = group;
  if (members.length === 0 && !options.has("state")) {
    await write(terminal.stderr, `\nConsumer group '${name}' has no active members.\n`);
  }
  if (options.has("state")) {
    const header = ["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"];
    await printColumns(terminal, header, [
      [name, coordinator, assignor, state, String(members.length)],
    ]);
  } else if (options.has("members")) {
    const header = ["GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS"];
    const rows = members.map((member) => [
      name,
      member.memberId,
      member.host,
      member.clientId,
      String(member.assignment.length),
    ]);
    await printColumns(terminal, header, rows);
  } else {
    await printColumns(terminal, OFFSET_HEADER, offsetRows(group));
  }
}

const OFFSET_HEADER = [
  "GROUP",
  "TOPIC",
  "PARTITION",
  "CURRENT-OFFSET",
  "LOG-END-OFFSET",
  "LAG",
  "CONSUMER-ID",
  "HOST",
  "CLIENT-ID",
];

function offsetRows({ group, partitions }: GroupDetails): string[][] {
  const text = (value: number | string | null): string => (value === null ? "-" : String(value));
  return partitions.map((row) => [
    group,
    row.topic,
    String(row.partition),
    text(row.committed),
    text(row.end),
    text(row.lag),
    text(row.memberId),
    text(row.host),
    text(row.clientId),
  ]);
}

/** Kafka's tools fill their columns with blanks; at least fifteen characters each. */
async function printColumns(
  terminal: Terminal,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const widths = header.map((title, index) =>
    Math.max(MIN_WIDTH, title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const lines = [header, ...rows].map((cells) =>
    cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" "),
  );
  await write(terminal.stdout, `\n${lines.join("\n")}\n`);
}

const MIN_WIDTH = 15;

async function reset(
  terminal: Terminal,
  cluster: Cluster,
  admin: Admin,
  group: string,
  options: Options,
): Promise<void> {
  const committed = await admin.groupOffsets(group);
  const partitions = await partitionsToReset(cluster, committed, options);
  const targets = await targetsOf(cluster, committed, partitions, options);
  if (options.has("execute")) {
    const { state } = await admin.describeGroup(group).catch(() => ({ state: "Empty" }));
    if (state !== "Empty" && state !== "Dead") {
      throw new Problem("MLD3013", `group ${group} is ${state}: it has members that would go on`, {
        remedy: "stop its members first",
      });
    }
    await commitOffsets(cluster, group, targets, NO_MEMBER, cluster.deadline());
  }
  const rows = targets.map(({ topic, partition, offset }) => [
    group,
    topic,
    String(partition),
    String(offset),
  ]);
  await printColumns(terminal, ["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"], rows);
}

async function partitionsToReset(
  cluster: Cluster,
  committed: readonly CommittedOffset[],
  options: Options,
): Promise<TopicPartition[]> {
  if (options.has("all-topics")) return [...committed];
  const topics = options.list("topic");
  if (topics.length === 0) throw usageProblem("say which: --topic or --all-topics");
  const found: TopicPartition[] = [];
  for (const text of topics) {
    const [topic = "", numbers] = text.split(":");
    const { partitions } = await cluster.topic(topic);
    const wanted = numbers?.split(",").map(Number);
    for (const { partitionIndex: partition } of partitions) {
      if (wanted === undefined || wanted.includes(partition)) found.push({ topic, partition });
    }
  }
  return found.sort((a, b) => a.partition - b.partition);
}

async function targetsOf(
  cluster: Cluster,
  committed: readonly CommittedOffset[],
  partitions: readonly TopicPartition[],
  options: Options,
): Promise<readonly Position[]> {
  const current = (partition: TopicPartition): number | undefined =>
    committed.find((one) => one.topic === partition.topic && one.partition === partition.partition)
      ?.offset;
  const within = (wanted: (partition: TopicPartition) => number) =>
    clamp(cluster, partitions, wanted);
  const shift = options.integer("shift-by", { min: -Number.MAX_SAFE_INTEGER });
  const offset = options.integer("to-offset", { min: 0 });
  const time = options.text("to-datetime");
  if (options.has("to-earliest")) return listOffsets(cluster, partitions, OffsetSpec.earliest);
  if (options.has("to-latest")) return listOffsets(cluster, partitions, OffsetSpec.latest);
  if (options.has("to-current")) return within((one) => current(one) ?? Number.MAX_SAFE_INTEGER);
  if (offset !== undefined) return within(() => offset);
  if (shift !== undefined) return within((one) => (current(one) ?? 0) + shift);
  if (time !== undefined) {
    const timestampMs = Date.parse(time);
    if (Number.isNaN(timestampMs)) throw usageProblem(`--to-datetime "${time}" is no time`);
    return positionsAt(cluster, partitions, { kind: "time", timestampMs });
  }
  throw usageProblem(
    "say where to: --to-earliest, --to-latest, --to-offset, --shift-by, --to-datetime",
  );
}

/** Offsets that are wanted, moved into what the logs hold. */
async function clamp(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  wanted: (partition: TopicPartition) => number,
): Promise<readonly Position[]> {
  const [firsts, ends] = await Promise.all([
    listOffsets(cluster, partitions, OffsetSpec.earliest),
    listOffsets(cluster, partitions, OffsetSpec.latest),
  ]);
  return ends.map(({ topic, partition, offset: end }) => {
    const first = firsts.find((one) => one.topic === topic && one.partition === partition);
    const target = Math.min(end, Math.max(first?.offset ?? 0, wanted({ topic, partition })));
    return { topic, partition, offset: target };
  });
}
