import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { brokerError, KafkaError } from "../errors.ts";

/** The next request looks for the coordinator of the group anew. */
export function forgetCoordinator(cluster: Cluster, group: string): void {
  cluster.forget(brokerError(ErrorCode.NOT_COORDINATOR, { group }));
}

/** Forgets what an error of a request to the coordinator shows to be out of date. */
export function forgetAfter(cluster: Cluster, group: string, thrown: unknown): void {
  cluster.forget(thrown);
  const isAnswer = thrown instanceof KafkaError && thrown.errorCode !== undefined;
  if (!isAnswer || coordinatorCodes.has(thrown.errorCode ?? 0)) forgetCoordinator(cluster, group);
}

const coordinatorCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
]);
