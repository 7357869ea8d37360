import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { javaToolsClassPath } from "../cache.ts";
import { javaTool } from "../java.ts";
import type { Context, Part } from "../part.ts";

const name = "java-tools";
const tools = "org.apache.kafka.tools";

/** Kafka's tools against one broker; what they print is checked for what a reader of it looks for. */
class Tools {
  readonly #context: Context;
  readonly topic = `tools.${Date.now() % 1_000_000}`;

  constructor(context: Context) {
    this.#context = context;
  }

  async call(mainClass: string, args: readonly string[], input = ""): Promise<string> {
    const server = ["--bootstrap-server", this.#context.broker.bootstrap];
    return this.callBare(mainClass, [...server, ...args], input);
  }

  async callBare(mainClass: string, args: readonly string[], input = ""): Promise<string> {
    const outcome = await javaTool(mainClass, args, { input, timeoutMs: 60_000 });
    if (outcome.code !== 0) {
      throw new Error(`${mainClass} ${args.join(" ")}:\n${outcome.stdout}\n${outcome.stderr}`);
    }
    return outcome.stdout;
  }

  async expect(
    mainClass: string,
    args: readonly string[],
    ...wanted: readonly (string | RegExp)[]
  ): Promise<string> {
    const output = await this.call(mainClass, args);
    contains(output, ...wanted);
    return output;
  }

  file(fileName: string, content: string): string {
    const path = join(this.#context.scratch, fileName);
    writeFileSync(path, content);
    return path;
  }

  get bootstrap(): string {
    return this.#context.broker.bootstrap;
  }

  get dataDir(): string {
    return this.#context.broker.dataDir;
  }
}

function contains(output: string, ...wanted: readonly (string | RegExp)[]): void {
  for (const one of wanted) {
    const found = typeof one === "string" ? output.includes(one) : one.test(output);
    if (!found) throw new Error(`no ${String(one)} in:\n${output.slice(0, 3000)}`);
  }
}

async function topics(t: Tools): Promise<void> {
  const command = `${tools}.TopicCommand`;
  const create = ["--create", "--topic", t.topic, "--partitions", "2"];
  await t.expect(command, [...create, "--config", "retention.ms=7200000"], "Created topic");
  await t.expect(command, ["--list"], t.topic);
  await t.call(command, ["--alter", "--topic", t.topic, "--partitions", "3"]);
  const described = ["--describe", "--topic", t.topic];
  await t.expect(command, described, "PartitionCount: 3", "retention.ms=7200000", "Leader: 1");
}

async function console_(t: Tools): Promise<void> {
  const lines = Array.from({ length: 100 }, (_, i) => `a:b,c:d|key-${i}|value ${i}`);
  const reader = [
    "parse.key=true",
    "key.separator=|",
    "parse.headers=true",
    "headers.delimiter=|",
  ].flatMap((property) => ["--reader-property", property]);
  const produce = ["--topic", t.topic, "--compression-codec", "zstd", ...reader];
  await t.call(`${tools}.ConsoleProducer`, produce, `${lines.join("\n")}\n`);
  const formatter = [
    "print.key=true",
    "print.headers=true",
    "key.separator=|",
    "headers.separator=,",
  ].flatMap((property) => ["--formatter-property", property]);
  const args = ["--topic", t.topic, "--from-beginning", "--max-messages", "100"];
  const consume = [...args, "--timeout-ms", "20000", "--group", `${t.topic}.group`, ...formatter];
  const output = await t.call(`${tools}.consumer.ConsoleConsumer`, consume);
  const got = output.split("\n").filter((line) => line.startsWith("a:b,c:d|key-"));
  if (got.sort().join("\n") !== lines.sort().join("\n")) throw new Error(`read:\n${output}`);
}

async function groups(t: Tools): Promise<void> {
  const command = `${tools}.consumer.group.ConsumerGroupCommand`;
  const group = `${t.topic}.group`;
  await t.expect(command, ["--list"], group);
  const described = ["--describe", "--group", group];
  await t.expect(command, described, new RegExp(`${group} +${t.topic} +\\d +\\d+ +\\d+ +0 `));
  await t.expect(command, [...described, "--state"], "Empty");
  const reset = ["--reset-offsets", "--group", group, "--topic", t.topic, "--to-earliest"];
  await t.call(command, [...reset, "--execute"]);
  await t.expect(command, described, new RegExp(`${group} +${t.topic} +\\d +0 +\\d+ +\\d+ `));
  await t.call(command, ["--delete", "--group", group]);
  const listed = await t.call(command, ["--list"]);
  if (listed.includes(group)) throw new Error(`${group} is still listed`);
}

async function configs(t: Tools): Promise<void> {
  const command = "kafka.admin.ConfigCommand";
  const topic = ["--entity-type", "topics", "--entity-name", t.topic];
  await t.call(command, ["--alter", ...topic, "--add-config", "max.message.bytes=70000"]);
  await t.expect(command, ["--describe", ...topic], "max.message.bytes=70000");
  await t.call(command, ["--alter", ...topic, "--delete-config", "max.message.bytes"]);
  const broker = ["--entity-type", "brokers", "--entity-name", "1"];
  await t.call(command, ["--alter", ...broker, "--add-config", "log.cleaner.threads=2"]);
  await t.expect(command, ["--describe", ...broker], "log.cleaner.threads=2");
  await t.call(command, ["--alter", ...broker, "--delete-config", "log.cleaner.threads"]);
  await t.expect(command, ["--describe", "--all", ...broker], "log.retention.hours=168");
}

async function performance_(t: Tools): Promise<void> {
  const topic = `${t.topic}.perf`;
  const count = "50000";
  const produce = ["--topic", topic, "--num-records", count, "--record-size", "100"];
  const properties = ["--producer-props", `bootstrap.servers=${t.bootstrap}`, "acks=all"];
  contains(
    await t.callBare(`${tools}.ProducerPerformance`, [
      ...produce,
      "--throughput",
      "-1",
      ...properties,
    ]),
    `${count} records sent`,
  );
  const consume = ["--topic", topic, "--num-records", count, "--timeout", "20000"];
  const consumed = await t.call(`${tools}.ConsumerPerformance`, consume);
  const records = Number(consumed.trim().split("\n").at(-1)?.split(",")[4]);
  if (records < Number(count)) throw new Error(`consumed ${records} of ${count}:\n${consumed}`);
  const latency = ["--topic", `${topic}.latency`, "--num-records", "200", "--record-size", "100"];
  await t.expect(`${tools}.EndToEndLatency`, [...latency, "--producer-acks", "all"], "Percentiles");
}

async function records(t: Tools): Promise<void> {
  const partitions = [{ topic: `${t.topic}.perf`, partition: 0, offset: 20_000 }];
  const json = t.file("delete.json", JSON.stringify({ version: 1, partitions }));
  const args = ["--offset-json-file", json];
  await t.expect(`${tools}.DeleteRecordsCommand`, args, "low_watermark: 20000");
  const offsets = ["--topic", `${t.topic}.perf`, "--time"];
  await t.expect(`${tools}.GetOffsetShell`, [...offsets, "earliest"], `${t.topic}.perf:0:20000`);
  await t.expect(`${tools}.GetOffsetShell`, [...offsets, "latest"], `${t.topic}.perf:0:50000`);
}

// The tool, being older, does not know the name of level 33.
const metadataVersion = /metadata\.version .* FinalizedVersionLevel: (4\.4-IV2|UNKNOWN 33) /;

async function describes(t: Tools): Promise<void> {
  await t.expect(
    `${tools}.LogDirsCommand`,
    ["--describe", "--topic-list", t.topic],
    '"offsetLag":0',
  );
  const quorum = `${tools}.MetadataQuorumCommand`;
  await t.expect(quorum, ["describe", "--status"], /LeaderId: +1/, /MaxFollowerLag: +0/);
  await t.expect(quorum, ["describe", "--replication"], "Leader");
  await t.expect(`${tools}.FeatureCommand`, ["describe"], metadataVersion);
  const cluster = ["cluster-id", "--bootstrap-server", t.bootstrap];
  contains(await t.callBare(`${tools}.ClusterTool`, cluster), /Cluster ID: \S{22}/);
}

/** What Apache Kafka 4.4 serves of the requests that a broker with classic groups answers. */
const servedVersions: Readonly<Record<string, string>> = {
  Produce: "0 to 13",
  Fetch: "4 to 18",
  ListOffsets: "1 to 11",
  Metadata: "0 to 13",
  OffsetCommit: "2 to 10",
  OffsetFetch: "1 to 10",
  FindCoordinator: "0 to 6",
  JoinGroup: "0 to 9",
  Heartbeat: "0 to 4",
  LeaveGroup: "0 to 5",
  SyncGroup: "0 to 5",
  DescribeGroups: "0 to 6",
  ListGroups: "0 to 5",
  CreateTopics: "2 to 7",
  DeleteTopics: "1 to 6",
  DeleteRecords: "0 to 2",
  InitProducerId: "0 to 5",
  OffsetForLeaderEpoch: "2 to 4",
  DescribeConfigs: "1 to 4",
  AlterConfigs: "0 to 2",
  DescribeLogDirs: "1 to 5",
  CreatePartitions: "0 to 3",
  DeleteGroups: "0 to 3",
  IncrementalAlterConfigs: "0 to 1",
  OffsetDelete: "0",
  DescribeCluster: "0 to 2",
  DescribeProducers: "0",
  DescribeTopicPartitions: "0",
  ListConfigResources: "0 to 1",
};

async function versions(t: Tools): Promise<void> {
  const output = await t.call(`${tools}.BrokerApiVersionsCommand`, []);
  const wrong: string[] = [];
  for (const [api, range] of Object.entries(servedVersions)) {
    const line = new RegExp(`\\b${api}\\(\\d+\\): (.*?) \\[`).exec(output)?.[1] ?? "absent";
    if (line !== range) wrong.push(`${api} is ${line}, expected ${range}`);
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

async function dumpLog(t: Tools): Promise<void> {
  const dump = `${tools}.DumpLogSegments`;
  const folder = join(t.dataDir, `${t.topic}.perf-0`);
  const files = readdirSync(folder).filter((file) => /\.(log|index|timeindex)$/.test(file));
  const paths = files.map((file) => join(folder, file)).join(",");
  const data = await t.callBare(dump, ["--files", paths, "--deep-iteration", "--print-data-log"]);
  contains(data, "isvalid: true", "| offset: 49999 ");
  if (/isvalid: false|Found (data|timestamp) mismatch|out of order/.test(data)) {
    throw new Error(
      `the dump complains:\n${data
        .split("\n")
        .filter((l) => /false|Found|mismatch/.test(l))
        .slice(0, 5)
        .join("\n")}`,
    );
  }
  const log = join(t.dataDir, "__cluster_metadata-0", "00000000000000000000.log");
  const metadata = await t.callBare(dump, ["--files", log, "--cluster-metadata-decoder"]);
  contains(
    metadata,
    "LeaderChange",
    "FEATURE_LEVEL_RECORD",
    "REGISTER_BROKER_RECORD",
    `"name":"${t.topic}"`,
  );
  const offsets = readdirSync(t.dataDir).filter((entry) => entry.startsWith("__consumer_offsets-"));
  const logs = offsets.map((entry) => join(t.dataDir, entry, "00000000000000000000.log")).join(",");
  const args = ["--files", logs, "--offsets-decoder"];
  contains(await t.callBare(dump, args), '"type":"1"', '"type":"2"', `"group":"${t.topic}.group"`);
}

async function deletion(t: Tools): Promise<void> {
  const command = `${tools}.TopicCommand`;
  await t.call(command, ["--delete", "--topic", t.topic]);
  const listed = await t.call(command, ["--list"]);
  if (listed.split("\n").includes(t.topic)) throw new Error(`${t.topic} is still listed`);
}

export const javaToolsPart: Part = {
  name,
  about: "Kafka's command-line tools: topics, console, groups, configs, perf, dump-log and others",
  async run(context) {
    await javaToolsClassPath();
    const t = new Tools(context);
    const tests: readonly (readonly [string, (t: Tools) => Promise<void>])[] = [
      ["topics: create, list, alter, describe", topics],
      ["console producer and consumer", console_],
      ["consumer groups: list, describe, reset, delete", groups],
      ["configs of topics and brokers", configs],
      ["producer, consumer and end-to-end performance", performance_],
      ["delete records, get offsets", records],
      ["log directories, quorum, features, cluster id", describes],
      ["every version that Apache Kafka 4.4 serves", versions],
      ["dump-log on segments, indexes, metadata and offsets", dumpLog],
      ["delete a topic", deletion],
    ];
    for (const [title, body] of tests) await context.report.test(name, title, () => body(t));
  },
};
