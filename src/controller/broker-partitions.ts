import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type { PartitionImage } from "../metadata/image.ts";
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
  const leaving = transition.leaving ?? transition.uncleanShutdown;
  const isAcceptableLeader = (id: number): boolean =>
    id !== leaving && (id === transition.joining || isActive(image, id));
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
        isAcceptableLeader,
        allowUnclean: settings.unclean,
      });
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

function isConcerned(partition: PartitionImage, transition: BrokerTransition): boolean {
  const { leaving, joining, uncleanShutdown } = transition;
  if (leaving !== undefined) return partition.isr.includes(leaving);
  if (uncleanShutdown !== undefined) {
    return (
      partition.isr.includes(uncleanShutdown) ||
      partition.eligibleLeaderReplicas.includes(uncleanShutdown)
    );
  }
  return joining !== undefined && partition.leader === NO_LEADER;
}
