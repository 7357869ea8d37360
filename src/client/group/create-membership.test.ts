import assert from "node:assert/strict";
import { test } from "node:test";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { ApiKey, apiOf } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from "../../protocol/messages/consumer-group-heartbeat.ts";
import { Cluster } from "../cluster/cluster.ts";
import { MODEL_HOST, MODEL_TOPIC, ModelClassic } from "./classic/model-classic.fixture.ts";
import { createMembership } from "./create-membership.ts";
import type { Membership, MembershipOptions } from "./membership.ts";

interface Scene {
  readonly world: SimWorld;
  readonly model: ModelClassic;
  readonly cluster: Cluster;
  readonly calls: string[];
  readonly failures: string[];
  member(options?: Partial<MembershipOptions>): Promise<Membership>;
}

const partitions = [0, 1].map((partition) => ({ topic: MODEL_TOPIC, partition }));

/** One member and one broker, in a world of their own. */
async function inWorld(
  setUp: (model: ModelClassic) => void,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const world = new SimWorld({ seed: 1 });
  const scenario = async (): Promise<void> => {
    const model = await ModelClassic.start(world.host(MODEL_HOST).start().platform.network);
    setUp(model);
    const { platform } = world.host("client").start();
    const cluster = await Cluster.connect({ platform, bootstrap: [`${MODEL_HOST}:9092`] });
    const calls: string[] = [];
    const failures: string[] = [];
    const member = (options: Partial<MembershipOptions> = {}) =>
      createMembership(
        cluster,
        {
          group: "group",
          protocol: "classic",
          subscription: { kind: "topics", topics: [MODEL_TOPIC] },
          assignors: ["range"],
          sessionTimeoutMs: 45_000,
          heartbeatIntervalMs: 3_000,
          rebalanceTimeoutMs: 60_000,
          maxPollIntervalMs: 300_000,
          ...options,
        },
        {
          onAssigned: async (of) => void calls.push(`assigned ${of.length}`),
          onRevoked: async (of, reason) => void calls.push(`revoked ${of.length} ${reason}`),
          onFailed: (error) => void failures.push(error.code),
        },
      );
    await run({ world, model, cluster, calls, failures, member });
    cluster.close();
  };
  await world.clock.wait(scenario());
}

/** All versions of an API, each alone with the newest of all others. */
const versions = [
  ApiKey.JOIN_GROUP,
  ApiKey.SYNC_GROUP,
  ApiKey.HEARTBEAT,
  ApiKey.LEAVE_GROUP,
  ApiKey.OFFSET_COMMIT,
  ApiKey.OFFSET_FETCH,
  ApiKey.FIND_COORDINATOR,
].flatMap((key) => {
  const api = apiOf(key)!;
  const { minVersion, maxStableVersion } = api;
  return Array.from({ length: maxStableVersion - minVersion + 1 }, (_, i) => ({
    api,
    version: minVersion + i,
  }));
});

for (const { api, version } of versions) {
  test(`a broker that serves ${api.name} in version ${version} has a member that joins, commits and leaves`, () =>
    inWorld(
      ({ broker }) => broker.limit(api.key, [version, version]),
      async ({ model, cluster, calls, member }) => {
        const membership = await member();
        await membership.join(cluster.deadline());
        assert.deepEqual(membership.assignment, partitions);
        await cluster.topic(MODEL_TOPIC);
        const committed = { topic: MODEL_TOPIC, partition: 1, offset: 7, leaderEpoch: -1 };
        await membership.commit([{ ...committed, metadata: "m" }], cluster.deadline());
        const found = await membership.fetchCommitted(partitions, cluster.deadline());
        assert.deepEqual(found, [{ ...committed, metadata: "m" }]);
        await membership.leave(cluster.deadline());
        assert.deepEqual(model.left, ["given"]);
        assert.deepEqual(calls, ["assigned 2", "revoked 2 closing"]);
      },
    ));
}

test("a static member needs a broker that knows of instances, and says so", () =>
  inWorld(
    ({ broker }) => broker.limit(ApiKey.JOIN_GROUP, [0, 4]),
    async ({ cluster, member }) => {
      const membership = await member({ instanceId: "i" });
      await assert.rejects(membership.join(cluster.deadline()), { code: "UNSUPPORTED_API" });
      await membership.leave(cluster.deadline());
    },
  ));

test("auto: a broker that does not serve the new protocol has a classic member", () =>
  inWorld(
    ({ broker }) => broker.limit(ApiKey.CONSUMER_GROUP_HEARTBEAT, undefined),
    async ({ cluster, member }) => {
      const membership = await member({ protocol: "auto" });
      await membership.join(cluster.deadline());
      assert.equal(membership.protocol, "classic");
      await membership.leave(cluster.deadline());
    },
  ));

test("auto: a broker that serves it in a version without own ids has a classic member", () =>
  inWorld(
    ({ broker }) => broker.limit(ApiKey.CONSUMER_GROUP_HEARTBEAT, [0, 0]),
    async ({ cluster, member }) => {
      const membership = await member({ protocol: "auto" });
      await membership.join(cluster.deadline());
      assert.equal(membership.protocol, "classic");
      await membership.leave(cluster.deadline());
      const stubborn = await member({ protocol: "consumer" });
      await assert.rejects(stubborn.join(cluster.deadline()), { code: "UNSUPPORTED_API" });
      await stubborn.leave(cluster.deadline());
    },
  ));

for (const refusal of [ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.UNSUPPORTED_VERSION]) {
  test(`auto: a group that refuses the new protocol (${refusal}) is joined as a classic one`, () =>
    inWorld(
      ({ broker }) =>
        broker.serve(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, () => ({
          errorCode: refusal,
        })),
      async ({ cluster, calls, failures, member }) => {
        const membership = await member({ protocol: "auto" });
        await membership.join(cluster.deadline());
        assert.equal(membership.protocol, "classic");
        assert.deepEqual(membership.assignment, partitions);
        await membership.leave(cluster.deadline());
        assert.deepEqual(calls, ["assigned 2", "revoked 2 closing"]);
        assert.deepEqual(failures, []);
      },
    ));
}

test("auto: a classic group that refuses its members is tried with the new protocol, and that is the end", () =>
  inWorld(
    (model) => {
      model.groupState = "Stable";
      model.refusal = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
      model.broker.serve(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, () => ({
        errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      }));
    },
    async ({ model, cluster, member }) => {
      const membership = await member({ protocol: "auto" });
      await assert.rejects(membership.join(cluster.deadline()), {
        code: "INCONSISTENT_GROUP_PROTOCOL",
      });
      const joins = model.broker.asked.filter((name) => name === "JoinGroup").length;
      assert.equal(joins, 2);
      await membership.leave(cluster.deadline());
    },
  ));

test("a member that was never in its group leaves without a word", () =>
  inWorld(
    () => undefined,
    async ({ model, cluster, member }) => {
      for (const protocol of ["classic", "consumer", "auto"] as const) {
        const membership = await member({ protocol });
        await membership.leave(cluster.deadline());
        await assert.rejects(membership.join(cluster.deadline()), { code: "CLOSED" });
      }
      assert.ok(!model.broker.asked.includes("LeaveGroup"));
    },
  ));

test("a coordinator that is silent does not hold up a member that leaves beyond its deadline", () =>
  inWorld(
    () => undefined,
    async ({ world, cluster, member }) => {
      const membership = await member();
      await membership.join(cluster.deadline());
      world.network.block("client", MODEL_HOST);
      const beganAtMs = world.clock.monotonicMs();
      await membership.leave(cluster.deadline({ timeoutMs: 2_000 }));
      assert.ok(world.clock.monotonicMs() - beganAtMs <= 2_001);
      // The member is over, though nobody was told.
      await assert.rejects(membership.join(cluster.deadline()), { code: "CLOSED" });
    },
  ));

test("a join that is not done in time is told so, and goes on until the member leaves", () =>
  inWorld(
    (model) => {
      model.refusal = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    },
    async ({ model, cluster, member, calls }) => {
      const membership = await member();
      await assert.rejects(membership.join(cluster.deadline({ timeoutMs: 3_000 })), {
        code: "TIMED_OUT",
      });
      model.refusal = ErrorCode.NONE;
      await membership.join(cluster.deadline());
      assert.deepEqual(calls, ["assigned 2"]);
      await membership.leave(cluster.deadline());
    },
  ));

test("a listener that cannot begin with its partitions ends the membership, and the group hears of it", () =>
  inWorld(
    () => undefined,
    async ({ model, cluster }) => {
      const failures: string[] = [];
      const membership = await createMembership(
        cluster,
        {
          group: "group",
          protocol: "classic",
          subscription: { kind: "topics", topics: [MODEL_TOPIC] },
          assignors: ["range"],
          sessionTimeoutMs: 45_000,
          heartbeatIntervalMs: 3_000,
          rebalanceTimeoutMs: 60_000,
          maxPollIntervalMs: 300_000,
        },
        {
          onAssigned: () => Promise.reject(new Error("no place to begin")),
          onRevoked: () => Promise.reject(new Error("nor to end")),
          onFailed: (error) => void failures.push(error.message),
        },
      );
      await assert.rejects(membership.join(cluster.deadline()), /no place to begin/);
      assert.deepEqual(failures, []);
      assert.deepEqual(membership.assignment, []);
      await membership.leave(cluster.deadline());
      assert.deepEqual(model.left, ["given"]);
    },
  ));
