import { DIRECTORY_MIGRATING } from "../core/uuid.ts";
import type { ClusterRecordValue } from "./cluster-record.ts";
import { MetadataReplayError } from "./cluster-record.ts";
import type { PartitionImage } from "./image.ts";

/** In PartitionChangeRecord: the leader stays, and so does its epoch. */
export const NO_LEADER_CHANGE = -2;
export const NO_LEADER = -1;

/** The partition a PartitionRecord describes. */
export function partitionOfRecord(value: ClusterRecordValue<"PartitionRecord">): PartitionImage {
  return {
    replicas: value.replicas,
    isr: value.isr,
    directories: directoriesFor(value.replicas, value.directories),
    leader: value.leader,
    leaderEpoch: value.leaderEpoch,
    partitionEpoch: value.partitionEpoch,
    eligibleLeaderReplicas: value.eligibleLeaderReplicas ?? [],
    lastKnownElr: value.lastKnownElr ?? [],
    addingReplicas: value.addingReplicas,
    removingReplicas: value.removingReplicas,
    leaderRecovering: recovering(value.leaderRecoveryState),
  };
}

/**
 * The partition after a change. The leader epoch grows when the record names a leader, the partition
 * epoch always.
 */
export function changedPartition(
  before: PartitionImage,
  value: ClusterRecordValue<"PartitionChangeRecord">,
): PartitionImage {
  const replicas = value.replicas ?? before.replicas;
  const directories =
    value.directories !== null && value.directories.length > 0
      ? value.directories
      : before.directories;
  const namesLeader = value.leader !== NO_LEADER_CHANGE;
  return {
    replicas,
    isr: value.isr ?? before.isr,
    directories: directoriesFor(replicas, directories),
    leader: namesLeader ? value.leader : before.leader,
    leaderEpoch: before.leaderEpoch + (namesLeader ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    eligibleLeaderReplicas: value.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: value.lastKnownElr ?? before.lastKnownElr,
    addingReplicas: value.addingReplicas ?? before.addingReplicas,
    removingReplicas: value.removingReplicas ?? before.removingReplicas,
    leaderRecovering:
      value.leaderRecoveryState === -1
        ? before.leaderRecovering
        : recovering(value.leaderRecoveryState),
  };
}

/** The partition with nobody eligible any more, as ClearElrRecord leaves it. */
export function withoutElr(before: PartitionImage): PartitionImage {
  return {
    ...before,
    partitionEpoch: before.partitionEpoch + 1,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  };
}

function recovering(state: number): boolean {
  if (state !== 0 && state !== 1) {
    throw new MetadataReplayError(`a partition has the unknown leader recovery state ${state}`);
  }
  return state === 1;
}

/** Before directories were assigned (metadata.version 17) every replica is where it always was. */
function directoriesFor(
  replicas: readonly number[],
  directories: readonly string[],
): readonly string[] {
  if (directories.length === replicas.length) return directories;
  if (directories.length === 0) return replicas.map(() => DIRECTORY_MIGRATING);
  throw new MetadataReplayError(
    `a partition has ${replicas.length} replicas, but ${directories.length} directories`,
  );
}
