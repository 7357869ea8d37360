import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { moldau, moldauHere, scratchFolder, startBroker, type BrokerProcess } from "./moldau.ts";

const scratch = scratchFolder();
let broker: BrokerProcess;

before(async () => {
  const args = ["start", "--port", "0", "--data", join(scratch.path, "data")];
  const quick = ["--set", "group.initial.rebalance.delay.ms=0"];
  broker = await startBroker([...args, ...quick], { folder: scratch.path });
});

after(async () => {
  await broker.stop();
  scratch.remove();
});

/** A command with Kafka's flags, to the broker of these tests. */
function kafka(name: string, args: readonly string[], input?: string) {
  const all = [name, "--bootstrap-server", broker.ready.bootstrap, ...args];
  return moldauHere(all, input === undefined ? {} : { input });
}

test("kafka-topics answers in Kafka's words", async () => {
  const create = ["--create", "--topic", "orders", "--partitions", "2", "--config"];
  const created = await kafka("kafka-topics", [...create, "retention.ms=60000"]);
  assert.equal(created.stdout, "Created topic orders.\n");
  assert.equal((await kafka("kafka-topics", ["--list"])).stdout, "orders\n");
  const { stdout } = await kafka("kafka-topics", ["--describe", "--topic", "ord.*"]);
  const [head, ...partitions] = stdout.slice(0, -1).split("\n");
  assert.match(head!, /^Topic: orders\tTopicId: \S{22}\tPartitionCount: 2\tReplicationFactor: 1\t/);
  assert.match(head!, /Configs: .*retention\.ms=60000/);
  assert.equal(
    partitions[1],
    "\tTopic: orders\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: ",
  );
  assert.equal((await kafka("kafka-topics", [...create, "a=b"])).code, 1);
  assert.equal(
    (await kafka("kafka-topics", ["--create", "--topic", "orders", "--if-not-exists"])).code,
    0,
  );
  await kafka("kafka-topics", ["--alter", "--topic", "orders", "--partitions", "3"]);
  assert.match((await kafka("kafka-topics", ["--describe"])).stdout, /PartitionCount: 3/);
  assert.equal((await kafka("kafka-topics", ["--delete", "--topic", "orders"])).code, 0);
  assert.equal((await kafka("kafka-topics", ["--describe", "--topic", "orders"])).code, 3);
});

test("the console tools carry keys, and print what they are asked to", async () => {
  await kafka("kafka-topics", ["--create", "--topic", "console", "--partitions", "1"]);
  const keyed = ["--property", "parse.key=true", "--property", "key.separator=:"];
  const sent = await kafka(
    "kafka-console-producer",
    ["--topic", "console", ...keyed],
    "a:1\nb:2\n",
  );
  assert.equal(sent.code, 0, sent.stderr);
  const print = ["--property", "print.key=true", "--formatter-property", "print.offset=true"];
  const limits = ["--from-beginning", "--max-messages", "2"];
  const read = await kafka("kafka-console-consumer", ["--topic", "console", ...limits, ...print]);
  assert.equal(read.stdout, "Offset:0\ta\t1\nOffset:1\tb\t2\n");
  assert.equal(read.stderr, "Processed a total of 2 messages\n");
});

test("a group is described, set back and deleted", async () => {
  await kafka("kafka-topics", ["--create", "--topic", "grouped"]);
  await kafka("kafka-console-producer", ["--topic", "grouped"], "1\n2\n3\n");
  const consume = [
    "--topic",
    "grouped",
    "--group",
    "g",
    "--from-beginning",
    "--timeout-ms",
    "1500",
  ];
  assert.equal((await kafka("kafka-console-consumer", consume)).stdout, "1\n2\n3\n");
  assert.equal((await kafka("kafka-consumer-groups", ["--list"])).stdout, "g\n");
  const describe = async () =>
    (await kafka("kafka-consumer-groups", ["--describe", "--group", "g"])).stdout;
  assert.match(await describe(), /^\nGROUP +TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG/);
  assert.match(await describe(), /\ng +grouped +0 +3 +3 +0 +- /);
  const reset = ["--reset-offsets", "--group", "g", "--topic", "grouped", "--shift-by", "-2"];
  await kafka("kafka-consumer-groups", reset);
  assert.match(await describe(), /\ng +grouped +0 +3 /);
  await kafka("kafka-consumer-groups", [...reset, "--execute"]);
  assert.match(await describe(), /\ng +grouped +0 +1 +3 +2 /);
  assert.equal((await kafka("kafka-consumer-groups", ["--delete", "--group", "g"])).code, 0);
  assert.equal((await kafka("kafka-consumer-groups", ["--list"])).stdout, "");
});

test("kafka-configs sets, shows and takes back", async () => {
  await kafka("kafka-topics", ["--create", "--topic", "configured"]);
  const entity = ["--entity-type", "topics", "--entity-name", "configured"];
  const add = ["--add-config", "retention.ms=5,cleanup.policy=[compact,delete]"];
  const altered = await kafka("kafka-configs", ["--alter", ...entity, ...add]);
  assert.equal(altered.stdout, "Completed updating config for topic configured.\n");
  const { stdout } = await kafka("kafka-configs", ["--describe", ...entity]);
  assert.match(
    stdout,
    /^Dynamic configs for topic configured are:\n {2}cleanup\.policy=compact,delete /,
  );
  assert.match(
    stdout,
    /retention\.ms=5 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=5/,
  );
  await kafka("kafka-configs", ["--alter", ...entity, "--delete-config", "retention.ms"]);
  assert.doesNotMatch(
    (await kafka("kafka-configs", ["--describe", ...entity])).stdout,
    /retention/,
  );
});

test("what health checks run works", async () => {
  const versions = await kafka("kafka-broker-api-versions", []);
  assert.match(
    versions.stdout,
    /^127\.0\.0\.1:\d+ \(id: 1 rack: null isFenced: false\) -> \(\n\tProduce\(0\): 0 to 13 \[usable: 13\],/,
  );
  const server = ["--bootstrap-server", broker.ready.bootstrap];
  const id = await moldauHere(["kafka-cluster", "cluster-id", ...server]);
  assert.equal(id.stdout, `Cluster ID: ${broker.ready.clusterId}\n`);
});

test("kafka-storage format prepares a folder that start takes", async () => {
  const data = join(scratch.path, "formatted");
  const file = join(scratch.path, "format.properties");
  fs.writeFileSync(
    file,
    [
      "process.roles=broker,controller",
      "node.id=4",
      "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
      "controller.listener.names=CONTROLLER",
      "controller.quorum.voters=4@127.0.0.1:9093",
      `log.dirs=${data}`,
    ].join("\n"),
  );
  const { stdout: uuid } = await moldau(["kafka-storage", "random-uuid"]);
  assert.match(uuid, /^[\w-]{22}\n$/);
  const args = ["kafka-storage", "format", "-t", uuid.trim(), "-c", file];
  const formatted = await moldau(args);
  assert.equal(formatted.code, 0, formatted.stderr);
  assert.match(
    formatted.stdout,
    /^Formatting data directory .*formatted with metadata\.version 4\.4/,
  );
  const again = await moldau(args);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /MLD1011/);
  const ignored = await moldau([...args, "--ignore-formatted"]);
  assert.equal(ignored.stdout, "All of the log directories are already formatted.\n");
  const started = await startBroker(["start", file], { folder: scratch.path });
  assert.equal(started.ready.clusterId, uuid.trim());
  assert.equal((await started.stop()).code, 0);
});
