import type { TopicPartition } from "../../core/topic-partition.ts";
import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from "../../protocol/messages/create-partitions.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../protocol/messages/create-topics.ts";
import {
  deleteGroupsRequest,
  deleteGroupsResponse,
} from "../../protocol/messages/delete-groups.ts";
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
} from "../../protocol/messages/delete-topics.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
  type DescribeConfigsResponse,
} from "../../protocol/messages/describe-configs.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../../protocol/messages/describe-groups.ts";
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from "../../protocol/messages/describe-log-dirs.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../../protocol/messages/incremental-alter-configs.ts";
import { listGroupsRequest, listGroupsResponse } from "../../protocol/messages/list-groups.ts";
import type { ElementOf, Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import { apiCall, type ApiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster, TopicMetadata } from "../cluster/cluster.ts";
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment } from "../group/consumer-protocol.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, throwOnError, type KafkaError } from "../errors.ts";
import { fetchCommitted, type CommittedOffset } from "../group/group-offsets.ts";

const createTopicsCall = apiCall(ApiKey.CREATE_TOPICS, createTopicsRequest, createTopicsResponse);
const deleteTopicsCall = apiCall(ApiKey.DELETE_TOPICS, deleteTopicsRequest, deleteTopicsResponse);
const createPartitionsCall = apiCall(
  ApiKey.CREATE_PARTITIONS,
  createPartitionsRequest,
  createPartitionsResponse,
);
const describeConfigsCall = apiCall(
  ApiKey.DESCRIBE_CONFIGS,
  describeConfigsRequest,
  describeConfigsResponse,
);
const alterConfigsCall = apiCall(
  ApiKey.INCREMENTAL_ALTER_CONFIGS,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
);
const describeLogDirsCall = apiCall(
  ApiKey.DESCRIBE_LOG_DIRS,
  describeLogDirsRequest,
  describeLogDirsResponse,
);
const listGroupsCall = apiCall(ApiKey.LIST_GROUPS, listGroupsRequest, listGroupsResponse);
const describeGroupsCall = apiCall(
  ApiKey.DESCRIBE_GROUPS,
  describeGroupsRequest,
  describeGroupsResponse,
);
const deleteGroupsCall = apiCall(ApiKey.DELETE_GROUPS, deleteGroupsRequest, deleteGroupsResponse);

/** Since this version topics to delete are listed with names or ids. */
const DELETE_TOPICS_STATES_VERSION = 6;
/** Since this version 0 partitions or replicas mean the broker's default. */
const CREATE_TOPICS_DEFAULTS_VERSION = 4;

/** Kinds of things that have settings. */
export const ConfigResourceType = { topic: 2, broker: 4, brokerLogger: 8, group: 32 } as const;
export type ConfigResourceType = (typeof ConfigResourceType)[keyof typeof ConfigResourceType];

export interface ConfigResource {
  readonly type: ConfigResourceType;
  /** A topic, a broker id (empty: the default of all brokers), a group. */
  readonly name: string;
}

export interface NewTopic {
  readonly name: string;
  /** -1: `num.partitions` of the broker. */
  readonly partitions: number;
  /** -1: `default.replication.factor` of the broker. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** One of several things that were asked for together. */
export interface Outcome {
  readonly name: string;
  readonly error: KafkaError | undefined;
}

export interface CreatedTopic extends Outcome {
  readonly topicId: string;
  /** As created, -1 when the broker did not say. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

export type ConfigEntry = ElementOf<ElementOf<DescribeConfigsResponse["results"]>["configs"]>;

export interface ConfigChange {
  readonly name: string;
  /** `null` goes back to the default. */
  readonly value: string | null;
  readonly operation?: "set" | "append" | "subtract";
}

export interface GroupListing {
  readonly group: string;
  /** `Consumer`, `Classic`, `Share`, `Streams`; empty when the broker does not say. */
  readonly type: string;
  readonly state: string;
  readonly protocolType: string;
}

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
}

export interface GroupDescription {
  readonly group: string;
  readonly state: string;
  readonly protocolType: string;
  readonly assignor: string;
  readonly coordinator: string;
  readonly members: readonly GroupMember[];
}

/** Bytes of one replica on one broker. */
export interface ReplicaSize extends TopicPartition {
  readonly brokerId: number;
  readonly logDir: string;
  readonly sizeBytes: number;
}

const CONFIG_OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** What administers a cluster: topics, settings, groups. */
export class Admin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** All topics, sorted by name. */
  async listTopics(
    options: CallOptions & { readonly includeInternal?: boolean } = {},
  ): Promise<readonly TopicMetadata[]> {
    const topics = await this.#cluster.metadataOf(null, options);
    return topics
      .filter((topic) => options.includeInternal === true || !topic.isInternal)
      .sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  }

  /** One outcome for each topic. With `validateOnly` nothing is created. */
  async createTopics(
    topics: readonly NewTopic[],
    options: CallOptions & { readonly validateOnly?: boolean } = {},
  ): Promise<readonly CreatedTopic[]> {
    const deadline = this.#cluster.deadline(options);
    const connection = await this.#cluster.controllerConnection(deadline);
    const defaults =
      (connection.versionOf(createTopicsCall) ?? 0) >= CREATE_TOPICS_DEFAULTS_VERSION ? -1 : 1;
    const response = await this.#controller(
      createTopicsCall,
      {
        topics: topics.map(({ name, partitions, replicationFactor, configs = {} }) => ({
          name,
          numPartitions: partitions === -1 ? defaults : partitions,
          replicationFactor: replicationFactor === -1 ? defaults : replicationFactor,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
        timeoutMs: this.#cluster.requestTimeoutMs,
        validateOnly: options.validateOnly === true,
      },
      deadline,
    );
    return response.topics.map((topic) => ({
      ...outcomeOf(topic.name, topic, { topic: topic.name }),
      topicId: topic.topicId,
      partitions: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
    }));
  }

  /** One outcome for each topic. */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<Outcome[]> {
    const deadline = this.#cluster.deadline(options);
    const connection = await this.#cluster.controllerConnection(deadline);
    const inList = (connection.versionOf(deleteTopicsCall) ?? 0) >= DELETE_TOPICS_STATES_VERSION;
    const response = await this.#controller(
      deleteTopicsCall,
      {
        topics: inList ? names.map((name) => ({ name, topicId: ZERO_UUID })) : [],
        topicNames: inList ? [] : names,
        timeoutMs: this.#cluster.requestTimeoutMs,
      },
      deadline,
    );
    return response.responses.map((answer) => {
      const name = answer.name ?? "";
      return outcomeOf(name, answer, { topic: name });
    });
  }

  /** Raises the number of partitions of a topic. */
  async createPartitions(
    topic: string,
    count: number,
    options: CallOptions & { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    const response = await this.#controller(
      createPartitionsCall,
      {
        topics: [{ name: topic, count, assignments: null }],
        timeoutMs: this.#cluster.requestTimeoutMs,
        validateOnly: options.validateOnly === true,
      },
      this.#cluster.deadline(options),
    );
    for (const answer of response.results) {
      throwOnError(answer.errorCode, { topic }, answer.errorMessage);
    }
  }

  /** The settings of one resource, the ones that are not set included. */
  async describeConfigs(
    resource: ConfigResource,
    options: CallOptions = {},
  ): Promise<readonly ConfigEntry[]> {
    const deadline = this.#cluster.deadline(options);
    const ask = {
      resources: [
        { resourceType: resource.type, resourceName: resource.name, configurationKeys: null },
      ],
      includeSynonyms: true,
      includeDocumentation: false,
    };
    const connection = await this.#connectionFor(resource, deadline);
    const bounds = this.#cluster.bounds(deadline);
    const response = await connection.request(describeConfigsCall, ask, bounds);
    const [result] = response.results;
    if (result === undefined) return [];
    throwOnError(result.errorCode, contextOf(resource), result.errorMessage);
    return result.configs;
  }

  /** Changes settings of one resource, leaving the others as they are. */
  async alterConfigs(
    resource: ConfigResource,
    changes: readonly ConfigChange[],
    options: CallOptions & { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    const deadline = this.#cluster.deadline(options);
    const connection = await this.#connectionFor(resource, deadline);
    const response = await connection.request(
      alterConfigsCall,
      {
        resources: [
          {
            resourceType: resource.type,
            resourceName: resource.name,
            configs: changes.map(({ name, value, operation = "set" }) => ({
              name,
              value,
              configOperation: CONFIG_OPERATIONS[value === null ? "delete" : operation],
            })),
          },
        ],
        validateOnly: options.validateOnly === true,
      },
      this.#cluster.bounds(deadline),
    );
    for (const { errorCode, errorMessage } of response.responses) {
      throwOnError(errorCode, contextOf(resource), errorMessage);
    }
  }

  /** What the replicas of all brokers take on disk. */
  async replicaSizes(options: CallOptions = {}): Promise<readonly ReplicaSize[]> {
    const deadline = this.#cluster.deadline(options);
    const answers = await this.#everyBroker(describeLogDirsCall, { topics: null }, deadline);
    return answers.flatMap(([brokerId, response]) =>
      response.results.flatMap(({ logDir, topics }) =>
        topics.flatMap(({ name: topic, partitions }) =>
          partitions.map(({ partitionIndex: partition, partitionSize: sizeBytes }) => ({
            topic,
            partition,
            brokerId,
            logDir,
            sizeBytes,
          })),
        ),
      ),
    );
  }

  /** All groups of all coordinators, sorted by name. */
  async listGroups(options: CallOptions = {}): Promise<readonly GroupListing[]> {
    const deadline = this.#cluster.deadline(options);
    const attempt = async (): Promise<GroupListing[]> => {
      const ask = { statesFilter: [], typesFilter: [] };
      const answers = await this.#everyBroker(listGroupsCall, ask, deadline);
      const groups = new Map<string, GroupListing>();
      for (const [, response] of answers) {
        throwOnError(response.errorCode, { api: "ListGroups" });
        for (const {
          groupId: group,
          groupType: type,
          groupState,
          protocolType,
        } of response.groups) {
          groups.set(group, { group, type, state: groupState, protocolType });
        }
      }
      return [...groups.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
    };
    return deadline.retry(attempt);
  }

  /** One classic group with its members. Throws GROUP_ID_NOT_FOUND for one there is not. */
  async describeGroup(group: string, options: CallOptions = {}): Promise<GroupDescription> {
    const deadline = this.#cluster.deadline(options);
    const attempt = async (): Promise<GroupDescription> => {
      const connection = await this.#cluster.coordinatorOf(group, deadline);
      const response = await connection.request(
        describeGroupsCall,
        { groups: [group], includeAuthorizedOperations: false },
        this.#cluster.bounds(deadline),
      );
      const [found] = response.groups;
      if (found === undefined || found.groupState === "Dead") {
        throw brokerError(ErrorCode.GROUP_ID_NOT_FOUND, { group });
      }
      throwOnError(found.errorCode, { group }, found.errorMessage);
      const consumers = found.protocolType === CONSUMER_PROTOCOL_TYPE;
      return {
        group,
        state: found.groupState,
        protocolType: found.protocolType,
        assignor: found.protocolData,
        coordinator: connection.where,
        members: found.members.map((member) => ({
          memberId: member.memberId,
          instanceId: member.groupInstanceId,
          clientId: member.clientId,
          host: member.clientHost,
          assignment: consumers ? decodeAssignment(member.memberAssignment) : [],
        })),
      };
    };
    return deadline.retry(attempt, (thrown) => this.#cluster.forget(thrown));
  }

  /** What a group has committed. */
  groupOffsets(group: string, options: CallOptions = {}): Promise<readonly CommittedOffset[]> {
    return fetchCommitted(this.#cluster, group, this.#cluster.deadline(options));
  }

  /** Removes a group without members, its offsets with it. */
  async deleteGroup(group: string, options: CallOptions = {}): Promise<void> {
    const deadline = this.#cluster.deadline(options);
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    const bounds = this.#cluster.bounds(deadline);
    const response = await connection.request(deleteGroupsCall, { groupsNames: [group] }, bounds);
    for (const { errorCode, errorMessage } of response.results) {
      throwOnError(errorCode, { group }, errorMessage);
    }
  }

  async #controller<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    deadline: Deadline,
  ): Promise<ValueOf<Message<Res>>> {
    const connection = await this.#cluster.controllerConnection(deadline);
    return connection.request(call, body, this.#cluster.bounds(deadline));
  }

  /** A broker answers for its own settings; for all others any broker does. */
  #connectionFor({ type, name }: ConfigResource, deadline: Deadline) {
    const ofBroker = type === ConfigResourceType.broker || type === ConfigResourceType.brokerLogger;
    return ofBroker && name !== ""
      ? this.#cluster.connectionTo(Number(name), deadline)
      : this.#cluster.anyConnection(deadline);
  }

  async #everyBroker<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    deadline: Deadline,
  ): Promise<(readonly [brokerId: number, response: ValueOf<Message<Res>>])[]> {
    if (this.#cluster.brokers.size === 0) await this.#cluster.metadataOf([]);
    return Promise.all(
      [...this.#cluster.brokers.keys()].map(async (id) => {
        const connection = await this.#cluster.connectionTo(id, deadline);
        const answer = await connection.request(call, body, this.#cluster.bounds(deadline));
        return [id, answer] as const;
      }),
    );
  }
}

function contextOf({ type, name }: ConfigResource) {
  if (type === ConfigResourceType.topic) return { topic: name };
  return type === ConfigResourceType.group ? { group: name } : { broker: `broker ${name}` };
}

function outcomeOf(
  name: string,
  answer: { readonly errorCode: number; readonly errorMessage: string | null },
  context: { readonly topic: string },
): Outcome {
  const { errorCode, errorMessage } = answer;
  const error =
    errorCode === ErrorCode.NONE ? undefined : brokerError(errorCode, context, errorMessage);
  return { name, error };
}
