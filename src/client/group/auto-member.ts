import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../../protocol/messages/describe-groups.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { clientError, type KafkaError, type KafkaErrorCode } from "../errors.ts";
import { ClassicMember } from "./classic/classic-member.ts";
import { forgetAfter } from "./coordinator.ts";
import { consumerGroupHeartbeatCall } from "./epoch/epoch-heartbeats.ts";
import { EpochMember } from "./epoch/epoch-member.ts";
import type {
  GroupMetadata,
  Membership,
  MembershipListener,
  MembershipOptions,
  OffsetToCommit,
  Subscription,
} from "./membership.ts";
import { asKafkaError } from "./waiting.ts";

const describeGroupsCall = apiCall(
  ApiKey.DESCRIBE_GROUPS,
  describeGroupsRequest,
  describeGroupsResponse,
);
/** Changes of protocol between two joins that succeed: there and back. */
const SWITCHES_MAX = 2;
/** States of a classic group without members; `Dead` also says that there is no classic group. */
const memberlessStates: ReadonlySet<string> = new Set(["", "Dead", "Empty"]);

/** What members of groups that divide partitions speak. */
type ConsumerProtocol = "classic" | "consumer";

/** Refusals that mean: this group speaks the other protocol. */
const otherProtocolCodes: Readonly<Record<ConsumerProtocol, ReadonlySet<KafkaErrorCode>>> = {
  consumer: new Set<KafkaErrorCode>([
    // A classic group that does not migrate (group.consumer.migration.policy), or cannot.
    "GROUP_ID_NOT_FOUND",
    "INCONSISTENT_GROUP_PROTOCOL",
    // Not among group.coordinator.rebalance.protocols, or group.version 0.
    "UNSUPPORTED_VERSION",
    "UNSUPPORTED_API",
  ]),
  classic: new Set<KafkaErrorCode>(["INCONSISTENT_GROUP_PROTOCOL"]),
};

/**
 * A member that speaks what its group speaks: the new protocol where the broker serves it, the classic
 * one in a classic group with members, so that the group does not migrate unasked. When the group turns
 * out to be of the other kind, now or later, the member joins anew with that.
 */
export class AutoMember implements Membership {
  readonly #cluster: Cluster;
  readonly #listener: MembershipListener;
  #options: MembershipOptions;
  #member: Membership | undefined;
  /** What the member speaks, or would be asked to first. */
  #protocol: ConsumerProtocol = "consumer";
  #switches = 0;
  #isLeft = false;

  constructor(cluster: Cluster, options: MembershipOptions, listener: MembershipListener) {
    this.#cluster = cluster;
    this.#options = options;
    this.#listener = listener;
  }

  get protocol(): ConsumerProtocol {
    return this.#protocol;
  }

  get metadata(): GroupMetadata {
    const { group, instanceId = null } = this.#options;
    return this.#member?.metadata ?? { group, memberId: "", generationId: -1, instanceId };
  }

  get assignment(): readonly TopicPartition[] {
    return this.#member?.assignment ?? [];
  }

  async join(deadline: Deadline): Promise<void> {
    for (;;) {
      if (this.#isLeft) throw this.#leftError();
      const member = this.#member ?? (await this.#choose(deadline));
      if (this.#isLeft) throw this.#leftError();
      this.#member = member;
      try {
        await member.join(deadline);
        this.#switches = 0;
        return;
      } catch (thrown) {
        const error = asKafkaError(thrown);
        if (this.#member !== member || !this.#mustSwitch(error)) throw error;
        this.#switch(error);
      }
    }
  }

  subscribe(subscription: Subscription): void {
    this.#options = { ...this.#options, subscription };
    this.#member?.subscribe(subscription);
  }

  rejoin(reason: string): void {
    this.#member?.rejoin(reason);
  }

  polled(): void {
    this.#member?.polled();
  }

  commit(offsets: readonly OffsetToCommit[], deadline: Deadline): Promise<void> {
    return this.#joined().commit(offsets, deadline);
  }

  fetchCommitted(
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<readonly OffsetToCommit[]> {
    return this.#joined().fetchCommitted(partitions, deadline);
  }

  async leave(deadline: Deadline): Promise<void> {
    this.#isLeft = true;
    await this.#member?.leave(deadline);
  }

  #joined(): Membership {
    if (this.#member !== undefined) return this.#member;
    throw clientError("CLOSED", `group ${this.#options.group}: the member has not joined`, {
      remedy: "Call join first.",
    });
  }

  /** A member that speaks what the broker serves and the group is. */
  async #choose(deadline: Deadline): Promise<Membership> {
    const { group } = this.#options;
    const isClassic = await deadline.retry(
      () => this.#isClassic(deadline),
      (thrown) => forgetAfter(this.#cluster, group, thrown),
    );
    return this.#make(isClassic ? "classic" : "consumer");
  }

  async #isClassic(deadline: Deadline): Promise<boolean> {
    const { group } = this.#options;
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    if (connection.versionOf(consumerGroupHeartbeatCall) === undefined) return true;
    const { groups } = await connection.request(
      describeGroupsCall,
      { groups: [group], includeAuthorizedOperations: false },
      this.#cluster.bounds(deadline),
    );
    const [found] = groups;
    // Whatever is wrong is said by the coordinator when the member joins.
    if (found === undefined || found.errorCode !== ErrorCode.NONE) return false;
    return !memberlessStates.has(found.groupState);
  }

  #make(protocol: ConsumerProtocol): Membership {
    const listener: MembershipListener = {
      onAssigned: (partitions) => this.#listener.onAssigned(partitions),
      onRevoked: (partitions, reason, signal) =>
        this.#listener.onRevoked(partitions, reason, signal),
      onFailed: (error) => this.#failed(error),
    };
    this.#protocol = protocol;
    return protocol === "classic"
      ? new ClassicMember(this.#cluster, this.#options, listener)
      : new EpochMember(this.#cluster, this.#options, listener);
  }

  #mustSwitch(error: KafkaError): boolean {
    return this.#switches < SWITCHES_MAX && otherProtocolCodes[this.#protocol].has(error.code);
  }

  #switch(error: KafkaError): void {
    const { group } = this.#options;
    this.#switches++;
    // It has failed, so it owns nothing and is in no group: this only ends it.
    void this.#member?.leave(this.#cluster.deadline());
    this.#member = this.#make(this.#protocol === "classic" ? "consumer" : "classic");
    this.#cluster.logger.info("the group speaks the other protocol", {
      group,
      protocol: this.#protocol,
      reason: error.message,
    });
  }

  /** A member that took part is out: it may be that the group was made anew as one of the other kind. */
  #failed(error: KafkaError): void {
    if (this.#isLeft || !this.#mustSwitch(error)) {
      this.#listener.onFailed(error);
      return;
    }
    this.#switch(error);
    this.join(this.#cluster.deadline({ timeoutMs: Infinity })).catch((thrown: unknown) => {
      if (!this.#isLeft) this.#listener.onFailed(asKafkaError(thrown));
    });
  }

  #leftError(): KafkaError {
    return clientError("CLOSED", `group ${this.#options.group}: the member has left`);
  }
}
