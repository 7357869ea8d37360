import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { skipOnMoldau, uniqueName } from "../client/target.ts";
import { scratchFolder } from "./moldau.ts";
import { Session } from "./session.ts";

const scratch = scratchFolder();
let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(async () => {
  await moldau.close();
  scratch.remove();
});

/** What a tool prints, given its flags with blanks between them. */
function kafka(line: string, input?: string): Promise<string> {
  return moldau.ok(words(line), input === undefined ? {} : { input });
}

/** What a tool that fails says. */
function fails(line: string, code: number): Promise<string> {
  return moldau.fails(words(line), code);
}

function words(line: string): string[] {
  const [name = "", ...args] = line.split(" ");
  const at = args.findIndex((arg) => arg.startsWith("--"));
  const verb = at < 0 ? args : args.slice(0, at);
  const flags = at < 0 ? [] : args.slice(at);
  return [name, ...verb, "--bootstrap-server", moldau.target.bootstrap, ...flags];
}

function file(name: string, content: string | object): string {
  const path = join(scratch.path, name);
  fs.writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("kafka-topics answers in Kafka's words", async () => {
  const name = uniqueName("orders");
  const create = `kafka-topics --create --topic ${name} --partitions 2`;
  assert.equal(await kafka(`${create} --config retention.ms=60000`), `Created topic ${name}.\n`);
  assert.match(await fails(create, 1), /already exists/);
  assert.equal(await kafka(`${create} --if-not-exists`), "");
  assert.equal(await kafka(`kafka-topics --list --topic ${name}.*`), `${name}\n`);

  const text = await kafka(`kafka-topics --describe --topic ${name.slice(0, -1)}.`);
  const [head = "", ...partitions] = text.slice(0, -1).split("\n");
  assert.match(
    head,
    new RegExp(`^Topic: ${name}\tTopicId: \\S{22}\tPartitionCount: 2\tReplicationFactor: 1\t`),
  );
  assert.match(head, /Configs: .*retention\.ms=60000/);
  assert.equal(
    partitions[1],
    `\tTopic: ${name}\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: `,
  );
  const id = /TopicId: (\S+)/.exec(head)?.[1] ?? "";
  assert.ok((await kafka(`kafka-topics --describe --topic-id ${id}`)).startsWith(`${head}\n`));
  assert.match(
    await kafka("kafka-topics --describe --topics-with-overrides"),
    new RegExp(`^Topic: ${name}\t`, "m"),
  );
  assert.equal(await kafka(`kafka-topics --describe --topic ${name} --unavailable-partitions`), "");

  assert.equal(await kafka(`kafka-topics --alter --topic ${name} --partitions 3`), "");
  assert.match(await kafka(`kafka-topics --describe --topic ${name}`), /PartitionCount: 3/);
  assert.equal(await kafka(`kafka-topics --delete --topic ${name}`), "");
  assert.match(await fails(`kafka-topics --describe --topic ${name}`, 3), /does not exist/);
  assert.equal(await kafka(`kafka-topics --describe --topic ${name} --if-exists`), "");
  const assigned = uniqueName("assigned");
  await kafka(`kafka-topics --create --topic ${assigned} --replica-assignment 1,1`);
  assert.match(await kafka(`kafka-topics --describe --topic ${assigned}`), /PartitionCount: 2/);
});

test("what a tool is not told, or told twice, it says", async () => {
  assert.match(await fails("kafka-topics --topic a", 2), /say what to do: one of --/);
  assert.match(await fails("kafka-topics --list --describe", 2), /only one of/);
  assert.match(await fails("kafka-topics --list --topicc a", 2), /did you mean.*--topic/);
  assert.match(await fails("kafka-consumer-groups --describe", 2), /--group/);
  assert.match(await fails("kafka-configs --describe --entity-type topicz", 2), /topics/);
  assert.match(await fails("kafka-get-offsets --topic a --time soon", 2), /soon/);
});

test("the console tools carry keys and headers, and print what they are asked to", async () => {
  const topic = await moldau.topic(1);
  const reader = "--reader-property parse.key=true --reader-property parse.headers=true";
  const sent = `kafka-console-producer --topic ${topic} ${reader} --reader-property null.marker=NULL`;
  await kafka(sent, "h1:v1,h2:v2\tk1\tone\nNULL\tk2\tNULL\n");
  const property = `--property parse.key=true --property key.separator=:`;
  await kafka(
    `kafka-console-producer --topic ${topic} ${property} --compression-codec --sync`,
    "k3:three\n",
  );
  const print = ["key", "offset", "partition", "headers"]
    .map((part) => `--formatter-property print.${part}=true`)
    .join(" ");
  const read = `kafka-console-consumer --topic ${topic} --from-beginning --max-messages`;
  assert.equal(
    await kafka(`${read} 3 ${print}`),
    "Partition:0\tOffset:0\th1:v1,h2:v2\tk1\tone\n" +
      "Partition:0\tOffset:1\tNO_HEADERS\tk2\tnull\n" +
      "Partition:0\tOffset:2\tNO_HEADERS\tk3\tthree\n",
  );
  const marks = "--property print.key=true --property key.separator=> --property null.literal=NIX";
  assert.equal(await kafka(`${read} 2 ${marks}`), "k1>one\nk2>NIX\n");
  const one = `kafka-console-consumer --topic ${topic} --partition 0 --offset 2 --max-messages 1`;
  const outcome = await moldau.run(words(one));
  assert.equal(outcome.stdout, "three\n");
  assert.equal(outcome.stderr, "Processed a total of 1 messages\n");
  const none = `kafka-console-consumer --topic ${topic} --timeout-ms 300`;
  assert.equal(await kafka(none), "");
});

test("deserializers that are no Java read numbers", async () => {
  const topic = await moldau.topic(1);
  await moldau.ok([
    "produce",
    topic,
    "--encode",
    "key=int32",
    "--encode",
    "value=int64",
    "-k",
    "7",
    "9",
  ]);
  const java = "org.apache.kafka.common.serialization";
  const read = `kafka-console-consumer --topic ${topic} --from-beginning --max-messages 1`;
  const as = `--key-deserializer ${java}.IntegerDeserializer --value-deserializer ${java}.LongDeserializer`;
  assert.equal(await kafka(`${read} ${as} --formatter-property print.key=true`), "7\t9\n");
  const own = `${read} --value-deserializer com.example.OrderDeserializer`;
  assert.match(await fails(own, 2), /is Java\n {2}fix: use: moldau consume --decode/);
});

test("a group is listed, described, set back and deleted", async () => {
  const topic = await moldau.topic(2, ["1", "2", "3"]);
  const g = uniqueName("console-group");
  const consume = `kafka-console-consumer --topic ${topic} --group ${g} --from-beginning`;
  assert.equal(await kafka(`${consume} --max-messages 3`), "1\n2\n3\n");
  const groups = (args: string) => kafka(`kafka-consumer-groups ${args}`);
  assert.match(await groups("--list"), new RegExp(`^${g}$`, "m"));
  assert.match(await groups("--list --state --type"), new RegExp(`^${g} +\\w+ +Empty`, "m"));
  assert.doesNotMatch(await groups("--list --state Stable"), new RegExp(`^${g}$`, "m"));

  const describe = () => groups(`--describe --group ${g}`);
  const has = async (row: string) => assert.match(await describe(), new RegExp(`${topic} +${row}`));
  assert.match(await describe(), /^\nGROUP +TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG/);
  await has("0 +3 +3 +0 +- ");
  assert.match(await groups(`--describe --group ${g} --state`), /ASSIGNMENT-STRATEGY.*\n.* Empty /);

  const reset = `--reset-offsets --group ${g} --topic ${topic}:0`;
  assert.match(await groups(`${reset} --shift-by -2`), new RegExp(`${g} +${topic} +0 +1 *\n`));
  await has("0 +3 ");
  await groups(`${reset} --shift-by -2 --execute`);
  await has("0 +1 +3 +2 ");
  await groups(`${reset} --by-duration P7D --execute`);
  await has("0 +0 +3 +3 ");
  await groups(`${reset} --to-datetime 2125-01-01T00:00:00.000 --execute`);
  await has("0 +3 +3 +0 ");
  const plan = await groups(`${reset} --to-offset 1 --export`);
  assert.equal(plan, `"${topic}",0,1\n\n`.replaceAll('"', ""));
  const from = file("plan.csv", plan);
  await groups(`--reset-offsets --group ${g} --from-file ${from} --execute`);
  await has("0 +1 +3 +2 ");

  assert.match(await groups(`--delete-offsets --group ${g} --topic ${topic}:0`), /Successful/);
  await groups(`--delete --group ${g}`);
  assert.doesNotMatch(await groups("--list"), new RegExp(`^${g}$`, "m"));
});

test("kafka-configs sets, shows and takes back", async () => {
  const topic = await moldau.topic(1);
  const entity = `--entity-type topics --entity-name ${topic}`;
  const add = "--add-config retention.ms=5,cleanup.policy=[compact,delete]";
  assert.equal(
    await kafka(`kafka-configs --alter ${entity} ${add}`),
    `Completed updating config for topic ${topic}.\n`,
  );
  const text = await kafka(`kafka-configs --describe --topic ${topic}`);
  assert.match(text, new RegExp(`^Dynamic configs for topic ${topic} are:\n`));
  assert.match(text, /^ {2}cleanup\.policy=compact,delete /m);
  assert.match(text, /retention\.ms=5 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention/);
  const properties = file("more.properties", "segment.ms=77\n");
  await kafka(`kafka-configs --alter --topic ${topic} --add-config-file ${properties}`);
  await kafka(`kafka-configs --alter ${entity} --delete-config retention.ms`);
  const after = await kafka(`kafka-configs --describe ${entity}`);
  assert.match(after, /segment\.ms=77/);
  assert.doesNotMatch(after, /retention/);
  assert.match(await kafka(`kafka-configs --describe --all --topic ${topic}`), /retention\.ms=\d/);
});

test("kafka-get-offsets and kafka-delete-records", async () => {
  const topic = await moldau.topic(2, ["1", "2", "3"]);
  const offsets = (args: string) => kafka(`kafka-get-offsets ${args}`);
  assert.equal(await offsets(`--topic ${topic}`), `${topic}:0:3\n${topic}:1:0\n`);
  assert.equal(await offsets(`--topic-partitions ${topic}:0 --time earliest`), `${topic}:0:0\n`);
  const until = file("until.json", {
    version: 1,
    partitions: [{ topic, partition: 0, offset: 2 }],
  });
  assert.equal(
    await kafka(`kafka-delete-records --offset-json-file ${until}`),
    `Executing records delete operation\nRecords delete operation completed:\npartition: ${topic}-0\tlow_watermark: 2\n`,
  );
  assert.equal(await offsets(`--topic ${topic} --time -2`), `${topic}:0:2\n${topic}:1:0\n`);
  const beyond = file("beyond.json", {
    version: 1,
    partitions: [{ topic, partition: 0, offset: 99 }],
  });
  const refused = await moldau.run(words(`kafka-delete-records --offset-json-file ${beyond}`));
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, new RegExp(`partition: ${topic}-0\terror: .*offset`));
});

test("what health checks run works", async () => {
  const versions = await kafka("kafka-broker-api-versions");
  assert.match(
    versions,
    /^127\.0\.0\.1:\d+ \(id: 1 rack: null isFenced: false\) -> \(\n\tProduce\(0\): 0 to 13 \[usable: 13\],/,
  );
  assert.match(await kafka("kafka-cluster cluster-id"), /^Cluster ID: [\w-]{22}\n$/);
  assert.match(await kafka("kafka-cluster list-endpoints"), /^ID +HOST +PORT +RACK +STATE/);
  assert.match(await kafka("kafka-metadata-quorum describe --status"), /^ClusterId: +[\w-]{22}\n/);
  assert.match(
    await kafka("kafka-metadata-quorum describe --replication"),
    /^NodeId\s+DirectoryId\s+LogEndOffset\s+Lag/,
  );
  assert.match(
    await kafka("kafka-features describe"),
    /^Feature: metadata\.version\s+SupportedMinVersion: \S+\s+SupportedMaxVersion: \S+/m,
  );
  assert.match(
    await kafka("kafka-features version-mapping --release-version 4.0"),
    /^metadata\.version=\d+ \(4\.0-IV3\)\n/,
  );
});

test("kafka-log-dirs", async () => {
  const topic = await moldau.topic(1, ["1"]);
  const dirs = await kafka(`kafka-log-dirs --describe --topic-list ${topic}`);
  const [asked, received, json = ""] = dirs.split("\n");
  assert.equal(asked, "Querying brokers for log directories information");
  assert.equal(received, "Received log directory information from brokers 1");
  const { brokers } = JSON.parse(json) as {
    brokers: { logDirs: { partitions: { partition: string; size: number }[] }[] }[];
  };
  const [replica] = brokers[0]?.logDirs[0]?.partitions ?? [];
  assert.equal(replica?.partition, `${topic}-0`);
  assert.ok(replica.size > 0);
});

test("kafka-leader-election and kafka-reassign-partitions", async (t) => {
  if (skipOnMoldau(t, "elections and reassignments")) return;
  const topic = await moldau.topic(1);
  const elect = `kafka-leader-election --election-type preferred --topic ${topic} --partition 0`;
  assert.equal(await kafka(elect), `Valid replica already elected for partitions ${topic}-0\n`);

  const reassign = (args: string) => kafka(`kafka-reassign-partitions ${args}`);
  assert.equal(await reassign("--list"), "No partition reassignments found.\n");
  const move = file("move.json", { version: 1, topics: [{ topic }] });
  const plan = await reassign(`--topics-to-move-json-file ${move} --broker-list 1 --generate`);
  const [, proposed = ""] = plan.split("Proposed partition reassignment configuration\n");
  const steps = file("steps.json", proposed);
  assert.match(
    await reassign(`--reassignment-json-file ${steps} --execute`),
    new RegExp(`Successfully started partition reassignment for ${topic}-0\n$`),
  );
  assert.match(
    await reassign(`--reassignment-json-file ${steps} --verify`),
    new RegExp(`Reassignment of partition ${topic}-0 is completed\\.`),
  );
  assert.match(await reassign(`--reassignment-json-file ${steps} --cancel`), /^None of the/);
});
