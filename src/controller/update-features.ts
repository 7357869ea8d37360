import type { ClusterRecord } from "../metadata/cluster-record.ts";
import {
  ELIGIBLE_LEADER_REPLICAS_VERSION,
  features,
  KRAFT_VERSION,
  METADATA_VERSION,
  metadataVersionOfLevel,
  metadataVersions,
  supportedFeatures,
} from "../metadata/features.ts";
import { featureLevelRecord } from "../metadata/image-writer.ts";
import { ConfigResourceType } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from "../protocol/messages/update-features.ts";
import { clusterMinInsyncReplicas } from "./bootstrap.ts";
import { MIN_INSYNC_REPLICAS } from "./config-rules.ts";
import { metadataVersionOf, type ControllerState, type Decision } from "./decision.ts";

type FeatureUpdate = UpdateFeaturesRequest["featureUpdates"][number];

const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

/** UpdateFeatures: all of the request or nothing. Results by feature exist until version 1. */
export function decideUpdateFeatures(
  state: ControllerState,
  request: UpdateFeaturesRequest,
  apiVersion: number,
): Decision<UpdateFeaturesResponse> {
  const records: ClusterRecord[] = [];
  const proposed = proposedLevels(state, request);
  for (const update of request.featureUpdates) {
    const reason = refusal(state, update, apiVersion, proposed);
    if (reason !== undefined) {
      const message =
        "The update failed for all features since the following feature had an error: " +
        `Invalid update version ${update.maxVersionLevel} for feature ${update.feature}. ${reason}`;
      return { records: [], reply: response(ErrorCode.INVALID_UPDATE_VERSION, message, []) };
    }
    records.push(...recordsOf(state, update));
  }
  const results = request.featureUpdates.map(({ feature }) => {
    return { feature, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return {
    records: request.validateOnly ? [] : records,
    reply: response(ErrorCode.NONE, null, apiVersion <= 1 ? results : []),
  };
}

function currentLevel(state: ControllerState, feature: string): number {
  if (feature === METADATA_VERSION) return metadataVersionOf(state.image);
  return state.image.featureLevel(feature);
}

function proposedLevels(
  state: ControllerState,
  request: UpdateFeaturesRequest,
): (feature: string) => number {
  const updates = new Map(request.featureUpdates.map((u) => [u.feature, u.maxVersionLevel]));
  return (feature) => updates.get(feature) ?? currentLevel(state, feature);
}

function refusal(
  state: ControllerState,
  update: FeatureUpdate,
  apiVersion: number,
  proposed: (feature: string) => number,
): string | undefined {
  const { feature, maxVersionLevel: level } = update;
  const downgrade = update.allowDowngrade ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE;
  const type: number = apiVersion === 0 ? downgrade : update.upgradeType;
  if (type < UpgradeType.UPGRADE || type > UpgradeType.UNSAFE_DOWNGRADE) {
    return "The controller does not support the given upgrade type.";
  }
  if (level < 0) return "A feature version cannot be less than 0.";
  const unsupported = whoDoesNotSupport(state, feature, level);
  if (unsupported !== undefined) return unsupported;
  const current = currentLevel(state, feature);
  if (level < current && type === UpgradeType.UPGRADE) {
    return (
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or " +
      "unsafe downgrade."
    );
  }
  if (level > current && type !== UpgradeType.UPGRADE) {
    return "Can't downgrade to a newer version.";
  }
  if (feature === KRAFT_VERSION && level !== current) {
    return "The quorum was formatted with its kraft.version, and this controller cannot change it.";
  }
  if (feature === METADATA_VERSION) return unsafeDowngrade(current, level, type);
  return missingDependency(feature, level, proposed);
}

function whoDoesNotSupport(
  state: ControllerState,
  feature: string,
  level: number,
): string | undefined {
  const local = supportedFeatures.find(({ name }) => name === feature);
  const nodeId = state.config.nodeId;
  const range = (min: number, max: number): string => `only supports versions ${min}-${max}`;
  if (local === undefined) return `Local controller ${nodeId} does not support this feature.`;
  if (level !== 0 || feature === METADATA_VERSION) {
    if (level < local.min || level > local.max) {
      return `Local controller ${nodeId} ${range(local.min, local.max)}`;
    }
  }
  if (level === 0) return undefined;
  const nodes = [
    ...[...state.image.brokers.values()].map((broker) => ["Broker", broker] as const),
    ...[...state.image.controllers.values()].map((node) => ["Controller", node] as const),
  ];
  for (const [kind, node] of nodes) {
    const supported = node.features.find(({ name }) => name === feature);
    if (supported === undefined) return `${kind} ${node.id} does not support this feature.`;
    if (level < supported.min || level > supported.max) {
      return `${kind} ${node.id} ${range(supported.min, supported.max)}`;
    }
  }
  return undefined;
}

/** Going back across a level that changed the records would lose what they say. */
function unsafeDowngrade(current: number, level: number, type: number): string | undefined {
  if (metadataVersionOfLevel(level) === undefined) return "Unknown metadata.version.";
  if (level >= current) return undefined;
  const changed = metadataVersions.some(
    (version) => version.level > level && version.level <= current && version.metadataChanged,
  );
  if (!changed) return undefined;
  return type === UpgradeType.UNSAFE_DOWNGRADE
    ? "Unsafe metadata downgrade is not supported in this version."
    : "Refusing to perform the requested downgrade because it might delete metadata information.";
}

function missingDependency(
  feature: string,
  level: number,
  proposed: (feature: string) => number,
): string | undefined {
  const known = features.find(({ name }) => name === feature);
  const needed = known?.levels.find((candidate) => candidate.level === level)?.metadataVersionMin;
  if (needed === undefined || level === 0 || proposed(METADATA_VERSION) >= needed) return undefined;
  return `${feature} could not be set to ${level} because it depends on ${METADATA_VERSION} level ${needed}`;
}

function recordsOf(state: ControllerState, update: FeatureUpdate): ClusterRecord[] {
  const { feature, maxVersionLevel: level } = update;
  const current = currentLevel(state, feature);
  if (level === current) return [];
  const record = featureLevelRecord(feature, level);
  const enablesElr = feature === ELIGIBLE_LEADER_REPLICAS_VERSION && current === 0;
  return enablesElr ? [...unifiedMinInsyncReplicas(state), record] : [record];
}

/** Before eligible leader replicas count, every broker must go by the cluster's minimum. */
function unifiedMinInsyncReplicas(state: ControllerState): ClusterRecord[] {
  const records: ClusterRecord[] = [];
  let clusterHasOne = false;
  for (const { type, name, values } of state.image.configs.values()) {
    if (type !== ConfigResourceType.BROKER || !values.has(MIN_INSYNC_REPLICAS)) continue;
    if (name === "") clusterHasOne = true;
    else {
      const removal = { resourceType: type, resourceName: name, name: MIN_INSYNC_REPLICAS };
      records.push({ kind: "ConfigRecord", version: 0, value: { ...removal, value: null } });
    }
  }
  if (!clusterHasOne) records.push(clusterMinInsyncReplicas(state));
  return records;
}

function response(
  errorCode: ErrorCode,
  errorMessage: string | null,
  results: UpdateFeaturesResponse["results"],
): UpdateFeaturesResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, results };
}
