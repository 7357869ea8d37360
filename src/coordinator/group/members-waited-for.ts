import type { ClassicGroup } from "./classic-group.ts";

/**
 * The members that a rebalance waits for: those that have not joined again and new ones that were given an
 * id; then the leader, which shares the partitions out; then those that have not fetched what they got.
 */
export function membersWaitedFor(group: ClassicGroup): readonly string[] {
  const { leaderId } = group;
  switch (group.state) {
    case "PreparingRebalance":
      return [
        ...[...group.members()]
          .filter(({ join }) => join === undefined)
          .map(({ memberId }) => memberId),
        ...group.pendingJoins,
      ];
    case "CompletingRebalance":
      return leaderId !== null && group.pendingSyncs.has(leaderId)
        ? [leaderId]
        : [...group.pendingSyncs];
    default:
      return [];
  }
}
