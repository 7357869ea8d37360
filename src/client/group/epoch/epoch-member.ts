import type { TopicPartition } from "../../../core/topic-partition.ts";
import { randomUuid } from "../../../platform/random.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Deadline } from "../../cluster/deadline.ts";
import type { KafkaError } from "../../errors.ts";
import { forgetAfter, forgetCoordinator } from "../coordinator.ts";
import { Departure } from "../departure.ts";
import { BEAT_AGAIN_MS, Heartbeats } from "../heartbeats.ts";
import { commitAsMember, fetchAsMember, type CommittingMember } from "../member-commit.ts";
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
import { asKafkaError } from "../waiting.ts";
import {
  EpochHeartbeats,
  type HeartbeatAnswer,
  type MemberHeartbeats,
} from "./epoch-heartbeats.ts";
import { decideEpoch } from "./epoch-machine.ts";
import {
  newEpochMember,
  type EpochConfig,
  type EpochEffect,
  type EpochEvent,
  type EpochState,
} from "./epoch-state.ts";
import { TopicNames, type TopicIdPartitions } from "./topic-names.ts";

/** Between heartbeats until the coordinator says how much. */
const FIRST_INTERVAL_MS = 5_000;

/** The kinds of groups whose members have epochs, and how these send their heartbeats. */
export interface EpochGroupKind {
  readonly protocol: "consumer" | "share";
  heartbeats(cluster: Cluster, config: EpochConfig, options: MembershipOptions): MemberHeartbeats;
}

/** KIP-848. */
const consumerGroups: EpochGroupKind = {
  protocol: "consumer",
  heartbeats: (cluster, config, options) => new EpochHeartbeats(cluster, config, options),
};

/** A member of a group of the new protocols: carries out what `epoch-machine.ts` decides. */
export class EpochMember implements Membership, CommittingMember {
  readonly protocol: "consumer" | "share";
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  readonly #config: EpochConfig;
  readonly #requests: MemberHeartbeats;
  readonly #listener: MemberListener;
  readonly #heartbeats: Heartbeats;
  readonly #polls: PollWatch;
  readonly #session: SessionWatch;
  readonly #departure: Departure;
  readonly #names: TopicNames;
  readonly #waiters = new MemberWaiters();
  #state: EpochState;
  /** Nothing is done any more. */
  #isReleased = false;

  constructor(
    cluster: Cluster,
    options: MembershipOptions,
    listener: MembershipListener,
    kind = consumerGroups,
  ) {
    const { group, sessionTimeoutMs, subscription } = options;
    const { clock, random } = cluster.platform;
    this.#cluster = cluster;
    this.#options = options;
    this.#config = {
      group,
      memberId: randomUuid(random),
      instanceId: options.instanceId ?? null,
      sessionTimeoutMs,
    };
    this.#state = newEpochMember(subscription);
    this.protocol = kind.protocol;
    this.#requests = kind.heartbeats(cluster, this.#config, options);
    this.#listener = new MemberListener(cluster, listener, this);
    this.#heartbeats = new Heartbeats(clock, FIRST_INTERVAL_MS, () => this.#heartbeat());
    this.#polls = new PollWatch(clock, options.maxPollIntervalMs, () =>
      this.#dispatch({ kind: "pollExpired" }),
    );
    this.#session = new SessionWatch(clock, () => this.#dispatch({ kind: "sessionExpired" }));
    this.#departure = new Departure(cluster, group);
    this.#names = new TopicNames(cluster);
  }

  get metadata(): GroupMetadata {
    const { group, memberId, instanceId } = this.#config;
    // Epoch 0 joins: whoever has it is no member yet.
    const { epoch } = this.#state.data;
    return { group, memberId, generationId: epoch > 0 ? epoch : -1, instanceId };
  }

  get assignment(): readonly TopicPartition[] {
    return this.#state.data.owned;
  }

  async join(deadline: Deadline): Promise<void> {
    if (this.#state.kind === "closed" || this.#state.kind === "leaving")
      throw leftError(this.#config.group);
    await this.#waiters.untilJoined(deadline, () => this.#dispatch({ kind: "join" }));
  }

  subscribe(subscription: Subscription): void {
    this.#dispatch({ kind: "subscribed", subscription });
  }

  /** In the new protocol the coordinator decides by itself when to assign anew. */
  rejoin(reason: string): void {
    const { group } = this.#config;
    this.#cluster.logger.debug("the coordinator rebalances groups of the new protocol by itself", {
      group,
      reason,
    });
  }

  polled(): void {
    this.#polls.polled();
    const { kind } = this.#state;
    if (kind === "stalled" || kind === "losing") this.#dispatch({ kind: "polled" });
  }

  commit(offsets: readonly OffsetToCommit[], deadline: Deadline): Promise<void> {
    return commitAsMember(this, this.#cluster, offsets, deadline);
  }

  fetchCommitted(
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<readonly OffsetToCommit[]> {
    return fetchAsMember(this, this.#cluster, partitions, deadline);
  }

  async leave(deadline: Deadline): Promise<void> {
    const leave = (): void => this.#dispatch({ kind: "leave" });
    if (!(await this.#departure.within(deadline, this.#waiters, leave))) this.#release();
  }

  refused(errorCode: number, { generationId }: GroupMetadata): void {
    this.#dispatch({ kind: "refused", epoch: generationId, errorCode });
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  async moved(generationId: number): Promise<boolean> {
    for (;;) {
      const { kind, data } = this.#state;
      switch (kind) {
        case "stable":
        case "revoking":
        case "assigning":
          if (data.epoch !== generationId) return true;
          await this.#waiters.untilChanged();
          continue;
        case "idle":
        case "joining":
        case "losing":
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

  #dispatch(event: EpochEvent): void {
    if (this.#isReleased) return;
    const before = this.#state;
    const { random } = this.#cluster.platform;
    const inputs = { config: this.#config, nowMs: this.#nowMs(), random };
    const { state, effects } = decideEpoch(before, event, inputs);
    this.#state = state;
    if (before.kind !== state.kind) {
      const { group, memberId, generationId } = this.metadata;
      const change = { group, memberId, generationId, from: before.kind, by: event.kind };
      this.#cluster.logger.trace(`group member ${state.kind}`, change);
    }
    for (const effect of effects) this.#perform(effect);
    this.#waiters.changed();
  }

  #perform(effect: EpochEffect): void {
    switch (effect.kind) {
      case "beat":
        return this.#heartbeats.start(0);
      case "beatNow":
        return this.#heartbeats.after(0);
      case "beatAfter":
        return this.#heartbeats.after(effect.delayMs);
      case "stopBeating":
        this.#heartbeats.stop();
        this.#names.stop();
        return this.#session.stop();
      case "tellAll":
        return this.#requests.forgetTold();
      case "sendLeave":
        return this.#sendLeave(effect.epoch, effect.ticket);
      case "postLeave":
        return this.#departure.post((deadline) => this.#requests.leave(effect.epoch, deadline));
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
        this.#polls.stop();
        if (!this.#waiters.failed(effect.error)) this.#listener.failed(effect.error);
        return;
      case "closed":
        return this.#release();
    }
  }

  async #heartbeat(): Promise<void> {
    const { epoch: sentEpoch, subscription, owned } = this.#state.data;
    const sentAtMs = this.#nowMs();
    let answer: HeartbeatAnswer;
    try {
      answer = await this.#requests.beat(sentEpoch, { subscription, owned });
    } catch (thrown) {
      this.#unanswered(thrown);
      return;
    }
    const { errorCode, errorMessage, epoch, intervalMs, assignment } = answer;
    if (errorCode === ErrorCode.NONE && intervalMs > 0) this.#heartbeats.intervalMs = intervalMs;
    const isCurrent = sentEpoch === this.#state.data.epoch;
    this.#dispatch({ kind: "answered", sentEpoch, sentAtMs, errorCode, errorMessage, epoch });
    const isTaken = isCurrent && errorCode === ErrorCode.NONE && this.#state.data.epoch === epoch;
    if (isTaken && assignment !== null) this.#aim(assignment);
  }

  #unanswered(thrown: unknown): void {
    const error = asKafkaError(thrown);
    if (!error.retriable) {
      this.#dispatch({ kind: "broken", error });
      return;
    }
    const { group } = this.#config;
    this.#cluster.logger.debug("a heartbeat was not answered", { group, reason: error.message });
    forgetAfter(this.#cluster, group, error);
    this.#requests.forgetTold();
    this.#heartbeats.after(BEAT_AGAIN_MS);
  }

  /** The coordinator wants the member to own this. */
  #aim(assignment: readonly TopicIdPartitions[]): void {
    const ids = assignment.map(({ topicId }) => topicId);
    this.#names.resolve(ids, (names) => {
      const target = assignment.flatMap(({ topicId, partitions }) => {
        const topic = names.get(topicId);
        if (topic === undefined) return [];
        return partitions.map((partition) => ({ topic, partition, topicId }));
      });
      this.#dispatch({ kind: "targeted", target });
    });
  }

  #sendLeave(epoch: number, ticket: number): void {
    void this.#departure
      .tell((deadline) => this.#requests.leave(epoch, deadline))
      .then(() => this.#dispatch({ kind: "left", ticket }));
  }

  /** Lets everything go. */
  #release(): void {
    this.#isReleased = true;
    this.#heartbeats.stop();
    this.#polls.stop();
    this.#names.stop();
    this.#session.stop();
    this.#waiters.closed(leftError(this.#config.group));
  }
}
