/**
 * Members that come, go, crash and come back at random, on a log that fails and commits late and a
 * coordinator that moves; after each run the log and what the members saw must agree.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { type MemoryLog, TestRandom, World } from "../world.test.ts";
import type { GroupMetadataRecord } from "./group-records.ts";

const PARTITIONS = 4;
const TICK_MS = 500;
const TICKS = 160;
const CALM_TICKS = 200;
const SEEDS = 30;
const RUN_SESSION_MS = 6000;
const RUN_REBALANCE_MS = 9000;

type JoinCall = ReturnType<World["join"]>;
type SyncCall = ReturnType<World["sync"]>;
type CommitCall = ReturnType<World["commit"]>;

/** Acknowledged commits, by the text that each carries. */
type Acknowledged = Set<string>;

/** A consumer as far as groups see it. */
class Member {
  readonly name: string;
  readonly instanceId: string | null;
  memberId = "";
  generation = -1;
  assigned: number[] = [];
  isAlive = true;
  #join: JoinCall | undefined;
  #sync: { readonly call: SyncCall; readonly generation: number } | undefined;
  #heartbeat: ReturnType<World["heartbeat"]> | undefined;
  #commit: { readonly call: CommitCall; readonly metadata: string } | undefined;
  #commits = 0;

  constructor(name: string, isStatic: boolean) {
    this.name = name;
    this.instanceId = isStatic ? name : null;
  }

  get isSettled(): boolean {
    return this.isAlive && this.generation >= 0;
  }

  /** Does the next thing that a consumer would. */
  tick(world: World, random: TestRandom, acknowledged: Acknowledged): void {
    if (!this.isAlive) return;
    this.#readJoin(world, random);
    this.#readSync();
    this.#readHeartbeat();
    this.#readCommit(acknowledged);
    if (this.#join !== undefined || this.#sync !== undefined) return;
    if (this.generation < 0) {
      this.#join = world.join({
        memberId: this.memberId,
        instanceId: this.instanceId,
        version: random.below(2) === 0 ? 5 : 9,
        sessionTimeoutMs: RUN_SESSION_MS,
        rebalanceTimeoutMs: RUN_REBALANCE_MS,
      });
      return;
    }
    this.#heartbeat ??= world.heartbeat(this.memberId, this.generation, {
      instanceId: this.instanceId,
    });
    if (this.#commit === undefined && this.assigned.length > 0 && random.below(2) === 0) {
      const metadata = `${this.memberId} ${this.generation} ${this.#commits++}`;
      const call = world.commit({
        memberId: this.memberId,
        instanceId: this.instanceId,
        generation: this.generation,
        partition: this.assigned[random.below(this.assigned.length)]!,
        offset: this.#commits,
        metadata,
      });
      this.#commit = { call, metadata };
    }
  }

  /** The process dies: nothing it waits for matters any more. */
  crash(): void {
    this.isAlive = false;
    this.#forget();
  }

  /** It is started again; only the instance id is known then. */
  restart(): void {
    this.isAlive = true;
    this.memberId = "";
    this.#forget();
  }

  leave(world: World): void {
    const identity =
      this.instanceId === null
        ? { memberId: this.memberId }
        : { memberId: "", instanceId: this.instanceId };
    world.leave([identity]);
    this.crash();
  }

  #forget(): void {
    this.#join = undefined;
    this.#sync = undefined;
    this.#heartbeat = undefined;
    this.#commit = undefined;
    this.generation = -1;
    this.assigned = [];
  }

  #readJoin(world: World, random: TestRandom): void {
    const call = this.#join;
    if (call === undefined || !call.isAnswered) return;
    this.#join = undefined;
    const { response } = call;
    if (response.errorCode !== ErrorCode.NONE) {
      this.#refused(response.errorCode, response.memberId);
      return;
    }
    this.memberId = response.memberId;
    const leads = response.leader === this.memberId && !response.skipAssignment;
    const ids = leads ? response.members.map((member) => member.memberId) : [];
    const assignments = Object.fromEntries(
      ids.map((id, i) => [id, partitionsOf(i, ids.length).join(",")]),
    );
    const { generationId } = response;
    const { instanceId } = this;
    // Some consumers do not wait for their assignment before they commit; that must not count.
    if (random.below(4) === 0) {
      const metadata = `${this.memberId} ${generationId} early`;
      world.commit({ memberId: this.memberId, instanceId, generation: generationId, metadata });
    }
    const sync = world.sync(this.memberId, generationId, assignments, { instanceId });
    this.#sync = { call: sync, generation: generationId };
  }

  #readSync(): void {
    if (this.#sync === undefined || !this.#sync.call.isAnswered) return;
    const { call, generation } = this.#sync;
    this.#sync = undefined;
    const { response } = call;
    if (response.errorCode !== ErrorCode.NONE) {
      this.#refused(response.errorCode, "");
      return;
    }
    const text = response.assignment.toString();
    this.assigned = text === "" ? [] : text.split(",").map(Number);
    this.generation = generation;
  }

  #readHeartbeat(): void {
    const call = this.#heartbeat;
    if (call === undefined || !call.isAnswered) return;
    this.#heartbeat = undefined;
    const { errorCode } = call.response;
    if (errorCode !== ErrorCode.NONE) this.#refused(errorCode, "");
  }

  #readCommit(acknowledged: Acknowledged): void {
    if (this.#commit === undefined || !this.#commit.call.isAnswered) return;
    const { call, metadata } = this.#commit;
    this.#commit = undefined;
    const { errorCode } = call.response.topics[0]!.partitions[0]!;
    if (errorCode === ErrorCode.NONE) acknowledged.add(metadata);
  }

  #refused(error: number, memberId: string): void {
    switch (error) {
      case ErrorCode.MEMBER_ID_REQUIRED:
        this.memberId = memberId;
        break;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
        this.memberId = "";
        break;
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        // Look for the coordinator, and go on as before.
        return;
      default:
        break;
    }
    this.generation = -1;
    this.assigned = [];
  }
}

function partitionsOf(index: number, count: number): number[] {
  return Array.from({ length: PARTITIONS }, (_, i) => i).filter((i) => i % count === index);
}

/** Everything that goes wrong, once in a while. */
function disturb(
  world: World,
  members: readonly Member[],
  random: TestRandom,
  epoch: number,
): number {
  const member = members[random.below(members.length)]!;
  switch (random.below(24)) {
    case 0:
    case 1:
      if (member.isAlive) member.crash();
      break;
    case 2:
      if (member.isAlive && member.memberId !== "") member.leave(world);
      break;
    case 3:
    case 4:
    case 5:
      if (!member.isAlive) member.restart();
      break;
    case 6:
      world.log.failNextAppend = [
        ErrorCode.NOT_ENOUGH_REPLICAS,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.MESSAGE_TOO_LARGE,
      ][random.below(3)];
      break;
    case 7:
      world.log.commitAtOnce = false;
      break;
    case 8:
      world.coordinator.onElected(0, epoch + 1);
      return epoch + 1;
    case 9:
      // The leader is lost, and with it what was not committed.
      world.coordinator.onResigned(0, epoch + 1);
      world.log.truncateToHighWatermark(0);
      world.coordinator.onElected(0, epoch + 2);
      return epoch + 2;
    default:
      world.log.commitAtOnce = true;
      world.log.commitAll();
  }
  return epoch;
}

/** What the log says must make sense by itself. */
function checkLog(log: MemoryLog, acknowledged: Acknowledged): Record<string, number> {
  const offsets: Record<string, number> = {};
  const written = new Set<string>();
  let group: GroupMetadataRecord["value"] = null as GroupMetadataRecord["value"];
  /** Commits that came before an assignment: by leader epoch and generation. */
  const early = new Set<string>();
  for (const { record, leaderEpoch } of log.records()) {
    if (record.kind === "group-metadata") {
      assert.ok(record.value !== null);
      const generation = `${leaderEpoch} ${record.value.generation}`;
      assert.ok(!early.has(generation), "a commit while the assignment was awaited");
      assert.ok(
        group === null || record.value.generation >= group.generation,
        "a generation went back",
      );
      group = record.value;
      const owned = group.members.flatMap(({ assignment }) =>
        assignment.length === 0 ? [] : assignment.toString().split(","),
      );
      assert.equal(new Set(owned).size, owned.length, "a partition has two owners");
      const instances = group.members.flatMap(({ groupInstanceId }) => groupInstanceId ?? []);
      assert.equal(new Set(instances).size, instances.length, "an instance is there twice");
    } else if (record.kind === "offset-commit") {
      assert.ok(record.value !== null);
      offsets[`${record.topic}-${record.partition}`] = record.value.offset;
      const [memberId, generation, kind] = record.value.metadata.split(" ");
      if (kind === "early") {
        // Allowed when the next rebalance has begun, so that the generation gets no assignment.
        if (group?.generation !== Number(generation)) early.add(`${leaderEpoch} ${generation}`);
        continue;
      }
      assert.equal(group?.generation, Number(generation), "a commit of another generation");
      assert.ok(
        group.members.some((member) => member.memberId === memberId),
        "a commit of a member that is not in the generation",
      );
      written.add(record.value.metadata);
    }
  }
  for (const metadata of acknowledged) {
    assert.ok(written.has(metadata), `an acknowledged commit is lost: ${metadata}`);
  }
  return offsets;
}

/** A coordinator that loads the log knows what the live one knows. */
function checkReload(world: World): void {
  const live = world.describe("g");
  const loaded = world.reloaded().describe("g");
  assert.equal(loaded.protocolType, live.protocolType);
  if (live.groupState !== "Stable" && live.groupState !== "Empty") return;
  assert.deepEqual(loaded, live);
  assert.deepEqual(world.reloaded().offsets("g"), world.offsets("g"));
}

function run(seed: number): void {
  const random = new TestRandom(seed);
  const world = new World({ seed, settings: { initialRebalanceDelayMs: 1000 } });
  const members = Array.from({ length: 5 }, (_, i) => new Member(`member-${i}`, i % 2 === 1));
  for (const member of members.slice(2)) member.crash();
  const acknowledged: Acknowledged = new Set();
  let epoch = 1;
  for (let tick = 0; tick < TICKS; tick++) {
    epoch = disturb(world, members, random, epoch);
    for (const member of members) member.tick(world, random, acknowledged);
    const failed = world.log.failures;
    world.clock.advance(TICK_MS);
    if (world.log.failures > failed && world.log.isCommitted(0)) {
      assert.deepEqual(world.offsets("g"), checkLog(world.log, acknowledged));
    }
  }
  calmDown(world, members, random, acknowledged);
  assert.deepEqual(world.offsets("g"), checkLog(world.log, acknowledged));
  checkReload(world);
  assert.ok(acknowledged.size > 0, "nothing was ever committed");
}

/** Without further trouble everybody who lives becomes a member, and all partitions have an owner. */
function calmDown(
  world: World,
  members: readonly Member[],
  random: TestRandom,
  acknowledged: Acknowledged,
): void {
  world.log.failNextAppend = undefined;
  world.log.commitAtOnce = true;
  world.log.commitAll();
  const living = members.filter((member) => member.isAlive);
  if (living.length === 0) {
    members[0]!.restart();
    living.push(members[0]!);
  }
  for (let tick = 0; tick < CALM_TICKS; tick++) {
    for (const member of living) member.tick(world, random, acknowledged);
    world.clock.advance(TICK_MS);
  }
  assert.equal(world.state(), "Stable");
  const described = world.describe("g").members.map((member) => member.memberId);
  assert.deepEqual(described.toSorted(), living.map((member) => member.memberId).toSorted());
  const owned = living.flatMap((member) => member.assigned);
  assert.deepEqual(owned.toSorted(), [0, 1, 2, 3]);
  assert.equal(new Set(living.map((member) => member.generation)).size, 1);
}

test("members, failures and moves at random keep every promise of a group", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      run(seed);
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});
