import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from "../../protocol/messages/incremental-alter-configs.ts";
import type { Broker } from "../broker.ts";
import { alterOwnConfigs } from "../foreign-configs.ts";
import type { RequestContext } from "../request-context.ts";

/** IncrementalAlterConfigs, versions 0 and 1: single configs are set, deleted, extended (KIP-339). */
export function handleIncrementalAlterConfigs(
  broker: Broker,
  context: RequestContext,
  request: IncrementalAlterConfigsRequest,
): Promise<IncrementalAlterConfigsResponseInput> {
  return alterOwnConfigs(broker.nodeId, request.resources, (resources) =>
    broker.controller.incrementalAlterConfigs({ ...request, resources }, context),
  );
}
