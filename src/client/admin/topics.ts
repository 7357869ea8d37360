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
  type CreateTopicsResponse,
} from "../../protocol/messages/create-topics.ts";
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
} from "../../protocol/messages/delete-topics.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, clientError } from "../errors.ts";
import { configValueOf, type ConfigValue } from "./config-values.ts";
import type { Outcome } from "./outcome.ts";
import { brokerTimeoutMs, byController, callOptions, type SettledItems } from "./routes.ts";
import { kafkaErrorOf, resultOf, type Settle } from "./settle.ts";

const createTopicsCall = apiCall(ApiKey.CREATE_TOPICS, createTopicsRequest, createTopicsResponse);
const deleteTopicsCall = apiCall(ApiKey.DELETE_TOPICS, deleteTopicsRequest, deleteTopicsResponse);
const createPartitionsCall = apiCall(
  ApiKey.CREATE_PARTITIONS,
  createPartitionsRequest,
  createPartitionsResponse,
);

/** Since this version topics to delete are listed with names or ids (KIP-516). */
const DELETE_TOPICS_STATES_VERSION = 6;
/** Since this version -1 partitions or replicas mean the broker's default (KIP-464). */
const CREATE_TOPICS_DEFAULTS_VERSION = 4;
const BROKER_DEFAULT = -1;

/** A topic to be created. */
export interface NewTopic {
  readonly name: string;
  /** Default, and -1: `num.partitions` of the broker. */
  readonly partitions?: number | undefined;
  /** Default, and -1: `default.replication.factor` of the broker. */
  readonly replicationFactor?: number | undefined;
  /**
   * Instead of the two numbers: for each partition the ids of its brokers, the preferred leader first.
   */
  readonly assignments?: readonly (readonly number[])[] | undefined;
  /** Settings by Kafka's names, such as `retention.ms`. */
  readonly configs?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** A topic as it was created; what an older broker does not say is null. */
export interface CreatedTopic {
  readonly name: string;
  readonly topicId: string | null;
  readonly partitions: number | null;
  readonly replicationFactor: number | null;
  /** Its settings, those that are defaults included; null for who may not see them. */
  readonly configs: readonly ConfigValue[] | null;
}

/** How topics are created. */
export interface CreateTopicsOptions extends CallOptions {
  /** Checks everything and creates nothing. */
  readonly validateOnly?: boolean | undefined;
  /** Returns when a broker knows the topics with their leaders. Default true. */
  readonly waitForLeaders?: boolean | undefined;
}

/** A topic by its name, or by its id (KIP-516). */
export type TopicSelector = string | { readonly topicId: string };

/** A topic to which partitions are added. */
export interface NewPartitions {
  readonly topic: string;
  /** How many it is to have in all, more than it has now. */
  readonly count: number;
  /** For each new partition the ids of its brokers, the preferred leader first. */
  readonly assignments?: readonly (readonly number[])[] | undefined;
}

/** Of calls that can also only be checked. */
export interface ValidateOption extends CallOptions {
  /** Checks everything and changes nothing. */
  readonly validateOnly?: boolean | undefined;
}

/** How partitions are added to topics. */
export interface CreatePartitionsOptions extends ValidateOption {
  /** Returns when a broker knows the partitions with their leaders. Default true. */
  readonly waitForLeaders?: boolean | undefined;
}

/** How partitions are added to a topic. */
export interface GrowOptions extends CreatePartitionsOptions {
  /** For each new partition the ids of its brokers, the preferred leader first. */
  readonly assignments?: readonly (readonly number[])[] | undefined;
}

type CreateAnswer = ElementOf<CreateTopicsResponse["topics"]>;

/** Creates topics; one outcome for each. */
export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  options: CreateTopicsOptions = {},
): Promise<readonly Outcome<CreatedTopic>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<NewTopic, CreatedTopic>({
    cluster,
    items: topics,
    deadline,
    contextOf: ({ name }) => ({ topic: name }),
    async ask(connection, items, settle) {
      const version = connection.versionOf(createTopicsCall) ?? 0;
      const body = {
        topics: items.map((topic) => creatable(topic, version)),
        timeoutMs: brokerTimeoutMs(cluster, deadline),
        validateOnly: options.validateOnly === true,
      };
      const response = await connection.request(createTopicsCall, body, cluster.bounds(deadline));
      const answers = new Map(response.topics.map((answer) => [answer.name, answer]));
      for (const item of items) {
        const answer = answers.get(item.name);
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => createdOf(answer));
      }
    },
  });
  if (options.validateOnly !== true && options.waitForLeaders !== false) {
    const created = succeeded(settled).map(
      ({ name, partitions }) => [name, partitions ?? 1] as const,
    );
    await waitForLeaders(cluster, new Map(created), deadline);
  }
  return topics.map((topic) => ({ name: topic.name, ...resultOf(settled, topic) }));
}

function creatable(topic: NewTopic, version: number) {
  const { name, assignments, configs = {} } = topic;
  const unset =
    version >= CREATE_TOPICS_DEFAULTS_VERSION || assignments !== undefined ? BROKER_DEFAULT : 1;
  const { partitions = BROKER_DEFAULT, replicationFactor = BROKER_DEFAULT } = topic;
  return {
    name,
    numPartitions: partitions === BROKER_DEFAULT ? unset : partitions,
    replicationFactor: replicationFactor === BROKER_DEFAULT ? unset : replicationFactor,
    assignments: (assignments ?? []).map((brokerIds, partitionIndex) => ({
      partitionIndex,
      brokerIds,
    })),
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
  };
}

function createdOf(answer: CreateAnswer): CreatedTopic {
  const { name, topicId, numPartitions, replicationFactor, configs } = answer;
  const told = numPartitions >= 0;
  return {
    name,
    topicId: topicId === ZERO_UUID ? null : topicId,
    partitions: told ? numPartitions : null,
    replicationFactor: told ? replicationFactor : null,
    configs: configs === null || !told ? null : configs.map(configValueOf),
  };
}

/** The items that went well. */
function succeeded<Item>(settled: SettledItems<Item, unknown>): Item[] {
  return [...settled].flatMap(([item, { error }]) => (error === undefined ? [item] : []));
}

/**
 * Waits for the metadata to show topics with so many partitions at least; when it does not come in time
 * they are there all the same.
 */
async function waitForLeaders(
  cluster: Cluster,
  counts: ReadonlyMap<string, number>,
  deadline: Deadline,
): Promise<void> {
  if (counts.size === 0) return;
  const look = async (): Promise<void> => {
    for (const topic of await cluster.metadataOf([...counts.keys()], callOptions(deadline))) {
      const { name, errorCode, partitions } = topic;
      const led = partitions.filter(({ leaderId }) => leaderId >= 0).length;
      const isThere = errorCode === ErrorCode.NONE && led >= (counts.get(name ?? "") ?? 0);
      if (isThere && led === partitions.length) continue;
      throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, { topic: name ?? undefined });
    }
  };
  try {
    await deadline.retry(look);
  } catch (thrown) {
    if (deadline.signal?.aborted === true) throw thrown;
    kafkaErrorOf(thrown);
  }
}

/** Deletes topics by name or id; one outcome for each. */
export async function deleteTopics(
  cluster: Cluster,
  topics: readonly TopicSelector[],
  options: CallOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<TopicSelector, undefined>({
    cluster,
    items: topics,
    deadline,
    contextOf: (topic) => ({ topic: selectorName(topic) }),
    async ask(connection, items, settle) {
      const inList = (connection.versionOf(deleteTopicsCall) ?? 0) >= DELETE_TOPICS_STATES_VERSION;
      if (!inList) refuseIds(items, settle, connection.where);
      const body = {
        topics: inList ? items.map(deletable) : [],
        topicNames: inList ? [] : items.filter((item) => typeof item === "string"),
        timeoutMs: brokerTimeoutMs(cluster, deadline),
      };
      const response = await connection.request(deleteTopicsCall, body, cluster.bounds(deadline));
      const byName = new Map(response.responses.map((answer) => [answer.name, answer]));
      const byId = new Map(response.responses.map((answer) => [answer.topicId, answer]));
      for (const item of items) {
        const answer = typeof item === "string" ? byName.get(item) : byId.get(item.topicId);
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => {
          forgetTopic(cluster, answer.name);
          return undefined;
        });
      }
    },
  });
  return topics.map((topic) => ({ name: selectorName(topic), ...resultOf(settled, topic) }));
}

/** Nobody of this client is to send to a topic that is gone, or to one that took its place. */
function forgetTopic(cluster: Cluster, topic: string | null): void {
  if (topic !== null) cluster.forget(brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic }));
}

function refuseIds(
  items: readonly TopicSelector[],
  settle: Settle<TopicSelector, undefined>,
  where: string,
): void {
  for (const item of items) {
    if (typeof item === "string") continue;
    const message = `${where} does not know topics by their ids`;
    settle.refused(item, clientError("UNSUPPORTED_API", message));
  }
}

function deletable(topic: TopicSelector) {
  return typeof topic === "string"
    ? { name: topic, topicId: ZERO_UUID }
    : { name: null, topicId: topic.topicId };
}

/** What a selector names, as text. */
export function selectorName(topic: TopicSelector): string {
  return typeof topic === "string" ? topic : topic.topicId;
}

/** Adds partitions to topics; one outcome for each. */
export async function createPartitions(
  cluster: Cluster,
  topics: readonly NewPartitions[],
  options: CreatePartitionsOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<NewPartitions, undefined>({
    cluster,
    items: topics,
    deadline,
    contextOf: ({ topic }) => ({ topic }),
    async ask(connection, items, settle) {
      const body = {
        topics: items.map(({ topic: name, count, assignments }) => ({
          name,
          count,
          assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
        })),
        timeoutMs: brokerTimeoutMs(cluster, deadline),
        validateOnly: options.validateOnly === true,
      };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(createPartitionsCall, body, bounds);
      const answers = new Map(response.results.map((answer) => [answer.name, answer]));
      for (const item of items) {
        const answer = answers.get(item.topic);
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  if (options.validateOnly !== true && options.waitForLeaders !== false) {
    const grown = succeeded(settled).map(({ topic, count }) => [topic, count] as const);
    await waitForLeaders(cluster, new Map(grown), deadline);
  }
  return topics.map((topic) => ({ name: topic.topic, ...resultOf(settled, topic) }));
}
