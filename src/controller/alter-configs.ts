import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from "../protocol/messages/alter-configs.ts";
import { replaceConfigs, type ConfigOutcome } from "./config-change.ts";
import { apiError, type ControllerState, type Decision } from "./decision.ts";

/** The old AlterConfigs: all settings of a resource at once; what is not named is reset. */
export function decideAlterConfigs(
  state: ControllerState,
  request: AlterConfigsRequest,
): Decision<AlterConfigsResponse> {
  return decideForResources(state, request, (current, resource) => {
    const { resourceType, resourceName, configs } = resource;
    const withoutValue = configs.filter(({ value }) => value === null);
    if (withoutValue.length > 0) {
      const names = withoutValue.map(({ name }) => name).join(", ");
      const error = apiError("INVALID_REQUEST", `Null value not supported for : ${names}`);
      return { error, records: [] };
    }
    const wanted = new Map(configs.map(({ name, value }) => [name, value ?? ""]));
    if (wanted.size !== configs.length) {
      const error = apiError("INVALID_REQUEST", "Error due to duplicate config keys");
      return { error, records: [] };
    }
    return replaceConfigs(current, { type: resourceType, name: resourceName }, wanted);
  });
}

/** Decides resource by resource; a refused one does not stop the others. */
export function decideForResources<
  R extends { readonly resourceType: number; readonly resourceName: string },
>(
  state: ControllerState,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  decide: (state: ControllerState, resource: R) => ConfigOutcome,
): Decision<AlterConfigsResponse> {
  const records: ClusterRecord[] = [];
  const times = new Map<string, number>();
  for (const resource of request.resources) {
    const key = `${resource.resourceType}:${resource.resourceName}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  const responses = request.resources.map((resource) => {
    const { resourceType, resourceName } = resource;
    const repeated = (times.get(`${resourceType}:${resourceName}`) ?? 0) > 1;
    const outcome: ConfigOutcome = repeated
      ? {
          error: apiError("INVALID_REQUEST", "Each resource must appear at most once."),
          records: [],
        }
      : decide(state, resource);
    for (const record of outcome.records) records.push(record);
    return {
      errorCode: outcome.error.code,
      errorMessage: outcome.error.message,
      resourceType,
      resourceName,
    };
  });
  return {
    records: request.validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, responses },
  };
}
