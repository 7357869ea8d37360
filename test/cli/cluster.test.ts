import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { onKafka } from "../client/target.ts";
import { Session } from "./session.ts";

let moldau: Session;
let topic: string;
before(async () => {
  moldau = await Session.open();
  topic = await moldau.topic(2, ["a", "b"]);
});
after(() => moldau.close());

/** The only object that a command prints as JSON. */
async function object(args: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await moldau.ok([...args, "-o", "json"])) as Record<string, unknown>;
}

test("cluster describe: the whole at a look", async () => {
  const cluster = await object(["cluster", "describe"]);
  assert.match(String(cluster["clusterId"]), /^\S{22}$/);
  assert.equal(cluster["version"], "4.4-IV2");
  assert.ok(Number(cluster["topics"]) >= 1 && Number(cluster["partitions"]) >= 2);
  assert.equal((cluster["brokers"] as { id: number }[])[0]?.id, 1);
  const words = await moldau.ok(["cluster", "describe", "-o", "table"]);
  assert.match(
    words,
    /^cluster \S{22} {2}\d+ topics?, \d+ partitions, .*metadata of Kafka 4\.4-IV2\n/,
  );
  assert.match(words, /BROKER +ADDRESS +RACK +CONTROLLER\n +1 +127\.0\.0\.1:\d+ +- +active\n/);
});

test("cluster health: every check, and what a script reads of it", async () => {
  const items = await moldau.lines(["cluster", "health"]);
  assert.deepEqual(
    items.map(({ check, status }) => `${String(check)} ${String(status)}`),
    ["brokers ok", "leaders ok", "replicas ok", "directories ok", "quorum ok"],
  );
  assert.match(
    await moldau.ok(["cluster", "health", "--wait", "1s", "-o", "table"]),
    /✓ leaders +\d+ partitions, each with a leader\n[^]*The cluster is well\.\n$/,
  );
});

test("cluster features and api-versions", async () => {
  const features = await moldau.lines(["cluster", "features"]);
  const metadata = features.find(({ feature }) => feature === "metadata.version");
  assert.deepEqual([metadata?.["level"], metadata?.["minSupported"]], [33, 7]);
  assert.match(
    await moldau.ok(["cluster", "features", "-o", "table"]),
    /metadata\.version +33 +7 to 33 +4\.4-IV2\n/,
  );
  const apis = await moldau.lines(["cluster", "api-versions", "--broker", "1"]);
  const metadataApi = apis.find(({ api }) => api === "Metadata");
  assert.deepEqual(metadataApi, {
    brokerId: 1,
    apiKey: 3,
    api: "Metadata",
    min: 0,
    max: 13,
    used: 13,
  });
});

test("broker list and describe", async () => {
  const [broker] = await moldau.lines(["broker", "list"]);
  assert.deepEqual([broker?.["id"], broker?.["controller"], broker?.["fenced"]], [1, true, false]);
  assert.ok(Number(broker?.["leaders"]) >= 2);
  const described = await object(["broker", "describe", "1"]);
  assert.ok((described["directories"] as unknown[]).length >= 1);
  assert.match(
    await moldau.ok(["broker", "describe", "1", "-o", "table"]),
    /^broker 1 {2}127\.0\.0\.1:\d+ {2}leads \d+ partitions/,
  );
  assert.match(await moldau.fails(["broker", "describe", "9"], 3), /there is no broker 9/);
  await moldau.fails(["broker", "describe", "one"], 2);
});

test("quorum describe and replication", async () => {
  const quorum = await object(["quorum", "describe"]);
  assert.deepEqual([quorum["leaderId"], quorum["maxFollowerLag"]], [1, 0]);
  const [replica] = await moldau.lines(["quorum", "replication"]);
  assert.deepEqual([replica?.["id"], replica?.["role"], replica?.["lag"]], [1, "leader", 0]);
  assert.match(
    await moldau.ok(["quorum", "describe", "-o", "table"]),
    /^controller 1 leads {2}epoch \d+, high watermark \d+, 1 voter, 0 observers/,
  );
});

test("log-dirs by directory, topic and replica", async () => {
  const [directory] = await moldau.lines(["log-dirs"]);
  assert.equal(directory?.["brokerId"], 1);
  assert.ok(Number(directory?.["replicas"]) >= 2 && Number(directory?.["totalBytes"]) > 0);
  const [byTopic] = await moldau.lines(["log-dirs", topic]);
  assert.deepEqual([byTopic?.["topic"], byTopic?.["replicas"]], [topic, 2]);
  const replicas = await moldau.lines(["log-dirs", topic, "--by", "replica", "--broker", "1"]);
  assert.deepEqual(
    replicas.map(({ partition }) => partition),
    [0, 1],
  );
});

test("transactions, users and quotas, where the cluster has them", async (t) => {
  if (!onKafka) {
    // What is not served is told by name.
    assert.match(await moldau.fails(["acl", "list"], 1), /MLD3004|MLD3017/);
    t.diagnostic("the rest runs against Apache Kafka");
    return;
  }
  const user = topic.replace("cli", "user");
  const password = { input: "secret\n" };
  const set = ["user", "set", user, "--new-password-file"];
  await moldau.fails(["user", "set", user], 2);
  const path = "/dev/null";
  await moldau.fails([...set, path], 2);
  const [plan] = await moldau.lines(["user", "set", user, "--dry-run"], password);
  assert.deepEqual([plan?.["action"], plan?.["result"]], ["create", "planned"]);
  await moldau.fails(["user", "list", user], 3);
  const quota = [
    "quota",
    "set",
    `user=${user}`,
    "client=app",
    "producer_byte_rate=1MiB",
    "request_percentage=50",
  ];
  assert.equal((await moldau.lines(quota))[0]?.["result"], "done");
  assert.equal((await moldau.lines(quota))[0]?.["result"], "unchanged");
  const [listed] = await moldau.lines(["quota", "list", `user=${user}`]);
  assert.deepEqual(listed, {
    entity: { user, "client-id": "app" },
    quotas: { producer_byte_rate: 1_048_576, request_percentage: 50 },
  });
  assert.match(
    await moldau.ok(["quota", "list", `user=${user}`, "-o", "table"]),
    /1\.0 MiB\/s +50 %\n$/,
  );
  assert.equal(
    (await moldau.lines(["quota", "unset", `user=${user}`, "client=app"]))[0]?.["result"],
    "done",
  );
  assert.match(
    await moldau.fails(["quota", "set", `user=${user}`, "producer_byte_rat=1"], 2),
    /did you mean: producer_byte_rate/,
  );
  await moldau.fails(["quota", "set", "producer_byte_rate=1"], 2);
  assert.match(await moldau.fails(["acl", "list"], 1), /MLD3017 .*No Authorizer/);
  assert.match(await moldau.fails(["txn", "describe", user], 3), /there is no txn/);
  await moldau.ok(["txn", "list", "-o", "table"]);
  const producers = await moldau.lines(["txn", "producers", `${topic}:0`]);
  assert.equal(producers[0]?.["transactionStartOffset"], null);
  await moldau.ok(["txn", "hanging", topic]);
  await moldau.fails(["txn", "abort", `${topic}:0@5`, "-y"], 3);
});
