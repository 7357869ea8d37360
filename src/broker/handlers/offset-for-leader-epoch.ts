import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponseInput,
} from "../../protocol/messages/offset-for-leader-epoch.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

type Wanted = OffsetForLeaderEpochRequest["topics"][number]["partitions"][number];
type TopicAnswer = NonNullable<OffsetForLeaderEpochResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/**
 * OffsetForLeaderEpoch, versions 2 to 4: where an epoch ends in the leader's log, by which a consumer
 * finds out that its position was truncated away (KIP-320). v4 flexible.
 */
export function handleOffsetForLeaderEpoch(
  broker: Broker,
  _context: RequestContext,
  request: OffsetForLeaderEpochRequest,
): OffsetForLeaderEpochResponseInput {
  return {
    topics: request.topics.map((topic) => ({
      topic: topic.topic,
      partitions: topic.partitions.map((wanted) => endOffset(broker, topic.topic, wanted)),
    })),
  };
}

function endOffset(broker: Broker, topic: string, wanted: Wanted): PartitionAnswer {
  const partition = broker.replicas.partitionOf(topic, wanted.partition);
  if (partition === undefined) {
    return {
      partition: wanted.partition,
      errorCode: broker.missingPartition(topic, wanted.partition),
    };
  }
  const errorCode = partition.checkLeader(wanted.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { partition: wanted.partition, errorCode };
  const { log } = partition;
  // The current epoch has not ended: it reaches to the end of the log.
  const end =
    wanted.leaderEpoch === partition.leaderEpoch
      ? { epoch: partition.leaderEpoch, endOffset: log.logEndOffset }
      : log.endOffsetForEpoch(wanted.leaderEpoch);
  return {
    partition: wanted.partition,
    errorCode,
    leaderEpoch: end?.epoch ?? -1,
    endOffset: end?.endOffset ?? -1,
  };
}
