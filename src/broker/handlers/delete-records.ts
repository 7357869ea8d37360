import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DeleteRecordsRequest,
  DeleteRecordsResponseInput,
} from "../../protocol/messages/delete-records.ts";
import type { Broker } from "../broker.ts";
import { isInternalTopic } from "../internal-topics.ts";
import type { RequestContext } from "../request-context.ts";

type Wanted = DeleteRecordsRequest["topics"][number]["partitions"][number];
type TopicAnswer = NonNullable<DeleteRecordsResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/** An offset that means the high watermark. */
const HIGH_WATERMARK = -1;

/** DeleteRecords, versions 0 to 2: raises the log start offset (KIP-107). v2 flexible. */
export function handleDeleteRecords(
  broker: Broker,
  _context: RequestContext,
  request: DeleteRecordsRequest,
): DeleteRecordsResponseInput {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.map((wanted) => deleteRecords(broker, topic.name, wanted)),
    })),
  };
}

function deleteRecords(broker: Broker, topic: string, wanted: Wanted): PartitionAnswer {
  const partition = broker.replicas.partitionOf(topic, wanted.partitionIndex);
  if (partition === undefined) {
    return refuse(wanted, broker.missingPartition(topic, wanted.partitionIndex));
  }
  if (isInternalTopic(topic)) return refuse(wanted, ErrorCode.INVALID_TOPIC_EXCEPTION);
  const check = partition.checkLeader(-1);
  if (check !== ErrorCode.NONE) return refuse(wanted, check);
  const { log } = partition;
  if (!log.config.delete) return refuse(wanted, ErrorCode.POLICY_VIOLATION);
  const offset = wanted.offset === HIGH_WATERMARK ? partition.highWatermark : wanted.offset;
  if (offset < 0 || offset > partition.highWatermark) {
    return refuse(wanted, ErrorCode.OFFSET_OUT_OF_RANGE);
  }
  log.advanceLogStartOffset(offset);
  return {
    partitionIndex: wanted.partitionIndex,
    errorCode: ErrorCode.NONE,
    lowWatermark: log.logStartOffset,
  };
}

function refuse(wanted: Wanted, errorCode: number): PartitionAnswer {
  return { partitionIndex: wanted.partitionIndex, errorCode, lowWatermark: -1 };
}
