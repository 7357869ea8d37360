import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  ApiVersionsRequest,
  ApiVersionsResponseInput,
} from "../../protocol/messages/api-versions.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** Feature ranges that begin at 0 are told from this version on (KIP-584, KIP-1022). */
const ZERO_MINIMUM_VERSION = 4;
/** From here a client may say whom it believes to talk to (KIP-1242). */
const CLUSTER_ID_VERSION = 5;
const UNKNOWN_NODE_ID = -1;
/** Names and versions of client software: letters, digits, dots and dashes (KIP-511). */
const SOFTWARE_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * ApiVersions, versions 0 to 5: what this listener serves, and the features of the cluster. A version
 * that is not known is answered in version 0, by the dispatcher (KIP-511).
 */
export function handleApiVersions(
  broker: Broker,
  context: RequestContext,
  request: ApiVersionsRequest,
): ApiVersionsResponseInput {
  const { apiVersion } = context;
  if (apiVersion >= 3 && !isSoftwareNamed(request)) {
    return { errorCode: ErrorCode.INVALID_REQUEST };
  }
  if (apiVersion >= 3) {
    const { clientSoftwareName, clientSoftwareVersion } = request;
    broker.clientSoftware.named(context, clientSoftwareName, clientSoftwareVersion);
  }
  const misdirected =
    apiVersion >= CLUSTER_ID_VERSION ? misdirection(broker, request) : ErrorCode.NONE;
  if (misdirected !== ErrorCode.NONE) return { errorCode: misdirected };
  const { supported, finalized, finalizedEpoch } = broker.features();
  return {
    errorCode: ErrorCode.NONE,
    apiKeys: broker.servedApis(context.listenerName).map(({ key, minVersion, maxVersion }) => ({
      apiKey: key,
      minVersion,
      maxVersion,
    })),
    supportedFeatures: supported.filter(
      (feature) => apiVersion >= ZERO_MINIMUM_VERSION || feature.minVersion > 0,
    ),
    finalizedFeaturesEpoch: finalizedEpoch,
    finalizedFeatures: finalized.map(({ name, level }) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  };
}

function isSoftwareNamed(request: ApiVersionsRequest): boolean {
  return (
    SOFTWARE_PATTERN.test(request.clientSoftwareName) &&
    SOFTWARE_PATTERN.test(request.clientSoftwareVersion)
  );
}

/** Cluster and node are said both or not at all; a node id of -1 is not said. */
function misdirection(broker: Broker, { clusterId, nodeId }: ApiVersionsRequest): ErrorCode {
  if ((clusterId === null) !== (nodeId === UNKNOWN_NODE_ID)) return ErrorCode.INVALID_REQUEST;
  const isForUs =
    clusterId === null || (clusterId === broker.clusterId && nodeId === broker.nodeId);
  return isForUs ? ErrorCode.NONE : ErrorCode.REBOOTSTRAP_REQUIRED;
}
