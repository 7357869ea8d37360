import { readFileSync } from "node:fs";

/** A broker of the cluster that the tests run against. */
export interface ClusterNode {
  readonly id: number;
  /** `host:port`. */
  readonly bootstrap: string;
  /** Its process, which a test may end. */
  readonly pid: number;
  readonly logDirs: readonly string[];
  /** Where its controller listens. */
  readonly controllerPort: number;
}

/**
 * What the tests are told about the cluster, as a JSON file. Every node is a controller, too; the first
 * one is the quorum's only voter (KIP-853).
 */
export interface ClusterTarget {
  readonly nodes: readonly ClusterNode[];
}

/** The rack of a broker; consumers in it read from its replicas (KIP-392). */
export function rackOf(id: number): string {
  return `rack-${id}`;
}

/** The file that `npm run interop -- client-cluster` writes; undefined elsewhere. */
export function readClusterTarget(): ClusterTarget | undefined {
  const path = process.env["MOLDAU_TEST_KAFKA_CLUSTER"];
  if (path === undefined || path === "") return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as ClusterTarget;
}
