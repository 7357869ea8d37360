import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { loadNodeConfig } from "../config/node-config.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { encodeRequest } from "../protocol/framing.ts";
import { apiVersionsRequest } from "../protocol/messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../protocol/messages/find-coordinator.ts";
import { joinGroupRequest, joinGroupResponse } from "../protocol/messages/join-group.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../protocol/messages/list-offsets.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { buildBatch } from "../records/build.ts";
import { SimWorld } from "../simulator/sim-platform.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { startNode, type NodeOptions, type RunningNode } from "./node.ts";
import { OpenThings } from "./open-things.test.ts";
import { RawClient } from "./raw-client.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "moldau-stop-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function start(folder: string, options: Partial<NodeOptions> = {}): Promise<RunningNode> {
  const { config } = loadNodeConfig({
    dataDirectory: folder,
    flags: {
      port: 0,
      set: ["offsets.topic.num.partitions=2", "group.initial.rebalance.delay.ms=60000"],
    },
  });
  return startNode({ platform: nodePlatform, config, logger: silentLogger, ...options });
}

function connectTo({ port }: RunningNode): Promise<RawClient> {
  return RawClient.connect(nodePlatform.network, { host: "127.0.0.1", port });
}

async function createTopic(client: RawClient, config: Readonly<Record<string, string>>) {
  const created = await client.send(createTopicsRequest, createTopicsResponse, 7, {
    topics: [
      {
        name: "orders",
        numPartitions: 2,
        replicationFactor: 1,
        configs: Object.entries(config).map(([name, value]) => ({ name, value })),
      },
    ],
  });
  return created.topics[0]!.topicId;
}

const produceTo = (client: RawClient, acks: number) =>
  client.send(produceRequest, produceResponse, 9, {
    acks,
    timeoutMs: 30_000,
    topicData: [
      {
        name: "orders",
        partitionData: [
          {
            index: 0,
            records: buildBatch([{ key: null, value: Buffer.from("x"), timestamp: Date.now() }]),
          },
        ],
      },
    ],
  });

const fetchFrom = (client: RawClient, topicId: string, partition: number) =>
  client.send(fetchRequest, fetchResponse, 13, {
    maxWaitMs: 60_000,
    minBytes: 1,
    topics: [{ topicId, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  });

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test("a stop answers what is under way, waits included, and takes nothing more", async (t) => {
  const folder = folderFor(t);
  const node = await start(folder);
  const clients = await Promise.all(Array.from({ length: 3 }, () => connectTo(node)));
  const [producer, consumer, member] = clients;
  const topicId = await createTopic(producer!, { "flush.messages": "1" });
  await member!.send(findCoordinatorRequest, findCoordinatorResponse, 3, { key: "group" });
  const fetching = fetchFrom(consumer!, topicId, 1);
  const joining = member!.send(joinGroupRequest, joinGroupResponse, 3, {
    groupId: "group",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.alloc(4) }],
  });
  await until(() => node.broker.replicas.partitionOf("orders", 1)?.hasWaiting === true);
  const { groups } = node.broker;
  const request = { groups: ["group"], includeAuthorizedOperations: false };
  const context = { apiVersion: 5, clientId: "", clientHost: "" };
  await until(() => groups.describeGroups(context, request).groups![0]!.members!.length === 1);
  const producing = Array.from({ length: 20 }, () => produceTo(producer!, -1));
  await until(() => node.broker.replicas.partitionOf("orders", 0)!.log.logEndOffset === 20);

  const closing = node.close();
  assert.equal(node.close(), closing, "asked again it is the same stop");
  const fetched = (await fetching).responses[0]!.partitions[0]!;
  assert.ok([ErrorCode.NONE, ErrorCode.NOT_LEADER_OR_FOLLOWER].includes(fetched.errorCode as 0));
  assert.equal((await joining).errorCode, ErrorCode.NOT_COORDINATOR);
  const answers = await Promise.all(producing);
  for (const { responses } of answers) {
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, ErrorCode.NONE);
  }
  await closing;
  for (const client of clients) await assert.rejects(produceTo(client, 1), /connection closed/);
  await assert.rejects(connectTo(node), /ECONNREFUSED|cannot connect/);

  const again = await start(folder);
  const client = await connectTo(again);
  const { topics } = await client.send(listOffsetsRequest, listOffsetsResponse, 7, {
    topics: [{ name: "orders", partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  });
  assert.equal(topics[0]!.partitions[0]!.offset, 20);
  client.close();
  await again.close();
});

test("a client that reads nothing does not hold the stop up", async (t) => {
  const node = await start(folderFor(t));
  const { network } = nodePlatform;
  const deaf = await network.connect({ host: "127.0.0.1", port: node.port, timeoutMs: 5000 });
  const client = await connectTo(node);
  const topicId = await createTopic(client, {});
  const fetching = fetchFrom(client, topicId, 0);
  await Promise.all([fetching, produceTo(await connectTo(node), 1)]);
  // Requests for far more than sockets hold, whose answers are never read.
  const request = encodeRequest(apiVersionsRequest, 0, { correlationId: 1, clientId: "deaf" }, {});
  deaf.write(Array.from({ length: 30_000 }, () => request).flat());
  await produceTo(client, 1);
  await node.close();
  deaf.destroy();
});

test("a metadata log that fails ends the node, which lets everything go", async () => {
  const world = new SimWorld({ seed: 5 });
  const host = world.host("broker");
  const open = new OpenThings(host.start().platform);
  const { config } = loadNodeConfig({
    dataDirectory: "/data",
    flags: {
      set: [
        "process.roles=broker,controller",
        "node.id=1",
        "listeners=PLAINTEXT://broker:9092,CONTROLLER://broker:9093",
        "controller.listener.names=CONTROLLER",
        "controller.quorum.voters=1@broker:9093",
      ],
    },
  });
  const fatal: Error[] = [];
  const onFatal = (error: Error): void => void fatal.push(error);
  const { platform } = open;
  const starting = startNode({ platform, config, logger: silentLogger, onFatal });
  const node = await world.clock.wait(starting);
  const { network } = world.host("client").start().platform;
  const work = async (): Promise<void> => {
    const client = await RawClient.connect(network, { host: "broker", port: 9092 });
    host.disk.faults.plan({ operation: "sync", path: "__cluster_metadata" });
    await assert.rejects(createTopic(client, {}), /connection closed/);
  };
  await world.clock.wait(work());
  assert.equal(fatal.length, 1);
  assert.match(fatal[0]!.message, /metadata log/);
  await world.clock.wait(node.close());
  await world.clock.run({ eventsMax: 50 });
  assert.deepEqual(open.names, []);
});
