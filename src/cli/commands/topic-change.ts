import { alterConfigs, describeConfigs, type ConfigChange } from "../../client/admin/configs.ts";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { describeTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { deleteRecords, listOffsets, type OffsetQuery } from "../../client/admin/offsets.ts";
import {
  createPartitions,
  createTopics,
  deleteTopics,
  type CreatedTopic,
  type NewTopic,
} from "../../client/admin/topics.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { carryOut, difference, type Change, type Outcome } from "../changes.ts";
import type { Options } from "../command.ts";
import { explainSetting, valueWithout } from "../config-words.ts";
import { withCluster } from "../connection/with-cluster.ts";
import type { ExitCode } from "../exit-code.ts";
import { countText } from "../output.ts";
import { parseNumbers } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import type { Difference } from "../shapes/change.ts";
import type { Terminal } from "../terminal.ts";
import { missingTopic, topicNames } from "../topics.ts";

/** `moldau topic create`. The broker checks it all, with `--dry-run` too. */
export async function runCreate(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const configs = Object.fromEntries(options.pairs("config"));
  const assign = options.text("assign");
  const wanted = {
    partitions: options.integer("partitions", { min: 1, max: 1_000_000 }),
    replicationFactor: options.integer("replicas", { min: 1, max: 32_767 }),
  };
  if (assign !== undefined && (wanted.partitions ?? wanted.replicationFactor) !== undefined) {
    throw usageProblem("--assign says how many partitions and replicas there are by itself");
  }
  const assignments = assign?.split("/").map((brokers) => parseNumbers(brokers, assign));
  const topics = args.map((name): NewTopic => ({ name, ...wanted, configs, assignments }));
  return withCluster(terminal, options, async (cluster) => {
    const create = async (validateOnly: boolean) => {
      const outcomes = await createTopics(cluster, topics, { validateOnly });
      const isWrong = outcomes.some(({ error }) => error?.code === "INVALID_CONFIG");
      const names = isWrong ? await topicSettingNames() : [];
      return outcomes.map(({ value, error }) => ({
        value,
        code: error?.code,
        error: explainSetting(error, Object.keys(configs), names),
      }));
    };
    const isDry = options.has("dry-run");
    const checked = isDry ? await create(true) : [];
    const changes = topics.map((topic, index): Change => {
      const base = { kind: "topic", name: topic.name, action: "create" } as const;
      const outcome = checked[index];
      if (outcome?.error !== undefined) {
        return {
          ...base,
          differences: [],
          settled: settledBy(outcome, options),
        };
      }
      return { ...base, differences: createdDifferences(topic, outcome?.value) };
    });
    return carryOut(terminal, options, {
      changes,
      apply: async () => {
        const created = await create(false);
        return created.map(({ error, code, value }, index): Outcome => {
          if (error === undefined)
            return { differences: createdDifferences(topics[index]!, value) };
          const isThere = code === "TOPIC_ALREADY_EXISTS" && options.has("if-not-exists");
          return isThere ? { unchanged: true } : { error };
        });
      },
    });
  });
}

/** A topic that is there may be what was wanted. */
function settledBy(
  { code, error }: { readonly code: string | undefined; readonly error?: unknown },
  options: Options,
): NonNullable<Change["settled"]> {
  const isThere = code === "TOPIC_ALREADY_EXISTS" && options.has("if-not-exists");
  return isThere ? { result: "unchanged" } : { result: "failed", error };
}

/** Kafka's names of what a topic can be told. */
async function topicSettingNames(): Promise<readonly string[]> {
  const { topicSettings } = await import("../../config/topic-settings.ts");
  return topicSettings.map(({ name }) => name);
}

function createdDifferences(wanted: NewTopic, created: CreatedTopic | undefined): Difference[] {
  const count = (told: number | null | undefined, asked: number | undefined): string | number =>
    told ?? asked ?? "the broker's default";
  const { assignments } = wanted;
  return [
    difference(
      "partitions",
      null,
      count(created?.partitions, assignments?.length ?? wanted.partitions),
    ),
    difference(
      "replicas",
      null,
      count(created?.replicationFactor, assignments?.[0]?.length ?? wanted.replicationFactor),
    ),
    ...Object.entries(wanted.configs ?? {}).map(([name, value]) => difference(name, null, value)),
  ];
}

/** Topics that there are, and those that are missing as changes that are settled already. */
interface Found {
  readonly topics: readonly TopicDescription[];
  readonly missing: readonly Change[];
}

async function findTopics(
  cluster: Cluster,
  names: readonly string[],
  options: Options,
  action: Change["action"],
): Promise<Found> {
  const topics: TopicDescription[] = [];
  const missing: Change[] = [];
  for (const outcome of await describeTopics(cluster, names)) {
    const { name, error } = outcome;
    if (error === undefined) {
      topics.push(outcome.value);
      continue;
    }
    if (error.code !== "UNKNOWN_TOPIC_OR_PARTITION") throw error;
    const settled = options.has("if-exists")
      ? ({ result: "unchanged" } as const)
      : ({ result: "failed", error: await missingTopic(cluster, name) } as const);
    missing.push({ kind: "topic", name, action, differences: [], settled });
  }
  return { topics, missing };
}

interface Alteration extends Change {
  readonly partitions: number | undefined;
  readonly configs: readonly ConfigChange[];
}

/** `moldau topic alter`. */
export function runAlter(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const partitions = options.integer("partitions", { min: 1 });
  const configs: ConfigChange[] = [
    ...[...options.pairs("config")].map(([name, value]) => ({ name, value })),
    ...options.list("unset").map((name) => ({ name, value: null })),
  ];
  if (partitions === undefined && configs.length === 0) {
    throw usageProblem("there is nothing to alter", "say -p, -c name=value or --unset name");
  }
  return withCluster(terminal, options, async (cluster) => {
    const names = await topicNames(cluster, args, options);
    const { topics, missing } = await findTopics(cluster, names, options, "alter");
    const changes = await Promise.all(
      topics.map((topic) => alterationOf(cluster, topic, partitions, configs)),
    );
    const isDry = options.has("dry-run");
    const checked = isDry ? await alter(cluster, changes, true) : [];
    const planned = changes.map((change, index): Alteration => {
      const { error } = checked[index] ?? {};
      return error === undefined || change.settled !== undefined
        ? change
        : { ...change, settled: { result: "failed", error } };
    });
    const nothing = { partitions: undefined, configs: [] };
    return carryOut(terminal, options, {
      changes: [...planned, ...missing.map((change) => ({ ...change, ...nothing }))],
      apply: (open) => alter(cluster, open, false),
    });
  });
}

async function alterationOf(
  cluster: Cluster,
  topic: TopicDescription,
  partitions: number | undefined,
  configs: readonly ConfigChange[],
): Promise<Alteration> {
  const resource = { type: ConfigResourceType.topic, name: topic.name };
  const names = configs.map(({ name }) => name);
  const [described] = await describeConfigs(cluster, [resource], { names });
  const before = new Map(described?.value?.map((entry) => [entry.name, entry]));
  const changed = configs.filter(({ name, value }) => {
    const entry = before.get(name);
    return value === null ? entry?.source === "topic" : entry?.value !== value || entry.isDefault;
  });
  const grows = partitions !== undefined && partitions !== topic.partitions.length;
  const differences = [
    ...(grows ? [difference("partitions", topic.partitions.length, partitions)] : []),
    ...changed.map(({ name, value }) => {
      const entry = before.get(name);
      const after = value ?? valueWithout(entry, resource) ?? "(default)";
      return difference(name, entry?.value, after);
    }),
  ];
  return {
    kind: "topic",
    name: topic.name,
    action: "alter",
    differences,
    partitions: grows ? partitions : undefined,
    configs: changed,
    ...(differences.length === 0 ? { settled: { result: "unchanged" } } : {}),
  };
}

/** Settings first: they are more often refused, and partitions cannot be taken back. */
async function alter(
  cluster: Cluster,
  changes: readonly Alteration[],
  validateOnly: boolean,
): Promise<Outcome[]> {
  const configured = changes.filter(({ configs }) => configs.length > 0);
  const configs = await alterConfigs(
    cluster,
    configured.map(({ name, configs: of }) => ({
      resource: { type: ConfigResourceType.topic, name },
      changes: of,
    })),
    { validateOnly },
  );
  const errors = new Map<string, unknown>();
  for (const [index, { error }] of configs.entries()) {
    const change = configured[index];
    if (error === undefined || change === undefined) continue;
    const asked = change.configs.map(({ name }) => name);
    errors.set(change.name, explainSetting(error, asked, await topicSettingNames()));
  }
  const growing = changes.flatMap(({ name, partitions }) =>
    partitions === undefined || errors.has(name) ? [] : [{ topic: name, count: partitions }],
  );
  for (const { name, error } of await createPartitions(cluster, growing, { validateOnly })) {
    if (error !== undefined) errors.set(name, error);
  }
  return changes.map(({ name }) => ({ error: errors.get(name) }));
}

/** `moldau topic delete`. */
export function runDelete(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const names = await topicNames(cluster, args, options);
    const { topics, missing } = await findTopics(cluster, names, options, "delete");
    const counts = await recordCounts(cluster, topics);
    const changes = topics.map(({ name, partitions }): Change => {
      const differences = [
        difference("partitions", partitions.length, null),
        difference("records", counts.get(name), null),
      ];
      return { kind: "topic", name, action: "delete", differences };
    });
    const shown = topics.map(({ name }) => name).join(", ");
    return carryOut(terminal, options, {
      changes: [...changes, ...missing],
      question: `Delete ${countText(topics.length, "topic")} with all records: ${shown}?`,
      apply: (open) =>
        deleteTopics(
          cluster,
          open.map(({ name }) => name),
        ),
    });
  });
}

/** How many offsets there are between first and end, by topic. */
async function recordCounts(
  cluster: Cluster,
  topics: readonly TopicDescription[],
): Promise<ReadonlyMap<string, number>> {
  const led = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ leader }) => leader !== null)
      .map(({ partition }) => ({ topic: name, partition })),
  );
  const at = (place: "earliest" | "latest") =>
    listOffsets(
      cluster,
      led.map((one): OffsetQuery => ({ ...one, at: place })),
    );
  const [firsts, ends] = await Promise.all([at("earliest"), at("latest")]);
  const counts = new Map<string, number>();
  for (const [index, end] of ends.entries()) {
    const count = (end.value?.offset ?? 0) - (firsts[index]?.value?.offset ?? 0);
    counts.set(end.topic, (counts.get(end.topic) ?? 0) + count);
  }
  return counts;
}

interface Emptying extends Change {
  readonly partitions: readonly number[];
}

/** `moldau topic empty`: deletes records up to the high watermark. */
export function runEmpty(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const only = options.text("partition");
  const numbers = only === undefined ? undefined : parseNumbers(only);
  return withCluster(terminal, options, async (cluster) => {
    const names = await topicNames(cluster, args, options);
    const found = await findTopics(cluster, names, options, "empty");
    const topics = found.topics.map((topic) => withPartitions(topic, numbers));
    const counts = await recordCounts(cluster, topics);
    const changes = topics.map(({ name, partitions }): Emptying => {
      const count = counts.get(name) ?? 0;
      return {
        kind: "topic",
        name,
        action: "empty",
        differences: [difference("records", count, 0)],
        partitions: partitions.map(({ partition }) => partition),
        ...(count === 0 ? { settled: { result: "unchanged" } } : {}),
      };
    });
    const sum = [...counts.values()].reduce((all, count) => all + count, 0);
    return carryOut(terminal, options, {
      changes: [...changes, ...found.missing.map((change) => ({ ...change, partitions: [] }))],
      question: `Delete ${countText(sum, "record")} of ${topics.map(({ name }) => name).join(", ")}?`,
      apply: (open) => empty(cluster, open),
    });
  });
}

function withPartitions(
  topic: TopicDescription,
  numbers: readonly number[] | undefined,
): TopicDescription {
  if (numbers === undefined) return topic;
  const there = topic.partitions.map(({ partition }) => partition);
  const missing = numbers.find((number) => !there.includes(number));
  if (missing !== undefined) {
    throw usageProblem(
      `${topic.name} has no partition ${missing}; it has 0 to ${there.length - 1}`,
    );
  }
  const partitions = topic.partitions.filter(({ partition }) => numbers.includes(partition));
  return { ...topic, partitions };
}

async function empty(cluster: Cluster, changes: readonly Emptying[]): Promise<Outcome[]> {
  const wanted = changes.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition, before: "end" as const })),
  );
  const deleted = await deleteRecords(cluster, wanted);
  return changes.map(({ name }): Outcome => {
    const failed = deleted.find(({ topic, error }) => topic === name && error !== undefined);
    return { error: failed?.error };
  });
}
