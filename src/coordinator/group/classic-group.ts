import { assert } from "../../core/assert.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { JoinGroupResponseInput } from "../../protocol/messages/join-group.ts";
import type { SyncGroupResponseInput } from "../../protocol/messages/sync-group.ts";
import type { Reply } from "../reply.ts";
import {
  candidateProtocols,
  selectProtocol,
  subscribedTopicsOf,
  supportsProtocols,
  CONSUMER_PROTOCOL_TYPE,
  type JoinProtocol,
} from "./classic-protocols.ts";

/** States of a classic group, under their names on the wire. */
export type ClassicState =
  | "Empty"
  | "PreparingRebalance"
  | "CompletingRebalance"
  | "Stable"
  | "Dead";

/** From which states each state may be entered. */
const enteredFrom: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  Empty: ["PreparingRebalance"],
  PreparingRebalance: ["Stable", "CompletingRebalance", "Empty"],
  CompletingRebalance: ["PreparingRebalance"],
  Stable: ["CompletingRebalance"],
  Dead: ["Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"],
};

/** What a member is given before the leader has assigned anything. */
export const EMPTY_ASSIGNMENT: Buffer = Buffer.alloc(0);

/** A consumer (or worker, …) in a classic group. */
export interface ClassicMember {
  readonly memberId: string;
  /** Of static members (KIP-345). */
  readonly instanceId: string | null;
  readonly clientId: string;
  /** With the slash that Kafka puts before addresses. */
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** In the member's order of preference. */
  protocols: readonly JoinProtocol[];
  assignment: Buffer;
  /** Has not completed a join yet, so it cannot send heartbeats. */
  isNew: boolean;
  /** A JoinGroup that waits for the others. */
  join: Reply<JoinGroupResponseInput> | undefined;
  /** A SyncGroup that waits for the leader's. */
  sync: Reply<SyncGroupResponseInput> | undefined;
}

/** Facts of a group as its record tells them. */
export interface ClassicGroupFacts {
  readonly state: "Empty" | "Stable";
  readonly generationId: number;
  /** `null` for a group of which only offsets are known. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** When the state was entered, milliseconds since 1970; `null` in old records. */
  readonly stateSinceMs: number | null;
}

/**
 * A group of the classic protocol, where members meet in JoinGroup and the leader assigns. It is
 * memory: of all this only what `groupMetadataRecord` writes outlives the shard.
 */
export class ClassicGroup {
  readonly type = "classic";
  readonly groupId: string;
  #state: ClassicState;
  #previousState: ClassicState;
  #generationId: number;
  #protocolType: string | null;
  #protocolName: string | null;
  #leaderId: string | null;
  #stateSinceMs: number | null;
  readonly #members = new Map<string, ClassicMember>();
  /** Member ids of static members by instance id. */
  readonly #instances = new Map<string, string>();
  /** Dynamic members that were given an id and have not come back with it (KIP-394). */
  readonly #pendingJoins = new Set<string>();
  /** Members that have not sent SyncGroup for this generation. */
  readonly #pendingSyncs = new Set<string>();
  #parkedJoins = 0;
  /** Somebody joined since the initial delay began. */
  newMemberAdded = false;
  #subscribedTopics: ReadonlySet<string> | undefined;

  constructor(groupId: string, facts: ClassicGroupFacts) {
    this.groupId = groupId;
    this.#state = facts.state;
    this.#previousState = "Empty";
    this.#generationId = facts.generationId;
    this.#protocolType = facts.protocolType;
    this.#protocolName = facts.protocolName;
    this.#leaderId = facts.leaderId;
    this.#stateSinceMs = facts.stateSinceMs;
    this.#subscribedTopics = this.#computeSubscribedTopics();
  }

  get state(): ClassicState {
    return this.#state;
  }

  get previousState(): ClassicState {
    return this.#previousState;
  }

  get stateSinceMs(): number | null {
    return this.#stateSinceMs;
  }

  get generationId(): number {
    return this.#generationId;
  }

  get protocolType(): string | null {
    return this.#protocolType;
  }

  get protocolName(): string | null {
    return this.#protocolName;
  }

  get leaderId(): string | null {
    return this.#leaderId;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#state === "Empty";
  }

  get parkedJoinCount(): number {
    return this.#parkedJoins;
  }

  get pendingJoinCount(): number {
    return this.#pendingJoins.size;
  }

  get pendingJoins(): ReadonlySet<string> {
    return this.#pendingJoins;
  }

  get pendingSyncs(): ReadonlySet<string> {
    return this.#pendingSyncs;
  }

  get usesConsumerProtocol(): boolean {
    return this.#protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  /**
   * Topics that members subscribe to, as far as the coordinator can tell; `undefined` when their
   * metadata is not the consumer protocol's or cannot be read.
   */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    return this.#subscribedTopics;
  }

  /** Whether the group may be reading the topic: with an unreadable subscription it may be any. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics === undefined
      ? this.usesConsumerProtocol
      : this.#subscribedTopics.has(topic);
  }

  members(): MapIterator<ClassicMember> {
    return this.#members.values();
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId);
  }

  isLeader(memberId: string): boolean {
    return this.#leaderId === memberId;
  }

  /** Member id of the static member with this instance id. */
  staticMemberId(instanceId: string): string | undefined {
    return this.#instances.get(instanceId);
  }

  isPendingJoin(memberId: string): boolean {
    return this.#pendingJoins.has(memberId);
  }

  addPendingJoin(memberId: string): void {
    assert(!this.#members.has(memberId), "a member cannot be pending", { memberId });
    this.#pendingJoins.add(memberId);
  }

  addPendingSync(memberId: string): void {
    this.#pendingSyncs.add(memberId);
  }

  removePendingSync(memberId: string): boolean {
    return this.#pendingSyncs.delete(memberId);
  }

  /** Whether a rebalance may begin from the state the group is in. */
  get canRebalance(): boolean {
    return enteredFrom.PreparingRebalance.includes(this.#state);
  }

  transitionTo(state: ClassicState, nowMs: number): void {
    assert(enteredFrom[state].includes(this.#state), "a transition that does not exist", {
      groupId: this.groupId,
      from: this.#state,
      to: state,
    });
    this.#previousState = this.#state;
    this.#state = state;
    this.#stateSinceMs = nowMs;
  }

  /** Longest time a member asks to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.#members.values()) {
      if (member.rebalanceTimeoutMs > longest) longest = member.rebalanceTimeoutMs;
    }
    return longest;
  }

  /** Nobody is missing: every member is parked, and nobody was promised an id. */
  get hasAllMembersJoined(): boolean {
    return this.#members.size === this.#parkedJoins && this.#pendingJoins.size === 0;
  }

  /** What members of the id and instance are told: NONE when they are who they say. */
  validateMember(memberId: string, instanceId: string | null): ErrorCode {
    if (instanceId !== null) {
      const current = this.#instances.get(instanceId);
      if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.#members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  /** Whether a member with these protocols can be in the group with the ones that are there. */
  supports(protocolType: string, protocols: readonly JoinProtocol[]): boolean {
    if (this.#state === "Empty") return protocolType !== "" && protocols.length > 0;
    return (
      protocolType === this.#protocolType &&
      supportsProtocols(candidateProtocols(this.#members.values()), this.#members.size, protocols)
    );
  }

  /** The protocol that the members would choose now. */
  selectProtocol(): string {
    return selectProtocol([...this.#members.values()]);
  }

  /** Adds a member; it gets the lead when nobody has it. */
  add(member: ClassicMember, protocolType: string): void {
    assert(!this.#members.has(member.memberId), "a member twice", { memberId: member.memberId });
    if (member.instanceId !== null) {
      assert(!this.#instances.has(member.instanceId), "an instance twice", {
        instanceId: member.instanceId,
      });
      this.#instances.set(member.instanceId, member.memberId);
    }
    if (this.#members.size === 0) this.#protocolType = protocolType;
    assert(this.#protocolType === protocolType, "a member of another protocol type");
    this.#leaderId ??= member.memberId;
    this.#members.set(member.memberId, member);
    if (member.join !== undefined) this.#parkedJoins++;
    this.#pendingJoins.delete(member.memberId);
  }

  /** Takes a member, pending or not, out of the group; the lead goes to the next one. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) {
      this.#members.delete(memberId);
      if (member.join !== undefined) this.#parkedJoins--;
      if (member.instanceId !== null) this.#instances.delete(member.instanceId);
    }
    if (this.#leaderId === memberId) this.#leaderId = this.#firstMemberId();
    this.#pendingJoins.delete(memberId);
    this.#pendingSyncs.delete(memberId);
  }

  /**
   * The static member comes back under another id: it keeps assignment, protocols and lead. Requests
   * parked under the old id are the caller's to answer first.
   */
  replaceStaticMember(oldMemberId: string, newMemberId: string): ClassicMember {
    const old = this.#members.get(oldMemberId);
    assert(old !== undefined && old.instanceId !== null, "no such static member", { oldMemberId });
    assert(old.join === undefined && old.sync === undefined, "requests of the old id are parked");
    const replaced: ClassicMember = { ...old, memberId: newMemberId };
    // The order of members decides who leads next: the replacement keeps its place.
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const member of members) {
      const kept = member === old ? replaced : member;
      this.#members.set(kept.memberId, kept);
    }
    this.#instances.set(old.instanceId, newMemberId);
    if (this.#leaderId === oldMemberId) this.#leaderId = newMemberId;
    if (this.#pendingSyncs.delete(oldMemberId)) this.#pendingSyncs.add(newMemberId);
    return replaced;
  }

  /** Parks a JoinGroup of the member, in place of an earlier one, which is returned. */
  parkJoin(
    member: ClassicMember,
    join: Reply<JoinGroupResponseInput>,
  ): Reply<JoinGroupResponseInput> | undefined {
    const earlier = member.join;
    if (earlier === undefined) this.#parkedJoins++;
    member.join = join;
    return earlier;
  }

  /** Answers a parked JoinGroup; false when there is none. */
  answerJoin(member: ClassicMember, response: JoinGroupResponseInput): boolean {
    const { join } = member;
    if (join === undefined) return false;
    member.join = undefined;
    if (this.#members.get(member.memberId) === member) this.#parkedJoins--;
    join.give(response);
    return true;
  }

  /** Answers a parked SyncGroup; false when there is none. */
  answerSync(member: ClassicMember, response: SyncGroupResponseInput): boolean {
    const { sync } = member;
    if (sync === undefined) return false;
    member.sync = undefined;
    sync.give(response);
    return true;
  }

  /**
   * Makes sure that the leader is somebody who is parked; false when there is nobody to lead.
   */
  electJoinedLeader(): boolean {
    if (this.#leaderId === null) return false;
    if (this.#members.get(this.#leaderId)?.join !== undefined) return true;
    for (const member of this.#members.values()) {
      if (member.join === undefined) continue;
      this.#leaderId = member.memberId;
      return true;
    }
    return false;
  }

  /** Everybody who will join has: the next generation begins, with a protocol or without members. */
  beginGeneration(nowMs: number): void {
    this.#generationId++;
    if (this.#members.size > 0) {
      this.#protocolName = this.selectProtocol();
      this.transitionTo("CompletingRebalance", nowMs);
    } else {
      this.#protocolName = null;
      this.transitionTo("Empty", nowMs);
    }
    this.#subscribedTopics = this.#computeSubscribedTopics();
    this.#pendingSyncs.clear();
  }

  /** After members were loaded from a record. */
  refreshSubscribedTopics(): void {
    this.#subscribedTopics = this.#computeSubscribedTopics();
  }

  #computeSubscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.usesConsumerProtocol) return undefined;
    return subscribedTopicsOf([...this.#members.values()], this.#protocolName);
  }

  #firstMemberId(): string | null {
    const first = this.#members.keys().next();
    return first.done === true ? null : first.value;
  }
}

/** A group nobody has joined yet. */
export function newClassicGroup(groupId: string, nowMs: number): ClassicGroup {
  return new ClassicGroup(groupId, {
    state: "Empty",
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    stateSinceMs: nowMs,
  });
}
