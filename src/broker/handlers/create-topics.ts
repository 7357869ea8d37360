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
  return broker.controller.createTopics(request, context);
}
