import type { Outcome } from "../client/admin/outcome.ts";
import { alterUserScramCredentials, type ScramAlteration } from "../client/admin/scram-users.ts";
import type { Cluster } from "../client/cluster/cluster.ts";

/**
 * Alters SCRAM credentials; the outcomes are in the order of the alterations. A controller takes one
 * alteration of a user in a request, so that of a second mechanism has to wait for the first.
 */
export async function alterCredentials(
  cluster: Cluster,
  alterations: readonly ScramAlteration[],
): Promise<Outcome<unknown>[]> {
  const outcomes = new Map<ScramAlteration, Outcome<unknown>>();
  let left = alterations;
  while (left.length > 0) {
    const users = new Set<string>();
    const round = left.filter(({ user }) => !users.has(user) && users.add(user).has(user));
    const answers = await alterUserScramCredentials(cluster, round);
    round.forEach((alteration, index) => {
      const answer = answers[index];
      if (answer !== undefined) outcomes.set(alteration, answer);
    });
    left = left.filter((alteration) => !round.includes(alteration));
  }
  return alterations.flatMap((alteration) => outcomes.get(alteration) ?? []);
}
