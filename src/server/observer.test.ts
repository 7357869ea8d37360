import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiKey } from "../protocol/apis.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../protocol/messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import { offsetCommitRequest, offsetCommitResponse } from "../protocol/messages/offset-commit.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { buildBatch } from "../records/build.ts";
import { Observer } from "../broker/observer.ts";
import { startTestNode, type TestNode } from "./server-kit.test.ts";

let running: TestNode;

before(async () => {
  running = await startTestNode();
  await running.client.send(createTopicsRequest, createTopicsResponse, 7, {
    topics: [{ name: "orders", numPartitions: 2, replicationFactor: 1 }],
  });
});

after(() => running.close());

const produceTwo = () =>
  running.client.send(produceRequest, produceResponse, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      {
        name: "orders",
        partitionData: [
          {
            index: 1,
            records: buildBatch(
              ["a", "b"].map((text) => ({ timestamp: 1, key: null, value: Buffer.from(text) })),
            ),
          },
        ],
      },
    ],
  });

const fetchFrom = (fetchOffset: number) =>
  running.client.send(fetchRequest, fetchResponse, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [
      {
        topic: "orders",
        partitions: [{ partition: 1, fetchOffset, partitionMaxBytes: 1_000_000 }],
      },
    ],
  });

test("nothing is counted before somebody looks; from then on it is told who does what", async () => {
  const { broker } = running.node;
  await produceTwo();
  assert.equal(broker.observer, undefined);

  const observer = broker.observe();
  assert.equal(broker.observe(), observer);
  await produceTwo();
  const [written] = observer.produced.values();
  assert.equal(written?.clientId, "test");
  assert.equal(written?.topic, "orders");
  assert.equal(written?.records, 2);
  assert.ok((written?.bytes ?? 0) > 60);

  await fetchFrom(0);
  await fetchFrom(0);
  await fetchFrom(0);
  const place = observer.placeOf("orders", 1, "test", "127.0.0.1");
  const [reader] = place?.readers ?? [];
  assert.deepEqual([place?.topic, place?.partition, reader?.offset], ["orders", 1, 0]);
  assert.equal(reader?.repeats, 2, "the same records again and again are noticed");
  await fetchFrom(4);
  assert.deepEqual([reader?.offset, reader?.repeats], [4, 0]);
  await fetchFrom(2);
  await fetchFrom(4);
  await fetchFrom(2);
  assert.deepEqual([reader?.backTo, reader?.backs], [2, 2], "so is going back");
  assert.equal([...observer.fetched.values()][0]?.records, 6);

  await running.client.send(offsetCommitRequest, offsetCommitResponse, 9, {
    groupId: "billing",
    generationIdOrMemberEpoch: -1,
    topics: [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 3 }] }],
  });
  assert.deepEqual(
    [...observer.commits.values()].map(({ group, offset }) => [group, offset]),
    [["billing", 3]],
  );

  const latency = observer.latencies[ApiKey.FETCH];
  assert.equal(latency?.count, 7);
  assert.equal(
    latency?.counts.reduce((sum, count) => sum + count, 0),
    7,
  );
});

test("what a client calls its software is remembered by client id and host", async () => {
  await running.client.send(apiVersionsRequest, apiVersionsResponse, 3, {
    clientSoftwareName: "some-client",
    clientSoftwareVersion: "1.2",
  });
  const { clientSoftware } = running.node.broker;
  assert.equal(clientSoftware.of("test", "127.0.0.1"), "some-client 1.2");
  assert.equal(clientSoftware.of("nobody", "127.0.0.1"), undefined);
});

test("of requests that come close together some are measured, and stand for all", () => {
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: () => ({ cancel: () => undefined }),
    defer: () => undefined,
  };
  const observer = new Observer(clock);
  const serve = (apartMs: number): boolean => {
    nowMs += apartMs;
    const arrivedMs = observer.arrived(ApiKey.PRODUCE);
    if (arrivedMs === undefined) return false;
    nowMs += 0.01;
    observer.answeredRequest(ApiKey.PRODUCE, arrivedMs);
    return true;
  };
  const measuredOf = (count: number, apartMs: number): number =>
    Array.from({ length: count }, () => serve(apartMs)).filter(Boolean).length;
  assert.equal(measuredOf(100, 1), 100, "slow ones each");
  assert.ok(measuredOf(1600, 0.01) < 130, "of quick ones one in sixteen");
  const { count = 0, sumMs = 0 } = observer.latencies[ApiKey.PRODUCE] ?? {};
  assert.ok(count > 1684 && count <= 1700, `${count} stand for 1700`);
  assert.ok(Math.abs(sumMs / count - 0.01) < 1e-9);
  measuredOf(20, 1);
  assert.equal(measuredOf(100, 1), 100, "slow ones each, again");
});
