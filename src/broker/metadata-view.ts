import type { MetadataImage, PartitionImage } from "../metadata/image.ts";

/** A broker's address as responses name it. */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Live brokers with their addresses on one listener. */
export function endpointsOn(image: MetadataImage, listenerName: string): NodeEndpoint[] {
  const nodes: NodeEndpoint[] = [];
  for (const broker of image.brokers.values()) {
    if (broker.fenced) continue;
    const endpoint = broker.endpoints.find((candidate) => candidate.name === listenerName);
    if (endpoint === undefined) continue;
    nodes.push({ nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack });
  }
  return nodes;
}

/** Replicas that cannot serve: on brokers that are gone or fenced. */
export function offlineReplicas(image: MetadataImage, partition: PartitionImage): number[] {
  return partition.replicas.filter((id) => image.brokers.get(id)?.fenced !== false);
}
