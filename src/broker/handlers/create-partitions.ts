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
  return broker.controller.createPartitions(request, context);
}
