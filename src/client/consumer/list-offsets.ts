import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, clientError, type KafkaError } from "../errors.ts";
import { groupBy, groupByLeader } from "../partitions.ts";

const listOffsetsCall = apiCall(ApiKey.LIST_OFFSETS, listOffsetsRequest, listOffsetsResponse);
const CONSUMER_REPLICA_ID = -1;

/** Timestamps that mean a place instead of a time. */
export const OffsetSpec = {
  /** The end: the high watermark, or the last stable offset for those who read committed records alone. */
  latest: -1,
  /** The oldest record, wherever it is stored. */
  earliest: -2,
  /** The record with the greatest timestamp (KIP-734). */
  maxTimestamp: -3,
  /** The oldest record on the leader's own disk (KIP-405). */
  earliestLocal: -4,
  /** The newest record in tiered storage (KIP-1005); -1 where nothing is. */
  latestTiered: -5,
  /** The oldest record that tiered storage is still to get (KIP-1023); -1 where it is not in use. */
  earliestPendingUpload: -6,
} as const;

/** Versions that know an {@link OffsetSpec}: older ones would look for records of that time. */
const specVersions: ReadonlyMap<number, number> = new Map([
  [OffsetSpec.maxTimestamp, 7],
  [OffsetSpec.earliestLocal, 8],
  [OffsetSpec.latestTiered, 9],
  [OffsetSpec.earliestPendingUpload, 11],
]);

/** An offset that was looked up. */
export interface PartitionOffset extends TopicPartition {
  /** -1: no record has this timestamp or a later one. */
  readonly offset: number;
  /** Of the record found, -1 for places. */
  readonly timestamp: number;
  /** Epoch of the leader that the offset is of, -1 when not known. */
  readonly leaderEpoch: number;
}

/** What to look for in one partition. */
export interface OffsetQuery extends TopicPartition {
  /** Milliseconds since 1970, or an {@link OffsetSpec}. */
  readonly timestamp: number;
  /** Of the leader as it is known, so that another one refuses. */
  readonly leaderEpoch?: number | undefined;
}

export interface ListOffsetsOptions extends CallOptions {
  /** The end is then the last stable offset, beyond which transactions are open. */
  readonly readCommitted?: boolean;
}

/**
 * The first offset of each partition whose record has the timestamp (milliseconds since 1970) or a
 * later one, or an {@link OffsetSpec}. Asks the leaders, as long as the deadline allows.
 */
export async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
  options: ListOffsetsOptions = {},
): Promise<readonly PartitionOffset[]> {
  const deadline = cluster.deadline(options);
  const found = new Map<string, PartitionOffset>();
  const nameOf = ({ topic, partition }: TopicPartition): string =>
    topicPartitionName(topic, partition);
  const attempt = async (): Promise<void> => {
    const missing = partitions
      .filter((partition) => !found.has(nameOf(partition)))
      .map(({ topic, partition }) => ({ topic, partition, timestamp }));
    const byLeader = await groupByLeader(cluster, missing, deadline);
    const answers = await Promise.all(
      [...byLeader].map(([leader, queries]) =>
        askOffsets(cluster, leader, queries, options.readCommitted === true, deadline),
      ),
    );
    for (const answer of answers.flat()) if ("offset" in answer) found.set(nameOf(answer), answer);
    for (const answer of answers.flat()) if (!("offset" in answer)) throw answer;
  };
  await deadline.retry(attempt, (thrown) => cluster.forget(thrown));
  return partitions.flatMap((partition) => found.get(nameOf(partition)) ?? []);
}

/** Asks one leader once: an offset, or an error, for each partition. */
export async function askOffsets(
  cluster: Cluster,
  leader: number,
  queries: readonly OffsetQuery[],
  readCommitted: boolean,
  deadline: Deadline,
): Promise<readonly (PartitionOffset | KafkaError)[]> {
  const connection = await cluster.connectionTo(leader, deadline);
  checkSpecs(queries, connection.versionOf(listOffsetsCall) ?? 0, connection.where);
  const bounds = cluster.bounds(deadline);
  const response = await connection.request(
    listOffsetsCall,
    { ...requestOf(queries, readCommitted), timeoutMs: Math.ceil(bounds.timeoutMs) },
    bounds,
  );
  return response.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch }) =>
      errorCode === ErrorCode.NONE
        ? { topic, partition, offset, timestamp, leaderEpoch }
        : brokerError(errorCode, { api: "ListOffsets", topic, partition, nodeId: leader }),
    ),
  );
}

function requestOf(queries: readonly OffsetQuery[], readCommitted: boolean) {
  return {
    replicaId: CONSUMER_REPLICA_ID,
    isolationLevel: readCommitted ? 1 : 0,
    topics: [...groupBy(queries, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      partitions: of.map(({ partition, timestamp, leaderEpoch = -1 }) => ({
        partitionIndex: partition,
        timestamp,
        currentLeaderEpoch: leaderEpoch,
      })),
    })),
  };
}

function checkSpecs(queries: readonly OffsetQuery[], version: number, broker: string): void {
  for (const { timestamp } of queries) {
    const needed = specVersions.get(timestamp) ?? 0;
    if (version >= needed) continue;
    const message = `${broker} does not know this place in a log: it takes version ${needed} of ListOffsets`;
    throw clientError("UNSUPPORTED_API", message, { context: { api: "ListOffsets", broker } });
  }
}
