import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
} from "../../protocol/messages/leave-group.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** LeaveGroup, versions 0 to 5. v3 many members (KIP-345). v4 flexible. v5 reason (KIP-800). */
export function handleLeaveGroup(
  broker: Broker,
  context: RequestContext,
  request: LeaveGroupRequest,
): Answer<LeaveGroupResponseInput> {
  return broker.groups.leaveGroup(context, request);
}
