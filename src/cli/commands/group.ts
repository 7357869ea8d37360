import { Admin, type GroupDescription, type GroupMember } from "../../client/admin/old-admin.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { listOffsets, OffsetSpec } from "../../client/consumer/list-offsets.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { withCluster } from "../cluster-options.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import {
  countText,
  isForPeople,
  outputFormat,
  printListing,
  renderTable,
  type Column,
  type Listing,
} from "../output.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

interface GroupRow {
  readonly group: string;
  readonly type: string;
  readonly state: string;
  readonly protocolType: string;
  readonly members: number | null;
  /** Records that the group has not committed yet, over all partitions. */
  readonly lag: number | null;
}

export function runList(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const format = outputFormat(terminal, options);
  return withCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    const rows: GroupRow[] = [];
    for (const listed of await admin.listGroups()) {
      // Members and lag cost requests for each group, which with thousands of groups takes its time.
      const details =
        format === "table" || format === "id"
          ? undefined
          : await detailsOf(cluster, admin, listed.group);
      rows.push({ ...listed, members: details?.members ?? null, lag: details?.lag ?? null });
    }
    await printListing(terminal, format, groupListing(rows));
    return ExitCode.ok;
  });
}

async function detailsOf(
  cluster: Cluster,
  admin: Admin,
  group: string,
): Promise<{ readonly members: number; readonly lag: number }> {
  const { members, partitions } = await describeGroup(cluster, admin, group);
  const lag = partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
  return { members: members.length, lag };
}

function groupListing(items: readonly GroupRow[]): Listing<GroupRow> {
  return {
    items,
    id: ({ group }) => group,
    empty:
      "There are no groups yet. They come with their first member: moldau consume orders -g billing",
    columns: [
      { title: "group", of: ({ group }) => group },
      { title: "type", of: ({ type }) => type },
      { title: "state", of: ({ state }) => state },
      { title: "protocol", of: ({ protocolType }) => protocolType, wide: true },
      { title: "members", of: ({ members }) => members, right: true, wide: true },
      { title: "lag", of: ({ lag }) => lag, right: true, wide: true },
    ],
  };
}

/** A partition that a group has an offset for, or that one of its members reads. */
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly end: number | null;
  readonly lag: number | null;
  readonly memberId: string | null;
  readonly clientId: string | null;
  readonly host: string | null;
}

export interface GroupDetails extends GroupDescription {
  readonly partitions: readonly GroupPartition[];
}

/** A group with its offsets and how far they are behind. */
export async function describeGroup(
  cluster: Cluster,
  admin: Admin,
  name: string,
): Promise<GroupDetails> {
  const group = await admin.describeGroup(name);
  const committed = await admin.groupOffsets(name);
  const readers = new Map<string, GroupMember>();
  const wanted = new Map<string, TopicPartition>();
  for (const member of group.members) {
    for (const partition of member.assignment) {
      const key = topicPartitionName(partition.topic, partition.partition);
      readers.set(key, member);
      wanted.set(key, partition);
    }
  }
  for (const { topic, partition } of committed) {
    wanted.set(topicPartitionName(topic, partition), { topic, partition });
  }
  const ends = await endOffsets(cluster, [...wanted.values()]);
  const partitions = [...wanted].map(([key, { topic, partition }]): GroupPartition => {
    const offset = committed.find((one) => one.topic === topic && one.partition === partition);
    const end = ends.get(key) ?? null;
    const reader = readers.get(key);
    return {
      topic,
      partition,
      committed: offset?.offset ?? null,
      end,
      lag: offset === undefined || end === null ? null : Math.max(0, end - offset.offset),
      memberId: reader?.memberId ?? null,
      clientId: reader?.clientId ?? null,
      host: reader?.host ?? null,
    };
  });
  partitions.sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
  return { ...group, partitions };
}

/** Ends of the partitions whose topics still exist. */
async function endOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const topics = await cluster.metadataOf([...new Set(partitions.map(({ topic }) => topic))]);
  const alive = new Set(topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name));
  const asked = partitions.filter(({ topic }) => alive.has(topic));
  const found = await listOffsets(cluster, asked, OffsetSpec.latest);
  return new Map(
    found.map(({ topic, partition, offset }) => [topicPartitionName(topic, partition), offset]),
  );
}

export function runDescribe(
  terminal: Terminal,
  names: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const format = outputFormat(terminal, options);
  return withCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    const groups: GroupDetails[] = [];
    for (const name of names) groups.push(await describeGroup(cluster, admin, name));
    if (isForPeople(format)) {
      for (const group of groups) await describeInWords(terminal, group, format === "wide");
      return ExitCode.ok;
    }
    if (format === "csv" || format === "id") {
      const items = groups.flatMap(({ group, partitions }) =>
        partitions.map((partition) => ({ group, ...partition })),
      );
      await printListing(terminal, format, {
        items,
        id: ({ group }) => group,
        empty: "",
        columns: [{ title: "group", of: ({ group }) => group }, ...partitionColumns],
      });
      return ExitCode.ok;
    }
    const items = groups;
    await printListing(terminal, format, { items, id: () => "", empty: "", columns: [] });
    return ExitCode.ok;
  });
}

const partitionColumns: readonly Column<GroupPartition>[] = [
  { title: "topic", of: ({ topic }) => topic },
  { title: "partition", of: ({ partition }) => partition, right: true },
  { title: "committed", of: ({ committed }) => committed, right: true },
  { title: "end", of: ({ end }) => end, right: true },
  { title: "lag", of: ({ lag }) => lag, right: true },
  { title: "client", of: ({ clientId }) => clientId },
  { title: "host", of: ({ host }) => host },
  { title: "member", of: ({ memberId }) => memberId, wide: true },
];

async function describeInWords(
  terminal: Terminal,
  { group, state, assignor, coordinator, members, partitions }: GroupDetails,
  wide: boolean,
): Promise<void> {
  const { bold, dim, yellow } = paintFor(terminal, terminal.stdout);
  const lag = partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
  const lagText = lag === 0 ? "no lag" : yellow(`lag ${lag}`);
  const shape = `${state}, ${countText(members.length, "member")}, ${lagText}`;
  const how =
    assignor === "" ? `coordinator ${coordinator}` : `${assignor}, coordinator ${coordinator}`;
  await write(terminal.stdout, `${bold(group)}  ${shape}  ${dim(how)}\n\n`);
  const text =
    partitions.length === 0
      ? dim("It has committed nothing and reads nothing.\n")
      : renderTable(
          terminal,
          { items: partitions, id: ({ topic }) => topic, empty: "", columns: partitionColumns },
          wide,
        );
  await write(terminal.stdout, `${text}\n`);
}
