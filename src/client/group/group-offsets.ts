import type { TopicPartition } from "../../core/topic-partition.ts";
import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
  type OffsetCommitResponse,
} from "../../protocol/messages/offset-commit.ts";
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchResponse,
} from "../../protocol/messages/offset-fetch.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, KafkaError, throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { forgetAfter } from "./coordinator.ts";
import type { OffsetToCommit } from "./membership.ts";

const offsetCommitCall = apiCall(ApiKey.OFFSET_COMMIT, offsetCommitRequest, offsetCommitResponse);
const offsetFetchCall = apiCall(ApiKey.OFFSET_FETCH, offsetFetchRequest, offsetFetchResponse);
/** Since this version both name topics by their ids. */
const TOPIC_ID_VERSION = 10;
const commitByNameCall = { ...offsetCommitCall, maxVersion: TOPIC_ID_VERSION - 1 };
const fetchByNameCall = { ...offsetFetchCall, maxVersion: TOPIC_ID_VERSION - 1 };
const FETCH_GROUPS_VERSION = 8;
const FETCH_STABLE_VERSION = 7;
/** What stands for "no offset". */
const NO_OFFSET = -1;
const NO_EPOCH = -1;
/** Attempts at offsets of topics that the broker does not know: it may be behind, or they are gone. */
const UNKNOWN_TOPIC_ATTEMPTS_MAX = 3;

/** Who commits: a member of a generation; without id, and in generation -1, anybody for a group without members. */
export interface Committer {
  readonly memberId: string;
  /** Generation, or member epoch in the new protocol. */
  readonly generationId: number;
  readonly instanceId?: string | null;
}

/** A partition whose offset was not stored. */
export interface OffsetFailure extends TopicPartition {
  readonly error: KafkaError;
}

/** Offsets of some partitions were not stored; those that are not in `failures` were. */
export class OffsetCommitError extends KafkaError {
  readonly failures: readonly OffsetFailure[];

  constructor(
    group: string,
    failures: readonly [OffsetFailure, ...OffsetFailure[]],
    retriable: boolean,
  ) {
    const [{ error }] = failures;
    const others = failures.length === 1 ? "" : `, and ${failures.length - 1} others`;
    super(`group ${group}: an offset was not stored: ${error.message}${others}`, {
      code: error.code,
      ...(error.errorCode === undefined ? {} : { errorCode: error.errorCode }),
      retriable: retriable && failures.every((failure) => failure.error.retriable),
      context: { group, topic: failures[0].topic, partition: failures[0].partition },
      cause: error,
    });
    this.failures = failures;
  }
}

/**
 * Commits where a group is to go on; retries while the coordinator moves or loads. Throws what the group
 * says to it, such as ILLEGAL_GENERATION, and {@link OffsetCommitError} for single partitions.
 */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly OffsetToCommit[],
  by: Committer,
  deadline: Deadline,
): Promise<void> {
  if (offsets.length === 0) return;
  const byTopic = groupBy(offsets, ({ topic }) => topic);
  const ids = topicIds(cluster, [...byTopic.keys()]);
  let attempts = 0;
  const attempt = async (): Promise<void> => {
    const connection = await cluster.coordinatorOf(group, deadline);
    const response = await connection.request(
      ids === undefined ? commitByNameCall : offsetCommitCall,
      {
        groupId: group,
        generationIdOrMemberEpoch: by.generationId,
        memberId: by.memberId,
        groupInstanceId: by.instanceId ?? null,
        topics: [...byTopic].map(([name, of]) => ({
          name,
          topicId: ids?.get(name) ?? ZERO_UUID,
          partitions: of.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch,
            committedMetadata: metadata ?? "",
          })),
        })),
      },
      cluster.bounds(deadline),
    );
    attempts++;
    throwOnFailures(group, response, ids, attempts < UNKNOWN_TOPIC_ATTEMPTS_MAX);
  };
  await deadline.retry(attempt, (thrown) => forgetAfter(cluster, group, thrown));
}

function throwOnFailures(
  group: string,
  { topics }: OffsetCommitResponse,
  ids: ReadonlyMap<string, Uuid> | undefined,
  mayRetry: boolean,
): void {
  const names = namesById(ids);
  const failures: OffsetFailure[] = [];
  for (const { name, topicId, partitions } of topics) {
    const topic = name === "" ? (names.get(topicId) ?? topicId) : name;
    for (const { partitionIndex: partition, errorCode } of partitions) {
      if (errorCode === ErrorCode.NONE) continue;
      if (!partitionCodes.has(errorCode)) throw brokerError(errorCode, { group });
      const error = brokerError(errorCode, { group, topic, partition });
      failures.push({ topic, partition, error });
    }
  }
  const [first, ...others] = failures;
  if (first !== undefined) throw new OffsetCommitError(group, [first, ...others], mayRetry);
}

/** What is said of single partitions; every other code is about the group or the member. */
const partitionCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.OFFSET_METADATA_TOO_LARGE,
  ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
]);

/** Which offsets are asked for, and by whom. */
export interface OffsetQuery {
  readonly group: string;
  /** `null` for all that the group has. */
  readonly partitions: readonly TopicPartition[] | null;
  /** A member of a group of the new protocol, whose epoch is checked. */
  readonly member?: Committer | undefined;
  /** Wait for open transactions that commit offsets, instead of giving what was before (KIP-447). */
  readonly requireStable?: boolean;
}

/**
 * What a group has committed; partitions without anything are missing. Retries while the coordinator
 * moves or loads, and while offsets are unstable.
 */
export async function fetchOffsets(
  cluster: Cluster,
  query: OffsetQuery,
  deadline: Deadline,
): Promise<readonly OffsetToCommit[]> {
  const { group, partitions } = query;
  if (partitions?.length === 0) return [];
  const attempt = async (): Promise<OffsetToCommit[]> => {
    const ids =
      partitions === null
        ? undefined
        : topicIds(cluster, [...new Set(partitions.map(({ topic }) => topic))]);
    const connection = await cluster.coordinatorOf(group, deadline);
    const response = await requestOffsets(cluster, connection, query, ids, deadline);
    return committedOf(group, response, ids);
  };
  return deadline.retry(attempt, (thrown) => forgetAfter(cluster, group, thrown));
}

function requestOffsets(
  cluster: Cluster,
  connection: BrokerConnection,
  query: OffsetQuery,
  ids: ReadonlyMap<string, Uuid> | undefined,
  deadline: Deadline,
): Promise<OffsetFetchResponse> {
  const call = ids === undefined ? fetchByNameCall : offsetFetchCall;
  const version = connection.versionOf(call) ?? 0;
  const body =
    version >= FETCH_GROUPS_VERSION
      ? { groups: [groupOf(query, ids)] }
      : { groupId: query.group, topics: topicsOf(query.partitions, undefined) };
  const requireStable = query.requireStable === true && version >= FETCH_STABLE_VERSION;
  return connection.request(call, { ...body, requireStable }, cluster.bounds(deadline));
}

function groupOf(query: OffsetQuery, ids: ReadonlyMap<string, Uuid> | undefined) {
  const { group, member, partitions } = query;
  return {
    groupId: group,
    memberId: member?.memberId ?? null,
    memberEpoch: member?.generationId ?? NO_EPOCH,
    topics: topicsOf(partitions, ids),
  };
}

function topicsOf(
  partitions: readonly TopicPartition[] | null,
  ids: ReadonlyMap<string, Uuid> | undefined,
) {
  if (partitions === null) return null;
  return [...groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    topicId: ids?.get(name) ?? ZERO_UUID,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
}

function committedOf(
  group: string,
  response: OffsetFetchResponse,
  ids: ReadonlyMap<string, Uuid> | undefined,
): OffsetToCommit[] {
  const names = namesById(ids);
  const own = response.groups.find(({ groupId }) => groupId === group);
  const { errorCode, topics } = own ?? response;
  throwOnError(errorCode, { group });
  const offsets: OffsetToCommit[] = [];
  for (const found of topics) {
    const byId = "topicId" in found ? names.get(found.topicId) : undefined;
    const topic = found.name === "" ? (byId ?? "") : found.name;
    for (const answer of found.partitions) {
      const { partitionIndex: partition, committedOffset, metadata } = answer;
      throwOnError(answer.errorCode, { group, topic, partition });
      if (committedOffset === NO_OFFSET) continue;
      offsets.push({
        topic,
        partition,
        offset: committedOffset,
        leaderEpoch: answer.committedLeaderEpoch,
        metadata: metadata ?? "",
      });
    }
  }
  return offsets;
}

/** The ids of topics if all are known: offsets of a topic that is made anew meanwhile are not mixed up then. */
function topicIds(cluster: Cluster, names: readonly string[]): Map<string, Uuid> | undefined {
  const ids = new Map<string, Uuid>();
  for (const name of names) {
    const id = cluster.knownTopic(name)?.topicId;
    if (id === undefined || id === ZERO_UUID) return undefined;
    ids.set(name, id);
  }
  return ids;
}

function namesById(ids: ReadonlyMap<string, Uuid> | undefined): ReadonlyMap<Uuid, string> {
  return new Map([...(ids ?? [])].map(([name, id]) => [id, name]));
}
