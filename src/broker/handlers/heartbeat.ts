import type {
  HeartbeatRequest,
  HeartbeatResponseInput,
} from "../../protocol/messages/heartbeat.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** Heartbeat, versions 0 to 4. v3 static members. v4 flexible. */
export function handleHeartbeat(
  broker: Broker,
  context: RequestContext,
  request: HeartbeatRequest,
): Answer<HeartbeatResponseInput> {
  const pending = new Pending<HeartbeatResponseInput>();
  broker.groups.heartbeat(groupContext(context), request, (response) => pending.complete(response));
  return pending;
}
