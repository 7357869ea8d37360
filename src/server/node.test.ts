import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadNodeConfig } from "../config/node-config.ts";
import { routes } from "../broker/handlers.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { ApiKey, apiName } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../protocol/messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import { metadataRequest, metadataResponse } from "../protocol/messages/metadata.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { buildBatch } from "../records/build.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { startNode, type RunningNode } from "./node.ts";
import { RawClient } from "./raw-client.ts";

let folder: string;
let node: RunningNode;
let client: RawClient;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "moldau-node-"));
  node = await start();
  client = await RawClient.connect(nodePlatform.network, { host: "127.0.0.1", port: node.port });
});

after(async () => {
  client.close();
  await node.close();
  rmSync(folder, { recursive: true });
});

function start(): Promise<RunningNode> {
  const { config } = loadNodeConfig({
    dataDirectory: folder,
    flags: { port: 0, set: ["offsets.topic.num.partitions=2"] },
  });
  return startNode({ platform: nodePlatform, config, logger: silentLogger });
}

test("every version of every API that is served answers in its own format", async () => {
  for (const route of routes) {
    for (let version = route.lowestVersion; version <= route.maxVersion; version++) {
      const own = await RawClient.connect(nodePlatform.network, {
        host: "127.0.0.1",
        port: node.port,
      });
      await own.send(route.request, route.response, version, bodyFor(route.key));
      own.close();
    }
  }
});

/** What makes a request valid when all its fields are Kafka's defaults. */
function bodyFor(key: number): object {
  switch (key) {
    case ApiKey.PRODUCE:
      return { acks: 1 };
    case ApiKey.API_VERSIONS:
      return { clientSoftwareName: "test", clientSoftwareVersion: "1" };
    default:
      return {};
  }
}

test("ApiVersions tells exactly what is served, and an unknown version gets version 0", async () => {
  const told = await client.send(apiVersionsRequest, apiVersionsResponse, 4, {
    clientSoftwareName: "test",
    clientSoftwareVersion: "1",
  });
  assert.equal(told.errorCode, ErrorCode.NONE);
  assert.deepEqual(
    told.apiKeys.map(({ apiKey }) => apiName(apiKey)),
    routes.map(({ key }) => apiName(key)),
  );
  const features = new Map(
    told.finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel]),
  );
  assert.equal(features.get("metadata.version"), 33);
});

test("what is produced is fetched from the offset the answer names", async () => {
  const created = await client.send(createTopicsRequest, createTopicsResponse, 7, {
    topics: [{ name: "orders", numPartitions: 3, replicationFactor: 1 }],
  });
  const topicId = created.topics[0]!.topicId;
  assert.equal(created.topics[0]!.errorCode, ErrorCode.NONE, created.topics[0]!.errorMessage ?? "");
  for (const acks of [1, -1]) {
    const produced = await client.send(produceRequest, produceResponse, 9, {
      acks,
      timeoutMs: 1000,
      topicData: [{ name: "orders", partitionData: [{ index: 1, records: batchOf("a", "b") }] }],
    });
    const answer = produced.responses[0]!.partitionResponses[0]!;
    assert.equal(answer.errorCode, ErrorCode.NONE, answer.errorMessage ?? "");
    const fetched = await client.send(fetchRequest, fetchResponse, 13, {
      maxWaitMs: 1000,
      minBytes: 1,
      topics: [
        {
          topicId,
          partitions: [
            { partition: 1, fetchOffset: answer.baseOffset, partitionMaxBytes: 1_000_000 },
          ],
        },
      ],
    });
    const part = fetched.responses[0]!.partitions[0]!;
    assert.equal(part.errorCode, ErrorCode.NONE);
    assert.equal(part.highWatermark, answer.baseOffset + 2);
    assert.ok(part.records!.includes(Buffer.from("b")));
  }
});

test("a fetch at the end waits for the next append and is woken by it", async () => {
  const other = await RawClient.connect(nodePlatform.network, {
    host: "127.0.0.1",
    port: node.port,
  });
  const metadata = await client.send(metadataRequest, metadataResponse, 12, {
    topics: [{ name: "waited-for" }],
    allowAutoTopicCreation: true,
  });
  const { topicId, errorCode } = metadata.topics[0]!;
  assert.equal(errorCode, ErrorCode.NONE, "a topic is created on first use, and can be used");
  const waiting = other.send(fetchRequest, fetchResponse, 13, {
    maxWaitMs: 60_000,
    minBytes: 1,
    topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  });
  await client.send(produceRequest, produceResponse, 9, {
    acks: 1,
    topicData: [{ name: "waited-for", partitionData: [{ index: 0, records: batchOf("x") }] }],
  });
  const woken = await waiting;
  assert.ok(woken.responses[0]!.partitions[0]!.records!.length > 0);
  other.close();
});

test("a fetch whose client has gone does not wait any more", async () => {
  const other = await RawClient.connect(nodePlatform.network, {
    host: "127.0.0.1",
    port: node.port,
  });
  const partition = node.broker.replicas.partitionOf("waited-for", 0)!;
  const waiting = other.send(fetchRequest, fetchResponse, 13, {
    maxWaitMs: 600_000,
    minBytes: 1,
    topics: [
      {
        topicId: partition.topicId,
        partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }],
      },
    ],
  });
  while (!partition.hasWaiting) await new Promise((resolve) => setImmediate(resolve));
  other.close();
  await assert.rejects(waiting);
  while (partition.hasWaiting) await new Promise((resolve) => setImmediate(resolve));
});

test("a node that is stopped and started again has everything it had", async () => {
  client.close();
  await node.close();
  node = await start();
  client = await RawClient.connect(nodePlatform.network, { host: "127.0.0.1", port: node.port });
  const { topics } = await client.send(metadataRequest, metadataResponse, 12, { topics: null });
  assert.deepEqual(topics.map(({ name }) => name).sort(), [
    "__consumer_offsets",
    "orders",
    "waited-for",
  ]);
  const { topicId } = topics.find(({ name }) => name === "orders")!;
  const fetched = await client.send(fetchRequest, fetchResponse, 13, {
    maxWaitMs: 0,
    topics: [
      { topicId, partitions: [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] },
    ],
  });
  assert.equal(fetched.responses[0]!.partitions[0]!.highWatermark, 4);
});

function batchOf(...values: string[]): Buffer {
  const timestamp = Date.now();
  return buildBatch(values.map((value) => ({ key: null, value: Buffer.from(value), timestamp })));
}
