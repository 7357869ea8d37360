import { ApiKey } from "../../protocol/apis.ts";
import {
  alterClientQuotasRequest,
  alterClientQuotasResponse,
} from "../../protocol/messages/alter-client-quotas.ts";
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from "../../protocol/messages/describe-client-quotas.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { throwOnError } from "../errors.ts";
import type { Outcome } from "./outcome.ts";
import { askAny, byController } from "./routes.ts";
import { resultOf } from "./settle.ts";
import type { ValidateOption } from "./topics.ts";

const describeQuotasCall = apiCall(
  ApiKey.DESCRIBE_CLIENT_QUOTAS,
  describeClientQuotasRequest,
  describeClientQuotasResponse,
);
const alterQuotasCall = apiCall(
  ApiKey.ALTER_CLIENT_QUOTAS,
  alterClientQuotasRequest,
  alterClientQuotasResponse,
);
/** How a part of a filter matches. */
const MatchType = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const;

/** What quotas are for. */
export type QuotaEntityType = "user" | "client-id" | "ip";

/**
 * Whom quotas are for: a user, a client id, both together, or an IP address. `null` is the default of
 * all that have none of their own.
 */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>;

/** Whom quotas are looked for: a name, `null` for the default, `{ any: true }` for all with that type. */
export type QuotaFilter = Readonly<
  Partial<Record<QuotaEntityType, string | null | { readonly any: true }>>
>;

/** Quotas by Kafka's names, such as `producer_byte_rate` (bytes/s) or `request_percentage`. */
export interface ClientQuotas {
  readonly entity: QuotaEntity;
  readonly quotas: Readonly<Record<string, number>>;
}

/** How a filter of quotas is meant. */
export interface DescribeClientQuotasOptions extends CallOptions {
  /** Only entities with exactly the types of the filter. Default false: there may be more of them. */
  readonly strict?: boolean | undefined;
}

/** Quotas to be set for somebody; `null` removes one. */
export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  readonly quotas: Readonly<Record<string, number | null>>;
}

const entityTypes: readonly QuotaEntityType[] = ["user", "client-id", "ip"];

/** The quotas of whom a filter matches; without one all there are (KIP-546). */
export async function describeClientQuotas(
  cluster: Cluster,
  filter: QuotaFilter = {},
  options: DescribeClientQuotasOptions = {},
): Promise<readonly ClientQuotas[]> {
  const deadline = cluster.deadline(options);
  const components = entityTypes.flatMap((entityType) => {
    const wanted = filter[entityType];
    return wanted === undefined ? [] : [{ entityType, ...matchOf(wanted) }];
  });
  const response = await askAny(
    cluster,
    describeQuotasCall,
    { components, strict: options.strict === true },
    deadline,
    ({ errorCode, errorMessage }) =>
      throwOnError(errorCode, { api: "DescribeClientQuotas" }, errorMessage),
  );
  return (response.entries ?? []).map(({ entity, values }) => ({
    entity: Object.fromEntries(
      entity.map(({ entityType, entityName }) => [entityType, entityName]),
    ),
    quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }));
}

function matchOf(wanted: NonNullable<QuotaFilter[QuotaEntityType]> | null) {
  if (wanted === null) return { matchType: MatchType.DEFAULT, match: null };
  return typeof wanted === "string"
    ? { matchType: MatchType.EXACT, match: wanted }
    : { matchType: MatchType.ANY, match: null };
}

/** Sets and removes quotas (KIP-546); one outcome for each entity. */
export async function alterClientQuotas(
  cluster: Cluster,
  alterations: readonly QuotaAlteration[],
  options: ValidateOption = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<QuotaAlteration, undefined>({
    cluster,
    items: alterations,
    deadline,
    contextOf: () => ({ api: "AlterClientQuotas" }),
    async ask(connection, items, settle) {
      const body = {
        entries: items.map(({ entity, quotas }) => ({
          entity: partsOf(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
          ops: Object.entries(quotas).map(([key, value]) => ({
            key,
            value: value ?? 0,
            remove: value === null,
          })),
        })),
        validateOnly: options.validateOnly === true,
      };
      const bounds = cluster.bounds(deadline);
      const { entries } = await connection.request(alterQuotasCall, body, bounds);
      const answers = new Map(
        entries.map((entry) => [
          keyOf(entry.entity.map(({ entityType, entityName }) => [entityType, entityName])),
          entry,
        ]),
      );
      for (const item of items) {
        const answer = answers.get(keyOf(partsOf(item.entity)));
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  return alterations.map((alteration) => ({
    name: quotaEntityText(alteration.entity),
    ...resultOf(settled, alteration),
  }));
}

type EntityPart = readonly [type: string, name: string | null];

function partsOf(entity: QuotaEntity): EntityPart[] {
  return entityTypes.flatMap((type): EntityPart[] => {
    const name = entity[type];
    return name === undefined ? [] : [[type, name]];
  });
}

function keyOf(parts: readonly EntityPart[]): string {
  return JSON.stringify([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An entity in words: `user alice, default client-id`. */
export function quotaEntityText(entity: QuotaEntity): string {
  return partsOf(entity)
    .map(([type, name]) => (name === null ? `default ${type}` : `${type} ${name}`))
    .join(", ");
}
