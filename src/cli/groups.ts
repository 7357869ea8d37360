import type { AnyGroupDescription } from "../client/admin/describe-groups.ts";
import { listGroups } from "../client/admin/groups.ts";
import { groupLagOf, type GroupLag } from "../client/admin/lag.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { Options } from "./command.ts";
import { namesMatching, notFound } from "./patterns.ts";
import type { Problem } from "./problem.ts";

/** The names that a command is about: as they are, or those that fit with `--regex`. */
export async function groupNames(
  cluster: Cluster,
  args: readonly string[],
  options: Options,
): Promise<readonly string[]> {
  if (!options.has("regex")) return args;
  return namesMatching("group", args, await allGroupNames(cluster));
}

export async function allGroupNames(cluster: Cluster): Promise<string[]> {
  const groups = await listGroups(cluster);
  return groups.map(({ group }) => group);
}

/** What to say of a group that is not there: the nearest one, if there is any. */
export async function missingGroup(cluster: Cluster, name: string): Promise<Problem> {
  return notFound("group", name, await allGroupNames(cluster));
}

export interface GroupWithLag {
  readonly description: AnyGroupDescription;
  readonly lag: GroupLag;
}

/** Groups with members, offsets and lag. Throws for one that is not there. */
export async function groupsWithLag(
  cluster: Cluster,
  names: readonly string[],
): Promise<GroupWithLag[]> {
  const groups: GroupWithLag[] = [];
  for (const { name, value, error } of await groupLagOf(cluster, names, { withMembers: true })) {
    if (error?.code === "GROUP_ID_NOT_FOUND") throw await missingGroup(cluster, name);
    if (error !== undefined) throw error;
    const { description } = value;
    if (description === null) throw await missingGroup(cluster, name);
    groups.push({ description, lag: value });
  }
  return groups;
}
