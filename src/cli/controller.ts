import { describeMetadataQuorum } from "../client/admin/quorum.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import { optionalAnswer } from "./problem.ts";

/**
 * The id of the active controller. What brokers call so in other answers is, with KRaft, any broker that
 * passes requests on; that of `told` counts only where there is no quorum to ask.
 */
export async function activeController(
  cluster: Cluster,
  told: Promise<{ readonly controllerId: number | null }>,
): Promise<number | null> {
  const quorum = await optionalAnswer(describeMetadataQuorum(cluster));
  return quorum === undefined ? (await told).controllerId : quorum.leaderId;
}
