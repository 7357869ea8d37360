import { ErrorCode } from "../../../protocol/error-code.ts";
import { decideBy } from "../state-table.ts";
import type {
  ClassicEvent,
  ClassicInputs,
  ClassicState,
  ClassicStep,
  ClassicTable,
  JoinAnsweredEvent,
  JoiningState,
  LeavingState,
  MemberData,
  RevokingState,
  SettlingState,
  StableState,
  SyncAnsweredEvent,
  SyncingState,
  ToldEvent,
} from "./classic-state.ts";
import {
  afterLoss,
  again,
  beginLeaving,
  extended,
  fatalError,
  given,
  goOn,
  join,
  lose,
  offerMore,
  pause,
  refusalOf,
  rejoin,
  sendLeave,
  settle,
  settled,
  stall,
  stay,
  take,
  withData,
} from "./classic-transitions.ts";

/**
 * A member of a classic group (JoinGroup, SyncGroup, Heartbeat, LeaveGroup) as a table of decisions.
 *
 * Partitions are owned by whom the group gave them to until the listener has given them up, which is
 * before the member asks for its next assignment (eager), or after it got one without them
 * (cooperative, KIP-429). A member that the group does not know any more loses them at once.
 * Decides; does nothing: what is to be done are the effects of the step.
 */
export function decideClassic(
  state: ClassicState,
  event: ClassicEvent,
  inputs: ClassicInputs,
): ClassicStep {
  return isLate(state.data, event) ? stay(state) : decideBy(table, state, event, inputs);
}

/** Whether an event answers something that is not waited for any more. */
function isLate(data: MemberData, event: ClassicEvent): boolean {
  if (event.kind === "told") {
    return event.memberId !== data.memberId || event.generation !== data.generation;
  }
  return "ticket" in event && event.ticket !== data.ticket;
}

const table: ClassicTable = {
  idle: {
    join: ({ data }, { topics }, inputs) =>
      join({ ...data, topics, rejoinReason: null }, inputs, "the member is new"),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: stay,
    polled: stay,
    pollExpired: stay,
    leave: ({ data }, _event, inputs) => sendLeave(data, inputs),
    called: stay,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: stay,
    sessionExpired: stay,
    left: stay,
  },
  revoking: {
    join: (state, { topics }) => stay(withData(state, { topics })),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: stay,
    polled: (state) => stay(state.then.kind === "stall" ? comesBack(state) : state),
    pollExpired: ({ data, then }, _event, inputs) =>
      then.kind === "fail" ? stay({ kind: "revoking", data, then }) : stall(data, inputs, true),
    leave: leaveAfterListener,
    called: ({ data, then }, _event, inputs) => goOn(given(data), inputs, then),
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: toldWhileCalled,
    sessionExpired: loseWhileCalled,
    left: stay,
  },
  joining: {
    join: (state, { topics }) => stay(withData(state, { topics })),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: stay,
    polled: stay,
    pollExpired: stallWhileRejoining,
    leave: leaveWhileJoining,
    called: stay,
    joinAnswered: joinAnswered,
    syncAnswered: stay,
    requestFailed: requestFailed,
    paused: stay,
    told: toldWhileRejoining,
    sessionExpired: loseWhileRejoining,
    left: stay,
  },
  pausing: {
    join: (state, { topics }) => stay(withData(state, { topics })),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: stay,
    polled: stay,
    pollExpired: stallWhileRejoining,
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: ({ data }, _event, inputs) => rejoin(data, inputs, data.rejoinReason ?? "again"),
    told: toldWhileRejoining,
    sessionExpired: loseWhileRejoining,
    left: stay,
  },
  syncing: {
    join: (state, { topics }) => stay(withData(state, { topics })),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: (state, { reason }) => stay(withData(state, { rejoinReason: reason })),
    polled: stay,
    pollExpired: stallWhileRejoining,
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    joinAnswered: stay,
    syncAnswered: syncAnswered,
    requestFailed: requestFailed,
    paused: stay,
    told: toldWhileRejoining,
    sessionExpired: loseWhileRejoining,
    left: stay,
  },
  settling: {
    join: (state, { topics }) => stay(withData(state, { topics })),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: (state, { reason }) => stay(withData(state, { rejoinReason: reason })),
    polled: stay,
    pollExpired: ({ data }, _event, inputs) => stall(data, inputs, true),
    leave: leaveAfterListener,
    called: calledWhileSettling,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: toldWhileCalled,
    sessionExpired: loseWhileCalled,
    left: stay,
  },
  stable: {
    join: ({ data }, { topics }, inputs) => subscribed(data, topics, inputs),
    subscribed: ({ data }, { topics }, inputs) => subscribed(data, topics, inputs),
    rejoinWanted: ({ data }, { reason }, inputs) => rejoin(data, inputs, reason),
    polled: stay,
    pollExpired: ({ data }, _event, inputs) =>
      data.owned.length === 0 ? stay({ kind: "stable", data }) : stall(data, inputs, false),
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: toldWhileStable,
    sessionExpired: ({ data }, _event, inputs) =>
      data.owned.length === 0
        ? stay({ kind: "stable", data })
        : lose({ ...data, rejoinReason: sessionReason }, inputs, { kind: "join" }),
    left: stay,
  },
  stalled: {
    join: ({ data }, { topics }, inputs) => join({ ...data, topics }, inputs, progressReason),
    subscribed: (state, { topics }) => stay(withData(state, { topics })),
    rejoinWanted: stay,
    polled: ({ data }, _event, inputs) => join(data, inputs, progressReason),
    pollExpired: stay,
    leave: ({ data }, _event, inputs) => beginLeaving(data, inputs),
    called: stay,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: stay,
    sessionExpired: stay,
    left: stay,
  },
  leaving: {
    join: stay,
    subscribed: stay,
    rejoinWanted: stay,
    polled: stay,
    pollExpired: stay,
    leave: stay,
    called: calledWhileLeaving,
    joinAnswered: idAnswered,
    syncAnswered: stay,
    requestFailed: idRefused,
    paused: stay,
    told: toldWhileLeaving,
    sessionExpired: hurry,
    left: ({ data }) => ({ state: { kind: "closed", data }, effects: [{ kind: "closed" }] }),
  },
  closed: {
    join: stay,
    subscribed: stay,
    rejoinWanted: stay,
    polled: stay,
    pollExpired: stay,
    leave: stay,
    called: stay,
    joinAnswered: stay,
    syncAnswered: stay,
    requestFailed: stay,
    paused: stay,
    told: stay,
    sessionExpired: stay,
    left: stay,
  },
};

const sessionReason = "the session expired";
const progressReason = "the consumer makes progress again";

function comesBack({ data }: RevokingState): RevokingState {
  return {
    kind: "revoking",
    data: { ...data, rejoinReason: progressReason },
    then: { kind: "join" },
  };
}

function subscribed(
  data: MemberData,
  topics: readonly string[],
  inputs: ClassicInputs,
): ClassicStep {
  // The same words in another order come to nothing.
  return settled({ ...data, topics }, inputs);
}

function leaveAfterListener({ data }: RevokingState | SettlingState): ClassicStep {
  return stay({ kind: "leaving", data, step: "listener" });
}

function calledWhileSettling(
  { data, coming }: SettlingState,
  { error }: { readonly error: ToldFailure },
  inputs: ClassicInputs,
): ClassicStep {
  if (error !== null) {
    const { memberId } = data;
    const isKnown = memberId !== "" && inputs.config.instanceId === null;
    const goodbye = { kind: "postLeave", memberId, reason: "the consumer failed" } as const;
    return lose(data, inputs, { kind: "fail", error }, isKnown ? [goodbye] : []);
  }
  if (data.giving.length === 0) return settled(data, inputs);
  // What was given up can be given to others only by another rebalance (KIP-429).
  const rejoinReason = data.rejoinReason ?? "partitions were given up for others";
  return take({ ...given(data), rejoinReason }, coming, inputs);
}

type ToldFailure = Parameters<ClassicTable["settling"]["called"]>[1]["error"];

function calledWhileLeaving(
  state: LeavingState,
  _event: unknown,
  inputs: ClassicInputs,
): ClassicStep {
  const data = given(state.data);
  switch (state.step) {
    case "listener":
      return beginLeaving(data, inputs);
    case "revocation":
      return sendLeave(data, inputs);
    case "id":
    case "request":
      return stay(state);
  }
}

/**
 * A first JoinGroup that is under way makes a place in the group (KIP-394), for which all others would wait until a
 * session has passed: its id is waited for, so that the place can be given back.
 */
function leaveWhileJoining(
  { data }: JoiningState,
  _event: unknown,
  inputs: ClassicInputs,
): ClassicStep {
  return data.memberId === "" && inputs.config.instanceId === null
    ? stay({ kind: "leaving", data, step: "id" })
    : beginLeaving(data, inputs);
}

function idAnswered(
  state: LeavingState,
  { answer: { memberId } }: JoinAnsweredEvent,
  inputs: ClassicInputs,
): ClassicStep {
  return state.step === "id" ? sendLeave({ ...state.data, memberId }, inputs) : stay(state);
}

function idRefused(state: LeavingState, _event: unknown, inputs: ClassicInputs): ClassicStep {
  return state.step === "id" ? sendLeave(state.data, inputs) : stay(state);
}

function joinAnswered(
  { data }: JoiningState,
  { answer }: JoinAnsweredEvent,
  inputs: ClassicInputs,
): ClassicStep {
  const { errorCode, memberId } = answer;
  if (errorCode === ErrorCode.NONE) {
    const { generation, protocolName, isLeader } = answer;
    const ticket = data.ticket + 1;
    return {
      state: {
        kind: "syncing",
        data: { ...data, memberId, generation, protocolName, isLeader, ticket },
      },
      effects: [{ kind: "sendSync", ticket }, { kind: "beat" }],
    };
  }
  // The coordinator gives the id first, so that a join that got lost leaves no ghost (KIP-394).
  if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
    return join({ ...data, memberId }, inputs, "the coordinator gave the member its id");
  }
  return rejoinRefused(data, errorCode, inputs);
}

function syncAnswered(
  { data }: SyncingState,
  event: SyncAnsweredEvent,
  inputs: ClassicInputs,
): ClassicStep {
  const { errorCode, assignment, sentAtMs } = event;
  if (errorCode !== ErrorCode.NONE) return rejoinRefused(data, errorCode, inputs);
  const noted = extended(data, sentAtMs, inputs);
  if (noted.data.sessionUntilMs <= inputs.nowMs) {
    // So long under way that others may own the partitions by now.
    return lose({ ...data, rejoinReason: sessionReason }, inputs, { kind: "join" });
  }
  return settle(noted.data, assignment, inputs, [noted.effect]);
}

/** JoinGroup or SyncGroup was refused. */
function rejoinRefused(data: MemberData, errorCode: number, inputs: ClassicInputs): ClassicStep {
  switch (refusalOf(errorCode)) {
    case "lost": {
      const lost = afterLoss(data, errorCode);
      if (lost.owned.length > 0) return lose(lost, inputs, { kind: "join" });
      return again(lost, inputs, lost.rejoinReason ?? "again");
    }
    case "rebalance":
      return again(data, inputs, "the group rebalanced meanwhile");
    case "coordinator":
      return pause(data, inputs, "the coordinator moved", [{ kind: "forgetCoordinator" }]);
    case "later":
      return pause(data, inputs, "the coordinator was not ready");
    case "fatal":
      return canOfferMore(data, errorCode, inputs)
        ? offerMore(data, inputs)
        : lose(data, inputs, { kind: "fail", error: fatalError(errorCode, inputs) });
  }
}

function canOfferMore(data: MemberData, errorCode: number, { config }: ClassicInputs): boolean {
  const isUnshared = errorCode === ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  return isUnshared && config.canOfferMore && !data.offersMore;
}

function requestFailed(
  { data }: JoiningState | SyncingState,
  { error }: { readonly error: NonNullable<ToldFailure> },
  inputs: ClassicInputs,
): ClassicStep {
  if (!error.retriable) return lose(data, inputs, { kind: "fail", error });
  return pause(data, inputs, "the coordinator did not answer", [{ kind: "forgetCoordinator" }]);
}

/** A heartbeat that was accepted prolongs the session; also one that is answered with a rebalance. */
function noted(state: ClassicState, event: ToldEvent, inputs: ClassicInputs): ClassicStep {
  const { by, errorCode, sentAtMs } = event;
  const isAccepted =
    by === "heartbeat" &&
    (errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS);
  if (!isAccepted) return stay(state);
  const { data, effect } = extended(state.data, sentAtMs, inputs);
  return { state: withData(state, data), effects: [effect] };
}

function toldWhileStable(
  before: StableState,
  event: ToldEvent,
  inputs: ClassicInputs,
): ClassicStep {
  const { state, effects } = noted(before, event, inputs);
  const { data } = state;
  const { errorCode } = event;
  if (errorCode === ErrorCode.NONE) return { state, effects };
  switch (refusalOf(errorCode)) {
    case "lost":
      return lose(afterLoss(data, errorCode), inputs, { kind: "join" });
    case "rebalance":
      return rejoin(data, inputs, "the group rebalances", effects);
    case "fatal":
      return lose(data, inputs, { kind: "fail", error: fatalError(errorCode, inputs) });
    case "coordinator":
      return { state, effects: [{ kind: "forgetCoordinator" }, { kind: "beatSoon" }] };
    case "later":
      return { state, effects: [{ kind: "beatSoon" }] };
  }
}

/** While the listener is at work. */
function toldWhileCalled(
  before: RevokingState | SettlingState,
  event: ToldEvent,
  inputs: ClassicInputs,
): ClassicStep {
  const { state, effects } = noted(before, event, inputs);
  const { data } = state;
  const { errorCode } = event;
  if (errorCode === ErrorCode.NONE) return { state, effects };
  const then = before.kind === "revoking" ? before.then : ({ kind: "join" } as const);
  switch (refusalOf(errorCode)) {
    case "lost":
      return lose(afterLoss(data, errorCode), inputs, then, [], true);
    case "rebalance": {
      if (before.kind === "revoking") return { state, effects };
      const rejoinReason = "the group rebalances";
      return { state: withData(state, { rejoinReason }), effects };
    }
    case "coordinator":
      return { state, effects: [{ kind: "forgetCoordinator" }, { kind: "beatSoon" }] };
    case "later":
      return { state, effects: [{ kind: "beatSoon" }] };
    case "fatal": {
      const error = fatalError(errorCode, inputs);
      return lose(data, inputs, { kind: "fail", error }, [], true);
    }
  }
}

function loseWhileCalled(
  state: RevokingState | SettlingState,
  _event: unknown,
  inputs: ClassicInputs,
): ClassicStep {
  const then = state.kind === "revoking" ? state.then : ({ kind: "join" } as const);
  return lose({ ...state.data, rejoinReason: sessionReason }, inputs, then, [], true);
}

/**
 * While JoinGroup or SyncGroup is under way, or about to be. Their answers say the same; but a member
 * that kept partitions must not keep them when it is known no more.
 */
function toldWhileRejoining(
  state: ClassicState,
  event: ToldEvent,
  inputs: ClassicInputs,
): ClassicStep {
  const { data } = state;
  const { errorCode } = event;
  if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID && data.owned.length > 0) {
    return lose(afterLoss(data, errorCode), inputs, { kind: "join" });
  }
  if (errorCode === ErrorCode.FENCED_INSTANCE_ID) {
    return lose(data, inputs, { kind: "fail", error: fatalError(errorCode, inputs) });
  }
  return noted(state, event, inputs);
}

function loseWhileRejoining(
  state: ClassicState,
  _event: unknown,
  inputs: ClassicInputs,
): ClassicStep {
  const { data } = state;
  if (data.owned.length === 0) return stay(state);
  return lose({ ...data, rejoinReason: sessionReason }, inputs, { kind: "join" });
}

function stallWhileRejoining(
  state: ClassicState,
  _event: unknown,
  inputs: ClassicInputs,
): ClassicStep {
  const { data } = state;
  return data.owned.length === 0 ? stay(state) : stall(data, inputs, false);
}

function toldWhileLeaving(state: LeavingState, { errorCode }: ToldEvent): ClassicStep {
  const isGone =
    errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID;
  return isGone ? hurry({ ...state, data: { ...state.data, memberId: "" } }) : stay(state);
}

/** The listener is giving up what is lost. */
function hurry(state: LeavingState): ClassicStep {
  const isCalled = state.step === "listener" || state.step === "revocation";
  return { state, effects: isCalled ? [{ kind: "hurry" }] : [] };
}
