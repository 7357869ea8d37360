import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponseInput,
} from "../../protocol/messages/describe-quorum.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

const METADATA_TOPIC = "__cluster_metadata";

/** DescribeQuorum, versions 0 to 2 (KIP-595). v1 times. v2 directory ids and addresses (KIP-853). */
export function handleDescribeQuorum(
  broker: Broker,
  context: RequestContext,
  request: DescribeQuorumRequest,
): DescribeQuorumResponseInput {
  const asked = request.topics[0];
  const isMetadata =
    request.topics.length === 1 &&
    asked?.topicName === METADATA_TOPIC &&
    asked.partitions.length === 1 &&
    asked.partitions[0]?.partitionIndex === 0;
  if (!isMetadata) return refuse(request);
  const answer = broker.describeQuorum();
  // Versions below 2 have no room for the addresses.
  return context.apiVersion >= 2 ? answer : { ...answer, nodes: [] };
}

function refuse(request: DescribeQuorumRequest): DescribeQuorumResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    topics: request.topics.map((topic) => ({
      topicName: topic.topicName,
      partitions: topic.partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    })),
  };
}
