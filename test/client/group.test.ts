import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GroupScene, partitionsOf } from "./group-scene.ts";
import { startTarget, uniqueName, type Target } from "./target.ts";

let target: Target;

before(async () => {
  target = await startTarget(["group.min.session.timeout.ms=1000"]);
});

after(() => target.close());

async function inScene(run: (scene: GroupScene) => Promise<void>): Promise<void> {
  const scene = await GroupScene.open(target.bootstrap);
  try {
    await run(scene);
  } finally {
    await scene.close();
  }
  scene.check();
}

test("members share a topic; one that leaves hands its part over", () =>
  inScene(async (scene) => {
    const topic = uniqueName("shared");
    const group = uniqueName("group");
    await scene.createTopic(topic, 6);
    const all = partitionsOf(topic, 6);
    const first = await scene.member({ group, topics: [topic] });
    await scene.allOwned(all);
    const second = await scene.member({ group, topics: [topic] });
    const third = await scene.member({ group, topics: [topic] });
    await scene.allOwned(all);
    assert.deepEqual(
      [first, second, third].map(({ numbers }) => numbers.length),
      [2, 2, 2],
    );
    await second.leave();
    await scene.allOwned(all);
    assert.equal(first.numbers.length, 3);
    third.kill();
    await scene.allOwned(all);
  }));
