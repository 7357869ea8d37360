import type { Cluster } from "../cluster/cluster.ts";
import { ClassicMember } from "./classic/classic-member.ts";
import type { Membership, MembershipListener, MembershipOptions } from "./membership.ts";

/** A member of a group, which takes no part before `join` is called. */
export function createMembership(
  cluster: Cluster,
  options: MembershipOptions,
  listener: MembershipListener,
): Promise<Membership> {
  return Promise.resolve(new ClassicMember(cluster, options, listener));
}
