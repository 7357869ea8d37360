/**
 * A client against brokers that restart, move, fall silent and hang up, on a network that delays, cuts and
 * resets, under a seed. Whatever happens: leaders never go back to an older election, a call ends by its deadline,
 * nothing is left unheard; and once all is well again, everything works.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import { ApiKey } from "../../protocol/apis.ts";
import {
  metadataRequest,
  metadataResponse,
  type MetadataRequest,
} from "../../protocol/messages/metadata.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import { isRetriableError, KafkaError } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { Cluster } from "./cluster.ts";
import { FakeBroker } from "./fake-broker.fixture.ts";

const SEEDS = 30;
const STEPS = 60;
const BROKERS = 3;
const PARTITIONS = 4;
const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);

interface FakeNode {
  readonly nodeId: number;
  broker: FakeBroker;
  isUp: boolean;
  isSilent: boolean;
}

class Fuzz {
  readonly world: SimWorld;
  readonly random: SimRandom;
  readonly nodes: FakeNode[] = [];
  /** The truth, and what brokers that lag behind still believe. */
  leaders = Array.from({ length: PARTITIONS }, () => ({ leaderId: 1, leaderEpoch: 0 }));
  readonly past: (typeof this.leaders)[] = [];
  readonly newest = new Array<number>(PARTITIONS).fill(-1);
  calls = 0;
  failures = 0;
  #moves = 0;

  constructor(seed: number) {
    this.world = new SimWorld({ seed });
    this.random = new SimRandom(seed, "fuzz");
  }

  async startNode(nodeId: number, host: string, port: number): Promise<FakeNode> {
    const { network } = this.world.host(host).start().platform;
    const broker = await FakeBroker.start(network, host, port);
    const node = { nodeId, broker, isUp: true, isSilent: false };
    broker.serve(metadataRequest, metadataResponse, (body) =>
      node.isSilent ? "silent" : this.#metadata(body),
    );
    broker.serve(heartbeatRequest, heartbeatResponse, ({ generationId }) => {
      if (node.isSilent) return "silent";
      return this.random.below(20) === 0 ? "close" : { throttleTimeMs: generationId };
    });
    return node;
  }

  #metadata({ topics }: MetadataRequest) {
    const lags = this.past.length > 0 && this.random.below(3) === 0;
    const leaders = lags ? this.past[this.random.below(this.past.length)]! : this.leaders;
    return {
      clusterId: "c",
      brokers: this.nodes.map(({ nodeId, broker: { host, port } }) => ({ nodeId, host, port })),
      topics: (topics ?? []).map(({ name }) => ({
        name,
        topicId: "AAAAAAAAAAAAAAAAAAAABQ",
        partitions: leaders.map((leader, partitionIndex) => ({ partitionIndex, ...leader })),
      })),
    };
  }

  /** Something happens to the cluster. */
  async disturb(): Promise<void> {
    const node = this.nodes[this.random.below(this.nodes.length)]!;
    switch (this.random.below(7)) {
      case 0:
        await this.stop(node);
        break;
      case 1:
        await this.start(node);
        break;
      case 2:
        await this.move(node);
        break;
      case 3:
        node.isSilent = !node.isSilent;
        break;
      case 4: {
        const [from, to] = ["client", node.broker.host];
        if (this.world.network.isBlocked(from, to)) this.world.network.unblock(from, to);
        else this.world.network.block(from, to);
        break;
      }
      case 5: {
        const open = this.world.network.connections();
        const one = open[this.random.below(Math.max(1, open.length))];
        if (one !== undefined) this.world.network.reset(one);
        break;
      }
      default:
        this.elect();
    }
  }

  elect(): void {
    this.past.push(this.leaders);
    this.leaders = this.leaders.map(({ leaderId, leaderEpoch }) =>
      this.random.below(2) === 0
        ? { leaderId: 1 + this.random.below(BROKERS), leaderEpoch: leaderEpoch + 1 }
        : { leaderId, leaderEpoch },
    );
  }

  async stop(node: FakeNode): Promise<void> {
    if (node.isUp) await node.broker.stop();
    node.isUp = false;
  }

  async start(node: FakeNode): Promise<void> {
    if (!node.isUp) await node.broker.listen();
    node.isUp = true;
  }

  /** The broker comes back elsewhere; the first one stays where the bootstrap list says. */
  async move(node: FakeNode): Promise<void> {
    if (node.nodeId === 1) return;
    await this.stop(node);
    this.#moves++;
    const moved = await this.startNode(node.nodeId, `moved${this.#moves}`, 9092);
    node.broker = moved.broker;
    node.isUp = true;
    node.broker.serve(metadataRequest, metadataResponse, (body) =>
      node.isSilent ? "silent" : this.#metadata(body),
    );
    node.broker.serve(heartbeatRequest, heartbeatResponse, ({ generationId }) =>
      node.isSilent ? "silent" : { throttleTimeMs: generationId },
    );
  }

  async heal(): Promise<void> {
    for (const node of this.nodes) {
      node.isSilent = false;
      await this.start(node);
      this.world.network.unblock("client", node.broker.host);
    }
    this.past.length = 0;
  }

  /** What a producer or consumer does: ask the leader, and refresh when that fails. */
  async work(cluster: Cluster, timeoutMs: number): Promise<void> {
    const partition = this.random.below(PARTITIONS);
    const generationId = this.calls++;
    const startedMs = this.world.clock.monotonicMs();
    const deadline = cluster.deadline({ timeoutMs });
    try {
      await deadline.retry(
        async () => {
          const bounds = { timeoutMs: deadline.remainingMs() };
          const leader = await cluster.leaderOf({ topic: "t", partition }, bounds);
          const connection = await cluster.connectionTo(leader, deadline);
          const body = { groupId: "g", memberId: "m", generationId };
          const answer = await connection.request(heartbeatCall, body, cluster.bounds(deadline));
          assert.equal(answer.throttleTimeMs, generationId);
        },
        (thrown) => cluster.forget(thrown),
      );
    } catch (thrown) {
      assert.ok(thrown instanceof KafkaError, String(thrown));
      assert.ok(isRetriableError(thrown), `${thrown.code}: ${thrown.message}`);
      this.failures++;
    }
    assert.ok(this.world.clock.monotonicMs() - startedMs <= timeoutMs + 50);
  }

  check(cluster: Cluster): void {
    for (let i = 0; i < PARTITIONS; i++) {
      const known = cluster.leaderAndEpoch("t", i);
      if (known === undefined) continue;
      assert.ok(known.leaderEpoch >= this.newest[i]!, "an older election came back");
      this.newest[i] = known.leaderEpoch;
    }
  }
}

async function run(seed: number): Promise<Fuzz> {
  const fuzz = new Fuzz(seed);
  for (let nodeId = 1; nodeId <= BROKERS; nodeId++) {
    fuzz.nodes.push(await fuzz.startNode(nodeId, `b${nodeId}`, 9092));
  }
  const { clock } = fuzz.world;
  const { platform } = fuzz.world.host("client").start();
  const cluster = await clock.wait(
    Cluster.connect({ platform, bootstrap: ["b1:9092"], requestTimeoutMs: 2_000 }),
  );
  const working = new Set<Promise<void>>();
  for (let step = 0; step < STEPS; step++) {
    await fuzz.disturb();
    for (let i = fuzz.random.below(4); i > 0; i--) {
      const work = fuzz.work(cluster, 5_000).finally(() => working.delete(work));
      working.add(work);
    }
    await clock.advance(fuzz.random.below(1_500));
    fuzz.check(cluster);
  }
  await fuzz.heal();
  await clock.wait(Promise.all(working));
  fuzz.elect();
  const before = fuzz.failures;
  for (let i = 0; i < 10; i++) await clock.wait(fuzz.work(cluster, 30_000));
  assert.equal(fuzz.failures, before, "all is well again, and calls fail");
  fuzz.check(cluster);
  cluster.close();
  await clock.advance(5_000);
  return fuzz;
}

test("a client finds its way through whatever happens to brokers and network", async () => {
  let calls = 0;
  let failures = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      const fuzz = await run(seed);
      calls += fuzz.calls;
      failures += fuzz.failures;
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
  assert.ok(calls > SEEDS * STEPS && failures > 0 && failures < calls, `${failures} of ${calls}`);
});
