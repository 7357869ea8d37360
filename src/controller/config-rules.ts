import { validateBrokerChange } from "../config/broker-changes.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { validateClientMetricsConfig } from "../config/client-metrics-config.ts";
import type { ConfigRefusal } from "../config/config-description.ts";
import { validateGroupConfig } from "../config/group-config.ts";
import { validateTopicConfig } from "../config/topic-config.ts";
import { ConfigResourceType, type MetadataImage } from "../metadata/image.ts";
import { apiError, type ApiError, type ControllerState } from "./decision.ts";
import { invalidTopicName } from "./topic-names.ts";

/** Longest value of a setting. */
export const CONFIG_VALUE_LENGTH_MAX = 32_767;
export const MIN_INSYNC_REPLICAS = "min.insync.replicas";

/** A resource of configs. */
export interface ConfigResource {
  readonly type: number;
  readonly name: string;
}

/** Why a resource cannot have configs; `undefined` when it can. */
export function refusedResource(resource: ConfigResource): ApiError | undefined {
  const { type, name } = resource;
  switch (type) {
    case ConfigResourceType.TOPIC: {
      if (name === "") {
        return apiError("INVALID_REQUEST", "Default topic resources are not allowed.");
      }
      const reason = invalidTopicName(name);
      return reason === undefined ? undefined : apiError("INVALID_TOPIC_EXCEPTION", reason);
    }
    case ConfigResourceType.BROKER:
      return name === "" ? undefined : refusedBrokerName(name);
    case ConfigResourceType.CLIENT_METRICS:
    case ConfigResourceType.GROUP: {
      if (name !== "") return undefined;
      const kind = type === ConfigResourceType.GROUP ? "group" : "client-metrics";
      return apiError("INVALID_REQUEST", `Default ${kind} resources are not allowed.`);
    }
    default:
      return apiError("INVALID_REQUEST", `Unexpected resource type ${resourceTypeName(type)}.`);
  }
}

function refusedBrokerName(name: string): ApiError | undefined {
  if (!/^[+-]?\d{1,10}$/.test(name)) {
    return apiError("INVALID_REQUEST", "Unable to parse broker name as a base 10 number.");
  }
  if (Number(name) < 0) return apiError("INVALID_REQUEST", "Invalid negative broker ID.");
  return undefined;
}

function resourceTypeName(type: number): string {
  return type === ConfigResourceType.BROKER_LOGGER ? "BROKER_LOGGER" : "UNKNOWN";
}

/** Whether the thing exists that is to be configured; groups and metrics need not. */
export function missingResource(
  image: MetadataImage,
  resource: ConfigResource,
): ApiError | undefined {
  const { type, name } = resource;
  if (type === ConfigResourceType.TOPIC && image.topic(name) === undefined) {
    return apiError("UNKNOWN_TOPIC_OR_PARTITION", `The topic '${name}' does not exist.`);
  }
  if (type === ConfigResourceType.BROKER && name !== "" && !image.brokers.has(Number(name))) {
    return apiError("BROKER_ID_NOT_REGISTERED", `No broker with id ${Number(name)} found.`);
  }
  return undefined;
}

/** Why a resource may not be configured so, judged by all its values together. */
export function refusedValues(
  config: BrokerConfig,
  resource: ConfigResource,
  values: ReadonlyMap<string, string>,
): ApiError | undefined {
  for (const value of values.values()) {
    if (value.length <= CONFIG_VALUE_LENGTH_MAX) continue;
    return apiError(
      "INVALID_CONFIG",
      `The configuration value cannot be added because it exceeds the maximum value size of ` +
        `${CONFIG_VALUE_LENGTH_MAX} bytes.`,
    );
  }
  const refusal = refusalOf(config, resource, values);
  return refusal === undefined ? undefined : apiError(refusal.error, refusal.message);
}

function refusalOf(
  config: BrokerConfig,
  { type, name }: ConfigResource,
  values: ReadonlyMap<string, string>,
): ConfigRefusal | undefined {
  switch (type) {
    case ConfigResourceType.TOPIC:
      return validateTopicConfig(config, values);
    case ConfigResourceType.GROUP:
      return validateGroupConfig(config, name, values);
    case ConfigResourceType.CLIENT_METRICS:
      return validateClientMetricsConfig(name, values);
    default:
      // Another broker judges its own settings before it forwards them.
      return name === "" || name === String(config.nodeId)
        ? validateBrokerChange(config, name, values)
        : undefined;
  }
}

/** With eligible leader replicas the minimum belongs to the cluster: brokers must not differ in it. */
export function refusedMinInsyncReplicas(
  state: ControllerState,
  resource: ConfigResource,
  name: string,
  value: string | null,
): ApiError | undefined {
  if (!state.image.elrEnabled || name !== MIN_INSYNC_REPLICAS) return undefined;
  if (resource.type !== ConfigResourceType.BROKER) return undefined;
  if (resource.name !== "") {
    const message = "Broker-level min.insync.replicas cannot be altered while ELR is enabled.";
    return apiError("INVALID_CONFIG", message);
  }
  if (value === null) {
    const message = "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.";
    return apiError("INVALID_CONFIG", message);
  }
  return undefined;
}
