import { describeConfigs } from "../../client/admin/configs.ts";
import { ConfigResourceType, type ConfigEntry } from "../../client/admin/config-values.ts";
import {
  describeTopics,
  listTopics,
  type PartitionDescription,
  type TopicDescription,
} from "../../client/admin/describe-topics.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import { createPartitions, createTopics, deleteTopics } from "../../client/admin/topics.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { wholeName } from "../patterns.ts";
import { Problem, usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { needed, oneAction, warn, withKafkaCluster } from "./options.ts";

/** What narrows `--describe` down to partitions, or to topics. */
const FILTERS = [
  "under-replicated-partitions",
  "unavailable-partitions",
  "under-min-isr-partitions",
  "at-min-isr-partitions",
  "topics-with-overrides",
] as const;

/** `moldau kafka-topics`: answers in the words of Kafka's tool, which scripts read. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["list", "describe", "create", "delete", "alter"]);
  check(options, action);
  return withKafkaCluster(terminal, options, async (cluster) => {
    switch (action) {
      case "list":
        await list(terminal, cluster, options);
        break;
      case "describe":
        await describe(terminal, cluster, options);
        break;
      case "create":
        await create(terminal, cluster, options);
        break;
      case "delete":
        await remove(cluster, options);
        break;
      case "alter":
        await alter(cluster, options);
    }
    return ExitCode.ok;
  });
}

function check(options: Options, action: string): void {
  if (options.has("delete-config")) {
    throw usageProblem(
      "--delete-config is not taken any more",
      "use kafka-configs --alter --delete-config",
    );
  }
  if (options.list("config").length > 0 && action !== "create") {
    throw usageProblem(
      "--config goes with --create alone",
      "use kafka-configs --alter --add-config",
    );
  }
  const filters = FILTERS.filter((flag) => options.has(flag));
  if (filters.length > 0 && action !== "describe") {
    throw usageProblem(`--${filters[0]} goes with --describe alone`);
  }
  if (filters.length > 1) throw usageProblem(`only one of --${filters.join(", --")} at a time`);
}

/** Topics whose whole name matches `--topic`, a regular expression; all of them without it. */
async function matching(cluster: Cluster, options: Options): Promise<readonly TopicDescription[]> {
  const topics = await listTopics(cluster, { includeInternal: !options.has("exclude-internal") });
  const patterns = options
    .list("topic")
    .flatMap((text) => text.split(","))
    .map(wholeName);
  if (patterns.length === 0) return topics;
  return topics.filter(({ name }) => patterns.some((pattern) => pattern.test(name)));
}

function missing(options: Options): Problem {
  const topic = options.list("topic").join(",");
  return new Problem(
    "MLD3010",
    `Error while executing topic command : Topic '${topic}' does not exist as expected`,
    {
      exitCode: ExitCode.notFound,
    },
  );
}

async function list(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const topics = await matching(cluster, options);
  await write(terminal.stdout, topics.map(({ name }) => `${name}\n`).join(""));
}

async function describe(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const id = options.text("topic-id");
  const names =
    id === undefined
      ? (await matching(cluster, options)).map(({ name }) => name)
      : [{ topicId: id }];
  const asked = id !== undefined || options.list("topic").length > 0;
  if (names.length === 0 && asked && !options.has("if-exists")) throw missing(options);
  const limit = options.integer("partition-size-limit-per-response", { min: 1 });
  const described = await describeTopics(cluster, names, { partitionsPerAnswer: limit });
  const topics = described.flatMap((outcome) => {
    const isGone = outcome.error !== undefined && options.has("if-exists");
    return isGone ? [] : [valueOf(outcome)];
  });
  const configs = await configsOf(cluster, topics);
  for (const topic of topics) {
    const set = (configs.get(topic.name) ?? []).filter(({ isDefault }) => !isDefault);
    await write(terminal.stdout, descriptionOf(topic, set, options));
  }
}

async function configsOf(
  cluster: Cluster,
  topics: readonly TopicDescription[],
): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> {
  const resources = topics.map(({ name }) => ({ type: ConfigResourceType.topic, name }));
  const outcomes = await describeConfigs(cluster, resources);
  return new Map(outcomes.map(({ value }, index) => [topics[index]?.name ?? "", value ?? []]));
}

function descriptionOf(
  { name, topicId, partitions, replicationFactor }: TopicDescription,
  configs: readonly ConfigEntry[],
  options: Options,
): string {
  const filter = FILTERS.find((flag) => options.has(flag));
  const settings = configs.map((config) => `${config.name}=${config.value ?? ""}`).join(",");
  const head =
    `Topic: ${name}\tTopicId: ${topicId ?? ""}\tPartitionCount: ${partitions.length}` +
    `\tReplicationFactor: ${replicationFactor}\tConfigs: ${settings}\n`;
  if (filter === "topics-with-overrides") {
    return configs.some(({ source }) => source === "topic") ? head : "";
  }
  const minIsr = Number(
    configs.find((config) => config.name === "min.insync.replicas")?.value ?? 1,
  );
  const shown = partitions.filter((partition) => isShown(partition, filter, minIsr));
  const lines = shown.map((partition) => partitionLine(name, partition));
  return (filter === undefined ? head : "") + lines.join("");
}

function isShown(
  { leader, isr, replicas }: PartitionDescription,
  filter: (typeof FILTERS)[number] | undefined,
  minIsr: number,
): boolean {
  switch (filter) {
    case "under-replicated-partitions":
      return isr.length < replicas.length;
    case "unavailable-partitions":
      return leader === null;
    case "under-min-isr-partitions":
      return isr.length < minIsr;
    case "at-min-isr-partitions":
      return isr.length === minIsr;
    default:
      return true;
  }
}

function partitionLine(
  topic: string,
  { partition, leader, replicas, isr, eligibleLeaderReplicas, lastKnownElr }: PartitionDescription,
): string {
  const elr = eligibleLeaderReplicas === null ? "N/A" : eligibleLeaderReplicas.join(",");
  const last = lastKnownElr === null ? "N/A" : lastKnownElr.join(",");
  return (
    `\tTopic: ${topic}\tPartition: ${partition}\tLeader: ${leader ?? "none"}\tReplicas: ${replicas.join(",")}` +
    `\tIsr: ${isr.join(",")}\tElr: ${elr}\tLastKnownElr: ${last}\n`
  );
}

/** `1:2,2:3`: partitions by commas, replicas by colons, as Kafka's tool has it. */
function assignmentsOf(text: string | undefined): number[][] | undefined {
  return text?.split(",").map((partition) =>
    partition.split(":").map((broker) => {
      if (/^\s*\d+\s*$/.test(broker)) return Number(broker);
      throw usageProblem(
        `--replica-assignment "${text}" is not understood`,
        "write 1:2,2:3: partitions with commas, brokers with colons",
      );
    }),
  );
}

const COLLISION_WARNING =
  "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
  "To avoid issues it is best to use either, but not both.";

async function create(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const name = needed(options, "topic");
  const partitions = options.integer("partitions", { min: 1 });
  const replicationFactor = options.integer("replication-factor", { min: 1 });
  const assignments = assignmentsOf(options.text("replica-assignment"));
  if (assignments !== undefined && (partitions ?? replicationFactor) !== undefined) {
    throw usageProblem("--replica-assignment excludes --partitions and --replication-factor");
  }
  if (/[._]/.test(name)) await warn(terminal, COLLISION_WARNING);
  const configs = Object.fromEntries(options.pairs("config"));
  const [created] = await createTopics(cluster, [
    { name, partitions, replicationFactor, assignments, configs },
  ]);
  const { error } = created ?? {};
  if (error?.code === "TOPIC_ALREADY_EXISTS" && options.has("if-not-exists")) return;
  if (error !== undefined) throw error;
  await write(terminal.stdout, `Created topic ${name}.\n`);
}

async function remove(cluster: Cluster, options: Options): Promise<void> {
  needed(options, "topic");
  const topics = await matching(cluster, options);
  if (topics.length === 0) {
    if (options.has("if-exists")) return;
    throw missing(options);
  }
  for (const { error } of await deleteTopics(
    cluster,
    topics.map(({ name }) => name),
  )) {
    if (error !== undefined) throw error;
  }
}

async function alter(cluster: Cluster, options: Options): Promise<void> {
  needed(options, "topic");
  const count = options.integer("partitions", { min: 1 });
  if (count === undefined) throw usageProblem("--alter takes --partitions");
  const topics = await matching(cluster, options);
  if (topics.length === 0) {
    if (options.has("if-exists")) return;
    throw missing(options);
  }
  const all = assignmentsOf(options.text("replica-assignment"));
  const wanted = topics.map(({ name, partitions }) => ({
    topic: name,
    count,
    // Those that there are come first, and stay where they are.
    assignments: all?.slice(partitions.length),
  }));
  for (const { error } of await createPartitions(cluster, wanted)) {
    if (error !== undefined) throw error;
  }
}
