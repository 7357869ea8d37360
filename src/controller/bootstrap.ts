import type { ClusterRecord } from "../metadata/cluster-record.ts";
import {
  defaultFeatureLevel,
  ELIGIBLE_LEADER_REPLICAS_VERSION,
  features,
  KRAFT_VERSION,
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  supports,
} from "../metadata/features.ts";
import { featureLevelRecord } from "../metadata/image-writer.ts";
import { ConfigResourceType } from "../metadata/image.ts";
import { MIN_INSYNC_REPLICAS } from "./config-rules.ts";
import type { ControllerState, Decision } from "./decision.ts";

const TRANSACTION_NAME = "Bootstrap records";

/** Undoes a metadata transaction that its controller did not live to end. */
export function decideAbortTransaction(): Decision<void> {
  const reason = "Aborted by the new active controller";
  const record: ClusterRecord = { kind: "AbortTransactionRecord", version: 0, value: { reason } };
  return { records: [record], reply: undefined };
}

/**
 * What a controller writes before anything else into an empty cluster, as one metadata transaction;
 * nothing where a cluster is. Without `bootstrapRecords`, those of the snapshot that formatting wrote,
 * the cluster begins at the newest level.
 */
export function decideBootstrap(
  state: ControllerState,
  bootstrapRecords: readonly ClusterRecord[] | undefined,
): Decision<void> {
  if (!state.image.isEmpty) return { records: [], reply: undefined };
  const records: ClusterRecord[] = [];
  const bootstrap = bootstrapRecords ?? featureRecords(METADATA_VERSION_LATEST, new Map());
  const metadataVersion = levelIn(bootstrap, METADATA_VERSION) ?? METADATA_VERSION_LATEST;
  const transactional = supports(metadataVersion, "metadataTransactions");
  if (transactional) {
    records.push({ kind: "BeginTransactionRecord", version: 0, value: { name: TRANSACTION_NAME } });
  }
  records.push(...bootstrap);
  if ((levelIn(bootstrap, ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) > 0) {
    records.push(clusterMinInsyncReplicas(state));
  }
  if (transactional) records.push({ kind: "EndTransactionRecord", version: 0, value: {} });
  return { records, reply: undefined };
}

/** The records of a new cluster: metadata.version, then the other features that are on, by name. */
export function featureRecords(
  metadataVersion: number,
  levels: ReadonlyMap<string, number>,
): ClusterRecord[] {
  const records = [featureLevelRecord(METADATA_VERSION, metadataVersion)];
  for (const { name } of features) {
    if (name === KRAFT_VERSION) continue;
    const level = levels.get(name) ?? defaultFeatureLevel(name, metadataVersion);
    if (level > 0) records.push(featureLevelRecord(name, level));
  }
  return records;
}

/** With eligible leader replicas every broker must go by the same minimum: it moves into the log. */
export function clusterMinInsyncReplicas(state: ControllerState): ClusterRecord {
  return {
    kind: "ConfigRecord",
    version: 0,
    value: {
      resourceType: ConfigResourceType.BROKER,
      resourceName: "",
      name: MIN_INSYNC_REPLICAS,
      value: String(state.config.get(MIN_INSYNC_REPLICAS)),
    },
  };
}

function levelIn(records: readonly ClusterRecord[], feature: string): number | undefined {
  for (const record of records) {
    if (record.kind === "FeatureLevelRecord" && record.value.name === feature) {
      return record.value.featureLevel;
    }
  }
  return undefined;
}
