import { ErrorCode } from "../../../protocol/error-code.ts";
import { brokerError } from "../../errors.ts";
import {
  JOIN_EPOCH,
  LEAVE_EPOCH,
  LEAVE_STATIC_EPOCH,
  NO_EPOCH,
  type AfterLoss,
  type EpochConfig,
  type EpochData,
  type EpochEffect,
  type EpochInputs,
  type EpochState,
  type EpochStep,
  type GroupPartition,
} from "./epoch-state.ts";

/** First pause after a heartbeat that was refused for a reason that passes; doubles up to the maximum, ± a fifth. */
const RETRY_PAUSE_MS = 100;
const RETRY_PAUSE_MAX_MS = 1_000;
const JITTER_PERCENT = 20;

/** The state stays, nothing is done. */
export function stay(state: EpochState): EpochStep {
  return { state, effects: [] };
}

/** The state as it is, with other data. */
export function withData(state: EpochState, changes: Partial<EpochData>): EpochState {
  return { ...state, data: { ...state.data, ...changes } };
}

/** Asks to be taken in. */
export function join(data: EpochData, before: readonly EpochEffect[] = []): EpochStep {
  return {
    state: { kind: "joining", data: { ...data, epoch: JOIN_EPOCH, target: [] } },
    effects: [...before, { kind: "tellAll" }, { kind: "beat" }],
  };
}

/**
 * Brings what is owned to what is to be owned, in two steps: first the listener gives up what the target
 * lacks, then it takes what the target has in addition. The coordinator gives nothing that it has not
 * seen given up by whoever had it, so it is told of the first step at once.
 */
export function reconcile(data: EpochData, before: readonly EpochEffect[] = []): EpochStep {
  const giving = partitionsBut(data.owned, data.target);
  const ticket = data.ticket + 1;
  if (giving.length > 0) {
    return {
      state: { kind: "revoking", data: { ...data, ticket, giving } },
      effects: [...before, { kind: "revoke", ticket, partitions: giving, reason: "rebalance" }],
    };
  }
  const coming = partitionsBut(data.target, data.owned);
  if (coming.length > 0) {
    const owned = [...data.owned, ...coming];
    return {
      state: { kind: "assigning", data: { ...data, ticket, owned } },
      effects: [...before, { kind: "assign", ticket, partitions: coming }],
    };
  }
  return { state: { kind: "stable", data }, effects: [...before, { kind: "joined" }] };
}

/** What the listener was giving up is given up. */
export function given(data: EpochData): EpochData {
  return { ...data, owned: partitionsBut(data.owned, data.giving), giving: [] };
}

/** The partitions of `all` that are not among `others`. */
export function partitionsBut(
  all: readonly GroupPartition[],
  others: readonly GroupPartition[],
): readonly GroupPartition[] {
  if (others.length === 0) return all;
  const keys = new Set(others.map(keyOf));
  return all.filter((partition) => !keys.has(keyOf(partition)));
}

function keyOf({ topicId, partition }: GroupPartition): string {
  return `${topicId}-${partition}`;
}

/**
 * The group has forgotten the member, or would not believe it: others may own what it owned. A listener
 * that is at work for another reason (`isCalled`) comes to its end first.
 */
export function lose(
  data: EpochData,
  then: AfterLoss,
  before: readonly EpochEffect[] = [],
  isCalled = false,
): EpochStep {
  const lost: EpochData = { ...data, epoch: NO_EPOCH, target: [] };
  const effects: readonly EpochEffect[] = [...before, { kind: "stopBeating" }];
  if (isCalled) {
    return {
      state: { kind: "losing", data: lost, then },
      effects: [...effects, { kind: "hurry" }],
    };
  }
  if (lost.owned.length === 0) return goOn(lost, then, effects);
  const ticket = lost.ticket + 1;
  return {
    state: { kind: "losing", data: { ...lost, ticket, giving: lost.owned }, then },
    effects: [...effects, { kind: "revoke", ticket, partitions: lost.owned, reason: "lost" }],
  };
}

/** Goes on when a listener has come to its end after a loss. */
export function goOn(
  data: EpochData,
  then: AfterLoss,
  before: readonly EpochEffect[] = [],
): EpochStep {
  if (data.owned.length > 0) return lose(data, then, before);
  switch (then.kind) {
    case "join":
      return join(data, before);
    case "stall":
      return { state: { kind: "stalled", data }, effects: [...before, { kind: "stalled" }] };
    case "fail":
      return {
        state: { kind: "idle", data: { ...data, failures: 0, unreleasedSinceMs: null } },
        effects: [...before, { kind: "failed", error: then.error }],
      };
  }
}

/** Sends the next heartbeat after a pause, longer with every time in a row. */
export function retryLater(
  state: EpochState,
  inputs: EpochInputs,
  before: readonly EpochEffect[] = [],
): EpochStep {
  const { failures } = state.data;
  const pauseMs = Math.min(RETRY_PAUSE_MS * 2 ** failures, RETRY_PAUSE_MAX_MS);
  const jitter = inputs.random.below(2 * JITTER_PERCENT + 1) - JITTER_PERCENT;
  return {
    state: withData(state, { failures: failures + 1 }),
    effects: [
      ...before,
      { kind: "tellAll" },
      { kind: "beatAfter", delayMs: (pauseMs * (100 + jitter)) / 100 },
    ],
  };
}

/** The epoch that says goodbye: a static member keeps its place until its session ends (KIP-345). */
export function goodbyeEpoch({ instanceId }: EpochConfig): number {
  return instanceId === null ? LEAVE_EPOCH : LEAVE_STATIC_EPOCH;
}

/** Goes out of the group because the consumer makes no progress. */
export function stall(data: EpochData, inputs: EpochInputs, isCalled: boolean): EpochStep {
  const goodbye: EpochEffect = { kind: "postLeave", epoch: goodbyeEpoch(inputs.config) };
  return lose(data, { kind: "stall" }, [goodbye], isCalled);
}

/** Begins to leave for good, when no listener is at work. */
export function beginLeaving(data: EpochData, inputs: EpochInputs): EpochStep {
  if (data.owned.length === 0) return sendLeave(data, inputs);
  const ticket = data.ticket + 1;
  const reason = data.epoch === NO_EPOCH ? "lost" : "closing";
  return {
    state: { kind: "leaving", data: { ...data, ticket, giving: data.owned }, step: "revocation" },
    effects: [{ kind: "revoke", ticket, partitions: data.owned, reason }],
  };
}

/** Says that it leaves, if it is in the group. */
export function sendLeave(data: EpochData, inputs: EpochInputs): EpochStep {
  const ticket = data.ticket + 1;
  const after = { ...data, ticket, epoch: NO_EPOCH };
  if (data.epoch === NO_EPOCH) {
    return {
      state: { kind: "closed", data: after },
      effects: [{ kind: "stopBeating" }, { kind: "closed" }],
    };
  }
  const epoch = goodbyeEpoch(inputs.config);
  return {
    state: { kind: "leaving", data: after, step: "request" },
    effects: [{ kind: "stopBeating" }, { kind: "sendLeave", ticket, epoch }],
  };
}

/** What a refusal of the coordinator is to a member. */
export type Refusal =
  /** The group does not know the member any more, or not with this epoch. */
  | "fenced"
  /** Another broker has to be asked, or the same one later. */
  | "coordinator"
  | "later"
  /** Another process is the static member still. */
  | "unreleased"
  /** No retry mends it. */
  | "fatal";

/** What an error code of ConsumerGroupHeartbeat is to a member. */
export function refusalOf(errorCode: number): Refusal {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_MEMBER_ID:
    case ErrorCode.FENCED_MEMBER_EPOCH:
    case ErrorCode.GROUP_ID_NOT_FOUND:
      return "fenced";
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      return "coordinator";
    case ErrorCode.UNRELEASED_INSTANCE_ID:
      return "unreleased";
    default:
      return brokerError(errorCode, {}).retriable ? "later" : "fatal";
  }
}
