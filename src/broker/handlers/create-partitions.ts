import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from "../../protocol/messages/create-partitions.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** CreatePartitions, versions 0 to 3. v2 flexible. */
export function handleCreatePartitions(
  broker: Broker,
  context: RequestContext,
  request: CreatePartitionsRequest,
): Promise<CreatePartitionsResponseInput> {
  if (request.timeoutMs <= 0) return Promise.resolve(timedOut(request));
  return broker.controller.createPartitions(request, context);
}

/** A request without time is over before it has begun: nothing of it is done. */
function timedOut({ topics }: CreatePartitionsRequest): CreatePartitionsResponseInput {
  return {
    results: topics.map(({ name }) => ({ name, errorCode: ErrorCode.REQUEST_TIMED_OUT })),
  };
}
