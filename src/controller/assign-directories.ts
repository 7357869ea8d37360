import type { Uuid } from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { recordVersionsAt, supports } from "../metadata/features.ts";
import { metadataVersionOf, type ControllerState, type Decision } from "./decision.ts";
import { emptyChange } from "./partition-change.ts";

/** Where a broker keeps a replica. */
export interface DirectoryAssignment {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly directoryId: Uuid;
}

/** Notes in which directories a broker keeps replicas (KIP-858); what is known already, or gone, says nothing. */
export function decideAssignDirectories(
  state: ControllerState,
  brokerId: number,
  assignments: readonly DirectoryAssignment[],
): Decision<void> {
  const records: ClusterRecord[] = [];
  const metadataVersion = metadataVersionOf(state.image);
  if (!supports(metadataVersion, "directoryAssignment")) return { records, reply: undefined };
  const version = recordVersionsAt(metadataVersion).partitionChange;
  for (const { topicId, partition: partitionId, directoryId } of assignments) {
    const partition = state.image.topicById(topicId)?.partitions[partitionId];
    const place = partition?.replicas.indexOf(brokerId) ?? -1;
    if (partition === undefined || place < 0) continue;
    if (partition.directories[place] === directoryId) continue;
    const value = emptyChange(topicId, partitionId);
    value.directories = partition.directories.with(place, directoryId);
    records.push({ kind: "PartitionChangeRecord", version, value });
  }
  return { records, reply: undefined };
}
