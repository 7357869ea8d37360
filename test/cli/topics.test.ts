import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { uniqueName } from "../client/target.ts";
import { jsonLines } from "./moldau.ts";
import { differencesIn, Session } from "./session.ts";

let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(() => moldau.close());

test("topic list: patterns, sizes, every format", async () => {
  const name = await moldau.topic(3, ["one", "two"]);
  const [row] = await moldau.lines(["topic", "list", name]);
  const { sizeBytes, topicId, ...rest } = row ?? {};
  assert.deepEqual(rest, {
    topic: name,
    partitions: 3,
    replicas: 1,
    internal: false,
    underReplicated: 0,
    leaderless: 0,
  });
  assert.ok(Number(sizeBytes) > 0);
  assert.match(String(topicId), /^\S{22}$/);
  const print = (...args: string[]): Promise<string> =>
    moldau.ok(["topic", "list", `${name}|nothing`, ...args]);
  assert.match(
    await print("-o", "table"),
    new RegExp(`^TOPIC +PARTITIONS +REPLICAS +SIZE +HEALTH\n${name} +3 +1 +\\d+ B +ok\n$`),
  );
  assert.match(await print("-o", "wide"), /INTERNAL +ID\n/);
  assert.match(
    await print("-o", "csv"),
    new RegExp(
      `^topic,partitions,replicas,sizeBytes,internal,topicId,underReplicated,leaderless\r\n${name},3,1,`,
    ),
  );
  assert.match(await print("-o", "yaml"), new RegExp(`^- topic: ${name}\n`));
  assert.equal(await print("-o", "id"), `${name}\n`);
  assert.equal(await print("--template", "%{topic}=%{partitions}"), `${name}=3\n`);
  assert.equal((JSON.parse(await print("-o", "json")) as unknown[]).length, 1);
  const none = await moldau.run(["topic", "list", uniqueName("no"), "-o", "table"]);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", "No topic has such a name.\n"]);
});

test("topic list sorts by size and partitions, and hides Kafka's own", async () => {
  const prefix = uniqueName("sorted");
  for (const [name, count] of [
    ["a", "1"],
    ["b", "3"],
    ["c", "2"],
  ] as const) {
    await moldau.ok(["topic", "create", `${prefix}-${name}`, "-p", count]);
  }
  await moldau.ok(["produce", `${prefix}-c`, "x".repeat(2000)]);
  const sorted = async (by: string): Promise<string> =>
    (await moldau.ok(["topic", "list", `${prefix}-.*`, "--sort", by, "-o", "id"])).replaceAll(
      `${prefix}-`,
      "",
    );
  assert.equal(await sorted("name"), "a\nb\nc\n");
  assert.equal(await sorted("partitions"), "b\nc\na\n");
  assert.ok((await sorted("size")).startsWith("c\n"));
  await moldau.group(`${prefix}-c`);
  assert.doesNotMatch(await moldau.ok(["topic", "list", "-o", "id"]), /__consumer_offsets/);
  assert.match(await moldau.ok(["topic", "list", "--internal", "-o", "id"]), /__consumer_offsets/);
});

test("topic describe: partitions with offsets, settings with their source", async () => {
  const name = uniqueName("described");
  await moldau.ok(["topic", "create", name, "-p", "2", "-c", "retention.ms=60000"]);
  await moldau.ok(["produce", name, "-p", "1", "a", "b", "c"]);
  const [topic] = JSON.parse(await moldau.ok(["topic", "describe", name, "-o", "json"])) as [
    {
      partitions: { partition: number; leader: number; firstOffset: number; endOffset: number }[];
      configs: Record<string, unknown>;
    },
  ];
  assert.deepEqual(
    topic.partitions.map(({ partition, leader, firstOffset, endOffset }) => [
      partition,
      leader,
      firstOffset,
      endOffset,
    ]),
    [
      [0, 1, 0, 0],
      [1, 1, 0, 3],
    ],
  );
  assert.deepEqual(topic.configs["retention.ms"], { value: "60000", source: "topic" });
  const words = await moldau.ok(["topic", "describe", "-r", `${name}|nothing`, "-o", "table"]);
  assert.match(words, new RegExp(`^${name} {2}2 partitions, 1 replica, offsets for 3 records, `));
  assert.match(
    words,
    /PARTITION +LEADER +REPLICAS +IN SYNC +FIRST +END +SIZE\n +0 +1 +1 +1 +0 +0 +0 B\n +1 +1 +1 +1 +0 +3 /,
  );
  assert.match(words, /retention\.ms +60000 +topic/);
  const csv = await moldau.ok(["topic", "describe", name, "-o", "csv"]);
  assert.match(csv, /^topic,partition,leader,leaderEpoch,replicas,isr,/);
  assert.equal(csv.split("\r\n").length, 4);
  const missing = await moldau.fails(["topic", "describe", name.slice(0, -1)], 3);
  assert.match(missing, new RegExp(`MLD3010 there is no topic .*\n {2}fix: did you mean: ${name}`));
});

test("topic create: dry runs are checked by the broker, and change nothing", async () => {
  const name = uniqueName("created");
  const create = ["topic", "create", name, "-p", "3", "-c", "retention.ms=60000"];
  const [plan] = await moldau.lines([...create, "--dry-run"]);
  assert.deepEqual([plan?.["action"], plan?.["result"]], ["create", "planned"]);
  assert.deepEqual(differencesIn(plan), [
    "partitions null>3",
    "replicas null>1",
    "retention.ms null>60000",
  ]);
  const words = await moldau.run([...create, "--dry-run", "-o", "table"]);
  assert.equal(
    words.stdout,
    `topic ${name}  would be created\n  + partitions    3\n  + replicas      1\n  + retention.ms  60000\n`,
  );
  assert.equal(words.stderr, "Nothing was changed: this is a dry run.\n");
  await moldau.fails(["topic", "describe", name], 3);
  const wrong = await moldau.fails([...create, "-c", "retentoin.ms=5", "--dry-run"], 1);
  assert.match(wrong, /INVALID_CONFIG .*retentoin\.ms\n {2}fix: did you mean: retention\.ms/);
  const done = await moldau.ok([...create, "-o", "table"]);
  assert.equal(done, `✓ topic ${name} created  partitions 3, replicas 1, retention.ms 60000\n`);
  assert.match(await moldau.fails(create, 1), /MLD3016 .*TOPIC_ALREADY_EXISTS/);
  const [same] = await moldau.lines([...create, "--if-not-exists"]);
  assert.equal(same?.["result"], "unchanged");
  const both = await moldau.run(["topic", "create", name, `${name}2`, "-o", "ndjson"]);
  assert.equal(both.code, 5);
  assert.deepEqual(
    jsonLines(both.stdout).map(({ result }) => result),
    ["failed", "done"],
  );
  assert.equal(jsonLines(both.stderr)[0]?.["code"], "MLD3016");
});

test("topic create: replicas where they are assigned", async () => {
  const name = uniqueName("assigned");
  await moldau.ok(["topic", "create", name, "--assign", "1/1/1"]);
  const [topic] = await moldau.lines(["topic", "list", name]);
  assert.equal(topic?.["partitions"], 3);
  await moldau.fails(["topic", "create", name, "--assign", "1", "-p", "2"], 2);
  await moldau.fails(["topic", "create", name, "--assign", "one"], 2);
});

test("topic alter: partitions and settings, with a plan before", async () => {
  const name = await moldau.topic(1);
  const alter = [
    "topic",
    "alter",
    name,
    "-p",
    "3",
    "-c",
    "retention.ms=60000",
    "-c",
    "cleanup.policy=delete",
  ];
  const [plan] = await moldau.lines([...alter, "--dry-run"]);
  assert.deepEqual(differencesIn(plan), [
    "partitions 1>3",
    "retention.ms 604800000>60000",
    "cleanup.policy delete>delete",
  ]);
  assert.equal((await moldau.lines(["topic", "list", name]))[0]?.["partitions"], 1);
  assert.equal((await moldau.lines(alter))[0]?.["result"], "done");
  assert.equal((await moldau.lines(["topic", "list", name]))[0]?.["partitions"], 3);
  assert.equal((await moldau.lines(alter))[0]?.["result"], "unchanged");
  const [back] = await moldau.lines([
    "topic",
    "alter",
    "-r",
    `${name}$`,
    "--unset",
    "retention.ms",
  ]);
  assert.deepEqual(differencesIn(back), ["retention.ms 60000>(default)"]);
  assert.match(
    await moldau.fails(["topic", "alter", name, "-p", "1", "--dry-run"], 1),
    /INVALID_PARTITIONS/,
  );
  assert.match(await moldau.fails(["topic", "alter", name], 2), /nothing to alter/);
  const gone = uniqueName("gone");
  await moldau.fails(["topic", "alter", gone, "-p", "2"], 3);
  assert.equal(
    (await moldau.lines(["topic", "alter", gone, "-p", "2", "--if-exists"]))[0]?.["result"],
    "unchanged",
  );
});

test("topic empty: deletes records and keeps offsets", async () => {
  const name = await moldau.topic(2, ["a", "b", "c"]);
  const [plan] = await moldau.lines(["topic", "empty", name, "--dry-run"]);
  assert.deepEqual(differencesIn(plan), ["records 3>0"]);
  assert.match(
    await moldau.fails(["topic", "empty", name], 2),
    /asks first: Delete 3 records.*\n.*--yes/,
  );
  assert.equal(
    (await moldau.lines(["topic", "empty", name, "--partition", "1", "--yes"]))[0]?.["result"],
    "unchanged",
  );
  assert.equal((await moldau.lines(["topic", "empty", name, "--yes"]))[0]?.["result"], "done");
  assert.equal(await moldau.ok(["consume", name, "-e"]), "");
  await moldau.ok(["produce", name, "-p", "0", "d"]);
  assert.equal((await moldau.lines(["consume", name, "-e"]))[0]?.["offset"], 3);
});

test("topic delete: asks, takes patterns, tells what is not there", async () => {
  const name = await moldau.topic(1, ["a"]);
  assert.match(
    await moldau.fails(["topic", "delete", name], 2),
    new RegExp(`Delete 1 topic with all records: ${name}`),
  );
  const [plan] = await moldau.lines(["topic", "delete", "-r", `${name}.*`, "--dry-run"]);
  assert.deepEqual(differencesIn(plan), ["partitions 1>null", "records 1>null"]);
  assert.equal((await moldau.lines(["topic", "delete", name, "-y"]))[0]?.["result"], "done");
  await moldau.fails(["topic", "delete", name, "-y"], 3);
  assert.equal(
    (await moldau.lines(["topic", "delete", name, "-y", "--if-exists"]))[0]?.["result"],
    "unchanged",
  );
  await moldau.fails(["topic", "delete", "-r", `${name}.*`, "-y"], 3);
});
