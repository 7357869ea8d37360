import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import { SimRandom } from "../../../simulator/sim-random.ts";
import { clientError } from "../../errors.ts";
import { decideClassic } from "./classic-machine.ts";
import {
  newMember,
  type ClassicConfig,
  type ClassicEffect,
  type ClassicEvent,
  type ClassicState,
} from "./classic-state.ts";

const SESSION_MS = 10_000;

function partitions(...numbers: number[]): TopicPartition[] {
  return numbers.map((partition) => ({ topic: "t", partition }));
}

/** A member whose world is told by hand. */
class Hand {
  state: ClassicState = newMember;
  nowMs = 0;
  readonly #config: ClassicConfig;
  readonly #random = new SimRandom(1, "hand");

  constructor(config: Partial<ClassicConfig> = {}) {
    this.#config = {
      group: "g",
      instanceId: null,
      rebalancing: "eager",
      canOfferMore: false,
      sessionTimeoutMs: SESSION_MS,
      ...config,
    };
  }

  tell(event: ClassicEvent): readonly ClassicEffect[] {
    const { nowMs } = this;
    const inputs = { config: this.#config, nowMs, random: this.#random };
    const { state, effects } = decideClassic(this.state, event, inputs);
    this.state = state;
    return effects;
  }

  get ticket(): number {
    return this.state.data.ticket;
  }

  joinAnswered(errorCode: number, answer: { memberId?: string; generation?: number } = {}) {
    const { memberId = "m", generation = 1 } = answer;
    return this.tell({
      kind: "joinAnswered",
      ticket: this.ticket,
      answer: { errorCode, memberId, generation, protocolName: "range", isLeader: false },
    });
  }

  syncAnswered(errorCode: number, assignment: readonly TopicPartition[] = []) {
    const { ticket, nowMs: sentAtMs } = this;
    return this.tell({ kind: "syncAnswered", ticket, errorCode, assignment, sentAtMs });
  }

  called(error: Parameters<typeof clientError> | null = null) {
    const { ticket } = this;
    return this.tell({
      kind: "called",
      ticket,
      error: error === null ? null : clientError(...error),
    });
  }

  told(errorCode: number, by: "heartbeat" | "commit" = "heartbeat") {
    const { memberId, generation } = this.state.data;
    const { nowMs: sentAtMs } = this;
    return this.tell({ kind: "told", by, memberId, generation, errorCode, sentAtMs });
  }

  /** As far as the first assignment. */
  member(assignment: readonly TopicPartition[]): this {
    this.tell({ kind: "join", topics: ["t"] });
    this.joinAnswered(ErrorCode.NONE);
    this.syncAnswered(ErrorCode.NONE, assignment);
    if (assignment.length > 0) this.called();
    assert.equal(this.state.kind, "stable");
    return this;
  }
}

function kinds(effects: readonly ClassicEffect[]): string[] {
  return effects.map((effect) =>
    effect.kind === "revoke" ? `revoke (${effect.reason})` : effect.kind,
  );
}

test("a member is given its id, joins with it, syncs, takes its assignment", () => {
  const hand = new Hand();
  assert.deepEqual(kinds(hand.tell({ kind: "join", topics: ["t"] })), ["sendJoin"]);
  const again = hand.joinAnswered(ErrorCode.MEMBER_ID_REQUIRED, { memberId: "given" });
  assert.deepEqual(kinds(again), ["sendJoin"]);
  assert.equal(hand.state.data.memberId, "given");
  const synced = hand.joinAnswered(ErrorCode.NONE, { memberId: "given", generation: 5 });
  assert.deepEqual(kinds(synced), ["sendSync", "beat"]);
  const taken = hand.syncAnswered(ErrorCode.NONE, partitions(0, 1));
  assert.deepEqual(kinds(taken), ["extendSession", "assign"]);
  assert.deepEqual(kinds(hand.called()), ["joined", "expectPolls"]);
  assert.deepEqual(hand.state.data.owned, partitions(0, 1));
});

test("a group that shares no assignor is offered all there are, once, and the member is eager from then on", () => {
  const hand = new Hand({ rebalancing: "cooperative", canOfferMore: true });
  hand.tell({ kind: "join", topics: ["t"] });
  assert.deepEqual(kinds(hand.joinAnswered(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)), ["sendJoin"]);
  assert.equal(hand.state.data.offersMore, true);
  hand.joinAnswered(ErrorCode.NONE);
  hand.syncAnswered(ErrorCode.NONE, partitions(0, 1));
  hand.called();
  const effects = hand.told(ErrorCode.REBALANCE_IN_PROGRESS);
  assert.deepEqual(kinds(effects), ["extendSession", "revoke (rebalance)"]);
  hand.called();
  const refused = hand.joinAnswered(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.deepEqual(kinds(refused), ["stopBeating", "failed"]);
  assert.equal(hand.state.data.offersMore, false);
});

test("a member that is refused while it owns partitions gives them up before it offers more", () => {
  const config = { rebalancing: "cooperative", canOfferMore: true } as const;
  const hand = new Hand(config).member(partitions(0));
  hand.told(ErrorCode.REBALANCE_IN_PROGRESS);
  const refused = hand.joinAnswered(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.deepEqual(kinds(refused), ["stopBeating", "revoke (lost)"]);
  assert.deepEqual(kinds(hand.called()), ["sendJoin"]);
  assert.deepEqual(hand.state.data.owned, []);
});

test("a member whose assignors were named offers no others", () => {
  const hand = new Hand({ rebalancing: "cooperative" });
  hand.tell({ kind: "join", topics: ["t"] });
  const refused = hand.joinAnswered(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.deepEqual(kinds(refused), ["stopBeating", "failed"]);
});

test("eager: all is given up before the member joins again", () => {
  const hand = new Hand().member(partitions(0, 1));
  const effects = hand.told(ErrorCode.REBALANCE_IN_PROGRESS);
  assert.deepEqual(kinds(effects), ["extendSession", "revoke (rebalance)"]);
  assert.deepEqual(hand.state.data.owned, partitions(0, 1));
  assert.deepEqual(kinds(hand.called()), ["sendJoin"]);
  assert.deepEqual(hand.state.data.owned, []);
});

test("cooperative: what others get is given up after the assignment, and the member joins once more", () => {
  const hand = new Hand({ rebalancing: "cooperative" }).member(partitions(0, 1, 2));
  assert.deepEqual(kinds(hand.told(ErrorCode.REBALANCE_IN_PROGRESS)), [
    "extendSession",
    "sendJoin",
  ]);
  assert.deepEqual(hand.state.data.owned, partitions(0, 1, 2));
  hand.joinAnswered(ErrorCode.NONE, { generation: 2 });
  const taken = hand.syncAnswered(ErrorCode.NONE, partitions(0, 1));
  assert.deepEqual(taken.at(-1), {
    kind: "revoke",
    ticket: hand.ticket,
    partitions: partitions(2),
    reason: "rebalance",
  });
  const after = hand.called();
  assert.deepEqual(kinds(after), ["joined", "expectPolls", "sendJoin"]);
  assert.deepEqual(hand.state.data.owned, partitions(0, 1));
});

test("a member that the group forgot loses all, joins as a new one", () => {
  const hand = new Hand().member(partitions(0));
  assert.deepEqual(kinds(hand.told(ErrorCode.UNKNOWN_MEMBER_ID)), ["stopBeating", "revoke (lost)"]);
  assert.equal(hand.state.data.memberId, "");
  assert.deepEqual(kinds(hand.called()), ["sendJoin"]);
});

test("the group goes on while the listener is at work: it is told to hurry, and the member joins anew", () => {
  const hand = new Hand().member(partitions(0));
  hand.told(ErrorCode.REBALANCE_IN_PROGRESS);
  assert.deepEqual(kinds(hand.told(ErrorCode.UNKNOWN_MEMBER_ID)), ["stopBeating", "hurry"]);
  assert.deepEqual(kinds(hand.called()), ["sendJoin"]);
});

test("the session ends: what is owned is lost, and the id is kept for the next attempt", () => {
  const hand = new Hand().member(partitions(0));
  assert.deepEqual(kinds(hand.tell({ kind: "sessionExpired" })), ["stopBeating", "revoke (lost)"]);
  assert.equal(hand.state.data.memberId, "m");
  assert.deepEqual(kinds(hand.called()), ["sendJoin"]);
});

test("an assignment that was longer under way than a session lasts is not taken", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  hand.joinAnswered(ErrorCode.NONE);
  const { ticket } = hand;
  hand.nowMs = SESSION_MS;
  const event = { kind: "syncAnswered", ticket, errorCode: ErrorCode.NONE, sentAtMs: 0 } as const;
  const effects = hand.tell({ ...event, assignment: partitions(0) });
  assert.deepEqual(kinds(effects), ["stopBeating", "sendJoin"]);
  assert.deepEqual(hand.state.data.owned, []);
});

test("a fenced instance ends the membership", () => {
  const hand = new Hand({ instanceId: "i" }).member(partitions(0));
  assert.deepEqual(kinds(hand.told(ErrorCode.FENCED_INSTANCE_ID)), [
    "stopBeating",
    "revoke (lost)",
  ]);
  const [effect] = hand.called();
  assert.ok(effect?.kind === "failed");
  assert.equal(effect.error.code, "FENCED_INSTANCE_ID");
  assert.equal(hand.state.kind, "idle");
});

test("a member leaves with a word, a static one without", () => {
  const dynamic = new Hand().member(partitions(0));
  assert.deepEqual(kinds(dynamic.tell({ kind: "leave" })), ["revoke (closing)"]);
  assert.deepEqual(kinds(dynamic.called()), ["stopBeating", "sendLeave"]);
  assert.deepEqual(kinds(dynamic.tell({ kind: "left", ticket: dynamic.ticket })), ["closed"]);
  const fixed = new Hand({ instanceId: "i" }).member(partitions(0));
  fixed.tell({ kind: "leave" });
  assert.deepEqual(kinds(fixed.called()), ["stopBeating", "closed"]);
});

test("a member without progress leaves, and joins with the next sign of it", () => {
  const hand = new Hand().member(partitions(0));
  const effects = hand.tell({ kind: "pollExpired" });
  assert.deepEqual(kinds(effects), ["postLeave", "stopBeating", "revoke (lost)"]);
  assert.deepEqual(kinds(hand.called()), ["stalled"]);
  assert.deepEqual(kinds(hand.tell({ kind: "polled" })), ["sendJoin"]);
});

test("a consumer that cannot begin with its partitions fails the membership, and the group hears of it", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  hand.joinAnswered(ErrorCode.NONE);
  hand.syncAnswered(ErrorCode.NONE, partitions(0));
  const effects = hand.called(["NO_OFFSET", "no offset"]);
  assert.deepEqual(kinds(effects), ["postLeave", "stopBeating", "revoke (lost)"]);
  assert.deepEqual(kinds(hand.called()), ["failed"]);
});

test("a subscription that changed while the member joined is joined with again", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  hand.tell({ kind: "subscribed", topics: ["t", "u"] });
  hand.joinAnswered(ErrorCode.NONE);
  assert.ok(kinds(hand.syncAnswered(ErrorCode.NONE)).includes("sendJoin"));
  assert.deepEqual(hand.state.data.joinedTopics, ["t", "u"]);
});

test("failures that pass are waited out with growing pauses; the coordinator is looked for anew", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  const delays: number[] = [];
  for (let i = 0; i < 6; i++) {
    const effects = hand.joinAnswered(ErrorCode.NOT_COORDINATOR);
    assert.deepEqual(kinds(effects), ["forgetCoordinator", "pause"]);
    const pause = effects.at(-1);
    assert.ok(pause?.kind === "pause");
    delays.push(pause.delayMs);
    hand.tell({ kind: "paused", ticket: hand.ticket });
  }
  assert.ok(delays[0]! <= 120 && delays[5]! >= 800 && delays[5]! <= 1_200);
});

const someErrorCodes = [
  ErrorCode.NONE,
  ErrorCode.NONE,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.MEMBER_ID_REQUIRED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
];

const anyStep = fc.record({
  what: fc.constantFrom(
    "join",
    "subscribed",
    "rejoinWanted",
    "polled",
    "pollExpired",
    "answer",
    "answer",
    "answer",
    "told",
    "told",
    "committed",
    "sessionExpired",
    "requestFailed",
    "late",
    "time",
  ),
  errorCode: fc.constantFrom(...someErrorCodes),
  numbers: fc.subarray([0, 1, 2, 3]),
  isUp: fc.boolean(),
});

/** What is under way, as the effects say; and what must never happen. */
class Watcher {
  readonly owned = new Set<string>();
  calling: { readonly ticket: number; readonly given: readonly string[] } | undefined;
  asking: { readonly kind: "join" | "sync" | "leave"; readonly ticket: number } | undefined;
  pausing: number | undefined;
  isClosed = false;

  see(effects: readonly ClassicEffect[]): void {
    for (const effect of effects) {
      assert.ok(!this.isClosed, `nothing is done after the end: ${effect.kind}`);
      switch (effect.kind) {
        case "sendJoin":
          assert.equal(this.calling, undefined, "no listener is at work while the member joins");
          this.asking = { kind: "join", ticket: effect.ticket };
          this.pausing = undefined;
          break;
        case "sendSync":
          this.asking = { kind: "sync", ticket: effect.ticket };
          break;
        case "sendLeave":
          assert.equal(this.owned.size, 0, "whoever leaves owns nothing");
          this.asking = { kind: "leave", ticket: effect.ticket };
          break;
        case "revoke":
          assert.equal(this.calling, undefined, "listeners are called one at a time");
          for (const name of named(effect.partitions)) assert.ok(this.owned.has(name));
          this.calling = { ticket: effect.ticket, given: named(effect.partitions) };
          break;
        case "assign":
          assert.equal(this.calling, undefined, "listeners are called one at a time");
          for (const name of named(effect.partitions)) {
            assert.ok(!this.owned.has(name));
            this.owned.add(name);
          }
          this.calling = { ticket: effect.ticket, given: [] };
          break;
        case "hurry":
          assert.ok(this.calling !== undefined);
          break;
        case "pause":
          this.pausing = effect.ticket;
          this.asking = undefined;
          break;
        case "failed":
        case "stalled":
          assert.equal(this.owned.size, 0);
          break;
        case "closed":
          assert.equal(this.owned.size, 0);
          this.isClosed = true;
          break;
        default:
      }
    }
  }

  called(): number | undefined {
    const { calling } = this;
    for (const name of calling?.given ?? []) this.owned.delete(name);
    this.calling = undefined;
    return calling?.ticket;
  }
}

function named(of: readonly TopicPartition[]): string[] {
  return of.map(({ topic, partition }) => topicPartitionName(topic, partition));
}

type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** The event of a step, if it can happen now. */
function eventOf(step: Step, hand: Hand, watcher: Watcher): ClassicEvent | undefined {
  const { what, errorCode } = step;
  const { memberId, generation } = hand.state.data;
  const sentAtMs = hand.nowMs;
  switch (what) {
    case "join":
    case "subscribed":
      return { kind: what, topics: step.isUp ? ["t"] : ["t", "u"] };
    case "rejoinWanted":
      return { kind: what, reason: "why not" };
    case "polled":
    case "pollExpired":
    case "sessionExpired":
      return { kind: what };
    case "told":
    case "committed": {
      const by = what === "told" ? "heartbeat" : "commit";
      return { kind: "told", by, memberId, generation, errorCode, sentAtMs };
    }
    case "late":
      return { kind: "called", ticket: hand.ticket - 1, error: null };
    case "requestFailed": {
      const { asking } = watcher;
      if (asking === undefined || asking.kind === "leave") return undefined;
      watcher.asking = undefined;
      const error = clientError(step.isUp ? "CONNECTION_CLOSED" : "CLOSED", "no answer");
      return { kind: what, ticket: asking.ticket, error };
    }
    case "time":
      hand.nowMs += 1_000;
      return undefined;
    case "answer":
      return answerOf(step, hand, watcher);
  }
}

function answerOf(step: Step, hand: Hand, watcher: Watcher): ClassicEvent | undefined {
  const { asking, pausing, calling } = watcher;
  const { errorCode } = step;
  if (calling !== undefined) {
    const isRevocation = calling.given.length > 0;
    watcher.called();
    const error =
      isRevocation || step.isUp || step.numbers.length < 4 ? null : clientError("CLOSED", "no");
    return { kind: "called", ticket: calling.ticket, error };
  }
  if (pausing !== undefined) {
    watcher.pausing = undefined;
    return { kind: "paused", ticket: pausing };
  }
  if (asking === undefined) return undefined;
  const { ticket } = asking;
  watcher.asking = undefined;
  switch (asking.kind) {
    case "leave":
      return { kind: "left", ticket };
    case "join": {
      const generation = Math.max(0, hand.state.data.generation) + 1;
      const answer = {
        errorCode,
        memberId: "m",
        generation,
        protocolName: "p",
        isLeader: step.isUp,
      };
      return { kind: "joinAnswered", ticket, answer };
    }
    case "sync": {
      const assignment = partitions(...step.numbers);
      return { kind: "syncAnswered", ticket, errorCode, assignment, sentAtMs: hand.nowMs };
    }
  }
}

for (const rebalancing of ["eager", "cooperative"] as const) {
  for (const instanceId of [null, "i"]) {
    test(`${rebalancing}${instanceId === null ? "" : ", static"}: whatever happens, calls and ownership are in order, and leaving comes to an end`, () => {
      fc.assert(
        fc.property(fc.array(anyStep, { maxLength: 60 }), fc.array(anyStep), (steps, ends) => {
          const hand = new Hand({ rebalancing, instanceId });
          const watcher = new Watcher();
          const take = (event: ClassicEvent | undefined): void => {
            if (event === undefined) return;
            watcher.see(hand.tell(event));
            const owned = new Set(named(hand.state.data.owned));
            assert.deepEqual(owned, watcher.owned);
            if (hand.state.kind === "stable") assert.ok(hand.state.data.generation >= 0);
          };
          take({ kind: "join", topics: ["t"] });
          for (const step of steps) take(eventOf(step, hand, watcher));
          take({ kind: "leave" });
          for (const step of ends) take(eventOf(step, hand, watcher));
          for (let i = 0; i < 5 && !watcher.isClosed; i++) {
            const step: Step = { what: "answer", errorCode: 0, numbers: [], isUp: true };
            take(eventOf(step, hand, watcher));
          }
          assert.ok(watcher.isClosed, `it is ${hand.state.kind}`);
        }),
        { numRuns: 500 },
      );
    });
  }
}

test("whoever leaves while its first join is under way gives the place back that it makes", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  assert.deepEqual(hand.tell({ kind: "leave" }), []);
  assert.equal(hand.state.kind, "leaving");
  const effects = hand.joinAnswered(ErrorCode.MEMBER_ID_REQUIRED, { memberId: "late" });
  const ticket = hand.ticket;
  assert.deepEqual(effects, [
    { kind: "stopBeating" },
    { kind: "sendLeave", ticket, memberId: "late" },
  ]);
  hand.tell({ kind: "left", ticket });
  assert.equal(hand.state.kind, "closed");
});

test("a first join that fails while the member leaves has made no place", () => {
  const hand = new Hand();
  hand.tell({ kind: "join", topics: ["t"] });
  hand.tell({ kind: "leave" });
  const error = clientError("TIMED_OUT", "no answer");
  const effects = hand.tell({ kind: "requestFailed", ticket: hand.ticket, error });
  assert.deepEqual(effects.at(-1), { kind: "closed" });
});
