import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponseInput,
} from "../../protocol/messages/update-features.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** UpdateFeatures, versions 0 to 2 (KIP-584). v1 dry run and kinds of downgrade. */
export function handleUpdateFeatures(
  broker: Broker,
  context: RequestContext,
  request: UpdateFeaturesRequest,
): Promise<UpdateFeaturesResponseInput> {
  return broker.controller.updateFeatures(request, context);
}
