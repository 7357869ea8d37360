import { ApiKey } from "../../protocol/apis.ts";
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
} from "../../protocol/messages/share-group-heartbeat.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { sameWords } from "../group/partition-set.ts";
import {
  heartbeatAnswer,
  heartbeatDeadline,
  type HeartbeatAnswer,
  type MemberHeartbeats,
  type Told,
} from "../group/epoch/epoch-heartbeats.ts";
import type { EpochGroupKind } from "../group/epoch/epoch-member.ts";
import { JOIN_EPOCH, type EpochConfig } from "../group/epoch/epoch-state.ts";
import type { MembershipOptions, Subscription } from "../group/membership.ts";

const shareGroupHeartbeatCall = apiCall(
  ApiKey.SHARE_GROUP_HEARTBEAT,
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
);

/**
 * ShareGroupHeartbeat as one member sends it: its topics when it joins, after a heartbeat that failed and when
 * they changed. What the member owns it does not say: partitions are shared.
 */
class ShareHeartbeats implements MemberHeartbeats {
  readonly #cluster: Cluster;
  readonly #config: EpochConfig;
  readonly #options: MembershipOptions;
  #told: readonly string[] | undefined;

  constructor(cluster: Cluster, config: EpochConfig, options: MembershipOptions) {
    this.#cluster = cluster;
    this.#config = config;
    this.#options = options;
  }

  forgetTold(): void {
    this.#told = undefined;
  }

  async beat(epoch: number, { subscription }: Told): Promise<HeartbeatAnswer> {
    const topics = topicsOf(subscription);
    const isTold =
      epoch !== JOIN_EPOCH && this.#told !== undefined && sameWords(this.#told, topics);
    const about = isTold
      ? {}
      : { subscribedTopicNames: topics, rackId: this.#options.rack ?? null };
    const answer = await this.#send(epoch, about, heartbeatDeadline(this.#cluster, this.#config));
    this.#told = answer.errorCode === 0 ? topics : undefined;
    return heartbeatAnswer(answer);
  }

  async leave(epoch: number, deadline: Deadline): Promise<number> {
    const { errorCode } = await this.#send(epoch, {}, deadline);
    return errorCode;
  }

  async #send(
    epoch: number,
    about: { readonly subscribedTopicNames?: string[]; readonly rackId?: string | null },
    deadline: Deadline,
  ) {
    const { group, memberId } = this.#config;
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    return connection.request(
      shareGroupHeartbeatCall,
      { groupId: group, memberId, memberEpoch: epoch, ...about },
      this.#cluster.bounds(deadline),
    );
  }
}

function topicsOf(subscription: Subscription): string[] {
  return subscription.kind === "topics" ? [...new Set(subscription.topics)].sort() : [];
}

/** Groups whose members share partitions record by record (KIP-932). */
export const shareGroups: EpochGroupKind = {
  protocol: "share",
  heartbeats: (cluster, config, options) => new ShareHeartbeats(cluster, config, options),
};
