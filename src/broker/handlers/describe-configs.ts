import { describeClientMetricsConfig } from "../../config/client-metrics-config.ts";
import type { ConfigDescription, DescribeOptions } from "../../config/config-description.ts";
import { describeGroupConfig } from "../../config/group-config.ts";
import { describeTopicConfig } from "../../config/topic-config.ts";
import { ConfigResourceType } from "../../metadata/image.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeConfigsRequest,
  DescribeConfigsResponseInput,
} from "../../protocol/messages/describe-configs.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";
import { invalidTopicName } from "../../controller/topic-names.ts";

type Resource = DescribeConfigsRequest["resources"][number];
type ResourceAnswer = NonNullable<DescribeConfigsResponseInput["results"]>[number];

interface Refusal {
  readonly errorCode: ErrorCode;
  readonly message: string;
}

/**
 * DescribeConfigs, versions 1 to 4. v1 synonyms and sources (KIP-226). v3 types and documentation
 * (KIP-569). v4 flexible.
 */
export function handleDescribeConfigs(
  broker: Broker,
  _context: RequestContext,
  request: DescribeConfigsRequest,
): DescribeConfigsResponseInput {
  return {
    results: request.resources.map((resource): ResourceAnswer => {
      const { resourceType, resourceName, configurationKeys } = resource;
      // No names at all ask for every config, as null does.
      const all = configurationKeys === null || configurationKeys.length === 0;
      const described = describe(broker, resource, {
        names: all ? null : new Set(configurationKeys),
        includeSynonyms: request.includeSynonyms,
        includeDocumentation: request.includeDocumentation,
      });
      if ("errorCode" in described) {
        const { errorCode, message } = described;
        return { errorCode, errorMessage: message, resourceType, resourceName };
      }
      return {
        errorCode: ErrorCode.NONE,
        errorMessage: "",
        resourceType,
        resourceName,
        configs: described,
      };
    }),
  };
}

function describe(
  broker: Broker,
  resource: Resource,
  options: DescribeOptions,
): readonly ConfigDescription[] | Refusal {
  const { resourceType, resourceName } = resource;
  const { config, image } = broker;
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return describeTopic(broker, resourceName, options);
    case ConfigResourceType.BROKER:
      if (resourceName === "") return config.describeClusterDefaults(options);
      return isThisBroker(broker, resourceName) ?? config.describe(options);
    case ConfigResourceType.BROKER_LOGGER:
      return isThisBroker(broker, resourceName) ?? [];
    case ConfigResourceType.GROUP: {
      if (resourceName === "") return refuse("the name of a group is missing");
      const overrides = image.configsOf(ConfigResourceType.GROUP, resourceName);
      return describeGroupConfig(config, overrides, options);
    }
    case ConfigResourceType.CLIENT_METRICS: {
      if (resourceName === "") return refuse("the name of a subscription is missing");
      const overrides = image.configsOf(ConfigResourceType.CLIENT_METRICS, resourceName);
      return describeClientMetricsConfig(overrides, options);
    }
    default:
      return refuse(`there are no resources of type ${resourceType}`);
  }
}

function describeTopic(
  broker: Broker,
  name: string,
  options: DescribeOptions,
): readonly ConfigDescription[] | Refusal {
  if (invalidTopicName(name) !== undefined) {
    return {
      errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
      message: `"${name}" is no name of a topic`,
    };
  }
  if (broker.image.topic(name) === undefined) {
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { errorCode, message: `there is no topic ${name}` };
  }
  const overrides = broker.image.configsOf(ConfigResourceType.TOPIC, name);
  return describeTopicConfig(broker.config, overrides, options);
}

/** A broker knows its own settings only. */
function isThisBroker(broker: Broker, name: string): Refusal | undefined {
  const isNumber = /^[+-]?\d+$/.test(name);
  if (isNumber && Number(name) === broker.nodeId) return undefined;
  return isNumber
    ? refuse(`this is broker ${broker.nodeId}: ask broker ${name} for its settings`)
    : refuse(`"${name}" is no broker id`);
}

function refuse(message: string): Refusal {
  return { errorCode: ErrorCode.INVALID_REQUEST, message };
}
