import { listDefault } from "../config/broker-changes.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { ConfigResourceType } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { clearElr } from "./clear-elr.ts";
import {
  MIN_INSYNC_REPLICAS,
  missingResource,
  refusedMinInsyncReplicas,
  refusedResource,
  refusedValues,
  type ConfigResource,
} from "./config-rules.ts";
import { apiError, noError, type ApiError, type ControllerState } from "./decision.ts";

/** Operations on a setting (`AlterConfigOp.OpType`). */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

export interface ConfigOutcome {
  readonly error: ApiError;
  /** Empty when it failed, or when nothing changes. */
  readonly records: readonly ClusterRecord[];
}

/**
 * The records of changes to one resource, judged by what it would have then. `isNew` is for a topic that
 * is created by the same request.
 */
export function changeConfigs(
  state: ControllerState,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  isNew = false,
): ConfigOutcome {
  const values = new Map(state.image.configsOf(resource.type, resource.name));
  const records: ClusterRecord[] = [];
  for (const change of changes) {
    const current = values.get(change.name) ?? null;
    const target = targetValue(resource, change, current);
    if (typeof target === "object" && target !== null) return { error: target, records: [] };
    const refused = refusedMinInsyncReplicas(state, resource, change.name, target);
    if (refused !== undefined) return { error: refused, records: [] };
    if (target === null) values.delete(change.name);
    else values.set(change.name, target);
    // Of brokers also unchanged values are written: they make a broker read its files again.
    if (target !== current || resource.type === ConfigResourceType.BROKER) {
      records.push(configRecord(resource, change.name, target));
    }
  }
  return judged(state, resource, values, records, isNew);
}

/** The records that make the configs of a resource exactly these. */
export function replaceConfigs(
  state: ControllerState,
  resource: ConfigResource,
  wanted: ReadonlyMap<string, string>,
): ConfigOutcome {
  const before = state.image.configsOf(resource.type, resource.name);
  const records: ClusterRecord[] = [];
  let refused: ApiError | undefined;
  for (const [name, value] of wanted) {
    refused ??= refusedMinInsyncReplicas(state, resource, name, value);
    if (before.get(name) !== value || resource.type === ConfigResourceType.BROKER) {
      records.push(configRecord(resource, name, value));
    }
  }
  for (const name of before.keys()) {
    if (wanted.has(name)) continue;
    refused ??= refusedMinInsyncReplicas(state, resource, name, null);
    records.push(configRecord(resource, name, null));
  }
  const outcome = judged(state, resource, wanted, records, false);
  const isSound = outcome.error.code === ErrorCode.NONE;
  return isSound && refused !== undefined ? { error: refused, records: [] } : outcome;
}

function judged(
  state: ControllerState,
  resource: ConfigResource,
  values: ReadonlyMap<string, string>,
  records: ClusterRecord[],
  isNew: boolean,
): ConfigOutcome {
  const error =
    refusedResource(resource) ??
    refusedValues(state.config, resource, values) ??
    (isNew ? undefined : missingResource(state.image, resource));
  if (error !== undefined) return { error, records: [] };
  return { error: noError, records: [...records, ...clearElrRecords(state, resource, records)] };
}

/** Another minimum makes what was known about eligible replicas worthless. */
function clearElrRecords(
  state: ControllerState,
  resource: ConfigResource,
  records: readonly ClusterRecord[],
): ClusterRecord[] {
  if (!state.image.elrEnabled) return [];
  const changesMinimum = records.some(
    ({ kind, value }) => kind === "ConfigRecord" && value.name === MIN_INSYNC_REPLICAS,
  );
  if (!changesMinimum) return [];
  const { type, name } = resource;
  if (type !== ConfigResourceType.TOPIC && type !== ConfigResourceType.BROKER) return [];
  const topicName = type === ConfigResourceType.TOPIC ? name : "";
  return clearElr(state.image, topicName);
}

function targetValue(
  resource: ConfigResource,
  change: ConfigChange,
  current: string | null,
): string | null | ApiError {
  switch (change.operation) {
    case ConfigOperation.SET:
      return change.value;
    case ConfigOperation.DELETE:
      return null;
    case ConfigOperation.APPEND:
    case ConfigOperation.SUBTRACT: {
      const append = change.operation === ConfigOperation.APPEND;
      const before = listDefault(resourceKind(resource.type), change.name);
      if (before === undefined) {
        const verb = append ? "APPEND" : "SUBTRACT";
        return apiError(
          "INVALID_CONFIG",
          `Can't ${verb} to key ${change.name} because its type is not LIST.`,
        );
      }
      const items = current === null ? before : current.split(",").filter((item) => item !== "");
      return changedList(items, itemsOf(change.value ?? ""), append);
    }
    default:
      return apiError("INVALID_REQUEST", `Unknown config operation ${change.operation}.`);
  }
}

/** A list with items added, each once, or taken away. */
function changedList(items: readonly string[], change: readonly string[], append: boolean): string {
  const kept = append ? [...items] : items.filter((item) => !change.includes(item));
  if (append) for (const item of change) if (!kept.includes(item)) kept.push(item);
  return kept.join(",");
}

/** Items as they are written, empty ones too: those the check of the whole list finds. */
function itemsOf(text: string): string[] {
  const items = text.split(",");
  while (items.length > 1 && items.at(-1) === "") items.pop();
  return items;
}

function resourceKind(type: number): "topic" | "broker" | "group" | "client-metrics" {
  if (type === ConfigResourceType.TOPIC) return "topic";
  if (type === ConfigResourceType.GROUP) return "group";
  return type === ConfigResourceType.CLIENT_METRICS ? "client-metrics" : "broker";
}

function configRecord(resource: ConfigResource, name: string, value: string | null): ClusterRecord {
  return {
    kind: "ConfigRecord",
    version: 0,
    value: { resourceType: resource.type, resourceName: resource.name, name, value },
  };
}
