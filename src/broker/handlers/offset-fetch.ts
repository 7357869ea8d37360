import type {
  OffsetFetchRequest,
  OffsetFetchResponseInput,
} from "../../protocol/messages/offset-fetch.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** OffsetFetch, versions 1 to 10. v6 flexible. v7 stable offsets (KIP-447). v8 many groups. v9 member epochs. v10 topic ids. */
export function handleOffsetFetch(
  broker: Broker,
  context: RequestContext,
  request: OffsetFetchRequest,
): Answer<OffsetFetchResponseInput> {
  const pending = new Pending<OffsetFetchResponseInput>();
  broker.groups.offsetFetch(groupContext(context), request, (response) =>
    pending.complete(response),
  );
  return pending;
}
