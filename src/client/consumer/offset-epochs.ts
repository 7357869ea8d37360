import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "../../protocol/messages/offset-for-leader-epoch.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, type KafkaError } from "../errors.ts";
import { groupBy } from "../partitions.ts";

const offsetForLeaderEpochCall = apiCall(
  ApiKey.OFFSET_FOR_LEADER_EPOCH,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
);
const CONSUMER_REPLICA_ID = -1;

/** Where an epoch ends in the log of a leader. */
export interface EpochQuery extends TopicPartition {
  /** The epoch in question: that of the last record that was read. */
  readonly epoch: number;
  /** Of the leader as it is known. */
  readonly leaderEpoch: number;
}

export interface EpochEnd extends TopicPartition {
  /** The epoch, or the last one before it that the leader has; -1 when it has none. */
  readonly epoch: number;
  /** The offset after the last record of that epoch; -1 when it is not known. */
  readonly endOffset: number;
}

/**
 * Asks a leader where epochs end in its log (KIP-320): an answer or an error for each partition.
 * `undefined` when the broker does not serve it to consumers.
 */
export async function askEpochEnds(
  cluster: Cluster,
  leader: number,
  queries: readonly EpochQuery[],
  deadline: Deadline,
): Promise<readonly (EpochEnd | KafkaError)[] | undefined> {
  const connection = await cluster.connectionTo(leader, deadline);
  if (connection.versionOf(offsetForLeaderEpochCall) === undefined) return undefined;
  const response = await connection.request(
    offsetForLeaderEpochCall,
    {
      replicaId: CONSUMER_REPLICA_ID,
      topics: [...groupBy(queries, ({ topic }) => topic)].map(([topic, of]) => ({
        topic,
        partitions: of.map(({ partition, epoch, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          leaderEpoch: epoch,
        })),
      })),
    },
    cluster.bounds(deadline),
  );
  return response.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode, leaderEpoch: epoch, endOffset }) =>
      errorCode === ErrorCode.NONE
        ? { topic, partition, epoch, endOffset }
        : brokerError(errorCode, { api: "OffsetForLeaderEpoch", topic, partition, nodeId: leader }),
    ),
  );
}
