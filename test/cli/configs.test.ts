import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { uniqueName } from "../client/target.ts";
import { differencesIn, Session } from "./session.ts";

let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(() => moldau.close());

test("config describe: value, source, default and what it is about", async () => {
  const topic = await moldau.topic();
  await moldau.ok(["config", "set", "topic", topic, "cleanup.policy=compact"]);
  const [row] = await moldau.lines(["config", "describe", "topic", topic, "cleanup.policy"]);
  const { synonyms, documentation, ...rest } = row ?? {};
  assert.deepEqual(rest, {
    type: "topic",
    name: topic,
    setting: "cleanup.policy",
    value: "compact",
    source: "topic",
    default: "delete",
    kind: "list",
    readOnly: false,
    sensitive: false,
  });
  assert.deepEqual((synonyms as unknown[])[0], {
    setting: "cleanup.policy",
    value: "compact",
    source: "topic",
  });
  assert.ok(String(documentation).length > 20);
  const table = await moldau.ok([
    "config",
    "describe",
    "topics",
    topic,
    "cleanup.*",
    "-o",
    "table",
  ]);
  assert.match(
    table,
    /^SETTING +VALUE +SET BY +DEFAULT\ncleanup\.policy +compact +topic +delete\n$/,
  );
  const doc = await moldau.ok([
    "config",
    "describe",
    "topic",
    topic,
    "cleanup.policy",
    "--doc",
    "-o",
    "table",
  ]);
  assert.match(doc, /^cleanup\.policy = compact {2}list, set by topic, default delete\n {4}\S/);
  const set = await moldau.ok(["config", "describe", "topic", topic, "--set", "-o", "id"]);
  assert.match(set, /^cleanup\.policy\n/);
  assert.doesNotMatch(set, /retention\.ms/);
  assert.match(
    await moldau.fails(["config", "describe", "topic", topic, "retentoin.ms"], 3),
    /did you mean: retention\.ms/,
  );
  await moldau.fails(["config", "describe", "topic", uniqueName("none")], 3);
  assert.match(await moldau.fails(["config", "describe", "topc", topic], 2), /did you mean: topic/);
});

test("config set and unset: a plan first, lists added to and taken from", async () => {
  const topic = await moldau.topic();
  const set = (...args: string[]) => moldau.lines(["config", "set", "topic", topic, ...args]);
  const [plan] = await set("retention.ms=60000", "cleanup.policy+=compact", "--dry-run");
  assert.deepEqual(differencesIn(plan), [
    "retention.ms 604800000>60000",
    "cleanup.policy delete>delete,compact",
  ]);
  const value = async (name: string): Promise<unknown> =>
    (await moldau.lines(["config", "describe", "topic", topic, name]))[0]?.["value"];
  assert.equal(await value("retention.ms"), "604800000");
  assert.equal((await set("retention.ms=60000", "cleanup.policy+=compact"))[0]?.["result"], "done");
  assert.equal(await value("cleanup.policy"), "delete,compact");
  assert.equal((await set("retention.ms=60000"))[0]?.["result"], "unchanged");
  await set("cleanup.policy-=delete");
  assert.equal(await value("cleanup.policy"), "compact");
  const [back] = await moldau.lines([
    "config",
    "unset",
    "topic",
    topic,
    "cleanup.policy",
    "retention.ms",
  ]);
  assert.deepEqual(differencesIn(back), [
    "cleanup.policy compact>delete",
    "retention.ms 60000>(default)",
  ]);
  assert.equal(
    (await moldau.lines(["config", "unset", "topic", topic, "retention.ms"]))[0]?.["result"],
    "unchanged",
  );
  assert.match(
    await moldau.fails(["config", "set", "topic", topic, "retentoin.ms=5"], 1),
    /did you mean: retention\.ms/,
  );
  assert.match(
    await moldau.fails(["config", "set", "topic", topic, "retention.ms=soon", "--dry-run"], 1),
    /INVALID_CONFIG/,
  );
  await moldau.fails(["config", "set", "topic", topic, "retention.ms"], 2);
});

test("settings of brokers, groups and client metrics", async () => {
  const group = uniqueName("configured");
  const [done] = await moldau.lines([
    "config",
    "set",
    "group",
    group,
    "consumer.session.timeout.ms=50000",
  ]);
  assert.deepEqual([done?.["kind"], done?.["result"]], ["group config", "done"]);
  const [row] = await moldau.lines([
    "config",
    "describe",
    "group",
    group,
    "consumer.session.timeout.ms",
  ]);
  assert.deepEqual([row?.["value"], row?.["source"]], ["50000", "group"]);
  const metrics = uniqueName("metrics");
  await moldau.ok(["config", "set", "client-metrics", metrics, "interval.ms=10000"]);
  const listed = await moldau.lines(["config", "describe", "client-metrics"]);
  assert.ok(
    listed.some(
      ({ name, setting, value }) =>
        name === metrics && setting === "interval.ms" && value === "10000",
    ),
  );
  await moldau.ok(["config", "unset", "client-metrics", metrics, "interval.ms"]);
  const broker = await moldau.lines(["broker", "configs", "1", "log\\.retention\\.hours"]);
  assert.deepEqual([broker[0]?.["setting"], broker[0]?.["value"]], ["log.retention.hours", "168"]);
  const [all] = await moldau.lines([
    "config",
    "set",
    "broker",
    "default",
    "log.cleaner.threads=2",
    "--dry-run",
  ]);
  assert.deepEqual([all?.["name"], all?.["result"]], ["default", "planned"]);
  assert.match(
    await moldau.fails(["config", "describe", "broker", "first"], 2),
    /a broker has a number/,
  );
});
