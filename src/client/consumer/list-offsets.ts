import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, type KafkaError } from "../errors.ts";
import { groupBy, groupByLeader } from "../partitions.ts";

const listOffsetsCall = apiCall(ApiKey.LIST_OFFSETS, listOffsetsRequest, listOffsetsResponse);
const CONSUMER_REPLICA_ID = -1;

/** Timestamps that mean a place instead of a time. */
export const OffsetSpec = {
  latest: -1,
  earliest: -2,
  /** The record with the greatest timestamp (KIP-734). */
  maxTimestamp: -3,
} as const;

export interface PartitionOffset extends TopicPartition {
  /** -1: no record has this timestamp or a later one. */
  readonly offset: number;
  /** Of the record found, -1 for places. */
  readonly timestamp: number;
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
    const missing = partitions.filter((partition) => !found.has(nameOf(partition)));
    const byLeader = await groupByLeader(cluster, missing, deadline);
    const answers = await Promise.all(
      [...byLeader].map(([leader, of]) => {
        const request = requestOf(of, timestamp, options.readCommitted === true);
        return askLeader(cluster, leader, request, deadline);
      }),
    );
    for (const answer of answers.flat()) if ("offset" in answer) found.set(nameOf(answer), answer);
    for (const answer of answers.flat()) if (!("offset" in answer)) throw answer;
  };
  await deadline.retry(attempt, (thrown) => cluster.forget(thrown));
  return partitions.flatMap((partition) => found.get(nameOf(partition)) ?? []);
}

function requestOf(
  partitions: readonly TopicPartition[],
  timestamp: number,
  readCommitted: boolean,
) {
  return {
    replicaId: CONSUMER_REPLICA_ID,
    isolationLevel: readCommitted ? 1 : 0,
    topics: [...groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      partitions: of.map(({ partition }) => ({ partitionIndex: partition, timestamp })),
    })),
  };
}

async function askLeader(
  cluster: Cluster,
  leader: number,
  request: ReturnType<typeof requestOf>,
  deadline: Deadline,
): Promise<(PartitionOffset | KafkaError)[]> {
  const connection = await cluster.connectionTo(leader, deadline);
  const bounds = cluster.bounds(deadline);
  const response = await connection.request(
    listOffsetsCall,
    { ...request, timeoutMs: Math.ceil(bounds.timeoutMs) },
    bounds,
  );
  return response.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp }) =>
      errorCode === ErrorCode.NONE
        ? { topic, partition, offset, timestamp }
        : brokerError(errorCode, { topic, partition }),
    ),
  );
}
