import type { TopicPartition } from "../../core/topic-partition.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { AnyTopic } from "../topics/topic.ts";
import {
  type AclBinding,
  type AclFilter,
  createAcls,
  deleteAcls,
  describeAcls,
  type NewAcl,
} from "./acls.ts";
import {
  type ClusterDescription,
  describeCluster,
  type DescribeClusterOptions,
  unregisterBroker,
  unregisterController,
} from "./brokers.ts";
import type { ConfigEntry, ConfigResourceType } from "./config-values.ts";
import {
  alterConfigs,
  type ConfigAlteration,
  type ConfigChanges,
  type ConfigResource,
  describeConfigs,
  type DescribeConfigsOptions,
  listConfigResources,
} from "./configs.ts";
import {
  createDelegationToken,
  type CreateDelegationTokenOptions,
  type DelegationToken,
  describeDelegationTokens,
  type DescribeDelegationTokensOptions,
  expireDelegationToken,
  type ExpireDelegationTokenOptions,
  renewDelegationToken,
  type RenewDelegationTokenOptions,
} from "./delegation-tokens.ts";
import {
  type AnyGroupDescription,
  describeGroups,
  type DescribeGroupsOptions,
  type GroupSelector,
} from "./describe-groups.ts";
import {
  describeTopics,
  type DescribeTopicsOptions,
  listTopics,
  type ListTopicsOptions,
  type TopicDescription,
} from "./describe-topics.ts";
import { type EnsuredTopic, type EnsureOptions, ensureTopic } from "./ensure.ts";
import { describeFeatures, type Features, type FeatureUpdate, updateFeatures } from "./features.ts";
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  type GroupOffset,
  type GroupOffsetsOptions,
  type GroupOffsetsQuery,
  listGroupOffsets,
  type OffsetAlteration,
  type OneGroupOffsetsOptions,
} from "./group-offsets.ts";
import {
  deleteGroups,
  type GroupListing,
  listGroups,
  type ListGroupsOptions,
  type MemberSelector,
  removeMembers,
  type RemoveMembersOptions,
} from "./groups.ts";
import { type GroupLag, groupLagOf, type GroupLagOptions } from "./lag.ts";
import {
  alterReplicaLogDirs,
  type BrokerLogDirs,
  describeLogDirs,
  type DescribeLogDirsOptions,
  describeReplicaLogDirs,
  type Replica,
  type ReplicaLogDirs,
  type ReplicaMove,
  type ReplicaOutcome,
  type ReplicaSize,
  replicaSizes,
} from "./log-dirs.ts";
import {
  type DeletedRecords,
  deleteRecords,
  type FoundOffset,
  listOffsets,
  type ListOffsetsOptions,
  type OffsetQuery,
  type PartitionRange,
  type RecordsToDelete,
  topicOffsetsOf,
} from "./offsets.ts";
import { only, type Outcome, type PartitionOutcome } from "./outcome.ts";
import {
  addRaftVoter,
  describeMetadataQuorum,
  type NewVoter,
  type QuorumDescription,
  removeRaftVoter,
  type VoterKey,
  type VoterOptions,
} from "./quorum.ts";
import {
  alterClientQuotas,
  type ClientQuotas,
  describeClientQuotas,
  type DescribeClientQuotasOptions,
  type QuotaAlteration,
  type QuotaFilter,
} from "./quotas.ts";
import {
  alterPartitionReassignments,
  type ElectedLeader,
  type ElectionType,
  electLeaders,
  listPartitionReassignments,
  type OngoingReassignment,
  type Reassignment,
  type ReassignOptions,
} from "./reassignments.ts";
import {
  alterUserScramCredentials,
  describeUserScramCredentials,
  type ScramAlteration,
  type ScramCredential,
} from "./scram-users.ts";
import {
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
  listShareGroupOffsets,
  type ShareGroupOffset,
  type ShareOffsetAlteration,
} from "./share-offsets.ts";
import { clientInstanceId } from "./telemetry.ts";
import {
  type CreatedTopic,
  createPartitions,
  type CreatePartitionsOptions,
  createTopics,
  type CreateTopicsOptions,
  deleteTopics,
  type GrowOptions,
  type NewPartitions,
  type NewTopic,
  type TopicSelector,
  type ValidateOption,
} from "./topics.ts";
import {
  abortTransaction,
  type AbortTransactionSpec,
  describeProducers,
  type DescribeProducersOptions,
  describeTransactions,
  type FencedProducer,
  fenceProducers,
  listTransactions,
  type ListTransactionsOptions,
  type ProducerState,
  type TransactionDescription,
  type TransactionListing,
} from "./transactions.ts";

/**
 * What administers a cluster. A method whose name is a plural, or ends in `Of`, takes several things and
 * tells one {@link Outcome} for each; the one for a single thing returns its value or throws. Requests go
 * to the broker that answers for them and are made again, until the deadline of the call, when that one
 * has changed. Calls of an admin of any number may be under way at a time.
 */
export class Admin implements AsyncDisposable {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  // Topics

  /** All topics, sorted by name, in one request. */
  listTopics(options: ListTopicsOptions = {}): Promise<readonly TopicDescription[]> {
    return listTopics(this.#cluster, options);
  }

  /**
   * Describes topics by name or id; one outcome for each. Names are asked for in pages where the broker
   * can (KIP-966), which tells eligible leader replicas too.
   */
  describeTopics(
    topics: readonly TopicSelector[],
    options: DescribeTopicsOptions = {},
  ): Promise<readonly Outcome<TopicDescription>[]> {
    return describeTopics(this.#cluster, topics, options);
  }

  /** Describes a topic. Throws `UNKNOWN_TOPIC_OR_PARTITION`. */
  async describeTopic(
    topic: TopicSelector,
    options: DescribeTopicsOptions = {},
  ): Promise<TopicDescription> {
    return only(await describeTopics(this.#cluster, [topic], options));
  }

  /** Creates topics; one outcome for each. It returns when a broker knows them with their leaders. */
  createTopics(
    topics: readonly NewTopic[],
    options: CreateTopicsOptions = {},
  ): Promise<readonly Outcome<CreatedTopic>[]> {
    return createTopics(this.#cluster, topics, options);
  }

  /** Creates a topic. Throws `TOPIC_ALREADY_EXISTS`, `INVALID_CONFIG`, `POLICY_VIOLATION` … */
  async createTopic(topic: NewTopic, options: CreateTopicsOptions = {}): Promise<CreatedTopic> {
    return only(await createTopics(this.#cluster, [topic], options));
  }

  /** Deletes topics by name or id; one outcome for each. */
  deleteTopics(
    topics: readonly TopicSelector[],
    options: CallOptions = {},
  ): Promise<readonly Outcome[]> {
    return deleteTopics(this.#cluster, topics, options);
  }

  /** Deletes a topic. Throws `UNKNOWN_TOPIC_OR_PARTITION`, `TOPIC_DELETION_DISABLED`. */
  async deleteTopic(topic: TopicSelector, options: CallOptions = {}): Promise<void> {
    only(await deleteTopics(this.#cluster, [topic], options));
  }

  /**
   * Raises the number of partitions of a topic to `count`, and returns when a broker knows them with
   * their leaders. Keys then go to other partitions than before. Throws `INVALID_PARTITIONS` when it has
   * as many already.
   */
  async createPartitions(topic: string, count: number, options: GrowOptions = {}): Promise<void> {
    only(
      await createPartitions(
        this.#cluster,
        [{ topic, count, assignments: options.assignments }],
        options,
      ),
    );
  }

  /** Raises the numbers of partitions of topics; one outcome for each. */
  createPartitionsOf(
    topics: readonly NewPartitions[],
    options: CreatePartitionsOptions = {},
  ): Promise<readonly Outcome[]> {
    return createPartitions(this.#cluster, topics, options);
  }

  /**
   * Creates a topic as it was declared, or compares the one there is: number of partitions, replication
   * factor, and the settings that the declaration names. Calling it again, and from several programs at
   * once, does no harm.
   *
   * @throws TopicMismatch when it differs in something that `grow` and `alter` do not allow to mend
   */
  ensure(topic: AnyTopic, options: EnsureOptions = {}): Promise<EnsuredTopic> {
    return ensureTopic(this.#cluster, topic, options);
  }

  // Records and offsets

  /** First and next offsets of the partitions of a topic. */
  async topicOffsets(
    topic: string,
    options: ListOffsetsOptions = {},
  ): Promise<readonly PartitionRange[]> {
    return only(await topicOffsetsOf(this.#cluster, [topic], options));
  }

  /** First and next offsets of the partitions of topics; one outcome for each topic. */
  topicOffsetsOf(
    topics: readonly string[],
    options: ListOffsetsOptions = {},
  ): Promise<readonly Outcome<readonly PartitionRange[]>[]> {
    return topicOffsetsOf(this.#cluster, topics, options);
  }

  /**
   * Looks offsets up by place or timestamp, in one request to each leader; one outcome for each query.
   */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: ListOffsetsOptions = {},
  ): Promise<readonly PartitionOutcome<FoundOffset>[]> {
    return listOffsets(this.#cluster, queries, options);
  }

  /**
   * Deletes the records of partitions up to an offset (KIP-107); one outcome for each partition.
   */
  deleteRecords(
    records: readonly RecordsToDelete[],
    options: CallOptions = {},
  ): Promise<readonly PartitionOutcome<DeletedRecords>[]> {
    return deleteRecords(this.#cluster, records, options);
  }

  // Replicas

  /**
   * Elects leaders (KIP-460); one outcome for each partition. With `null` for all partitions, of which
   * those are told that had an election or could not have one.
   */
  electLeaders(
    type: ElectionType,
    partitions: readonly TopicPartition[] | null,
    options: CallOptions = {},
  ): Promise<readonly PartitionOutcome<ElectedLeader>[]> {
    return electLeaders(this.#cluster, type, partitions, options);
  }

  /**
   * Moves replicas to other brokers, or cancels that (KIP-455); one outcome for each partition. It
   * returns when the moves have begun.
   */
  alterPartitionReassignments(
    reassignments: readonly Reassignment[],
    options: ReassignOptions = {},
  ): Promise<readonly PartitionOutcome[]> {
    return alterPartitionReassignments(this.#cluster, reassignments, options);
  }

  /** The reassignments that are under way, of all partitions or of some (KIP-455). */
  listPartitionReassignments(
    partitions: readonly TopicPartition[] | null = null,
    options: CallOptions = {},
  ): Promise<readonly OngoingReassignment[]> {
    return listPartitionReassignments(this.#cluster, partitions, options);
  }

  /**
   * The log directories of brokers (by default of all) with their volumes and replicas (KIP-113, KIP-827);
   * one outcome for each broker.
   */
  describeLogDirs(
    brokers: readonly number[] | null = null,
    options: DescribeLogDirsOptions = {},
  ): Promise<readonly Outcome<BrokerLogDirs>[]> {
    return describeLogDirs(this.#cluster, brokers, options);
  }

  /** What the replicas of all brokers take on disk, those that are being moved counted twice. */
  replicaSizes(options: DescribeLogDirsOptions = {}): Promise<readonly ReplicaSize[]> {
    return replicaSizes(this.#cluster, options);
  }

  /** Tells in which directories replicas are (KIP-113); one outcome for each. */
  describeReplicaLogDirs(
    replicas: readonly Replica[],
    options: CallOptions = {},
  ): Promise<readonly ReplicaOutcome<ReplicaLogDirs>[]> {
    return describeReplicaLogDirs(this.#cluster, replicas, options);
  }

  /** Moves replicas to other directories of their brokers (KIP-113); one outcome for each. */
  alterReplicaLogDirs(
    moves: readonly ReplicaMove[],
    options: CallOptions = {},
  ): Promise<readonly ReplicaOutcome[]> {
    return alterReplicaLogDirs(this.#cluster, moves, options);
  }

  // Settings

  /** The settings of a resource, those that have their defaults included. */
  async describeConfigs(
    resource: ConfigResource,
    options: DescribeConfigsOptions = {},
  ): Promise<readonly ConfigEntry[]> {
    return only(await describeConfigs(this.#cluster, [resource], options));
  }

  /** The settings of resources, in one request to a broker; one outcome for each. */
  describeConfigsOf(
    resources: readonly ConfigResource[],
    options: DescribeConfigsOptions = {},
  ): Promise<readonly Outcome<readonly ConfigEntry[]>[]> {
    return describeConfigs(this.#cluster, resources, options);
  }

  /**
   * Changes settings of a resource and leaves the others as they are (KIP-339). Throws `INVALID_CONFIG`;
   * the changes are made together or not at all.
   */
  async alterConfigs(
    resource: ConfigResource,
    changes: ConfigChanges,
    options: ValidateOption = {},
  ): Promise<void> {
    only(await alterConfigs(this.#cluster, [{ resource, changes }], options));
  }

  /** Changes settings of resources (KIP-339); one outcome for each. */
  alterConfigsOf(
    alterations: readonly ConfigAlteration[],
    options: ValidateOption = {},
  ): Promise<readonly Outcome[]> {
    return alterConfigs(this.#cluster, alterations, options);
  }

  /**
   * Everything that has settings of its own (KIP-1142): all topics and brokers, and the groups and
   * metrics subscriptions with at least one. Without `types` all kinds.
   */
  listConfigResources(
    types: readonly ConfigResourceType[] = [],
    options: CallOptions = {},
  ): Promise<readonly ConfigResource[]> {
    return listConfigResources(this.#cluster, types, options);
  }

  // Groups

  /** All groups of all coordinators, sorted by name. */
  listGroups(options: ListGroupsOptions = {}): Promise<readonly GroupListing[]> {
    return listGroups(this.#cluster, options);
  }

  /**
   * Describes groups of any type, those of a coordinator together; one outcome for each. One that is not
   * there has the error `GROUP_ID_NOT_FOUND`.
   */
  describeGroups(
    groups: readonly GroupSelector[],
    options: DescribeGroupsOptions = {},
  ): Promise<readonly Outcome<AnyGroupDescription>[]> {
    return describeGroups(this.#cluster, groups, options);
  }

  /** Describes a group of any type. Throws `GROUP_ID_NOT_FOUND`. */
  async describeGroup(
    group: GroupSelector,
    options: DescribeGroupsOptions = {},
  ): Promise<AnyGroupDescription> {
    return only(await describeGroups(this.#cluster, [group], options));
  }

  /**
   * Removes groups of any type with their offsets; one outcome for each. A group that still has members
   * has the error `NON_EMPTY_GROUP`.
   */
  deleteGroups(groups: readonly string[], options: CallOptions = {}): Promise<readonly Outcome[]> {
    return deleteGroups(this.#cluster, groups, options);
  }

  /** Removes a group with its offsets. Throws `NON_EMPTY_GROUP`, `GROUP_ID_NOT_FOUND`. */
  async deleteGroup(group: string, options: CallOptions = {}): Promise<void> {
    only(await deleteGroups(this.#cluster, [group], options));
  }

  /**
   * Removes members from a classic group (KIP-345), or with `"all"` everyone; one outcome for each. Those
   * that run come back by themselves, unless they are static ones whose session is not over.
   */
  removeMembers(
    group: string,
    members: readonly MemberSelector[] | "all",
    options: RemoveMembersOptions = {},
  ): Promise<readonly Outcome[]> {
    return removeMembers(this.#cluster, group, members, options);
  }

  /** What a group has committed, those partitions left out for which it has nothing. */
  async groupOffsets(
    group: string,
    options: OneGroupOffsetsOptions = {},
  ): Promise<readonly GroupOffset[]> {
    return only(
      await listGroupOffsets(this.#cluster, [{ group, partitions: options.partitions }], options),
    );
  }

  /**
   * What groups (classic, consumer and streams ones) have committed, in one request for a hundred of
   * them (KIP-709); one outcome for each.
   */
  groupOffsetsOf(
    groups: readonly GroupOffsetsQuery[],
    options: GroupOffsetsOptions = {},
  ): Promise<readonly Outcome<readonly GroupOffset[]>[]> {
    return listGroupOffsets(this.#cluster, groups, options);
  }

  /**
   * Sets offsets of a group that has no members; one outcome for each partition. A group with members has
   * the error `UNKNOWN_MEMBER_ID`. A group that is not there comes into being.
   */
  alterGroupOffsets(
    group: string,
    offsets: readonly OffsetAlteration[],
    options: CallOptions = {},
  ): Promise<readonly PartitionOutcome[]> {
    return alterGroupOffsets(this.#cluster, group, offsets, options);
  }

  /**
   * Removes offsets of a group (KIP-496); one outcome for each partition. Topics that members read have
   * the error `GROUP_SUBSCRIBED_TO_TOPIC`.
   */
  deleteGroupOffsets(
    group: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<readonly PartitionOutcome[]> {
    return deleteGroupOffsets(this.#cluster, group, partitions, options);
  }

  /** Where share groups are (KIP-932); one outcome for each. */
  shareGroupOffsetsOf(
    groups: readonly GroupOffsetsQuery[],
    options: CallOptions = {},
  ): Promise<readonly Outcome<readonly ShareGroupOffset[]>[]> {
    return listShareGroupOffsets(this.#cluster, groups, options);
  }

  /**
   * Sets where a share group without members goes on (KIP-932); one outcome for each partition.
   */
  alterShareGroupOffsets(
    group: string,
    offsets: readonly ShareOffsetAlteration[],
    options: CallOptions = {},
  ): Promise<readonly PartitionOutcome[]> {
    return alterShareGroupOffsets(this.#cluster, group, offsets, options);
  }

  /**
   * Removes what a share group without members knows of topics (KIP-932); one outcome for each topic.
   */
  deleteShareGroupOffsets(
    group: string,
    topics: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly Outcome[]> {
    return deleteShareGroupOffsets(this.#cluster, group, topics, options);
  }

  /** How far a group of any type is behind, and who reads which of its partitions. */
  async groupLag(group: GroupSelector, options: GroupLagOptions = {}): Promise<GroupLag> {
    return only(await groupLagOf(this.#cluster, [group], { withMembers: true, ...options }));
  }

  /**
   * How far groups are behind, in few requests for many of them; one outcome for each. Share groups have
   * to be told by their `type` (a listing has it), unless `withMembers` finds it out.
   */
  groupLagOf(
    groups: readonly GroupSelector[],
    options: GroupLagOptions = {},
  ): Promise<readonly Outcome<GroupLag>[]> {
    return groupLagOf(this.#cluster, groups, options);
  }

  // The cluster

  /** Describes the cluster: its brokers, its controllers, the levels of its features. */
  describeCluster(options: DescribeClusterOptions = {}): Promise<ClusterDescription> {
    return describeCluster(this.#cluster, options);
  }

  /** The features of the cluster, such as `metadata.version`, and their levels (KIP-584). */
  describeFeatures(options: CallOptions = {}): Promise<Features> {
    return describeFeatures(this.#cluster, options);
  }

  /**
   * Changes the levels of features, all or none of them; one outcome for each, which newer brokers give
   * for all together.
   */
  updateFeatures(
    updates: readonly FeatureUpdate[],
    options: ValidateOption = {},
  ): Promise<readonly Outcome[]> {
    return updateFeatures(this.#cluster, updates, options);
  }

  /** The quorum of controllers: who leads, who votes, who is behind (KIP-836). */
  describeMetadataQuorum(options: CallOptions = {}): Promise<QuorumDescription> {
    return describeMetadataQuorum(this.#cluster, options);
  }

  /**
   * Makes a controller that follows the metadata log a voter (KIP-853). Throws `DUPLICATE_VOTER`, and
   * `UNSUPPORTED_VERSION` for quorums with static voters.
   */
  addRaftVoter(voter: NewVoter, options: VoterOptions = {}): Promise<void> {
    return addRaftVoter(this.#cluster, voter, options);
  }

  /** Takes the vote of a controller away (KIP-853). Throws `VOTER_NOT_FOUND`. */
  removeRaftVoter(voter: VoterKey, options: VoterOptions = {}): Promise<void> {
    return removeRaftVoter(this.#cluster, voter, options);
  }

  /** Forgets a broker that is gone for good. Throws `BROKER_ID_NOT_REGISTERED`. */
  unregisterBroker(brokerId: number, options: CallOptions = {}): Promise<void> {
    return unregisterBroker(this.#cluster, brokerId, options);
  }

  /** Forgets a controller that is gone for good. */
  unregisterController(controllerId: number, options: CallOptions = {}): Promise<void> {
    return unregisterController(this.#cluster, controllerId, options);
  }

  /**
   * The id under which the metrics of this client are found at the brokers (KIP-714). A client that
   * has told none yet is given a new one. Throws `UNSUPPORTED_API` where no broker collects metrics.
   */
  clientInstanceId(options: CallOptions = {}): Promise<string> {
    return clientInstanceId(this.#cluster, options);
  }

  // Security and quotas

  /**
   * The ACLs that a filter matches; without one all there are. Throws `SECURITY_DISABLED` without an authorizer.
   */
  describeAcls(filter: AclFilter = {}, options: CallOptions = {}): Promise<readonly AclBinding[]> {
    return describeAcls(this.#cluster, filter, options);
  }

  /**
   * Creates ACLs; one outcome for each. One that is there already is created without complaint.
   */
  createAcls(acls: readonly NewAcl[], options: CallOptions = {}): Promise<readonly Outcome[]> {
    return createAcls(this.#cluster, acls, options);
  }

  /**
   * Deletes the ACLs that filters match; one outcome for each filter, with what became of each ACL.
   */
  deleteAcls(
    filters: readonly AclFilter[],
    options: CallOptions = {},
  ): Promise<readonly Outcome<readonly Outcome<AclBinding>[]>[]> {
    return deleteAcls(this.#cluster, filters, options);
  }

  /**
   * The SCRAM credentials of users (KIP-554), by default of all that have some; one outcome for each.
   */
  describeUserScramCredentials(
    users: readonly string[] | null = null,
    options: CallOptions = {},
  ): Promise<readonly Outcome<readonly ScramCredential[]>[]> {
    return describeUserScramCredentials(this.#cluster, users, options);
  }

  /**
   * Sets and removes SCRAM credentials (KIP-554); one outcome for each. Passwords are salted and hashed
   * here and do not leave this process.
   */
  alterUserScramCredentials(
    alterations: readonly ScramAlteration[],
    options: CallOptions = {},
  ): Promise<readonly Outcome[]> {
    return alterUserScramCredentials(this.#cluster, alterations, options);
  }

  /**
   * Creates a token with which its bearer may act as its owner (KIP-48). Throws
   * `DELEGATION_TOKEN_AUTH_DISABLED`, or `DELEGATION_TOKEN_REQUEST_NOT_ALLOWED` on a connection that is
   * not authenticated, or is so by a token.
   */
  createDelegationToken(options: CreateDelegationTokenOptions = {}): Promise<DelegationToken> {
    return createDelegationToken(this.#cluster, options);
  }

  /** Makes a token last longer. Returns when it ends now, milliseconds since 1970. */
  renewDelegationToken(hmac: Buffer, options: RenewDelegationTokenOptions = {}): Promise<number> {
    return renewDelegationToken(this.#cluster, hmac, options);
  }

  /** Ends a token, by default at once. Returns when it ends, milliseconds since 1970. */
  expireDelegationToken(hmac: Buffer, options: ExpireDelegationTokenOptions = {}): Promise<number> {
    return expireDelegationToken(this.#cluster, hmac, options);
  }

  /** The tokens that this client may see. */
  describeDelegationTokens(
    options: DescribeDelegationTokensOptions = {},
  ): Promise<readonly DelegationToken[]> {
    return describeDelegationTokens(this.#cluster, options);
  }

  /** The quotas of whom a filter matches; without one all there are (KIP-546). */
  describeClientQuotas(
    filter: QuotaFilter = {},
    options: DescribeClientQuotasOptions = {},
  ): Promise<readonly ClientQuotas[]> {
    return describeClientQuotas(this.#cluster, filter, options);
  }

  /** Sets and removes quotas (KIP-546); one outcome for each entity. */
  alterClientQuotas(
    alterations: readonly QuotaAlteration[],
    options: ValidateOption = {},
  ): Promise<readonly Outcome[]> {
    return alterClientQuotas(this.#cluster, alterations, options);
  }

  // Transactions

  /** All transactional ids of all coordinators, sorted (KIP-664). */
  listTransactions(options: ListTransactionsOptions = {}): Promise<readonly TransactionListing[]> {
    return listTransactions(this.#cluster, options);
  }

  /** Describes transactional ids (KIP-664); one outcome for each. */
  describeTransactions(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly Outcome<TransactionDescription>[]> {
    return describeTransactions(this.#cluster, transactionalIds, options);
  }

  /**
   * The producers that the leaders of partitions know (KIP-664); one outcome for each partition.
   */
  describeProducers(
    partitions: readonly TopicPartition[],
    options: DescribeProducersOptions = {},
  ): Promise<readonly PartitionOutcome<readonly ProducerState[]>[]> {
    return describeProducers(this.#cluster, partitions, options);
  }

  /**
   * Aborts a transaction in one partition whose coordinator has forgotten it (KIP-664), so that readers of
   * what is committed can go on. One that is going on is better ended by {@link fenceProducers}.
   */
  abortTransaction(spec: AbortTransactionSpec, options: CallOptions = {}): Promise<void> {
    return abortTransaction(this.#cluster, spec, options);
  }

  /**
   * Makes an end of the producers with these transactional ids (KIP-588): their transactions are aborted,
   * and what they send from now on is refused. One outcome for each.
   */
  fenceProducers(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly Outcome<FencedProducer>[]> {
    return fenceProducers(this.#cluster, transactionalIds, options);
  }

  /**
   * Aborts the transaction of a transactional id, also one that was prepared in two phases (KIP-939), and
   * fences its producer.
   */
  async forceTerminateTransaction(
    transactionalId: string,
    options: CallOptions = {},
  ): Promise<FencedProducer> {
    return only(await fenceProducers(this.#cluster, [transactionalId], options));
  }

  /** Does nothing: an admin holds nothing of its own, the connections are its client's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
