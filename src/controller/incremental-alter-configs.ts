import { ErrorCode } from "../protocol/error-code.ts";
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../protocol/messages/incremental-alter-configs.ts";
import { changeConfigs, ConfigOperation } from "./config-change.ts";
import { decideForResources } from "./alter-configs.ts";
import { apiError, type ApiError, type ControllerState, type Decision } from "./decision.ts";

/** IncrementalAlterConfigs (KIP-339): set, delete, append and subtract single settings. */
export function decideIncrementalAlterConfigs(
  state: ControllerState,
  request: IncrementalAlterConfigsRequest,
): Decision<IncrementalAlterConfigsResponse> {
  return decideForResources(state, request, (current, resource) => {
    const refused = malformed(resource.configs);
    if (refused !== undefined) return { error: refused, records: [] };
    const changes = resource.configs.map(({ name, configOperation, value }) => ({
      name,
      operation: configOperation,
      value,
    }));
    return changeConfigs(
      current,
      { type: resource.resourceType, name: resource.resourceName },
      changes,
    );
  });
}

type AlterableConfig = IncrementalAlterConfigsRequest["resources"][number]["configs"][number];

function malformed(configs: readonly AlterableConfig[]): ApiError | undefined {
  if (new Set(configs.map(({ name }) => name)).size !== configs.length) {
    return { code: ErrorCode.INVALID_REQUEST, message: "Error due to duplicate config keys" };
  }
  const withoutValue = configs.filter(
    ({ value, configOperation }) => value === null && configOperation !== ConfigOperation.DELETE,
  );
  if (withoutValue.length === 0) return undefined;
  const names = withoutValue.map(({ name }) => name).join(", ");
  return apiError("INVALID_REQUEST", `Null value not supported for : ${names}`);
}
