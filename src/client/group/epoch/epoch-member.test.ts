import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { test } from "node:test";
import { ErrorCode } from "../../../protocol/error-code.ts";
import { SimWorld } from "../../../simulator/sim-platform.ts";
import { Cluster } from "../../cluster/cluster.ts";
import { Deadline } from "../../cluster/deadline.ts";
import { rebalanceChannel, type RebalanceEvent } from "../../diagnostics/channels.ts";
import { createMembership } from "../create-membership.ts";
import type { Membership, MembershipOptions } from "../membership.ts";
import { ModelCoordinator } from "./model-coordinator.fixture.ts";

const HOST = "broker";
const topic = { name: "t", topicId: "aaaaaaaaaaaaaaaaaaaaaA", partitions: 4 };
const late = { name: "late", topicId: "bbbbbbbbbbbbbbbbbbbbbA", partitions: 1 };

interface Scene {
  readonly world: SimWorld;
  readonly model: ModelCoordinator;
  readonly calls: string[];
  readonly failures: string[];
  member(options?: Partial<MembershipOptions>): Promise<Membership>;
  sleep(delayMs: number): Promise<void>;
}

async function inWorld(run: (scene: Scene) => Promise<void>): Promise<void> {
  const world = new SimWorld({ seed: 1 });
  const scenario = async (): Promise<void> => {
    const model = new ModelCoordinator({
      clock: world.clock,
      topics: [topic],
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 1_000,
    });
    await model.start(world.host(HOST).start().platform.network, HOST);
    const calls: string[] = [];
    const failures: string[] = [];
    const clusters: Cluster[] = [];
    const member = async (options: Partial<MembershipOptions> = {}): Promise<Membership> => {
      const { platform } = world.host(`client-${clusters.length}`).start();
      const cluster = await Cluster.connect({ platform, bootstrap: [`${HOST}:9092`] });
      clusters.push(cluster);
      const membership = await createMembership(
        cluster,
        {
          group: "group",
          protocol: "consumer",
          subscription: { kind: "topics", topics: [topic.name] },
          assignors: ["range"],
          sessionTimeoutMs: 10_000,
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
      await membership.join(cluster.deadline());
      return membership;
    };
    const sleep = (delayMs: number): Promise<void> =>
      new Promise((resolve) => {
        world.clock.setTimer(delayMs, resolve);
      });
    await run({ world, model, calls, failures, member, sleep });
    for (const cluster of clusters) cluster.close();
    model.group.suspend();
  };
  await world.clock.wait(scenario());
}

test("names of topics are asked for by id, and an assignment of one that is not known yet comes later", () =>
  inWorld(async ({ model, calls, member, sleep }) => {
    const membership = await member({ subscription: { kind: "topics", topics: ["t", "late"] } });
    assert.deepEqual(calls, ["assigned 4"]);
    model.topics.push(late);
    model.hidden = late.name;
    membership.subscribe({ kind: "topics", topics: ["late", "t", "x"] });
    await sleep(3_000);
    assert.deepEqual(calls, ["assigned 4"]);
    model.hidden = undefined;
    await sleep(3_000);
    assert.deepEqual(calls, ["assigned 4", "assigned 1"]);
    assert.ok(membership.assignment.some((one) => one.topic === "late"));
  }));

test("what passes at the coordinator is waited out, and the member keeps what it has", () =>
  inWorld(async ({ model, calls, failures, member, sleep }) => {
    const membership = await member();
    for (const refusal of [
      ErrorCode.NOT_COORDINATOR,
      ErrorCode.COORDINATOR_NOT_AVAILABLE,
      ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ]) {
      model.refusal = refusal;
      await sleep(4_000);
      model.refusal = ErrorCode.NONE;
      await sleep(2_000);
    }
    assert.deepEqual(calls, ["assigned 4"]);
    assert.deepEqual(failures, []);
    assert.ok(membership.metadata.generationId > 0);
  }));

test("a commit with an epoch that has passed is made again with the newest one", () =>
  inWorld(async ({ world, model, calls, member }) => {
    const membership = await member();
    const { memberId, generationId } = membership.metadata;
    model.group.advance(memberId);
    const offsets = [{ topic: topic.name, partition: 0, offset: 1, leaderEpoch: -1 }];
    await membership.commit(offsets, new Deadline(world.clock, 10_000));
    assert.deepEqual(model.commits, ["STALE_MEMBER_EPOCH", "NONE"]);
    assert.ok(membership.metadata.generationId > generationId);
    assert.deepEqual(calls, ["assigned 4"]);
  }));

test("a commit of a member that was removed fails, and the member comes back", () =>
  inWorld(async ({ world, model, calls, member, sleep }) => {
    const membership = await member();
    model.group.remove(membership.metadata.memberId);
    const offsets = [{ topic: topic.name, partition: 0, offset: 1, leaderEpoch: -1 }];
    await assert.rejects(membership.commit(offsets, new Deadline(world.clock, 10_000)), {
      code: "UNKNOWN_MEMBER_ID",
      needsRejoin: true,
    });
    await sleep(3_000);
    assert.deepEqual(calls, ["assigned 4", "revoked 4 lost", "assigned 4"]);
  }));

test("a member that was removed loses all, and comes back with the same id", () =>
  inWorld(async ({ model, calls, member, sleep }) => {
    const membership = await member();
    const { memberId } = membership.metadata;
    model.group.remove(memberId);
    await sleep(3_000);
    assert.deepEqual(calls, ["assigned 4", "revoked 4 lost", "assigned 4"]);
    assert.equal(membership.metadata.memberId, memberId);
    assert.deepEqual(model.group.members, [memberId]);
  }));

test("what no retry mends ends the membership; it can be joined again", () =>
  inWorld(async ({ model, calls, failures, member, sleep, world }) => {
    const membership = await member();
    model.refusal = ErrorCode.GROUP_AUTHORIZATION_FAILED;
    await sleep(3_000);
    assert.deepEqual(failures, ["GROUP_AUTHORIZATION_FAILED"]);
    assert.deepEqual(calls, ["assigned 4", "revoked 4 lost"]);
    model.refusal = ErrorCode.NONE;
    await membership.join(new Deadline(world.clock, 20_000));
    assert.equal(calls.at(-1), "assigned 4");
  }));

test("rebalances are told through diagnostics", () => {
  const seen: RebalanceEvent[] = [];
  const listen = (message: unknown): void => {
    if (isRebalance(message)) seen.push(message);
  };
  subscribe(rebalanceChannel.name, listen);
  return inWorld(async ({ model, member, sleep }) => {
    const membership = await member();
    const { memberId } = membership.metadata;
    model.group.remove(memberId);
    await sleep(3_000);
    assert.deepEqual(
      seen.map(({ kind, partitions }) => `${kind} ${partitions.length}`),
      ["assigned 4", "lost 4", "assigned 4"],
    );
    const [first] = seen;
    assert.equal(first?.group, "group");
    assert.equal(first?.protocol, "consumer");
    assert.equal(first?.memberId, memberId);
  }).finally(() => unsubscribe(rebalanceChannel.name, listen));
});

function isRebalance(message: unknown): message is RebalanceEvent {
  return typeof message === "object" && message !== null && "partitions" in message;
}
