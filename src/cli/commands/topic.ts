import { Admin, ConfigResourceType, type ConfigEntry, type Outcome } from "../../client/admin/old-admin.ts";
import type { Cluster, TopicMetadata } from "../../client/cluster/cluster.ts";
import { listOffsets, OffsetSpec } from "../../client/consumer/list-offsets.ts";
import { timeoutMsOf, withCluster } from "../cluster-options.ts";
import type { Options } from "../command.ts";
import { confirm } from "../confirm.ts";
import { ExitCode } from "../exit-code.ts";
import {
  bytesText,
  countText,
  isForPeople,
  outputFormat,
  printListing,
  renderTable,
  stringifyJson,
  type Listing,
  type OutputFormat,
} from "../output.ts";
import { problemOf, tell } from "../problem.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";
import { stringifyYaml } from "../yaml.ts";

interface TopicRow {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly internal: boolean;
  /** Of all replicas together. */
  readonly sizeBytes: number | null;
}

export function runList(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const format = outputFormat(terminal, options);
  return withCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    const topics = await admin.listTopics({ includeInternal: options.has("internal") });
    const sizes = format === "id" ? undefined : await topicSizes(admin);
    const items = topics.map((topic) => ({
      topic: topic.name ?? "",
      topicId: topic.topicId,
      partitions: topic.partitions.length,
      replicas: topic.partitions[0]?.replicaNodes.length ?? 0,
      internal: topic.isInternal,
      sizeBytes: sizes?.get(topic.name ?? "") ?? null,
    }));
    await printListing(terminal, format, topicListing(items));
    return ExitCode.ok;
  });
}

function topicListing(items: readonly TopicRow[]): Listing<TopicRow> {
  return {
    items,
    id: ({ topic }) => topic,
    empty: "There are no topics yet. Make one with: moldau topic create orders",
    columns: [
      { title: "topic", of: ({ topic }) => topic },
      { title: "partitions", of: ({ partitions }) => partitions, right: true },
      { title: "replicas", of: ({ replicas }) => replicas, right: true },
      {
        title: "size",
        of: ({ sizeBytes }) => (sizeBytes === null ? null : bytesText(sizeBytes)),
        right: true,
      },
      { title: "internal", of: ({ internal }) => (internal ? "yes" : "no"), wide: true },
      { title: "id", of: ({ topicId }) => topicId, wide: true },
    ],
  };
}

/** Bytes by topic, or nothing where the broker does not tell. */
async function topicSizes(admin: Admin): Promise<Map<string, number> | undefined> {
  try {
    const sizes = new Map<string, number>();
    for (const { topic, sizeBytes } of await admin.replicaSizes()) {
      sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes);
    }
    return sizes;
  } catch (thrown) {
    const { code } = problemOf(thrown);
    // The sizes are an extra: a broker that does not serve them still has topics.
    if (code === "MLD3004" || code === "MLD3020") return undefined;
    throw thrown;
  }
}

interface TopicDescription {
  readonly topic: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionRow[];
  /** Settings that are not Kafka's defaults. */
  readonly configs: Readonly<
    Record<string, { readonly value: string | null; readonly source: string }>
  >;
}

interface PartitionRow {
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly firstOffset: number | null;
  readonly endOffset: number | null;
  readonly sizeBytes: number | null;
}

export async function runDescribe(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const format = outputFormat(terminal, options);
  return withCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    const descriptions: TopicDescription[] = [];
    for (const name of args) descriptions.push(await describeTopic(cluster, admin, name));
    if (isForPeople(format)) {
      for (const [index, description] of descriptions.entries()) {
        if (index > 0) await write(terminal.stdout, "\n");
        await write(terminal.stdout, describeInWords(terminal, description, format === "wide"));
      }
    } else {
      await printDescriptions(terminal, format, descriptions);
    }
    return ExitCode.ok;
  });
}

async function printDescriptions(
  terminal: Terminal,
  format: OutputFormat,
  descriptions: readonly TopicDescription[],
): Promise<void> {
  if (format === "json") await write(terminal.stdout, `${stringifyJson(descriptions, 2)}\n`);
  else if (format === "yaml") await write(terminal.stdout, stringifyYaml(descriptions));
  else if (format === "ndjson") {
    for (const one of descriptions) await write(terminal.stdout, `${stringifyJson(one)}\n`);
  } else {
    const items = descriptions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, ...partition })),
    );
    await printListing(terminal, format, {
      ...partitionListing(items),
      id: ({ topic }) => topic,
      items,
      columns: [{ title: "topic", of: ({ topic }) => topic }, ...partitionListing(items).columns],
    });
  }
}

async function describeTopic(
  cluster: Cluster,
  admin: Admin,
  name: string,
): Promise<TopicDescription> {
  const topic = await cluster.topic(name);
  const all = topic.partitions.map(({ partitionIndex }) => ({
    topic: name,
    partition: partitionIndex,
  }));
  const [firsts, ends, sizes, configs] = await Promise.all([
    listOffsets(cluster, all, OffsetSpec.earliest),
    listOffsets(cluster, all, OffsetSpec.latest),
    admin.replicaSizes().catch(() => []),
    admin.describeConfigs({ type: ConfigResourceType.topic, name }),
  ]);
  const partitions = [...topic.partitions]
    .sort((a, b) => a.partitionIndex - b.partitionIndex)
    .map((partition): PartitionRow => {
      const index = partition.partitionIndex;
      const sizesHere = sizes.filter(
        (size) =>
          size.topic === name && size.partition === index && size.brokerId === partition.leaderId,
      );
      return {
        partition: index,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
        firstOffset: firsts.find((found) => found.partition === index)?.offset ?? null,
        endOffset: ends.find((found) => found.partition === index)?.offset ?? null,
        sizeBytes: sizesHere[0]?.sizeBytes ?? null,
      };
    });
  return {
    topic: name,
    topicId: topic.topicId,
    internal: topic.isInternal,
    partitions,
    configs: Object.fromEntries(
      configs
        .filter(isSet)
        .map(({ name: setting, value, configSource }) => [
          setting,
          { value, source: CONFIG_SOURCES[configSource] ?? "unknown" },
        ]),
    ),
  };
}

/** Where a setting comes from, by the number on the wire. */
const CONFIG_SOURCES: Readonly<Record<number, string>> = {
  1: "topic",
  2: "broker (dynamic)",
  3: "all brokers (dynamic)",
  4: "broker",
  5: "default",
};
const SOURCE_DEFAULT = 5;

function isSet({ configSource }: ConfigEntry): boolean {
  return configSource !== SOURCE_DEFAULT;
}

function partitionListing(items: readonly PartitionRow[]): Listing<PartitionRow> {
  return {
    items,
    id: ({ partition }) => String(partition),
    empty: "It has no partitions.",
    columns: [
      { title: "partition", of: ({ partition }) => partition, right: true },
      { title: "leader", of: ({ leader }) => leader, right: true },
      { title: "epoch", of: ({ leaderEpoch }) => leaderEpoch, right: true, wide: true },
      { title: "replicas", of: ({ replicas }) => replicas.join(",") },
      { title: "in sync", of: ({ isr }) => isr.join(",") },
      { title: "first", of: ({ firstOffset }) => firstOffset, right: true },
      { title: "end", of: ({ endOffset }) => endOffset, right: true },
      {
        title: "size",
        of: ({ sizeBytes }) => (sizeBytes === null ? null : bytesText(sizeBytes)),
        right: true,
      },
    ],
  };
}

function describeInWords(
  terminal: Terminal,
  { topic, topicId, partitions, configs }: TopicDescription,
  wide: boolean,
): string {
  const { bold, dim } = paintFor(terminal, terminal.stdout);
  const replicas = partitions[0]?.replicas.length ?? 0;
  const shape = `${countText(partitions.length, "partition")}, ${countText(replicas, "replica")}`;
  const settings = Object.entries(configs).map(([name, { value, source }]) => ({
    name,
    value,
    source,
  }));
  const settingsText =
    settings.length === 0
      ? dim("All settings have their defaults.\n")
      : renderTable(
          terminal,
          {
            items: settings,
            id: ({ name }) => name,
            empty: "",
            columns: [
              { title: "setting", of: ({ name }) => name },
              { title: "value", of: ({ value }) => value },
              { title: "set by", of: ({ source }) => source },
            ],
          },
          wide,
        );
  return [
    `${bold(topic)}  ${shape}  ${dim(topicId)}\n\n`,
    renderTable(terminal, partitionListing(partitions), wide),
    "\n",
    settingsText,
  ].join("");
}

interface ChangedTopic {
  readonly topic: string;
  readonly result:
    | "created"
    | "deleted"
    | "would be created"
    | "would be deleted"
    | "exists"
    | "absent"
    | "failed";
  readonly partitions?: number;
  readonly replicas?: number;
  readonly topicId?: string;
  readonly error?: string;
}

export async function runCreate(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const partitions = options.integer("partitions", { min: 1, max: 1_000_000 }) ?? -1;
  const replicationFactor = options.integer("replicas", { min: 1, max: 32_767 }) ?? -1;
  const configs = Object.fromEntries(options.pairs("config"));
  const validateOnly = options.has("dry-run");
  return withCluster(terminal, options, async (cluster) => {
    const created = await new Admin(cluster).createTopics(
      args.map((name) => ({ name, partitions, replicationFactor, configs })),
      { validateOnly, timeoutMs: timeoutMsOf(options) },
    );
    const changes = created.map(({ error, ...topic }): ChangedTopic => {
      if (error?.code === "TOPIC_ALREADY_EXISTS" && options.has("if-not-exists")) {
        return { topic: topic.name, result: "exists" };
      }
      if (error !== undefined) return { topic: topic.name, result: "failed", error: error.message };
      return {
        topic: topic.name,
        result: validateOnly ? "would be created" : "created",
        ...(topic.partitions < 0 ? {} : { partitions: topic.partitions }),
        ...(topic.replicationFactor < 0 ? {} : { replicas: topic.replicationFactor }),
        ...(validateOnly ? {} : { topicId: topic.topicId }),
      };
    });
    return reportChanges(terminal, options, changes, created);
  });
}

export async function runDelete(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    if (options.has("dry-run")) return previewDelete(terminal, options, cluster, args);
    const question = `Delete ${countText(args.length, "topic")} with all records: ${args.join(", ")}?`;
    if (!options.has("yes") && !(await confirm(terminal, question))) return ExitCode.failed;
    const deleted = await new Admin(cluster).deleteTopics(args, {
      timeoutMs: timeoutMsOf(options),
    });
    const changes = deleted.map(({ name, error }): ChangedTopic => {
      if (error?.code === "UNKNOWN_TOPIC_OR_PARTITION" && options.has("if-exists")) {
        return { topic: name, result: "absent" };
      }
      if (error !== undefined) return { topic: name, result: "failed", error: error.message };
      return { topic: name, result: "deleted" };
    });
    return reportChanges(terminal, options, changes, deleted);
  });
}

async function previewDelete(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  names: readonly string[],
): Promise<ExitCode> {
  const found = await cluster.metadataOf(names);
  const missing = (topic: TopicMetadata): boolean => topic.errorCode !== 0;
  const changes = found.map((topic): ChangedTopic => {
    const name = topic.name ?? "";
    if (missing(topic)) return { topic: name, result: "absent" };
    return { topic: name, result: "would be deleted", partitions: topic.partitions.length };
  });
  await reportChanges(terminal, options, changes, []);
  return found.some(missing) && !options.has("if-exists") ? ExitCode.notFound : ExitCode.ok;
}

/** Says what became of each topic; all failed, some failed, or all is well. */
async function reportChanges(
  terminal: Terminal,
  options: Options,
  changes: readonly ChangedTopic[],
  outcomes: readonly Outcome[],
): Promise<ExitCode> {
  const format = outputFormat(terminal, options);
  if (isForPeople(format)) {
    for (const change of changes) {
      if (change.result !== "failed") await write(terminal.stdout, `${changeInWords(change)}\n`);
    }
  } else {
    await printListing(terminal, format, {
      items: changes,
      id: ({ topic }) => topic,
      empty: "",
      columns: [
        { title: "topic", of: ({ topic }) => topic },
        { title: "result", of: ({ result }) => result },
        { title: "error", of: ({ error }) => error },
      ],
    });
  }
  const failed = outcomes.filter(
    ({ name, error }) =>
      error !== undefined &&
      changes.some((change) => change.topic === name && change.result === "failed"),
  );
  const problems = failed.map(({ error }) => problemOf(error));
  for (const problem of problems) tell(terminal, problem, !isForPeople(format));
  const [first] = problems;
  if (first === undefined) return ExitCode.ok;
  return failed.length < changes.length ? ExitCode.partial : first.exitCode;
}

function changeInWords({ topic, result, partitions, replicas }: ChangedTopic): string {
  const shape = [
    ...(partitions === undefined ? [] : [countText(partitions, "partition")]),
    ...(replicas === undefined ? [] : [countText(replicas, "replica")]),
  ].join(", ");
  const tail = shape === "" ? "" : ` (${shape})`;
  if (result === "exists") return `${topic} is there already`;
  if (result === "absent") return `${topic} is not there`;
  return `${topic} ${result}${tail}`;
}
