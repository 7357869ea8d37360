import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { ORDERS, PAYMENTS, REBALANCE_MS, SESSION_MS, World, subscription } from "../world.test.ts";

const INITIAL_DELAY_MS = 3000;

test("the first generation begins when the initial delay is over", () => {
  const world = new World();
  const { memberId, call } = world.joinTwice();
  world.clock.advance(INITIAL_DELAY_MS - 1);
  assert.equal(call.isAnswered, false);
  world.clock.advance(1);
  const { members, ...response } = call.response;
  assert.deepEqual(response, {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: 1,
    protocolType: "consumer",
    protocolName: "range",
    leader: memberId,
    skipAssignment: false,
    memberId,
  });
  assert.deepEqual(
    members.map((member) => member.memberId),
    [memberId],
  );
});

test("members that come during the initial delay prolong it, up to the rebalance timeout", () => {
  const world = new World();
  const options = { rebalanceTimeoutMs: 7000 };
  const first = world.joinTwice(options);
  world.clock.advance(2000);
  world.joinTwice(options);
  world.clock.advance(1000);
  assert.equal(first.call.isAnswered, false, "after 3 s there is a new member");
  world.clock.advance(2000);
  world.joinTwice(options);
  world.clock.advance(1000);
  assert.equal(first.call.isAnswered, false, "after 6 s there is another");
  world.joinTwice(options);
  world.clock.advance(1000);
  assert.equal(first.call.isAnswered, true, "after 7 s it is enough");
  assert.equal(first.call.response.members.length, 4);
});

test("an initial delay of 0 makes the first member wait for nobody", () => {
  const world = new World({ settings: { initialRebalanceDelayMs: 0 } });
  const { call } = world.joinTwice();
  world.clock.advance();
  assert.equal(call.response.errorCode, ErrorCode.NONE);
});

test("a rebalance is complete as soon as every member has joined", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(2);
  const third = world.joinTwice();
  world.clock.advance();
  assert.equal(world.heartbeat(ids[0]!, generation).response.errorCode, 27);
  const joins = ids.map((memberId) => world.join({ memberId }));
  world.clock.advance();
  for (const join of [...joins, third.call]) {
    assert.equal(join.response.generationId, generation + 1);
    assert.equal(join.response.leader, ids[0]);
  }
  assert.equal(joins[0]!.response.members.length, 3);
  assert.equal(joins[1]!.response.members.length, 0);
});

test("an id that was given away and not used holds a rebalance up until its session ends", () => {
  const world = new World();
  const { ids } = world.stableGroup(1);
  world.join();
  world.clock.advance();
  const rejoin = world.join({ memberId: ids[0]! });
  world.clock.advance(SESSION_MS - 1);
  assert.equal(rejoin.isAnswered, false);
  world.clock.advance(1);
  assert.equal(rejoin.response.errorCode, ErrorCode.NONE);
});

test("who does not join within the rebalance timeout is left out", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(2, { sessionTimeoutMs: 90_000 });
  const rejoin = world.join({ memberId: ids[0]!, sessionTimeoutMs: 90_000 });
  world.clock.advance(REBALANCE_MS - 1);
  assert.equal(rejoin.isAnswered, false);
  world.clock.advance(1);
  assert.equal(rejoin.response.generationId, generation + 1);
  assert.deepEqual(
    rejoin.response.members.map((member) => member.memberId),
    [ids[0]],
  );
  assert.equal(
    world.heartbeat(ids[1]!, generation).response.errorCode,
    ErrorCode.UNKNOWN_MEMBER_ID,
  );
});

test("a member that is not heard of for its session timeout is removed", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(2);
  world.clock.advance(SESSION_MS / 2);
  assert.equal(world.heartbeat(ids[0]!, generation).response.errorCode, ErrorCode.NONE);
  world.clock.advance(SESSION_MS / 2);
  assert.equal(world.state(), "PreparingRebalance");
  assert.deepEqual(
    world.describe("g").members.map((member) => member.memberId),
    [ids[0]],
  );
});

test("a commit is as good as a heartbeat", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(1);
  for (let i = 0; i < 5; i++) {
    world.clock.advance(SESSION_MS - 1);
    assert.equal(world.commitError({ memberId: ids[0]!, generation }), ErrorCode.NONE);
  }
  assert.equal(world.state(), "Stable");
});

test("a group that nobody is left in becomes Empty, keeps its type and counts on", () => {
  const world = new World();
  const { generation } = world.stableGroup(1);
  world.clock.advance(SESSION_MS);
  const { groupState, protocolType } = world.describe("g");
  assert.deepEqual({ groupState, protocolType }, { groupState: "Empty", protocolType: "consumer" });
  assert.equal(world.stableGroup(1).generation, generation + 2);
});

test("members that never ask for their assignment are removed after the rebalance timeout", () => {
  const world = new World();
  const options = { sessionTimeoutMs: 90_000, rebalanceTimeoutMs: 5000 };
  const first = world.joinTwice(options);
  const second = world.joinTwice(options);
  world.clock.advance(6000);
  const { generationId, leader } = first.call.response;
  const sync = world.sync(leader, generationId);
  world.clock.advance();
  assert.equal(sync.response.errorCode, ErrorCode.NONE);
  assert.equal(world.state(), "Stable");
  world.clock.advance(4999);
  assert.equal(world.state(), "PreparingRebalance");
  const other = leader === first.memberId ? second.memberId : first.memberId;
  const heartbeat = world.heartbeat(other, generationId);
  assert.equal(heartbeat.response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test("a parked join of a new member is given up after five minutes, that of a known one never", () => {
  const world = new World();
  const long = { rebalanceTimeoutMs: 1_800_000, sessionTimeoutMs: 1_800_000 };
  const { ids } = world.stableGroup(2, long);
  const known = world.join({ memberId: ids[0]!, ...long, sessionTimeoutMs: SESSION_MS });
  const fresh = world.joinTwice(long);
  world.clock.advance(299_999);
  assert.equal(fresh.call.isAnswered, false);
  world.clock.advance(1);
  assert.equal(fresh.call.response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(fresh.call.response.memberId, "");
  assert.equal(known.isAnswered, false);
  assert.equal(world.state(), "PreparingRebalance");
});

test("assignments go to all members; who is left out gets an empty one, strangers are ignored", () => {
  const world = new World();
  const joins = [world.joinTwice(), world.joinTwice()];
  world.clock.advance(10_000);
  const { leader, generationId } = joins[0]!.call.response;
  const other = joins.find(({ memberId }) => memberId !== leader)!.memberId;
  const parked = world.sync(other, generationId);
  world.clock.advance();
  assert.equal(parked.isAnswered, false);
  const led = world.sync(leader, generationId, { [leader]: "mine", stranger: "?" });
  world.clock.advance();
  assert.equal(led.response.assignment.toString(), "mine");
  assert.equal(parked.response.assignment.length, 0);
  assert.equal(parked.response.protocolName, "range");
  const late = world.sync(other, generationId);
  assert.equal(late.response.errorCode, ErrorCode.NONE);
});

test("a rebalance that begins while members wait for the leader sends them back", () => {
  const world = new World();
  const joins = [world.joinTwice(), world.joinTwice()];
  world.clock.advance(10_000);
  const { leader, generationId } = joins[0]!.call.response;
  const other = joins.find(({ memberId }) => memberId !== leader)!.memberId;
  const parked = world.sync(other, generationId);
  world.joinTwice();
  world.clock.advance();
  assert.equal(parked.response.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
});

test("protocols are voted for among those that everybody knows", () => {
  const world = new World();
  const protocol = (name: string) => ({ name, metadata: Buffer.from(name) });
  const lists = [
    ["a", "b", "c"],
    ["c", "b", "a"],
    ["d", "c", "b"],
  ];
  const joins = lists.map((names) => world.joinTwice({ protocols: names.map(protocol) }));
  world.clock.advance(10_000);
  // Everybody knows b and c: two members prefer c.
  for (const { call } of joins) assert.equal(call.response.protocolName, "c");
  const leading = joins.find(({ call, memberId }) => call.response.leader === memberId)!;
  assert.deepEqual(
    leading.call.response.members.map(({ metadata }) => metadata.toString()),
    ["c", "c", "c"],
  );
});

test("a full group turns new members away and keeps the ones it has", () => {
  const world = new World({ settings: { maxSize: 2 } });
  const { ids } = world.stableGroup(2);
  const third = world.join({ version: 3 });
  world.clock.advance();
  assert.equal(third.response.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal(third.response.memberId, "");
  const rejoin = world.join({ memberId: ids[1]! });
  assert.equal(rejoin.response.errorCode, ErrorCode.NONE);
});

test("while a full group rebalances, only those who are parked count", () => {
  const world = new World({ settings: { maxSize: 2 } });
  const { ids } = world.stableGroup(2);
  world.join({ memberId: ids[0]! });
  const third = world.joinTwice();
  world.clock.advance();
  assert.equal(third.call.isAnswered, false);
  const fourth = world.join();
  assert.equal(fourth.response.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  const late = world.join({ memberId: ids[1]! });
  assert.equal(late.response.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  world.clock.advance();
  assert.equal(third.call.response.errorCode, ErrorCode.NONE);
});

test("a static member that comes back takes its place without a rebalance", () => {
  for (const isLeader of [true, false]) {
    const world = new World();
    const first = world.join({ instanceId: "one" });
    const second = world.join({ instanceId: "two" });
    world.clock.advance(10_000);
    const { leader, generationId } = first.response;
    const ids = { one: first.response.memberId, two: second.response.memberId };
    const assignments = { [ids.one]: "1", [ids.two]: "2" };
    for (const id of [ids.one, ids.two]) {
      world.sync(id, generationId, id === leader ? assignments : {});
    }
    world.clock.advance();
    assert.equal(world.state(), "Stable");
    const name = (leader === ids.one) === isLeader ? "one" : "two";
    const back = world.join({ instanceId: name });
    world.clock.advance();
    assert.equal(world.state(), "Stable");
    assert.equal(back.response.generationId, generationId);
    assert.equal(back.response.skipAssignment, isLeader);
    assert.equal(back.response.members.length, isLeader ? 2 : 0);
    assert.equal(back.response.leader, isLeader ? back.response.memberId : leader);
    const sync = world.sync(back.response.memberId, generationId, {}, { instanceId: name });
    assert.equal(sync.response.assignment.toString(), name === "one" ? "1" : "2");
    // The old id is fenced, by instance, and unknown without.
    const old = world.heartbeat(ids[name], generationId, { instanceId: name });
    assert.equal(old.response.errorCode, ErrorCode.FENCED_INSTANCE_ID);
    const nameless = world.heartbeat(ids[name], generationId);
    assert.equal(nameless.response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
    const fenced = world.commitError({
      memberId: ids[name],
      generation: generationId,
      instanceId: name,
    });
    assert.equal(fenced, ErrorCode.FENCED_INSTANCE_ID);
    // A reloaded coordinator knows the new id.
    const reloaded = world.reloaded();
    const heartbeat = reloaded.heartbeat(back.response.memberId, generationId, {
      instanceId: name,
    });
    assert.equal(heartbeat.response.errorCode, ErrorCode.NONE);
  }
});

test("before version 9 a static leader that comes back is told of its old id, so it does not assign", () => {
  const world = new World();
  const first = world.join({ instanceId: "one", version: 8 });
  world.clock.advance(INITIAL_DELAY_MS);
  const { memberId, generationId } = first.response;
  world.sync(memberId, generationId, { [memberId]: "1" });
  world.clock.advance();
  const back = world.join({ instanceId: "one", version: 8 });
  world.clock.advance();
  assert.equal(back.response.leader, memberId);
  assert.notEqual(back.response.memberId, memberId);
  assert.equal(back.response.members.length, 0);
  assert.equal(world.state(), "Stable");
});

test("a static member that comes back with another choice of protocol starts a rebalance", () => {
  const world = new World();
  const both = (first: string, second: string) =>
    [first, second].map((name) => ({ name, metadata: subscription(ORDERS) }));
  const first = world.join({ instanceId: "one", protocols: both("range", "sticky") });
  world.clock.advance(INITIAL_DELAY_MS);
  world.sync(first.response.memberId, 1, {});
  world.clock.advance();
  const back = world.join({ instanceId: "one", protocols: both("sticky", "range") });
  world.clock.advance();
  assert.equal(back.response.generationId, 2);
  assert.equal(back.response.protocolName, "sticky");
});

test("a static member that is replaced while it waits hears that it is fenced", () => {
  const world = new World();
  const first = world.join({ instanceId: "one" });
  const second = world.join({ instanceId: "one" });
  world.clock.advance();
  assert.equal(first.response.errorCode, ErrorCode.FENCED_INSTANCE_ID);
  world.clock.advance(10_000);
  assert.equal(second.response.errorCode, ErrorCode.NONE);
  assert.equal(second.response.members.length, 1);
});

test("static members that are away do not lose their place in a rebalance", () => {
  const world = new World();
  const away = world.join({
    instanceId: "away",
    sessionTimeoutMs: 600_000,
    rebalanceTimeoutMs: 6000,
  });
  const here = world.join({
    instanceId: "here",
    sessionTimeoutMs: 600_000,
    rebalanceTimeoutMs: 6000,
  });
  world.clock.advance(10_000);
  assert.equal(away.response.generationId, 1);
  const ids = [away.response.memberId, here.response.memberId];
  for (const id of ids) world.sync(id, 1);
  world.clock.advance();
  const rejoin = world.join({
    memberId: ids[1]!,
    instanceId: "here",
    sessionTimeoutMs: 600_000,
    rebalanceTimeoutMs: 6000,
    protocols: [{ name: "range", metadata: subscription(PAYMENTS) }],
  });
  world.clock.advance(6000);
  assert.equal(rejoin.response.generationId, 2);
  assert.equal(rejoin.response.leader, ids[1]);
  assert.equal(rejoin.response.members.length, 2);
});

test("when all members are static and away, the rebalance waits for one of them", () => {
  const world = new World();
  const only = world.join({
    instanceId: "one",
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 6000,
  });
  world.clock.advance(INITIAL_DELAY_MS);
  const { memberId } = only.response;
  world.sync(memberId, 1);
  world.clock.advance();
  // A dynamic member asks for a rebalance and leaves again.
  const other = world.joinTwice({ rebalanceTimeoutMs: 6000 });
  world.clock.advance();
  world.leave([{ memberId: other.memberId }]);
  world.clock.advance(20_000);
  assert.equal(world.state(), "PreparingRebalance");
  assert.equal(world.describe("g").members.length, 1);
  world.clock.advance(40_000);
  assert.equal(world.state(), "Empty");
});

test("leaving: several members, by id, by instance, pending, unknown", () => {
  const world = new World();
  const fixed = world.join({ instanceId: "one" });
  world.clock.advance(INITIAL_DELAY_MS);
  world.sync(fixed.response.memberId, 1);
  const pending = world.join();
  world.clock.advance();
  const left = world.leave([
    { memberId: "", instanceId: "one" },
    { memberId: pending.response.memberId },
    { memberId: "nobody" },
    { memberId: "" },
    { memberId: "", instanceId: "two" },
    { memberId: "x", instanceId: "one" },
  ]);
  world.clock.advance();
  assert.equal(left.response.errorCode, ErrorCode.NONE);
  assert.deepEqual(
    left.response.members.map((member) => [
      member.memberId,
      member.groupInstanceId,
      member.errorCode,
    ]),
    [
      ["", "one", ErrorCode.NONE],
      [pending.response.memberId, null, ErrorCode.NONE],
      ["nobody", null, ErrorCode.UNKNOWN_MEMBER_ID],
      ["", null, ErrorCode.UNKNOWN_MEMBER_ID],
      ["", "two", ErrorCode.UNKNOWN_MEMBER_ID],
      ["x", "one", ErrorCode.UNKNOWN_MEMBER_ID],
    ],
  );
  assert.equal(world.state(), "Empty");
  const elsewhere = world.leave([{ memberId: "a" }], { groupId: "no such group" });
  assert.equal(elsewhere.response.errorCode, ErrorCode.NONE);
  assert.equal(elsewhere.response.members[0]!.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test("a member that leaves while its join or sync waits is answered", () => {
  const world = new World();
  const { memberId, call } = world.joinTwice();
  world.leave([{ memberId }]);
  world.clock.advance();
  assert.equal(call.response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  world.clock.advance(10_000);
  const joins = [world.joinTwice(), world.joinTwice()];
  world.clock.advance(10_000);
  const { leader, generationId } = joins[0]!.call.response;
  const other = joins.find((join) => join.memberId !== leader)!.memberId;
  const sync = world.sync(other, generationId);
  world.leave([{ memberId: other }]);
  world.clock.advance();
  assert.equal(sync.response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test("two joins or syncs of one member: the earlier does not hang", () => {
  const world = new World();
  const { ids } = world.stableGroup(2);
  const earlier = world.join({ memberId: ids[0]! });
  world.join({ memberId: ids[0]! });
  world.clock.advance();
  assert.equal(earlier.response.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  world.join({ memberId: ids[1]! });
  world.clock.advance();
  const sync = world.sync(ids[1]!, 2);
  world.sync(ids[1]!, 2);
  world.clock.advance();
  assert.equal(sync.response.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
});

test("requests that contradict themselves are refused before the group is looked at", () => {
  const world = new World();
  const error = (call: { readonly response: { readonly errorCode: number } }) =>
    call.response.errorCode;
  assert.equal(error(world.join({ groupId: "" })), ErrorCode.INVALID_GROUP_ID);
  assert.equal(error(world.join({ sessionTimeoutMs: 5999 })), ErrorCode.INVALID_SESSION_TIMEOUT);
  const tooLong = world.join({ sessionTimeoutMs: 1_800_001 });
  assert.equal(error(tooLong), ErrorCode.INVALID_SESSION_TIMEOUT);
  assert.equal(error(world.join({ protocols: [] })), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(error(world.join({ protocolType: "" })), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(error(world.sync("a", 1, {}, { groupId: "" })), ErrorCode.INVALID_GROUP_ID);
  const mute = world.sync("a", 1, {}, { protocolName: null });
  assert.equal(error(mute), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(error(world.heartbeat("a", 1, { groupId: "" })), ErrorCode.INVALID_GROUP_ID);
  assert.equal(error(world.leave([], { groupId: "" })), ErrorCode.INVALID_GROUP_ID);
  assert.equal(world.log.appends, 0);
});

test("every version of JoinGroup and SyncGroup makes a group", () => {
  for (let version = 0; version <= 9; version++) {
    const world = new World();
    const join = version < 4 ? world.join({ version }) : world.joinTwice({ version }).call;
    world.clock.advance(INITIAL_DELAY_MS);
    const { memberId, generationId, leader } = join.response;
    assert.equal(leader, memberId);
    const sync = world.sync(
      memberId,
      generationId,
      { [memberId]: "all" },
      {
        version: Math.min(version, 5),
        ...(version < 5 ? { protocolName: null, protocolType: null } : {}),
      },
    );
    world.clock.advance();
    assert.equal(sync.response.assignment.toString(), "all");
  }
});

test("a failed join has an empty protocol name before version 7, none afterwards", () => {
  const world = new World();
  assert.equal(world.join({ memberId: "nobody", version: 6 }).response.protocolName, "");
  assert.equal(world.join({ memberId: "nobody", version: 7 }).response.protocolName, null);
});

test("version 0 waits for a rebalance as long as for a session", () => {
  const world = new World();
  const { ids } = world.stableGroup(1, { version: 9, rebalanceTimeoutMs: 15_000 });
  const old = world.join({ version: 0, sessionTimeoutMs: 20_000, rebalanceTimeoutMs: -1 });
  world.clock.advance();
  for (let ms = 0; ms < 19_000; ms += 1000) {
    world.heartbeat(ids[0]!, 1);
    world.clock.advance(1000);
  }
  assert.equal(old.isAnswered, false);
  world.clock.advance(1000);
  assert.equal(old.response.errorCode, ErrorCode.NONE);
});

test("a group with more members than allowed when it is loaded is made to rebalance", () => {
  const world = new World();
  world.stableGroup(3);
  const reloaded = world.reloaded({ settings: { maxSize: 2 } });
  assert.equal(reloaded.state(), "PreparingRebalance");
});

test("after a change of coordinator sessions begin anew, and members go on", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(2);
  world.clock.advance(SESSION_MS - 1);
  world.coordinator.onResigned(0, 2);
  world.coordinator.onElected(0, 3);
  world.clock.advance(SESSION_MS - 1);
  assert.equal(world.heartbeat(ids[0]!, generation).response.errorCode, ErrorCode.NONE);
  assert.equal(world.sync(ids[1]!, generation).response.assignment.toString(), "part 1");
  world.clock.advance(1);
  assert.equal(world.state(), "Stable");
});

test("who waits when the coordinator moves is told to look for it", () => {
  const world = new World();
  const { ids } = world.stableGroup(2);
  const join = world.join({ memberId: ids[0]! });
  world.coordinator.onResigned(0, 2);
  assert.equal(join.response.errorCode, ErrorCode.NOT_COORDINATOR);
  world.coordinator.onElected(0, 3);
  world.clock.advance();
  const joins = ids.map((memberId) => world.join({ memberId }));
  world.clock.advance();
  const { leader, generationId } = joins[0]!.response;
  const follower = ids.find((id) => id !== leader)!;
  const sync = world.sync(follower, generationId);
  world.coordinator.close();
  assert.equal(sync.response.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(world.clock.timers, 0);
});

test("a session that ran out while the member waited begins anew with the answer", () => {
  const world = new World();
  const joins = [world.joinTwice(), world.joinTwice()];
  world.clock.advance(10_000);
  const { leader, generationId } = joins[0]!.call.response;
  const follower = joins.find(({ memberId }) => memberId !== leader)!.memberId;
  const sync = world.sync(follower, generationId);
  for (let ms = 0; ms < 2 * SESSION_MS; ms += 1000) {
    world.clock.advance(1000);
    world.heartbeat(leader, generationId);
  }
  world.sync(leader, generationId);
  world.clock.advance();
  assert.equal(sync.response.errorCode, ErrorCode.NONE);
  world.clock.advance(SESSION_MS - 1);
  world.heartbeat(leader, generationId);
  assert.equal(world.state(), "Stable");
  world.clock.advance(1);
  assert.equal(world.state(), "PreparingRebalance");
});

test("a first join whose record is lost fails, and leaves no group", () => {
  const world = new World();
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  const parked = world.join({ version: 3 });
  const second = world.join({ version: 3 });
  world.clock.advance();
  assert.equal(parked.response.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(parked.response.memberId, "");
  assert.equal(second.response.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(world.state(), "Dead");
  world.clock.advance(REBALANCE_MS * 10);
  assert.equal(world.state(), "Dead");
  assert.equal(world.stableGroup(1).generation, 1);
});

test("an assignment that is lost sends everybody back to join", () => {
  const world = new World();
  const joins = [world.joinTwice(), world.joinTwice()];
  world.clock.advance(10_000);
  const { leader, generationId } = joins[0]!.call.response;
  const ids = joins.map(({ memberId }) => memberId);
  world.log.failNextAppend = ErrorCode.NOT_LEADER_OR_FOLLOWER;
  const syncs = ids.map((id) => world.sync(id, generationId, id === leader ? { [id]: "x" } : {}));
  world.clock.advance();
  for (const sync of syncs) assert.equal(sync.response.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(world.state(), "PreparingRebalance");
  const rejoins = ids.map((memberId) => world.join({ memberId }));
  world.clock.advance();
  for (const join of rejoins) assert.equal(join.response.generationId, generationId + 1);
});

test("a sync that is overtaken by a rebalance has no effect when it is committed", () => {
  const world = new World();
  const { memberId, call } = world.joinTwice();
  world.clock.advance(INITIAL_DELAY_MS);
  world.log.commitAtOnce = false;
  const sync = world.sync(memberId, call.response.generationId, { [memberId]: "x" });
  world.clock.advance();
  assert.equal(sync.isAnswered, false);
  assert.equal(world.state(), "CompletingRebalance");
  world.join({ version: 3 });
  world.clock.advance();
  assert.equal(sync.response.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  world.log.commitAll();
  assert.equal(world.state(), "PreparingRebalance");
});

test("a static replacement that is lost is undone", () => {
  const world = new World();
  const first = world.join({ instanceId: "one" });
  world.clock.advance(INITIAL_DELAY_MS);
  const { memberId, generationId } = first.response;
  world.sync(memberId, generationId, { [memberId]: "mine" }, { instanceId: "one" });
  world.clock.advance();
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  const back = world.join({ instanceId: "one" });
  world.clock.advance();
  assert.equal(back.response.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(back.response.memberId, "");
  const heartbeat = world.heartbeat(memberId, generationId, { instanceId: "one" });
  assert.equal(heartbeat.response.errorCode, ErrorCode.NONE);
  const sync = world.sync(memberId, generationId, {}, { instanceId: "one" });
  assert.equal(sync.response.assignment.toString(), "mine");
});

test("a group that is emptied stays so even if its record is lost", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(1);
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  const left = world.leave([{ memberId: ids[0]! }]);
  world.clock.advance();
  assert.equal(left.response.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(world.state(), "Empty");
  // Another coordinator would find the last generation that was written, and its session would end.
  const reloaded = world.reloaded();
  assert.equal(reloaded.state(), "Stable");
  assert.equal(reloaded.heartbeat(ids[0]!, generation).response.errorCode, ErrorCode.NONE);
});
