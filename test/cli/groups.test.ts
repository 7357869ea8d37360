import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import { configureShareGroup } from "../client/share-group.ts";
import { skipOnMoldau, uniqueName } from "../client/target.ts";
import { scratchFolder } from "./moldau.ts";
import { differencesIn, Session, until } from "./session.ts";

const scratch = scratchFolder();
let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(async () => {
  await moldau.close();
  scratch.remove();
});

/** The partitions of a description. */
function partitionsIn(
  group: Record<string, unknown> | undefined,
): readonly { readonly committed: number }[] {
  const partitions = group?.["partitions"];
  return Array.isArray(partitions) ? partitions : [];
}

const THREE = ["1", "2", "3"];

test("a group goes on where it stopped, and its lag is told", async () => {
  const topic = await moldau.topic(1, THREE);
  const group = uniqueName("workers");
  const read = (...args: string[]): Promise<string> =>
    moldau.ok(["consume", topic, "-g", group, "-o", "raw", ...args]);
  assert.equal(await read("-n", "2"), "1\n2\n");
  const [listed] = await moldau.lines(["group", "list", group]);
  const { type, ...row } = listed ?? {};
  assert.ok(type === "Classic" || type === "Consumer");
  assert.deepEqual(row, { group, state: "Empty", protocolType: "consumer", members: 0, lag: 1 });
  assert.equal(await read("-e"), "3\n");
  assert.equal(await read("-e"), "");
  await moldau.fails(["consume", topic, "-g", group, "--from", "-5"], 2);
  await moldau.fails(["consume", topic, "-g", group, "-p", "0"], 2);
});

test("group list: filters and formats", async () => {
  const topic = await moldau.topic(1, THREE);
  const group = await moldau.group(topic);
  assert.equal(
    await moldau.ok(["group", "list", group, "--state", "empty", "-o", "id"]),
    `${group}\n`,
  );
  assert.equal(
    await moldau.ok(["group", "list", group, "--state", "stable,preparing-rebalance", "-o", "id"]),
    "",
  );
  assert.match(await moldau.fails(["group", "list", "--state", "emty"], 2), /did you mean: Empty/);
  assert.match(
    await moldau.ok(["group", "list", group, "-o", "table"]),
    new RegExp(`^GROUP +TYPE +STATE\n${group} +\\w+ +Empty\n$`),
  );
  assert.match(await moldau.ok(["group", "list", group, "-o", "wide"]), /MEMBERS +LAG\n.* 0 +0\n$/);
  assert.match(
    await moldau.ok(["group", "list", group, "-o", "csv"]),
    /^group,type,state,protocolType,members,lag\r\n/,
  );
});

test("group describe: offsets, members, state", async () => {
  const topic = await moldau.topic(2, THREE);
  const group = uniqueName("described");
  await using kafka = await connect(moldau.target.bootstrap, { clientId: "reader" });
  const consumer = kafka.consume(topic, { group });
  await consumer.poll(10_000);
  await consumer.commit();
  const words = await moldau.ok(["group", "describe", group, "-o", "table"]);
  assert.match(
    words,
    new RegExp(`^${group} {2}Stable, 1 member, no lag {2}\\w+ group, .*coordinator `),
  );
  assert.match(words, new RegExp(`\n${topic} +0 +3 +3 +0 +reader +127\\.0\\.0\\.1\n`));
  const members = await moldau.ok(["group", "describe", group, "--members", "-o", "table"]);
  assert.match(
    members,
    new RegExp(
      `CLIENT +HOST +INSTANCE +PARTITIONS +READS\nreader +127\\.0\\.0\\.1 +- +2 +${topic}:0,1\n`,
    ),
  );
  const state = await moldau.ok(["group", "describe", group, "--state", "-o", "table"]);
  assert.match(state, /^GROUP +TYPE +STATE +ASSIGNOR +COORDINATOR +MEMBERS +LAG\n/);
  const [json] = await moldau.lines(["group", "describe", group, "-t", `${topic}:1`]);
  assert.equal(partitionsIn(json).length, 1);
  const csv = await moldau.ok(["group", "describe", group, "-o", "csv"]);
  assert.match(
    csv,
    new RegExp(
      `^group,topic,partition,committed,end,lag,clientId,host,memberId\r\n${group},${topic},0,3,3,0,reader,`,
    ),
  );
  assert.match(
    await moldau.fails(["group", "reset", group, "--to", "earliest", "-y"], 1),
    /MLD3013 .* is Stable with 1 member: reader .*\n.*stop its members/,
  );
  await moldau.fails(["group", "describe", uniqueName("nobody")], 3);
});

test("a share group tells its members and where it is, and is set as others are", async (t) => {
  if (skipOnMoldau(t, "share groups")) return;
  const topic = await moldau.topic(2, THREE);
  const group = uniqueName("shared");
  await using kafka = await connect(moldau.target.bootstrap, { clientId: "mailer" });
  await configureShareGroup(kafka, group);
  const members = [1, 2].map(() => kafka.share(topic, { group }));
  const seen: string[] = [];
  const working = members.map((member) =>
    member.forEach(({ value, partition }) => seen.push(`${partition} ${String(value)}`)),
  );
  let words = "";
  await until(async () => {
    words = await moldau.ok(["group", "describe", group, "-o", "table"]);
    return seen.length === 3 && new RegExp(`\n${topic} +0 +\\d +0 +[12] +mailer\n`).test(words);
  }, "the group has begun");
  assert.ok(words.startsWith(`${group}  Stable, 2 members, no lag  share group, simple,`), words);
  assert.match(words, /\nTOPIC +PARTITION +START +LAG +MEMBERS +CLIENTS\n/);
  assert.match(
    await moldau.ok(["group", "describe", group, "--members", "-o", "table"]),
    new RegExp(`\nmailer +127\\.0\\.0\\.1 +- +[12] +${topic}:`),
  );
  const [row] = await moldau.lines(["lag", group, "--by", "topic"]);
  assert.deepEqual([row?.["members"], row?.["lag"]], [2, 0]);
  await moldau.fails(["group", "reset", group, "--to", "earliest", "-y"], 1);
  await Promise.all(members.map((member) => member.close()));
  await Promise.all(working);
  await moldau.ok(["group", "seek", group, `${topic}:0=1`, "-y"]);
  const at = async (): Promise<unknown> => {
    const [json] = await moldau.lines(["group", "describe", group, "-t", `${topic}:0`]);
    return partitionsIn(json)[0]?.committed;
  };
  await until(async () => (await at()) === 1, "it is set");
  await moldau.ok(["group", "reset", group, "--to", "earliest", "-y"]);
  await until(async () => (await at()) === 0, "it is reset");
  await moldau.fails(["group", "delete-offsets", group, `${topic}:0`, "-y"], 2);
  await moldau.ok(["group", "delete-offsets", group, topic, "-y"]);
  await until(async () => (await at()) === undefined, "the topic is forgotten");
  await moldau.ok(["group", "delete", group, "-y"]);
});

test("group reset: to every kind of place, and only where it is asked for", async () => {
  const topic = await moldau.topic(1);
  const lines = [1000, 2000, 3000, 4000].map((timestamp) =>
    JSON.stringify({ value: "v", timestamp }),
  );
  await moldau.ok(["produce", topic, "-f", "ndjson"], { input: lines.join("\n") });
  const group = await moldau.group(topic);
  const plan = async (...args: string[]): Promise<string[]> => {
    const [change] = await moldau.lines(["group", "reset", group, "--dry-run", ...args]);
    return differencesIn(change);
  };
  assert.deepEqual(await plan("--to", "earliest"), ["committed 4>0"]);
  assert.deepEqual(await plan("--to", "latest"), []);
  assert.deepEqual(await plan("--to", "current"), []);
  assert.deepEqual(await plan("--to", "1"), ["committed 4>1"]);
  assert.deepEqual(await plan("--to", "99"), []);
  assert.deepEqual(await plan("--to", "-3"), ["committed 4>1"]);
  assert.deepEqual(await plan("--to", "1970-01-01T00:00:03Z"), ["committed 4>2"]);
  assert.deepEqual(await plan("--to", "1h"), []);
  assert.deepEqual(await plan("--shift", "-2"), ["committed 4>2"]);
  assert.deepEqual(await plan("--shift", "-200"), ["committed 4>0"]);
  const table = await moldau.ok(["group", "reset", group, "--to", "1", "--dry-run", "-o", "table"]);
  assert.match(
    table,
    new RegExp(
      `^TOPIC +PARTITION +COMMITTED +NEW +CHANGE +END +LAG AFTER\n${topic} +0 +4 +1 +-3 +4 +3\nlag 0 → 3\n$`,
    ),
  );
  assert.match(
    await moldau.fails(["group", "reset", group, "--to", "1"], 2),
    /asks first: Move .* in 1 partition/,
  );
  const [done] = await moldau.lines(["group", "reset", group, "--to", "1", "-y"]);
  assert.deepEqual([done?.["result"], differencesIn(done)], ["done", ["committed 4>1"]]);
  assert.equal((await moldau.lines(["group", "list", group]))[0]?.["lag"], 3);
  await moldau.fails(["group", "reset", group], 2);
  await moldau.fails(["group", "reset", group, "--to", "1", "--shift", "1"], 2);
});

test("group reset: partitions, files there and back, groups that are not there yet", async () => {
  const topic = await moldau.topic(2, THREE);
  const group = await moldau.group(topic);
  const path = join(scratch.path, "offsets.csv");
  await moldau.ok([
    "group",
    "reset",
    group,
    "-t",
    `${topic}:0`,
    "--to",
    "2",
    "-y",
    "--to-file",
    path,
  ]);
  assert.equal(fs.readFileSync(path, "utf8"), `${topic},0,2\n`);
  fs.writeFileSync(path, `"${topic}",0,1\n`);
  await moldau.ok(["group", "reset", group, "--from-file", path, "-y"]);
  const [described] = await moldau.lines(["group", "describe", group]);
  const [first] = partitionsIn(described);
  assert.equal(first?.committed, 1);
  fs.writeFileSync(path, "nonsense\n");
  await moldau.fails(["group", "reset", group, "--from-file", path, "-y"], 2);
  const fresh = uniqueName("fresh");
  await moldau.fails(["group", "reset", fresh, "--to", "earliest", "-y"], 1);
  const made = await moldau.lines(["group", "reset", fresh, "--to", "latest", "-t", topic, "-y"]);
  assert.deepEqual(made.map(differencesIn), [["committed null>3"], ["committed null>0"]]);
});

test("group seek: each partition to its own place", async () => {
  const topic = await moldau.topic(2, THREE);
  const group = await moldau.group(topic);
  await moldau.ok(["group", "seek", group, `${topic}:0=1`, `${topic}:1=latest`, "-y"]);
  const [row] = await moldau.lines(["group", "list", group]);
  assert.equal(row?.["lag"], 2);
  await moldau.fails(["group", "seek", group, topic, "-y"], 2);
  await moldau.fails(["group", "seek", group, `${topic}:9=1`, "-y"], 2);
});

test("group delete and delete-offsets", async () => {
  const topic = await moldau.topic(2, THREE);
  await moldau.ok(["produce", topic, "-p", "1", "x"]);
  const group = await moldau.group(topic);
  const [forgotten] = await moldau.lines(["group", "delete-offsets", group, `${topic}:0`, "-y"]);
  assert.deepEqual(differencesIn(forgotten), ["committed 3>null"]);
  const [described] = await moldau.lines(["group", "describe", group]);
  assert.equal(partitionsIn(described).length, 1);
  const [plan] = await moldau.lines(["group", "delete", group, "--dry-run"]);
  assert.deepEqual(differencesIn(plan), ["state Empty>null", "members 0>null"]);
  await moldau.fails(["group", "delete", group], 2);
  assert.equal(
    (await moldau.lines(["group", "delete", "-r", `${group}`, "-y"]))[0]?.["result"],
    "done",
  );
  await moldau.fails(["group", "delete", group, "-y"], 3);
  assert.equal(
    (await moldau.lines(["group", "delete", group, "-y", "--if-exists"]))[0]?.["result"],
    "unchanged",
  );
});

test("lag: by group, topic and partition; once in a pipe, again and again where it is watched", async () => {
  const topic = await moldau.topic(2, THREE);
  const group = await moldau.group(topic);
  await moldau.ok(["produce", topic, "-p", "0", "4", "5"]);
  const lag = async (by: string): Promise<unknown[]> =>
    (await moldau.lines(["lag", group, "--by", by])).map(({ lag: of }) => of);
  assert.deepEqual(await lag("group"), [2]);
  assert.deepEqual(await lag("topic"), [2]);
  const [row] = await moldau.lines(["lag", group, "--by", "partition", "--behind"]);
  const { at: _at, ...rest } = row ?? {};
  assert.deepEqual(rest, {
    group,
    state: "Empty",
    topic,
    partition: 0,
    members: 0,
    committed: 3,
    end: 5,
    lag: 2,
    rate: null,
  });
  assert.match(
    await moldau.ok(["lag", group, "--once", "-o", "table"]),
    new RegExp(
      `^GROUP +STATE +TOPIC +MEMBERS +LAG +PER SECOND\n${group} +Empty +${topic} +0 +2 +-\n$`,
    ),
  );
  await moldau.fails(["lag", uniqueName("nobody")], 3);
});

test("a member that was stopped leaves its group", async () => {
  const topic = await moldau.topic(1, THREE);
  const group = uniqueName("stopped");
  const consuming = moldau.run(["consume", topic, "-g", group, "-o", "raw"]);
  const isStable = async (): Promise<boolean> =>
    (await moldau.lines(["group", "list", group]))[0]?.["lag"] === 0;
  await until(isStable, "the group has read all");
  process.emit("SIGINT");
  const { code, stdout } = await consuming;
  assert.deepEqual([code, stdout], [0, "1\n2\n3\n"]);
  const [row] = await moldau.lines(["group", "list", group]);
  assert.equal(row?.["state"], "Empty");
});
