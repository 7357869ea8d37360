import { ApiKey } from "../../../protocol/apis.ts";
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from "../../../protocol/messages/consumer-group-heartbeat.ts";
import type { InputOf } from "../../../protocol/schema.ts";
import { apiCall } from "../../cluster/api-call.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Deadline } from "../../cluster/deadline.ts";
import { groupBy } from "../../partitions.ts";
import type { MembershipOptions, Subscription } from "../membership.ts";
import { sameWords } from "../partition-set.ts";
import {
  JOIN_EPOCH,
  type EpochConfig,
  type EpochData,
  type GroupPartition,
} from "./epoch-state.ts";
import { partitionsBut } from "./epoch-transitions.ts";
import type { TopicIdPartitions } from "./topic-names.ts";

/** Since version 1 members choose their ids (KIP-1082), and may subscribe to a pattern. */
const HEARTBEAT_VERSION_MIN = 1;
export const consumerGroupHeartbeatCall = {
  ...apiCall(
    ApiKey.CONSUMER_GROUP_HEARTBEAT,
    consumerGroupHeartbeatRequest,
    consumerGroupHeartbeatResponse,
  ),
  minVersion: HEARTBEAT_VERSION_MIN,
};

/** What stands for "as before". */
const NO_TIMEOUT = -1;

type HeartbeatRequest = InputOf<typeof consumerGroupHeartbeatRequest>;
/** What a heartbeat tells of its member. */
export type Told = Pick<EpochData, "subscription" | "owned">;

export interface HeartbeatAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly epoch: number;
  readonly intervalMs: number;
  /** What the member is to own; null when that is as before. */
  readonly assignment: readonly TopicIdPartitions[] | null;
}

/** An answer to a heartbeat, as every kind of group gives it. */
export function heartbeatAnswer(answer: {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: { readonly topicPartitions: readonly TopicIdPartitions[] } | null;
}): HeartbeatAnswer {
  const { errorCode, errorMessage, memberEpoch, heartbeatIntervalMs, assignment } = answer;
  return {
    errorCode,
    errorMessage,
    epoch: memberEpoch,
    intervalMs: heartbeatIntervalMs,
    assignment: assignment?.topicPartitions ?? null,
  };
}

/** A heartbeat that is answered after the session has come too late. */
export function heartbeatDeadline(cluster: Cluster, { sessionTimeoutMs }: EpochConfig): Deadline {
  return cluster.deadline({ timeoutMs: Math.min(cluster.requestTimeoutMs, sessionTimeoutMs) });
}

/** The heartbeats of a member, in the words of its kind of group. */
export interface MemberHeartbeats {
  /** The next heartbeat tells everything. */
  forgetTold(): void;
  beat(epoch: number, now: Told): Promise<HeartbeatAnswer>;
  /** Says goodbye with an epoch that means it. Resolves with the error code. */
  leave(epoch: number, deadline: Deadline): Promise<number>;
}

/**
 * ConsumerGroupHeartbeat as one member sends it: everything when it joins and after a heartbeat that
 * failed, else what changed since the coordinator last took note.
 */
export class EpochHeartbeats implements MemberHeartbeats {
  readonly #cluster: Cluster;
  readonly #config: EpochConfig;
  readonly #options: MembershipOptions;
  #told: Told | undefined;

  constructor(cluster: Cluster, config: EpochConfig, options: MembershipOptions) {
    this.#cluster = cluster;
    this.#config = config;
    this.#options = options;
  }

  forgetTold(): void {
    this.#told = undefined;
  }

  async beat(epoch: number, now: Told): Promise<HeartbeatAnswer> {
    const told = epoch === JOIN_EPOCH ? undefined : this.#told;
    const answer = await this.#send(
      epoch,
      told === undefined ? this.#everything(epoch, now) : this.#changes(told, now),
      heartbeatDeadline(this.#cluster, this.#config),
    );
    this.#told = answer.errorCode === 0 ? now : undefined;
    return heartbeatAnswer(answer);
  }

  async leave(epoch: number, deadline: Deadline): Promise<number> {
    const { errorCode } = await this.#send(epoch, {}, deadline);
    return errorCode;
  }

  async #send(epoch: number, about: HeartbeatRequest, deadline: Deadline) {
    const { group, memberId, instanceId } = this.#config;
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    return connection.request(
      consumerGroupHeartbeatCall,
      { groupId: group, memberId, memberEpoch: epoch, instanceId, ...about },
      this.#cluster.bounds(deadline),
    );
  }

  #everything(epoch: number, { subscription, owned }: Told): HeartbeatRequest {
    return {
      rackId: this.#options.rack ?? null,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs,
      serverAssignor: this.#options.remoteAssignor ?? null,
      ...subscriptionFields(undefined, subscription),
      topicPartitions: epoch === JOIN_EPOCH ? [] : byTopicId(owned),
    };
  }

  #changes(told: Told, now: Told): HeartbeatRequest {
    const isOwned = samePartitions(told.owned, now.owned);
    return {
      rebalanceTimeoutMs: NO_TIMEOUT,
      ...(sameSubscription(told.subscription, now.subscription)
        ? {}
        : subscriptionFields(told.subscription, now.subscription)),
      ...(isOwned ? {} : { topicPartitions: byTopicId(now.owned) }),
    };
  }
}

/** Names and pattern add up, so the one that does not count any more is emptied. */
function subscriptionFields(before: Subscription | undefined, now: Subscription): HeartbeatRequest {
  if (now.kind === "pattern") {
    return { subscribedTopicNames: [], subscribedTopicRegex: now.pattern };
  }
  const names = [...new Set(now.topics)].sort();
  return {
    subscribedTopicNames: names,
    ...(before?.kind === "pattern" ? { subscribedTopicRegex: "" } : {}),
  };
}

function sameSubscription(one: Subscription, other: Subscription): boolean {
  if (one.kind === "pattern") return other.kind === "pattern" && one.pattern === other.pattern;
  return other.kind === "topics" && sameWords(one.topics, other.topics);
}

function samePartitions(
  some: readonly GroupPartition[],
  others: readonly GroupPartition[],
): boolean {
  return some.length === others.length && partitionsBut(some, others).length === 0;
}

function byTopicId(partitions: readonly GroupPartition[]): TopicIdPartitions[] {
  return [...groupBy(partitions, ({ topicId }) => topicId)].map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ partition }) => partition),
  }));
}
