import type { TopicPartition } from "../../../core/topic-partition.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import { brokerError, type KafkaError } from "../../errors.ts";
import type { RevocationReason } from "../membership.ts";
import { partitionsWithout, sameWords } from "../partition-set.ts";
import {
  NO_GENERATION,
  type AfterRevocation,
  type ClassicEffect,
  type ClassicInputs,
  type ClassicState,
  type ClassicStep,
  type MemberData,
} from "./classic-state.ts";

/** First pause before a join that failed is made again; doubles up to the maximum, ± a fifth. */
const REJOIN_PAUSE_MS = 100;
const REJOIN_PAUSE_MAX_MS = 1_000;
const JITTER_PERCENT = 20;

/** The state stays, nothing is done. */
export function stay(state: ClassicState): ClassicStep {
  return { state, effects: [] };
}

/** The state as it is, with other data. */
export function withData(state: ClassicState, changes: Partial<MemberData>): ClassicState {
  return { ...state, data: { ...state.data, ...changes } };
}

/** Sends JoinGroup. */
export function join(
  data: MemberData,
  inputs: ClassicInputs,
  reason: string,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  // Nothing of what was owned can be kept by somebody whom the group does not know.
  if (data.generation === NO_GENERATION && data.owned.length > 0) {
    return lose({ ...data, rejoinReason: reason }, inputs, { kind: "join" }, before);
  }
  const ticket = data.ticket + 1;
  return {
    state: {
      kind: "joining",
      data: { ...data, ticket, joinedTopics: data.topics, rejoinReason: null },
    },
    effects: [...before, { kind: "sendJoin", ticket, reason }],
  };
}

/** Takes part in a rebalance: gives up what has to be given up before, then joins. */
export function rejoin(
  data: MemberData,
  inputs: ClassicInputs,
  reason: string,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  const wanted = new Set(data.topics);
  const given =
    inputs.config.rebalancing === "eager" || data.offersMore
      ? data.owned
      : data.owned.filter(({ topic }) => !wanted.has(topic));
  if (given.length === 0) return join(data, inputs, reason, before);
  return revoke({ ...data, rejoinReason: reason }, given, "rebalance", { kind: "join" }, before);
}

/** Has the listener give partitions up. */
function revoke(
  data: MemberData,
  given: readonly TopicPartition[],
  reason: RevocationReason,
  then: AfterRevocation,
  before: readonly ClassicEffect[],
): ClassicStep {
  const ticket = data.ticket + 1;
  return {
    state: { kind: "revoking", data: { ...data, ticket, giving: given }, then },
    effects: [...before, { kind: "revoke", ticket, partitions: given, reason }],
  };
}

/**
 * The group has moved on without this member: others may own what it owned. The listener that is at
 * work for another reason (`isCalled`) comes to its end first.
 */
export function lose(
  data: MemberData,
  inputs: ClassicInputs,
  then: AfterRevocation,
  before: readonly ClassicEffect[] = [],
  isCalled = false,
): ClassicStep {
  const lost: MemberData = {
    ...data,
    generation: NO_GENERATION,
    isLeader: false,
  };
  const effects: readonly ClassicEffect[] = [...before, { kind: "stopBeating" }];
  if (isCalled) {
    return {
      state: { kind: "revoking", data: lost, then },
      effects: [...effects, { kind: "hurry" }],
    };
  }
  if (lost.owned.length > 0) return revoke(lost, lost.owned, "lost", then, effects);
  return goOn(lost, inputs, then, effects);
}

/** What the listener was giving up is given up. */
export function given(data: MemberData): MemberData {
  return { ...data, owned: partitionsWithout(data.owned, data.giving), giving: [] };
}

/** Goes on after a revocation. */
export function goOn(
  data: MemberData,
  inputs: ClassicInputs,
  then: AfterRevocation,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  if (data.generation === NO_GENERATION && data.owned.length > 0) {
    return lose(data, inputs, then, before);
  }
  switch (then.kind) {
    case "join":
      return join(data, inputs, data.rejoinReason ?? "the group lost sight of the member", before);
    case "stall":
      return { state: { kind: "stalled", data }, effects: [...before, { kind: "stalled" }] };
    case "fail": {
      const { topics, ticket } = data;
      const again = { rejoinReason: null, offersMore: false, failures: 0 };
      const fresh = { ...data, ...again, memberId: "", topics, ticket };
      const { error } = then;
      return {
        state: { kind: "idle", data: fresh },
        effects: [...before, { kind: "failed", error }],
      };
    }
  }
}

/** Joins again: at once the first time, later after a pause. */
export function again(
  data: MemberData,
  inputs: ClassicInputs,
  reason: string,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  return data.failures === 0
    ? join({ ...data, failures: 1 }, inputs, reason, before)
    : pause(data, inputs, reason, before);
}

/** Joins again with all assignors that the member has, for the group shares none of the first ones. */
export function offerMore(data: MemberData, inputs: ClassicInputs): ClassicStep {
  const rejoinReason = "the group shares none of the assignors that were offered";
  const wider = { ...data, offersMore: true, rejoinReason };
  return wider.owned.length > 0
    ? lose(wider, inputs, { kind: "join" })
    : join(wider, inputs, rejoinReason);
}

/** Waits before the next attempt to join. */
export function pause(
  data: MemberData,
  inputs: ClassicInputs,
  reason: string,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  const ticket = data.ticket + 1;
  const pauseMs = Math.min(REJOIN_PAUSE_MS * 2 ** data.failures, REJOIN_PAUSE_MAX_MS);
  const jitter = inputs.random.below(2 * JITTER_PERCENT + 1) - JITTER_PERCENT;
  return {
    state: {
      kind: "pausing",
      data: { ...data, ticket, rejoinReason: reason, failures: data.failures + 1 },
    },
    effects: [...before, { kind: "pause", ticket, delayMs: (pauseMs * (100 + jitter)) / 100 }],
  };
}

/** Takes an assignment: gives up what went to others, takes what came, and is a member. */
export function settle(
  data: MemberData,
  assignment: readonly TopicPartition[],
  inputs: ClassicInputs,
  before: readonly ClassicEffect[],
): ClassicStep {
  // Somebody without knowledge of the newest subscription may have led.
  const wanted = new Set(data.joinedTopics);
  const mine = assignment.filter(({ topic }) => wanted.has(topic));
  const giving = partitionsWithout(data.owned, mine);
  const coming = partitionsWithout(mine, data.owned);
  if (giving.length === 0) return take(data, coming, inputs, before);
  const ticket = data.ticket + 1;
  return {
    state: { kind: "settling", data: { ...data, ticket, giving }, coming },
    effects: [...before, { kind: "revoke", ticket, partitions: giving, reason: "rebalance" }],
  };
}

/** Has the listener take partitions. */
export function take(
  data: MemberData,
  coming: readonly TopicPartition[],
  inputs: ClassicInputs,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  if (coming.length === 0) return settled(data, inputs, before);
  const ticket = data.ticket + 1;
  const owned = [...data.owned, ...coming];
  return {
    state: { kind: "settling", data: { ...data, ticket, owned }, coming: [] },
    effects: [...before, { kind: "assign", ticket, partitions: coming }],
  };
}

/** The assignment is taken; a reason to rebalance that came meanwhile counts now. */
export function settled(
  data: MemberData,
  inputs: ClassicInputs,
  before: readonly ClassicEffect[] = [],
): ClassicStep {
  const effects: ClassicEffect[] = [...before, { kind: "joined" }];
  if (data.owned.length > 0) effects.push({ kind: "expectPolls" });
  const reason = data.rejoinReason ?? newTopicsReason(data);
  const done = { ...data, failures: 0 };
  if (reason !== null) return rejoin(done, inputs, reason, effects);
  return { state: { kind: "stable", data: done }, effects };
}

function newTopicsReason(data: MemberData): string | null {
  return sameWords(data.topics, data.joinedTopics) ? null : "the subscription changed";
}

/** Begins to leave for good, when no listener is at work. */
export function beginLeaving(data: MemberData, inputs: ClassicInputs): ClassicStep {
  if (data.owned.length === 0) return sendLeave(data, inputs);
  const ticket = data.ticket + 1;
  const reason = data.generation === NO_GENERATION ? "lost" : "closing";
  return {
    state: { kind: "leaving", data: { ...data, ticket, giving: data.owned }, step: "revocation" },
    effects: [{ kind: "revoke", ticket, partitions: data.owned, reason }],
  };
}

/** Says that it leaves; a static member goes without a word, and keeps its place (KIP-345). */
export function sendLeave(data: MemberData, inputs: ClassicInputs): ClassicStep {
  const { memberId } = data;
  const ticket = data.ticket + 1;
  const after = { ...data, ticket, memberId: "", generation: NO_GENERATION };
  if (memberId === "" || inputs.config.instanceId !== null) {
    return {
      state: { kind: "closed", data: after },
      effects: [{ kind: "stopBeating" }, { kind: "closed" }],
    };
  }
  return {
    state: { kind: "leaving", data: after, step: "request" },
    effects: [{ kind: "stopBeating" }, { kind: "sendLeave", ticket, memberId }],
  };
}

/**
 * Goes out of the group because the consumer makes no progress. A static member only falls silent: it
 * is out when its session ends.
 */
export function stall(data: MemberData, inputs: ClassicInputs, isCalled: boolean): ClassicStep {
  const isStatic = inputs.config.instanceId !== null;
  const { memberId } = data;
  const goodbye: readonly ClassicEffect[] =
    isStatic || memberId === ""
      ? []
      : [{ kind: "postLeave", memberId, reason: "the consumer makes no progress" }];
  const gone = isStatic ? data : { ...data, memberId: "" };
  return lose(gone, inputs, { kind: "stall" }, goodbye, isCalled);
}

/** The member after the coordinator took note of it, and what follows for its session. */
export function extended(
  data: MemberData,
  sentAtMs: number,
  { config }: ClassicInputs,
): { readonly data: MemberData; readonly effect: ClassicEffect } {
  const untilMs = Math.max(data.sessionUntilMs, sentAtMs + config.sessionTimeoutMs);
  return {
    data: { ...data, sessionUntilMs: untilMs },
    effect: { kind: "extendSession", untilMs },
  };
}

/** What a refusal of the coordinator is to a member. */
export type Refusal =
  /** The group does not know the member any more, or went on without it. */
  | "lost"
  /** The group rebalances. */
  | "rebalance"
  /** Another broker has to be asked, or the same one later. */
  | "coordinator"
  | "later"
  /** No retry mends it. */
  | "fatal";

/** What an error code of JoinGroup, SyncGroup, Heartbeat or OffsetCommit is to a member. */
export function refusalOf(errorCode: number): Refusal {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_MEMBER_ID:
    case ErrorCode.ILLEGAL_GENERATION:
      return "lost";
    case ErrorCode.REBALANCE_IN_PROGRESS:
      return "rebalance";
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      return "coordinator";
    default:
      return brokerError(errorCode, {}).retriable ? "later" : "fatal";
  }
}

/** The member without its id, when the group said that it does not know it. */
export function afterLoss(data: MemberData, errorCode: number): MemberData {
  const isUnknown = errorCode === ErrorCode.UNKNOWN_MEMBER_ID;
  return {
    ...data,
    memberId: isUnknown ? "" : data.memberId,
    generation: NO_GENERATION,
    rejoinReason: isUnknown
      ? "the group forgot the member"
      : "the group went on without the member",
  };
}

/** The failure that ends the membership. */
export function fatalError(errorCode: number, inputs: ClassicInputs): KafkaError {
  return brokerError(errorCode, { group: inputs.config.group });
}
