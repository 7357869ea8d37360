import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiCall } from "../../src/client/cluster/api-call.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { connect } from "../../src/index.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import { produceRequest, produceResponse } from "../../src/protocol/messages/produce.ts";
import { buildBatch } from "../../src/records/build.ts";
import { skipOnMoldau, uniqueName } from "../client/target.ts";
import { differencesIn, Session } from "./session.ts";

let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(() => moldau.close());

/** A topic with a record of a transaction that is open while `use` runs; how its commit ends then. */
async function whileOpen(
  use: (names: { readonly id: string; readonly topic: string }) => Promise<void>,
): Promise<string> {
  const topic = await moldau.topic(1);
  const id = uniqueName("txn");
  const kafka = await connect(moldau.target.bootstrap);
  try {
    const transaction = await kafka.transactionalProducer(id).begin();
    await transaction.send(topic, { value: "not yet" });
    await use({ id, topic });
    return await transaction.commit().then(
      () => "COMMITTED",
      (thrown: unknown) => codeOf(thrown),
    );
  } finally {
    await kafka.close().catch(() => undefined);
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}

test("produce --transactional-id: all records or none", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const topic = await moldau.topic(2);
  const id = uniqueName("import");
  const args = ["produce", topic, "--transactional-id", id];
  assert.equal(await moldau.ok(args, { input: "1\n2\n3\n" }), "");
  const sent = await moldau.lines([...args, "-p", "1"], { input: "4\n" });
  assert.deepEqual([sent[0]?.["partition"], sent.length], [1, 1]);
  const consume = ["consume", topic, "-e", "-o", "raw"];
  const lines = (text: string): string[] => text.trim().split("\n").sort();
  assert.deepEqual(lines(await moldau.ok(consume)), ["1", "2", "3", "4"]);

  const input = '{"value":"5"}\n{"value":"6"\n';
  const stderr = await moldau.fails([...args, "-f", "ndjson"], 2, { input });
  assert.match(stderr, /line 2: .*; nothing was sent, for the transaction was aborted/);
  assert.deepEqual(lines(await moldau.ok(consume)), ["1", "2", "3", "4"]);
  const [described] = await moldau.lines(["txn", "describe", id]);
  assert.match(String(described?.["state"]), /^(?:Empty|PrepareAbort|CompleteAbort)$/);

  assert.match(await moldau.fails([...args, "-a", "1"], 2, { input: "7" }), /needs --acks all/);
  await moldau.ok([...args, "--dry-run"], { input: "7\n" });
  assert.deepEqual(lines(await moldau.ok(consume)), ["1", "2", "3", "4"]);
});

test("an open transaction is seen, and aborted by its id", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const end = await whileOpen(async ({ id, topic }) => {
    const [listed] = await moldau.lines(["txn", "list", id, "--state", "Ongoing"]);
    assert.equal(listed?.["transactionalId"], id);
    assert.equal(await moldau.ok(["txn", "list", id, "--state", "Empty"]), "");
    const [described] = await moldau.lines(["txn", "describe", id]);
    assert.deepEqual(
      [described?.["state"], described?.["partitions"]],
      ["Ongoing", [{ topic, partition: 0 }]],
    );
    const table = await moldau.ok(["txn", "describe", id, "-o", "table"]);
    assert.match(table, new RegExp(`Ongoing[^]*${topic}`));
    const [producer] = await moldau.lines(["txn", "producers", `${topic}:0`]);
    assert.equal(producer?.["transactionStartOffset"], 0);
    assert.equal(producer?.["producerId"], described?.["producerId"]);

    // What is not committed is not read; and a wait for the end ends before it.
    assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "");
    const uncommitted = ["consume", topic, "-e", "-o", "raw", "--uncommitted"];
    assert.equal(await moldau.ok(uncommitted), "not yet\n");
    const byProperty = ["consume", topic, "-e", "-o", "raw", "-X"];
    assert.equal(await moldau.ok([...byProperty, "isolation.level=read_uncommitted"]), "not yet\n");
    // Its coordinator knows of it: it does not hang.
    assert.deepEqual(await moldau.lines(["txn", "hanging", topic, "--older-than", "0s"]), []);

    const [planned] = await moldau.lines(["txn", "abort", id, "--dry-run"]);
    assert.equal(planned?.["result"], "planned");
    assert.ok(differencesIn(planned).includes("state Ongoing>CompleteAbort"));
    assert.equal((await moldau.lines(["txn", "describe", id]))[0]?.["state"], "Ongoing");
    await moldau.fails(["txn", "abort", id], 2);
    const [done] = await moldau.lines(["txn", "abort", id, "--yes"]);
    assert.equal(done?.["result"], "done");
    assert.match(
      String((await moldau.lines(["txn", "describe", id]))[0]?.["state"]),
      /^(?:PrepareAbort|CompleteAbort|Empty)$/,
    );
  });
  assert.match(end, /FENCED|INVALID_PRODUCER_EPOCH|INVALID_TXN_STATE/);
});

test("an open transaction is aborted in one partition, by where it began", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  await whileOpen(async ({ topic }) => {
    const place = `${topic}:0@0`;
    assert.match(
      await moldau.fails(["txn", "abort", `${topic}:0@7`, "--yes"], 3),
      /MLD3012 no transaction begins at/,
    );
    const [done] = await moldau.lines(["txn", "abort", place, "--yes"]);
    assert.equal(done?.["result"], "done");
    const [producer] = await moldau.lines(["txn", "producers", `${topic}:0`]);
    assert.equal(producer?.["transactionStartOffset"], null);
    assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "");
  });
});

test("kafka-transactions tells the same", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const { bootstrap } = moldau.target;
  const kafka = (...args: string[]): Promise<string> =>
    moldau.ok(["kafka-transactions", "--bootstrap-server", bootstrap, ...args]);
  await whileOpen(async ({ id, topic }) => {
    assert.match(await kafka("list"), new RegExp(`^${id} *\\t\\d+ *\\t\\d+ *\\tOngoing`, "m"));
    const described = await kafka("describe", "--transactional-id", id);
    assert.match(described, new RegExp(`Ongoing.*${topic}-0`));
    const producers = await kafka("describe-producers", "--topic", topic, "--partition", "0");
    assert.match(producers, /^ProducerId *\tProducerEpoch/);
    await kafka("abort", "--topic", topic, "--partition", "0", "--start-offset", "0");
    await kafka("forceTerminateTransaction", "--transactional-id", id);
  });
});

test("a transaction that nobody will end is found, and ended", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const setting = "transaction.partition.verification.enable";
  await moldau.ok(["config", "set", "broker", "1", `${setting}=false`, "--yes"]);
  try {
    const topic = await moldau.topic(1, ["before"]);
    await writeUnseen(topic);
    await moldau.ok(["produce", topic, "behind"]);
    const raw = ["consume", topic, "-e", "-o", "raw"];
    assert.equal(await moldau.ok(raw), "before\n");

    assert.deepEqual(await moldau.lines(["txn", "hanging", topic]), []);
    const hanging = ["txn", "hanging", topic, "--older-than", "0s"];
    const [row] = await moldau.lines(hanging);
    assert.deepEqual([row?.["topic"], row?.["partition"], row?.["startOffset"]], [topic, 0, 1]);
    assert.match(String(row?.["reason"]), /its coordinator does not count this partition/);
    const place = (await moldau.ok([...hanging, "-o", "id"])).trim();
    assert.equal(place, `${topic}:0@1`);
    assert.match(
      await moldau.ok([...hanging, "-o", "table"]),
      /^PLACE +PRODUCER +EPOCH +TRANSACTIONAL ID +FOR +WHY\n/,
    );
    const [planned] = await moldau.lines(["txn", "abort", place, "--dry-run"]);
    assert.equal(planned?.["result"], "planned");
    assert.equal(await moldau.ok(raw), "before\n");
    await moldau.ok(["txn", "abort", place, "--yes"]);
    assert.equal(await moldau.ok(raw), "before\nbehind\n");
    assert.deepEqual(await moldau.lines(hanging), []);
  } finally {
    await moldau.ok(["config", "unset", "broker", "1", setting, "--yes"]);
  }
});

/** Writes a record of a transaction that its coordinator has never heard of, as clients did before KIP-890. */
async function writeUnseen(topic: string): Promise<void> {
  const id = uniqueName("unseen");
  await moldau.ok(["produce", await moldau.topic(1), "--transactional-id", id, "x"]);
  const [known] = await moldau.lines(["txn", "describe", id]);
  const records = buildBatch([{ timestamp: Date.now(), key: null, value: Buffer.from("unseen") }], {
    producerId: Number(known?.["producerId"]),
    producerEpoch: Number(known?.["producerEpoch"]),
    baseSequence: 0,
    isTransactional: true,
  });
  const call = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 11);
  const cluster = await Cluster.connect({
    platform: nodePlatform,
    bootstrap: [moldau.target.bootstrap],
  });
  try {
    const deadline = cluster.deadline();
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
    const body = { transactionalId: id, acks: -1, timeoutMs: 5_000, topicData };
    const { responses } = await cluster.ask(call, body, deadline);
    assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0);
  } finally {
    cluster.close();
  }
}
