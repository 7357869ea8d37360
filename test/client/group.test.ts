import assert from "node:assert/strict";
import { after, before, suite, test, type TestContext } from "node:test";
import type { MembershipOptions } from "../../src/client/group/membership.ts";
import { SimRandom } from "../../src/simulator/sim-random.ts";
import {
  eventually,
  GroupScene,
  partitionsOf,
  type SceneMember,
  type SceneMemberOptions,
} from "./group-scene.ts";
import { onKafka, skipOnMoldau, startTarget, uniqueName, type Target } from "./target.ts";

let target: Target;

before(async () => {
  target = await startTarget(["group.min.session.timeout.ms=1000"]);
});

after(() => target.close());

/** Short, so that the death of a member is noticed within a test. */
const SESSION_MS = 2_000;

async function inScene(run: (scene: GroupScene) => Promise<void>): Promise<void> {
  const scene = await GroupScene.open(target.bootstrap);
  try {
    await run(scene);
  } finally {
    await scene.close();
  }
  scene.check();
}

/** The ways in which a group can deal its partitions out. */
const kinds: Readonly<Record<string, Pick<MembershipOptions, "protocol" | "assignors">>> = {
  range: { protocol: "classic", assignors: ["range"] },
  roundrobin: { protocol: "classic", assignors: ["roundrobin"] },
  sticky: { protocol: "classic", assignors: ["sticky"] },
  cooperative: { protocol: "classic", assignors: ["cooperative-sticky"] },
  "new protocol": { protocol: "consumer", assignors: ["range"] },
};

type Options = SceneMemberOptions & Pick<MembershipOptions, "protocol">;

/** Tests that mostly wait, so that many go on at a time. */
const waiting: (() => void)[] = [];
const AT_ONCE = 8;

/** A test in every way, with a group of its own. */
function inEveryWay(
  about: string,
  run: (scene: GroupScene, options: Options) => Promise<void>,
): void {
  for (const [kind, way] of Object.entries(kinds)) {
    const name = `${kind}: ${about}`;
    const body = (t: TestContext): Promise<void> | void => {
      if (way.protocol === "consumer" && skipOnMoldau(t, "the new protocol of groups")) return;
      return inScene(async (scene) => {
        const group = uniqueName("group");
        if (way.protocol === "consumer") {
          await scene.configureGroup(group, {
            "consumer.session.timeout.ms": String(SESSION_MS),
            "consumer.heartbeat.interval.ms": "100",
            "consumer.assignment.interval.ms": "0",
          });
        }
        await run(scene, { ...way, group, sessionTimeoutMs: SESSION_MS });
      });
    };
    waiting.push(() => void test(name, body));
  }
}

inEveryWay(
  "members come, leave and are killed; each partition has one owner",
  async (scene, options) => {
    const topic = await scene.newTopic(8);
    const all = partitionsOf(topic, 8);
    const joining = { ...options, topics: [topic] };
    const first = await scene.member(joining);
    await scene.allOwned(all);
    const others = await Promise.all([1, 2, 3].map(() => scene.member(joining)));
    await scene.evenlyOwned(all, [first, ...others]);
    await others[0]!.leave();
    await scene.evenlyOwned(all, [first, others[1]!, others[2]!]);
    others[1]!.kill();
    const late = await scene.member(joining);
    await scene.evenlyOwned(all, [first, others[2]!, late]);
    await first.leave();
    await scene.evenlyOwned(all, [others[2]!, late]);
  },
);

inEveryWay("up to eight members at random, with slow revocations", async (scene, options) => {
  const random = new SimRandom(848, String(options.assignors?.join()));
  const topics = [await scene.newTopic(5), await scene.newTopic(3)];
  const all = topics.flatMap((topic, i) => partitionsOf(topic, [5, 3][i] ?? 0));
  const present: SceneMember[] = [];
  for (let step = 0; step < 14; step++) {
    const what = random.fraction();
    if (present.length === 0 || (present.length < 8 && what < 0.6)) {
      present.push(
        await scene.member({
          ...options,
          topics,
          later: true,
          revocationMs: random.below(40),
        }),
      );
    } else {
      const [gone] = present.splice(random.below(present.length), 1);
      if (what < 0.85) await gone?.leave();
      else gone?.kill();
    }
    if (present.length > 0 && random.chance(0.4)) await scene.someOwned();
  }
  if (present.length === 0) present.push(await scene.member({ ...options, topics }));
  await scene.allOwned(all, 60_000);
});

inEveryWay(
  "a static member that restarts finds its partitions, and nobody else is bothered",
  async (scene, options) => {
    const topic = await scene.newTopic(4);
    const all = partitionsOf(topic, 4);
    const joining = { ...options, topics: [topic], sessionTimeoutMs: 10_000 };
    if (options.protocol === "consumer") {
      await scene.configureGroup(options.group, { "consumer.session.timeout.ms": "10000" });
    }
    const stays = await scene.member({ ...joining, instanceId: "stays" });
    const restarts = await scene.member({ ...joining, instanceId: "restarts" });
    await scene.evenlyOwned(all, [stays, restarts]);
    await scene.atRest();
    const had = restarts.names;
    const calls = stays.calls.length;
    await restarts.leave();
    const again = await scene.member({ ...joining, instanceId: "restarts" });
    await scene.evenlyOwned(all, [stays, again]);
    assert.deepEqual(again.names, had);
    assert.deepEqual(stays.calls.slice(calls), []);
  },
);

inEveryWay(
  "a second process with the same instance id: one of them ends",
  async (scene, options) => {
    const topic = await scene.newTopic(2);
    const joining = { ...options, topics: [topic], instanceId: "only one" };
    const first = await scene.member(joining);
    await scene.allOwned(partitionsOf(topic, 2));
    if (options.protocol === "classic") {
      // The coordinator takes the newer one for a restart, and fences the older one.
      await scene.memberThatReplaces(joining, first);
      await eventually(
        () => first.failures.length > 0,
        () => "the first one fails",
      );
      assert.equal(first.failures[0]?.code, "FENCED_INSTANCE_ID");
      assert.equal(first.failures[0]?.fatal, true);
      await scene.allOwned(partitionsOf(topic, 2));
      return;
    }
    // The new protocol keeps the older one: the newer one waits for as long as a session lasts.
    const second = await scene.member({ ...joining, later: true });
    await eventually(
      () => second.failures.length > 0,
      () => "the second one fails",
    );
    assert.equal(second.failures[0]?.code, "UNRELEASED_INSTANCE_ID");
    const third = scene.member(joining);
    first.kill();
    await third;
    await scene.allOwned(partitionsOf(topic, 2));
  },
);

inEveryWay(
  "a member without progress leaves, says so, and comes back with the next sign of it",
  async (scene, options) => {
    const topic = await scene.newTopic(4);
    const all = partitionsOf(topic, 4);
    const joining = { ...options, topics: [topic] };
    const works = await scene.member(joining);
    const stuck = await scene.member({ ...joining, maxPollIntervalMs: 1_500 });
    await eventually(
      () => stuck.numbers.length > 0,
      () => scene.describe(),
    );
    const { generationId } = stuck.membership.metadata;
    assert.ok(generationId > 0);
    await scene.evenlyOwned(all, [works]);
    assert.ok(stuck.calls.at(-1)?.endsWith("(lost)"));
    await assert.rejects(stuck.commit([{ ...all[0]!, offset: 1, leaderEpoch: -1 }]), {
      code: "MAX_POLL_EXCEEDED",
    });
    stuck.membership.polled();
    await scene.evenlyOwned(all, [works, stuck]);
  },
);

inEveryWay(
  "another subscription takes effect, and partitions that are added are dealt out",
  async (scene, options) => {
    const [one, two] = [await scene.newTopic(2), await scene.newTopic(2)];
    const joining = { ...options, topics: [one], metadataMaxAgeMs: 200 };
    const first = await scene.member(joining);
    const second = await scene.member(joining);
    await scene.evenlyOwned(partitionsOf(one, 2), [first, second]);
    first.membership.subscribe({ kind: "topics", topics: [one, two] });
    await scene.allOwned([...partitionsOf(one, 2), ...partitionsOf(two, 2)]);
    second.membership.subscribe({ kind: "topics", topics: [two] });
    await eventually(
      () => second.names.length > 0 && second.names.every((name) => name.startsWith(two)),
      () => scene.describe(),
    );
    await scene.allOwned([...partitionsOf(one, 2), ...partitionsOf(two, 2)]);
    await scene.addPartitions(two, 5);
    await scene.allOwned([...partitionsOf(one, 2), ...partitionsOf(two, 5)]);
  },
);

inEveryWay("a pattern finds topics that come later", async (scene, options) => {
  const prefix = uniqueName("pattern");
  await scene.createTopic(`${prefix}-a`, 2);
  const pattern = `${prefix}-[a-c]+`;
  const joining: SceneMemberOptions = {
    ...options,
    subscription: { kind: "pattern", pattern },
    metadataMaxAgeMs: 200,
  };
  const first = await scene.member(joining);
  await scene.allOwned(partitionsOf(`${prefix}-a`, 2));
  const second = await scene.member(joining);
  await scene.evenlyOwned(partitionsOf(`${prefix}-a`, 2), [first, second]);
  await scene.createTopic(`${prefix}-x`, 1);
  await scene.createTopic(`${prefix}-bb`, 2);
  const both = [...partitionsOf(`${prefix}-a`, 2), ...partitionsOf(`${prefix}-bb`, 2)];
  await scene.allOwned(both, 40_000);
  const wrong = { ...joining, group: uniqueName("group") };
  await assert.rejects(
    scene.member({ ...wrong, subscription: { kind: "pattern", pattern: "(" } }),
    { code: "INVALID_REGULAR_EXPRESSION" },
  );
});

inEveryWay("the group waits for partitions that are finished slowly", async (scene, options) => {
  const topic = await scene.newTopic(4);
  const slow = await scene.member({ ...options, topics: [topic], revocationMs: 700 });
  await scene.allOwned(partitionsOf(topic, 4));
  const second = await scene.member({ ...options, topics: [topic], later: true });
  await eventually(
    () => slow.calls.some((call) => call.startsWith("revoked")),
    () => "revoked",
  );
  // What is being finished is committed before the group goes on.
  await slow.commit([{ topic, partition: 0, offset: 7, leaderEpoch: -1 }]);
  await scene.evenlyOwned(partitionsOf(topic, 4), [slow, second]);
});

suite("in every way", { concurrency: AT_ONCE }, () => {
  for (const declare of waiting) declare();
});

test("auto speaks what the broker serves", () =>
  inScene(async (scene) => {
    const topic = await scene.newTopic(2);
    const options = { protocol: "auto", group: uniqueName("group"), topics: [topic] } as const;
    const first = await scene.member(options);
    assert.equal(first.membership.protocol, onKafka ? "consumer" : "classic");
    const second = await scene.member(options);
    assert.equal(second.membership.protocol, first.membership.protocol);
    await scene.evenlyOwned(partitionsOf(topic, 2), [first, second]);
  }));

test("a session timeout that the coordinator does not take fails the join", () =>
  inScene(async (scene) => {
    const topic = await scene.newTopic(1);
    const options = { group: uniqueName("group"), topics: [topic], sessionTimeoutMs: 500 };
    await assert.rejects(scene.member(options), { code: "INVALID_SESSION_TIMEOUT" });
  }));

test("options that cannot be are refused before anything is sent", () =>
  inScene(async (scene) => {
    const good = { group: "g", topics: ["t"] };
    for (const bad of [
      { ...good, group: "" },
      { ...good, assignors: [] },
      { ...good, assignors: ["range", "range"] as const },
      { ...good, assignors: JSON.parse('["fair"]') },
      { ...good, heartbeatIntervalMs: 10_000, sessionTimeoutMs: 10_000 },
      { ...good, instanceId: "" },
    ]) {
      await assert.rejects(scene.member(bad), { code: "INVALID_ARGUMENT" });
    }
  }));
