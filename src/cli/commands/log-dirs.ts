import { describeLogDirs, type BrokerLogDirs } from "../../client/admin/log-dirs.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import { groupBy } from "../../client/partitions.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, freeText, printItems } from "../output.ts";
import type { Column } from "../table.ts";
import { matching, parseNumbers } from "../patterns.ts";
import type { LogDirRow } from "../shapes/cluster.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau log-dirs`. */
export function run(
  terminal: Terminal,
  patterns: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const only = options.text("broker");
  const brokers = only === undefined ? undefined : parseNumbers(only);
  const asked = options.choice("by", ["directory", "topic", "replica"]);
  const by = asked ?? (patterns.length > 0 ? "topic" : "directory");
  return withCluster(terminal, options, async (cluster) => {
    const outcomes = await describeLogDirs(cluster, brokers ?? null);
    const found = outcomes.map(valueOf);
    const rows = rowsBy[by](found, patterns);
    await printItems(terminal, options, {
      items: rows,
      id: ({ topic, path }) => topic ?? path ?? "",
      empty: "There is nothing in the directories.",
      columns: columnsBy[by],
    });
    return ExitCode.ok;
  });
}

type By = "directory" | "topic" | "replica";

const nothing = {
  brokerId: null,
  path: null,
  topic: null,
  partition: null,
  offsetLag: null,
  future: null,
  totalBytes: null,
  usableBytes: null,
  error: null,
};

const rowsBy: Readonly<
  Record<By, (found: readonly BrokerLogDirs[], patterns: readonly string[]) => LogDirRow[]>
> = {
  directory: (found, patterns) =>
    found.flatMap(({ brokerId, logDirs }) =>
      logDirs.map(({ path, replicas, totalBytes, usableBytes, error }) => {
        const wanted = matching(replicas, patterns, ({ topic }) => topic);
        const sizeBytes = wanted.reduce((sum, one) => sum + one.sizeBytes, 0);
        return {
          ...nothing,
          brokerId,
          path,
          replicas: wanted.length,
          sizeBytes,
          totalBytes,
          usableBytes,
          error: error?.message ?? null,
        };
      }),
    ),
  topic: (found, patterns) => {
    const replicas = replicaRows(found, patterns);
    return [...groupBy(replicas, ({ topic }) => topic)]
      .map(([topic, of]) => {
        const sizeBytes = of.reduce((sum, one) => sum + one.sizeBytes, 0);
        return { ...nothing, topic, replicas: of.length, sizeBytes };
      })
      .sort((a, b) => b.sizeBytes - a.sizeBytes);
  },
  replica: (found, patterns) => replicaRows(found, patterns),
};

function replicaRows(found: readonly BrokerLogDirs[], patterns: readonly string[]): LogDirRow[] {
  const rows = found.flatMap(({ brokerId, logDirs }) =>
    logDirs.flatMap(({ path, replicas }) =>
      replicas.map(({ topic, partition, sizeBytes, offsetLag, isFuture }) => {
        const facts = { topic, partition, sizeBytes, offsetLag, future: isFuture };
        return { ...nothing, brokerId, path, replicas: 1, ...facts };
      }),
    ),
  );
  return matching(rows, patterns, ({ topic }) => topic).sort(
    (a, b) =>
      compare(a.topic, b.topic) ||
      a.partition - b.partition ||
      (a.brokerId ?? 0) - (b.brokerId ?? 0),
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const broker: Column<LogDirRow> = {
  title: "broker",
  field: "brokerId",
  of: ({ brokerId }) => brokerId,
  right: true,
};
const path: Column<LogDirRow> = { title: "directory", field: "path", of: (row) => row.path };
const topic: Column<LogDirRow> = { title: "topic", of: (row) => row.topic };
const replicas: Column<LogDirRow> = { title: "replicas", of: (row) => row.replicas, right: true };
const size: Column<LogDirRow> = {
  title: "size",
  field: "sizeBytes",
  of: ({ sizeBytes }) => sizeBytes,
  text: ({ sizeBytes }) => bytesText(sizeBytes),
  right: true,
};

const columnsBy: Readonly<Record<By, readonly Column<LogDirRow>[]>> = {
  directory: [
    broker,
    path,
    replicas,
    size,
    { title: "free", of: () => null, text: freeText, right: true, peopleOnly: true },
    { title: "totalBytes", of: ({ totalBytes }) => totalBytes, programsOnly: true },
    { title: "usableBytes", of: ({ usableBytes }) => usableBytes, programsOnly: true },
    {
      title: "state",
      field: "error",
      of: ({ error }) => error,
      text: ({ error }) => error ?? "online",
      color: ({ error }) => (error === null ? "green" : "red"),
    },
  ],
  topic: [topic, replicas, size],
  replica: [
    topic,
    { title: "partition", of: ({ partition }) => partition, right: true },
    broker,
    size,
    { title: "lag", field: "offsetLag", of: ({ offsetLag }) => offsetLag, right: true },
    {
      title: "moves",
      field: "future",
      of: ({ future }) => future,
      text: ({ future }) => (future === true ? "to here" : ""),
    },
    { ...path, wide: true },
  ],
};
