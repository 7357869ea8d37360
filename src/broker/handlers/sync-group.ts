import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../protocol/messages/sync-group.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** SyncGroup, versions 0 to 5. v3 static members. v4 flexible. v5 protocol type and name (KIP-559). */
export function handleSyncGroup(
  broker: Broker,
  context: RequestContext,
  request: SyncGroupRequest,
): Answer<SyncGroupResponseInput> {
  return broker.groups.syncGroup(context, request);
}
