import { ConfigResourceType } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

interface Response<A> {
  readonly responses: readonly A[];
}

/**
 * Passes changes of configs on, save those of another broker: a broker's settings are changed at that
 * broker, which knows whether it can take them.
 */
export async function alterOwnConfigs<
  R extends Resource,
  A extends Resource,
  M extends Response<A>,
>(
  nodeId: number,
  resources: readonly R[],
  alter: (own: readonly R[]) => Promise<M>,
): Promise<{ readonly responses: readonly (A | Refusal)[] }> {
  const own = resources.filter((resource) => !isOfAnotherBroker(nodeId, resource));
  const { responses } = await alter(own);
  if (own.length === resources.length) return { responses };
  let next = 0;
  return {
    responses: resources.map((resource) =>
      isOfAnotherBroker(nodeId, resource) ? refuse(nodeId, resource) : responses[next++]!,
    ),
  };
}

function isOfAnotherBroker(nodeId: number, { resourceType, resourceName }: Resource): boolean {
  if (resourceType !== ConfigResourceType.BROKER) return false;
  return /^\+?\d+$/.test(resourceName) && Number(resourceName) !== nodeId;
}

interface Refusal extends Resource {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}

function refuse(nodeId: number, { resourceType, resourceName }: Resource): Refusal {
  const errorMessage = `this is broker ${nodeId}: change the settings of ${resourceName} there`;
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName };
}
