import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  InitProducerIdRequest,
  InitProducerIdResponseInput,
} from "../../protocol/messages/init-producer-id.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/**
 * InitProducerId, versions 0 to 5, for idempotent producers: each gets an id that nobody had before,
 * with epoch 0. Transactional ids have no coordinator here yet.
 */
export function handleInitProducerId(
  broker: Broker,
  _context: RequestContext,
  request: InitProducerIdRequest,
): Answer<InitProducerIdResponseInput> {
  const { producerId, producerEpoch, transactionalId } = request;
  if ((producerId === -1) !== (producerEpoch === -1)) {
    return refuse(ErrorCode.INVALID_REQUEST);
  }
  if (transactionalId === "") return refuse(ErrorCode.INVALID_REQUEST);
  if (transactionalId !== null) return refuse(ErrorCode.UNSUPPORTED_VERSION);
  return broker.producerIds
    .next()
    .then((id) =>
      id === undefined
        ? refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        : { errorCode: ErrorCode.NONE, producerId: id, producerEpoch: 0 },
    );
}

function refuse(errorCode: number): InitProducerIdResponseInput {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
