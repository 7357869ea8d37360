import { listTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { replicaSizes } from "../../client/admin/log-dirs.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, outputFormat, printItems, type Listing } from "../output.ts";
import { matching } from "../patterns.ts";
import { optionalAnswer } from "../problem.ts";
import type { TopicRow } from "../shapes/topic.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau topic list`. */
export function run(
  terminal: Terminal,
  patterns: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const sort = options.choice("sort", ["name", "size", "partitions"]) ?? "name";
  return withCluster(terminal, options, async (cluster) => {
    const includeInternal = options.has("internal") || patterns.length > 0;
    const needsSizes = outputFormat(terminal, options) !== "id" || sort === "size";
    const [topics, sizes] = await Promise.all([
      listTopics(cluster, { includeInternal }),
      needsSizes ? topicSizes(cluster) : undefined,
    ]);
    const rows = matching(topics, patterns, ({ name }) => name)
      .map((topic) => rowOf(topic, sizes))
      .filter((row) => !options.has("unhealthy") || row.underReplicated + row.leaderless > 0)
      .sort(orders[sort]);
    await printItems(terminal, options, topicListing(rows, patterns.length > 0));
    return ExitCode.ok;
  });
}

const orders: Readonly<Record<string, (a: TopicRow, b: TopicRow) => number>> = {
  name: (a, b) => (a.topic < b.topic ? -1 : 1),
  size: (a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0),
  partitions: (a, b) => b.partitions - a.partitions,
};

function rowOf(topic: TopicDescription, sizes: ReadonlyMap<string, number> | undefined): TopicRow {
  const { name, topicId, partitions, replicationFactor, isInternal } = topic;
  return {
    topic: name,
    topicId,
    partitions: partitions.length,
    replicas: replicationFactor,
    internal: isInternal,
    sizeBytes: sizes === undefined ? null : (sizes.get(name) ?? 0),
    underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
    leaderless: partitions.filter(({ leader }) => leader === null).length,
  };
}

/** Bytes by topic, or nothing where the broker does not tell. */
export async function topicSizes(cluster: Cluster): Promise<Map<string, number> | undefined> {
  // The sizes are an extra: a broker that does not serve them still has topics.
  const replicas = await optionalAnswer(replicaSizes(cluster));
  if (replicas === undefined) return undefined;
  const sizes = new Map<string, number>();
  for (const { topic, sizeBytes } of replicas) {
    sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes);
  }
  return sizes;
}

function topicListing(items: readonly TopicRow[], filtered: boolean): Listing<TopicRow> {
  return {
    items,
    id: ({ topic }) => topic,
    empty: filtered
      ? "No topic has such a name."
      : "There are no topics yet. Make one with: moldau topic create orders",
    columns: [
      { title: "topic", of: ({ topic }) => topic, shrinks: true },
      { title: "partitions", of: ({ partitions }) => partitions, right: true },
      { title: "replicas", of: ({ replicas }) => replicas, right: true },
      {
        title: "size",
        field: "sizeBytes",
        of: ({ sizeBytes }) => sizeBytes,
        text: ({ sizeBytes }) => (sizeBytes === null ? null : bytesText(sizeBytes)),
        right: true,
      },
      {
        title: "health",
        of: () => null,
        text: healthText,
        color: (row) => (row.leaderless > 0 ? "red" : row.underReplicated > 0 ? "yellow" : "green"),
        peopleOnly: true,
      },
      { title: "internal", of: ({ internal }) => internal, wide: true },
      { title: "id", field: "topicId", of: ({ topicId }) => topicId, wide: true },
      {
        title: "underReplicated",
        of: ({ underReplicated }) => underReplicated,
        programsOnly: true,
      },
      { title: "leaderless", of: ({ leaderless }) => leaderless, programsOnly: true },
    ],
  };
}

function healthText({ leaderless, underReplicated }: TopicRow): string {
  if (leaderless > 0) return `${leaderless} without leader`;
  return underReplicated > 0 ? `${underReplicated} out of sync` : "ok";
}
