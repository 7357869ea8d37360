import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { after, before, test } from "node:test";
import { apiCall } from "../../src/client/cluster/api-call.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { KafkaError } from "../../src/client/errors.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../src/protocol/messages/create-topics.ts";
import { fetchRequest, fetchResponse } from "../../src/protocol/messages/fetch.ts";
import { produceRequest, produceResponse } from "../../src/protocol/messages/produce.ts";
import { buildBatch } from "../../src/records/build.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";
import { onKafka, startTarget, uniqueName, type Target } from "./target.ts";

const createTopicsCall = apiCall(ApiKey.CREATE_TOPICS, createTopicsRequest, createTopicsResponse);
const produceCall = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse);
const fetchCall = apiCall(ApiKey.FETCH, fetchRequest, fetchResponse);

let target: Target;
let cluster: Cluster;

before(async () => {
  target = await startTarget();
  cluster = await Cluster.connect({ platform: nodePlatform, bootstrap: [target.bootstrap] });
});

after(async () => {
  cluster.close();
  await target.close();
});

async function makeTopic(of: Cluster, name: string, numPartitions = 1): Promise<void> {
  const deadline = of.deadline();
  const connection = await of.controllerConnection(deadline);
  const body = { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: 10_000 };
  const { topics } = await connection.request(createTopicsCall, body, of.bounds(deadline));
  assert.equal(topics[0]?.errorCode, ErrorCode.NONE);
}

function failureOf(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => assert.fail("it should have failed"),
    (thrown: unknown) => {
      assert.ok(thrown instanceof KafkaError, String(thrown));
      return thrown;
    },
  );
}

test("a topic is known by name and by id, with leaders and their epochs", async () => {
  const name = uniqueName("known");
  await makeTopic(cluster, name, 3);
  const topic = await cluster.topic(name);
  assert.deepEqual(
    topic.partitions.map(({ partitionIndex }) => partitionIndex),
    [0, 1, 2],
  );
  assert.equal(cluster.topicById(topic.topicId)?.name, name);
  assert.equal(cluster.knownTopic(name)?.partitions.length, 3);
  for (const partition of [0, 1, 2]) {
    const leader = await cluster.leaderOf({ topic: name, partition });
    assert.ok(cluster.brokers.has(leader));
    assert.equal(cluster.knownLeaderOf(name, partition), leader);
    const known = cluster.leaderAndEpoch(name, partition);
    assert.ok(known !== undefined && known.leaderId === leader && known.leaderEpoch >= 0);
  }
  assert.ok(typeof cluster.clusterId === "string");
  assert.ok((cluster.versions?.feature("metadata.version") ?? 0) > 0);
});

test("a topic that is not there is an error that no retry mends", async () => {
  const error = await failureOf(cluster.topic(uniqueName("absent")));
  assert.deepEqual([error.code, error.retriable], ["UNKNOWN_TOPIC_OR_PARTITION", false]);
  assert.match(error.remedy ?? "", /moldau topic create/);
});

test("coordinators of many groups are found at once, and are brokers of the cluster", async () => {
  const deadline = cluster.deadline();
  const groups = Array.from({ length: 30 }, () => uniqueName("group"));
  const found = groups.map((group) =>
    deadline.retry(() => cluster.coordinatorNodeOf(group, deadline)),
  );
  for (const nodeId of await Promise.all(found)) assert.ok(cluster.brokers.has(nodeId));
  const connection = await cluster.coordinatorOf(groups[0]!, deadline);
  assert.equal(connection.isOpen, true);
  if (onKafka) {
    const options = { type: "transaction" } as const;
    const tx = await deadline.retry(() =>
      cluster.coordinatorOf(uniqueName("tx"), deadline, options),
    );
    assert.equal(tx.isOpen, true);
  }
});

test("a broker that is another one than was meant says so, and is not talked to", async () => {
  const { host, port } = cluster.brokers.values().next().value!;
  const { network, clock } = nodePlatform;
  const { BrokerConnection } = await import("../../src/client/cluster/connection.ts");
  const options = { network, clock, clientId: "c", timeoutMs: 10_000 };
  const wrong = { ...options, nodeId: 4711, clusterId: cluster.clusterId! };
  const error = await failureOf(BrokerConnection.open({ host, port }, wrong));
  assert.equal(error.code, "REBOOTSTRAP_REQUIRED");
  const [nodeId] = cluster.brokers.keys();
  const right = { ...options, nodeId, clusterId: cluster.clusterId! };
  const connection = await BrokerConnection.open({ host, port }, right);
  assert.equal(connection.nodeId, nodeId);
  connection.close();
});

test("records go there and back through pipelined requests, and stay as they were received", async () => {
  const name = uniqueName("pipelined");
  await makeTopic(cluster, name);
  const { topicId } = await cluster.topic(name);
  const leader = await cluster.leaderOf({ topic: name, partition: 0 });
  const deadline = cluster.deadline();
  const connection = await cluster.connectionTo(leader, deadline);
  const bounds = cluster.bounds(deadline);
  const values = Array.from({ length: 40 }, (_, i) => Buffer.alloc(((i * 7919) % 60_000) + 1, i));
  const isById = (connection.versionOf(produceCall) ?? 0) >= 13;
  const sent = values.map((value) => {
    const records = buildBatch([{ timestamp: 1, key: null, value }]);
    const partitionData = [{ index: 0, records }];
    const topic = isById ? { topicId, partitionData } : { name, partitionData };
    const body = { acks: -1, timeoutMs: 10_000, topicData: [topic] };
    return connection.request(produceCall, body, bounds);
  });
  for (const [i, response] of (await Promise.all(sent)).entries()) {
    const answer = response.responses[0]!.partitionResponses[0]!;
    assert.deepEqual([answer.errorCode, answer.baseOffset], [ErrorCode.NONE, i]);
  }
  const fetched: Buffer[] = [];
  const own = await cluster.connectionTo(leader, deadline, cluster.newChannel("fetch"));
  for (let offset = 0; offset < values.length; offset++) {
    const partition = { partition: 0, fetchOffset: offset, partitionMaxBytes: 1 };
    const topic = { topicId, topic: name, partitions: [partition] };
    const isNamed = (own.versionOf(fetchCall) ?? 0) < 13;
    const body = {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [isNamed ? { ...topic, topicId: undefined } : { ...topic, topic: undefined }],
    };
    const { responses } = await own.request(fetchCall, body, bounds);
    fetched.push(responses[0]!.partitions[0]!.records!);
  }
  for (const [i, records] of fetched.entries()) {
    assert.ok(records.includes(values[i]!), `record ${i}`);
  }
});

test("a broker that goes away and comes back, at its port or at another of the list, is found", async (t) => {
  if (onKafka) return t.skip("the broker is not ours to stop");
  const scratch = scratchFolder();
  const start = (port: number): Promise<RunningNode> => {
    const { config } = loadNodeConfig({ dataDirectory: scratch.path, flags: { port, set: [] } });
    return startNode({ platform: nodePlatform, config, logger: silentLogger });
  };
  const spare = await nodePlatform.network.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
  await spare.close();
  let node = await start(0);
  const { port } = node;
  const restarted = await Cluster.connect({
    platform: nodePlatform,
    bootstrap: [`127.0.0.1:${port}`, `127.0.0.1:${spare.port}`],
  });
  const events: string[] = [];
  const listen = (event: unknown): void => void events.push((event as { kind: string }).kind);
  subscribe("moldau:client:connection", listen);
  await makeTopic(restarted, "kept");
  await restarted.topic("kept");
  for (const next of [port, spare.port, port]) {
    await node.close();
    const failed = await failureOf(restarted.metadataOf(["kept"], { timeoutMs: 200 }));
    assert.equal(failed.retriable, true);
    const waited = restarted.metadataOf(["kept"], { timeoutMs: 20_000 });
    node = await start(next);
    assert.equal((await waited)[0]?.errorCode, ErrorCode.NONE);
    const leader = await restarted.leaderOf({ topic: "kept", partition: 0 });
    const connection = await restarted.connectionTo(leader, restarted.deadline());
    assert.equal(connection.address.port, next);
  }
  unsubscribe("moldau:client:connection", listen);
  assert.ok(events.includes("closed") && events.includes("failed") && events.includes("opened"));
  restarted.close();
  await node.close();
  scratch.remove();
});
