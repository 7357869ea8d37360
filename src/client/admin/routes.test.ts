import assert from "node:assert/strict";
import { test } from "node:test";
import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../protocol/messages/create-topics.ts";
import {
  deleteGroupsRequest,
  deleteGroupsResponse,
} from "../../protocol/messages/delete-groups.ts";
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from "../../protocol/messages/describe-log-dirs.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
} from "../../protocol/messages/get-telemetry-subscriptions.ts";
import { listGroupsRequest, listGroupsResponse } from "../../protocol/messages/list-groups.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import { offsetFetchRequest, offsetFetchResponse } from "../../protocol/messages/offset-fetch.ts";
import { KafkaError } from "../errors.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { FakeCluster } from "./fake-cluster.fixture.ts";

function deleteGroupsAt(fake: FakeCluster, id: number, errorCodeOf: (group: string) => number) {
  fake.broker(id).serve(deleteGroupsRequest, deleteGroupsResponse, ({ groupsNames }) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode: errorCodeOf(groupId) })),
  }));
}

function offsetsAt(fake: FakeCluster, id: number, errorCodeOf: () => number = () => 0) {
  fake.broker(id).serve(listOffsetsRequest, listOffsetsResponse, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: errorCodeOf(),
        offset: id * 100 + partitionIndex,
      })),
    })),
  }));
}

const ends = (topic: string, count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition, at: "latest" as const }));

test("a coordinator that has moved is looked up anew, and only what is left is asked again", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.coordinators.set("b", 1);
  deleteGroupsAt(fake, 1, (group) => {
    if (group !== "b") return ErrorCode.NONE;
    fake.coordinators.set("b", 2);
    return ErrorCode.NOT_COORDINATOR;
  });
  const seen: string[] = [];
  deleteGroupsAt(fake, 2, (group) => {
    seen.push(group);
    return ErrorCode.NONE;
  });
  const outcomes = await fake.run(admin.deleteGroups(["a", "b", "c"]));
  assert.deepEqual(
    outcomes.map(({ error }) => error),
    [undefined, undefined, undefined],
  );
  assert.deepEqual(seen, ["b"]);
});

test("a group that is refused is told for that one", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  deleteGroupsAt(fake, 1, (group) => (group === "b" ? ErrorCode.NON_EMPTY_GROUP : ErrorCode.NONE));
  const [a, b] = await fake.run(admin.deleteGroups(["a", "b"]));
  assert.equal(a?.error, undefined);
  assert.equal(b?.name, "b");
  assert.equal(b.error?.code, "NON_EMPTY_GROUP");
  await assert.rejects(fake.run(admin.deleteGroup("b")), /group b: it still has members/);
});

test("coordinators of brokers before KIP-699 are looked up one by one", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  for (const broker of fake.brokers) broker.limit(ApiKey.FIND_COORDINATOR, [0, 3]);
  const admin = await fake.admin();
  fake.coordinators.set("b", 2);
  for (const id of [1, 2]) deleteGroupsAt(fake, id, () => ErrorCode.NONE);
  await fake.run(admin.deleteGroups(["a", "b"]));
  assert.deepEqual(fake.asked("FindCoordinator"), [2, 0]);
  assert.deepEqual(fake.asked("DeleteGroups"), [1, 1]);
});

test("partitions go to their leaders, in one request for each", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1, 2, 1, 2]);
  for (const id of [1, 2]) offsetsAt(fake, id);
  const outcomes = await fake.run(admin.listOffsets(ends("orders", 4)));
  assert.deepEqual(
    outcomes.map(({ value }) => value?.offset),
    [100, 201, 102, 203],
  );
  assert.deepEqual(fake.asked("ListOffsets"), [1, 1]);
});

test("a leader that has moved is looked up anew", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1]);
  offsetsAt(fake, 1, () => {
    fake.leaders.set("orders", [2]);
    return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  });
  offsetsAt(fake, 2);
  const [outcome] = await fake.run(admin.listOffsets(ends("orders", 1)));
  assert.equal(outcome?.value?.offset, 200);
});

test("a partition that is being elected a leader for is waited for", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.leaders.set("orders", [-1]);
  fake.world.clock.setTimer(700, () => fake.leaders.set("orders", [1]));
  offsetsAt(fake, 1);
  const [outcome] = await fake.run(admin.listOffsets(ends("orders", 1)));
  assert.equal(outcome?.value?.offset, 100);
});

test("a topic that is not there is told at once, and the others are settled", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1]);
  offsetsAt(fake, 1);
  const before = fake.world.clock.monotonicMs();
  const queries = [...ends("orders", 2), ...ends("nothing", 1)];
  const outcomes = await fake.run(admin.listOffsets(queries));
  assert.deepEqual(
    outcomes.map(({ name, value, error }) => [name, value?.offset, error?.code]),
    [
      ["orders-0", 100, undefined],
      ["orders-1", undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
      ["nothing-0", undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  assert.ok(fake.world.clock.monotonicMs() - before < 100, "without waiting");
});

test("partitions that were added since are found, though the topic is known", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1]);
  offsetsAt(fake, 1);
  await fake.run(admin.listOffsets(ends("orders", 1)));
  fake.leaders.set("orders", [1, 1]);
  const outcomes = await fake.run(admin.listOffsets(ends("orders", 2)));
  assert.equal(outcomes[1]?.value?.offset, 101);
});

test("a leader that does not answer costs its own partitions", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1, 2]);
  offsetsAt(fake, 1);
  fake.broker(2).serve(listOffsetsRequest, listOffsetsResponse, () => "silent");
  const outcomes = await fake.run(admin.listOffsets(ends("orders", 2), { timeoutMs: 3_000 }));
  assert.equal(outcomes[0]?.value?.offset, 100);
  assert.equal(outcomes[1]?.error?.code, "TIMED_OUT");
});

test("the same partition is asked for several places in requests of their own", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1]);
  offsetsAt(fake, 1);
  const places = ["earliest", "latest", { timestamp: 5 }] as const;
  const queries = places.map((at) => ({ topic: "orders", partition: 0, at }));
  const outcomes = await fake.run(admin.listOffsets(queries));
  assert.equal(outcomes.filter(({ value }) => value?.offset === 100).length, 3);
  assert.deepEqual(fake.asked("ListOffsets"), [3]);
});

test("a place that the leader's version does not know is told, and not asked for", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  fake.broker(1).limit(ApiKey.LIST_OFFSETS, [1, 6]);
  const admin = await fake.admin();
  fake.leaders.set("orders", [1, 1]);
  offsetsAt(fake, 1);
  const outcomes = await fake.run(
    admin.listOffsets([
      { topic: "orders", partition: 0, at: "maxTimestamp" },
      { topic: "orders", partition: 1, at: "latest" },
    ]),
  );
  assert.equal(outcomes[0]?.error?.code, "UNSUPPORTED_API");
  assert.equal(outcomes[1]?.value?.offset, 101);
});

test("a broker that left is no longer asked for its groups", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.broker(1).serve(listGroupsRequest, listGroupsResponse, () => ({
    groups: [
      { groupId: "a", protocolType: "consumer", groupState: "Stable", groupType: "classic" },
    ],
  }));
  fake.broker(2).serve(listGroupsRequest, listGroupsResponse, () => {
    fake.alive.delete(2);
    return "close";
  });
  const groups = await fake.run(admin.listGroups());
  assert.deepEqual(groups, [
    { group: "a", type: "Classic", state: "Stable", protocolType: "consumer", coordinatorId: 1 },
  ]);
});

test("a broker that there is not is told at once", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.broker(1).serve(describeLogDirsRequest, describeLogDirsResponse, () => ({ results: [] }));
  const outcomes = await fake.run(admin.describeLogDirs([1, 9]));
  assert.deepEqual(
    outcomes.map(({ name, error }) => [name, error?.code]),
    [
      ["broker 1", undefined],
      ["broker 9", "BROKER_NOT_AVAILABLE"],
    ],
  );
});

test("the controller is looked up anew, and topics that exist by then are created once", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  fake.broker(1).serve(createTopicsRequest, createTopicsResponse, ({ topics }) => {
    fake.controllerId = 2;
    return {
      topics: topics.map(({ name }) => ({
        name,
        errorCode: name === "a" ? ErrorCode.NONE : ErrorCode.NOT_CONTROLLER,
      })),
    };
  });
  const seen: string[] = [];
  fake.broker(2).serve(createTopicsRequest, createTopicsResponse, ({ topics }) => {
    seen.push(...topics.map(({ name }) => name));
    return { topics: topics.map(({ name }) => ({ name })) };
  });
  const options = { waitForLeaders: false };
  const outcomes = await fake.run(admin.createTopics([{ name: "a" }, { name: "b" }], options));
  assert.deepEqual(
    outcomes.map(({ error }) => error),
    [undefined, undefined],
  );
  assert.deepEqual(seen, ["b"]);
});

test("a call that is cancelled throws, and does not wait", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake.broker(1).serve(deleteGroupsRequest, deleteGroupsResponse, () => "silent");
  const abort = new AbortController();
  fake.world.clock.setTimer(50, () => abort.abort());
  await assert.rejects(
    fake.run(admin.deleteGroups(["a"], { signal: abort.signal })),
    (thrown) => thrown instanceof KafkaError && thrown.code === "CANCELLED",
  );
  assert.ok(fake.world.clock.monotonicMs() < 5_000);
});

test("offsets of a thousand groups take a handful of requests", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 2);
  const admin = await fake.admin();
  const groups = Array.from({ length: 1_000 }, (_, i) => `group-${i}`);
  for (const [i, group] of groups.entries()) fake.coordinators.set(group, (i % 2) + 1);
  for (const broker of fake.brokers) {
    broker.serve(offsetFetchRequest, offsetFetchResponse, (request) => ({
      groups: request.groups.map(({ groupId }) => ({
        groupId,
        topics: [
          {
            name: "orders",
            partitions: [{ partitionIndex: 0, committedOffset: Number(groupId.slice(6)) }],
          },
        ],
      })),
    }));
  }
  fake.leaders.set("orders", [1]);
  offsetsAt(fake, 1);
  const lags = await fake.run(admin.groupLagOf(groups));
  assert.equal(lags.length, 1_000);
  assert.equal(lags[99]?.value?.lag, 1);
  assert.equal(lags[100]?.value?.lag, 0);
  assert.deepEqual(fake.asked("FindCoordinator"), [1, 0]);
  assert.deepEqual(fake.asked("OffsetFetch"), [5, 5]);
  assert.deepEqual(fake.asked("ListOffsets"), [1, 0]);
});

test("offsets of brokers before KIP-709 are asked for group by group", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  fake.broker(1).limit(ApiKey.OFFSET_FETCH, [1, 7]);
  const admin = await fake.admin();
  fake.broker(1).serve(offsetFetchRequest, offsetFetchResponse, ({ groupId }) => ({
    topics: [
      { name: groupId, partitions: [{ partitionIndex: 0, committedOffset: 5, metadata: "m" }] },
    ],
  }));
  const outcomes = await fake.run(admin.groupOffsetsOf(["a", "b"]));
  assert.deepEqual(
    outcomes.map(({ value }) => value),
    ["a", "b"].map((topic) => [
      { topic, partition: 0, offset: 5, leaderEpoch: null, metadata: "m" },
    ]),
  );
  assert.deepEqual(fake.asked("OffsetFetch"), [2]);
});

test("a client without metrics is given an id for them", async () => {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  const admin = await fake.admin();
  fake
    .broker(1)
    .serve(
      getTelemetrySubscriptionsRequest,
      getTelemetrySubscriptionsResponse,
      ({ clientInstanceId }) => {
        assert.equal(clientInstanceId, ZERO_UUID);
        return { clientInstanceId: "AAAAAAAAAAAAAAAAAAAAAw" };
      },
    );
  assert.equal(await fake.run(admin.clientInstanceId()), "AAAAAAAAAAAAAAAAAAAAAw");
});
