import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  ListOffsetsRequest,
  ListOffsetsResponseInput,
} from "../../protocol/messages/list-offsets.ts";
import type { Broker } from "../broker.ts";
import type { Partition } from "../partition.ts";
import type { RequestContext } from "../request-context.ts";

type TopicAnswer = NonNullable<ListOffsetsResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];
type Wanted = ListOffsetsRequest["topics"][number]["partitions"][number];

/** Timestamps that ask for a place instead of a time, and since which version. */
const Special = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const;
const specialSince = new Map<number, number>([
  [Special.LATEST, 0],
  [Special.EARLIEST, 0],
  [Special.MAX_TIMESTAMP, 7],
  [Special.EARLIEST_LOCAL, 8],
  [Special.LATEST_TIERED, 9],
  [Special.EARLIEST_PENDING_UPLOAD, 11],
]);
const READ_COMMITTED = 1;
/** A debugging client that reads from any replica. */
const DEBUGGING_REPLICA_ID = -2;

/**
 * ListOffsets, versions 1 to 11.
 *
 * v2 isolation level. v4 leader epochs. v6 flexible. v7 max timestamp (KIP-734). v8 earliest local, v9
 * latest tiered, v11 earliest pending upload: without tiered storage the local log is all there is.
 * v10 timeout.
 */
export function handleListOffsets(
  broker: Broker,
  context: RequestContext,
  request: ListOffsetsRequest,
): ListOffsetsResponseInput {
  const topics = new Map<string, Map<number, PartitionAnswer>>();
  for (const { name, partitions } of request.topics) {
    const answers = topics.get(name) ?? new Map<number, PartitionAnswer>();
    topics.set(name, answers);
    for (const wanted of partitions) {
      const { partitionIndex } = wanted;
      const answer = answers.has(partitionIndex)
        ? refuse(wanted, ErrorCode.INVALID_REQUEST)
        : listOffset(broker, context, request, name, wanted);
      answers.set(partitionIndex, answer);
    }
  }
  return {
    topics: Array.from(topics, ([name, answers]) => ({ name, partitions: [...answers.values()] })),
  };
}

function listOffset(
  broker: Broker,
  context: RequestContext,
  request: ListOffsetsRequest,
  topic: string,
  wanted: Wanted,
): PartitionAnswer {
  const { timestamp } = wanted;
  if (timestamp < 0 && context.apiVersion < (specialSince.get(timestamp) ?? Infinity)) {
    return refuse(wanted, ErrorCode.UNSUPPORTED_VERSION);
  }
  const partition = broker.replicas.partitionOf(topic, wanted.partitionIndex);
  if (partition === undefined) {
    return refuse(wanted, broker.missingPartition(topic, wanted.partitionIndex));
  }
  const check = partition.checkLeader(wanted.currentLeaderEpoch);
  if (check !== ErrorCode.NONE && request.replicaId !== DEBUGGING_REPLICA_ID) {
    return refuse(wanted, check);
  }
  const isConsumer = request.replicaId === -1;
  const committed = request.isolationLevel === READ_COMMITTED;
  const end = !isConsumer
    ? partition.log.logEndOffset
    : committed
      ? partition.lastStableOffset
      : partition.highWatermark;
  const found = findOffset(partition, timestamp, end);
  return {
    partitionIndex: wanted.partitionIndex,
    errorCode: ErrorCode.NONE,
    timestamp: found?.timestamp ?? -1,
    offset: found?.offset ?? -1,
    // Versions below 4 have no room for it.
    leaderEpoch: context.apiVersion >= 4 ? (found?.leaderEpoch ?? -1) : -1,
  };
}

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

function findOffset(partition: Partition, timestamp: number, end: number): Found | undefined {
  const { log } = partition;
  switch (timestamp) {
    case Special.LATEST:
      return { offset: end, timestamp: -1, leaderEpoch: partition.leaderEpoch };
    case Special.EARLIEST:
    case Special.EARLIEST_LOCAL: {
      const offset = log.logStartOffset;
      return { offset, timestamp: -1, leaderEpoch: log.epochOf(offset) ?? -1 };
    }
    case Special.LATEST_TIERED:
      return undefined;
    case Special.EARLIEST_PENDING_UPLOAD:
      return undefined;
    case Special.MAX_TIMESTAMP:
      return log.maxTimestamp();
    default: {
      const found = log.offsetForTimestamp(timestamp);
      return found === undefined || found.offset >= end ? undefined : found;
    }
  }
}

function refuse(wanted: Wanted, errorCode: number): PartitionAnswer {
  return { partitionIndex: wanted.partitionIndex, errorCode };
}
