import type {
  AlterConfigsRequest,
  AlterConfigsResponseInput,
} from "../../protocol/messages/alter-configs.ts";
import type { Broker } from "../broker.ts";
import { alterOwnConfigs } from "../foreign-configs.ts";
import type { RequestContext } from "../request-context.ts";

/** AlterConfigs, versions 0 to 2: the configs of a resource are replaced. v2 flexible. */
export function handleAlterConfigs(
  broker: Broker,
  context: RequestContext,
  request: AlterConfigsRequest,
): Promise<AlterConfigsResponseInput> {
  return alterOwnConfigs(broker.nodeId, request.resources, (resources) =>
    broker.controller.alterConfigs({ ...request, resources }, context),
  );
}
