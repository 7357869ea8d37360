import { describeGroups, type AnyGroupDescription } from "../../client/admin/describe-groups.ts";
import type { ConsumerGroupMember, GroupMember } from "../../client/admin/group-descriptions.ts";
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  listGroupOffsets,
} from "../../client/admin/group-offsets.ts";
import { deleteGroups, listGroups, type GroupListing } from "../../client/admin/groups.ts";
import { groupLagOf, type GroupLag } from "../../client/admin/lag.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import { assignmentText } from "../commands/group-describe.ts";
import {
  committedOf,
  movesOf,
  type Move,
  type Target,
  type Wanted,
} from "../commands/group-reset.ts";
import { messageOf } from "../../core/errors.ts";
import type { Options } from "../command.ts";
import { readText } from "../connection/settings.ts";
import { parseIsoDuration } from "../duration.ts";
import { ExitCode } from "../exit-code.ts";
import { groupFilter } from "../group-words.ts";
import { parseTime } from "../places.ts";
import { Problem, usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { partitionsOf } from "../topics.ts";
import { kafkaTable, oneAction, warn, withKafkaCluster, type KafkaColumn } from "./options.ts";

const ACTIONS = [
  "list",
  "describe",
  "delete",
  "reset-offsets",
  "delete-offsets",
  "validate-regex",
] as const;

/** `moldau kafka-consumer-groups`: answers in the words of Kafka's tool, which scripts read. */
export async function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ACTIONS);
  if (action === "validate-regex")
    return validateRegex(terminal, options.text("validate-regex") ?? "");
  return withKafkaCluster(terminal, options, async (cluster) => {
    if (action === "list") {
      await list(terminal, cluster, options);
      return ExitCode.ok;
    }
    const groups = options.has("all-groups")
      ? (await listGroups(cluster)).map(({ group }) => group)
      : options.list("group");
    if (groups.length === 0 && !options.has("all-groups")) throw usageProblem("--group is missing");
    switch (action) {
      case "describe":
        await describe(terminal, cluster, groups, options);
        return ExitCode.ok;
      case "delete":
        return deleteAll(terminal, cluster, groups);
      case "delete-offsets":
        return deleteOffsets(terminal, cluster, onlyOne(groups), options);
      case "reset-offsets":
        return reset(terminal, cluster, groups, options);
    }
  });
}

function onlyOne(groups: readonly string[]): string {
  const [group, second] = groups;
  if (group === undefined || second !== undefined) throw usageProblem("name one --group");
  return group;
}

/** RE2's rules, as the coordinator of a group has them. */
async function validateRegex(terminal: Terminal, regex: string): Promise<ExitCode> {
  let problem: string | undefined;
  try {
    const { compilePattern } = await import("../../client/group/topic-pattern.ts");
    await compilePattern(regex, "");
  } catch (thrown) {
    problem = messageOf(thrown);
  }
  const verdict = problem === undefined ? "is valid." : `is invalid: ${problem}.`;
  await write(terminal.stdout, `The regular expression \`${regex}\` ${verdict}\n`);
  return problem === undefined ? ExitCode.ok : ExitCode.failed;
}

async function list(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const found = await listGroups(cluster, {
    ...groupFilter(options),
    protocolTypes: ["consumer", ""],
  });
  const withType = options.has("type");
  const withState = options.has("state");
  if (!withType && !withState) {
    await write(terminal.stdout, found.map(({ group }) => `${group}\n`).join(""));
    return;
  }
  const columns: readonly (KafkaColumn & { readonly of: (group: GroupListing) => string })[] = [
    { title: "GROUP", width: 15, of: ({ group }) => group },
    ...(withType ? [{ title: "TYPE", width: 20, of: ({ type }: GroupListing) => type }] : []),
    ...(withState ? [{ title: "STATE", width: 20, of: ({ state }: GroupListing) => state }] : []),
  ];
  const rows = found.map((group) => columns.map(({ of }) => of(group)));
  await write(terminal.stdout, kafkaTable(columns, rows));
}

async function describe(
  terminal: Terminal,
  cluster: Cluster,
  groups: readonly string[],
  options: Options,
): Promise<void> {
  const verbose = options.has("verbose");
  const lags = await groupLagOf(cluster, groups, { withMembers: true });
  for (const { name, value, error } of lags) {
    if (error?.code === "GROUP_ID_NOT_FOUND") throw missing(name);
    if (error !== undefined) throw error;
    const { description } = value;
    if (description === null) throw missing(name);
    if (description.members.length === 0) {
      await warn(terminal, `\nConsumer group '${name}' has no active members.`);
    }
    const table = options.has("state")
      ? stateTable(description, verbose)
      : options.has("members")
        ? membersTable(description, verbose)
        : await offsetsTable(cluster, value, verbose);
    await write(terminal.stdout, `\n${table}`);
  }
}

function missing(group: string): Problem {
  return new Problem("MLD3011", `Group ${group} not found.`, { exitCode: ExitCode.notFound });
}

function column(title: string, width = 15): KafkaColumn {
  return { title, width };
}

function text(value: number | string | null | undefined): string {
  return value === null || value === undefined || value === "" ? "-" : String(value);
}

async function offsetsTable(
  cluster: Cluster,
  { group, partitions }: GroupLag,
  verbose: boolean,
): Promise<string> {
  const [found] = verbose ? await listGroupOffsets(cluster, [group]) : [];
  const epochOf = ({ topic, partition }: TopicPartition): number | null =>
    found?.value?.find((one) => one.topic === topic && one.partition === partition)?.leaderEpoch ??
    null;
  const columns = [
    column("GROUP"),
    column("TOPIC"),
    column("PARTITION", 10),
    ...(verbose ? [column("LEADER-EPOCH")] : []),
    column("CURRENT-OFFSET"),
    column("LOG-END-OFFSET"),
    column("LAG"),
    column("CONSUMER-ID"),
    column("HOST"),
    column("CLIENT-ID", 0),
  ];
  const rows = partitions.map((row) => [
    group,
    row.topic,
    String(row.partition),
    ...(verbose ? [text(epochOf(row))] : []),
    text(row.committed),
    text(row.end),
    text(row.lag),
    text(row.member?.memberId),
    row.member === null ? "-" : `/${row.member.host}`,
    text(row.member?.clientId),
  ]);
  return kafkaTable(columns, rows);
}

function epochsOf(group: AnyGroupDescription): {
  readonly group: number | null;
  readonly target: number | null;
} {
  if (group.type !== "Consumer") return { group: null, target: null };
  return { group: group.groupEpoch, target: group.assignmentEpoch };
}

function stateTable(description: AnyGroupDescription, verbose: boolean): string {
  const { group, coordinator, coordinatorId, assignor, state, members } = description;
  const epochs = epochsOf(description);
  const columns = [
    column("GROUP"),
    column("COORDINATOR (ID)", 25),
    column("ASSIGNMENT-STRATEGY", 20),
    column("STATE", 20),
    ...(verbose ? [column("GROUP-EPOCH"), column("TARGET-ASSIGNMENT-EPOCH", 25)] : []),
    column("#MEMBERS", 0),
  ];
  const row = [
    group,
    `${coordinator}  (${coordinatorId})`,
    text(assignor),
    state,
    ...(verbose ? [text(epochs.group), text(epochs.target)] : []),
    String(members.length),
  ];
  return kafkaTable(columns, [row]);
}

/** Where Kafka's tool leaves a blank at the end of its lines. */
const END: KafkaColumn = { title: "", width: 0 };

function membersTable(description: AnyGroupDescription, verbose: boolean): string {
  const { group, members } = description;
  const withInstance = members.some(({ instanceId }) => instanceId !== null);
  const columns = [
    column("GROUP"),
    column("CONSUMER-ID"),
    ...(withInstance ? [column("GROUP-INSTANCE-ID")] : []),
    column("HOST"),
    column("CLIENT-ID"),
    column("#PARTITIONS"),
    ...(verbose
      ? [
          column("CURRENT-EPOCH"),
          column("CURRENT-ASSIGNMENT", 20),
          column("TARGET-EPOCH"),
          column("TARGET-ASSIGNMENT", 20),
        ]
      : [END]),
  ];
  const rows = members.map((member: GroupMember & Partial<ConsumerGroupMember>) => [
    group,
    member.memberId,
    ...(withInstance ? [text(member.instanceId)] : []),
    `/${member.host}`,
    member.clientId,
    String(member.assignment.length),
    ...(verbose
      ? [
          text(member.memberEpoch),
          text(assignmentText(member.assignment)),
          text(epochsOf(description).target),
          text(assignmentText(member.targetAssignment ?? [])),
        ]
      : [""]),
  ]);
  return kafkaTable(columns, rows);
}

async function deleteAll(
  terminal: Terminal,
  cluster: Cluster,
  groups: readonly string[],
): Promise<ExitCode> {
  const outcomes = await deleteGroups(cluster, groups);
  const failed = outcomes.filter(({ error }) => error !== undefined);
  const done = outcomes.filter(({ error }) => error === undefined).map(({ name }) => `'${name}'`);
  if (failed.length === 0) {
    const names = done.join(", ");
    await write(
      terminal.stdout,
      `Deletion of requested consumer groups (${names}) was successful.\n`,
    );
    return ExitCode.ok;
  }
  const lines = failed.map(
    ({ name, error }) => `* Group '${name}' could not be deleted due to: ${error?.message}`,
  );
  await write(
    terminal.stderr,
    `\nError: Deletion of some consumer groups failed:\n${lines.join("\n")}\n`,
  );
  if (done.length > 0) {
    await write(
      terminal.stdout,
      `\nThese consumer groups were deleted successfully: ${done.join(", ")}\n`,
    );
    return ExitCode.partial;
  }
  return failed.every(({ error }) => error?.code === "GROUP_ID_NOT_FOUND")
    ? ExitCode.notFound
    : ExitCode.failed;
}

async function deleteOffsets(
  terminal: Terminal,
  cluster: Cluster,
  group: string,
  options: Options,
): Promise<ExitCode> {
  const partitions = await partitionsOf(cluster, topicsOf(options));
  const outcomes = await deleteGroupOffsets(cluster, group, partitions);
  const isAllDone = outcomes.every(({ error }) => error === undefined);
  const said = isAllDone
    ? `Request succeeded for deleting offsets from group ${group}.`
    : `Error: Encountered some partition-level error, see the follow-up details.`;
  const columns = [column("TOPIC"), column("PARTITION", 10), column("STATUS")];
  const rows = outcomes.map(({ topic, partition, error }) => [
    topic,
    String(partition),
    error === undefined ? "Successful" : `Error: ${error.message}`,
  ]);
  await write(terminal.stdout, `${said}\n\n${kafkaTable(columns, rows)}`);
  return isAllDone ? ExitCode.ok : ExitCode.partial;
}

function topicsOf(options: Options): readonly string[] {
  const topics = options.list("topic");
  if (topics.length === 0) throw usageProblem("--topic is missing");
  return topics;
}

const DRY_RUN_WARNING =
  "WARN: No action will be performed as the --execute option is missing. You should add the --dry-run option " +
  "explicitly if you are scripting this command.";

async function reset(
  terminal: Terminal,
  cluster: Cluster,
  groups: readonly string[],
  options: Options,
): Promise<ExitCode> {
  if (options.has("execute") && options.has("dry-run"))
    throw usageProblem("only one of --execute and --dry-run");
  if (!options.has("execute") && !options.has("dry-run")) await warn(terminal, DRY_RUN_WARNING);
  const target = targetOf(options);
  const file = options.text("from-file");
  const moves = new Map<string, readonly Move[]>();
  for (const group of groups) {
    const committed = await committedOf(cluster, group);
    const wanted =
      target === undefined
        ? wantedInFile(file ?? "", group)
        : await wantedPartitions(cluster, committed, target, options);
    moves.set(group, await movesOf(cluster, committed, wanted));
  }
  if (options.has("execute")) {
    for (const [group, of] of moves) await execute(cluster, group, of);
  }
  const rows = [...moves].flatMap(([group, of]) =>
    of.map(({ topic, partition, offset }) => [group, topic, String(partition), String(offset)]),
  );
  if (options.has("export")) {
    const lines = rows.map((row) => `${(moves.size > 1 ? row : row.slice(1)).join(",")}\n`);
    await write(terminal.stdout, `${lines.join("")}\n`);
    return ExitCode.ok;
  }
  const columns = [
    column("GROUP"),
    column("TOPIC"),
    column("PARTITION", 10),
    column("NEW-OFFSET", 0),
  ];
  await write(terminal.stdout, `\n${kafkaTable(columns, rows)}`);
  return ExitCode.ok;
}

async function execute(cluster: Cluster, group: string, moves: readonly Move[]): Promise<void> {
  const [described] = await describeGroups(cluster, [group]);
  const { value } = described ?? {};
  if (value !== undefined && value.members.length > 0) {
    throw new Problem(
      "MLD3013",
      `Assignments can only be reset if the group '${group}' is inactive, but the current state is ${value.state}.`,
      { remedy: "stop its members first" },
    );
  }
  for (const { error } of await alterGroupOffsets(cluster, group, moves)) {
    if (error !== undefined) throw error;
  }
}

const SPECIFICATIONS = [
  "to-datetime",
  "by-duration",
  "to-earliest",
  "to-latest",
  "shift-by",
  "from-file",
  "to-current",
  "to-offset",
] as const;

/** Where to; undefined for what a file says. */
function targetOf(options: Options): Target | undefined {
  switch (oneAction(options, SPECIFICATIONS)) {
    case "from-file":
      return undefined;
    case "to-earliest":
      return { kind: "earliest" };
    case "to-latest":
      return { kind: "latest" };
    case "to-current":
      return { kind: "current" };
    case "to-offset":
      return { kind: "offset", offset: options.integer("to-offset", { min: 0 }) ?? 0 };
    case "shift-by":
      return {
        kind: "shift",
        count: options.integer("shift-by", { min: -Number.MAX_SAFE_INTEGER }) ?? 0,
      };
    case "by-duration": {
      const given = options.text("by-duration") ?? "";
      const durationMs = parseIsoDuration(given);
      if (durationMs !== undefined)
        return { kind: "time", timestampMs: Math.round(Date.now() - durationMs) };
      throw usageProblem(
        `--by-duration does not understand "${given}"`,
        "write PnDTnHnMnS, such as P1DT2H",
      );
    }
    case "to-datetime": {
      const given = options.text("to-datetime") ?? "";
      // Kafka takes times without a zone for Greenwich.
      const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(given);
      const timestampMs = parseTime(hasZone ? given : `${given}Z`);
      if (timestampMs !== undefined) return { kind: "time", timestampMs };
      throw usageProblem(
        `--to-datetime does not understand "${given}"`,
        "write YYYY-MM-DDThh:mm:ss.sss",
      );
    }
  }
}

async function wantedPartitions(
  cluster: Cluster,
  committed: readonly TopicPartition[],
  target: Target,
  options: Options,
): Promise<Wanted[]> {
  if (!options.has("all-topics") && options.list("topic").length === 0) {
    throw usageProblem("say which: --topic or --all-topics");
  }
  const partitions = options.has("all-topics")
    ? committed
    : await partitionsOf(cluster, options.list("topic"));
  return partitions.map(({ topic, partition }) => ({ topic, partition, target }));
}

/** Lines of topic,partition,offset; those of a group have its name first. */
function wantedInFile(file: string, group: string): Wanted[] {
  const lines = readText(file)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  return lines.flatMap((line, index): Wanted[] => {
    const cells = line.split(",").map((cell) => cell.trim().replace(/^"|"$/g, ""));
    const of = cells.length === 4 ? cells.shift() : group;
    const [topic = "", partition = "", offset = ""] = cells;
    if (cells.length !== 3 || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) {
      throw usageProblem(`line ${index + 1} of ${file} is no topic,partition,offset: ${line}`);
    }
    const target = { kind: "offset", offset: Number(offset) } as const;
    return of === group ? [{ topic, partition: Number(partition), target }] : [];
  });
}
