import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from "../../protocol/messages/join-group.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** JoinGroup, versions 0 to 9. v4 member id first. v5 static members (KIP-345). v6 flexible. v8 reason (KIP-800). v9 skip assignment (KIP-814). */
export function handleJoinGroup(
  broker: Broker,
  context: RequestContext,
  request: JoinGroupRequest,
): Answer<JoinGroupResponseInput> {
  const pending = new Pending<JoinGroupResponseInput>();
  broker.groups.joinGroup(groupContext(context), request, (response) => pending.complete(response));
  return pending;
}
