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
  return broker.controller.deleteTopics(request, context);
}
