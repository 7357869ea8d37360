import { ErrorCode } from "../../protocol/error-code.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { KafkaError } from "../errors.ts";
import type { AnyTopic } from "../topics/topic.ts";
import type { ConfigEntry } from "./config-values.ts";
import { alterConfigs, describeConfigs } from "./configs.ts";
import { describeTopics, type TopicDescription } from "./describe-topics.ts";
import { only } from "./outcome.ts";
import { callOptions } from "./routes.ts";
import { createPartitions, createTopics } from "./topics.ts";

/** One way in which a topic is not as it was declared. */
export interface TopicDifference {
  /** `partitions`, `replicationFactor`, or the name of a setting. */
  readonly what: string;
  readonly wanted: string | number;
  /** Null for a setting that the broker does not have. */
  readonly found: string | number | null;
}

/** The topic is there and is not as it was declared. Nothing was changed. */
export class TopicMismatch extends KafkaError {
  override readonly name: string = "TopicMismatch";
  readonly topic: string;
  readonly differences: readonly TopicDifference[];

  constructor(topic: string, differences: readonly TopicDifference[], remedy: string) {
    const list = differences.map(differenceText).join("; ");
    super(`topic ${topic} is not as it was declared: ${list}`, {
      code: "TOPIC_MISMATCH",
      context: { topic },
      remedy,
    });
    this.topic = topic;
    this.differences = differences;
  }
}

/** What may be mended of a topic that is there already. Default: nothing. */
export interface EnsureOptions extends CallOptions {
  /** Adds partitions where there are too few. Keys then go to other partitions than before. */
  readonly grow?: boolean | undefined;
  /** Sets settings that have other values. */
  readonly alter?: boolean | undefined;
}

/** How a topic was found, and left. */
export interface EnsuredTopic {
  readonly topic: string;
  readonly result: "created" | "unchanged" | "altered";
  /** What was mended, when it was `altered`. */
  readonly differences: readonly TopicDifference[];
}

/**
 * Creates a topic as it was declared, or compares the one there is: number of partitions, replication
 * factor, and the settings that the declaration names. Calling it again, and from several programs at
 * once, does no harm.
 *
 * @throws TopicMismatch when it differs in something that the options do not allow to mend
 */
export async function ensureTopic(
  cluster: Cluster,
  topic: AnyTopic,
  options: EnsureOptions = {},
): Promise<EnsuredTopic> {
  const deadline = cluster.deadline(options);
  const [described] = await describeTopics(cluster, [topic.name], callOptions(deadline));
  let found = described?.value;
  if (found === undefined) {
    const error = described?.error;
    if (error?.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw error;
    if (await create(cluster, topic, deadline)) {
      return { topic: topic.name, result: "created", differences: [] };
    }
    // Somebody else was faster; the topic is there as soon as a broker knows of it.
    found = await describe(cluster, topic.name, deadline);
  }
  const differences = [
    ...shapeDifferences(topic, found),
    ...(await configDifferences(cluster, topic, deadline)),
  ];
  if (differences.length === 0) {
    return { topic: topic.name, result: "unchanged", differences };
  }
  const stuck = differences.filter((difference) => !isMended(difference, options));
  if (stuck.length > 0) throw new TopicMismatch(topic.name, stuck, remedyFor(stuck));
  await mend(cluster, topic.name, differences, deadline);
  return { topic: topic.name, result: "altered", differences };
}

/** False when the topic came into being meanwhile. */
async function create(cluster: Cluster, topic: AnyTopic, deadline: Deadline): Promise<boolean> {
  const { name, partitions, replicationFactor, config: configs } = topic;
  const [outcome] = await createTopics(
    cluster,
    [{ name, partitions, replicationFactor, configs }],
    callOptions(deadline),
  );
  if (outcome?.error === undefined) return true;
  if (outcome.error.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return false;
  throw outcome.error;
}

function describe(cluster: Cluster, name: string, deadline: Deadline): Promise<TopicDescription> {
  return deadline.retry(async () =>
    only(await describeTopics(cluster, [name], callOptions(deadline))),
  );
}

function shapeDifferences(wanted: AnyTopic, found: TopicDescription): TopicDifference[] {
  const differences: TopicDifference[] = [];
  const { partitions, replicationFactor } = wanted;
  if (partitions !== undefined && partitions !== found.partitions.length) {
    differences.push({ what: "partitions", wanted: partitions, found: found.partitions.length });
  }
  if (replicationFactor === undefined) return differences;
  const other = found.partitions.find(({ replicas }) => replicas.length !== replicationFactor);
  if (other !== undefined) {
    const { length } = other.replicas;
    differences.push({ what: "replicationFactor", wanted: replicationFactor, found: length });
  }
  return differences;
}

async function configDifferences(
  cluster: Cluster,
  { name, config }: AnyTopic,
  deadline: Deadline,
): Promise<TopicDifference[]> {
  const names = Object.keys(config);
  if (names.length === 0) return [];
  const resource = { type: "topic", name } as const;
  const options = { ...callOptions(deadline), names, includeSynonyms: false };
  const found = only(await describeConfigs(cluster, [resource], options));
  const entries = new Map(found.map((entry) => [entry.name, entry]));
  return Object.entries(config).flatMap(([what, wanted]) => {
    const entry = entries.get(what);
    if (entry !== undefined && isSameValue(entry, wanted)) return [];
    return [{ what, wanted, found: entry?.value ?? null }];
  });
}

/** Whether two texts mean the same to Kafka: `a, b` and `b,a` as lists, `TRUE` and `true`. */
export function isSameValue(entry: Pick<ConfigEntry, "type" | "value">, wanted: string): boolean {
  const { value, type } = entry;
  if (value === null) return wanted === "";
  switch (type) {
    case "int":
    case "short":
    case "long":
    case "double":
      return Number(value) === Number(wanted);
    case "boolean":
      return value.toLowerCase() === wanted.trim().toLowerCase();
    case "list":
      return listText(value) === listText(wanted);
    default:
      return value === wanted.trim();
  }
}

/** The items of a list in one order: for settings of topics it means nothing. */
function listText(value: string): string {
  const items = value.split(",").map((item) => item.trim());
  return [...new Set(items)].sort().join(",");
}

function isMended({ what, wanted, found }: TopicDifference, options: EnsureOptions): boolean {
  if (what === "replicationFactor") return false;
  if (what !== "partitions") return options.alter === true && found !== null;
  return options.grow === true && Number(wanted) > Number(found);
}

async function mend(
  cluster: Cluster,
  topic: string,
  differences: readonly TopicDifference[],
  deadline: Deadline,
): Promise<void> {
  const changes: Record<string, string | number> = {};
  for (const { what, wanted } of differences) {
    if (what === "partitions") {
      const grown = { topic, count: Number(wanted) };
      only(await createPartitions(cluster, [grown], callOptions(deadline)));
    } else changes[what] = wanted;
  }
  if (Object.keys(changes).length === 0) return;
  const alteration = { resource: { type: "topic", name: topic } as const, changes };
  only(await alterConfigs(cluster, [alteration], callOptions(deadline)));
}

function differenceText({ what, wanted, found }: TopicDifference): string {
  return `${what} ${found ?? "is not there"} instead of ${wanted}`;
}

function remedyFor(differences: readonly TopicDifference[]): string {
  const has = (what: string): boolean => differences.some((difference) => difference.what === what);
  if (has("replicationFactor")) {
    return "Reassign its partitions, or declare the replication factor that it has.";
  }
  const partitions = differences.find(({ what }) => what === "partitions");
  if (partitions !== undefined) {
    return Number(partitions.wanted) > Number(partitions.found)
      ? "Pass { grow: true } to add partitions; keys then go to other partitions than before."
      : "A topic cannot lose partitions: declare as many as it has, or make a new topic.";
  }
  return "Pass { alter: true } to set these settings, or declare the values that it has.";
}
