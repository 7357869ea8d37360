import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../../protocol/messages/offset-delete.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** OffsetDelete, version 0 (KIP-496). */
export function handleOffsetDelete(
  broker: Broker,
  context: RequestContext,
  request: OffsetDeleteRequest,
): Answer<OffsetDeleteResponseInput> {
  return broker.groups.offsetDelete(context, request);
}
