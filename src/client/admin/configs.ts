import { ApiKey } from "../../protocol/apis.ts";
import { AlterConfigOp } from "../../protocol/constants.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from "../../protocol/messages/describe-configs.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../../protocol/messages/incremental-alter-configs.ts";
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
} from "../../protocol/messages/list-config-resources.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { clientError, KafkaError, throwOnError } from "../errors.ts";
import {
  configEntryOf,
  ConfigResourceType,
  resourceTypes,
  type ConfigEntry,
} from "./config-values.ts";
import type { Outcome } from "./outcome.ts";
import { byBroker } from "./routes.ts";
import { resultOf, type ErrorContext } from "./settle.ts";
import type { ValidateOption } from "./topics.ts";

const describeConfigsCall = apiCall(
  ApiKey.DESCRIBE_CONFIGS,
  describeConfigsRequest,
  describeConfigsResponse,
);
const alterConfigsCall = apiCall(
  ApiKey.INCREMENTAL_ALTER_CONFIGS,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
);
const listResourcesCall = apiCall(
  ApiKey.LIST_CONFIG_RESOURCES,
  listConfigResourcesRequest,
  listConfigResourcesResponse,
);
/** Before this version only the resources of client metrics are listed (KIP-1142). */
const LIST_RESOURCES_TYPES_VERSION = 1;

/** Something that has settings. */
export interface ConfigResource {
  readonly type: ConfigResourceType;
  /** A topic, a broker id (empty: the default of all brokers), a group, a metrics subscription. */
  readonly name: string;
}

/** Which settings, and how much of them. */
export interface DescribeConfigsOptions extends CallOptions {
  /** Only these settings. Default: all there are. */
  readonly names?: readonly string[] | undefined;
  /** Where each value is looked for. Default true. */
  readonly includeSynonyms?: boolean | undefined;
  /** Kafka's description of each setting (KIP-569). Default false. */
  readonly includeDocumentation?: boolean | undefined;
}

/** What happens to one setting. */
export interface ConfigChange {
  readonly name: string;
  /** `null` goes back to the default. */
  readonly value: string | number | boolean | null;
  /** `append` and `subtract` are for lists. Default `set`. */
  readonly operation?: "set" | "append" | "subtract" | undefined;
}

/** Changes one by one, or settings with the values they are to have (`null`: the default). */
export type ConfigChanges =
  | readonly ConfigChange[]
  | Readonly<Record<string, string | number | boolean | null>>;

/** A resource and what happens to its settings. */
export interface ConfigAlteration {
  readonly resource: ConfigResource;
  readonly changes: ConfigChanges;
}

/** Describes the settings of resources; one outcome for each, named by {@link resourceName}. */
export async function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  options: DescribeConfigsOptions = {},
): Promise<readonly Outcome<readonly ConfigEntry[]>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byBroker<ConfigResource, readonly ConfigEntry[]>({
    cluster,
    items: resources,
    deadline,
    contextOf,
    brokerOf,
    async ask(connection, items, settle) {
      const body = {
        resources: items.map(({ type, name }) => ({
          resourceType: resourceTypes.codeOf(type),
          resourceName: name,
          configurationKeys: options.names ?? null,
        })),
        includeSynonyms: options.includeSynonyms !== false,
        includeDocumentation: options.includeDocumentation === true,
      };
      const bounds = cluster.bounds(deadline);
      const { results } = await connection.request(describeConfigsCall, body, bounds);
      const answers = new Map(results.map((result) => [answerKey(result), result]));
      for (const item of items) {
        const answer = answers.get(itemKey(item));
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () =>
          answer.configs.map(configEntryOf),
        );
      }
    },
  });
  return resources.map((resource) => ({
    name: resourceName(resource),
    ...resultOf(settled, resource),
  }));
}

/**
 * Changes settings, leaving those that are not named as they are (KIP-339); one outcome for each
 * resource. The changes of one resource are made together or not at all.
 */
export async function alterConfigs(
  cluster: Cluster,
  alterations: readonly ConfigAlteration[],
  options: ValidateOption = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byBroker<ConfigAlteration, undefined>({
    cluster,
    items: alterations,
    deadline,
    contextOf: ({ resource }) => contextOf(resource),
    brokerOf: ({ resource }) => brokerOf(resource),
    async ask(connection, items, settle) {
      const body = {
        resources: items.map(({ resource: { type, name }, changes }) => ({
          resourceType: resourceTypes.codeOf(type),
          resourceName: name,
          configs: listOf(changes).map(alterable),
        })),
        validateOnly: options.validateOnly === true,
      };
      const bounds = cluster.bounds(deadline);
      const { responses } = await connection.request(alterConfigsCall, body, bounds);
      const answers = new Map(responses.map((response) => [answerKey(response), response]));
      for (const item of items) {
        const answer = answers.get(itemKey(item.resource));
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  return alterations.map((alteration) => ({
    name: resourceName(alteration.resource),
    ...resultOf(settled, alteration),
  }));
}

function listOf(changes: ConfigChanges): readonly ConfigChange[] {
  if (isList(changes)) return changes;
  return Object.entries(changes).map(([name, value]) => ({ name, value }));
}

function isList(changes: ConfigChanges): changes is readonly ConfigChange[] {
  return Array.isArray(changes);
}

const operations = {
  set: AlterConfigOp.SET,
  append: AlterConfigOp.APPEND,
  subtract: AlterConfigOp.SUBTRACT,
} as const;

function alterable({ name, value, operation = "set" }: ConfigChange) {
  return value === null
    ? { name, value: null, configOperation: AlterConfigOp.DELETE }
    : { name, value: String(value), configOperation: operations[operation] };
}

/**
 * Everything that has settings of its own: all topics and brokers, and the groups and subscriptions
 * with at least one (KIP-1142). Without `types` all kinds.
 */
export async function listConfigResources(
  cluster: Cluster,
  types: readonly ConfigResourceType[] = [],
  options: CallOptions = {},
): Promise<readonly ConfigResource[]> {
  const deadline = cluster.deadline(options);
  return deadline.retry(async () => {
    const connection = await cluster.anyConnection(deadline);
    const onlyMetrics = types.length > 0 && types.every((type) => type === "clientMetrics");
    const version = connection.versionOf(listResourcesCall);
    if (version !== undefined && version < LIST_RESOURCES_TYPES_VERSION && !onlyMetrics) {
      const message = `${connection.where} lists no resources but those of client metrics`;
      throw clientError("UNSUPPORTED_API", message, { context: { api: "ListConfigResources" } });
    }
    const response = await connection.request(
      listResourcesCall,
      { resourceTypes: types.map((type) => resourceTypes.codeOf(type)) },
      cluster.bounds(deadline),
    );
    throwOnError(response.errorCode, { api: "ListConfigResources" });
    return response.configResources.flatMap(({ resourceType, resourceName: name }) => {
      const type = resourceTypes.wordOf(resourceType);
      return type === "unknown" ? [] : [{ type, name }];
    });
  });
}

/** A resource as one would print it: `topic orders`, `broker 1`, `all brokers`. */
export function resourceName({ type, name }: ConfigResource): string {
  if (type === ConfigResourceType.broker && name === "") return "all brokers";
  return `${type} ${name}`;
}

function itemKey({ type, name }: ConfigResource): string {
  return `${resourceTypes.codeOf(type)} ${name}`;
}

interface AnsweredResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

function answerKey({ resourceType, resourceName: name }: AnsweredResource): string {
  return `${resourceType} ${name}`;
}

/** A broker answers for its own settings and loggers; for all others any broker does. */
function brokerOf({ type, name }: ConfigResource): number | undefined {
  const ofBroker = type === ConfigResourceType.broker || type === ConfigResourceType.brokerLogger;
  if (!ofBroker || name === "") return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  throw new KafkaError(`"${name}" is no id of a broker`, {
    code: "INVALID_REQUEST",
    errorCode: ErrorCode.INVALID_REQUEST,
    remedy: "Give the number of the broker, or an empty name for all brokers.",
  });
}

function contextOf(resource: ConfigResource): ErrorContext {
  const { type, name } = resource;
  if (type === ConfigResourceType.topic) return { topic: name };
  if (type === ConfigResourceType.group) return { group: name };
  return { broker: resourceName(resource) };
}
