import type { TopicPartition } from "../../../core/topic-partition.ts";
import type { Timer } from "../../../platform/clock.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import type { JoinGroupResponse } from "../../../protocol/messages/join-group.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Deadline } from "../../cluster/deadline.ts";
import type { KafkaError } from "../../errors.ts";
import type { Assignor } from "../assignors/assignor.ts";
import { assignors } from "../assignors/assignors.ts";
import { forgetAfter, forgetCoordinator } from "../coordinator.ts";
import { fetchOffsets } from "../group-offsets.ts";
import { Departure } from "../departure.ts";
import { BEAT_AGAIN_MS, Heartbeats } from "../heartbeats.ts";
import { commitAsMember, type CommittingMember } from "../member-commit.ts";
import { MemberListener } from "../member-listener.ts";
import { MemberWaiters } from "../member-waiters.ts";
import { absenceError, leftError, warnOfStall } from "../member-words.ts";
import type {
  GroupMetadata,
  Membership,
  MembershipListener,
  MembershipOptions,
  OffsetToCommit,
  Subscription,
} from "../membership.ts";
import { PollWatch } from "../poll-watch.ts";
import { SessionWatch } from "../session-watch.ts";
import { TopicWatch } from "../topic-watch.ts";
import { asKafkaError } from "../waiting.ts";
import { ClassicCoordinator } from "./classic-coordinator.ts";
import { decideClassic } from "./classic-machine.ts";
import {
  newMember,
  NO_GENERATION,
  type ClassicConfig,
  type ClassicEffect,
  type ClassicEvent,
  type ClassicState,
} from "./classic-state.ts";
import { lead, unknownAssignor, watchOnly, type EncodedAssignment } from "./lead.ts";
import { decodeAssignment, encodeSubscription } from "./member-bytes.ts";

/** What JoinGroup and SyncGroup may take beyond the time that the group waits for its members. */
const REBALANCE_MARGIN_MS = 5_000;
/** How old metadata becomes before it is looked at anew, unless told otherwise. */
const METADATA_MAX_AGE_MS = 300_000;

/** A member of a classic group: carries out what `classic-machine.ts` decides. */
export class ClassicMember implements Membership, CommittingMember {
  readonly protocol = "classic";
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  readonly #config: ClassicConfig;
  readonly #assignors: readonly Assignor[];
  readonly #otherAssignors: readonly Assignor[];
  readonly #coordinator: ClassicCoordinator;
  readonly #listener: MemberListener;
  readonly #heartbeats: Heartbeats;
  readonly #polls: PollWatch;
  readonly #session: SessionWatch;
  readonly #departure: Departure;
  readonly #watch: TopicWatch;
  #state: ClassicState = newMember;
  #pauseTimer: Timer | undefined;
  /** The last answer to JoinGroup, for SyncGroup. */
  #joined: JoinGroupResponse | undefined;
  /** The last answer to SyncGroup: what sticky assignors keep with the group. */
  #taken: { readonly partitions: readonly TopicPartition[]; readonly generation: number } = {
    partitions: [],
    generation: NO_GENERATION,
  };
  readonly #waiters = new MemberWaiters();
  /** Nothing is done any more. */
  #isReleased = false;

  constructor(cluster: Cluster, options: MembershipOptions, listener: MembershipListener) {
    const { group, sessionTimeoutMs, rebalanceTimeoutMs, heartbeatIntervalMs } = options;
    const { clock } = cluster.platform;
    const instanceId = options.instanceId ?? null;
    this.#cluster = cluster;
    this.#options = options;
    this.#assignors = options.assignors.map((name) => assignors[name]);
    this.#otherAssignors = (options.otherAssignors ?? []).map((name) => assignors[name]);
    // As in Kafka: members keep partitions only if whatever the group agrees on allows it.
    const isCooperative = this.#assignors.every((assignor) => assignor.isCooperative);
    this.#config = {
      group,
      instanceId,
      rebalancing: isCooperative ? "cooperative" : "eager",
      canOfferMore: this.#otherAssignors.length > 0,
      sessionTimeoutMs,
    };
    this.#coordinator = new ClassicCoordinator(cluster, {
      group,
      instanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    });
    this.#listener = new MemberListener(cluster, listener, this);
    this.#heartbeats = new Heartbeats(clock, heartbeatIntervalMs, () => this.#heartbeat());
    this.#polls = new PollWatch(clock, options.maxPollIntervalMs, () =>
      this.#dispatch({ kind: "pollExpired" }),
    );
    this.#session = new SessionWatch(clock, () => this.#dispatch({ kind: "sessionExpired" }));
    this.#departure = new Departure(cluster, group);
    this.#watch = new TopicWatch(cluster, {
      group,
      subscription: options.subscription,
      maxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
      onTopics: (topics) => this.#dispatch({ kind: "subscribed", topics }),
      onLayout: () =>
        this.#dispatch({ kind: "rejoinWanted", reason: "the partitions of topics changed" }),
    });
  }

  get metadata(): GroupMetadata {
    const { memberId, generation } = this.#state.data;
    const { group, instanceId } = this.#config;
    return { group, memberId, generationId: generation, instanceId };
  }

  get assignment(): readonly TopicPartition[] {
    return this.#state.data.owned;
  }

  async join(deadline: Deadline): Promise<void> {
    const topics = await this.#watch.topics(deadline);
    if (this.#state.kind === "closed" || this.#state.kind === "leaving")
      throw leftError(this.#config.group);
    await this.#waiters.untilJoined(deadline, () => this.#dispatch({ kind: "join", topics }));
  }

  subscribe(subscription: Subscription): void {
    this.#watch.subscribe(subscription);
  }

  rejoin(reason: string): void {
    this.#dispatch({ kind: "rejoinWanted", reason });
  }

  polled(): void {
    this.#polls.polled();
    const { kind } = this.#state;
    if (kind === "stalled" || kind === "revoking") this.#dispatch({ kind: "polled" });
  }

  commit(offsets: readonly OffsetToCommit[], deadline: Deadline): Promise<void> {
    return commitAsMember(this, this.#cluster, offsets, deadline);
  }

  fetchCommitted(
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<readonly OffsetToCommit[]> {
    const { group } = this.#config;
    return fetchOffsets(this.#cluster, { group, partitions, requireStable: true }, deadline);
  }

  async leave(deadline: Deadline): Promise<void> {
    this.#watch.stop();
    const leave = (): void => this.#dispatch({ kind: "leave" });
    if (!(await this.#departure.within(deadline, this.#waiters, leave))) this.#release();
  }

  refused(errorCode: number, { memberId, generationId }: GroupMetadata): void {
    const sentAtMs = this.#nowMs();
    const generation = generationId;
    this.#dispatch({ kind: "told", by: "commit", memberId, generation, errorCode, sentAtMs });
  }

  async ready(): Promise<void> {
    while (this.#state.kind === "syncing") await this.#waiters.untilChanged();
  }

  async moved(generationId: number): Promise<boolean> {
    for (;;) {
      const { kind, data } = this.#state;
      switch (kind) {
        case "joining":
        case "pausing":
        case "syncing":
          await this.#waiters.untilChanged();
          continue;
        case "revoking":
        case "settling":
        case "stable":
          return data.generation !== NO_GENERATION && data.generation !== generationId;
        case "idle":
        case "stalled":
        case "leaving":
        case "closed":
          return false;
      }
    }
  }

  absence(): KafkaError {
    return absenceError(this.#config.group, this.#state.kind === "stalled");
  }

  #nowMs(): number {
    return this.#cluster.platform.clock.monotonicMs();
  }

  #dispatch(event: ClassicEvent): void {
    if (this.#isReleased) return;
    const before = this.#state;
    const { random } = this.#cluster.platform;
    const inputs = { config: this.#config, nowMs: this.#nowMs(), random };
    const { state, effects } = decideClassic(before, event, inputs);
    this.#state = state;
    if (before.kind !== state.kind) {
      const { group, memberId, generationId } = this.metadata;
      const change = { group, memberId, generationId, from: before.kind, by: event.kind };
      this.#cluster.logger.trace(`group member ${state.kind}`, change);
    }
    for (const effect of effects) this.#perform(effect);
    this.#waiters.changed();
  }

  #perform(effect: ClassicEffect): void {
    const { clock } = this.#cluster.platform;
    switch (effect.kind) {
      case "sendJoin":
        return this.#ask(effect.ticket, this.#sendJoin(effect.ticket, effect.reason));
      case "sendSync":
        return this.#ask(effect.ticket, this.#sendSync(effect.ticket));
      case "sendLeave":
        return this.#sendLeave(effect.memberId, effect.ticket);
      case "postLeave":
        return this.#postLeave(effect.memberId, effect.reason);
      case "revoke":
        void this.#listener
          .revoked(effect.partitions, effect.reason)
          .then(() => this.#dispatch({ kind: "called", ticket: effect.ticket, error: null }));
        return;
      case "assign":
        void this.#listener
          .assigned(effect.partitions)
          .then((error) => this.#dispatch({ kind: "called", ticket: effect.ticket, error }));
        return;
      case "hurry":
        return this.#listener.hurry();
      case "pause":
        this.#pauseTimer = clock.setTimer(effect.delayMs, () =>
          this.#dispatch({ kind: "paused", ticket: effect.ticket }),
        );
        return;
      case "beat":
        return this.#heartbeats.start();
      case "stopBeating":
        this.#heartbeats.stop();
        return this.#session.stop();
      case "beatSoon":
        return this.#heartbeats.after(BEAT_AGAIN_MS);
      case "extendSession":
        return this.#session.extend(effect.untilMs);
      case "expectPolls":
        return this.#polls.expect();
      case "forgetCoordinator":
        return forgetCoordinator(this.#cluster, this.#config.group);
      case "joined":
        return this.#waiters.joined();
      case "stalled":
        this.#polls.stop();
        return warnOfStall(this.#cluster, this.#options);
      case "failed":
        return this.#fail(effect.error);
      case "closed":
        return this.#release();
    }
  }

  /** What was asked failed: its answer is that. */
  #ask(ticket: number, answer: Promise<ClassicEvent>): void {
    void answer
      .catch((thrown: unknown): ClassicEvent => ({
        kind: "requestFailed",
        ticket,
        error: asKafkaError(thrown),
      }))
      .then((event) => this.#dispatch(event));
  }

  async #sendJoin(ticket: number, reason: string): Promise<ClassicEvent> {
    this.#coordinator.abandon();
    const { memberId, topics, owned } = this.#state.data;
    const protocols = this.#offered().map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics,
        userData: assignor.userData(this.#taken.partitions, this.#taken.generation),
        owned,
        generation: this.#taken.generation,
        rack: this.#options.rack ?? null,
      }),
    }));
    const response = await this.#coordinator.join(
      { memberId, protocols, reason },
      this.#rebalanceDeadline(),
    );
    this.#joined = response;
    const { errorCode, generationId: generation, protocolName, leader } = response;
    return {
      kind: "joinAnswered",
      ticket,
      answer: {
        errorCode,
        memberId: response.memberId,
        generation,
        protocolName,
        isLeader: leader !== "" && leader === response.memberId,
      },
    };
  }

  async #sendSync(ticket: number): Promise<ClassicEvent> {
    const deadline = this.#rebalanceDeadline();
    const member = this.metadata;
    const { protocolName } = this.#state.data;
    const assignments = await this.#lead(deadline);
    const sentAtMs = this.#nowMs();
    const response = await this.#coordinator.sync(member, { protocolName, assignments }, deadline);
    const { errorCode } = response;
    const assignment = errorCode === ErrorCode.NONE ? decodeAssignment(response.assignment) : [];
    if (errorCode === ErrorCode.NONE) {
      this.#taken = { partitions: assignment, generation: member.generationId };
    }
    return { kind: "syncAnswered", ticket, errorCode, assignment, sentAtMs };
  }

  #offered(): readonly Assignor[] {
    const { offersMore } = this.#state.data;
    return offersMore ? [...this.#assignors, ...this.#otherAssignors] : this.#assignors;
  }

  /** What SyncGroup carries: as the leader who gets what, else nothing. */
  async #lead(deadline: Deadline): Promise<readonly EncodedAssignment[]> {
    const joined = this.#joined;
    const { isLeader, protocolName } = this.#state.data;
    if (joined === undefined || !isLeader) {
      this.#watch.follow();
      return [];
    }
    if (joined.skipAssignment) {
      const dealt = (): Promise<readonly TopicPartition[]> => this.#coordinator.dealt(deadline);
      await watchOnly(joined.members, this.#watch, dealt, deadline);
      return [];
    }
    const assignor = this.#offered().find(({ name }) => name === protocolName);
    if (assignor === undefined) throw unknownAssignor(this.#config.group, protocolName);
    return lead(joined.members, assignor, this.#watch, deadline);
  }

  #rebalanceDeadline(): Deadline {
    const { requestTimeoutMs } = this.#cluster;
    const { rebalanceTimeoutMs } = this.#options;
    const timeoutMs = Math.max(requestTimeoutMs, rebalanceTimeoutMs + REBALANCE_MARGIN_MS);
    return this.#cluster.deadline({ timeoutMs });
  }

  async #heartbeat(): Promise<void> {
    const member = this.metadata;
    const { group, memberId, generationId: generation } = member;
    // Whom the group has forgotten has nothing to say until it has joined again.
    if (memberId === "") return;
    const sentAtMs = this.#nowMs();
    const { requestTimeoutMs } = this.#cluster;
    const timeoutMs = Math.min(requestTimeoutMs, this.#config.sessionTimeoutMs);
    try {
      const errorCode = await this.#coordinator.heartbeat(
        member,
        this.#cluster.deadline({ timeoutMs }),
      );
      this.#dispatch({ kind: "told", by: "heartbeat", memberId, generation, errorCode, sentAtMs });
      this.#watch.compareKnown();
    } catch (thrown) {
      const reason = asKafkaError(thrown).message;
      this.#cluster.logger.debug("a heartbeat was not answered", { group, reason });
      forgetAfter(this.#cluster, group, thrown);
      this.#heartbeats.after(BEAT_AGAIN_MS);
    }
  }

  #sendLeave(memberId: string, ticket: number): void {
    // A JoinGroup that waits would keep the member in the group until its answer.
    this.#coordinator.abandon();
    void this.#departure
      .tell((deadline) => this.#coordinator.leave(memberId, "the consumer is closed", deadline))
      .then(() => this.#dispatch({ kind: "left", ticket }));
  }

  #postLeave(memberId: string, reason: string): void {
    this.#coordinator.abandon();
    this.#departure.post((deadline) => this.#coordinator.leave(memberId, reason, deadline));
  }

  #fail(error: KafkaError): void {
    this.#polls.stop();
    this.#watch.stop();
    if (!this.#waiters.failed(error)) this.#listener.failed(error);
  }

  /** Lets everything go. */
  #release(): void {
    this.#isReleased = true;
    this.#heartbeats.stop();
    this.#polls.stop();
    this.#watch.stop();
    this.#session.stop();
    this.#pauseTimer?.cancel();
    this.#coordinator.abandon();
    this.#coordinator.close();
    this.#waiters.closed(leftError(this.#config.group));
  }
}
