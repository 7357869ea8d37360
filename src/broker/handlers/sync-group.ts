import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../protocol/messages/sync-group.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** SyncGroup, versions 0 to 5. v3 static members. v4 flexible. v5 protocol type and name (KIP-559). */
export function handleSyncGroup(
  broker: Broker,
  context: RequestContext,
  request: SyncGroupRequest,
): Answer<SyncGroupResponseInput> {
  const pending = new Pending<SyncGroupResponseInput>();
  broker.groups.syncGroup(groupContext(context), request, (response) => pending.complete(response));
  return pending;
}
