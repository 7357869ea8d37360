import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
} from "../../protocol/messages/offset-commit.ts";
import {
  offsetDeleteRequest,
  offsetDeleteResponse,
} from "../../protocol/messages/offset-delete.ts";
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchResponse,
} from "../../protocol/messages/offset-fetch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import { throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { partitionOutcome, type Outcome, type PartitionOutcome } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { byCoordinator } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { orNull } from "./vocabulary.ts";

// From version 10 on topics go by id, which an administrator need not know.
const offsetCommitCall = apiCall(
  ApiKey.OFFSET_COMMIT,
  offsetCommitRequest,
  offsetCommitResponse,
  9,
);
const offsetFetchCall = apiCall(ApiKey.OFFSET_FETCH, offsetFetchRequest, offsetFetchResponse, 9);
const offsetDeleteCall = apiCall(ApiKey.OFFSET_DELETE, offsetDeleteRequest, offsetDeleteResponse);
/** Since this version the offsets of several groups are in one request (KIP-709). */
const OFFSET_FETCH_GROUPS_VERSION = 8;
/** Groups in one request; bounds what one answer takes to decode. */
const GROUPS_PER_REQUEST_MAX = 100;
/** Who commits from outside of the group. */
const NO_GENERATION = -1;

/** Where a group is to go on in a partition. */
export interface GroupOffset extends TopicPartition {
  /** The record to be read next. */
  readonly offset: number;
  /** Epoch of the leader that the record before came from, where that is known (KIP-320). */
  readonly leaderEpoch: number | null;
  /** Free text that was kept with the offset. */
  readonly metadata: string;
}

/** A group and what is wanted of it. */
export type GroupOffsetsQuery =
  | string
  | {
      readonly group: string;
      /** Only these. Default: all it has offsets for. */
      readonly partitions?: readonly TopicPartition[] | undefined;
    };

/** How offsets of groups are read. */
export interface GroupOffsetsOptions extends CallOptions {
  /** Waits for transactions that commit offsets to end (KIP-447). Default false. */
  readonly requireStable?: boolean | undefined;
}

/** Which offsets of a group are read, and how. */
export interface OneGroupOffsetsOptions extends GroupOffsetsOptions {
  /** Only these. Default: all it has offsets for. */
  readonly partitions?: readonly TopicPartition[] | undefined;
}

/** An offset to be set for a group. */
export interface OffsetAlteration extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch?: number | null | undefined;
  readonly metadata?: string | undefined;
}

type WireTopics =
  | OffsetFetchResponse["topics"]
  | ElementOf<OffsetFetchResponse["groups"]>["topics"];

function queryOf(query: GroupOffsetsQuery) {
  return typeof query === "string" ? { group: query, partitions: undefined } : query;
}

/**
 * What groups (classic, consumer and streams ones) have committed; one outcome for each. Partitions
 * without an offset are left out; a group that is not there has committed nothing.
 */
export async function listGroupOffsets(
  cluster: Cluster,
  groups: readonly GroupOffsetsQuery[],
  options: GroupOffsetsOptions = {},
): Promise<readonly Outcome<readonly GroupOffset[]>[]> {
  const deadline = cluster.deadline(options);
  const requireStable = options.requireStable === true;
  const settled = await byCoordinator<GroupOffsetsQuery, readonly GroupOffset[]>({
    cluster,
    items: groups,
    deadline,
    keyOf: (query) => queryOf(query).group,
    contextOf: (query) => ({ group: queryOf(query).group }),
    perRequestMax: GROUPS_PER_REQUEST_MAX,
    async ask(connection, items, settle) {
      const bounds = cluster.bounds(deadline);
      const inList = (connection.versionOf(offsetFetchCall) ?? 0) >= OFFSET_FETCH_GROUPS_VERSION;
      const answers = inList
        ? await fetchTogether(connection, items, requireStable, bounds)
        : await fetchOneByOne(connection, items, requireStable, bounds);
      for (const item of items) {
        const answer = answers.get(item);
        if (answer === undefined) continue;
        const { errorCode, topics } = answer;
        const wrong = errorCode === ErrorCode.NONE ? firstError(topics) : errorCode;
        settle.answered(item, wrong, null, () => offsetsOf(topics));
      }
    },
  });
  return groups.map((query) => ({ name: queryOf(query).group, ...resultOf(settled, query) }));
}

type Bounds = Parameters<BrokerConnection["request"]>[2];
type Answers = Map<GroupOffsetsQuery, { readonly errorCode: number; readonly topics: WireTopics }>;

async function fetchTogether(
  connection: BrokerConnection,
  items: readonly GroupOffsetsQuery[],
  requireStable: boolean,
  bounds: Bounds,
): Promise<Answers> {
  const body = {
    groups: items.map((item) => {
      const { group, partitions } = queryOf(item);
      return { groupId: group, topics: topicsOf(partitions) };
    }),
    requireStable,
  };
  const response = await connection.request(offsetFetchCall, body, bounds);
  const byGroup = new Map(response.groups.map((answer) => [answer.groupId, answer]));
  const answers: Answers = new Map();
  for (const item of items) {
    const answer = byGroup.get(queryOf(item).group);
    if (answer !== undefined) answers.set(item, answer);
  }
  return answers;
}

async function fetchOneByOne(
  connection: BrokerConnection,
  items: readonly GroupOffsetsQuery[],
  requireStable: boolean,
  bounds: Bounds,
): Promise<Answers> {
  const answers: Answers = new Map();
  await Promise.all(
    items.map(async (item) => {
      const { group, partitions } = queryOf(item);
      const body = { groupId: group, topics: topicsOf(partitions), requireStable };
      answers.set(item, await connection.request(offsetFetchCall, body, bounds));
    }),
  );
  return answers;
}

function topicsOf(partitions: readonly TopicPartition[] | undefined) {
  if (partitions === undefined) return null;
  return [...groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
}

function firstError(topics: WireTopics): number {
  for (const { partitions } of topics) {
    for (const { errorCode } of partitions) if (errorCode !== ErrorCode.NONE) return errorCode;
  }
  return ErrorCode.NONE;
}

function offsetsOf(topics: WireTopics): GroupOffset[] {
  const offsets: GroupOffset[] = [];
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } of partitions) {
      if (committedOffset < 0) continue;
      offsets.push({
        topic,
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: orNull(committedLeaderEpoch),
        metadata: metadata ?? "",
      });
    }
  }
  return offsets;
}

/**
 * Sets offsets of a group that has no members (classic, consumer and streams ones); one outcome for
 * each partition. A group with members has the error `UNKNOWN_MEMBER_ID`. A group that is not there
 * comes into being.
 */
export async function alterGroupOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly OffsetAlteration[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<OffsetAlteration, undefined>({
    cluster,
    items: offsets,
    deadline,
    keyOf: () => group,
    contextOf: ({ topic, partition }) => ({ group, topic, partition }),
    async ask(connection, items, settle) {
      const body = {
        groupId: group,
        generationIdOrMemberEpoch: NO_GENERATION,
        memberId: "",
        groupInstanceId: null,
        topics: [...groupBy(items, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? "",
          })),
        })),
      };
      const response = await connection.request(offsetCommitCall, body, cluster.bounds(deadline));
      const asked = new PartitionIndex(items);
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const item = asked.get(name, partitionIndex);
          if (item !== undefined) settle.answered(item, errorCode, null, () => undefined);
        }
      }
    },
  });
  return offsets.map((offset) => partitionOutcome(offset, resultOf(settled, offset)));
}

/**
 * Removes offsets of a group (KIP-496); one outcome for each partition. Topics that members read have
 * the error `GROUP_SUBSCRIBED_TO_TOPIC`; all have `GROUP_ID_NOT_FOUND` when the group is not there.
 */
export async function deleteGroupOffsets(
  cluster: Cluster,
  group: string,
  partitions: readonly TopicPartition[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<TopicPartition, undefined>({
    cluster,
    items: partitions,
    deadline,
    keyOf: () => group,
    contextOf: ({ topic, partition }) => ({ group, topic, partition }),
    async ask(connection, items, settle) {
      const body = {
        groupId: group,
        topics: [...groupBy(items, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      };
      const response = await connection.request(offsetDeleteCall, body, cluster.bounds(deadline));
      throwOnError(response.errorCode, { group });
      const asked = new PartitionIndex(items);
      for (const { name, partitions: answers } of response.topics) {
        for (const { partitionIndex, errorCode } of answers) {
          const item = asked.get(name, partitionIndex);
          if (item !== undefined) settle.answered(item, errorCode, null, () => undefined);
        }
      }
    },
  });
  return partitions.map((item) => partitionOutcome(item, resultOf(settled, item)));
}
