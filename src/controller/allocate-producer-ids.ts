import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from "../protocol/messages/allocate-producer-ids.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { apiError, type ApiError, type ControllerState, type Decision } from "./decision.ts";

/** Producer ids are handed to brokers in blocks of this many (KIP-730). */
export const PRODUCER_ID_BLOCK = 1000;
/** Ids are int64 for Kafka; beyond this they could not be told apart here. */
const PRODUCER_ID_MAX = Number.MAX_SAFE_INTEGER;

/** AllocateProducerIds: the next block for a registered broker. */
export function decideAllocateProducerIds(
  state: ControllerState,
  request: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsResponse> {
  const refused = refusal(state, request);
  if (refused !== undefined) return { records: [], reply: response(refused.code, 0, 0) };
  const start = Math.max(0, state.image.nextProducerId);
  if (start > PRODUCER_ID_MAX - PRODUCER_ID_BLOCK) {
    return { records: [], reply: response(ErrorCode.UNKNOWN_SERVER_ERROR, 0, 0) };
  }
  const record: ClusterRecord = {
    kind: "ProducerIdsRecord",
    version: 0,
    value: {
      brokerId: request.brokerId,
      brokerEpoch: request.brokerEpoch,
      nextProducerId: start + PRODUCER_ID_BLOCK,
    },
  };
  return { records: [record], reply: response(ErrorCode.NONE, start, PRODUCER_ID_BLOCK) };
}

function refusal(
  state: ControllerState,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): ApiError | undefined {
  const broker = state.image.brokers.get(brokerId);
  if (broker === undefined) return apiError("BROKER_ID_NOT_REGISTERED", null);
  return broker.epoch === brokerEpoch ? undefined : apiError("STALE_BROKER_EPOCH", null);
}

function response(
  errorCode: ErrorCode,
  producerIdStart: number,
  producerIdLen: number,
): AllocateProducerIdsResponse {
  return { throttleTimeMs: 0, errorCode, producerIdStart, producerIdLen };
}
