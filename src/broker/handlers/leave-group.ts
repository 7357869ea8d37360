import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
} from "../../protocol/messages/leave-group.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** LeaveGroup, versions 0 to 5. v3 many members (KIP-345). v4 flexible. v5 reason (KIP-800). */
export function handleLeaveGroup(
  broker: Broker,
  context: RequestContext,
  request: LeaveGroupRequest,
): Answer<LeaveGroupResponseInput> {
  const pending = new Pending<LeaveGroupResponseInput>();
  broker.groups.leaveGroup(groupContext(context), request, (response) =>
    pending.complete(response),
  );
  return pending;
}
