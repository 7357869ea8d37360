import type {
  DeleteGroupsRequest,
  DeleteGroupsResponseInput,
} from "../../protocol/messages/delete-groups.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** DeleteGroups, versions 0 to 3. v2 flexible. */
export function handleDeleteGroups(
  broker: Broker,
  context: RequestContext,
  request: DeleteGroupsRequest,
): Answer<DeleteGroupsResponseInput> {
  return broker.groups.deleteGroups(context, request);
}
