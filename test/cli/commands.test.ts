import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  jsonLines,
  moldau,
  moldauHere,
  scratchFolder,
  startBroker,
  type BrokerProcess,
  type CommandOptions,
  type CommandOutcome,
} from "./moldau.ts";

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

/** A command that asks the broker of these tests. */
function ask(args: readonly string[], options: CommandOptions = {}): Promise<CommandOutcome> {
  return moldauHere(args, { ...options, env: { MOLDAU_BOOTSTRAP: broker.ready.bootstrap } });
}

test("topics are created, listed, described and deleted", async () => {
  const created = await ask(["topic", "create", "alpha", "-p", "3", "-c", "retention.ms=60000"]);
  assert.equal(created.code, 0, created.stderr);
  const [line] = jsonLines(created.stdout);
  assert.deepEqual(
    [line?.["name"], line?.["action"], line?.["result"]],
    ["alpha", "create", "done"],
  );

  const table = await ask(["topic", "list", "-o", "table"]);
  assert.match(
    table.stdout,
    /^TOPIC +PARTITIONS +REPLICAS +SIZE +HEALTH\n(.*\n)*alpha +3 +1 +0 B +ok\n/,
  );
  assert.equal((await ask(["topic", "list", "-o", "id"])).stdout, "alpha\n");
  assert.match(
    (await ask(["topic", "list", "-o", "csv"])).stdout,
    /^topic,partitions,.*\r\nalpha,3,/,
  );

  const described = await ask(["topic", "describe", "alpha", "-o", "json"]);
  const [topic] = JSON.parse(described.stdout) as [
    { partitions: { endOffset: number }[]; configs: Record<string, { value: string }> },
  ];
  assert.equal(topic.partitions.length, 3);
  assert.equal(topic.configs["retention.ms"]?.value, "60000");
  const words = await ask(["topic", "describe", "alpha", "-o", "table"]);
  assert.match(words.stdout, /^alpha {2}3 partitions, 1 replica/);
  assert.match(words.stdout, /retention\.ms +60000 +topic/);

  const deleted = await ask(["topic", "delete", "alpha", "--yes"]);
  assert.equal(jsonLines(deleted.stdout)[0]?.["result"], "done");
  const empty = await ask(["topic", "list", "-o", "table"]);
  assert.equal(empty.stdout, "");
  assert.match(empty.stderr, /no topics yet/);
});

test("a pipe of processes copies a topic", async () => {
  const env = { MOLDAU_BOOTSTRAP: broker.ready.bootstrap };
  await moldau(["topic", "create", "source", "sink"], { env });
  const produced = await moldau(["produce", "source"], { env, input: "one\ntwo\n" });
  assert.deepEqual([produced.code, produced.stdout, produced.stderr], [0, "", ""]);
  const consumed = await moldau(["consume", "source", "-e"], { env });
  const args = ["produce", "sink", "-f", "ndjson"];
  assert.equal((await moldau(args, { env, input: consumed.stdout })).code, 0);
  const copied = await moldau(["consume", "sink", "-e", "-o", "raw"], { env });
  assert.equal(copied.stdout, "one\ntwo\n");
  await moldau(["topic", "delete", "source", "sink", "--yes"], { env });
});

test("exit codes tell what went wrong", async () => {
  await ask(["topic", "create", "codes"]);
  const again = await ask(["topic", "create", "codes"]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /TOPIC_ALREADY_EXISTS/);
  assert.equal((await ask(["topic", "create", "codes", "--if-not-exists"])).code, 0);
  assert.equal((await ask(["topic", "create", "codes", "codes2"])).code, 5);
  assert.equal((await ask(["topic", "describe", "nothing"])).code, 3);
  assert.equal((await ask(["group", "describe", "nobody"])).code, 3);
  assert.equal((await ask(["consume", "nothing"])).code, 3);
  assert.equal((await ask(["topic", "create"])).code, 2);
  assert.equal((await ask(["topic", "create", "x", "-p", "many"])).code, 2);
  assert.equal((await ask(["topic", "lits"])).code, 2);
  assert.equal((await ask(["topic", "list", "-o", "picture"])).code, 2);
  const nobody = await moldau(["topic", "list", "-b", "127.0.0.1:1"]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /MLD3001 no broker answers: nobody listens at 127\.0\.0\.1:1/);
  assert.equal((await ask(["topic", "delete", "codes"])).code, 2);
});

test("a dry run changes nothing", async () => {
  const create = await ask(["topic", "create", "dry", "-p", "2", "--dry-run"]);
  assert.equal(jsonLines(create.stdout)[0]?.["result"], "planned");
  assert.equal((await ask(["topic", "describe", "dry"])).code, 3);
  await ask(["topic", "create", "dry"]);
  const remove = await ask(["topic", "delete", "dry", "--dry-run"]);
  assert.equal(jsonLines(remove.stdout)[0]?.["result"], "planned");
  assert.equal((await ask(["topic", "describe", "dry"])).code, 0);
});

test("lines go in and come out, with keys, headers and every codec", async () => {
  await ask(["topic", "create", "lines"]);
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    const args = ["produce", "lines", "-K", "\\t", "-H", `codec=${codec}`, "-z", codec];
    const produced = await ask(args, { input: `k1\t${codec} one\nk2\t${codec} two` });
    assert.equal(produced.code, 0, produced.stderr);
    assert.equal(produced.stdout, "");
  }
  const raw = await ask(["consume", "lines", "-e", "-o", "raw"]);
  assert.equal(raw.stdout.split("\n").length, 11);
  assert.match(raw.stdout, /^none one\nnone two\ngzip one\n/);
  const records = jsonLines((await ask(["consume", "lines", "--from", "-2", "-e"])).stdout);
  assert.deepEqual(
    records.map(({ offset, key, value, headers }) => ({ offset, key, value, headers })),
    [
      { offset: 8, key: "k1", value: "zstd one", headers: [{ key: "codec", value: "zstd" }] },
      { offset: 9, key: "k2", value: "zstd two", headers: [{ key: "codec", value: "zstd" }] },
    ],
  );
  const template = ["consume", "lines", "-n", "2", "--from", "4", "-t", "%p/%o %k=%v\\n"];
  assert.equal((await ask(template)).stdout, "0/4 k1=snappy one\n0/5 k2=snappy two\n");
});

test("what consume prints as ndjson, produce takes: bytes, nulls, times and headers survive", async () => {
  await ask(["topic", "create", "from", "to"]);
  const input = [
    { key: "k", value: null, timestamp: 1_700_000_000_000 },
    { keyBase64: "/wA=", value: "ä\n\u0000", headers: [{ key: "h", valueBase64: "/w==" }] },
    { value: "", headers: [{ key: "n", value: null }] },
  ];
  const text = input.map((record) => JSON.stringify(record)).join("\n");
  assert.equal((await ask(["produce", "from", "-f", "ndjson"], { input: text })).code, 0);
  const first = await ask(["consume", "from", "-e", "-o", "ndjson"]);
  await ask(["produce", "to", "-f", "ndjson"], { input: first.stdout });
  const second = await ask(["consume", "to", "-e", "-o", "ndjson"]);
  const without = (lines: string) =>
    jsonLines(lines).map(({ topic: _topic, partition: _partition, ...rest }) => rest);
  assert.deepEqual(without(second.stdout), without(first.stdout));
  assert.deepEqual(without(first.stdout)[0], {
    offset: 0,
    timestamp: 1_700_000_000_000,
    key: "k",
    value: null,
    headers: [],
  });
  assert.equal(without(first.stdout)[1]?.["keyBase64"], "/wA=");
  const wrong = await ask(["produce", "to", "-f", "ndjson"], { input: "{}\n{oops" });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /line 2: /);
});

test("a group goes on where it stopped, and its lag is told", async () => {
  await ask(["topic", "create", "work", "-p", "2"]);
  await ask(["produce", "work"], { input: "1\n2\n3\n" });
  const first = await ask(["consume", "work", "-g", "workers", "-e", "-o", "raw"]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout.split("\n").length, 4);
  await ask(["produce", "work"], { input: "4\n5\n" });
  const [listed] = jsonLines((await ask(["group", "list"])).stdout);
  assert.deepEqual(
    [listed?.["group"], listed?.["state"], listed?.["lag"]],
    ["workers", "Empty", 2],
  );
  const words = await ask(["group", "describe", "workers", "-o", "table"]);
  assert.match(words.stdout, /^workers {2}Empty, 0 members, lag 2/);
  const second = await ask(["consume", "work", "-g", "workers", "-e", "-o", "raw"]);
  assert.deepEqual(second.stdout.trim().split("\n").sort(), ["4", "5"]);
  const third = await ask(["consume", "work", "-g", "workers", "-e", "-o", "raw"]);
  assert.equal(third.stdout, "");
});

test("a time, an offset or a count of the last records says where to begin", async () => {
  await ask(["topic", "create", "times"]);
  const input = [1000, 2000, 3000]
    .map((timestamp) => JSON.stringify({ value: `at ${timestamp}`, timestamp }))
    .join("\n");
  await ask(["produce", "times", "-f", "ndjson"], { input });
  const from = async (place: string) =>
    (await ask(["consume", "times", "-e", "-o", "raw", "--from", place])).stdout;
  assert.equal(await from("1970-01-01T00:00:02Z"), "at 2000\nat 3000\n");
  assert.equal(await from("2"), "at 3000\n");
  assert.equal(await from("-1"), "at 3000\n");
  assert.equal(await from("15m"), "");
  assert.equal((await ask(["consume", "times", "-e", "--from", "99"])).code, 1);
  assert.equal((await ask(["consume", "times", "--from", "soon"])).code, 2);
});
