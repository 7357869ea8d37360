import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, type Kafka } from "../../src/index.ts";
import { onKafka, uniqueName } from "../client/target.ts";
import { javaTool } from "../interop/java.ts";
import { scratchFolder } from "./moldau.ts";
import { Session, until } from "./session.ts";

// Kafka's own tools take a second each: they run where somebody asks for it (npm run interop -- cli does).
const wanted = onKafka && (process.env["MOLDAU_TEST_JAVA_TOOLS"] ?? "") !== "";
const options = { skip: !wanted && "runs in npm run interop -- cli", timeout: 300_000 };

const scratch = scratchFolder();
let moldau: Session;
let kafka: Kafka;
let topic: string;

before(async () => {
  if (!wanted) return;
  moldau = await Session.open();
  kafka = await connect(moldau.target.bootstrap);
  topic = uniqueName("same");
  await kafka.admin.createTopics([
    {
      name: topic,
      partitions: 3,
      configs: { "retention.ms": "3600000", "max.message.bytes": "9999" },
    },
  ]);
  await using producer = kafka.producer();
  await producer.sendAll(topic, [
    {
      key: "k1",
      value: "v1",
      partition: 0,
      headers: [
        ["h1", "a"],
        ["h2", "b"],
      ],
    },
    { key: null, value: "v2", partition: 0 },
    { key: "k3", value: null, partition: 0 },
    { key: "k4", value: "v4", partition: 1 },
  ]);
});

after(async () => {
  scratch.remove();
  if (!wanted) return;
  await kafka.admin.deleteTopics([topic]);
  await kafka.close();
  await moldau.close();
});

const mainClasses: Readonly<Record<string, string>> = {
  "kafka-topics": "TopicCommand",
  "kafka-get-offsets": "GetOffsetShell",
  "kafka-features": "FeatureCommand",
  "kafka-metadata-quorum": "MetadataQuorumCommand",
  "kafka-log-dirs": "LogDirsCommand",
  "kafka-transactions": "TransactionsCommand",
  "kafka-leader-election": "LeaderElectionCommand",
  "kafka-delete-records": "DeleteRecordsCommand",
  "kafka-reassign-partitions": "reassign.ReassignPartitionsCommand",
  "kafka-consumer-groups": "consumer.group.ConsumerGroupCommand",
  "kafka-console-consumer": "consumer.ConsoleConsumer",
  "kafka-cluster": "ClusterTool",
};

function javaClass(tool: string): string {
  if (tool === "kafka-configs") return "kafka.admin.ConfigCommand";
  return `org.apache.kafka.tools.${mainClasses[tool] ?? ""}`;
}

/** Runs a command line with Kafka's tool and with ours; what they print has to be the same. */
async function same(line: string): Promise<void> {
  const [tool = "", ...rest] = line.split(" ");
  const server = ["--bootstrap-server", moldau.target.bootstrap];
  // The words of a tool with sub-commands stand before its flags.
  const at = tool === "kafka-cluster" ? 1 : 0;
  const args = [...rest.slice(0, at), ...server, ...rest.slice(at)];
  const theirs = await javaTool(javaClass(tool), args, { timeoutMs: 60_000 });
  const ours = await moldau.run([tool, ...args]);
  assert.equal(
    comparable(ours.stdout),
    comparable(theirs.stdout),
    `${line}\n${ours.stderr}${theirs.stderr}`,
  );
  assert.equal(ours.code === 0, theirs.code === 0, `${line}: ${ours.code} and ${theirs.code}`);
}

/**
 * Without what tools of another release call by another name, without an order that means nothing, and without
 * the end of the metadata log, which moves on between two questions.
 */
function comparable(output: string): string {
  return output
    .replace(/Epoch: \d+$/gm, "Epoch")
    .replace(/^HighWatermark:\s+\d+$/m, "HighWatermark")
    .replace(/^(Feature: metadata\.version).*$/m, "$1")
    .replace(/(?<="partitions":\[)[^\]]*/g, (list) =>
      list
        .split(/(?<=\}),/)
        .sort()
        .join(","),
    );
}

function file(name: string, content: unknown): string {
  const path = join(scratch.path, name);
  fs.writeFileSync(path, JSON.stringify(content));
  return path;
}

test("kafka-topics", options, async () => {
  await same(`kafka-topics --describe --topic ${topic}`);
  await same(`kafka-topics --describe --topic ${topic} --at-min-isr-partitions`);
  await same(`kafka-topics --list --topic ${topic}.*`);
  const [described] = await kafka.admin.describeTopics([topic]);
  await same(`kafka-topics --describe --topic-id ${described?.value?.topicId}`);
});

test("kafka-get-offsets", options, async () => {
  await same(`kafka-get-offsets --topic ${topic}`);
  await same(`kafka-get-offsets --topic-partitions ${topic}:0-2 --time earliest`);
  await same(`kafka-get-offsets --topic ${topic} --time max-timestamp`);
  await same("kafka-get-offsets --topic there.is.no.such.topic");
});

test("kafka-configs", options, async () => {
  await same(`kafka-configs --describe --topic ${topic}`);
  await same(`kafka-configs --describe --all --topic ${topic}`);
  await same("kafka-configs --describe --entity-type brokers");
  await same("kafka-configs --describe --entity-type users");
  await same("kafka-configs --describe --entity-type client-metrics");
  await same("kafka-configs --describe --broker 1 --all");
});

test("kafka-features, kafka-metadata-quorum, kafka-log-dirs, kafka-cluster", options, async () => {
  await same("kafka-features describe");
  await same("kafka-metadata-quorum describe --status");
  await same(`kafka-log-dirs --describe --topic-list ${topic}`);
  await same("kafka-cluster cluster-id");
});

test("kafka-transactions", options, async () => {
  await same(`kafka-transactions describe-producers --topic ${topic} --partition 1`);
  await same("kafka-transactions find-hanging --broker-id 1");
});

test(
  "kafka-leader-election, kafka-reassign-partitions, kafka-delete-records",
  options,
  async () => {
    await same(`kafka-leader-election --election-type preferred --topic ${topic} --partition 0`);
    await same("kafka-reassign-partitions --list");
    const move = file("move.json", { version: 1, topics: [{ topic }] });
    await same(
      `kafka-reassign-partitions --topics-to-move-json-file ${move} --broker-list 1 --generate`,
    );
    const plan = file("plan.json", {
      version: 1,
      partitions: [{ topic, partition: 0, replicas: [1], log_dirs: ["any"] }],
    });
    await same(`kafka-reassign-partitions --reassignment-json-file ${plan} --execute`);
    const before = file("delete.json", {
      version: 1,
      partitions: [{ topic, partition: 1, offset: 1 }],
    });
    await same(`kafka-delete-records --offset-json-file ${before}`);
  },
);

test("kafka-console-consumer", options, async () => {
  const all = ["timestamp", "key", "offset", "partition", "headers"]
    .map((part) => `--formatter-property print.${part}=true`)
    .join(" ");
  const read = `kafka-console-consumer --topic ${topic} --partition 0 --offset earliest`;
  await same(`${read} --max-messages 3 ${all}`);
  const marks = ["null.literal=NIX", "headers.separator=|", "key.separator=;"]
    .map((property) => `--formatter-property ${property}`)
    .join(" ");
  await same(`${read} --max-messages 3 ${all} ${marks}`);
  await same(`kafka-console-consumer --topic ${topic} --partition 0 --offset 1 --max-messages 1`);
});

for (const protocol of ["classic", "consumer"] as const) {
  test(`kafka-consumer-groups of a ${protocol} group`, options, async () => {
    const group = uniqueName("same");
    const consumer = kafka.consume(topic, { group, groupProtocol: protocol, from: "earliest" });
    const reading = (async () => {
      for await (const _record of consumer) {
        // What it reads is of no interest, only that it does.
      }
    })();
    const server = ["--bootstrap-server", moldau.target.bootstrap];
    const groups = (args: string) => same(`kafka-consumer-groups ${args}`);
    // Until its first member has joined there is no such group.
    const describe = async (): Promise<string> => {
      const args = ["kafka-consumer-groups", ...server, "--describe", "--group", group];
      return (await moldau.run(args)).stdout;
    };
    const places = [
      "members",
      "members --verbose",
      "state",
      "state --verbose",
      "offsets --verbose",
    ];
    try {
      await until(async () => /\s4\s+0\s|\s3\s+3\s+0\s/.test(await describe()), "it has read all");
      await groups(`--describe --group ${group}`);
      for (const place of places) await groups(`--describe --group ${group} --${place}`);
    } finally {
      await consumer.close();
      await reading;
    }
    await groups(`--describe --group ${group}`);
    const reset = `--reset-offsets --group ${group} --topic ${topic}:0`;
    const targets =
      "to-earliest|to-latest|shift-by -1|to-offset 1|to-current|by-duration PT1H|to-datetime 2020-01-01T00:00:00.000";
    for (const target of targets.split("|")) await groups(`${reset} --${target} --dry-run`);
    await groups(`${reset} --to-earliest --dry-run --export`);
    await groups(`${reset} --to-offset 2 --execute`);
    await kafka.admin.deleteGroups([group]);
  });
}
