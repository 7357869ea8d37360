import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
} from "../../protocol/messages/alter-share-group-offsets.ts";
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from "../../protocol/messages/delete-share-group-offsets.ts";
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsResponse,
} from "../../protocol/messages/describe-share-group-offsets.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import type { GroupOffsetsQuery } from "./group-offsets.ts";
import { partitionOutcome, type Outcome, type PartitionOutcome } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { byCoordinator } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { orNull } from "./vocabulary.ts";

const describeOffsetsCall = apiCall(
  ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS,
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
);
const alterOffsetsCall = apiCall(
  ApiKey.ALTER_SHARE_GROUP_OFFSETS,
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
);
const deleteOffsetsCall = apiCall(
  ApiKey.DELETE_SHARE_GROUP_OFFSETS,
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
);
/** Groups in one request; bounds what one answer takes to decode. */
const GROUPS_PER_REQUEST_MAX = 100;

/** Where a share group is in a partition (KIP-932). */
export interface ShareGroupOffset extends TopicPartition {
  /** The first record that is not done with; null before the group has begun. */
  readonly startOffset: number | null;
  readonly leaderEpoch: number | null;
  /** Records that are not done with; null where the broker does not tell (KIP-1226). */
  readonly lag: number | null;
}

/** Where a share group is to go on. */
export interface ShareOffsetAlteration extends TopicPartition {
  readonly startOffset: number;
}

type WireGroup = ElementOf<DescribeShareGroupOffsetsResponse["groups"]>;

/** Where share groups are; one outcome for each (KIP-932). */
export async function listShareGroupOffsets(
  cluster: Cluster,
  groups: readonly GroupOffsetsQuery[],
  options: CallOptions = {},
): Promise<readonly Outcome<readonly ShareGroupOffset[]>[]> {
  const deadline = cluster.deadline(options);
  const nameOf = (query: GroupOffsetsQuery): string =>
    typeof query === "string" ? query : query.group;
  const settled = await byCoordinator<GroupOffsetsQuery, readonly ShareGroupOffset[]>({
    cluster,
    items: groups,
    deadline,
    keyOf: nameOf,
    contextOf: (query) => ({ group: nameOf(query) }),
    perRequestMax: GROUPS_PER_REQUEST_MAX,
    async ask(connection, items, settle) {
      const body = {
        groups: items.map((item) => ({
          groupId: nameOf(item),
          topics: typeof item === "string" ? null : topicsOf(item.partitions),
        })),
      };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(describeOffsetsCall, body, bounds);
      const answers = new Map(response.groups.map((answer) => [answer.groupId, answer]));
      for (const item of items) {
        const answer = answers.get(nameOf(item));
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => offsetsOf(answer));
      }
    },
  });
  return groups.map((query) => ({ name: nameOf(query), ...resultOf(settled, query) }));
}

function topicsOf(partitions: readonly TopicPartition[] | undefined) {
  if (partitions === undefined) return null;
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topicName, of]) => ({
    topicName,
    partitions: of.map(({ partition }) => partition),
  }));
}

function offsetsOf({ topics }: WireGroup): ShareGroupOffset[] {
  return topics.flatMap(({ topicName: topic, partitions }) =>
    partitions
      .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
      .map(({ partitionIndex: partition, startOffset, leaderEpoch, lag }) => ({
        topic,
        partition,
        startOffset: orNull(startOffset),
        leaderEpoch: startOffset < 0 ? null : orNull(leaderEpoch),
        lag: orNull(lag),
      })),
  );
}

/**
 * Sets where a share group without members goes on; one outcome for each partition (KIP-932). All
 * have the error `NON_EMPTY_GROUP` or `GROUP_ID_NOT_FOUND` when the group is not like that.
 */
export async function alterShareGroupOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly ShareOffsetAlteration[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<ShareOffsetAlteration, undefined>({
    cluster,
    items: offsets,
    deadline,
    keyOf: () => group,
    contextOf: ({ topic, partition }) => ({ group, topic, partition }),
    async ask(connection, items, settle) {
      const body = {
        groupId: group,
        topics: [...groupBy(items, ({ topic }) => topic)].map(([topicName, of]) => ({
          topicName,
          partitions: of.map(({ partition, startOffset }) => ({
            partitionIndex: partition,
            startOffset,
          })),
        })),
      };
      const response = await connection.request(alterOffsetsCall, body, cluster.bounds(deadline));
      throwOnError(response.errorCode, { group }, response.errorMessage);
      const asked = new PartitionIndex(items);
      for (const { topicName, partitions } of response.responses) {
        for (const { partitionIndex, errorCode, errorMessage } of partitions) {
          const item = asked.get(topicName, partitionIndex);
          if (item !== undefined) settle.answered(item, errorCode, errorMessage, () => undefined);
        }
      }
    },
  });
  return offsets.map((offset) => partitionOutcome(offset, resultOf(settled, offset)));
}

/**
 * Removes what a share group without members knows of topics; one outcome for each topic (KIP-932).
 * All have the error `NON_EMPTY_GROUP` or `GROUP_ID_NOT_FOUND` when the group is not like that.
 */
export async function deleteShareGroupOffsets(
  cluster: Cluster,
  group: string,
  topics: readonly string[],
  options: CallOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<string, undefined>({
    cluster,
    items: topics,
    deadline,
    keyOf: () => group,
    contextOf: (topic) => ({ group, topic }),
    async ask(connection, items, settle) {
      const body = { groupId: group, topics: items.map((topicName) => ({ topicName })) };
      const response = await connection.request(deleteOffsetsCall, body, cluster.bounds(deadline));
      throwOnError(response.errorCode, { group }, response.errorMessage);
      for (const { topicName, errorCode, errorMessage } of response.responses) {
        settle.answered(topicName, errorCode, errorMessage, () => undefined);
      }
    },
  });
  return topics.map((topic) => ({ name: topic, ...resultOf(settled, topic) }));
}
