import { EndpointType } from "../../protocol/constants.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeClusterRequest,
  DescribeClusterResponseInput,
} from "../../protocol/messages/describe-cluster.ts";
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from "../../security/authorized-operations.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** DescribeCluster, versions 0 to 2. v1 endpoint type (KIP-919). v2 fenced brokers (KIP-1073). */
export function handleDescribeCluster(
  broker: Broker,
  context: RequestContext,
  request: DescribeClusterRequest,
): DescribeClusterResponseInput {
  const wanted = broker.listenerKind(context.listenerName);
  const { endpointType } = request;
  if (endpointType !== EndpointType.BROKER && endpointType !== EndpointType.CONTROLLER) {
    return {
      errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: `there is no endpoint type ${endpointType}`,
      clusterId: "",
    };
  }
  const asked = endpointType === EndpointType.CONTROLLER ? "controller" : "broker";
  const clusterAuthorizedOperations = request.includeClusterAuthorizedOperations
    ? CLUSTER_OPERATIONS
    : OPERATIONS_NOT_ASKED;
  if (asked !== wanted) {
    return {
      errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
      errorMessage: `the request was sent to an endpoint of type ${wanted}, but asks for ${asked}`,
      clusterId: "",
    };
  }
  return {
    errorCode: ErrorCode.NONE,
    endpointType,
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    brokers: broker.endpoints(context.listenerName).map((node) => ({
      brokerId: node.nodeId,
      host: node.host,
      port: node.port,
      rack: node.rack,
    })),
    clusterAuthorizedOperations,
  };
}
