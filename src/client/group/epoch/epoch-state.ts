import type { TopicPartition } from "../../../core/topic-partition.ts";
import type { Uuid } from "../../../core/uuid.ts";
import type { Random } from "../../../platform/random.ts";
import type { KafkaError } from "../../errors.ts";
import type { RevocationReason, Subscription } from "../membership.ts";
import type { DecisionTable } from "../state-table.ts";

/**
 * What a member of a group of the new protocol (KIP-848) is, what happens to it and what it does: the
 * words of `epoch-machine.ts`, which decides, and of `epoch-member.ts`, which carries out.
 */

/** What stays the same for the whole membership. */
export interface EpochConfig {
  readonly group: string;
  /** The client's own (KIP-1082), for as long as the member lives. */
  readonly memberId: string;
  /** Of a static member, else null. */
  readonly instanceId: string | null;
  /** How long the coordinator keeps a member that it hears nothing of; its own setting decides. */
  readonly sessionTimeoutMs: number;
}

export interface EpochInputs {
  readonly config: EpochConfig;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  readonly random: Random;
}

/** Epoch of a member that is in no group. */
export const NO_EPOCH = -1;
/** With this epoch a member joins, with the others it leaves: for good, or to come back (static members). */
export const JOIN_EPOCH = 0;
export const LEAVE_EPOCH = -1;
export const LEAVE_STATIC_EPOCH = -2;

/** A partition of a topic as the group means it: a topic that is made anew under its name is another one. */
export interface GroupPartition extends TopicPartition {
  readonly topicId: Uuid;
}

/** What a member knows of itself, in every state. */
export interface EpochData {
  /** The one that the coordinator confirmed last; {@link NO_EPOCH} while it is in no group. */
  readonly epoch: number;
  /** What the consumer reads. Partitions stay in it until the listener has given them up. */
  readonly owned: readonly GroupPartition[];
  /** Those of them that the listener is giving up now. */
  readonly giving: readonly GroupPartition[];
  /** What the coordinator wants the member to own, as far as the names of its topics are known. */
  readonly target: readonly GroupPartition[];
  readonly subscription: Subscription;
  /** Counts what is waited for, so that answers to something older are told apart. */
  readonly ticket: number;
  /** Heartbeats that are still to follow sooner than the coordinator asks for. */
  readonly hasty: number;
  /** Heartbeats in a row that were refused for reasons that pass. */
  readonly failures: number;
  /** Since when another process holds the instance id, in monotonic milliseconds. */
  readonly unreleasedSinceMs: number | null;
}

/** What comes after all partitions were lost. */
export type AfterLoss =
  | { readonly kind: "join" }
  /** Wait until the consumer makes progress again. */
  | { readonly kind: "stall" }
  | { readonly kind: "fail"; readonly error: KafkaError };

interface Of<Kind extends string> {
  readonly kind: Kind;
  readonly data: EpochData;
}

/** Takes no part: not yet, or not any more. */
export type IdleState = Of<"idle">;
/** Asks to be taken in, with epoch 0. */
export type JoiningState = Of<"joining">;
/** A member that owns what it is to own. */
export type StableState = Of<"stable">;
/** The listener gives up what the target lacks. */
export type RevokingState = Of<"revoking">;
/** The listener takes what the target has in addition. */
export type AssigningState = Of<"assigning">;
/** The group has forgotten the member, and the listener gives all up. */
export interface LosingState extends Of<"losing"> {
  readonly then: AfterLoss;
}
/** Has left, because the consumer made no progress; comes back when it does. */
export type StalledState = Of<"stalled">;
/** Gives everything up for good. */
export interface LeavingState extends Of<"leaving"> {
  /** What is waited for: a listener's call that was under way, the last revocation, the heartbeat that leaves. */
  readonly step: "listener" | "revocation" | "request";
}
/** Has left. */
export type ClosedState = Of<"closed">;

/** The states by their kind. */
export interface EpochStates {
  readonly idle: IdleState;
  readonly joining: JoiningState;
  readonly stable: StableState;
  readonly revoking: RevokingState;
  readonly assigning: AssigningState;
  readonly losing: LosingState;
  readonly stalled: StalledState;
  readonly leaving: LeavingState;
  readonly closed: ClosedState;
}
export type EpochState = EpochStates[keyof EpochStates];

/** It is to take part. */
export interface JoinEvent {
  readonly kind: "join";
}
/** It wants to read something else. */
export interface SubscribedEvent {
  readonly kind: "subscribed";
  readonly subscription: Subscription;
}
/** The consumer made progress. */
export interface PolledEvent {
  readonly kind: "polled";
}
/** The consumer made none for `maxPollIntervalMs`. */
export interface PollExpiredEvent {
  readonly kind: "pollExpired";
}
export interface LeaveEvent {
  readonly kind: "leave";
}
/** The listener has done what it was asked to; with `error` it could not take what it was given. */
export interface CalledEvent {
  readonly kind: "called";
  readonly ticket: number;
  readonly error: KafkaError | null;
}
/** The coordinator answered a heartbeat. */
export interface AnsweredEvent {
  readonly kind: "answered";
  /** The epoch with which it was sent; {@link JOIN_EPOCH} to join. */
  readonly sentEpoch: number;
  /** Monotonic milliseconds. */
  readonly sentAtMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly epoch: number;
}
/** What the coordinator wants the member to own, with the names of topics. */
export interface TargetedEvent {
  readonly kind: "targeted";
  readonly target: readonly GroupPartition[];
}
/** The coordinator refused a commit of this epoch. */
export interface RefusedEvent {
  readonly kind: "refused";
  readonly epoch: number;
  readonly errorCode: number;
}
/** A heartbeat could not be sent, for a reason that lasts. */
export interface BrokenEvent {
  readonly kind: "broken";
  readonly error: KafkaError;
}
/** No heartbeat was accepted for the length of the session: others may own the partitions. */
export interface SessionExpiredEvent {
  readonly kind: "sessionExpired";
}
/** The heartbeat that leaves is answered, or given up. */
export interface LeftEvent {
  readonly kind: "left";
  readonly ticket: number;
}

/** What happens to a member, by kind. */
export interface EpochEvents {
  readonly join: JoinEvent;
  readonly subscribed: SubscribedEvent;
  readonly polled: PolledEvent;
  readonly pollExpired: PollExpiredEvent;
  readonly leave: LeaveEvent;
  readonly called: CalledEvent;
  readonly answered: AnsweredEvent;
  readonly targeted: TargetedEvent;
  readonly refused: RefusedEvent;
  readonly broken: BrokenEvent;
  readonly sessionExpired: SessionExpiredEvent;
  readonly left: LeftEvent;
}
export type EpochEvent = EpochEvents[keyof EpochEvents];

/** What a member does. */
export type EpochEffect =
  /** Heartbeats begin, the first one at once. */
  | { readonly kind: "beat" }
  /** There is something to tell: the next heartbeat goes out at once, or right behind the one under way. */
  | { readonly kind: "beatNow" }
  /** The next heartbeat goes out after so long, because the last one brought nothing. */
  | { readonly kind: "beatAfter"; readonly delayMs: number }
  | { readonly kind: "stopBeating" }
  /** The next heartbeat tells everything, not only what changed. */
  | { readonly kind: "tellAll" }
  | { readonly kind: "sendLeave"; readonly ticket: number; readonly epoch: number }
  /** Of a member that is gone anyway: nobody waits for the answer. */
  | { readonly kind: "postLeave"; readonly epoch: number }
  | {
      readonly kind: "revoke";
      readonly ticket: number;
      readonly partitions: readonly GroupPartition[];
      readonly reason: RevocationReason;
    }
  | {
      readonly kind: "assign";
      readonly ticket: number;
      readonly partitions: readonly GroupPartition[];
    }
  /** What the listener is giving up is lost already. */
  | { readonly kind: "hurry" }
  /** The session is good until then, in monotonic milliseconds. */
  | { readonly kind: "extendSession"; readonly untilMs: number }
  /** The consumer has partitions from now on: its progress counts. */
  | { readonly kind: "expectPolls" }
  | { readonly kind: "forgetCoordinator" }
  /** The first assignment is taken. */
  | { readonly kind: "joined" }
  /** The consumer made no progress: the member is out until it does. */
  | { readonly kind: "stalled" }
  | { readonly kind: "failed"; readonly error: KafkaError }
  | { readonly kind: "closed" };

/** What a decision comes to. */
export interface EpochStep {
  readonly state: EpochState;
  readonly effects: readonly EpochEffect[];
}

/** A decision for every state and every event. */
export type EpochTable = DecisionTable<EpochStates, EpochEvents, EpochInputs, EpochStep>;

/** A member before it has done anything. */
export function newEpochMember(subscription: Subscription): IdleState {
  return {
    kind: "idle",
    data: {
      epoch: NO_EPOCH,
      owned: [],
      giving: [],
      target: [],
      subscription,
      ticket: 0,
      hasty: 0,
      failures: 0,
      unreleasedSinceMs: null,
    },
  };
}
