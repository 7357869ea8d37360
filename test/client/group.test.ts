import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { MembershipOptions } from "../../src/client/group/membership.ts";
import { eventually, GroupScene, partitionsOf, type SceneMemberOptions } from "./group-scene.ts";
import { skipOnMoldau, startTarget, uniqueName, type Target } from "./target.ts";

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

/** The ways in which a group can deal its partitions out. */
const kinds: Readonly<Record<string, Pick<MembershipOptions, "protocol" | "assignors">>> = {
  range: { protocol: "classic", assignors: ["range"] },
  roundrobin: { protocol: "classic", assignors: ["roundrobin"] },
  sticky: { protocol: "classic", assignors: ["sticky"] },
  cooperative: { protocol: "classic", assignors: ["cooperative-sticky"] },
  "new protocol": { protocol: "consumer", assignors: ["range"] },
};

function inEveryWay(
  about: string,
  run: (
    scene: GroupScene,
    options: SceneMemberOptions & { readonly topics: string[] },
  ) => Promise<void>,
): void {
  for (const [kind, options] of Object.entries(kinds)) {
    test(`${kind}: ${about}`, (t: TestContext) => {
      if (options.protocol === "consumer" && skipOnMoldau(t, "the new protocol of groups")) return;
      const topics = [uniqueName("topic")];
      return inScene((scene) => run(scene, { ...options, group: uniqueName("group"), topics }));
    });
  }
}

inEveryWay(
  "members come, leave and are killed; each partition has one owner",
  async (scene, options) => {
    const [topic = ""] = options.topics;
    await scene.createTopic(topic, 8);
    const all = partitionsOf(topic, 8);
    const first = await scene.member({ ...options, sessionTimeoutMs: 3_000 });
    await scene.allOwned(all);
    const others = await Promise.all(
      [1, 2, 3].map(() => scene.member({ ...options, sessionTimeoutMs: 3_000 })),
    );
    await scene.evenlyOwned(all, [first, ...others]);
    await others[0]!.leave();
    await scene.evenlyOwned(all, [first, others[1]!, others[2]!]);
    others[1]!.kill();
    const late = await scene.member({ ...options, sessionTimeoutMs: 3_000 });
    await scene.evenlyOwned(all, [first, others[2]!, late]);
    await first.leave();
    await scene.evenlyOwned(all, [others[2]!, late]);
  },
);
