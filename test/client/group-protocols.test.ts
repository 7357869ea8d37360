import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { ClassicCoordinator } from "../../src/client/group/classic/classic-coordinator.ts";
import { encodeSubscription } from "../../src/client/group/classic/member-bytes.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { errorName } from "../../src/protocol/error-code.ts";
import { consumerProtocolAssignment } from "../../src/protocol/records/common/consumer-protocol-assignment.ts";
import { Writer } from "../../src/protocol/writer.ts";
import {
  eventually,
  GroupScene,
  partitionsOf,
  type SceneMember,
  type SceneMemberOptions,
} from "./group-scene.ts";
import { skipOnMoldau, startTarget, uniqueName, type Target } from "./target.ts";

/**
 * Groups in which both protocols meet. Apache Kafka 4.4 turns a classic group into one of the new protocol
 * when a member of that joins, if it can, and back when the last one leaves.
 */

let target: Target;

before(async () => {
  target = await startTarget();
});

after(() => target.close());

function inScene(about: string, run: (scene: GroupScene, group: string) => Promise<void>): void {
  test(about, async (t: TestContext) => {
    if (skipOnMoldau(t, "the new protocol of groups")) return;
    const scene = await GroupScene.open(target.bootstrap);
    const group = uniqueName("group");
    await scene.configureGroup(group, {
      "consumer.session.timeout.ms": "2000",
      "consumer.heartbeat.interval.ms": "100",
      "consumer.assignment.interval.ms": "0",
    });
    try {
      await run(scene, group);
    } finally {
      await scene.close();
    }
    scene.check();
  });
}

inScene("auto joins a classic group with members as a classic member", async (scene, group) => {
  const topic = await scene.newTopic(4);
  const joining = { group, topics: [topic] };
  const classic = await scene.member({ ...joining, protocol: "classic" });
  const auto = await scene.member({ ...joining, protocol: "auto" });
  assert.equal(auto.membership.protocol, "classic");
  await scene.evenlyOwned(partitionsOf(topic, 4), [classic, auto]);
});

inScene(
  "auto joins a group of the new protocol, and an empty classic one, with the new protocol",
  async (scene, group) => {
    const topic = await scene.newTopic(4);
    const joining = { group, topics: [topic] };
    const classic = await scene.member({ ...joining, protocol: "classic" });
    await classic.leave();
    const auto = await scene.member({ ...joining, protocol: "auto" });
    assert.equal(auto.membership.protocol, "consumer");
    const second = await scene.member({ ...joining, protocol: "auto" });
    assert.equal(second.membership.protocol, "consumer");
    await scene.evenlyOwned(partitionsOf(topic, 4), [auto, second]);
  },
);

inScene(
  "a member of the new protocol takes a classic group along, and the last one brings it back",
  async (scene, group) => {
    const topic = await scene.newTopic(6);
    const all = partitionsOf(topic, 6);
    const joining = { group, topics: [topic] };
    await knownTo(scene, joining);
    const classics = await classicMembers(scene, joining, 2);
    await scene.evenlyOwned(all, classics);
    const migrating = await scene.member({ ...joining, protocol: "consumer" });
    await scene.evenlyOwned(all, [...classics, migrating]);
    const late = await scene.member({ ...joining, protocol: "classic" });
    await scene.evenlyOwned(all, [...classics, migrating, late]);
    await late.commit([{ topic, partition: 0, offset: 3, leaderEpoch: -1 }]);
    await migrating.leave();
    await scene.evenlyOwned(all, [...classics, late]);
    await classics[0]!.leave();
    await scene.evenlyOwned(all, [classics[1]!, late]);
  },
);

for (const assignor of ["cooperative-sticky", "sticky", "roundrobin"] as const) {
  inScene(`${assignor}: members go along too`, async (scene, group) => {
    const topic = await scene.newTopic(6);
    const all = partitionsOf(topic, 6);
    const joining = { group, topics: [topic], assignors: [assignor] };
    await knownTo(scene, joining);
    const classics = await classicMembers(scene, joining, 2);
    await scene.evenlyOwned(all, classics);
    const migrating = await scene.member({ ...joining, protocol: "consumer" });
    await scene.evenlyOwned(all, [...classics, migrating]);
    await migrating.leave();
    await scene.evenlyOwned(all, classics);
  });
}

inScene(
  "a group whose assignor keeps data of its own does not migrate; auto is a classic member of it",
  async (scene, group) => {
    const topic = await scene.newTopic(4);
    const joining = { group, topics: [topic] };
    const other = await joinByHand(scene, group, topic);
    await assert.rejects(scene.member({ ...joining, protocol: "consumer" }), {
      code: "GROUP_ID_NOT_FOUND",
    });
    const auto = await scene.member({ ...joining, protocol: "auto", later: true });
    await eventually(
      () => auto.membership.protocol === "classic",
      () => auto.membership.protocol,
    );
    await other.leave();
    await scene.allOwned(partitionsOf(topic, 4));
  },
);

inScene("what the coordinator does not take is told: an assignor, a name", async (scene, group) => {
  const topic = await scene.newTopic(1);
  const joining = { group, topics: [topic], protocol: "consumer" } as const;
  await assert.rejects(scene.member({ ...joining, remoteAssignor: "best" }), {
    code: "UNSUPPORTED_ASSIGNOR",
  });
  const member = await scene.member({ ...joining, remoteAssignor: "range" });
  await scene.allOwned(partitionsOf(topic, 1));
  assert.equal(member.membership.protocol, "consumer");
});

inScene(
  "a topic that is made anew under its name is taken up as the new one",
  async (scene, group) => {
    const topic = await scene.newTopic(2);
    const joining = { group, topics: [topic], protocol: "consumer" } as const;
    const member = await scene.member(joining);
    await scene.allOwned(partitionsOf(topic, 2));
    await scene.deleteTopic(topic);
    await eventually(
      () => member.numbers.length === 0,
      () => scene.describe(),
    );
    await scene.createTopic(topic, 3);
    await scene.allOwned(partitionsOf(topic, 3));
  },
);

/**
 * Waits until the coordinator of the group knows the topic. One that migrates a group earlier takes what
 * its members have of the topic for nothing, and gives it to others at once.
 */
async function knownTo(scene: GroupScene, joining: SceneMemberOptions): Promise<void> {
  const member = await scene.member({ ...joining, protocol: "consumer" });
  await eventually(
    () => member.numbers.length > 0,
    () => scene.describe(),
  );
  await member.leave();
}

function classicMembers(
  scene: GroupScene,
  joining: SceneMemberOptions,
  count: number,
): Promise<SceneMember[]> {
  return Promise.all(
    Array.from({ length: count }, () => scene.member({ ...joining, protocol: "classic" })),
  );
}

/** A classic member that keeps data with its assignment, as assignors of other people may. */
async function joinByHand(
  scene: GroupScene,
  group: string,
  topic: string,
): Promise<{ leave(): Promise<unknown> }> {
  const cluster = scene.admin;
  const coordinator = new ClassicCoordinator(cluster, {
    group,
    instanceId: null,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
  });
  const metadata = encodeSubscription({
    topics: [topic],
    userData: null,
    owned: [],
    generation: -1,
    rack: null,
  });
  const request = { protocols: [{ name: "range", metadata }], reason: "by hand" };
  const { memberId } = await coordinator.join({ ...request, memberId: "" }, cluster.deadline());
  const joined = await coordinator.join({ ...request, memberId }, cluster.deadline());
  assert.equal(errorName(joined.errorCode), "NONE");
  const { generationId, protocolName } = joined;
  const writer = new Writer();
  writer.writeInt16(0);
  codecOf(consumerProtocolAssignment, 0).encode(writer, {
    assignedPartitions: [{ topic, partitions: [0, 1, 2, 3] }],
    userData: Buffer.from("kept"),
  });
  const synced = await coordinator.sync(
    { group, memberId, generationId, instanceId: null },
    { protocolName, assignments: [{ memberId, assignment: writer.toBuffer() }] },
    cluster.deadline(),
  );
  assert.equal(errorName(synced.errorCode), "NONE");
  return { leave: () => coordinator.leave(memberId, "by hand", cluster.deadline()) };
}
