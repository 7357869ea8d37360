import {
  describeMetadataQuorum,
  type QuorumDescription,
  type QuorumReplica,
} from "../../client/admin/quorum.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { durationText } from "../duration.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, printItems } from "../output.ts";
import type { QuorumItem, QuorumReplicaRow } from "../shapes/cluster.ts";
import { renderTable, type Column } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";

function rowsOf(quorum: QuorumDescription): QuorumReplicaRow[] {
  const row = (replica: QuorumReplica, role: QuorumReplicaRow["role"]): QuorumReplicaRow => ({
    id: replica.replicaId,
    role,
    directoryId: replica.directoryId,
    endpoints: replica.endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`),
    logEndOffset: replica.logEndOffset,
    lag: replica.lag,
    lastFetchTimestamp: replica.lastFetchTimestamp,
    lastCaughtUpTimestamp: replica.lastCaughtUpTimestamp,
  });
  return [
    ...quorum.voters.map((one) => row(one, one.replicaId === quorum.leaderId ? "leader" : "voter")),
    ...quorum.observers.map((one) => row(one, "observer")),
  ].sort((a, b) => (a.role === "leader" ? -1 : b.role === "leader" ? 1 : a.id - b.id));
}

/** What the quorum is, as both commands and Kafka's tool tell it. */
export function quorumItem(quorum: QuorumDescription, clusterId: string | null): QuorumItem {
  const rows = rowsOf(quorum);
  const followers = rows.filter(({ role }) => role === "voter");
  const leader = rows.find(({ role }) => role === "leader");
  const times = followers.map(({ lastCaughtUpTimestamp }) =>
    leader?.lastCaughtUpTimestamp === null || lastCaughtUpTimestamp === null
      ? null
      : Math.max(0, (leader?.lastCaughtUpTimestamp ?? 0) - lastCaughtUpTimestamp),
  );
  const isUnknown = times.includes(null);
  return {
    clusterId,
    leaderId: quorum.leaderId,
    leaderEpoch: quorum.leaderEpoch,
    highWatermark: quorum.highWatermark,
    maxFollowerLag: Math.max(0, ...followers.map(({ lag }) => lag)),
    maxFollowerLagTimeMs: isUnknown ? null : Math.max(0, ...times.map((time) => time ?? 0)),
    voters: rows.filter(({ role }) => role !== "observer"),
    observers: rows.filter(({ role }) => role === "observer"),
  };
}

/** `moldau quorum describe`. */
export function runDescribe(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const item = quorumItem(await describeMetadataQuorum(cluster), cluster.clusterId);
    const listing = {
      items: [item],
      single: true,
      id: ({ leaderId }: QuorumItem) => String(leaderId),
      empty: "",
      columns: [
        { title: "clusterId", of: ({ clusterId }: QuorumItem) => clusterId },
        { title: "leaderId", of: ({ leaderId }: QuorumItem) => leaderId },
        { title: "leaderEpoch", of: ({ leaderEpoch }: QuorumItem) => leaderEpoch },
        { title: "highWatermark", of: ({ highWatermark }: QuorumItem) => highWatermark },
        { title: "maxFollowerLag", of: ({ maxFollowerLag }: QuorumItem) => maxFollowerLag },
      ],
    };
    await printItems(terminal, options, listing, (wide) => {
      const { bold, dim } = paintFor(terminal, terminal.stdout);
      const facts = [
        `epoch ${item.leaderEpoch}`,
        `high watermark ${item.highWatermark}`,
        countText(item.voters.length, "voter"),
        countText(item.observers.length, "observer"),
      ].join(", ");
      const rows = [...item.voters, ...item.observers];
      const head = `${bold(`controller ${item.leaderId} leads`)}  ${facts}  ${dim(item.clusterId ?? "")}`;
      return `${head}\n\n${renderTable(terminal, { items: rows, columns: replicaColumns() }, wide)}`;
    });
    return ExitCode.ok;
  });
}

/** `moldau quorum replication`. */
export function runReplication(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const items = rowsOf(await describeMetadataQuorum(cluster));
    await printItems(terminal, options, {
      items,
      id: ({ id }) => String(id),
      empty: "",
      columns: replicaColumns(),
    });
    return ExitCode.ok;
  });
}

function replicaColumns(): readonly Column<QuorumReplicaRow>[] {
  const nowMs = nodePlatform.clock.nowMs();
  const ago = (time: number | null): string | null =>
    time === null ? null : `${durationText(Math.max(0, nowMs - time))} ago`;
  return [
    { title: "node", field: "id", of: ({ id }) => id, right: true },
    {
      title: "role",
      of: ({ role }) => role,
      color: ({ role }) => (role === "leader" ? "green" : undefined),
    },
    {
      title: "log end",
      field: "logEndOffset",
      of: ({ logEndOffset }) => logEndOffset,
      right: true,
    },
    {
      title: "lag",
      of: ({ lag }) => lag,
      color: ({ lag }) => (lag > 0 ? "yellow" : undefined),
      right: true,
    },
    {
      title: "last fetch",
      field: "lastFetchTimestamp",
      of: ({ lastFetchTimestamp }) => lastFetchTimestamp,
      text: ({ lastFetchTimestamp }) => ago(lastFetchTimestamp),
    },
    {
      title: "last caught up",
      field: "lastCaughtUpTimestamp",
      of: ({ lastCaughtUpTimestamp }) => lastCaughtUpTimestamp,
      text: ({ lastCaughtUpTimestamp }) => ago(lastCaughtUpTimestamp),
    },
    { title: "directory", field: "directoryId", of: ({ directoryId }) => directoryId, wide: true },
    { title: "endpoints", of: ({ endpoints }) => endpoints.join(" "), wide: true },
  ];
}
