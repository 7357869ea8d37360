import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "../protocol/messages/describe-topic-partitions.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../protocol/messages/find-coordinator.ts";
import { offsetCommitRequest, offsetCommitResponse } from "../protocol/messages/offset-commit.ts";
import type { RawClient } from "./raw-client.ts";
import { startTestNode, type TestNode } from "./server-kit.test.ts";

/** Requests that decode and that no sound client sends; most of them were found by `node.fuzz.ts`. */

let running: TestNode;
let client: RawClient;

before(async () => {
  running = await startTestNode();
  ({ client } = running);
  await client.send(createTopicsRequest, createTopicsResponse, 7, {
    topics: [{ name: "orders", numPartitions: 3, replicationFactor: 1 }],
  });
});

after(() => running.close());

test("a cursor of DescribeTopicPartitions may be any number", async () => {
  const describe = (partitionIndex: number) =>
    client.send(describeTopicPartitionsRequest, describeTopicPartitionsResponse, 0, {
      topics: [{ name: "orders" }],
      cursor: { topicName: "orders", partitionIndex },
    });
  const before = await describe(-1);
  assert.equal(before.topics[0]!.errorCode, ErrorCode.INVALID_REQUEST);
  const within = await describe(1);
  assert.deepEqual(
    within.topics[0]!.partitions.map((partition) => partition.partitionIndex),
    [1, 2],
  );
  const beyond = await describe(0x7fffffff);
  assert.equal(beyond.topics[0]!.errorCode, ErrorCode.NONE);
  assert.deepEqual(beyond.topics[0]!.partitions, []);
  assert.equal(beyond.nextCursor, null);
});

test("an offset may be kept for as long as a request can say", async () => {
  const groupId = "forever";
  await client.send(findCoordinatorRequest, findCoordinatorResponse, 3, { key: groupId });
  const committed = await client.send(offsetCommitRequest, offsetCommitResponse, 2, {
    groupId,
    retentionTimeMs: Number.MAX_SAFE_INTEGER,
    topics: [{ name: "orders", partitions: [{ partitionIndex: 0, committedOffset: 7 }] }],
  });
  assert.equal(committed.topics[0]!.partitions[0]!.errorCode, ErrorCode.NONE);
});
