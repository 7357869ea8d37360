import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import {
  metadataRequest,
  metadataResponse,
  type MetadataRequest,
} from "../../protocol/messages/metadata.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import type { MetadataEvent } from "../diagnostics/channels.ts";
import { brokerError, KafkaError } from "../errors.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { FakeBroker } from "./fake-broker.fixture.ts";

interface Partition {
  leaderId: number;
  leaderEpoch: number;
}

/** Brokers `b1`, `b2` … that all say the same of each other and of topics. */
class Scene {
  readonly world: SimWorld;
  readonly brokers: FakeBroker[] = [];
  /** What metadata say: where brokers are, and who leads. */
  readonly addresses = new Map<number, { host: string; port: number }>();
  readonly topics = new Map<string, Partition[]>();
  readonly questions: MetadataRequest[] = [];
  readonly coordinatorQuestions: string[][] = [];
  coordinatorId = 1;
  metadataError: number = ErrorCode.NONE;
  isSilent = false;
  readonly #options: Partial<ClusterOptions>;

  constructor(seed: number, options: Partial<ClusterOptions>) {
    this.world = new SimWorld({ seed });
    this.#options = options;
  }

  static async start(seed: number, count: number, options: Partial<ClusterOptions> = {}) {
    const scene = new Scene(seed, options);
    for (let nodeId = 1; nodeId <= count; nodeId++) {
      const broker = await scene.startBroker(`b${nodeId}`, 9092);
      scene.addresses.set(nodeId, broker);
    }
    scene.topics.set("t", [
      { leaderId: 1, leaderEpoch: 0 },
      { leaderId: count, leaderEpoch: 0 },
    ]);
    return scene;
  }

  async startBroker(host: string, port: number): Promise<FakeBroker> {
    const { network } = this.world.host(host).start().platform;
    const broker = await FakeBroker.start(network, host, port);
    broker.serve(metadataRequest, metadataResponse, (body) => {
      if (this.isSilent) return "silent";
      this.questions.push(body);
      return this.#metadata(body);
    });
    broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }) => {
      this.coordinatorQuestions.push([...coordinatorKeys]);
      const nodeId = this.coordinatorId;
      const { host: at, port: behind } = this.addresses.get(nodeId)!;
      return {
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId, host: at, port: behind })),
      };
    });
    this.brokers.push(broker);
    return broker;
  }

  connect(bootstrap = ["b1:9092"]): Promise<Cluster> {
    const { platform } = this.world.host("client").start();
    return this.world.clock.wait(
      Cluster.connect({ platform, bootstrap, clientId: "c", ...this.#options }),
    );
  }

  #metadata({ topics }: MetadataRequest) {
    const names = topics === null ? [...this.topics.keys()] : topics.map(({ name }) => name!);
    return {
      errorCode: this.metadataError,
      clusterId: "cluster",
      controllerId: 1,
      brokers: [...this.addresses].map(([nodeId, address]) => ({ nodeId, ...address })),
      topics: names.map((name) => {
        const partitions = this.topics.get(name);
        if (partitions === undefined) {
          return { name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
        }
        return {
          name,
          topicId: `${Buffer.alloc(16, name).toString("base64url")}`,
          partitions: partitions.map((partition, partitionIndex) => ({
            partitionIndex,
            ...partition,
          })),
        };
      }),
    };
  }
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (thrown: unknown) => (thrown instanceof KafkaError ? thrown.code : String(thrown)),
  );
}

test("many who want metadata at the same time are one request, and what is known is not asked again", async () => {
  const scene = await Scene.start(1, 1);
  for (let i = 0; i < 20; i++) scene.topics.set(`t${i}`, [{ leaderId: 1, leaderEpoch: 0 }]);
  const cluster = await scene.connect();
  const before = scene.questions.length;
  const wanted = Array.from({ length: 100 }, (_, i) => cluster.topic(`t${i % 20}`));
  const names = (await scene.world.clock.wait(Promise.all(wanted))).map(({ name }) => name);
  assert.equal(new Set(names).size, 20);
  assert.equal(scene.questions.length - before, 1);
  await scene.world.clock.wait(cluster.topic("t3"));
  assert.equal(scene.questions.length - before, 1);
  const [absent] = await scene.world.clock.wait(cluster.metadataOf(["absent"]));
  assert.equal(absent?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(
    await scene.world.clock.wait(codeOf(cluster.topic("absent"))),
    "UNKNOWN_TOPIC_OR_PARTITION",
  );
  cluster.close();
});

test("metadata are refreshed when they are old, of topics in use alone", async () => {
  const scene = await Scene.start(2, 1, { metadataMaxAgeMs: 60_000 });
  scene.topics.set("idle", [{ leaderId: 1, leaderEpoch: 0 }]);
  const cluster = await scene.connect();
  await scene.world.clock.wait(Promise.all([cluster.topic("t"), cluster.topic("idle")]));
  const asked = (): (string | null)[] =>
    (scene.questions.at(-1)?.topics ?? []).map(({ name }) => name).sort();
  for (let minute = 0; minute < 3; minute++) {
    cluster.knownLeaderOf("t", 0);
    await scene.world.clock.advance(60_100);
  }
  assert.deepEqual(asked(), ["t"]);
  scene.topics.set("t", [{ leaderId: 1, leaderEpoch: 7 }]);
  cluster.knownLeaderOf("t", 0);
  await scene.world.clock.advance(60_100);
  assert.equal(cluster.leaderAndEpoch("t", 0)?.leaderEpoch, 7);
  cluster.close();
});

test("a leader that came with an answer is used at once, with its address; older ones are not", async () => {
  const scene = await Scene.start(3, 1);
  const cluster = await scene.connect();
  await scene.world.clock.wait(cluster.topic("t"));
  const before = scene.questions.length;
  const moved = await scene.startBroker("b9", 9099);
  const endpoint = { nodeId: 9, host: "b9", port: 9099, rack: "r9" };
  cluster.forget(brokerError(ErrorCode.NOT_LEADER_OR_FOLLOWER, { topic: "t", partition: 0 }));
  assert.equal(cluster.knownLeaderOf("t", 0), undefined);
  assert.equal(cluster.learnLeader("t", 0, { leaderId: 9, leaderEpoch: 3 }, [endpoint]), true);
  assert.equal(cluster.learnLeader("t", 0, { leaderId: 1, leaderEpoch: 2 }), false);
  assert.equal(cluster.knownLeaderOf("t", 0), 9);
  assert.equal(cluster.brokers.get(9)?.rack, "r9");
  const connection = await scene.world.clock.wait(cluster.connectionTo(9, cluster.deadline()));
  assert.equal(connection.where, moved.address);
  assert.equal(scene.questions.length, before);
  assert.equal(cluster.openConnectionTo(9), connection);
  cluster.close();
});

test("a broker at another address is found there; what was under way on the old one is answered first", async () => {
  const scene = await Scene.start(4, 2);
  const cluster = await scene.connect();
  const deadline = cluster.deadline();
  const old = await scene.world.clock.wait(cluster.connectionTo(2, deadline));
  const moved = await scene.startBroker("elsewhere", 9192);
  scene.addresses.set(2, moved);
  await scene.world.clock.wait(cluster.metadataOf([]));
  const fresh = await scene.world.clock.wait(cluster.connectionTo(2, deadline));
  assert.equal(fresh.where, "elsewhere:9192");
  assert.equal(old.isOpen, false);
  cluster.close();
});

test("when no known broker can be reached, the first addresses are tried again (KIP-899)", async () => {
  const scene = await Scene.start(5, 2);
  const cluster = await scene.connect(["b1:9092", "other:9092"]);
  await scene.world.clock.wait(cluster.topic("t"));
  const events: string[] = [];
  const listen = (event: unknown): void => void events.push((event as MetadataEvent).kind);
  subscribe("moldau:client:metadata", listen);
  for (const broker of scene.brokers) await broker.stop();
  scene.addresses.clear();
  const other = await scene.startBroker("other", 9092);
  scene.addresses.set(1, other);
  scene.topics.set("t", [
    { leaderId: 1, leaderEpoch: 1 },
    { leaderId: 1, leaderEpoch: 1 },
  ]);
  assert.equal(await scene.world.clock.wait(cluster.leaderOf({ topic: "t", partition: 1 })), 2);
  await scene.world.clock.advance(5_000);
  assert.equal(await scene.world.clock.wait(cluster.leaderOf({ topic: "t", partition: 1 })), 1);
  assert.equal(cluster.brokers.get(1)?.host, "other");
  assert.ok(events.includes("rebootstrapped"));
  unsubscribe("moldau:client:metadata", listen);
  cluster.close();
});

test("brokers that take requests and do not answer are given up after a while (KIP-1102)", async () => {
  const scene = await Scene.start(6, 1, { rebootstrapTriggerMs: 60_000, requestTimeoutMs: 5_000 });
  const cluster = await scene.connect(["b1:9092", "other:9092"]);
  await scene.world.clock.wait(cluster.topic("t"));
  scene.isSilent = true;
  const waited = codeOf(cluster.metadataOf(["t"], { timeoutMs: 90_000 }));
  await scene.world.clock.advance(70_000);
  scene.isSilent = false;
  assert.equal(await scene.world.clock.wait(waited), "none");
  scene.metadataError = ErrorCode.REBOOTSTRAP_REQUIRED;
  const told = codeOf(cluster.metadataOf(["t"]));
  await scene.world.clock.advance(1_000);
  assert.equal(cluster.brokers.size, 0);
  scene.metadataError = ErrorCode.NONE;
  assert.equal(await scene.world.clock.wait(told), "none");
  assert.equal(cluster.brokers.size, 1);
  cluster.close();
});

test("a broker that is gone is not run against: pauses grow to a second", async () => {
  const scene = await Scene.start(7, 1);
  const cluster = await scene.connect();
  await scene.brokers[0]!.stop();
  await scene.world.clock.advance(100);
  const attempts: string[] = [];
  const listen = (event: unknown): void => void attempts.push((event as { kind: string }).kind);
  subscribe("moldau:client:connection", listen);
  const outcome = codeOf(cluster.metadataOf(["t"], { timeoutMs: 20_000 }));
  assert.equal(await scene.world.clock.wait(outcome), "TIMED_OUT");
  unsubscribe("moldau:client:connection", listen);
  assert.ok(attempts.length >= 15 && attempts.length <= 45, `${attempts.length} attempts`);
  await scene.brokers[0]!.listen();
  assert.equal(await scene.world.clock.wait(codeOf(cluster.topic("t"))), "none");
  cluster.close();
});

test("coordinators are asked for together, remembered, and forgotten with their broker", async () => {
  const scene = await Scene.start(8, 2);
  const cluster = await scene.connect();
  const deadline = cluster.deadline();
  const groups = ["g1", "g2", "g3"];
  const found = groups.map((group) => cluster.coordinatorOf(group, deadline));
  const connections = await scene.world.clock.wait(Promise.all(found));
  assert.deepEqual(scene.coordinatorQuestions, [groups]);
  assert.equal(new Set(connections).size, 1);
  await scene.world.clock.wait(cluster.coordinatorOf("g1", deadline));
  await scene.world.clock.wait(cluster.coordinatorOf("tx", deadline, { type: "transaction" }));
  assert.deepEqual(scene.coordinatorQuestions.slice(1), [["tx"]]);
  scene.coordinatorId = 2;
  cluster.forget(brokerError(ErrorCode.NOT_COORDINATOR, { group: "g1" }));
  cluster.forget(brokerError(ErrorCode.ILLEGAL_GENERATION, { group: "g2" }));
  const moved = await scene.world.clock.wait(cluster.coordinatorOf("g1", deadline, "own"));
  assert.equal(moved.nodeId, 2);
  assert.equal((await scene.world.clock.wait(cluster.coordinatorOf("g2", deadline))).nodeId, 1);
  for (const connection of scene.brokers[0]!.connections) connection.destroy();
  await scene.world.clock.advance(500);
  assert.equal((await scene.world.clock.wait(cluster.coordinatorOf("g2", deadline))).nodeId, 2);
  cluster.close();
});

test("a link that carries nothing for a while costs the requests on it, not the client", async () => {
  const scene = await Scene.start(9, 2, { requestTimeoutMs: 2_000 });
  const cluster = await scene.connect();
  await scene.world.clock.wait(cluster.topic("t"));
  scene.world.network.block("client", "b1");
  scene.world.network.block("b1", "client");
  const others = cluster.metadataOf(["t"], { timeoutMs: 30_000 });
  const [topic] = await scene.world.clock.wait(others);
  assert.equal(topic?.name, "t");
  scene.world.network.unblock("client", "b1");
  scene.world.network.unblock("b1", "client");
  const connection = cluster.connectionTo(1, cluster.deadline({ timeoutMs: 20_000 }));
  assert.equal((await scene.world.clock.wait(connection)).nodeId, 1);
  cluster.close();
});

test("a broker that falls silent costs a call half of its time, not all of it", async () => {
  const scene = await Scene.start(9, 2, { requestTimeoutMs: 2_000 });
  const cluster = await scene.connect();
  await scene.world.clock.wait(cluster.topic("t"));
  scene.world.network.block("client", "b1");
  scene.world.network.block("b1", "client");
  // Without a deadline of its own, a call takes as long as a request may.
  const [topic] = await scene.world.clock.wait(cluster.metadataOf(["t"]));
  assert.equal(topic?.name, "t");
  const found = await scene.world.clock.wait(cluster.coordinatorNodeOf("g", cluster.deadline()));
  assert.equal(found, 1);
  cluster.close();
});

test("a partition without a leader is waited for, and holds up nobody else", async () => {
  const scene = await Scene.start(10, 1);
  scene.topics.set("t", [
    { leaderId: 1, leaderEpoch: 0 },
    { leaderId: -1, leaderEpoch: 4 },
  ]);
  const cluster = await scene.connect();
  assert.equal(await scene.world.clock.wait(cluster.leaderOf({ topic: "t", partition: 0 })), 1);
  const without = codeOf(cluster.leaderOf({ topic: "t", partition: 1 }));
  assert.equal(await scene.world.clock.wait(without), "LEADER_NOT_AVAILABLE");
  const beyond = codeOf(cluster.leaderOf({ topic: "t", partition: 2 }));
  assert.equal(await scene.world.clock.wait(beyond), "UNKNOWN_TOPIC_OR_PARTITION");
  scene.topics.set("none", [{ leaderId: -1, leaderEpoch: 0 }]);
  const waited = cluster.topic("none");
  await scene.world.clock.advance(1_000);
  scene.topics.set("none", [{ leaderId: 1, leaderEpoch: 1 }]);
  assert.equal((await scene.world.clock.wait(waited)).partitions[0]?.leaderId, 1);
  cluster.close();
});

test("whoever waits when the client is closed is told so, and by deadline and signal before", async () => {
  const scene = await Scene.start(11, 1);
  const cluster = await scene.connect();
  scene.isSilent = true;
  const late = codeOf(cluster.metadataOf(["t"], { timeoutMs: 500 }));
  const stop = new AbortController();
  const cancelled = codeOf(cluster.metadataOf(["t"], { signal: stop.signal }));
  const open = codeOf(cluster.metadataOf(["t"]));
  const coordinator = codeOf(cluster.coordinatorOf("g", cluster.deadline(), "own"));
  stop.abort();
  assert.equal(await scene.world.clock.wait(cancelled), "CANCELLED");
  assert.equal(await scene.world.clock.wait(late), "TIMED_OUT");
  cluster.close();
  assert.equal(await scene.world.clock.wait(open), "CLOSED");
  assert.equal(await scene.world.clock.wait(coordinator), "CLOSED");
  assert.equal(await codeOf(cluster.anyConnection(cluster.deadline())), "CLOSED");
  assert.equal(await codeOf(cluster.connectionTo(1, cluster.deadline())), "CLOSED");
  assert.equal(await codeOf(cluster.metadataOf(["t"])), "CLOSED");
});

test("what can be asked of any broker goes to the one that has least to do", async () => {
  const scene = await Scene.start(12, 2);
  const cluster = await scene.connect();
  const deadline = cluster.deadline();
  const [first, second] = [1, 2].map((nodeId) => cluster.connectionTo(nodeId, deadline));
  const one = await scene.world.clock.wait(first!);
  const two = await scene.world.clock.wait(second!);
  scene.isSilent = true;
  void cluster.metadataOf(["t"]).catch(() => undefined);
  await scene.world.clock.advance(50);
  assert.equal(one.inFlight + two.inFlight, 1);
  const least = await scene.world.clock.wait(cluster.anyConnection(deadline));
  assert.equal(least.inFlight, 0);
  cluster.close();
});
