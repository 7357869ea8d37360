import type { GroupMember } from "../../client/admin/group-descriptions.ts";
import type { GroupPartitionLag } from "../../client/admin/lag.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { stateColor } from "../group-words.ts";
import { groupNames, groupsWithLag, type GroupWithLag } from "../groups.ts";
import { countText, printItems, type Listing } from "../output.ts";
import { parsePartitions } from "../patterns.ts";
import type { GroupDescriptionItem, GroupPartition } from "../shapes/group.ts";
import { type Column, renderTable } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";

type Member = GroupDescriptionItem["members"][number];

/** `moldau group describe`. */
export function run(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const wanted = options.list("topic").map(parsePartitions);
  return withCluster(terminal, options, async (cluster) => {
    const groups = await groupsWithLag(cluster, await groupNames(cluster, args, options));
    const items = groups.map((group) => itemOf(group, wanted));
    if (options.has("state") && options.text("output") !== "csv") {
      await printItems(terminal, options, stateListing(items));
    } else if (options.text("output") === "csv") {
      await printCsv(terminal, options, items);
    } else {
      const listing = { ...stateListing(items), items };
      await printItems(terminal, options, listing, (wide) =>
        items.map((item) => inWords(terminal, item, options.has("members"), wide)).join("\n"),
      );
    }
    return ExitCode.ok;
  });
}

function itemOf(
  { description, lag }: GroupWithLag,
  wanted: readonly ReturnType<typeof parsePartitions>[],
): GroupDescriptionItem {
  const { group, type, state, assignor, coordinator, coordinatorId, members } = description;
  const isWanted = ({ topic, partition }: TopicPartition): boolean =>
    wanted.length === 0 ||
    wanted.some((one) => one.topic === topic && (one.partitions?.includes(partition) ?? true));
  const partitions = lag.partitions.filter(isWanted).map(partitionOf);
  return {
    group,
    type,
    state,
    assignor,
    coordinator,
    coordinatorId,
    lag: partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0),
    members: members.map(memberOf),
    partitions,
  };
}

function partitionOf({
  topic,
  partition,
  committed,
  end,
  lag,
  member,
}: GroupPartitionLag): GroupPartition {
  return {
    topic,
    partition,
    committed,
    end,
    lag,
    memberId: member?.memberId ?? null,
    clientId: member?.clientId ?? null,
    host: member?.host ?? null,
  };
}

function memberOf({ memberId, instanceId, clientId, host, assignment }: GroupMember): Member {
  const partitions = assignment.map(({ topic, partition }) => ({ topic, partition }));
  return { memberId, instanceId, clientId, host, assignment: partitions };
}

function stateListing(items: readonly GroupDescriptionItem[]): Listing<GroupDescriptionItem> {
  return {
    items,
    id: ({ group }) => group,
    empty: "",
    columns: [
      { title: "group", of: ({ group }) => group },
      { title: "type", of: ({ type }) => type },
      { title: "state", of: ({ state }) => state, color: ({ state }) => stateColor(state) },
      { title: "assignor", of: ({ assignor }) => assignor },
      { title: "coordinator", of: ({ coordinator }) => coordinator },
      { title: "members", of: ({ members }) => members.length, right: true },
      { title: "lag", of: ({ lag }) => lag, right: true },
    ],
  };
}

async function printCsv(
  terminal: Terminal,
  options: Options,
  items: readonly GroupDescriptionItem[],
): Promise<void> {
  if (options.has("members")) {
    const rows = items.flatMap(({ group, members }) =>
      members.map((member) => ({ group, ...member })),
    );
    const columns: Column<(typeof rows)[number]>[] = [
      { title: "group", of: ({ group }) => group },
      ...memberColumns,
    ];
    return printItems(terminal, options, {
      items: rows,
      id: ({ group }) => group,
      empty: "",
      columns,
    });
  }
  const rows = items.flatMap(({ group, partitions }) =>
    partitions.map((partition) => ({ group, ...partition })),
  );
  const columns: Column<(typeof rows)[number]>[] = [
    { title: "group", of: ({ group }) => group },
    ...partitionColumns,
  ];
  return printItems(terminal, options, {
    items: rows,
    id: ({ group }) => group,
    empty: "",
    columns,
  });
}

const nameColumns: readonly Column<GroupPartition>[] = [
  { title: "topic", of: ({ topic }) => topic, shrinks: true },
  { title: "partition", of: ({ partition }) => partition, right: true },
];

const lagColumn: Column<GroupPartition> = {
  title: "lag",
  of: ({ lag }) => lag,
  color: ({ lag }) => ((lag ?? 0) > 0 ? "yellow" : undefined),
  right: true,
};

const partitionColumns: readonly Column<GroupPartition>[] = [
  ...nameColumns,
  { title: "committed", of: ({ committed }) => committed, right: true },
  { title: "end", of: ({ end }) => end, right: true },
  lagColumn,
  { title: "client", field: "clientId", of: ({ clientId }) => clientId, shrinks: true },
  { title: "host", of: ({ host }) => host },
  { title: "member", field: "memberId", of: ({ memberId }) => memberId, wide: true },
];

/** Members of a share group take records of the same partitions, so none of them is its reader. */
function sharedColumns({ members }: GroupDescriptionItem): readonly Column<GroupPartition>[] {
  const readers = ({ topic, partition }: GroupPartition): readonly Member[] =>
    members.filter(({ assignment }) =>
      assignment.some((one) => one.topic === topic && one.partition === partition),
    );
  return [
    ...nameColumns,
    { title: "start", field: "committed", of: ({ committed }) => committed, right: true },
    lagColumn,
    { title: "members", of: (one) => readers(one).length, right: true },
    { title: "clients", of: (one) => clientsText(readers(one)), shrinks: true },
  ];
}

function clientsText(members: readonly Member[]): string {
  return [...new Set(members.map(({ clientId }) => clientId))].sort().join(", ");
}

const memberColumns: readonly Column<Member>[] = [
  { title: "client", field: "clientId", of: ({ clientId }) => clientId },
  { title: "host", of: ({ host }) => host },
  { title: "instance", field: "instanceId", of: ({ instanceId }) => instanceId },
  { title: "partitions", of: ({ assignment }) => assignment.length, right: true },
  {
    title: "reads",
    field: "assignment",
    of: ({ assignment }) => assignmentText(assignment),
    shrinks: true,
  },
  { title: "member", field: "memberId", of: ({ memberId }) => memberId, wide: true },
];

/** `orders:0,1 users:3`. */
export function assignmentText(assignment: readonly TopicPartition[]): string {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of assignment) {
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  }
  return [...topics]
    .map(([topic, partitions]) => `${topic}:${partitions.sort((a, b) => a - b).join(",")}`)
    .join(" ");
}

function inWords(
  terminal: Terminal,
  item: GroupDescriptionItem,
  asMembers: boolean,
  wide: boolean,
): string {
  const paint = paintFor(terminal, terminal.stdout);
  const { group, type, state, assignor, coordinator, members, partitions, lag } = item;
  const color = stateColor(state);
  const lagText = lag === 0 ? "no lag" : paint.yellow(`lag ${lag}`);
  const shape = [
    color === undefined ? state : paint[color](state),
    countText(members.length, "member"),
    lagText,
  ].join(", ");
  const how = [
    `${type.toLowerCase()} group`,
    ...(assignor === "" ? [] : [assignor]),
    `coordinator ${coordinator}`,
  ];
  const head = `${paint.bold(group)}  ${shape}  ${paint.dim(how.join(", "))}\n\n`;
  if (asMembers) {
    if (members.length === 0) return `${head}${paint.dim("It has no members.\n")}`;
    return head + renderTable(terminal, { items: members, columns: memberColumns }, wide);
  }
  if (partitions.length === 0) {
    return `${head}${paint.dim("It has committed nothing and reads nothing.\n")}`;
  }
  const columns = type === "Share" ? sharedColumns(item) : partitionColumns;
  return head + renderTable(terminal, { items: partitions, columns }, wide);
}
