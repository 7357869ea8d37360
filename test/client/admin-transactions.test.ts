import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiCall } from "../../src/client/cluster/api-call.ts";
import { throwOnError } from "../../src/client/errors.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from "../../src/protocol/messages/add-partitions-to-txn.ts";
import { produceRequest, produceResponse } from "../../src/protocol/messages/produce.ts";
import { buildBatch } from "../../src/records/build.ts";
import { startAdmin, until, type AdminScene } from "./admin-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

/** The last versions in which a client adds partitions itself (transactions version 1). */
const addPartitionsCall = apiCall(
  ApiKey.ADD_PARTITIONS_TO_TXN,
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  3,
);
const produceCall = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 11);

let scene: AdminScene;

before(async () => {
  scene = await startAdmin();
});

after(() => scene.close());

interface Open {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A transaction that has written a record and does not end. */
async function openTransaction(topic: string): Promise<Open> {
  const { admin, cluster } = scene;
  const transactionalId = uniqueName("tx");
  // Fencing gives an id and an epoch, as beginning does.
  const { producerId, producerEpoch } = await admin.forceTerminateTransaction(transactionalId);
  const deadline = cluster.deadline();
  const coordinator = await cluster.coordinatorOf(transactionalId, deadline, {
    type: "transaction",
  });
  const added = await coordinator.request(
    addPartitionsCall,
    {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    },
    cluster.bounds(deadline),
  );
  const result = added.resultsByTopicV3AndBelow[0]?.resultsByPartition[0];
  throwOnError(result?.partitionErrorCode ?? -1, { topic });
  const record = { timestamp: Date.now(), key: null, value: Buffer.from("open") };
  const batch = { producerId, producerEpoch, baseSequence: 0, isTransactional: true };
  // A leader may learn a moment after the others that it leads.
  await deadline.retry(async () => {
    const leaderId = await cluster.leaderOf({ topic, partition: 0 });
    const leader = await cluster.connectionTo(leaderId, deadline);
    const partitionData = [{ index: 0, records: buildBatch([record], batch) }];
    const topicData = [{ name: topic, partitionData }];
    const body = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
    const produced = await leader.request(produceCall, body, cluster.bounds(deadline));
    throwOnError(produced.responses[0]?.partitionResponses[0]?.errorCode ?? -1, { topic });
  });
  return { transactionalId, producerId, producerEpoch };
}

async function startOffsets(topic: string): Promise<(number | null)[]> {
  const [outcome] = await scene.admin.describeProducers([{ topic, partition: 0 }]);
  return outcome?.value?.map((producer) => producer.currentTransactionStartOffset) ?? [];
}

test("a transaction is listed, described, and ended by fencing its producer", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const { admin } = scene;
  const topic = await scene.topic(t);
  const { transactionalId, producerId, producerEpoch } = await openTransaction(topic);
  const listed = await admin.listTransactions({ states: ["Ongoing"] });
  const found = listed.find((one) => one.transactionalId === transactionalId);
  assert.deepEqual([found?.producerId, found?.state], [producerId, "Ongoing"]);
  const byId = await admin.listTransactions({ producerIds: [producerId] });
  assert.deepEqual(
    byId.map((one) => one.transactionalId),
    [transactionalId],
  );
  const byPattern = await admin.listTransactions({
    transactionalIdPattern: `^${transactionalId}$`,
    runningLongerThanMs: 0,
  });
  assert.equal(byPattern.length, 1);
  const old = await admin.listTransactions({ states: ["Ongoing"], runningLongerThanMs: 3_600_000 });
  assert.ok(!old.some((one) => one.transactionalId === transactionalId));
  const [described, unknown] = await admin.describeTransactions([transactionalId, "nobody"]);
  assert.deepEqual(described?.value?.partitions, [{ topic, partition: 0 }]);
  assert.ok(Math.abs(Date.now() - (described.value.startTimestamp ?? 0)) < 60_000);
  assert.equal(described.value.producerEpoch, producerEpoch);
  assert.equal(unknown?.error?.code, "TRANSACTIONAL_ID_NOT_FOUND");
  assert.deepEqual(await startOffsets(topic), [0]);
  const [fenced] = await admin.fenceProducers([transactionalId]);
  assert.ok((fenced?.value?.producerEpoch ?? 0) > producerEpoch);
  await until(async () => (await startOffsets(topic)).every((offset) => offset === null));
  const [after] = await admin.describeTransactions([transactionalId]);
  assert.notEqual(after?.value?.state, "Ongoing");
  assert.deepEqual(after?.value?.partitions, []);
});

test("a transaction is aborted in a partition by where it begins", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const { admin } = scene;
  const topic = await scene.topic(t);
  const { transactionalId } = await openTransaction(topic);
  await assert.rejects(admin.abortTransaction({ topic, partition: 0, startOffset: 7 }), {
    code: "INVALID_TXN_STATE",
  });
  const readable = async () => {
    const queries = [{ topic, partition: 0, at: "latest" as const }];
    const [end] = await admin.listOffsets(queries, { readCommitted: true });
    return end?.value?.offset;
  };
  assert.equal(await readable(), 0, "readers of what is committed wait for its end");
  await admin.abortTransaction({ topic, partition: 0, startOffset: 0 });
  await until(async () => (await readable()) === 2);
  await admin.fenceProducers([transactionalId]);
});

test("producers of partitions are told by their leaders", async (t) => {
  const { admin, kafka } = scene;
  const topic = await scene.topic(t);
  const producer = kafka.producer();
  await producer.send(topic, { value: "one" });
  await producer.close();
  const [outcome, unknown] = await admin.describeProducers([
    { topic, partition: 0 },
    { topic, partition: 5 },
  ]);
  const [only] = outcome?.value ?? [];
  assert.equal(only?.lastSequence, 0);
  assert.equal(only.currentTransactionStartOffset, null);
  assert.equal(only.coordinatorEpoch, null);
  assert.ok(Math.abs(Date.now() - only.lastTimestamp) < 60_000);
  assert.equal(unknown?.error?.code, "UNKNOWN_TOPIC_OR_PARTITION");
  const brokerId = scene.cluster.controllerId;
  const [same] = await admin.describeProducers([{ topic, partition: 0 }], { brokerId });
  assert.equal(same?.value?.[0]?.producerId, only.producerId);
});
