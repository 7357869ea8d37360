import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./quorum.fixture.ts";

test("an only voter leads at once, an epoch further at every start", () => {
  const cluster = new Cluster(1, { voters: 1 });
  const node = cluster.node(1);
  for (let epoch = 1; epoch <= 3; epoch++) {
    node.start();
    assert.equal(node.raft?.state.kind, "leader");
    assert.equal(node.raft.epoch, epoch);
    assert.equal(node.raft.highWatermark, undefined);
    cluster.run(20);
    assert.equal(node.raft.highWatermark, epoch);
    node.crash();
  }
});

test("nothing of an older epoch is committed before an entry of the own one is on disk", () => {
  const cluster = new Cluster(1, { voters: 1 });
  const node = cluster.node(1);
  node.start();
  cluster.run(20);
  node.propose("a");
  cluster.run(20);
  node.crash();
  node.start();
  assert.equal(node.raft?.highWatermark, undefined);
  cluster.run(20);
  assert.equal(node.raft?.highWatermark, 3);
});

test("a quorum elects one leader, and its entries reach all voters and observers", () => {
  for (const voters of [2, 3, 4, 5]) {
    const cluster = new Cluster(voters, { voters, observers: 2 });
    cluster.startAll();
    cluster.run(10_000);
    assert.ok(cluster.leader?.propose("x"));
    cluster.run(2_000);
    for (const node of cluster.nodes) {
      assert.equal(node.log.at(-1)?.value, "x");
      assert.equal(node.highWatermark, node.log.length);
    }
  }
});

test("after its leader is lost a quorum has another one", () => {
  for (let seed = 0; seed < 5; seed++) {
    const cluster = new Cluster(seed, { voters: 3 });
    cluster.startAll();
    cluster.run(10_000);
    const first = cluster.leader!;
    first.propose("kept");
    cluster.run(1_000);
    first.crash();
    cluster.run(15_000);
    const second = cluster.leader;
    assert.ok(second !== undefined && second.id !== first.id);
    first.start();
    second.propose("after");
    cluster.run(5_000);
    assert.deepEqual(first.log, second.log);
  }
});

test("a leader that resigns hands over within a fraction of the fetch timeout", () => {
  for (let seed = 0; seed < 5; seed++) {
    const cluster = new Cluster(seed, { voters: 3 });
    cluster.startAll();
    cluster.run(10_000);
    const first = cluster.leader!;
    const { epoch } = first.raft!;
    first.raft!.resign(cluster.nowMs);
    first.settle();
    cluster.run(1_500);
    assert.ok(cluster.leader !== undefined && cluster.leader.raft!.epoch > epoch);
  }
});

test("a node that cannot be heard does not disturb those that can (pre-vote)", () => {
  const cluster = new Cluster(3, { voters: 3 });
  cluster.startAll();
  cluster.run(10_000);
  const leader = cluster.leader!;
  const { epoch } = leader.raft!;
  const cutOff = cluster.nodes.find((node) => node !== leader)!;
  cluster.side = (id) => (id === cutOff.id ? 1 : 0);
  cluster.run(30_000);
  cluster.side = () => 0;
  cluster.run(5_000);
  assert.equal(cluster.leader, leader);
  assert.equal(leader.raft!.epoch, epoch);
  assert.equal(cutOff.raft!.epoch, epoch);
});

test("a leader without a majority stops leading", () => {
  const cluster = new Cluster(4, { voters: 5 });
  cluster.startAll();
  cluster.run(10_000);
  const leader = cluster.leader!;
  const companion = cluster.nodes.find((node) => node !== leader)!;
  cluster.side = (id) => (id === leader.id || id === companion.id ? 1 : 0);
  cluster.run(10_000);
  assert.notEqual(leader.raft!.state.kind, "leader");
  assert.ok(cluster.leader !== undefined && cluster.leader !== leader);
});

test("under losses, partitions and crashes nothing committed is lost and a leader comes back", () => {
  for (let seed = 0; seed < 25; seed++) {
    const voters = 1 + (seed % 5);
    const cluster = new Cluster(seed, { voters, observers: seed % 3 });
    const { random } = cluster;
    cluster.startAll();
    for (let step = 0; step < 60; step++) {
      cluster.faults = { lossPercent: random(3) * 10, delayMaxMs: 1 + random(200) };
      const node = cluster.nodes[random(cluster.nodes.length)]!;
      const action = random(10);
      if (action === 0) node.crash();
      else if (action === 1 && node.raft === undefined) node.start();
      else if (action === 2) {
        const cut = random(1 << cluster.nodes.length);
        cluster.side = (id) => (cut >> (id - 1)) & 1;
      } else if (action === 3) cluster.side = () => 0;
      else cluster.leader?.propose(`${seed}/${step}`);
      cluster.run(random(1500));
    }
    cluster.faults = { lossPercent: 0, delayMaxMs: 5 };
    cluster.side = () => 0;
    cluster.startAll();
    cluster.run(20_000);
    const { leader } = cluster;
    assert.ok(leader !== undefined, `seed ${seed}: no leader came back`);
    leader.propose("last");
    cluster.run(2_000);
    for (const node of cluster.nodes) {
      assert.equal(node.highWatermark, leader.log.length, `seed ${seed}: node ${node.id} lags`);
      assert.deepEqual(node.log, leader.log);
    }
  }
});

test("the same seed gives the same history", () => {
  const history = (): unknown => {
    const cluster = new Cluster(7, { voters: 3 });
    cluster.faults = { lossPercent: 10, delayMaxMs: 50 };
    cluster.startAll();
    for (let i = 0; i < 20; i++) {
      cluster.run(700);
      cluster.leader?.propose(String(i));
    }
    return cluster.nodes.map(({ log, election }) => ({ log, election }));
  };
  assert.deepEqual(history(), history());
});
