import type { TopicPartition } from "../../../core/topic-partition.ts";
import type { Random } from "../../../platform/random.ts";
import type { KafkaError } from "../../errors.ts";
import type { RevocationReason } from "../membership.ts";
import type { DecisionTable } from "../state-table.ts";

/**
 * What a member of a classic group is, what happens to it and what it does: the words of
 * `classic-machine.ts`, which decides, and of `classic-member.ts`, which carries out.
 */

/** What stays the same for the whole membership. */
export interface ClassicConfig {
  readonly group: string;
  /** Of a static member (KIP-345), else null. */
  readonly instanceId: string | null;
  /** `cooperative` keeps what it owns through a rebalance (KIP-429). */
  readonly rebalancing: "eager" | "cooperative";
  /** Whether there is more to offer to a group that shares no assignor with what the member offers first. */
  readonly canOfferMore: boolean;
  readonly sessionTimeoutMs: number;
}

/** What a decision may look at besides state and event. */
export interface ClassicInputs {
  readonly config: ClassicConfig;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  readonly random: Random;
}

/** Generation of a member that is in none. */
export const NO_GENERATION = -1;

/** What a member knows of itself, in every state. */
export interface MemberData {
  /** Given by the coordinator; empty before the first join, and after the group forgot the member. */
  readonly memberId: string;
  readonly generation: number;
  /** The assignor that the group agreed on. */
  readonly protocolName: string | null;
  readonly isLeader: boolean;
  /** What the consumer reads. Partitions stay in it until the listener has given them up. */
  readonly owned: readonly TopicPartition[];
  /** Those of them that the listener is giving up now. */
  readonly giving: readonly TopicPartition[];
  /** What the member wants to read, by name. */
  readonly topics: readonly string[];
  /** What it said so in its last JoinGroup. */
  readonly joinedTopics: readonly string[];
  /** Why it has to join again as soon as it can. */
  readonly rejoinReason: string | null;
  /** Until when the group keeps the member though it hears nothing of it, in monotonic milliseconds. */
  readonly sessionUntilMs: number;
  /** Counts what is waited for, so that answers to something older are told apart. */
  readonly ticket: number;
  /** Whether it offers all assignors that it has, after the group refused the first ones. Such a member is eager. */
  readonly offersMore: boolean;
  /** Attempts to join that failed since the last one that did not. */
  readonly failures: number;
}

/** What comes after partitions were given up. */
export type AfterRevocation =
  | { readonly kind: "join" }
  /** Wait until the consumer makes progress again. */
  | { readonly kind: "stall" }
  | { readonly kind: "fail"; readonly error: KafkaError };

interface Of<Kind extends string> {
  readonly kind: Kind;
  readonly data: MemberData;
}

/** Takes no part: not yet, or not any more. */
export type IdleState = Of<"idle">;
/** The listener gives partitions up; then the member goes on with `then`. */
export interface RevokingState extends Of<"revoking"> {
  readonly then: AfterRevocation;
}
/** JoinGroup is under way. */
export type JoiningState = Of<"joining">;
/** Waits before it joins again. */
export type PausingState = Of<"pausing">;
/** SyncGroup is under way; before it, the leader computes who gets what. */
export type SyncingState = Of<"syncing">;
/** The listener takes what the assignment changes: gives up first, then takes. */
export interface SettlingState extends Of<"settling"> {
  /** Partitions that come once others are given up; empty when the listener was told of them. */
  readonly coming: readonly TopicPartition[];
}
/** A member in good standing. */
export type StableState = Of<"stable">;
/** Has left, because the consumer made no progress; comes back when it does. */
export type StalledState = Of<"stalled">;
/** Gives everything up for good. */
export interface LeavingState extends Of<"leaving"> {
  /** What is waited for: a listener's call that was under way, the last revocation, the id that JoinGroup gives, LeaveGroup. */
  readonly step: "listener" | "revocation" | "id" | "request";
}
/** Has left. */
export type ClosedState = Of<"closed">;

/** The states by their kind. */
export interface ClassicStates {
  readonly idle: IdleState;
  readonly revoking: RevokingState;
  readonly joining: JoiningState;
  readonly pausing: PausingState;
  readonly syncing: SyncingState;
  readonly settling: SettlingState;
  readonly stable: StableState;
  readonly stalled: StalledState;
  readonly leaving: LeavingState;
  readonly closed: ClosedState;
}
export type ClassicState = ClassicStates[keyof ClassicStates];

/** What the coordinator answered to JoinGroup, as far as decisions need it. */
export interface JoinAnswer {
  readonly errorCode: number;
  readonly memberId: string;
  readonly generation: number;
  readonly protocolName: string | null;
  readonly isLeader: boolean;
}

/** It is to take part, with what it wants to read. */
export interface JoinEvent {
  readonly kind: "join";
  readonly topics: readonly string[];
}
/** It wants to read something else. */
export interface SubscribedEvent {
  readonly kind: "subscribed";
  readonly topics: readonly string[];
}
/** Somebody, or the metadata, gives a reason to rebalance. */
export interface RejoinWantedEvent {
  readonly kind: "rejoinWanted";
  readonly reason: string;
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
export interface JoinAnsweredEvent {
  readonly kind: "joinAnswered";
  readonly ticket: number;
  readonly answer: JoinAnswer;
}
export interface SyncAnsweredEvent {
  readonly kind: "syncAnswered";
  readonly ticket: number;
  readonly errorCode: number;
  readonly assignment: readonly TopicPartition[];
  /** Monotonic milliseconds. */
  readonly sentAtMs: number;
}
/** JoinGroup or SyncGroup got no answer. */
export interface RequestFailedEvent {
  readonly kind: "requestFailed";
  readonly ticket: number;
  readonly error: KafkaError;
}
/** A pause is over. */
export interface PausedEvent {
  readonly kind: "paused";
  readonly ticket: number;
}
/** The coordinator answered a heartbeat or a commit of this member in this generation. */
export interface ToldEvent {
  readonly kind: "told";
  readonly by: "heartbeat" | "commit";
  readonly memberId: string;
  readonly generation: number;
  readonly errorCode: number;
  /** When it was asked, in monotonic milliseconds: a session that was prolonged counts from there at the latest. */
  readonly sentAtMs: number;
}
/** No heartbeat was accepted for the length of the session: others may own the partitions. */
export interface SessionExpiredEvent {
  readonly kind: "sessionExpired";
}
/** LeaveGroup is answered, or given up. */
export interface LeftEvent {
  readonly kind: "left";
  readonly ticket: number;
}

/** What happens to a member, by kind. */
export interface ClassicEvents {
  readonly join: JoinEvent;
  readonly subscribed: SubscribedEvent;
  readonly rejoinWanted: RejoinWantedEvent;
  readonly polled: PolledEvent;
  readonly pollExpired: PollExpiredEvent;
  readonly leave: LeaveEvent;
  readonly called: CalledEvent;
  readonly joinAnswered: JoinAnsweredEvent;
  readonly syncAnswered: SyncAnsweredEvent;
  readonly requestFailed: RequestFailedEvent;
  readonly paused: PausedEvent;
  readonly told: ToldEvent;
  readonly sessionExpired: SessionExpiredEvent;
  readonly left: LeftEvent;
}
export type ClassicEvent = ClassicEvents[keyof ClassicEvents];

/** What a member does. */
export type ClassicEffect =
  | { readonly kind: "sendJoin"; readonly ticket: number; readonly reason: string }
  /** As the leader with the assignments that it computes, else without. */
  | { readonly kind: "sendSync"; readonly ticket: number }
  | { readonly kind: "sendLeave"; readonly ticket: number; readonly memberId: string }
  /** Of a member that comes back or is gone anyway: nobody waits for the answer. */
  | { readonly kind: "postLeave"; readonly memberId: string; readonly reason: string }
  | {
      readonly kind: "revoke";
      readonly ticket: number;
      readonly partitions: readonly TopicPartition[];
      readonly reason: RevocationReason;
    }
  | {
      readonly kind: "assign";
      readonly ticket: number;
      readonly partitions: readonly TopicPartition[];
    }
  /** What the listener is giving up is lost already. */
  | { readonly kind: "hurry" }
  | { readonly kind: "pause"; readonly ticket: number; readonly delayMs: number }
  /** Heartbeats begin, if they are not sent already. */
  | { readonly kind: "beat" }
  | { readonly kind: "stopBeating" }
  /** The next heartbeat goes out soon, because the last one brought nothing. */
  | { readonly kind: "beatSoon" }
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
export interface ClassicStep {
  readonly state: ClassicState;
  readonly effects: readonly ClassicEffect[];
}

/** A decision for every state and every event. */
export type ClassicTable = DecisionTable<ClassicStates, ClassicEvents, ClassicInputs, ClassicStep>;

/** A member before it has done anything. */
export const newMember: IdleState = {
  kind: "idle",
  data: {
    memberId: "",
    generation: NO_GENERATION,
    protocolName: null,
    isLeader: false,
    owned: [],
    giving: [],
    topics: [],
    joinedTopics: [],
    rejoinReason: null,
    sessionUntilMs: 0,
    ticket: 0,
    offersMore: false,
    failures: 0,
  },
};
