import { Admin, ConfigResourceType } from "../../client/admin/old-admin.ts";
import type { Cluster, TopicMetadata } from "../../client/cluster/cluster.ts";
import { brokerError, KafkaError } from "../../client/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { clientProperties, needed, oneAction, withKafkaCluster } from "../kafka-options.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";

const SOURCE_DEFAULT = 5;

/** `moldau kafka-topics`: answers in the words of Kafka's tool, which scripts read. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["list", "describe", "create", "delete", "alter"]);
  clientProperties(options);
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

/** Topics whose whole name matches `--topic`, a regular expression; all of them without it. */
async function matching(cluster: Cluster, options: Options): Promise<TopicMetadata[]> {
  const includeInternal = !options.has("exclude-internal");
  const topics = await new Admin(cluster).listTopics({ includeInternal });
  const patterns = options
    .list("topic")
    .flatMap((text) => text.split(","))
    .map(patternOf);
  if (patterns.length === 0) return [...topics];
  return topics.filter(({ name }) => patterns.some((pattern) => pattern.test(name ?? "")));
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    throw usageProblem(`--topic "${text}" is no regular expression`);
  }
}

function missing(options: Options): KafkaError {
  const topic = options.list("topic").join(",");
  return new KafkaError(`Topic '${topic}' does not exist as expected`, {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  });
}

async function list(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const topics = await matching(cluster, options);
  await write(terminal.stdout, topics.map(({ name }) => `${name}\n`).join(""));
}

async function describe(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const topics = await matching(cluster, options);
  if (topics.length === 0 && options.list("topic").length > 0 && !options.has("if-exists")) {
    throw missing(options);
  }
  const admin = new Admin(cluster);
  for (const topic of topics) {
    const name = topic.name ?? "";
    const configs = await admin.describeConfigs({ type: ConfigResourceType.topic, name });
    const set = configs
      .filter(({ configSource }) => configSource !== SOURCE_DEFAULT)
      .map((config) => `${config.name}=${config.value ?? ""}`);
    const partitions = [...topic.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
    const replicas = partitions[0]?.replicaNodes.length ?? 0;
    const lines = [
      `Topic: ${name}\tTopicId: ${topic.topicId}\tPartitionCount: ${partitions.length}` +
        `\tReplicationFactor: ${replicas}\tConfigs: ${set.join(",")}`,
      ...partitions.map(
        ({ partitionIndex, leaderId, replicaNodes, isrNodes }) =>
          `\tTopic: ${name}\tPartition: ${partitionIndex}` +
          `\tLeader: ${leaderId < 0 ? "none" : leaderId}\tReplicas: ${replicaNodes.join(",")}` +
          `\tIsr: ${isrNodes.join(",")}\tElr: \tLastKnownElr: `,
      ),
    ];
    await write(terminal.stdout, `${lines.join("\n")}\n`);
  }
}

async function create(terminal: Terminal, cluster: Cluster, options: Options): Promise<void> {
  const name = needed(options, "topic");
  const [created] = await new Admin(cluster).createTopics([
    {
      name,
      partitions: options.integer("partitions", { min: 1 }) ?? -1,
      replicationFactor: options.integer("replication-factor", { min: 1 }) ?? -1,
      configs: Object.fromEntries(options.pairs("config")),
    },
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
  const deleted = await new Admin(cluster).deleteTopics(topics.map(({ name }) => name ?? ""));
  for (const { error } of deleted) if (error !== undefined) throw error;
}

async function alter(cluster: Cluster, options: Options): Promise<void> {
  const name = needed(options, "topic");
  const count = options.integer("partitions", { min: 1 });
  if (count === undefined) throw usageProblem("--alter takes --partitions");
  const [topic] = await cluster.metadataOf([name]);
  if (topic === undefined || topic.errorCode !== ErrorCode.NONE) {
    if (options.has("if-exists")) return;
    throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic: name });
  }
  await new Admin(cluster).createPartitions(name, count);
}
