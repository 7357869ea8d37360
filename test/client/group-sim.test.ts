import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import type { AssignorName } from "../../src/client/group/assignors/assignor.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { SimWorld } from "../../src/simulator/sim-platform.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { partitionsOf } from "./group-scene.ts";
import { BROKER, BROKER_PORT, GroupWorld, type WorldMember } from "./group-world.ts";

/**
 * Groups of real members against a real Moldau node, in a world under a seed: delays, connections that
 * are reset, hosts that are cut off, members that die, a coordinator that is killed and comes back. A
 * partition has one owner at most at any time, and all have one in the end.
 */

const seeds = Number(process.env["MOLDAU_GROUP_SEEDS"] ?? "6");
const firstSeed = Number(process.env["MOLDAU_GROUP_SEED"] ?? "1");
const STEPS = 25;
const SESSION_MS = 6_000;
const GROUP = "group";
const TOPIC = "topic";
const PARTITIONS = 7;
const all = partitionsOf(TOPIC, PARTITIONS);

class Broker {
  readonly #world: SimWorld;
  #node: RunningNode | undefined;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  async start(): Promise<void> {
    const { platform } = this.#world.host(BROKER).start();
    const { config } = loadNodeConfig({
      dataDirectory: "/data",
      flags: {
        set: [
          "process.roles=broker,controller",
          "node.id=1",
          `listeners=PLAINTEXT://${BROKER}:${BROKER_PORT},CONTROLLER://${BROKER}:9093`,
          "controller.listener.names=CONTROLLER",
          "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
          `controller.quorum.voters=1@${BROKER}:9093`,
          "offsets.topic.replication.factor=1",
          "offsets.topic.num.partitions=1",
          "group.initial.rebalance.delay.ms=100",
          "group.min.session.timeout.ms=1000",
          "auto.create.topics.enable=true",
          `num.partitions=${PARTITIONS}`,
        ],
      },
    });
    this.#node = await startNode({ platform, config, logger: silentLogger });
  }

  kill(): void {
    this.#node = undefined;
    this.#world.host(BROKER).kill();
  }

  async stop(): Promise<void> {
    await this.#node?.close();
    this.kill();
  }
}

async function makeTopic(world: SimWorld): Promise<void> {
  const { platform } = world.host("admin").start();
  const cluster = await Cluster.connect({ platform, bootstrap: [`${BROKER}:${BROKER_PORT}`] });
  await cluster.topic(TOPIC, { create: true });
  cluster.close();
}

async function scenario(world: SimWorld, assignors: readonly AssignorName[]): Promise<void> {
  const broker = new Broker(world);
  await broker.start();
  await makeTopic(world);
  world.network.conditions = { ...world.network.conditions, resetProbability: 0.0005 };
  const group = new GroupWorld(world);
  const { random } = group;
  let instances = 0;
  const joining = () =>
    group.join({
      group: GROUP,
      topics: [TOPIC],
      assignors,
      listenerMs: 300,
      sessionTimeoutMs: SESSION_MS,
      ...(random.chance(0.25) ? { instanceId: `instance-${instances++}` } : {}),
    });
  await joining();
  for (let step = 0; step < STEPS; step++) {
    assert.deepEqual(group.violations, [], `seed ${world.seed}`);
    await act(group, broker, joining);
    await group.sleep(random.below(4_000));
  }
  if (group.present.length === 0) await joining();
  await group.allOwned(all, 120_000);
  assert.deepEqual(group.violations, [], `seed ${world.seed}`);
  await Promise.all(group.present.map((member) => member.leave()));
  await broker.stop();
}

/** What happens next. */
async function act(
  group: GroupWorld,
  broker: Broker,
  joining: () => Promise<WorldMember>,
): Promise<void> {
  const { random, world } = group;
  const { present } = group;
  const some = present[random.below(Math.max(1, present.length))];
  const what = random.fraction();
  if (some === undefined || (present.length < 8 && what < 0.35)) void joining();
  else if (what < 0.5) void some.leave();
  else if (what < 0.6) some.kill();
  else if (what < 0.8) void cut(group, some.name, random.below(SESSION_MS * 2));
  else if (what < 0.88) some.membership?.rejoin("for a change");
  else if (what < 0.94) {
    for (const connection of world.network.connections()) {
      if (random.chance(0.3)) world.network.reset(connection);
    }
  } else {
    group.note("the broker is killed");
    broker.kill();
    await group.sleep(random.below(3_000));
    await broker.start();
  }
}

async function cut(group: GroupWorld, host: string, forMs: number): Promise<void> {
  const { network } = group.world;
  group.note(`${host} is cut off for ${forMs} ms`);
  network.block(host, BROKER);
  network.block(BROKER, host);
  await group.sleep(forMs);
  network.unblock(host, BROKER);
  network.unblock(BROKER, host);
}

for (const assignor of ["range", "roundrobin", "sticky", "cooperative-sticky"] as const) {
  test(`${assignor}: one owner at most through delays, cuts, deaths and restarts`, async () => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const world = new SimWorld({
        seed,
        network: { delayMs: [0.1, 30] },
      });
      try {
        await world.clock.wait(scenario(world, [assignor]));
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown });
      }
    }
  });
}
