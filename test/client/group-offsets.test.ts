import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  commitOffsets,
  fetchOffsets,
  OffsetCommitError,
} from "../../src/client/group/group-offsets.ts";
import { eventually, GroupScene, partitionsOf } from "./group-scene.ts";
import { onKafka, startTarget, uniqueName, type Target } from "./target.ts";

/** Nobody in particular, for a group without members. */
const NO_MEMBER = { memberId: "", generationId: -1 };

let target: Target;
let scene: GroupScene;

before(async () => {
  target = await startTarget(["group.min.session.timeout.ms=1000"]);
  scene = await GroupScene.open(target.bootstrap);
});

after(async () => {
  await scene.close();
  await target.close();
});

/** The protocols that the broker serves. */
const protocols = onKafka ? (["classic", "consumer"] as const) : (["classic"] as const);

for (const protocol of protocols) {
  test(`${protocol}: what a member commits is there with its epoch and metadata`, async () => {
    const topic = await scene.newTopic(3);
    const member = await scene.member({ group: uniqueName("group"), topics: [topic], protocol });
    await scene.allOwned(partitionsOf(topic, 3));
    await member.commit([
      { topic, partition: 0, offset: 5, leaderEpoch: 0, metadata: "five" },
      { topic, partition: 2, offset: 0, leaderEpoch: -1 },
    ]);
    const { membership, cluster } = member;
    const found = await membership.fetchCommitted(partitionsOf(topic, 3), cluster.deadline());
    assert.deepEqual(found, [
      { topic, partition: 0, offset: 5, leaderEpoch: 0, metadata: "five" },
      { topic, partition: 2, offset: 0, leaderEpoch: -1, metadata: "" },
    ]);
    const { group } = membership.metadata;
    const query = { group, partitions: null };
    const all = await fetchOffsets(scene.admin, query, scene.admin.deadline());
    assert.deepEqual(
      [...all].sort((a, b) => a.partition - b.partition),
      found,
    );
    await member.leave();
  });

  test(`${protocol}: an offset that is refused is told by its partition; the others are stored`, async () => {
    const topic = await scene.newTopic(2);
    const member = await scene.member({ group: uniqueName("group"), topics: [topic], protocol });
    await scene.allOwned(partitionsOf(topic, 2));
    const metadata = "x".repeat(5_000);
    const commit = member.commit([
      { topic, partition: 0, offset: 1, leaderEpoch: -1 },
      { topic, partition: 1, offset: 1, leaderEpoch: -1, metadata },
    ]);
    await assert.rejects(commit, (thrown) => {
      assert.ok(thrown instanceof OffsetCommitError);
      assert.equal(thrown.code, "OFFSET_METADATA_TOO_LARGE");
      assert.equal(thrown.retriable, false);
      assert.deepEqual(
        thrown.failures.map(({ topic: name, partition }) => [name, partition]),
        [[topic, 1]],
      );
      return true;
    });
    const { membership, cluster } = member;
    const found = await membership.fetchCommitted(partitionsOf(topic, 2), cluster.deadline());
    assert.deepEqual(
      found.map(({ partition, offset }) => [partition, offset]),
      [[0, 1]],
    );
    await member.leave();
  });

  test(`${protocol}: whoever is not in the group cannot commit into it`, async () => {
    const topic = await scene.newTopic(1);
    const group = uniqueName("group");
    const offsets = [{ topic, partition: 0, offset: 1, leaderEpoch: -1 }];
    const member = await scene.member({ group, topics: [topic], protocol });
    await scene.allOwned(partitionsOf(topic, 1));
    const { admin } = scene;
    for (const by of [NO_MEMBER, { memberId: "nobody", generationId: 1 }]) {
      await assert.rejects(commitOffsets(admin, group, offsets, by, admin.deadline()), {
        code: "UNKNOWN_MEMBER_ID",
        needsRejoin: true,
      });
    }
    await member.leave();
    await assert.rejects(member.commit(offsets), { code: "UNKNOWN_MEMBER_ID" });
    await commitOffsets(admin, group, offsets, NO_MEMBER, admin.deadline());
  });
}

for (const protocol of protocols) {
  test(`${protocol}: commits go on through rebalances that keep the partitions`, async () => {
    const topic = await scene.newTopic(6);
    const group = uniqueName("group");
    const joining = {
      group,
      topics: [topic],
      protocol,
      assignors: ["cooperative-sticky"] as const,
    };
    if (protocol === "consumer") {
      await scene.configureGroup(group, {
        "consumer.heartbeat.interval.ms": "100",
        "consumer.assignment.interval.ms": "0",
      });
    }
    const first = await scene.member(joining);
    await scene.allOwned(partitionsOf(topic, 6));
    let commits = 0;
    let isOver = false;
    const failures: string[] = [];
    const committing = (async () => {
      while (!isOver) {
        const [kept] = first.membership.assignment;
        if (kept === undefined) break;
        await first
          .commit([{ ...kept, offset: commits, leaderEpoch: -1 }])
          .then(() => commits++)
          .catch((thrown: Error) => {
            if (first.numbers.includes(kept.partition)) failures.push(thrown.message);
          });
      }
    })();
    for (let i = 0; i < 3; i++) {
      const other = await scene.member(joining);
      await scene.evenlyOwned(partitionsOf(topic, 6), [first, other]);
      await other.leave();
      await scene.allOwned(partitionsOf(topic, 6));
    }
    isOver = true;
    await committing;
    assert.deepEqual(failures, []);
    assert.ok(commits > 3);
    await first.leave();
  });
}

test("a group that committed nothing has no offsets", async () => {
  const { admin } = scene;
  const query = { group: uniqueName("group"), partitions: null };
  assert.deepEqual(await fetchOffsets(admin, query, admin.deadline()), []);
});

test("offsets are stored for topics as they are, not for others under their names", async () => {
  const topic = await scene.newTopic(1);
  const group = uniqueName("group");
  const { admin } = scene;
  const old = await GroupScene.open(target.bootstrap);
  try {
    const { topicId } = await old.admin.topic(topic);
    const offsets = [{ topic, partition: 0, offset: 9, leaderEpoch: -1 }];
    await commitOffsets(old.admin, group, offsets, NO_MEMBER, old.admin.deadline());
    await scene.deleteTopic(topic);
    await eventuallyGone(topic);
    await scene.createTopic(topic, 1);
    // This one still knows the topic that was.
    assert.equal(old.admin.knownTopic(topic)?.topicId, topicId);
    await assert.rejects(
      commitOffsets(old.admin, group, offsets, NO_MEMBER, old.admin.deadline()),
      { code: "UNKNOWN_TOPIC_ID" },
    );
    const query = { group, partitions: partitionsOf(topic, 1) };
    assert.deepEqual(await fetchOffsets(admin, query, admin.deadline()), []);
  } finally {
    await old.close();
  }
});

async function eventuallyGone(topic: string): Promise<void> {
  let isGone = false;
  void (async () => {
    while (!isGone) {
      const [found] = await scene.admin.metadataOf([topic]);
      isGone = found?.partitions.length === 0;
    }
  })();
  await eventually(
    () => isGone,
    () => `${topic} is gone`,
  );
}

test("the offsets of nothing are no request", async () => {
  const { admin } = scene;
  await commitOffsets(admin, "nobody", [], NO_MEMBER, admin.deadline());
  assert.deepEqual(
    await fetchOffsets(admin, { group: "nobody", partitions: [] }, admin.deadline()),
    [],
  );
});
