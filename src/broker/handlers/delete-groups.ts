import type {
  DeleteGroupsRequest,
  DeleteGroupsResponseInput,
} from "../../protocol/messages/delete-groups.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** DeleteGroups, versions 0 to 3. v2 flexible. */
export function handleDeleteGroups(
  broker: Broker,
  context: RequestContext,
  request: DeleteGroupsRequest,
): Answer<DeleteGroupsResponseInput> {
  const pending = new Pending<DeleteGroupsResponseInput>();
  broker.groups.deleteGroups(groupContext(context), request, (response) =>
    pending.complete(response),
  );
  return pending;
}
