import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { ModelCluster } from "../consumer/model-cluster.fixture.ts";
import type { ModelLog } from "../consumer/model-log.fixture.ts";
import { isKafkaError, type KafkaError } from "../errors.ts";
import { ModelShare } from "./model-share.fixture.ts";
import { ShareConsumer } from "./share-consumer.ts";
import type { ShareOptions } from "./share-options.ts";
import type { ShareRecord } from "./share-record.ts";

const LOCK_MS = 5_000;

interface Scene {
  readonly model: ModelCluster;
  readonly share: ModelShare;
  readonly log: ModelLog;
  consumer(options?: Partial<ShareOptions>): ShareConsumer<"t">;
  sleep(delayMs: number): Promise<void>;
}

/** Two brokers, a topic of one partition that the first one leads, in simulated time. */
async function inWorld(run: (scene: Scene) => Promise<void>): Promise<void> {
  const world = new SimWorld({ seed: 1 });
  const { clock } = world;
  const scenario = async (): Promise<void> => {
    const hosts = ["b1", "b2"].map((host) => {
      return { host, network: world.host(host).start().platform.network };
    });
    const model = await ModelCluster.start(clock, hosts);
    const [log] = model.addTopic("t", 1);
    assert.ok(log !== undefined);
    const share = new ModelShare(model, LOCK_MS);
    const { platform } = world.host("client").start();
    const { bootstrap } = model;
    const cluster = await Cluster.connect({ platform, bootstrap, requestTimeoutMs: 2_000 });
    const made: ShareConsumer<"t">[] = [];
    const consumer = (options: Partial<ShareOptions> = {}): ShareConsumer<"t"> => {
      const one = new ShareConsumer(cluster, "t", { group: "g", ...options });
      made.push(one);
      return one;
    };
    const sleep = (delayMs: number): Promise<void> =>
      new Promise((resolve) => {
        clock.setTimer(delayMs, resolve);
      });
    await run({ model, share, log, consumer, sleep });
    for (const one of made) await one.close();
    cluster.close();
  };
  await clock.wait(scenario());
}

async function take(consumer: ShareConsumer<"t">, count: number): Promise<ShareRecord[]> {
  const taken: ShareRecord[] = [];
  for await (const record of consumer) {
    taken.push(record);
    if (taken.length === count) break;
  }
  return taken;
}

function textsOf(records: readonly ShareRecord[]): string[] {
  return records.map(({ value, deliveryCount }) => `${String(value)} ${deliveryCount}`);
}

/** What a call rejects with. */
async function refusalOf(call: Promise<unknown>): Promise<KafkaError> {
  try {
    await call;
  } catch (thrown) {
    assert.ok(isKafkaError(thrown));
    return thrown;
  }
  assert.fail("it was taken");
}

test("what the program is done with goes with the next question, and the rest when it closes", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a", "b"]);
    const one = consumer();
    for await (const record of one) {
      if (String(record.value) === "b") log.append(["c"]);
      if (String(record.value) === "c") {
        void record.accept();
        break;
      }
    }
    assert.equal(share.acknowledges.length, 0);
    const carried = share.fetches.flatMap(({ topics }) =>
      topics.flatMap(({ partitions }) =>
        partitions.flatMap(({ acknowledgementBatches }) => acknowledgementBatches),
      ),
    );
    assert.deepEqual(
      carried.map(({ firstOffset, lastOffset, acknowledgeTypes }) => [
        firstOffset,
        lastOffset,
        ...acknowledgeTypes,
      ]),
      [[0, 1, 1]],
    );
    await one.close();
    assert.deepEqual(
      [0, 1, 2].map((offset) => share.record("t", 0, offset)?.state),
      ["acknowledged", "acknowledged", "acknowledged"],
    );
    const [last] = share.acknowledges.slice(-1);
    assert.equal(last?.shareSessionEpoch, -1);
    assert.equal(share.heartbeats.at(-1)?.memberEpoch, -1);
    assert.equal(share.members.size, 0);
  }));

test("what the program is done with does not wait for a program that is slow", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a", "b"]);
    const one = consumer();
    for await (const record of one) {
      if (String(record.value) === "a") continue;
      await sleep(1_000);
      assert.equal(share.record("t", 0, 0)?.state, "acknowledged");
      break;
    }
  }));

test("a member that the group has forgotten joins anew and says again what it reads", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    const one = consumer();
    await one.ready();
    const [first] = share.heartbeats;
    assert.deepEqual(
      [first?.memberEpoch, first?.subscribedTopicNames, first?.memberId === one.memberId],
      [0, ["t"], true],
    );
    await sleep(2_000);
    const { length } = share.heartbeats;
    assert.ok(share.heartbeats.slice(1).every((beat) => beat.subscribedTopicNames === null));
    share.members.clear();
    log.append(["a"]);
    assert.deepEqual(textsOf(await take(one, 1)), ["a 1"]);
    await sleep(3_000);
    const rejoin = share.heartbeats.slice(length).find(({ memberEpoch }) => memberEpoch === 0);
    assert.deepEqual(rejoin?.subscribedTopicNames, ["t"]);
    assert.equal(rejoin?.memberId, first?.memberId);
    assert.deepEqual(one.assignment, [{ topic: "t", partition: 0 }]);
  }));

test("records that were acquired are handed out and done with though the group takes the partition away", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a", "b"]);
    const one = consumer({ acknowledge: "explicit" });
    const [held] = await take(one, 1);
    share.assign(one.memberId, false);
    await sleep(3_000);
    assert.deepEqual(one.assignment, []);
    const [waiting] = await take(one, 1);
    assert.deepEqual(textsOf([held!, waiting!]), ["a 1", "b 1"]);
    await Promise.all([held!.accept(), waiting!.accept()]);
    assert.equal(share.record("t", 0, 1)?.state, "acknowledged");
  }));

test("of records that are acknowledged together only those are refused that have to be", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a", "b", "c", "d", "e"]);
    const one = consumer({ acknowledge: "explicit" });
    const held = await take(one, 5);
    share.record("t", 0, 2)!.owner = "another";
    const outcomes = await Promise.allSettled(held.map((record) => record.accept()));
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason as KafkaError] : [],
    );
    assert.deepEqual(
      refused.map(({ code, context }) => [code, context.offset]),
      [["INVALID_RECORD_STATE", 2]],
    );
    assert.deepEqual(
      [0, 1, 3, 4].map((offset) => share.record("t", 0, offset)?.state),
      Array.from({ length: 4 }, () => "acknowledged"),
    );
  }));

test("an acknowledgement is tried again while the lock lasts, where that may help", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a"]);
    const one = consumer({ acknowledge: "explicit" });
    const [held] = await take(one, 1);
    const refusals = [ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.REQUEST_TIMED_OUT];
    share.faults.acknowledge = () => refusals.shift();
    await held!.accept();
    assert.deepEqual(refusals, []);
    assert.equal(share.record("t", 0, 0)?.state, "acknowledged");
    log.append(["b"]);
    const [late] = await take(one, 1);
    share.faults.acknowledge = () => ErrorCode.COORDINATOR_NOT_AVAILABLE;
    assert.equal((await refusalOf(late!.accept())).code, "COORDINATOR_NOT_AVAILABLE");
    share.faults = {};
  }));

test("refused acknowledgements that nobody waits for are told of to whoever listens", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a", "b"]);
    const one = consumer();
    const refusals = one.refusals();
    const first = refusals.next();
    const loop = (async () => {
      for await (const record of one) {
        if (String(record.value) === "a") share.record("t", 0, 0)!.owner = "another";
      }
    })();
    const { value } = await first;
    assert.deepEqual(
      [value?.firstOffset, value?.lastOffset, value?.acknowledgement, value?.error.code],
      [0, 0, "accept", "INVALID_RECORD_STATE"],
    );
    await one.close();
    await loop;
    assert.equal((await refusals.next()).done, true);
  }));

test("when the connection is lost records come again, and calls on those before say so", () =>
  inWorld(async ({ model, share, log, consumer }) => {
    log.append(["a", "b"]);
    const one = consumer({ acknowledge: "explicit" });
    const [held] = await take(one, 2);
    for (const connection of model.brokers.get(1)!.connections) connection.destroy();
    share.dropSessions(1);
    const again = await take(one, 2);
    assert.deepEqual(textsOf(again).toSorted(), ["a 2", "b 2"]);
    const refusal = await refusalOf(held!.accept());
    assert.equal(refusal.code, "SHARE_SESSION_NOT_FOUND");
    assert.equal(refusal.retriable, false);
    assert.equal(held!.lockRemainingMs, 0);
    await Promise.all(again.map((record) => record.accept()));
  }));

test("a partition that has moved is read from its new leader", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a", "b"]);
    const one = consumer({ acknowledge: "explicit" });
    const [held] = await take(one, 1);
    log.moveTo(2);
    share.moved(log);
    assert.equal((await refusalOf(held!.accept())).code, "NOT_LEADER_OR_FOLLOWER");
    log.append(["c"]);
    const seen = new Set<string>();
    for await (const record of one) {
      seen.add(String(record.value));
      await record.accept().catch(() => undefined);
      if (seen.has("a") && seen.has("b") && seen.has("c")) break;
    }
    assert.equal(log.leaderId, 2);
  }));

test("records that wait until their locks run out are not handed out", () =>
  inWorld(async ({ log, consumer, sleep }) => {
    log.append(["a", "b"]);
    const one = consumer();
    const seen: string[] = [];
    for await (const record of one) {
      seen.push(...textsOf([record]));
      if (seen.length === 1) await sleep(LOCK_MS + 100);
      else if (record.deliveryCount === 2 && seen.length === 3) break;
    }
    assert.deepEqual(seen, ["a 1", "a 2", "b 2"]);
  }));

test("a broker that keeps no more sessions is asked again", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a"]);
    const refusals = [1, 2, 3].map(() => ErrorCode.SHARE_SESSION_LIMIT_REACHED);
    share.faults.request = () => refusals.shift();
    assert.deepEqual(textsOf(await take(consumer(), 1)), ["a 1"]);
    assert.deepEqual(refusals, []);
  }));

test("what no retry mends ends the loop, and the next one tries again", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a"]);
    const one = consumer();
    share.faults.request = () => ErrorCode.GROUP_AUTHORIZATION_FAILED;
    assert.equal((await refusalOf(take(one, 1))).code, "GROUP_AUTHORIZATION_FAILED");
    share.faults = { partition: () => ErrorCode.TOPIC_AUTHORIZATION_FAILED };
    const refusal = await refusalOf(take(one, 1));
    assert.equal(refusal.code, "TOPIC_AUTHORIZATION_FAILED");
    assert.equal(refusal.context.topic, "t");
    share.faults = {};
    assert.deepEqual(textsOf(await take(one, 1)), ["a 1"]);
  }));

test("a group that refuses the member ends the loop, and the next one joins anew", () =>
  inWorld(async ({ share, log, consumer }) => {
    log.append(["a"]);
    const one = consumer();
    share.faults.heartbeat = () => ErrorCode.GROUP_MAX_SIZE_REACHED;
    assert.equal((await refusalOf(take(one, 1))).code, "GROUP_MAX_SIZE_REACHED");
    share.faults = {};
    assert.deepEqual(textsOf(await take(one, 1)), ["a 1"]);
  }));

test("a broker that cannot renew locks is not asked to, and the other calls go through", () =>
  inWorld(async ({ model, share, log, consumer }) => {
    for (const broker of model.brokers.values()) broker.limit(ApiKey.SHARE_ACKNOWLEDGE, [1, 1]);
    for (const broker of model.brokers.values()) broker.limit(ApiKey.SHARE_FETCH, [1, 1]);
    log.append(["a", "b"]);
    const [first, second] = await take(consumer({ acknowledge: "explicit" }), 2);
    const renewing = refusalOf(first!.renew());
    await second!.accept();
    assert.equal((await renewing).code, "UNSUPPORTED_VERSION");
    await first!.accept();
    assert.equal(share.record("t", 0, 0)?.state, "acknowledged");
  }));

test("a signal ends the loop when the body at work has returned", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a", "b"]);
    const ending = new AbortController();
    const one = consumer({ signal: ending.signal });
    const seen: string[] = [];
    for await (const record of one) {
      ending.abort();
      await sleep(1_000);
      seen.push(String(record.value));
    }
    await one.close();
    assert.deepEqual(seen, ["a"]);
    assert.equal(share.record("t", 0, 0)?.state, "acknowledged");
    assert.equal(share.record("t", 0, 1)?.state, "available");
    assert.equal(share.members.size, 0);
  }));

test("a program that asks for nothing for too long leaves, and comes back when it does", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a", "b"]);
    const one = consumer({ maxPollIntervalMs: 1_000 });
    const seen: string[] = [];
    for await (const record of one) {
      seen.push(String(record.value));
      if (seen.length > 1) break;
      await sleep(3_000);
      assert.equal(share.members.size, 0);
    }
    log.append(["c"]);
    for await (const record of one) {
      seen.push(String(record.value));
      if (seen.includes("c")) break;
    }
    assert.deepEqual(seen.slice(0, 2), ["a", "b"]);
    assert.equal(share.members.size, 1);
  }));

test("options that mean nothing are refused", () =>
  inWorld(async ({ consumer }) => {
    const wrong: Partial<ShareOptions>[] = [{ group: "" }, { maxRecords: 0 }, { fetchWaitMs: -1 }];
    for (const options of wrong) {
      assert.throws(() => consumer(options), { code: "INVALID_ARGUMENT" });
    }
    const one = consumer();
    await one.close();
    assert.equal((await refusalOf(one.ready())).code, "CLOSED");
    for await (const record of one) assert.fail(String(record.value));
  }));

test("a consumer that is closed while it joins, or while it waits for records, ends its loop", () =>
  inWorld(async ({ share, consumer, sleep }) => {
    for (const waitMs of [0, 3_000]) {
      const one = consumer();
      const loop = take(one, 1);
      if (waitMs > 0) await sleep(waitMs);
      await one.close();
      assert.deepEqual(await loop, []);
    }
    assert.equal(share.members.size, 0);
  }));

test("a loop that takes the records over leaves those that did not reach the program to the group", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a"]);
    const one = consumer();
    const gathering = one.batches({ max: 10, withinMs: 1_000 }).next();
    gathering.catch(() => undefined);
    await sleep(500);
    assert.equal(share.record("t", 0, 0)?.state, "acquired");
    assert.deepEqual(textsOf(await take(one, 1)), ["a 2"]);
    assert.equal((await refusalOf(gathering)).code, "CLOSED");
  }));

test("a program that fails at a record gives it back, and the others at work end first", () =>
  inWorld(async ({ share, log, consumer, sleep }) => {
    log.append(["a", "b", "c"]);
    const one = consumer();
    const ended: string[] = [];
    const working = one.forEach(
      async ({ value }) => {
        if (String(value) === "b") throw new Error("no");
        await sleep(100);
        ended.push(String(value));
      },
      { concurrency: 3 },
    );
    await assert.rejects(working, /^Error: no$/);
    assert.equal(ended[0], "a");
    await one.close();
    const states = [0, 1].map((offset) => share.record("t", 0, offset)?.state);
    assert.deepEqual(states, ["acknowledged", "available"]);
  }));
