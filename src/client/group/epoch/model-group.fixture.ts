import { topicPartitionName } from "../../../core/topic-partition.ts";
import type { Uuid } from "../../../core/uuid.ts";
import type { Clock, Timer } from "../../../platform/clock.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from "../../../protocol/messages/consumer-group-heartbeat.ts";
import { groupBy } from "../../partitions.ts";
import { JOIN_EPOCH, LEAVE_EPOCH, LEAVE_STATIC_EPOCH } from "./epoch-state.ts";

export interface ModelTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: number;
}

export interface ModelGroupOptions {
  readonly clock: Clock;
  readonly topics: readonly ModelTopic[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

interface Place {
  readonly topicId: Uuid;
  readonly partition: number;
}

interface Member {
  id: string;
  readonly instanceId: string | null;
  epoch: number;
  previousEpoch: number;
  topics: readonly string[];
  rebalanceTimeoutMs: number;
  assigned: Map<string, Place>;
  /** What it is to give up before it comes into the next epoch. */
  pending: Map<string, Place>;
  session: Timer | undefined;
  rebalance: Timer | undefined;
}

/**
 * A group of the new protocol as its coordinator keeps it (KIP-848): epochs, a target by range, and for
 * each member what it has, what it is to give up and what it waits for. For tests of members.
 */
export class ModelGroup {
  readonly #options: ModelGroupOptions;
  readonly #members = new Map<string, Member>();
  #epoch = 1;
  #targetEpoch = 0;
  #targets = new Map<string, Map<string, Place>>();

  constructor(options: ModelGroupOptions) {
    this.#options = options;
  }

  get members(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** As an admin does it. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) this.#remove(member);
  }

  /** A member comes into the next epoch, and the answer that says so is lost. */
  advance(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    this.#epoch++;
    this.#targetEpoch = this.#epoch;
    member.previousEpoch = member.epoch;
    member.epoch = this.#epoch;
  }

  /** What a commit of a member is answered with. */
  checkCommit(memberId: string, epoch: number): number {
    const member = this.#members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return epoch === member.epoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
  }

  /** While the coordinator is down no time passes for its members. */
  suspend(): void {
    for (const { session, rebalance } of this.#members.values()) {
      session?.cancel();
      rebalance?.cancel();
    }
  }

  /** The coordinator is back: sessions, and the time to give partitions up, begin anew. */
  resume(): void {
    for (const member of this.#members.values()) {
      this.#restartSession(member);
      if (member.pending.size > 0) this.#restartRebalance(member);
    }
  }

  heartbeat(request: ConsumerGroupHeartbeatRequest): ConsumerGroupHeartbeatResponseInput {
    const { memberId, memberEpoch } = request;
    if (memberEpoch === LEAVE_EPOCH || memberEpoch === LEAVE_STATIC_EPOCH) {
      return this.#leave(memberId, memberEpoch);
    }
    const found = memberEpoch === JOIN_EPOCH ? this.#join(request) : this.#known(request);
    if (typeof found === "number") return { errorCode: found, memberId };
    this.#update(found, request);
    this.#restartSession(found);
    const before = new Map(found.assigned);
    this.#computeTargets();
    this.#reconcile(found, request.topicPartitions?.flatMap(placesOf) ?? null);
    const isFull =
      request.rebalanceTimeoutMs !== -1 &&
      request.subscribedTopicNames !== null &&
      request.topicPartitions !== null;
    const isNews = memberEpoch === JOIN_EPOCH || isFull || !sameKeys(before, found.assigned);
    return {
      memberId,
      memberEpoch: found.epoch,
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs,
      assignment: isNews ? { topicPartitions: byTopic(found.assigned.values()) } : null,
    };
  }

  #join({ memberId, instanceId }: ConsumerGroupHeartbeatRequest): Member | number {
    const known = this.#members.get(memberId);
    if (known !== undefined) return known;
    const member: Member = {
      id: memberId,
      instanceId,
      epoch: JOIN_EPOCH,
      previousEpoch: JOIN_EPOCH,
      topics: [],
      rebalanceTimeoutMs: 0,
      assigned: new Map(),
      pending: new Map(),
      session: undefined,
      rebalance: undefined,
    };
    const old = [...this.#members.values()].find(
      (other) => instanceId !== null && other.instanceId === instanceId,
    );
    if (old !== undefined) {
      if (old.epoch !== LEAVE_STATIC_EPOCH) return ErrorCode.UNRELEASED_INSTANCE_ID;
      // The place is kept: nobody else is bothered.
      this.#drop(old);
      member.assigned = old.assigned;
      member.topics = old.topics;
      const target = this.#targets.get(old.id);
      this.#targets.delete(old.id);
      if (target !== undefined) this.#targets.set(memberId, target);
    }
    this.#members.set(memberId, member);
    return member;
  }

  #known(request: ConsumerGroupHeartbeatRequest): Member | number {
    const { memberId, memberEpoch, instanceId, topicPartitions } = request;
    const member = this.#members.get(memberId);
    if (member === undefined) {
      const isReplaced = [...this.#members.values()].some(
        (other) => instanceId !== null && other.instanceId === instanceId,
      );
      return isReplaced ? ErrorCode.FENCED_INSTANCE_ID : ErrorCode.UNKNOWN_MEMBER_ID;
    }
    if (memberEpoch === member.epoch) return member;
    const owned = topicPartitions?.flatMap(placesOf);
    const isLateAnswer =
      memberEpoch === member.previousEpoch &&
      owned?.every((place) => member.assigned.has(keyOf(place))) === true;
    return memberEpoch < member.epoch && isLateAnswer ? member : ErrorCode.FENCED_MEMBER_EPOCH;
  }

  #update(member: Member, request: ConsumerGroupHeartbeatRequest): void {
    if (request.rebalanceTimeoutMs !== -1) member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    const { subscribedTopicNames: names } = request;
    if (names === null || sameNames(names, member.topics)) return;
    member.topics = names;
    this.#epoch++;
  }

  #leave(memberId: string, epoch: number): ConsumerGroupHeartbeatResponseInput {
    const member = this.#members.get(memberId);
    if (member === undefined) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId };
    if (epoch === LEAVE_STATIC_EPOCH) {
      member.epoch = LEAVE_STATIC_EPOCH;
      member.pending.clear();
      member.rebalance?.cancel();
    } else this.#remove(member);
    return { memberId, memberEpoch: epoch };
  }

  #remove(member: Member): void {
    this.#drop(member);
    this.#targets.delete(member.id);
    this.#epoch++;
  }

  #drop(member: Member): void {
    member.session?.cancel();
    member.rebalance?.cancel();
    this.#members.delete(member.id);
  }

  #restartSession(member: Member): void {
    member.session?.cancel();
    member.session = this.#options.clock.setTimer(this.#options.sessionTimeoutMs, () =>
      this.#remove(member),
    );
  }

  #restartRebalance(member: Member): void {
    member.rebalance?.cancel();
    member.rebalance = this.#options.clock.setTimer(member.rebalanceTimeoutMs, () =>
      this.#remove(member),
    );
  }

  #computeTargets(): void {
    if (this.#targetEpoch === this.#epoch) return;
    this.#targetEpoch = this.#epoch;
    this.#targets = new Map([...this.#members.keys()].map((id) => [id, new Map()]));
    const sorted = [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { name, topicId, partitions } of this.#options.topics) {
      const wanting = sorted.filter(({ topics }) => topics.includes(name));
      for (let partition = 0; partition < partitions && wanting.length > 0; partition++) {
        const at = Math.floor((partition * wanting.length) / partitions);
        const place = { topicId, partition };
        this.#targets.get(wanting[at]!.id)?.set(keyOf(place), place);
      }
    }
  }

  /** Brings a member nearer to its target, as far as it has given up what it is to, and others have. */
  #reconcile(member: Member, owned: readonly Place[] | null): void {
    if (member.pending.size > 0) {
      const hasGiven = owned?.every((place) => !member.pending.has(keyOf(place))) === true;
      if (!hasGiven) return;
      member.pending.clear();
      member.rebalance?.cancel();
    }
    const target = this.#targets.get(member.id) ?? new Map<string, Place>();
    const going = [...member.assigned].filter(([key]) => !target.has(key));
    const stillOwns =
      owned === null || owned.some((place) => going.some(([key]) => key === keyOf(place)));
    for (const [key] of going) member.assigned.delete(key);
    if (going.length > 0 && stillOwns) {
      member.pending = new Map(going);
      this.#restartRebalance(member);
      return;
    }
    if (member.epoch !== this.#targetEpoch) {
      member.previousEpoch = member.epoch;
      member.epoch = this.#targetEpoch;
    }
    for (const [key, place] of target) {
      if (!member.assigned.has(key) && this.#isFree(key)) member.assigned.set(key, place);
    }
  }

  #isFree(key: string): boolean {
    for (const { assigned, pending } of this.#members.values()) {
      if (assigned.has(key) || pending.has(key)) return false;
    }
    return true;
  }
}

function placesOf(of: { readonly topicId: Uuid; readonly partitions: readonly number[] }): Place[] {
  return of.partitions.map((partition) => ({ topicId: of.topicId, partition }));
}

function keyOf({ topicId, partition }: Place): string {
  return topicPartitionName(topicId, partition);
}

function byTopic(places: Iterable<Place>): { topicId: Uuid; partitions: number[] }[] {
  return [...groupBy(places, ({ topicId }) => topicId)].map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ partition }) => partition),
  }));
}

function sameKeys(one: ReadonlyMap<string, Place>, other: ReadonlyMap<string, Place>): boolean {
  return one.size === other.size && [...one.keys()].every((key) => other.has(key));
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
