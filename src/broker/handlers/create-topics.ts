import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from "../../protocol/messages/create-topics.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** CreateTopics, versions 2 to 7. v5 flexible, configs in the response (KIP-525). v7 topic ids. */
export function handleCreateTopics(
  broker: Broker,
  context: RequestContext,
  request: CreateTopicsRequest,
): Promise<CreateTopicsResponseInput> {
  if (request.timeoutMs <= 0) return Promise.resolve(timedOut(request));
  return broker.controller.createTopics(request, context);
}

/** A request without time is over before it has begun: nothing of it is done. */
function timedOut(request: CreateTopicsRequest): CreateTopicsResponseInput {
  const names = new Set(request.topics.map(({ name }) => name));
  const topics = Array.from(names, (name) => {
    return { name, errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null };
  });
  return { topics };
}
