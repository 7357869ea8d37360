import type { Cluster } from "../cluster/cluster.ts";
import { clientError } from "../errors.ts";
import { assignors as knownAssignors } from "./assignors/assignors.ts";
import { AutoMember } from "./auto-member.ts";
import { ClassicMember } from "./classic/classic-member.ts";
import { EpochMember } from "./epoch/epoch-member.ts";
import type { Membership, MembershipListener, MembershipOptions } from "./membership.ts";

/**
 * A member of a group, which takes no part before `join` is called. Throws `INVALID_ARGUMENT` for options
 * that cannot be.
 */
export function createMembership(
  cluster: Cluster,
  options: MembershipOptions,
  listener: MembershipListener,
): Promise<Membership> {
  const wrong = faultOf(options);
  if (wrong !== undefined) {
    const message = `group ${options.group}: ${wrong}`;
    return Promise.reject(clientError("INVALID_ARGUMENT", message));
  }
  switch (options.protocol) {
    case "auto":
      return Promise.resolve(new AutoMember(cluster, options, listener));
    case "classic":
      return Promise.resolve(new ClassicMember(cluster, options, listener));
    case "consumer":
      return Promise.resolve(new EpochMember(cluster, options, listener));
  }
}

/** What is wrong with options, as the rest of a sentence. */
function faultOf(options: MembershipOptions): string | undefined {
  const { group, instanceId, assignors, sessionTimeoutMs, heartbeatIntervalMs } = options;
  if (group === "") return "a group needs a name";
  if (instanceId === "") return "an instance id must not be empty";
  const unknown = assignors.find((name) => !Object.hasOwn(knownAssignors, name));
  if (unknown !== undefined) {
    return `there is no assignor ${String(unknown)}, but ${Object.keys(knownAssignors).join(", ")}`;
  }
  if (assignors.length === 0) return "there must be an assignor";
  const offered = [...assignors, ...(options.otherAssignors ?? [])];
  if (new Set(offered).size < offered.length) return "an assignor is named twice";
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    return "heartbeats must come more often (heartbeatIntervalMs) than the session lasts (sessionTimeoutMs)";
  }
  return undefined;
}
