import { describeTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { describeLogDirs } from "../../client/admin/log-dirs.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import {
  alterPartitionReassignments,
  electLeaders,
  listPartitionReassignments,
  type ElectionType,
  type Reassignment,
} from "../../client/admin/reassignments.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { Options } from "../command.ts";
import { readText } from "../connection/settings.ts";
import { ExitCode } from "../exit-code.ts";
import { parseNumbers } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { needed, oneAction, withKafkaCluster } from "./options.ts";

/** A list of objects in a JSON file, under a name. */
function objectsIn(file: string, name: string, example: string): ReadonlyMap<string, unknown>[] {
  const wrong = (): Error => usageProblem(`${file} is not understood`, `write ${example}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readText(file));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw wrong();
    throw thrown;
  }
  const list: unknown = new Map(Object.entries(parsed ?? {})).get(name);
  if (!Array.isArray(list)) throw wrong();
  return list.map((entry: unknown) => new Map<string, unknown>(Object.entries(entry ?? {})));
}

function partitionOf(entry: ReadonlyMap<string, unknown>, file: string): TopicPartition {
  const [topic, partition] = [entry.get("topic"), entry.get("partition")];
  if (typeof topic === "string" && typeof partition === "number") return { topic, partition };
  throw usageProblem(`${file}: an entry names no topic and partition`);
}

/** `moldau kafka-leader-election`. */
export function runElection(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const asked = needed(options, "election-type").toLowerCase();
  if (asked !== "preferred" && asked !== "unclean") {
    throw usageProblem(`--election-type "${asked}" is not known`, "it is preferred or unclean");
  }
  const partitions = electionPartitions(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    const outcomes = await electLeaders(cluster, asked as ElectionType, partitions);
    const names = (wanted: (outcome: (typeof outcomes)[number]) => boolean): string[] =>
      outcomes.filter(wanted).map(({ topic, partition }) => topicPartitionName(topic, partition));
    const elected = names(({ value }) => value?.elected === true);
    const right = names(({ value }) => value?.elected === false);
    const failed = outcomes.filter(({ error }) => error !== undefined);
    if (elected.length > 0) {
      const what = `Successfully completed leader election (${asked.toUpperCase()}) for partitions`;
      await write(terminal.stdout, `${what} ${elected.join(", ")}\n`);
    }
    if (right.length > 0 && partitions !== null) {
      await write(
        terminal.stdout,
        `Valid replica already elected for partitions ${right.join(", ")}\n`,
      );
    }
    for (const { name, error } of failed) {
      await write(
        terminal.stderr,
        `Error completing leader election (${asked.toUpperCase()}) for partition: ${name}: ${error?.message}\n`,
      );
    }
    if (failed.length === 0) return ExitCode.ok;
    return failed.length < outcomes.length ? ExitCode.partial : ExitCode.failed;
  });
}

function electionPartitions(options: Options): TopicPartition[] | null {
  const file = options.text("path-to-json-file");
  const topic = options.text("topic");
  if (options.has("all-topic-partitions")) return null;
  if (file !== undefined) {
    const example = '{"partitions":[{"topic":"orders","partition":0}]}';
    return objectsIn(file, "partitions", example).map((entry) => partitionOf(entry, file));
  }
  if (topic === undefined) {
    throw usageProblem(
      "say which: --all-topic-partitions, --topic with --partition, or --path-to-json-file",
    );
  }
  const partition = options.integer("partition", { min: 0 });
  if (partition === undefined) throw usageProblem("--partition is missing");
  return [{ topic, partition }];
}

const REASSIGN_EXAMPLE =
  '{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2]}]}';

/** `moldau kafka-reassign-partitions`. */
export function runReassign(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["generate", "execute", "verify", "cancel", "list"]);
  for (const flag of ["throttle", "replica-alter-log-dirs-throttle"]) {
    if (options.has(flag)) {
      throw usageProblem(
        `--${flag} is not taken`,
        "set the rates yourself: moldau config set broker default leader.replication.throttled.rate=… follower.replication.throttled.rate=…",
      );
    }
  }
  return withKafkaCluster(terminal, options, async (cluster) => {
    const call = { terminal, cluster, options };
    switch (action) {
      case "generate":
        await generate(call);
        return ExitCode.ok;
      case "list":
        await listOngoing(call);
        return ExitCode.ok;
      case "execute":
        return execute(call, wantedIn(options));
      case "verify":
        return verify(call, wantedIn(options));
      case "cancel":
        return cancel(call, wantedIn(options));
    }
  });
}

interface Call {
  readonly terminal: Terminal;
  readonly cluster: Cluster;
  readonly options: Options;
}

type Wanted = TopicPartition & { readonly replicas: readonly number[] };

function wantedIn(options: Options): Wanted[] {
  const file = needed(options, "reassignment-json-file");
  return objectsIn(file, "partitions", REASSIGN_EXAMPLE).map((entry) => {
    const replicas = entry.get("replicas");
    if (!Array.isArray(replicas) || !replicas.every((id) => typeof id === "number")) {
      throw usageProblem(`${file}: an entry names no replicas`, `write ${REASSIGN_EXAMPLE}`);
    }
    const dirs = entry.get("log_dirs");
    if (Array.isArray(dirs) && dirs.some((dir) => dir !== "any")) {
      throw usageProblem(
        `${file}: log_dirs other than "any" are not taken`,
        'leave log_dirs out, or write "any"',
      );
    }
    return { ...partitionOf(entry, file), replicas };
  });
}

function names(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => topicPartitionName(topic, partition)).join(",");
}

/** An assignment as the tool writes and reads it. */
function assignmentJson(
  partitions: readonly Wanted[],
  dirOf: (partition: TopicPartition, broker: number) => string,
): string {
  return JSON.stringify({
    version: 1,
    partitions: partitions.map(({ topic, partition, replicas }) => ({
      topic,
      partition,
      replicas,
      log_dirs: replicas.map((broker) => dirOf({ topic, partition }, broker)),
    })),
  });
}

/** Where the replicas of partitions are now. */
async function currentOf(cluster: Cluster, topics: readonly string[]): Promise<Wanted[]> {
  const described = (await describeTopics(cluster, topics)).map((outcome) => valueOf(outcome));
  return described.flatMap(({ name, partitions }: TopicDescription) =>
    partitions.map(({ partition, replicas }) => ({ topic: name, partition, replicas })),
  );
}

async function currentJson(cluster: Cluster, partitions: readonly Wanted[]): Promise<string> {
  const outcomes = await describeLogDirs(cluster, null, { partitions });
  const dirs = new Map<string, string>();
  for (const { value } of outcomes) {
    for (const { path, replicas } of value?.logDirs ?? []) {
      for (const { topic, partition } of replicas)
        dirs.set(`${value?.brokerId} ${topic}-${partition}`, path);
    }
  }
  return assignmentJson(
    partitions,
    ({ topic, partition }, broker) => dirs.get(`${broker} ${topic}-${partition}`) ?? "any",
  );
}

async function generate({ terminal, cluster, options }: Call): Promise<void> {
  const file = needed(options, "topics-to-move-json-file");
  const brokers = parseNumbers(needed(options, "broker-list"));
  const example = '{"version":1,"topics":[{"topic":"orders"}]}';
  const topics = objectsIn(file, "topics", example).map((entry) => String(entry.get("topic")));
  const current = await currentOf(cluster, topics);
  const proposed = current.map(({ topic, partition, replicas }, index) => {
    const count = Math.min(replicas.length, brokers.length);
    const spread = Array.from(
      { length: count },
      (_, at) => brokers[(index + at) % brokers.length] ?? 0,
    );
    return { topic, partition, replicas: spread };
  });
  const short = current.find(({ replicas }) => replicas.length > brokers.length);
  if (short !== undefined) {
    throw usageProblem(
      `${short.topic} has ${short.replicas.length} replicas, and the list ${brokers.length} brokers`,
    );
  }
  const before = `Current partition replica assignment\n${await currentJson(cluster, current)}\n`;
  const after = `Proposed partition reassignment configuration\n${assignmentJson(proposed, () => "any")}\n`;
  await write(terminal.stdout, `${before}\n${after}`);
}

async function listOngoing({ terminal, cluster }: Call): Promise<void> {
  const ongoing = await listPartitionReassignments(cluster, null);
  if (ongoing.length === 0) {
    await write(terminal.stdout, "No partition reassignments found.\n");
    return;
  }
  const lines = ongoing.map(({ topic, partition, replicas, addingReplicas, removingReplicas }) => {
    const adding =
      addingReplicas.length === 0 ? "" : ` adding replicas: ${addingReplicas.join(",")}.`;
    const removing =
      removingReplicas.length === 0 ? "" : ` removing replicas: ${removingReplicas.join(",")}.`;
    return `${topicPartitionName(topic, partition)}: replicas: ${replicas.join(",")}.${adding}${removing}\n`;
  });
  await write(terminal.stdout, `Current partition reassignments:\n${lines.join("")}`);
}

async function execute(
  { terminal, cluster, options }: Call,
  wanted: readonly Wanted[],
): Promise<ExitCode> {
  const ongoing = await listPartitionReassignments(cluster, null);
  if (ongoing.length > 0 && !options.has("additional")) {
    throw usageProblem(
      "Cannot execute because there is an existing partition assignment.",
      "use --additional to override this check, or see --list",
    );
  }
  const topics = [...new Set(wanted.map(({ topic }) => topic))];
  const there = await currentOf(cluster, topics);
  const isWanted = (one: TopicPartition): boolean =>
    wanted.some(({ topic, partition }) => topic === one.topic && partition === one.partition);
  const before = await currentJson(cluster, there.filter(isWanted));
  await write(
    terminal.stdout,
    `Current partition replica assignment\n\n${before}\n\nSave this to use as the --reassignment-json-file option during rollback\n`,
  );
  const outcomes = await alterPartitionReassignments(cluster, wanted, {
    allowReplicationFactorChange: !options.has("disallow-replication-factor-change"),
  });
  const failed = outcomes.filter(({ error }) => error !== undefined);
  const done = outcomes.filter(({ error }) => error === undefined);
  if (done.length > 0) {
    const noun = done.length === 1 ? "reassignment" : "reassignments";
    await write(terminal.stdout, `Successfully started partition ${noun} for ${names(done)}\n`);
  }
  for (const { name, error } of failed) {
    await write(terminal.stderr, `Error reassigning partition ${name}: ${error?.message}\n`);
  }
  if (failed.length === 0) return ExitCode.ok;
  return done.length > 0 ? ExitCode.partial : ExitCode.failed;
}

async function verify({ terminal, cluster }: Call, wanted: readonly Wanted[]): Promise<ExitCode> {
  const ongoing = await listPartitionReassignments(cluster, wanted);
  const there = await currentOf(cluster, [...new Set(wanted.map(({ topic }) => topic))]);
  const lines = wanted.map(({ topic, partition, replicas }) => {
    const name = topicPartitionName(topic, partition);
    const isUnderWay = ongoing.some((one) => one.topic === topic && one.partition === partition);
    if (isUnderWay) return `Reassignment of partition ${name} is still in progress.`;
    const now = there.find((one) => one.topic === topic && one.partition === partition);
    if (now === undefined) return `There is no partition ${name}.`;
    return now.replicas.join() === replicas.join()
      ? `Reassignment of partition ${name} is completed.`
      : `There is no active reassignment of partition ${name}, but replica set is ${now.replicas.join(",")} rather than ${replicas.join(",")}.`;
  });
  await write(terminal.stdout, `Status of partition reassignment:\n${lines.join("\n")}\n`);
  return ExitCode.ok;
}

async function cancel({ terminal, cluster }: Call, wanted: readonly Wanted[]): Promise<ExitCode> {
  const ongoing = await listPartitionReassignments(cluster, wanted);
  if (ongoing.length === 0) {
    await write(terminal.stdout, "None of the specified partition reassignments are active.\n");
    return ExitCode.ok;
  }
  const none = ongoing.map(({ topic, partition }): Reassignment => ({
    topic,
    partition,
    replicas: null,
  }));
  for (const outcome of await alterPartitionReassignments(cluster, none)) valueOf(outcome);
  const noun = ongoing.length === 1 ? "reassignment" : "reassignments";
  await write(terminal.stdout, `Successfully cancelled partition ${noun} for: ${names(ongoing)}\n`);
  return ExitCode.ok;
}
