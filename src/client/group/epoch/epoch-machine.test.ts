import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ErrorCode } from "../../../protocol/error-code.ts";
import { SimRandom } from "../../../simulator/sim-random.ts";
import { clientError } from "../../errors.ts";
import { decideEpoch } from "./epoch-machine.ts";
import {
  newEpochMember,
  type EpochConfig,
  type EpochEffect,
  type EpochEvent,
  type EpochState,
  type GroupPartition,
} from "./epoch-state.ts";

const SESSION_MS = 10_000;

function partitions(...numbers: number[]): GroupPartition[] {
  return numbers.map((partition) => ({ topic: "t", partition, topicId: "id" }));
}

/** A member whose world is told by hand. */
class Hand {
  state: EpochState = newEpochMember({ kind: "topics", topics: ["t"] });
  nowMs = 0;
  readonly #config: EpochConfig;
  readonly #random = new SimRandom(1, "hand");

  constructor(config: Partial<EpochConfig> = {}) {
    const fixed = { group: "g", memberId: "m", instanceId: null, sessionTimeoutMs: SESSION_MS };
    this.#config = { ...fixed, ...config };
  }

  tell(event: EpochEvent): readonly EpochEffect[] {
    const { nowMs } = this;
    const inputs = { config: this.#config, nowMs, random: this.#random };
    const { state, effects } = decideEpoch(this.state, event, inputs);
    this.state = state;
    return effects;
  }

  answered(errorCode: number, epoch = 1, sentAtMs = this.nowMs) {
    const sentEpoch = this.state.data.epoch;
    const errorMessage = errorCode === 0 ? null : "the broker's own words";
    return this.tell({ kind: "answered", sentEpoch, sentAtMs, errorCode, errorMessage, epoch });
  }

  targeted(...numbers: number[]) {
    return this.tell({ kind: "targeted", target: partitions(...numbers) });
  }

  called(error: Parameters<typeof clientError> | null = null) {
    return this.tell({
      kind: "called",
      ticket: this.state.data.ticket,
      error: error === null ? null : clientError(...error),
    });
  }

  /** As far as the first assignment. */
  member(...numbers: number[]): this {
    this.tell({ kind: "join" });
    this.answered(ErrorCode.NONE);
    this.targeted(...numbers);
    if (numbers.length > 0) this.called();
    assert.equal(this.state.kind, "stable");
    return this;
  }
}

function kinds(effects: readonly EpochEffect[]): string[] {
  return effects.map((effect) =>
    effect.kind === "revoke" ? `revoke (${effect.reason})` : effect.kind,
  );
}

test("a member joins with epoch 0, takes what it is given, and says so", () => {
  const hand = new Hand();
  assert.deepEqual(kinds(hand.tell({ kind: "join" })), ["tellAll", "beat"]);
  assert.equal(hand.state.data.epoch, 0);
  assert.deepEqual(kinds(hand.answered(ErrorCode.NONE, 7)), ["extendSession", "beatAfter"]);
  assert.equal(hand.state.data.epoch, 7);
  assert.deepEqual(kinds(hand.targeted(0, 1)), ["assign"]);
  assert.deepEqual(kinds(hand.called()), ["beatNow", "expectPolls", "joined"]);
});

test("while the epoch moves heartbeats follow sooner than the coordinator asks for", () => {
  const hand = new Hand().member(0);
  const isHasty = (epoch: number) =>
    kinds(hand.answered(ErrorCode.NONE, epoch)).includes("beatAfter");
  assert.deepEqual([1, 1, 1, 2, 2, 2, 2].map(isHasty), [
    true,
    true,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test("what the target lacks is given up first, and the coordinator hears of it at once", () => {
  const hand = new Hand().member(0, 1);
  assert.deepEqual(kinds(hand.targeted(1, 2)), ["revoke (rebalance)"]);
  assert.deepEqual(hand.state.data.owned, partitions(0, 1));
  assert.deepEqual(kinds(hand.called()), ["beatNow", "assign"]);
  assert.deepEqual(hand.state.data.owned, partitions(1, 2));
});

test("a target that comes while the listener is at work counts when it is done", () => {
  const hand = new Hand().member(0, 1);
  hand.targeted(1);
  assert.deepEqual(hand.targeted(1, 3), []);
  assert.deepEqual(kinds(hand.called()), ["beatNow", "assign"]);
  assert.deepEqual(hand.state.data.owned, partitions(1, 3));
});

test("a topic that was made anew under its name is another one", () => {
  const hand = new Hand().member(0);
  const target = [{ topic: "t", partition: 0, topicId: "another id" }];
  assert.deepEqual(kinds(hand.tell({ kind: "targeted", target })), ["revoke (rebalance)"]);
});

for (const errorCode of [
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
]) {
  test(`a member that is fenced (${errorCode}) loses all, and joins with epoch 0`, () => {
    const hand = new Hand().member(0);
    assert.deepEqual(kinds(hand.answered(errorCode)), ["stopBeating", "revoke (lost)"]);
    assert.deepEqual(kinds(hand.called()), ["tellAll", "beat"]);
    assert.equal(hand.state.data.epoch, 0);
    assert.deepEqual(hand.state.data.target, []);
  });
}

test("an answer of the epoch before is not listened to", () => {
  const hand = new Hand().member(0);
  const event = { kind: "answered", sentAtMs: 0, errorCode: ErrorCode.UNKNOWN_MEMBER_ID } as const;
  assert.deepEqual(hand.tell({ ...event, sentEpoch: 0, errorMessage: null, epoch: 0 }), []);
});

test("an answer that was longer under way than a session lasts is not believed", () => {
  const hand = new Hand();
  hand.tell({ kind: "join" });
  hand.nowMs = SESSION_MS;
  assert.deepEqual(kinds(hand.answered(ErrorCode.NONE, 1, 0)), ["tellAll", "beatAfter"]);
  assert.equal(hand.state.kind, "joining");
});

test("an instance that another process holds is waited for as long as a session lasts", () => {
  const hand = new Hand({ instanceId: "i" });
  hand.tell({ kind: "join" });
  const refuse = () => kinds(hand.answered(ErrorCode.UNRELEASED_INSTANCE_ID));
  assert.deepEqual(refuse(), ["tellAll", "beatAfter"]);
  hand.nowMs = SESSION_MS;
  assert.deepEqual(refuse(), ["tellAll", "beatAfter"]);
  hand.nowMs = SESSION_MS + 1;
  assert.deepEqual(refuse(), ["stopBeating", "failed"]);
});

test("the group is of another kind: the join fails, in the broker's own words", () => {
  const hand = new Hand();
  hand.tell({ kind: "join" });
  const failed = hand.answered(ErrorCode.GROUP_ID_NOT_FOUND).at(-1);
  assert.ok(failed?.kind === "failed");
  assert.equal(failed.error.code, "GROUP_ID_NOT_FOUND");
  assert.match(failed.error.message, /the broker's own words/);
});

test("a commit with an epoch that is too old asks for the newest one", () => {
  const hand = new Hand().member(0);
  const refused = { kind: "refused", epoch: 1, errorCode: ErrorCode.STALE_MEMBER_EPOCH } as const;
  assert.deepEqual(kinds(hand.tell(refused)), ["tellAll", "beatNow"]);
  assert.deepEqual(hand.tell({ ...refused, epoch: 0 }), []);
});

test("a member leaves for good, a static one to come back", () => {
  for (const [instanceId, epoch] of [
    [null, -1],
    ["i", -2],
  ] as const) {
    const hand = new Hand({ instanceId }).member(0);
    assert.deepEqual(kinds(hand.tell({ kind: "leave" })), ["revoke (closing)"]);
    const leave = hand.called().at(-1);
    assert.ok(leave?.kind === "sendLeave");
    assert.equal(leave.epoch, epoch);
    assert.deepEqual(kinds(hand.tell({ kind: "left", ticket: leave.ticket })), ["closed"]);
  }
});

test("a member without progress leaves, and joins with the next sign of it", () => {
  const hand = new Hand().member(0);
  const effects = hand.tell({ kind: "pollExpired" });
  assert.deepEqual(kinds(effects), ["postLeave", "stopBeating", "revoke (lost)"]);
  assert.deepEqual(kinds(hand.called()), ["stalled"]);
  assert.deepEqual(kinds(hand.tell({ kind: "polled" })), ["tellAll", "beat"]);
});

const anyStep = fc.record({
  what: fc.constantFrom(
    "join",
    "subscribed",
    "polled",
    "pollExpired",
    "answered",
    "answered",
    "called",
    "called",
    "targeted",
    "refused",
    "broken",
    "sessionExpired",
    "late",
    "time",
  ),
  errorCode: fc.constantFrom(
    ErrorCode.NONE,
    ErrorCode.NONE,
    ErrorCode.UNKNOWN_MEMBER_ID,
    ErrorCode.FENCED_MEMBER_EPOCH,
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.UNRELEASED_INSTANCE_ID,
    ErrorCode.FENCED_INSTANCE_ID,
    ErrorCode.STALE_MEMBER_EPOCH,
    ErrorCode.GROUP_ID_NOT_FOUND,
  ),
  numbers: fc.subarray([0, 1, 2, 3]),
  epoch: fc.integer({ min: 1, max: 3 }),
});
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** What is under way, as the effects say; and what must never happen. */
class Watcher {
  readonly owned = new Set<number>();
  calling: { readonly ticket: number; readonly given: readonly number[] } | undefined;
  leaving: number | undefined;
  isBeating = false;
  isClosed = false;

  see(effects: readonly EpochEffect[]): void {
    for (const effect of effects) {
      assert.ok(!this.isClosed, `nothing is done after the end: ${effect.kind}`);
      switch (effect.kind) {
        case "beat":
          assert.equal(this.calling, undefined, "no listener is at work while the member joins");
          assert.equal(this.owned.size, 0, "whoever joins owns nothing");
          this.isBeating = true;
          break;
        case "stopBeating":
          this.isBeating = false;
          break;
        case "revoke":
          assert.equal(this.calling, undefined, "listeners are called one at a time");
          for (const { partition } of effect.partitions) assert.ok(this.owned.has(partition));
          this.calling = {
            ticket: effect.ticket,
            given: effect.partitions.map(({ partition }) => partition),
          };
          break;
        case "assign":
          assert.equal(this.calling, undefined, "listeners are called one at a time");
          for (const { partition } of effect.partitions) {
            assert.ok(!this.owned.has(partition));
            this.owned.add(partition);
          }
          this.calling = { ticket: effect.ticket, given: [] };
          break;
        case "hurry":
          assert.ok(this.calling !== undefined);
          break;
        case "sendLeave":
          assert.equal(this.owned.size, 0, "whoever leaves owns nothing");
          this.leaving = effect.ticket;
          break;
        case "failed":
        case "stalled":
          assert.equal(this.owned.size, 0);
          assert.ok(!this.isBeating);
          break;
        case "closed":
          assert.equal(this.owned.size, 0);
          this.isClosed = true;
          break;
        default:
      }
    }
  }

  called(): { readonly ticket: number; readonly given: readonly number[] } | undefined {
    const { calling } = this;
    for (const partition of calling?.given ?? []) this.owned.delete(partition);
    this.calling = undefined;
    return calling;
  }
}

/** The event of a step, if it can happen now. */
function eventOf(step: Step, hand: Hand, watcher: Watcher): EpochEvent | undefined {
  const { what, errorCode, epoch, numbers } = step;
  switch (what) {
    case "join":
    case "polled":
    case "pollExpired":
    case "sessionExpired":
      return { kind: what };
    case "subscribed":
      return { kind: what, subscription: { kind: "topics", topics: ["u"] } };
    case "answered": {
      if (!watcher.isBeating) return undefined;
      const sentEpoch = hand.state.data.epoch;
      const sentAtMs = hand.nowMs;
      return { kind: what, sentEpoch, sentAtMs, errorCode, errorMessage: null, epoch };
    }
    case "targeted":
      return { kind: what, target: partitions(...numbers) };
    case "refused":
      return { kind: what, epoch: hand.state.data.epoch, errorCode };
    case "broken":
      return watcher.isBeating ? { kind: what, error: clientError("CLOSED", "no") } : undefined;
    case "late":
      return { kind: "called", ticket: hand.state.data.ticket - 1, error: null };
    case "called": {
      const calling = watcher.called();
      if (calling === undefined) return undefined;
      const fails = calling.given.length === 0 && numbers.length === 4;
      const error = fails ? clientError("CLOSED", "no") : null;
      return { kind: what, ticket: calling.ticket, error };
    }
    case "time":
      hand.nowMs += 3_000;
      return undefined;
  }
}

for (const instanceId of [null, "i"]) {
  test(`${instanceId === null ? "" : "static: "}whatever happens, calls and ownership are in order, and leaving comes to an end`, () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), fc.array(anyStep), (steps, ends) => {
        const hand = new Hand({ instanceId });
        const watcher = new Watcher();
        const take = (event: EpochEvent | undefined): void => {
          if (event === undefined) return;
          watcher.see(hand.tell(event));
          const owned = hand.state.data.owned.map(({ partition }) => partition);
          assert.deepEqual(new Set(owned), watcher.owned);
          if (hand.state.kind === "stable") assert.ok(hand.state.data.epoch > 0);
        };
        take({ kind: "join" });
        for (const step of steps) take(eventOf(step, hand, watcher));
        take({ kind: "leave" });
        for (const step of ends) take(eventOf(step, hand, watcher));
        for (let i = 0; i < 4 && !watcher.isClosed; i++) {
          const calling = watcher.called();
          if (calling !== undefined) {
            take({ kind: "called", ticket: calling.ticket, error: null });
          } else if (watcher.leaving !== undefined) {
            take({ kind: "left", ticket: watcher.leaving });
          }
        }
        assert.ok(watcher.isClosed, `it is ${hand.state.kind}`);
      }),
      { numRuns: 500 },
    );
  });
}
