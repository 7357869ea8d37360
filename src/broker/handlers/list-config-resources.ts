import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  ListConfigResourcesRequest,
  ListConfigResourcesResponseInput,
} from "../../protocol/messages/list-config-resources.ts";
import { ConfigResourceType } from "../../metadata/image.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

type ResourceAnswer = NonNullable<ListConfigResourcesResponseInput["configResources"]>[number];

const supportedTypes: ReadonlySet<number> = new Set(Object.values(ConfigResourceType));

/**
 * ListConfigResources, versions 0 and 1 (KIP-1142). v0 knows client metrics alone; v1 lists the types
 * that are asked for, or all.
 */
export function handleListConfigResources(
  broker: Broker,
  context: RequestContext,
  request: ListConfigResourcesRequest,
): ListConfigResourcesResponseInput {
  const asked =
    context.apiVersion === 0
      ? [ConfigResourceType.CLIENT_METRICS]
      : request.resourceTypes.length === 0
        ? [...supportedTypes]
        : request.resourceTypes;
  if (asked.some((type) => !supportedTypes.has(type))) {
    return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
  }
  const types = new Set(asked);
  const configResources: ResourceAnswer[] = [];
  const add = (resourceType: number, resourceName: string): void => {
    if (types.has(resourceType)) configResources.push({ resourceType, resourceName });
  };
  for (const { type, name } of broker.image.configs.values()) {
    if (type === ConfigResourceType.GROUP || type === ConfigResourceType.CLIENT_METRICS) {
      add(type, name);
    }
  }
  for (const id of broker.image.brokers.keys()) {
    add(ConfigResourceType.BROKER, String(id));
    add(ConfigResourceType.BROKER_LOGGER, String(id));
  }
  for (const { name } of broker.topics()) add(ConfigResourceType.TOPIC, name);
  return { errorCode: ErrorCode.NONE, configResources };
}
