import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { brokerError, KafkaError } from "../errors.ts";
import { OffsetCommitError } from "../group/group-offsets.ts";
import type { OffsetToCommit } from "../group/membership.ts";
import type { ConsumeOptions } from "./consumer-options.ts";
import { Consumer } from "./consumer.ts";
import { fakeMemberships, type FakeMembership } from "./fake-membership.fixture.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";

const place = (partition: number) => ({ topic: "t", partition });

async function start(
  options: ConsumeOptions = {},
  partitions = 2,
  committed: readonly OffsetToCommit[] = [],
) {
  const world = new SimWorld({ seed: 1 });
  const { network } = world.host("b1").start().platform;
  const hosts = [{ host: "b1", network }];
  const { clock } = world;
  const model = await clock.wait(ModelCluster.start(clock, hosts));
  model.addTopic("t", partitions);
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await clock.wait(Cluster.connect({ platform, bootstrap }));
  const places = Array.from({ length: partitions }, (_, partition) => place(partition));
  const fake = fakeMemberships(places, committed);
  const consumer = new Consumer(
    cluster,
    "t",
    { group: "g", rebalanceTimeoutMs: 10_000, ...options },
    { createMembership: fake.createMembership },
  );
  return {
    model,
    clock,
    consumer,
    fake,
    member: (): FakeMembership => fake.made.at(-1)!,
    /** What the group has stored, by partition. */
    stored: () =>
      fake.made
        .at(-1)!
        .stored.toSorted((a, b) => a.partition - b.partition)
        .map(({ offset }) => offset),
    async end() {
      await clock.wait(consumer.close());
      cluster.close();
    },
  };
}

test("a partition goes when what is worked on is done, with its offset stored", async () => {
  const { model, clock, consumer, member, stored, end } = await start();
  for (let i = 0; i < 3; i++) model.log("t", 0).append([`a${i}`]);
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  await clock.wait(iterator.next());
  let isGone = false;
  const revoked = member()
    .revoke([place(0)], "rebalance")
    .then(() => {
      isGone = true;
    });
  await clock.advance(1_000);
  assert.equal(isGone, false);
  // Asking for more says that the record before is done; nothing more of the partition is handed out.
  const next = iterator.next();
  await clock.wait(revoked);
  assert.equal(stored()[0], 2);
  assert.deepEqual(consumer.assignment, [place(1)]);
  model.log("t", 1).append(["b"]);
  model.changed();
  assert.equal(String((await clock.wait(next)).value?.value), "b");
  await end();
});

test("a program that does not come to an end with a record is not waited for longer than the group waits", async () => {
  const { model, clock, consumer, member, stored, end } = await start();
  for (let i = 0; i < 3; i++) model.log("t", 0).append([`a${i}`]);
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  await clock.wait(iterator.next());
  const beganMs = clock.monotonicMs();
  await clock.wait(member().revoke([place(0)], "rebalance"));
  const tookMs = clock.monotonicMs() - beganMs;
  assert.ok(tookMs >= 8_000 && tookMs < 10_000, `${tookMs}`);
  assert.equal(stored()[0], 1);
  await end();
});

test("a group that goes on without the member ends the waiting: the partitions are lost", async () => {
  const { model, clock, consumer, member, end } = await start({ commit: { everyMs: 3_600_000 } });
  for (let i = 0; i < 3; i++) model.log("t", 0).append([`a${i}`]);
  const changes = consumer.rebalances();
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  await clock.wait(iterator.next());
  const fenced = new AbortController();
  const revoked = member().revoke([place(0)], "rebalance", fenced.signal);
  await clock.advance(100);
  fenced.abort();
  await clock.wait(revoked);
  assert.deepEqual(member().commits, []);
  await changes.next();
  assert.equal((await changes.next()).value?.kind, "lost");
  await end();
});

test("nothing is stored for partitions that were lost, and they are told as such", async () => {
  const { model, clock, consumer, member, end } = await start({ commit: { everyMs: 3_600_000 } });
  for (let i = 0; i < 3; i++) model.log("t", 0).append([`a${i}`]);
  const changes = consumer.rebalances();
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  await clock.wait(iterator.next());
  await clock.wait(member().revoke([place(0)], "lost"));
  assert.deepEqual(member().commits, []);
  assert.equal((await changes.next()).value?.kind, "assigned");
  assert.equal((await changes.next()).value?.kind, "lost");
  await end();
});

test("partitions that come back begin where the group stopped", async () => {
  const { model, clock, consumer, member, stored, end } = await start({}, 1);
  for (let i = 0; i < 4; i++) model.log("t", 0).append([`a${i}`]);
  const iterator = consumer[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await clock.wait(iterator.next());
  const next = iterator.next();
  await clock.wait(next);
  const revoked = member().revoke([place(0)], "rebalance");
  const more = iterator.next();
  await clock.wait(revoked);
  assert.deepEqual(stored(), [4]);
  await clock.wait(member().assign([place(0)]));
  model.log("t", 0).append(["new"]);
  model.changed();
  assert.equal((await clock.wait(more)).value?.offset, 4);
  await end();
});

test("commits that pass are made again, those that do not end the loop", async () => {
  const { model, clock, consumer, member, stored, end } = await start({}, 1);
  for (let i = 0; i < 6; i++) model.log("t", 0).append([`a${i}`]);
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  const { refusals } = member();
  refusals.push(brokerError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, { group: "g" }));
  refusals.push(brokerError(ErrorCode.REBALANCE_IN_PROGRESS, { group: "g" }));
  await clock.wait(iterator.next());
  await clock.advance(3_500);
  assert.equal(refusals.length, 0);
  assert.deepEqual(stored(), [1]);
  refusals.push(brokerError(ErrorCode.GROUP_AUTHORIZATION_FAILED, { group: "g" }));
  await clock.wait(iterator.next());
  await clock.advance(1_500);
  for (let i = 0; i < 3; i++) await clock.wait(iterator.next());
  await assert.rejects(clock.wait(iterator.next()), { code: "GROUP_AUTHORIZATION_FAILED" });
  await end();
});

test("a commit that the group refuses rejects; single partitions of it may be stored", async () => {
  const { model, clock, consumer, member, end } = await start({ commit: "manual" });
  model.log("t", 0).append(["a"]);
  await clock.wait(consumer.poll(1_000));
  const refused = brokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, place(0));
  member().refusals.push(new OffsetCommitError("g", [{ ...place(0), error: refused }], false));
  await assert.rejects(clock.wait(consumer.commit()), { code: "TOPIC_AUTHORIZATION_FAILED" });
  await clock.wait(consumer.commit());
  assert.equal(member().commits.length, 1);
  await end();
});

test("a membership that is over ends the loop with its reason; the next loop joins anew", async () => {
  const { model, clock, consumer, fake, member, end } = await start({}, 1);
  model.log("t", 0).append(["a"]);
  const iterator = consumer[Symbol.asyncIterator]();
  await clock.wait(iterator.next());
  await clock.wait(member().revoke([place(0)], "lost"));
  const next = iterator.next();
  const reason = new KafkaError("fenced", { code: "FENCED_INSTANCE_ID" });
  member().listener.onFailed(reason);
  await assert.rejects(clock.wait(next), { code: "FENCED_INSTANCE_ID" });
  const [again] = await clock.wait(consumer.poll(1_000));
  assert.equal(String(again?.value), "a");
  assert.equal(fake.made.length, 2);
  await end();
  assert.ok(member().hasLeft);
});

test("waiting for records and taking them are signs of progress", async () => {
  const { model, clock, consumer, member, end } = await start({}, 1);
  const iterator = consumer[Symbol.asyncIterator]();
  const next = iterator.next();
  await clock.advance(10_000);
  assert.ok(member().polls >= 5);
  const before = member().polls;
  model.log("t", 0).append(Array.from({ length: 5_000 }, (_, i) => `${i}`));
  model.changed();
  await clock.wait(next);
  for (let i = 0; i < 4_000; i++) await clock.wait(iterator.next());
  assert.ok(member().polls - before >= 3);
  await end();
});

test("a committed offset whose epoch the log does not have is judged before it is read from", async () => {
  for (const onOutOfRange of ["fail", "earliest"] as const) {
    // Stored by a member that had read records of an epoch that the log has lost since.
    const stale = { ...place(0), offset: 5, leaderEpoch: 0 };
    const { model, clock, consumer, end } = await start({ onOutOfRange }, 1, [stale]);
    const log = model.log("t", 0);
    log.append(["a", "b"]);
    log.moveTo(1);
    log.append(["c"]);
    const polled = clock.wait(consumer.poll(5_000));
    if (onOutOfRange === "fail") await assert.rejects(polled, { code: "LOG_TRUNCATED" });
    else {
      const values = (await polled).map(({ value }) => String(value));
      assert.deepEqual(values, ["c"]);
    }
    await end();
  }
});

test("a member without partitions that is to stop at the end stops after a while", async () => {
  const { clock, consumer, end } = await start({ until: "end" }, 0);
  const beganMs = clock.monotonicMs();
  assert.equal((await clock.wait(consumer[Symbol.asyncIterator]().next())).done, true);
  assert.ok(clock.monotonicMs() - beganMs >= 10_000);
  await end();
});
