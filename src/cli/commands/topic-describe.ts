import { describeConfigs } from "../../client/admin/configs.ts";
import { ConfigResourceType, type ConfigEntry } from "../../client/admin/config-values.ts";
import { describeTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { replicaSizes } from "../../client/admin/log-dirs.ts";
import { listOffsets, type OffsetQuery } from "../../client/admin/offsets.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Options } from "../command.ts";
import { sourceText } from "../config-words.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, countText, printItems } from "../output.ts";
import { optionalAnswer } from "../problem.ts";
import type { PartitionRow, TopicDescriptionItem } from "../shapes/topic.ts";
import { type Column, renderTable } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";
import { missingTopic, topicNames } from "../topics.ts";

/** `moldau topic describe`. */
export function run(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const names = await topicNames(cluster, args, options);
    const items: TopicDescriptionItem[] = [];
    const topics = await describeTopics(cluster, names);
    for (const outcome of topics) {
      if (outcome.error?.code === "UNKNOWN_TOPIC_OR_PARTITION") {
        throw await missingTopic(cluster, outcome.name);
      }
      items.push(await itemOf(cluster, valueOf(outcome)));
    }
    const rows = items.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, ...partition })),
    );
    const listing = {
      items,
      id: ({ topic }: TopicDescriptionItem) => topic,
      empty: "",
      columns: [],
    };
    if (options.text("output") === "csv") {
      const columns = [
        { title: "topic", of: ({ topic }: { topic: string }) => topic },
        ...partitionColumns,
      ];
      await printItems(terminal, options, {
        items: rows,
        columns,
        id: ({ topic }) => topic,
        empty: "",
      });
      return ExitCode.ok;
    }
    await printItems(terminal, options, listing, (wide) =>
      items.map((item) => inWords(terminal, item, wide)).join("\n"),
    );
    return ExitCode.ok;
  });
}

async function itemOf(cluster: Cluster, topic: TopicDescription): Promise<TopicDescriptionItem> {
  const { name, topicId, isInternal } = topic;
  const led = topic.partitions
    .filter(({ leader }) => leader !== null)
    .map(({ partition }) => ({ topic: name, partition }));
  const at = (place: "earliest" | "latest") =>
    listOffsets(
      cluster,
      led.map((one): OffsetQuery => ({ ...one, at: place })),
    );
  const [firsts, ends, sizes, configs] = await Promise.all([
    at("earliest"),
    at("latest"),
    optionalAnswer(replicaSizes(cluster, { partitions: led })),
    describeConfigs(cluster, [{ type: ConfigResourceType.topic, name }]),
  ]);
  const offsetOf = (found: typeof firsts, partition: number): number | null =>
    found.find((one) => one.partition === partition)?.value?.offset ?? null;
  const partitions = topic.partitions.map((partition): PartitionRow => {
    const ofLeader = sizes?.find(
      (size) => size.partition === partition.partition && size.brokerId === partition.leader,
    );
    return {
      ...partition,
      firstOffset: offsetOf(firsts, partition.partition),
      endOffset: offsetOf(ends, partition.partition),
      sizeBytes: ofLeader?.sizeBytes ?? null,
    };
  });
  const entries = configs.flatMap(({ value }): readonly ConfigEntry[] => value ?? []);
  const set = entries
    .filter(({ isDefault }) => !isDefault)
    .map(
      (entry) => [entry.name, { value: entry.value, source: sourceText(entry.source) }] as const,
    );
  return {
    topic: name,
    topicId,
    internal: isInternal,
    partitions,
    configs: Object.fromEntries(set),
  };
}

const partitionColumns: readonly Column<PartitionRow>[] = [
  { title: "partition", of: ({ partition }) => partition, right: true },
  {
    title: "leader",
    of: ({ leader }) => leader,
    text: ({ leader }) => leader ?? "none",
    color: ({ leader }) => (leader === null ? "red" : undefined),
    right: true,
  },
  {
    title: "epoch",
    field: "leaderEpoch",
    of: ({ leaderEpoch }) => leaderEpoch,
    right: true,
    wide: true,
  },
  { title: "replicas", of: ({ replicas }) => replicas.join(",") },
  {
    title: "in sync",
    field: "isr",
    of: ({ isr }) => isr.join(","),
    color: ({ isr, replicas }) => (isr.length < replicas.length ? "yellow" : undefined),
  },
  {
    title: "offline",
    field: "offlineReplicas",
    of: ({ offlineReplicas }) => offlineReplicas.join(","),
    wide: true,
  },
  {
    title: "elr",
    field: "eligibleLeaderReplicas",
    of: (row) => row.eligibleLeaderReplicas?.join(","),
    wide: true,
  },
  { title: "first", field: "firstOffset", of: ({ firstOffset }) => firstOffset, right: true },
  { title: "end", field: "endOffset", of: ({ endOffset }) => endOffset, right: true },
  {
    title: "size",
    field: "sizeBytes",
    of: ({ sizeBytes }) => sizeBytes,
    text: ({ sizeBytes }) => (sizeBytes === null ? null : bytesText(sizeBytes)),
    right: true,
  },
];

function inWords(terminal: Terminal, item: TopicDescriptionItem, wide: boolean): string {
  const { topic, topicId, partitions, configs } = item;
  const { bold, dim } = paintFor(terminal, terminal.stdout);
  const records = partitions.reduce(
    (sum, { firstOffset, endOffset }) => sum + (endOffset ?? 0) - (firstOffset ?? 0),
    0,
  );
  const bytes = partitions.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  const shape = [
    countText(partitions.length, "partition"),
    countText(partitions[0]?.replicas.length ?? 0, "replica"),
    // Compaction and aborted transactions leave gaps: offsets are no count.
    `offsets for ${countText(records, "record")}`,
    bytesText(bytes),
  ].join(", ");
  const settings = Object.entries(configs).map(([setting, { value, source }]) => ({
    setting,
    value,
    source,
  }));
  const table = renderTable(
    terminal,
    {
      items: settings,
      columns: [
        { title: "setting", of: ({ setting }) => setting },
        { title: "value", of: ({ value }) => value },
        { title: "set by", of: ({ source }) => source },
      ],
    },
    wide,
  );
  return [
    `${bold(topic)}  ${shape}  ${dim(topicId ?? "")}\n\n`,
    renderTable(terminal, { items: partitions, columns: partitionColumns }, wide),
    "\n",
    settings.length === 0 ? dim("All settings have their defaults.\n") : table,
  ].join("");
}
