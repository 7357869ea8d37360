import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../../protocol/messages/offset-delete.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** OffsetDelete, version 0 (KIP-496). */
export function handleOffsetDelete(
  broker: Broker,
  context: RequestContext,
  request: OffsetDeleteRequest,
): Answer<OffsetDeleteResponseInput> {
  const pending = new Pending<OffsetDeleteResponseInput>();
  broker.groups.offsetDelete(groupContext(context), request, (response) =>
    pending.complete(response),
  );
  return pending;
}
