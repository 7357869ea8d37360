import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { MetadataResponse } from "../../protocol/messages/metadata.ts";
import { MetadataCache, type PartitionMetadata, type TopicMetadata } from "./metadata-cache.ts";

const ids = ["AAAAAAAAAAAAAAAAAAAAAQ", "AAAAAAAAAAAAAAAAAAAAAg"];

function partition(
  partitionIndex: number,
  leaderId: number,
  leaderEpoch: number,
): PartitionMetadata {
  return {
    errorCode: leaderId < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes: [leaderId],
    isrNodes: [leaderId],
    offlineReplicas: [],
  };
}

function topic(
  name: string,
  partitions: readonly PartitionMetadata[],
  topicId = ids[0]!,
  errorCode: number = ErrorCode.NONE,
): TopicMetadata {
  return {
    errorCode,
    name,
    topicId,
    isInternal: false,
    partitions: [...partitions],
    topicAuthorizedOperations: 0,
  };
}

function answer(
  topics: readonly TopicMetadata[],
  nodes: readonly number[] = [1],
): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: nodes.map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    clusterId: "c",
    controllerId: 1,
    topics: [...topics],
    clusterAuthorizedOperations: 0,
    errorCode: 0,
  };
}

interface Told {
  readonly kind: "answer" | "hint" | "stale";
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

test("whatever is told in whatever order, the leader of the newest election is the one known", () => {
  const told = fc.record<Told>({
    kind: fc.constantFrom("answer", "hint", "stale"),
    partition: fc.integer({ min: 0, max: 2 }),
    leaderId: fc.integer({ min: -1, max: 4 }),
    leaderEpoch: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 40 }), (history) => {
      const cache = new MetadataCache();
      cache.learn(
        answer([
          topic(
            "t",
            [0, 1, 2].map((i) => partition(i, 1, 0)),
          ),
        ]),
      );
      const model = [0, 1, 2].map(() => ({ leaderId: 1, leaderEpoch: 0 }));
      for (const { kind, partition: index, leaderId, leaderEpoch } of history) {
        const known = model[index]!;
        if (kind === "stale") {
          cache.markStale("t");
          assert.equal(cache.knownLeaderOf("t", index), undefined);
        } else if (kind === "answer") {
          const others = [2, 0, 1].map((i) =>
            i === index
              ? partition(i, leaderId, leaderEpoch)
              : partition(i, model[i]!.leaderId, model[i]!.leaderEpoch),
          );
          cache.learn(answer([topic("t", others)], [1, 2, 3, 4]));
          if (leaderEpoch >= known.leaderEpoch) model[index] = { leaderId, leaderEpoch };
        } else {
          const isNews = cache.learnLeader("t", index, { leaderId, leaderEpoch });
          assert.equal(isNews, leaderId >= 0 && leaderEpoch > known.leaderEpoch);
          if (isNews) model[index] = { leaderId, leaderEpoch };
        }
        for (const i of [0, 1, 2]) {
          const { leaderId: leader, leaderEpoch: epoch } = cache.partition("t", i)!;
          assert.deepEqual({ leaderId: leader, leaderEpoch: epoch }, model[i]);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("epochs of a topic that was created anew begin anew", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 9)])]));
  cache.learn(answer([topic("t", [partition(0, 2, 0)], ids[1])], [1, 2]));
  assert.equal(cache.knownLeaderOf("t", 0), 2);
  assert.equal(cache.topicById(ids[0]!), undefined);
  assert.equal(cache.topicById(ids[1]!)?.name, "t");
});

test("a topic that is not there any more is forgotten, with its id", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 0)])]));
  cache.learn(answer([topic("t", [], ids[0], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)]));
  assert.equal(cache.topic("t"), undefined);
  assert.equal(cache.topicById(ids[0]!), undefined);
  assert.equal(cache.learnLeader("t", 0, { leaderId: 2, leaderEpoch: 5 }), false);
});

test("a leader whose broker is not known is none", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 0)])]));
  assert.equal(cache.learnLeader("t", 0, { leaderId: 5, leaderEpoch: 1 }), true);
  assert.equal(cache.knownLeaderOf("t", 0), undefined);
  cache.learnBroker({ nodeId: 5, host: "b5", port: 9092, rack: "r" });
  assert.equal(cache.knownLeaderOf("t", 0), 5);
  cache.forgetBrokers();
  assert.equal(cache.knownLeaderOf("t", 0), undefined);
  assert.equal(cache.topic("t")?.name, "t");
});

test("one partition that is out of date does not hold up the others, and a hint about it is enough", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 0), partition(1, 1, 0)])], [1, 2]));
  cache.markStale("t", 1);
  assert.deepEqual([cache.knownLeaderOf("t", 0), cache.knownLeaderOf("t", 1)], [1, undefined]);
  assert.equal(cache.freshTopic("t"), undefined);
  assert.deepEqual(cache.staleTopicNames(), ["t"]);
  cache.learnLeader("t", 1, { leaderId: 2, leaderEpoch: 1 });
  assert.equal(cache.knownLeaderOf("t", 1), 2);
  assert.equal(cache.freshTopic("t")?.name, "t");
});

test("what a node that went away led is out of date, the rest is not", () => {
  const cache = new MetadataCache();
  const topics = [
    topic("one", [partition(0, 1, 0)], ids[0]),
    topic("two", [partition(0, 2, 0)], ids[1]),
  ];
  cache.learn(answer(topics, [1, 2]));
  cache.markAllStale(1);
  assert.deepEqual(cache.staleTopicNames(), ["one"]);
  assert.equal(cache.freshTopic("one"), undefined);
  assert.equal(cache.knownLeaderOf("two", 0), 2);
});

test("an answer about all topics brings none that nobody asked for", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 0)])]));
  const all = [topic("t", [partition(0, 1, 3)]), topic("other", [partition(0, 1, 0)], ids[1])];
  cache.learn(answer(all), true);
  assert.deepEqual(cache.topicNames(), ["t"]);
  assert.equal(cache.partition("t", 0)?.leaderEpoch, 3);
});

test("topics that nobody looks at are forgotten at the second look", () => {
  const cache = new MetadataCache();
  cache.learn(answer([topic("t", [partition(0, 1, 0)]), topic("u", [partition(0, 1, 0)], ids[1])]));
  cache.dropUnused();
  cache.topic("u");
  cache.dropUnused();
  assert.deepEqual(cache.topicNames(), ["u"]);
});
