import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeProducersRequest,
  DescribeProducersResponseInput,
} from "../../protocol/messages/describe-producers.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";
import { invalidTopicName } from "../../controller/topic-names.ts";

type TopicAnswer = NonNullable<DescribeProducersResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/** DescribeProducers, version 0 (KIP-664): who has written to a partition lately. */
export function handleDescribeProducers(
  broker: Broker,
  _context: RequestContext,
  request: DescribeProducersRequest,
): DescribeProducersResponseInput {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitionIndexes.map((index) => describe(broker, topic.name, index)),
    })),
  };
}

function describe(broker: Broker, topic: string, partitionIndex: number): PartitionAnswer {
  const partition = broker.replicas.partitionOf(topic, partitionIndex);
  if (partition === undefined) {
    const errorCode =
      invalidTopicName(topic) !== undefined
        ? ErrorCode.INVALID_TOPIC_EXCEPTION
        : broker.missingPartition(topic, partitionIndex);
    return { partitionIndex, errorCode };
  }
  const errorCode = partition.checkLeader(-1);
  if (errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode };
  return {
    partitionIndex,
    errorCode,
    activeProducers: partition.log.activeProducers().map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestamp,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.currentTransactionStartOffset,
    })),
  };
}
