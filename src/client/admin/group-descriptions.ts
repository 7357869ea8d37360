import { MoldauError } from "../../core/errors.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import type { ConsumerGroupDescribeResponse } from "../../protocol/messages/consumer-group-describe.ts";
import type { DescribeGroupsResponse } from "../../protocol/messages/describe-groups.ts";
import type { ShareGroupDescribeResponse } from "../../protocol/messages/share-group-describe.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import {
  CONSUMER_PROTOCOL_TYPE,
  decodeAssignment,
  decodeSubscription,
} from "../group/classic/member-bytes.ts";
import { aclOperationsOf, type AclOperation } from "./acl-words.ts";
import { groupStateOf, type GroupState, type GroupType } from "./group-words.ts";

/** A member as all types of groups have it. */
export interface GroupMember {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  /** Address of the client as the broker sees it. */
  readonly host: string;
  /** What it reads. */
  readonly assignment: readonly TopicPartition[];
}

/** A group as all types have it. */
export interface GroupDescription {
  readonly group: string;
  readonly type: GroupType;
  readonly state: GroupState;
  /** `consumer`, `share`, `streams`, or what other members of classic groups call themselves. */
  readonly protocolType: string;
  /** Who gives members their partitions, such as `range`; empty when nobody does at the moment. */
  readonly assignor: string;
  /** `host:port`. */
  readonly coordinator: string;
  /** Node id of its coordinator. */
  readonly coordinatorId: number;
  readonly members: readonly GroupMember[];
  /** What this client may do to it, where that was asked for (KIP-430). */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

/** Where a description comes from. */
export interface DescribedBy {
  readonly where: string;
  readonly coordinatorId: number;
  readonly withOperations: boolean;
}

/** A member of a classic group. */
export interface ClassicGroupMember extends GroupMember {
  /** The topics it has subscribed to; empty for members that are no consumers. */
  readonly topics: readonly string[];
}

/** A group whose members divide the work among themselves (JoinGroup, SyncGroup). */
export interface ClassicGroupDescription extends GroupDescription {
  readonly type: "Classic";
  readonly members: readonly ClassicGroupMember[];
}

/** A member of a consumer group. */
export interface ConsumerGroupMember extends GroupMember {
  readonly memberEpoch: number;
  readonly topics: readonly string[];
  /** The pattern of topics it has subscribed to, RE2 syntax. */
  readonly topicPattern: string | null;
  /** What it is to read when the rebalance under way is over. */
  readonly targetAssignment: readonly TopicPartition[];
  /** Speaks the classic protocol still; null where the broker does not tell (KIP-1099). */
  readonly isClassic: boolean | null;
}

/** A group whose work the broker divides (KIP-848). */
export interface ConsumerGroupDescription extends GroupDescription {
  readonly type: "Consumer";
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly members: readonly ConsumerGroupMember[];
}

/** A member of a share group. */
export interface ShareGroupMember extends GroupMember {
  readonly memberEpoch: number;
  readonly topics: readonly string[];
}

/** A group whose members share partitions record by record (KIP-932). */
export interface ShareGroupDescription extends GroupDescription {
  readonly type: "Share";
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly members: readonly ShareGroupMember[];
}

type WireClassicGroup = ElementOf<DescribeGroupsResponse["groups"]>;
type WireConsumerGroup = ElementOf<ConsumerGroupDescribeResponse["groups"]>;
type WireShareGroup = ElementOf<ShareGroupDescribeResponse["groups"]>;

export function classicGroupOf(wire: WireClassicGroup, by: DescribedBy): ClassicGroupDescription {
  const ofConsumers = wire.protocolType === CONSUMER_PROTOCOL_TYPE;
  return {
    ...commonOf(wire, by),
    type: "Classic",
    protocolType: wire.protocolType,
    assignor: wire.protocolData,
    members: wire.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      rackId: null,
      clientId: member.clientId,
      host: hostOf(member.clientHost),
      topics: ofConsumers ? decoded(topicsIn, member.memberMetadata) : [],
      assignment: ofConsumers ? decoded(decodeAssignment, member.memberAssignment) : [],
    })),
  };
}

function topicsIn(bytes: Buffer): readonly string[] {
  return decodeSubscription(bytes).topics;
}

/** What members tell each other is theirs: bytes that are no subscription are no reason to fail. */
function decoded<T>(decode: (bytes: Buffer) => readonly T[], bytes: Buffer): readonly T[] {
  if (bytes.length === 0) return [];
  try {
    return decode(bytes);
  } catch (thrown) {
    if (thrown instanceof MoldauError) return [];
    throw thrown;
  }
}

export function consumerGroupOf(
  wire: WireConsumerGroup,
  by: DescribedBy,
): ConsumerGroupDescription {
  return {
    ...commonOf(wire, by),
    type: "Consumer",
    protocolType: CONSUMER_PROTOCOL_TYPE,
    assignor: wire.assignorName,
    groupEpoch: wire.groupEpoch,
    assignmentEpoch: wire.assignmentEpoch,
    members: wire.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      host: hostOf(member.clientHost),
      memberEpoch: member.memberEpoch,
      topics: member.subscribedTopicNames,
      topicPattern: member.subscribedTopicRegex === "" ? null : member.subscribedTopicRegex,
      assignment: partitionsOf(member.assignment),
      targetAssignment: partitionsOf(member.targetAssignment),
      isClassic: member.memberType < 0 ? null : member.memberType === 0,
    })),
  };
}

export function shareGroupOf(wire: WireShareGroup, by: DescribedBy): ShareGroupDescription {
  return {
    ...commonOf(wire, by),
    type: "Share",
    protocolType: "share",
    assignor: wire.assignorName,
    groupEpoch: wire.groupEpoch,
    assignmentEpoch: wire.assignmentEpoch,
    members: wire.members.map((member) => ({
      memberId: member.memberId,
      instanceId: null,
      rackId: member.rackId,
      clientId: member.clientId,
      host: hostOf(member.clientHost),
      memberEpoch: member.memberEpoch,
      topics: member.subscribedTopicNames,
      assignment: partitionsOf(member.assignment),
    })),
  };
}

interface WireGroup {
  readonly groupId: string;
  readonly groupState: string;
  readonly authorizedOperations: number;
}

/** What all types of groups have. */
export function commonOf(
  { groupId: group, groupState, authorizedOperations }: WireGroup,
  { where, coordinatorId, withOperations }: DescribedBy,
) {
  return {
    group,
    state: groupStateOf(groupState),
    coordinator: where,
    coordinatorId,
    authorizedOperations: withOperations ? aclOperationsOf(authorizedOperations) : null,
  };
}

/** Java puts a slash in front of an address that it has no name for. */
export function hostOf(text: string): string {
  return text.startsWith("/") ? text.slice(1) : text;
}

interface WireAssignment {
  readonly topicPartitions: readonly {
    readonly topicName: string;
    readonly partitions: readonly number[];
  }[];
}

function partitionsOf({ topicPartitions }: WireAssignment): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName: topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
