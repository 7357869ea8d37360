import type {
  HeartbeatRequest,
  HeartbeatResponseInput,
} from "../../protocol/messages/heartbeat.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** Heartbeat, versions 0 to 4. v3 static members. v4 flexible. */
export function handleHeartbeat(
  broker: Broker,
  context: RequestContext,
  request: HeartbeatRequest,
): Answer<HeartbeatResponseInput> {
  return broker.groups.heartbeat(context, request);
}
