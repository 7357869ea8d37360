import { ApiKey } from "../../protocol/apis.ts";
import type { ApiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import type { Fields } from "../../protocol/schema.ts";
import type { ApiCall } from "./api-call.ts";

const TARGET_VERSION = 5;

/** What a broker said that it serves. */
export class BrokerVersions {
  static readonly none: BrokerVersions = new BrokerVersions(new Map(), new Map());
  /** First and last version by the key of the API. */
  readonly apis: ReadonlyMap<number, readonly [min: number, max: number]>;
  /** Levels of features that the cluster has agreed on, such as `transaction.version` (KIP-584). */
  readonly features: ReadonlyMap<string, number>;

  private constructor(
    apis: ReadonlyMap<number, readonly [min: number, max: number]>,
    features: ReadonlyMap<string, number>,
  ) {
    this.apis = apis;
    this.features = features;
  }

  static of(response: ApiVersionsResponse): BrokerVersions {
    return new BrokerVersions(
      new Map(
        response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
          apiKey,
          [minVersion, maxVersion],
        ]),
      ),
      new Map(
        response.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
      ),
    );
  }

  /** The version in which the API is called, or `undefined` when there is none in common. */
  of<Req extends Fields, Res extends Fields>(call: ApiCall<Req, Res>): number | undefined {
    const range = this.apis.get(call.api.key);
    if (range === undefined) return undefined;
    const version = Math.min(call.maxVersion, range[1]);
    return version >= call.minVersion && version >= range[0] ? version : undefined;
  }

  /** Whether the broker can be told which node of which cluster is meant (ApiVersions 5). */
  get namesItsTarget(): boolean {
    const range = this.apis.get(ApiKey.API_VERSIONS);
    return range !== undefined && range[1] >= TARGET_VERSION;
  }

  /** The level of a feature, 0 where the cluster has none. */
  feature(name: string): number {
    return this.features.get(name) ?? 0;
  }
}
