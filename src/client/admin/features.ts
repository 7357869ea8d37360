import { ApiKey } from "../../protocol/apis.ts";
import { FeatureUpgradeType } from "../../protocol/constants.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from "../../protocol/messages/update-features.ts";
import { moldauVersion } from "../../core/version.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { clientError, throwOnError } from "../errors.ts";
import type { Outcome } from "./outcome.ts";
import { askAny, brokerTimeoutMs, byController } from "./routes.ts";
import { resultOf } from "./settle.ts";
import type { ValidateOption } from "./topics.ts";
import { orNull } from "./vocabulary.ts";

// Version 5 tells the broker which node is meant, which does not matter here.
const apiVersionsCall = apiCall(ApiKey.API_VERSIONS, apiVersionsRequest, apiVersionsResponse, 4);
const updateFeaturesCall = apiCall(
  ApiKey.UPDATE_FEATURES,
  updateFeaturesRequest,
  updateFeaturesResponse,
);
/** Since this version there are kinds of downgrades, and updates that are only checked (KIP-778). */
const UPGRADE_TYPES_VERSION = 1;
/** Up to this version there is an answer for each feature. */
const RESULTS_LAST_VERSION = 1;

/** A feature of the cluster, such as `metadata.version` (KIP-584). */
export interface FeatureDescription {
  readonly name: string;
  /** The level that the cluster is at; null when it is off. */
  readonly level: number | null;
  /** The lowest level that the broker supports; null for a feature it does not know. */
  readonly minSupported: number | null;
  /** The highest level that the broker supports; null for a feature it does not know. */
  readonly maxSupported: number | null;
}

/** The features of a cluster, sorted by name. */
export interface Features {
  readonly features: readonly FeatureDescription[];
  /** Grows with every change; null before the first. */
  readonly epoch: number | null;
}

/** A level that a feature is to have. */
export interface FeatureUpdate {
  readonly feature: string;
  /** 0 switches it off. */
  readonly level: number;
  /**
   * `upgrade` is the default; `safeDowngrade` refuses to lose metadata, `unsafeDowngrade` does not
   * (KIP-778).
   */
  readonly change?: "upgrade" | "safeDowngrade" | "unsafeDowngrade" | undefined;
}

/** Describes the features of the cluster, as one of its brokers knows them. */
export async function describeFeatures(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<Features> {
  const deadline = cluster.deadline(options);
  const body = { clientSoftwareName: "moldau", clientSoftwareVersion: moldauVersion };
  const response = await askAny(cluster, apiVersionsCall, body, deadline, ({ errorCode }) =>
    throwOnError(errorCode, { api: "ApiVersions" }),
  );
  const finalized = new Map(
    response.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  );
  const supported = new Map(response.supportedFeatures.map((feature) => [feature.name, feature]));
  const names = [...new Set([...finalized.keys(), ...supported.keys()])].sort();
  return {
    features: names.map((name) => ({
      name,
      level: finalized.get(name) ?? null,
      minSupported: supported.get(name)?.minVersion ?? null,
      maxSupported: supported.get(name)?.maxVersion ?? null,
    })),
    epoch: orNull(response.finalizedFeaturesEpoch),
  };
}

const upgradeTypes = {
  upgrade: FeatureUpgradeType.UPGRADE,
  safeDowngrade: FeatureUpgradeType.SAFE_DOWNGRADE,
  unsafeDowngrade: FeatureUpgradeType.UNSAFE_DOWNGRADE,
} as const;

/**
 * Changes the levels of features, all or none of them; one outcome for each, which newer brokers give
 * for all together.
 */
export async function updateFeatures(
  cluster: Cluster,
  updates: readonly FeatureUpdate[],
  options: ValidateOption = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const validateOnly = options.validateOnly === true;
  const settled = await byController<FeatureUpdate, undefined>({
    cluster,
    items: updates,
    deadline,
    contextOf: () => ({ api: "UpdateFeatures" }),
    async ask(connection, items, settle) {
      const version = connection.versionOf(updateFeaturesCall) ?? UPGRADE_TYPES_VERSION;
      if (validateOnly && version < UPGRADE_TYPES_VERSION) {
        const message = `${connection.where} cannot check an update without making it`;
        throw clientError("UNSUPPORTED_API", message, { context: { api: "UpdateFeatures" } });
      }
      const body = {
        timeoutMs: brokerTimeoutMs(cluster, deadline),
        featureUpdates: items.map(({ feature, level, change = "upgrade" }) => ({
          feature,
          maxVersionLevel: level,
          ...(version < UPGRADE_TYPES_VERSION
            ? { allowDowngrade: change !== "upgrade" }
            : { upgradeType: upgradeTypes[change] }),
        })),
        validateOnly,
      };
      const response = await connection.request(updateFeaturesCall, body, cluster.bounds(deadline));
      const { errorCode, errorMessage, results } = response;
      const own = new Map(results.map((result) => [result.feature, result]));
      for (const item of items) {
        const result = version <= RESULTS_LAST_VERSION ? own.get(item.feature) : undefined;
        const answer =
          errorCode === 0 && result !== undefined ? result : { errorCode, errorMessage };
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  return updates.map((update) => ({ name: update.feature, ...resultOf(settled, update) }));
}
