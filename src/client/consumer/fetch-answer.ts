import { ErrorCode } from "../../protocol/error-code.ts";
import type { FetchResponse } from "../../protocol/messages/fetch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { brokerError, kafkaError } from "../errors.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { SessionPartition } from "./fetch-session.ts";
import { FetchedChunk, measureChunk } from "./fetched-chunk.ts";
import { pausePartition, refusedByLeader } from "./partition-retry.ts";
import type { ReadingContext } from "./reading-context.ts";

type PartitionData = ElementOf<ElementOf<FetchResponse["responses"]>["partitions"]>;

/** How long a replica that the leader named is read from before the leader is asked again (KIP-392). */
const PREFERRED_REPLICA_MS = 300_000;

/**
 * Takes what an answer says of one partition: records into the buffer, or what has to be done about an
 * error. What is not about the partition as it is now (it was taken away or moved meanwhile) is dropped.
 */
export function takePartition(
  context: ReadingContext,
  { partition, generation, fetchOffset }: SessionPartition,
  data: PartitionData,
  response: FetchResponse,
  nodeId: number,
): void {
  if (partition.isGone || partition.generation !== generation) return;
  if (partition.wanted !== undefined || partition.fetchOffset !== fetchOffset) return;
  if (data.errorCode !== ErrorCode.NONE) {
    onError(context, partition, data, response, nodeId);
    return;
  }
  partition.failures = 0;
  partition.highWatermark = data.highWatermark;
  partition.lastStableOffset = data.lastStableOffset;
  if (data.logStartOffset >= 0) partition.logStartOffset = data.logStartOffset;
  if (data.preferredReadReplica >= 0) {
    const nowMs = context.cluster.platform.clock.monotonicMs();
    partition.preferredReplica = data.preferredReadReplica;
    partition.preferredUntilMs = nowMs + PREFERRED_REPLICA_MS;
  }
  if (data.records !== null && data.records.length > 0) {
    takeRecords(context, partition, data.records, data);
  }
}

function takeRecords(
  { options, buffer }: ReadingContext,
  partition: AssignedPartition,
  bytes: Buffer,
  { abortedTransactions }: PartitionData,
): void {
  const { fetchOffset } = partition;
  const measure = measureChunk(bytes, fetchOffset);
  if (measure.wholeBytes === 0) {
    const { topic, partition: index, name } = partition;
    const message = `partition ${name}: ${bytes.length} bytes at offset ${fetchOffset} hold no whole batch`;
    const context = { topic, partition: index, offset: fetchOffset };
    const code = "CORRUPT_MESSAGE";
    buffer.fail(partition, kafkaError(message, { code, retriable: false, context }));
    return;
  }
  const aborted = options.readCommitted ? (abortedTransactions ?? []) : undefined;
  const { checkCrcs } = options;
  partition.fetchOffset = measure.nextOffset;
  partition.fetchEpoch = measure.leaderEpoch;
  buffer.add(partition, new FetchedChunk(partition, bytes, measure, { checkCrcs, aborted }));
}

function onError(
  context: ReadingContext,
  partition: AssignedPartition,
  data: PartitionData,
  response: FetchResponse,
  nodeId: number,
): void {
  const { topic, partition: index } = partition;
  const { errorCode } = data;
  const isFromReplica = nodeId === partition.preferredReplica;
  partition.preferredReplica = -1;
  switch (errorCode) {
    case ErrorCode.OFFSET_OUT_OF_RANGE:
      // A replica may be behind its leader, who knows.
      if (isFromReplica) return;
      partition.wanted = { kind: "reset", offset: partition.fetchOffset };
      context.wantPlaces();
      return;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.FENCED_LEADER_EPOCH:
      if (context.cluster.learnLeader(topic, index, data.currentLeader, response.nodeEndpoints)) {
        return;
      }
      refusedByLeader(context, partition, errorCode, "Fetch");
      return;
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.UNKNOWN_TOPIC_ID:
    case ErrorCode.INCONSISTENT_TOPIC_ID:
    case ErrorCode.REPLICA_NOT_AVAILABLE:
    case ErrorCode.KAFKA_STORAGE_ERROR:
    case ErrorCode.OFFSET_NOT_AVAILABLE:
    case ErrorCode.LEADER_NOT_AVAILABLE:
      refusedByLeader(context, partition, errorCode, "Fetch");
      return;
    case ErrorCode.UNKNOWN_LEADER_EPOCH:
    case ErrorCode.UNKNOWN_SERVER_ERROR:
      context.cluster.logger.debug("fetching a partition failed and is tried again", {
        topic,
        partition: index,
        errorCode,
      });
      pausePartition(context.cluster, partition);
      return;
    default: {
      const offset = partition.fetchOffset;
      const error = brokerError(errorCode, {
        api: "Fetch",
        topic,
        partition: index,
        offset,
        nodeId,
      });
      if (error.retriable) pausePartition(context.cluster, partition);
      else context.buffer.fail(partition, error);
    }
  }
}
