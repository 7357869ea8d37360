import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "../../protocol/messages/describe-topic-partitions.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { FakeCluster } from "./fake-cluster.fixture.ts";

/** Serves pages as brokers do: topics in order, as many partitions as fit, and where to go on. */
function servePages(fake: FakeCluster, asked: (readonly string[])[]): void {
  fake
    .broker(1)
    .serve(describeTopicPartitionsRequest, describeTopicPartitionsResponse, (request) => {
      const { topics, responsePartitionLimit, cursor } = request;
      asked.push(topics.map(({ name }) => name));
      let room = responsePartitionLimit;
      const answered = [];
      for (const { name } of [...topics].sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (cursor !== null && name < cursor.topicName) continue;
        const leaders = fake.leaders.get(name);
        if (leaders === undefined) {
          answered.push({ name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
          continue;
        }
        const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
        const partitions = leaders.slice(from, from + room).map((leaderId, i) => ({
          partitionIndex: from + i,
          leaderId,
          replicaNodes: [1],
          isrNodes: [1],
          eligibleLeaderReplicas: [],
        }));
        room -= partitions.length;
        answered.push({ name, partitions });
        const next = from + partitions.length;
        if (next < leaders.length) {
          return { topics: answered, nextCursor: { topicName: name, partitionIndex: next } };
        }
      }
      return { topics: answered };
    });
}

test("topics with many partitions are put together from their pages", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.leaders.set("a", [1, 1, 1]);
  fake.leaders.set("b", [1, -1, 1, 1, 1]);
  fake.leaders.set("c", [1]);
  const asked: (readonly string[])[] = [];
  servePages(fake, asked);
  const topics = ["c", "nothing", "b", "a"];
  const outcomes = await fake.run(admin.describeTopics(topics, { partitionsPerAnswer: 3 }));
  assert.deepEqual(
    outcomes.map(({ name, value, error }) => [
      name,
      value?.partitions.map(({ partition }) => partition),
      error?.code,
    ]),
    [
      ["c", [0], undefined],
      ["nothing", undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
      ["b", [0, 1, 2, 3, 4], undefined],
      ["a", [0, 1, 2], undefined],
    ],
  );
  const b = outcomes[2]?.value;
  assert.equal(b?.partitions[1]?.leader, null);
  assert.deepEqual(b?.partitions[1]?.eligibleLeaderReplicas, []);
  assert.deepEqual(asked, [
    ["a", "b", "c", "nothing"],
    ["b", "c", "nothing"],
    ["b", "c", "nothing"],
  ]);
});

test("a broker without pages answers by its metadata", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  fake.broker(1).limit(ApiKey.DESCRIBE_TOPIC_PARTITIONS, undefined);
  const admin = await fake.admin();
  fake.leaders.set("a", [1, -1]);
  const [a, nothing] = await fake.run(admin.describeTopics(["a", "nothing"]));
  assert.deepEqual(
    a?.value?.partitions.map(({ leader, eligibleLeaderReplicas }) => [
      leader,
      eligibleLeaderReplicas,
    ]),
    [
      [1, null],
      [null, null],
    ],
  );
  assert.equal(nothing?.error?.code, "UNKNOWN_TOPIC_OR_PARTITION");
});
