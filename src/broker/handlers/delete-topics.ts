import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from "../../protocol/messages/delete-topics.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** DeleteTopics, versions 1 to 6. v4 flexible. v6 topic ids (KIP-516). */
export function handleDeleteTopics(
  broker: Broker,
  context: RequestContext,
  request: DeleteTopicsRequest,
): Promise<DeleteTopicsResponseInput> {
  if (request.timeoutMs <= 0) return Promise.resolve(timedOut(request));
  return broker.controller.deleteTopics(request, context);
}

/** A request without time is over before it has begun: nothing of it is done. */
function timedOut({ topics, topicNames }: DeleteTopicsRequest): DeleteTopicsResponseInput {
  const errorCode = ErrorCode.REQUEST_TIMED_OUT;
  return {
    responses: [
      ...topicNames.map((name) => ({ name, errorCode })),
      ...topics.map(({ name, topicId }) => ({ name, topicId, errorCode })),
    ],
  };
}
