import { ErrorCode, errorName } from "../../protocol/error-code.ts";
import type {
  FindCoordinatorRequest,
  FindCoordinatorResponseInput,
} from "../../protocol/messages/find-coordinator.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

interface CoordinatorAnswer {
  readonly key: string;
  readonly errorCode: number;
  /** Empty where the code says it all. */
  readonly errorMessage: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** From here several keys may be asked for at once. */
const BATCH_VERSION = 4;
const KEY_TYPE_GROUP = 0;
const KEY_TYPE_TRANSACTION = 1;
const KEY_TYPE_SHARE = 2;
const SHARE_VERSION = 6;

/**
 * FindCoordinator, versions 0 to 6. v3 flexible. v4 many keys (KIP-699). v5 TRANSACTION_ABORTABLE. v6
 * share groups. The internal topic is created on first use, and the answer waits for it.
 */
export async function handleFindCoordinator(
  broker: Broker,
  context: RequestContext,
  request: FindCoordinatorRequest,
): Promise<FindCoordinatorResponseInput> {
  if (context.apiVersion >= BATCH_VERSION) {
    const coordinators: CoordinatorAnswer[] = [];
    for (const key of request.coordinatorKeys) {
      coordinators.push(await findCoordinator(broker, context, request.keyType, key));
    }
    return { coordinators };
  }
  const found = await findCoordinator(broker, context, request.keyType, request.key);
  return {
    errorCode: found.errorCode,
    // Clients before version 4 are told the name of the code where there is nothing to explain.
    errorMessage: found.errorMessage === "" ? errorName(found.errorCode) : found.errorMessage,
    nodeId: found.nodeId,
    host: found.host,
    port: found.port,
  };
}

async function findCoordinator(
  broker: Broker,
  context: RequestContext,
  keyType: number,
  key: string,
): Promise<CoordinatorAnswer> {
  if (keyType === KEY_TYPE_SHARE && context.apiVersion < SHARE_VERSION) {
    return refuse(key, ErrorCode.INVALID_REQUEST, "share coordinators need version 6");
  }
  if (keyType !== KEY_TYPE_GROUP) {
    const known = keyType === KEY_TYPE_TRANSACTION || keyType === KEY_TYPE_SHARE;
    return known
      ? refuse(key, ErrorCode.UNSUPPORTED_VERSION, "this broker has no such coordinator yet")
      : refuse(key, ErrorCode.INVALID_REQUEST, `unknown coordinator type ${keyType}`);
  }
  const topicReady = await broker.ensureGroupMetadataTopic();
  if (!topicReady) return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const leader = broker.groupCoordinatorNode(key, context.listenerName);
  if (leader === undefined) return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { nodeId, host, port } = leader;
  return { key, errorCode: ErrorCode.NONE, errorMessage: "", nodeId, host, port };
}

function refuse(key: string, errorCode: number, errorMessage = ""): CoordinatorAnswer {
  return {
    key,
    errorCode,
    errorMessage,
    nodeId: -1,
    host: "",
    port: -1,
  };
}
