import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { ModelCluster } from "../consumer/model-cluster.fixture.ts";
import { KafkaError } from "../errors.ts";
import { AcknowledgeType } from "./acknowledgements.ts";
import { ModelShare } from "./model-share.fixture.ts";
import { ShareConsumer } from "./share-consumer.ts";
import type { ShareRecord } from "./share-record.ts";

const SEEDS = 24;
const STEPS = 100;
const BROKERS = 3;
const PARTITIONS = 4;
const MEMBERS_MAX = 3;
const LOCK_MS = 2_000;

const requestErrors = [
  "lost",
  "unanswered",
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
  ErrorCode.SHARE_SESSION_LIMIT_REACHED,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.UNKNOWN_MEMBER_ID,
] as const;
const partitionErrors = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_SERVER_ERROR,
];
const acknowledgeErrors = [
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.INVALID_RECORD_STATE,
];
const heartbeatErrors = [
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
];
const codecs = ["none", "none", "gzip", "snappy", "lz4", "zstd"] as const;

/** One run: members take records in ways of their own, while things happen to the cluster by chance. */
class Run {
  readonly random: SimRandom;
  readonly model: ModelCluster;
  readonly share: ModelShare;
  /** Whether nothing goes wrong and the programs release nothing, so that nothing is delivered twice. */
  readonly isCalm: boolean;
  /** How often each record was delivered. */
  readonly deliveries = new Map<string, number>();
  isOver = false;
  #values = 0;

  constructor(random: SimRandom, model: ModelCluster, share: ModelShare, isCalm: boolean) {
    this.random = random;
    this.model = model;
    this.share = share;
    this.isCalm = isCalm;
  }

  step(): void {
    const { random, model, share } = this;
    const log = model.log("t", random.below(PARTITIONS));
    const dice = random.fraction();
    if (dice < 0.5 || this.isCalm) this.#append();
    else if (dice < 0.6) {
      log.moveTo(random.between(1, BROKERS));
      share.moved(log);
    } else if (dice < 0.65) log.appendEmpty(random.between(1, 4));
    else if (dice < 0.75) log.endTransaction(random.between(1, 2), "committed");
    else if (dice < 0.8) model.givesHints = random.chance(0.5);
    else if (dice < 0.9) {
      const nodeId = random.between(1, BROKERS);
      for (const connection of model.brokers.get(nodeId)!.connections) connection.destroy();
      share.dropSessions(nodeId);
    } else {
      const members = [...share.members.keys()];
      if (members.length > 0) share.assign(random.pick(members), random.chance(0.7));
    }
  }

  #append(): void {
    const { random, model } = this;
    const log = model.log("t", random.below(PARTITIONS));
    const values = Array.from({ length: random.between(1, 8) }, () => `${this.#values++}`);
    log.append(values, {
      compression: random.pick(codecs),
      gap: random.chance(0.3) ? random.below(3) : 0,
      producerId: random.chance(0.3) ? random.between(1, 2) : undefined,
    });
  }

  disturb(badness: number): void {
    const { random, share } = this;
    const sometimes =
      <T>(things: readonly T[]) =>
      (): T | undefined =>
        random.chance(badness) ? random.pick(things) : undefined;
    share.faults = {
      request: sometimes(requestErrors),
      partition: sometimes(partitionErrors),
      acknowledge: sometimes(acknowledgeErrors),
      heartbeat: sometimes(heartbeatErrors),
    };
  }

  /** A member's program: one way of taking records after the other. */
  async work(member: ShareConsumer<"t">): Promise<void> {
    const { random } = this;
    while (!this.isOver) {
      const way = this.isCalm ? random.below(2) : random.below(3);
      const count = random.between(1, 20);
      if (way === 0) await this.#iterate(member, count);
      else if (way === 1) await this.#readBatches(member, count);
      else await this.#workOnEach(member, count);
    }
  }

  async #iterate(member: ShareConsumer<"t">, count: number): Promise<void> {
    let left = count;
    for await (const record of member) {
      this.#note(record);
      await this.#workOn(record);
      // Where the loop is left its record is released, unless something was said of it.
      if (--left <= 0 || this.isOver) {
        await this.#accept(record);
        break;
      }
    }
  }

  async #readBatches(member: ShareConsumer<"t">, count: number): Promise<void> {
    const batches = member.batches({ max: count, withinMs: this.random.below(20) });
    for await (const batch of batches) {
      for (const record of batch) this.#note(record);
      for (const record of batch) await this.#workOn(record);
      if (this.random.chance(0.5) || this.isOver) {
        await Promise.all(batch.map((record) => this.#accept(record)));
        break;
      }
    }
  }

  async #workOnEach(member: ShareConsumer<"t">, count: number): Promise<void> {
    const enough = new Error("enough");
    let begun = 0;
    const working = member.forEach(
      async (record) => {
        this.#note(record);
        await this.#workOn(record);
        if (++begun >= count || this.isOver) throw enough;
      },
      { concurrency: this.random.between(1, 5) },
    );
    await working.catch((thrown: unknown) => {
      if (thrown !== enough) throw thrown;
    });
  }

  #note({ partition, offset, deliveryCount }: ShareRecord): void {
    const name = `${partition}-${offset}`;
    this.deliveries.set(name, (this.deliveries.get(name) ?? 0) + 1);
    if (this.isCalm) assert.equal(deliveryCount, 1);
  }

  async #workOn(record: ShareRecord): Promise<void> {
    const { random } = this;
    if (random.chance(0.2)) await this.#pause(random.below(50));
    const dice = random.fraction();
    if (this.isCalm) {
      if (dice < 0.3) await this.#accept(record);
      return;
    }
    if (dice < 0.05) await this.#pause(random.between(LOCK_MS / 2, LOCK_MS * 2));
    else if (dice < 0.08) void record.renew();
    else if (dice < 0.1) {
      record.lease();
      await this.#pause(random.between(LOCK_MS / 2, LOCK_MS * 2));
    } else if (dice < 0.15) await record.renew().catch(expectRefusal);
    if (dice < 0.3) await this.#accept(record);
    else if (dice < 0.4) await record.release().catch(expectRefusal);
    else if (dice < 0.45) await record.reject().catch(expectRefusal);
    else if (dice < 0.5) void record.accept();
  }

  /** What the group confirms is so. */
  async #accept(record: ShareRecord): Promise<void> {
    const { topic, partition, offset } = record;
    try {
      await record.accept();
    } catch (thrown) {
      expectRefusal(thrown);
      return;
    }
    const { state } = this.share.record(topic, partition, offset)!;
    assert.equal(state, "acknowledged", `${partition}-${offset} was accepted`);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.model.clock.setTimer(delayMs, resolve);
    });
  }

  /** Records that the group is not done with. */
  left(): string[] {
    const left: string[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const offset of this.model.log("t", partition).visible(false).keys()) {
        const { state = "available" } = this.share.record("t", partition, offset) ?? {};
        if (state === "available" || state === "acquired") left.push(`${partition}-${offset}`);
      }
    }
    return left;
  }

  check(seed: number): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const offset of this.model.log("t", partition).visible(false).keys()) {
        const name = `${partition}-${offset}`;
        const record = this.share.record("t", partition, offset);
        const times = this.deliveries.get(name) ?? 0;
        assert.ok(times >= 1, `seed ${seed}: ${name} was delivered`);
        if (this.isCalm) assert.equal(times, 1, `seed ${seed}: ${name} was delivered once`);
        if (record?.state === "archived") assert.equal(record.said, AcknowledgeType.REJECT);
      }
    }
  }
}

function expectRefusal(thrown: unknown): void {
  if (!(thrown instanceof KafkaError)) throw thrown;
}

async function run(seed: number): Promise<void> {
  const world = new SimWorld({ seed });
  const { clock } = world;
  const random = new SimRandom(seed, "test");
  const hosts = Array.from({ length: BROKERS }, (_, index) => {
    const host = `b${index + 1}`;
    return { host, network: world.host(host).start().platform.network };
  });
  const model = await clock.wait(ModelCluster.start(clock, hosts));
  model.addTopic("t", PARTITIONS);
  const share = new ModelShare(model, LOCK_MS);
  const badness = random.pick([0, 0.03, 0.2]);
  const scene = new Run(random, model, share, badness === 0);
  const clusters: Cluster[] = [];
  const members: ShareConsumer<"t">[] = [];
  for (let i = random.between(1, MEMBERS_MAX); i > 0; i--) {
    const { platform } = world.host(`client-${i}`).start();
    const { bootstrap } = model;
    const cluster = await clock.wait(
      Cluster.connect({ platform, bootstrap, requestTimeoutMs: 2_000 }),
    );
    clusters.push(cluster);
    members.push(
      new ShareConsumer(cluster, "t", { group: "g", maxRecords: random.between(1, 30) }),
    );
  }
  const failures: unknown[] = [];
  const working = members.map((member) =>
    scene.work(member).catch((thrown: unknown) => failures.push(thrown)),
  );
  scene.disturb(badness);
  for (let step = 0; step < STEPS; step++) {
    scene.step();
    await clock.advance(random.below(100));
  }
  share.faults = {};
  for (const memberId of share.members.keys()) share.assign(memberId, true);
  for (let i = 0; i < 1_200 && scene.left().length > 0; i++) await clock.advance(100);
  assert.deepEqual(failures, [], `seed ${seed}: no program failed`);
  assert.deepEqual(scene.left(), [], `seed ${seed}: the group is done`);
  scene.isOver = true;
  for (const member of members) await clock.wait(member.close());
  for (const work of working) await clock.wait(work);
  for (const cluster of clusters) cluster.close();
  assert.equal(share.members.size, 0, `seed ${seed}: all have left`);
  scene.check(seed);
}

test("each record is delivered and done with, whatever happens to leaders, sessions, locks and members", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await run(seed);
});
