import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../protocol/error-code.ts";
import {
  ORDERS,
  OTHER_GENERATION,
  PAYMENTS,
  World,
  subscription,
  type Call,
} from "../world.test.ts";

/** A group in one of its states, with two members where the state has members. */
interface Situation {
  readonly world: World;
  readonly leader: string;
  readonly follower: string;
  readonly generation: number;
}

function stable(): Situation {
  const world = new World();
  const { ids, generation } = world.stableGroup(2);
  return { world, leader: ids[0]!, follower: ids[1]!, generation };
}

const situations = {
  absent: () => ({ world: new World(), leader: "a", follower: "b", generation: 1 }),
  empty: () => {
    const situation = stable();
    const { world, leader, follower } = situation;
    world.leave([{ memberId: leader }, { memberId: follower }]);
    world.clock.advance();
    assert.equal(world.state(), "Empty");
    return { ...situation, generation: situation.generation + 1 };
  },
  /** The leader has joined again, the follower has not. */
  preparing: () => {
    const situation = stable();
    const { world, leader } = situation;
    world.join({ memberId: leader });
    world.clock.advance();
    assert.equal(world.state(), "PreparingRebalance");
    return situation;
  },
  completing: () => {
    const situation = stable();
    const { world, leader, follower } = situation;
    world.join({ memberId: leader });
    world.join({ memberId: follower });
    world.clock.advance();
    assert.equal(world.state(), "CompletingRebalance");
    return { ...situation, generation: situation.generation + 1 };
  },
  stable,
  /** Another broker leads the partition. */
  resigned: () => {
    const situation = stable();
    situation.world.coordinator.onResigned(0, 2);
    return situation;
  },
  loading: () => {
    const situation = stable();
    situation.world.coordinator.onResigned(0, 2);
    situation.world.coordinator.onElected(0, 3);
    return situation;
  },
  notStarted: () => {
    const world = new World({ electNone: true });
    return { world, leader: "a", follower: "b", generation: 1 };
  },
} satisfies Record<string, () => Situation>;

type SituationName = keyof typeof situations;
/** The error (or `parked`) and, after an arrow, the state the group is in afterwards. */
type Outcomes = Record<SituationName, string>;

type Answerable = Pick<Call<never>, "isAnswered"> & { readonly response: { errorCode: number } };

const changed = [{ name: "range", metadata: subscription(ORDERS, PAYMENTS) }];

const events = {
  joinWithoutIdOld: ({ world }: Situation) => world.join({ version: 3 }),
  joinWithoutId: ({ world }: Situation) => world.join({ version: 9 }),
  joinStatic: ({ world }: Situation) => world.join({ instanceId: "instance" }),
  joinAsUnknown: ({ world }: Situation) => world.join({ memberId: "nobody" }),
  joinWithUnknownInstance: ({ world, follower }: Situation) =>
    world.join({ memberId: follower, instanceId: "instance" }),
  joinWithOtherType: ({ world, follower }: Situation) =>
    world.join({ memberId: follower, protocolType: "connect" }),
  joinWithOtherProtocols: ({ world, follower }: Situation) =>
    world.join({ memberId: follower, protocols: [{ name: "x", metadata: Buffer.from("x") }] }),
  rejoinLeader: ({ world, leader }: Situation) => world.join({ memberId: leader }),
  rejoinFollower: ({ world, follower }: Situation) => world.join({ memberId: follower }),
  rejoinFollowerChanged: ({ world, follower }: Situation) =>
    world.join({ memberId: follower, protocols: changed }),
  syncLeader: ({ world, leader, follower, generation }: Situation) =>
    world.sync(leader, generation, { [leader]: "l", [follower]: "f" }),
  syncFollower: ({ world, follower, generation }: Situation) => world.sync(follower, generation),
  syncUnknown: ({ world, generation }: Situation) => world.sync("nobody", generation),
  syncOtherGeneration: ({ world, leader }: Situation) => world.sync(leader, OTHER_GENERATION),
  syncOtherProtocol: ({ world, leader, generation }: Situation) =>
    world.sync(leader, generation, {}, { protocolName: "roundrobin" }),
  syncOtherType: ({ world, leader, generation }: Situation) =>
    world.sync(leader, generation, {}, { protocolType: "connect" }),
  heartbeat: ({ world, follower, generation }: Situation) => world.heartbeat(follower, generation),
  heartbeatUnknown: ({ world, generation }: Situation) => world.heartbeat("nobody", generation),
  heartbeatOtherGeneration: ({ world, follower }: Situation) =>
    world.heartbeat(follower, OTHER_GENERATION),
  leaveOld: ({ world, follower }: Situation) =>
    world.leave([{ memberId: follower }], { version: 2 }),
  leaveUnknownOld: ({ world }: Situation) => world.leave([{ memberId: "nobody" }], { version: 2 }),
  commitAsMember: ({ world, follower, generation }: Situation) =>
    firstPartition(world.commit({ memberId: follower, generation })),
  commitAsUnknown: ({ world, generation }: Situation) =>
    firstPartition(world.commit({ memberId: "nobody", generation })),
  commitOtherGeneration: ({ world, follower }: Situation) =>
    firstPartition(world.commit({ memberId: follower, generation: OTHER_GENERATION })),
  commitSimple: ({ world }: Situation) => firstPartition(world.commit()),
  commitSimpleWithMemberId: ({ world, follower }: Situation) =>
    firstPartition(world.commit({ memberId: follower })),
  deleteOffsets: ({ world }: Situation) => world.deleteOffsets("g", { [PAYMENTS]: [0] }),
  deleteGroup: ({ world }: Situation) => {
    const call = world.deleteGroups("g");
    return only(call, () => call.response.results[0]!);
  },
} satisfies Record<string, (situation: Situation) => Answerable>;

function firstPartition(call: ReturnType<World["commit"]>): Answerable {
  return only(call, () => call.response.topics[0]!.partitions[0]!);
}

function only(
  call: { readonly isAnswered: boolean },
  part: () => { readonly errorCode: number },
): Answerable {
  return {
    get isAnswered() {
      return call.isAnswered;
    },
    get response() {
      return part();
    },
  };
}

const table: Record<keyof typeof events, Outcomes> = {
  joinWithoutIdOld: {
    absent: "parked -> PreparingRebalance",
    empty: "parked -> PreparingRebalance",
    preparing: "parked -> PreparingRebalance",
    completing: "parked -> PreparingRebalance",
    stable: "parked -> PreparingRebalance",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinWithoutId: {
    absent: "MEMBER_ID_REQUIRED -> Empty",
    empty: "MEMBER_ID_REQUIRED -> Empty",
    preparing: "MEMBER_ID_REQUIRED -> PreparingRebalance",
    completing: "MEMBER_ID_REQUIRED -> CompletingRebalance",
    stable: "MEMBER_ID_REQUIRED -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinStatic: {
    absent: "parked -> PreparingRebalance",
    empty: "parked -> PreparingRebalance",
    preparing: "parked -> PreparingRebalance",
    completing: "parked -> PreparingRebalance",
    stable: "parked -> PreparingRebalance",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinAsUnknown: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinWithUnknownInstance: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinWithOtherType: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "INCONSISTENT_GROUP_PROTOCOL -> PreparingRebalance",
    completing: "INCONSISTENT_GROUP_PROTOCOL -> CompletingRebalance",
    stable: "INCONSISTENT_GROUP_PROTOCOL -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  joinWithOtherProtocols: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "INCONSISTENT_GROUP_PROTOCOL -> PreparingRebalance",
    completing: "INCONSISTENT_GROUP_PROTOCOL -> CompletingRebalance",
    stable: "INCONSISTENT_GROUP_PROTOCOL -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  rejoinLeader: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "parked -> PreparingRebalance",
    completing: "NONE -> CompletingRebalance",
    stable: "parked -> PreparingRebalance",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  rejoinFollower: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "NONE -> CompletingRebalance",
    completing: "NONE -> CompletingRebalance",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  rejoinFollowerChanged: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "NONE -> CompletingRebalance",
    completing: "parked -> PreparingRebalance",
    stable: "parked -> PreparingRebalance",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncLeader: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "REBALANCE_IN_PROGRESS -> PreparingRebalance",
    completing: "NONE -> Stable",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncFollower: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "REBALANCE_IN_PROGRESS -> PreparingRebalance",
    completing: "parked -> CompletingRebalance",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncUnknown: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncOtherGeneration: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "ILLEGAL_GENERATION -> PreparingRebalance",
    completing: "ILLEGAL_GENERATION -> CompletingRebalance",
    stable: "ILLEGAL_GENERATION -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncOtherProtocol: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "INCONSISTENT_GROUP_PROTOCOL -> PreparingRebalance",
    completing: "INCONSISTENT_GROUP_PROTOCOL -> CompletingRebalance",
    stable: "INCONSISTENT_GROUP_PROTOCOL -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  syncOtherType: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "INCONSISTENT_GROUP_PROTOCOL -> PreparingRebalance",
    completing: "INCONSISTENT_GROUP_PROTOCOL -> CompletingRebalance",
    stable: "INCONSISTENT_GROUP_PROTOCOL -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  heartbeat: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "REBALANCE_IN_PROGRESS -> PreparingRebalance",
    completing: "NONE -> CompletingRebalance",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "NONE",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  heartbeatUnknown: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "NONE",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  heartbeatOtherGeneration: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "ILLEGAL_GENERATION -> PreparingRebalance",
    completing: "ILLEGAL_GENERATION -> CompletingRebalance",
    stable: "ILLEGAL_GENERATION -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "NONE",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  leaveOld: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "NONE -> CompletingRebalance",
    completing: "NONE -> PreparingRebalance",
    stable: "NONE -> PreparingRebalance",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  leaveUnknownOld: {
    absent: "UNKNOWN_MEMBER_ID -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  commitAsMember: {
    absent: "GROUP_ID_NOT_FOUND -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "NONE -> PreparingRebalance",
    completing: "REBALANCE_IN_PROGRESS -> CompletingRebalance",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  commitAsUnknown: {
    absent: "GROUP_ID_NOT_FOUND -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  commitOtherGeneration: {
    absent: "GROUP_ID_NOT_FOUND -> Dead",
    empty: "UNKNOWN_MEMBER_ID -> Empty",
    preparing: "ILLEGAL_GENERATION -> PreparingRebalance",
    completing: "ILLEGAL_GENERATION -> CompletingRebalance",
    stable: "ILLEGAL_GENERATION -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  commitSimple: {
    absent: "NONE -> Empty",
    empty: "NONE -> Empty",
    preparing: "UNKNOWN_MEMBER_ID -> PreparingRebalance",
    completing: "UNKNOWN_MEMBER_ID -> CompletingRebalance",
    stable: "UNKNOWN_MEMBER_ID -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  commitSimpleWithMemberId: {
    absent: "NONE -> Empty",
    empty: "NONE -> Empty",
    preparing: "ILLEGAL_GENERATION -> PreparingRebalance",
    completing: "ILLEGAL_GENERATION -> CompletingRebalance",
    stable: "ILLEGAL_GENERATION -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  deleteOffsets: {
    absent: "GROUP_ID_NOT_FOUND -> Dead",
    empty: "NONE -> Empty",
    preparing: "NONE -> PreparingRebalance",
    completing: "NONE -> CompletingRebalance",
    stable: "NONE -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
  deleteGroup: {
    absent: "GROUP_ID_NOT_FOUND -> Dead",
    empty: "NONE -> Dead",
    preparing: "NON_EMPTY_GROUP -> PreparingRebalance",
    completing: "NON_EMPTY_GROUP -> CompletingRebalance",
    stable: "NON_EMPTY_GROUP -> Stable",
    resigned: "NOT_COORDINATOR",
    loading: "COORDINATOR_LOAD_IN_PROGRESS",
    notStarted: "COORDINATOR_NOT_AVAILABLE",
  },
};

function outcome(situationName: SituationName, send: (situation: Situation) => Answerable): string {
  const situation = situations[situationName]();
  const { world } = situation;
  const hasShard = world.coordinator.availability("g") === 0;
  const call = send(situation);
  if (hasShard) world.clock.advance();
  const error = call.isAnswered ? errorName(call.response.errorCode) : "parked";
  return hasShard ? `${error} -> ${world.state()}` : error;
}

for (const [event, send] of Object.entries(events)) {
  test(`${event}, in every state of a group`, () => {
    const actual = Object.fromEntries(
      Object.keys(situations).map((name) => [name, outcome(name as SituationName, send)]),
    );
    assert.deepEqual(actual, table[event as keyof typeof events]);
  });
}
