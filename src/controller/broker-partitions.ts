import {
  DIRECTORY_LOST,
  DIRECTORY_MIGRATING,
  DIRECTORY_UNASSIGNED,
  type Uuid,
} from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type { MetadataImage, PartitionImage } from "../metadata/image.ts";
import { NO_LEADER } from "../metadata/partition-image.ts";
import {
  isActive,
  metadataVersionOf,
  minInsyncReplicasOf,
  uncleanElectionAllowed,
  type ControllerState,
} from "./decision.ts";
import { partitionChange } from "./partition-change.ts";

/** What happens to a broker, as far as its partitions are concerned. */
export interface BrokerTransition {
  /** It leaves in-sync sets and leaderships. */
  readonly leaving?: number;
  /** It may lead from now on. */
  readonly joining?: number;
  /** It may have lost what it had: it is no candidate any more. */
  readonly uncleanShutdown?: number;
  /** It lost a directory; these are the ones it still has. */
  readonly failedDirectory?: { readonly brokerId: number; readonly online: readonly Uuid[] };
}

/**
 * The changes of all partitions that a broker's coming or going concerns. It looks at every partition:
 * brokers come and go rarely.
 */
export function partitionChangesFor(
  state: ControllerState,
  transition: BrokerTransition,
): ClusterRecord[] {
  const { image } = state;
  const leaving =
    transition.leaving ?? transition.uncleanShutdown ?? transition.failedDirectory?.brokerId;
  const records: ClusterRecord[] = [];
  for (const topic of image.topicsById.values()) {
    let settings: { readonly minimum: number; readonly unclean: boolean } | undefined;
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (!isConcerned(partition, transition)) continue;
      settings ??= {
        minimum: minInsyncReplicasOf(state, topic.name),
        unclean: uncleanElectionAllowed(state, topic.name),
      };
      const record = partitionChange({
        topicId: topic.id,
        partitionId,
        partition,
        metadataVersion: metadataVersionOf(image),
        elrEnabled: image.elrEnabled,
        minInsyncReplicas: settings.minimum,
        targetIsr: partition.isr.filter((id) => id !== leaving),
        uncleanShutdown:
          transition.uncleanShutdown === undefined ? [] : [transition.uncleanShutdown],
        isAcceptableLeader: (id) =>
          id !== leaving &&
          (id === transition.joining || isActive(image, id)) &&
          isDirectoryOnline(image, partition, id),
        allowUnclean: settings.unclean,
      });
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

function isConcerned(partition: PartitionImage, transition: BrokerTransition): boolean {
  const { leaving, joining, uncleanShutdown, failedDirectory } = transition;
  if (failedDirectory !== undefined) {
    const { brokerId, online } = failedDirectory;
    const directory = partition.directories[partition.replicas.indexOf(brokerId)];
    return partition.isr.includes(brokerId) && !isOnline(directory, online);
  }
  if (leaving !== undefined) return partition.isr.includes(leaving);
  if (uncleanShutdown !== undefined) {
    return (
      partition.isr.includes(uncleanShutdown) ||
      partition.eligibleLeaderReplicas.includes(uncleanShutdown)
    );
  }
  return joining !== undefined && partition.leader === NO_LEADER;
}

/** Whether the directory that a replica was assigned to is one its broker has. */
function isDirectoryOnline(
  image: MetadataImage,
  partition: PartitionImage,
  brokerId: number,
): boolean {
  const directory = partition.directories[partition.replicas.indexOf(brokerId)];
  return isOnline(directory, image.brokers.get(brokerId)?.logDirs ?? []);
}

/** A replica that was not assigned to a directory yet will be to one that works (KIP-858). */
function isOnline(directory: Uuid | undefined, online: readonly Uuid[]): boolean {
  if (directory === undefined || directory === DIRECTORY_LOST) return false;
  if (directory === DIRECTORY_UNASSIGNED || directory === DIRECTORY_MIGRATING) return true;
  return online.includes(directory);
}
