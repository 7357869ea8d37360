import type {
  ListGroupsRequest,
  ListGroupsResponseInput,
} from "../../protocol/messages/list-groups.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** ListGroups, versions 0 to 5. v3 flexible. v4 states (KIP-518). v5 types (KIP-848). */
export function handleListGroups(
  broker: Broker,
  context: RequestContext,
  request: ListGroupsRequest,
): ListGroupsResponseInput {
  return broker.groups.listGroups(groupContext(context), request);
}
