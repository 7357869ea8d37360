import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { ModelCoordinator } from "../../src/client/group/epoch/model-coordinator.fixture.ts";
import type { MembershipOptions } from "../../src/client/group/membership.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { SimWorld } from "../../src/simulator/sim-platform.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { partitionsOf } from "./group-scene.ts";
import { BROKER, BROKER_PORT, GroupWorld, type WorldMember } from "./group-world.ts";

/**
 * Groups of real members in a world under a seed, against a real Moldau node or a model of the new
 * protocol: delays, connections that
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

/** Who coordinates the group: is killed, and comes back as it was. */
interface Coordinator {
  start(): Promise<void>;
  kill(): void;
}

/** A Moldau node. */
class MoldauBroker implements Coordinator {
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

/** A model of the coordinator of a group of the new protocol, which Moldau does not serve yet. */
class Model implements Coordinator {
  readonly #world: SimWorld;
  readonly #coordinator: ModelCoordinator;

  constructor(world: SimWorld) {
    this.#world = world;
    this.#coordinator = new ModelCoordinator({
      clock: world.clock,
      topics: [{ name: TOPIC, topicId: "aaaaaaaaaaaaaaaaaaaaaA", partitions: PARTITIONS }],
      sessionTimeoutMs: SESSION_MS,
      heartbeatIntervalMs: 1_000,
    });
  }

  async start(): Promise<void> {
    const { platform } = this.#world.host(BROKER).start();
    await this.#coordinator.start(platform.network, BROKER);
  }

  kill(): void {
    this.#coordinator.group.suspend();
    this.#world.host(BROKER).kill();
  }
}

async function makeTopic(world: SimWorld): Promise<void> {
  const { platform } = world.host("admin").start();
  const cluster = await Cluster.connect({ platform, bootstrap: [`${BROKER}:${BROKER_PORT}`] });
  await cluster.topic(TOPIC, { create: true });
  cluster.close();
}

async function scenario(
  world: SimWorld,
  broker: Coordinator,
  options: Partial<MembershipOptions>,
): Promise<void> {
  world.network.conditions = { ...world.network.conditions, resetProbability: 0.0005 };
  const group = new GroupWorld(world);
  const { random } = group;
  let instances = 0;
  const joining = () =>
    group.join({
      ...options,
      group: GROUP,
      topics: [TOPIC],
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
}

/** What happens next. */
async function act(
  group: GroupWorld,
  broker: Coordinator,
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

/** Runs seed after seed. */
async function underSeeds(run: (world: SimWorld) => Promise<void>): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const world = new SimWorld({ seed, network: { delayMs: [0.1, 30] } });
    try {
      await world.clock.wait(run(world));
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
}

for (const assignor of ["range", "roundrobin", "sticky", "cooperative-sticky"] as const) {
  test(`${assignor}: one owner at most through delays, cuts, deaths and restarts`, () =>
    underSeeds(async (world) => {
      const broker = new MoldauBroker(world);
      await broker.start();
      await makeTopic(world);
      await scenario(world, broker, { protocol: "classic", assignors: [assignor] });
      await broker.stop();
    }));
}

test("new protocol: one owner at most through delays, cuts, deaths and restarts", () =>
  underSeeds(async (world) => {
    const model = new Model(world);
    await model.start();
    await scenario(world, model, { protocol: "consumer" });
    model.kill();
  }));
