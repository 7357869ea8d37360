import { ErrorCode } from "../../../protocol/error-code.ts";
import { brokerError, type KafkaError } from "../../errors.ts";
import { decideBy } from "../state-table.ts";
import {
  JOIN_EPOCH,
  NO_EPOCH,
  type AnsweredEvent,
  type AssigningState,
  type EpochData,
  type EpochEffect,
  type EpochEvent,
  type EpochInputs,
  type EpochState,
  type EpochStep,
  type EpochTable,
  type JoiningState,
  type LeavingState,
  type LosingState,
  type RefusedEvent,
  type RevokingState,
  type StableState,
} from "./epoch-state.ts";
import {
  beginLeaving,
  given,
  goodbyeEpoch,
  goOn,
  join,
  lose,
  reconcile,
  refusalOf,
  retryLater,
  sendLeave,
  stall,
  stay,
  withData,
} from "./epoch-transitions.ts";

/**
 * A member of a group of the new protocol (ConsumerGroupHeartbeat, KIP-848) as a table of decisions. The
 * coordinator computes who gets what; the member brings what it owns to that and says so, and the epoch
 * that the coordinator answers is what it commits with. A member that is fenced loses all at once and
 * joins anew. Decides; does nothing: what is to be done are the effects of the step.
 */
export function decideEpoch(state: EpochState, event: EpochEvent, inputs: EpochInputs): EpochStep {
  return isLate(state.data, event) ? stay(state) : decideBy(table, state, event, inputs);
}

/** Whether an event answers something that is not waited for any more. */
function isLate(data: EpochData, event: EpochEvent): boolean {
  switch (event.kind) {
    case "answered":
      return event.sentEpoch !== data.epoch;
    case "refused":
      return event.epoch !== data.epoch;
    case "called":
    case "left":
      return event.ticket !== data.ticket;
    default:
      return false;
  }
}

const table: EpochTable = {
  idle: {
    join: ({ data }) => join(data),
    subscribed: (state, { subscription }) => stay(withData(state, { subscription })),
    polled: stay,
    pollExpired: stay,
    leave: ({ data }, _event, inputs) => sendLeave(data, inputs),
    called: stay,
    answered: stay,
    targeted: stay,
    refused: stay,
    broken: stay,
    sessionExpired: stay,
    left: stay,
  },
  joining: {
    join: stay,
    subscribed: subscribed,
    polled: stay,
    pollExpired: stay,
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    answered: joinAnswered,
    targeted: stay,
    refused: stay,
    broken: ({ data }, { error }) => lose(data, { kind: "fail", error }),
    sessionExpired: stay,
    left: stay,
  },
  stable: {
    join: ({ data }) => reconcile(data),
    subscribed: subscribed,
    polled: stay,
    pollExpired: ({ data }, _event, inputs) =>
      data.owned.length === 0 ? stay({ kind: "stable", data }) : stall(data, inputs, false),
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    answered: answered,
    targeted: ({ data }, { target }) => reconcile({ ...data, target }),
    refused: refused,
    broken: ({ data }, { error }) => lose(data, { kind: "fail", error }),
    sessionExpired: ({ data }) =>
      data.owned.length === 0 ? stay({ kind: "stable", data }) : lose(data, { kind: "join" }),
    left: stay,
  },
  revoking: {
    join: stay,
    subscribed: subscribed,
    polled: stay,
    pollExpired: ({ data }, _event, inputs) => stall(data, inputs, true),
    leave: leaveAfterListener,
    called: ({ data }) => reconcile(given(data), [{ kind: "beatNow" }]),
    answered: answered,
    targeted: (state, { target }) => stay(withData(state, { target })),
    refused: refused,
    broken: ({ data }, { error }) => lose(data, { kind: "fail", error }, [], true),
    sessionExpired: ({ data }) => lose(data, { kind: "join" }, [], true),
    left: stay,
  },
  assigning: {
    join: stay,
    subscribed: subscribed,
    polled: stay,
    pollExpired: ({ data }, _event, inputs) => stall(data, inputs, true),
    leave: leaveAfterListener,
    called: assigned,
    answered: answered,
    targeted: (state, { target }) => stay(withData(state, { target })),
    refused: refused,
    broken: ({ data }, { error }) => lose(data, { kind: "fail", error }, [], true),
    sessionExpired: ({ data }) => lose(data, { kind: "join" }, [], true),
    left: stay,
  },
  losing: {
    join: stay,
    subscribed: (state, { subscription }) => stay(withData(state, { subscription })),
    polled: (state) => stay(state.then.kind === "stall" ? comesBack(state) : state),
    pollExpired: ({ data, then }) =>
      stay({ kind: "losing", data, then: then.kind === "fail" ? then : { kind: "stall" } }),
    leave: leaveAfterListener,
    called: ({ data, then }) => goOn(given(data), then),
    answered: stay,
    targeted: stay,
    refused: stay,
    broken: stay,
    sessionExpired: stay,
    left: stay,
  },
  stalled: {
    join: ({ data }) => join(data),
    subscribed: (state, { subscription }) => stay(withData(state, { subscription })),
    polled: ({ data }) => join(data),
    pollExpired: stay,
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    answered: stay,
    targeted: stay,
    refused: stay,
    broken: stay,
    sessionExpired: stay,
    left: stay,
  },
  leaving: {
    join: stay,
    subscribed: stay,
    polled: stay,
    pollExpired: stay,
    leave: stay,
    called: calledWhileLeaving,
    answered: answeredWhileLeaving,
    targeted: stay,
    refused: stay,
    broken: (state) => hurry(gone(state)),
    sessionExpired: hurry,
    left: ({ data }) => ({ state: { kind: "closed", data }, effects: [{ kind: "closed" }] }),
  },
  closed: {
    join: stay,
    subscribed: stay,
    polled: stay,
    pollExpired: stay,
    leave: stay,
    called: stay,
    answered: stay,
    targeted: stay,
    refused: stay,
    broken: stay,
    sessionExpired: stay,
    left: stay,
  },
};

/** States of a member that the group knows. */
type MemberState = StableState | RevokingState | AssigningState;

function subscribed(
  state: JoiningState | MemberState,
  { subscription }: { readonly subscription: EpochData["subscription"] },
): EpochStep {
  return { state: withData(state, { subscription }), effects: [{ kind: "beatNow" }] };
}

function comesBack({ data }: LosingState): LosingState {
  return { kind: "losing", data, then: { kind: "join" } };
}

function leaveAfterListener({ data }: RevokingState | AssigningState | LosingState): EpochStep {
  return stay({ kind: "leaving", data, step: "listener" });
}

function assigned(
  { data }: AssigningState,
  { error }: { readonly error: KafkaError | null },
  inputs: EpochInputs,
): EpochStep {
  if (error === null) return reconcile(data, [{ kind: "beatNow" }, { kind: "expectPolls" }]);
  const goodbye: EpochEffect = { kind: "postLeave", epoch: goodbyeEpoch(inputs.config) };
  return lose(data, { kind: "fail", error }, [goodbye]);
}

function calledWhileLeaving(state: LeavingState, _event: unknown, inputs: EpochInputs): EpochStep {
  const data = given(state.data);
  switch (state.step) {
    case "listener":
      return beginLeaving(data, inputs);
    case "revocation":
      return sendLeave(data, inputs);
    case "request":
      return stay(state);
  }
}

/** Until when the group keeps the member from now on though it hears nothing of it. */
function sessionUntilMs({ sentAtMs }: AnsweredEvent, { config }: EpochInputs): number {
  return sentAtMs + config.sessionTimeoutMs;
}

/**
 * While the group is in motion, a member that waits for the whole interval (5 s by default) waits in vain:
 * the coordinator assigns once a second at most, and has partitions for it as soon as others gave them up.
 */
const HASTY_BEATS = 3;
const HASTY_BEAT_MS = 1_000;

/** The state of a member whose heartbeat was accepted, and what follows. */
function accepted(
  state: EpochState,
  event: AnsweredEvent,
  inputs: EpochInputs,
): { readonly data: EpochData; readonly effects: readonly EpochEffect[] } {
  const { data } = state;
  const hasty = event.epoch === data.epoch ? Math.max(0, data.hasty - 1) : HASTY_BEATS;
  const effects: EpochEffect[] = [
    { kind: "extendSession", untilMs: sessionUntilMs(event, inputs) },
  ];
  if (hasty > 0) effects.push({ kind: "beatAfter", delayMs: HASTY_BEAT_MS });
  return { data: { ...data, epoch: event.epoch, hasty, failures: 0 }, effects };
}

/** So long under way that others may own by now what the answer gives. */
function isStale(event: AnsweredEvent, inputs: EpochInputs): boolean {
  return sessionUntilMs(event, inputs) <= inputs.nowMs;
}

function fatalError({ errorCode, errorMessage }: AnsweredEvent, inputs: EpochInputs): KafkaError {
  return brokerError(errorCode, { group: inputs.config.group }, errorMessage);
}

function joinAnswered(state: JoiningState, event: AnsweredEvent, inputs: EpochInputs): EpochStep {
  const { errorCode } = event;
  const { data } = state;
  if (errorCode === ErrorCode.NONE) {
    if (isStale(event, inputs)) return retryLater(state, inputs);
    const member = accepted(state, event, inputs);
    return {
      state: { kind: "stable", data: { ...member.data, unreleasedSinceMs: null } },
      effects: member.effects,
    };
  }
  switch (refusalOf(errorCode)) {
    case "fenced":
      if (errorCode === ErrorCode.GROUP_ID_NOT_FOUND) break;
      return retryLater(state, inputs);
    case "coordinator":
      return retryLater(state, inputs, [{ kind: "forgetCoordinator" }]);
    case "later":
      return retryLater(state, inputs);
    case "unreleased": {
      // One that was killed holds its place until its session ends; one that lives does so for ever.
      const sinceMs = data.unreleasedSinceMs ?? inputs.nowMs;
      if (inputs.nowMs - sinceMs > inputs.config.sessionTimeoutMs) break;
      return retryLater(withData(state, { unreleasedSinceMs: sinceMs }), inputs);
    }
    case "fatal":
  }
  return lose(data, { kind: "fail", error: fatalError(event, inputs) });
}

function answered(state: MemberState, event: AnsweredEvent, inputs: EpochInputs): EpochStep {
  const { errorCode } = event;
  const isCalled = state.kind !== "stable";
  if (errorCode === ErrorCode.NONE) {
    if (isStale(event, inputs)) return lose(state.data, { kind: "join" }, [], isCalled);
    const member = accepted(state, event, inputs);
    return { state: withData(state, member.data), effects: member.effects };
  }
  switch (refusalOf(errorCode)) {
    case "fenced":
      return lose(state.data, { kind: "join" }, [], isCalled);
    case "coordinator":
      return retryLater(state, inputs, [{ kind: "forgetCoordinator" }]);
    case "later":
      return retryLater(state, inputs);
    case "unreleased":
    case "fatal":
      return lose(state.data, { kind: "fail", error: fatalError(event, inputs) }, [], isCalled);
  }
}

function refused(state: MemberState, { errorCode }: RefusedEvent, inputs: EpochInputs): EpochStep {
  const isCalled = state.kind !== "stable";
  switch (errorCode) {
    case ErrorCode.UNKNOWN_MEMBER_ID:
    case ErrorCode.FENCED_MEMBER_EPOCH:
      return lose(state.data, { kind: "join" }, [], isCalled);
    case ErrorCode.FENCED_INSTANCE_ID: {
      const error = brokerError(errorCode, { group: inputs.config.group });
      return lose(state.data, { kind: "fail", error }, [], isCalled);
    }
    default:
      // The coordinator is in another epoch, which its next answer tells to a member that says all it owns.
      return { state, effects: [{ kind: "tellAll" }, { kind: "beatNow" }] };
  }
}

function answeredWhileLeaving(
  state: LeavingState,
  event: AnsweredEvent,
  inputs: EpochInputs,
): EpochStep {
  const { errorCode, sentEpoch } = event;
  if (errorCode === ErrorCode.NONE) {
    const member = accepted(state, event, inputs);
    return { state: withData(state, member.data), effects: member.effects };
  }
  const isGone = sentEpoch !== JOIN_EPOCH && ["fenced", "fatal"].includes(refusalOf(errorCode));
  return isGone ? hurry(gone(state)) : stay(state);
}

function gone(state: LeavingState): LeavingState {
  return { ...state, data: { ...state.data, epoch: NO_EPOCH } };
}

/** The listener is giving up what is lost. */
function hurry(state: LeavingState): EpochStep {
  return { state, effects: state.step === "request" ? [] : [{ kind: "hurry" }] };
}
