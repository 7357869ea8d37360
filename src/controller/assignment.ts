import { DIRECTORY_MIGRATING, DIRECTORY_UNASSIGNED, type Uuid } from "../core/uuid.ts";
import { supports } from "../metadata/features.ts";
import type { MetadataImage, PartitionImage } from "../metadata/image.ts";
import {
  apiError,
  isActive,
  isUsable,
  isWhollyCordoned,
  metadataVersionOf,
  type ApiError,
  type ControllerState,
} from "./decision.ts";
import { placementBroker, placeReplicas } from "./replica-placer.ts";

/** Replicas of each new partition, or why there are none. */
export type AssignmentOutcome =
  | { readonly ok: true; readonly assignments: readonly (readonly number[])[] }
  | { readonly ok: false; readonly error: ApiError };

/** Lets the placer choose the replicas of so many partitions. */
export function assignReplicas(
  state: ControllerState,
  partitions: number,
  replicationFactor: number,
): AssignmentOutcome {
  const refused = (reason: string): AssignmentOutcome => {
    const message = `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`;
    return { ok: false, error: apiError("INVALID_REPLICATION_FACTOR", message) };
  };
  const brokers = [...state.image.brokers.values()].filter(isUsable).map(placementBroker);
  const placed = placeReplicas(brokers, partitions, replicationFactor, state.random);
  if (!placed.ok) return refused(placed.reason);
  for (const replicas of placed.assignments) {
    if (!replicas.some((id) => isActive(state.image, id))) {
      return refused("All brokers are currently fenced or in controlled shutdown.");
    }
  }
  return placed;
}

/** Checks replicas that a person chose. */
export function assignManually(
  image: MetadataImage,
  assignments: readonly (readonly number[])[],
  options: {
    readonly firstPartition: number;
    /** That of the topic; without it the first partition sets it. */
    readonly replicationFactor: number | undefined;
  },
): AssignmentOutcome {
  let { replicationFactor } = options;
  for (const [index, replicas] of assignments.entries()) {
    const reason = refusedAssignment(image, replicas, replicationFactor);
    if (reason !== undefined) {
      return { ok: false, error: apiError("INVALID_REPLICA_ASSIGNMENT", reason) };
    }
    replicationFactor = replicas.length;
    if (!replicas.some((id) => isActive(image, id))) {
      const message =
        `All brokers specified in the manual partition assignment for partition ` +
        `${options.firstPartition + index} are fenced or in controlled shutdown.`;
      return { ok: false, error: apiError("INVALID_REPLICA_ASSIGNMENT", message) };
    }
  }
  return { ok: true, assignments };
}

function refusedAssignment(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): string | undefined {
  if (replicas.length === 0)
    return "The manual partition assignment includes an empty replica list.";
  const seen = new Set<number>();
  for (const id of replicas.toSorted((a, b) => a - b)) {
    const broker = image.brokers.get(id);
    if (broker === undefined) {
      return `The manual partition assignment includes broker ${id}, but no such broker is registered.`;
    }
    if (seen.has(id)) {
      return `The manual partition assignment includes the broker ${id} more than once.`;
    }
    if (isWhollyCordoned(broker)) {
      return `The manual partition assignment includes broker ${id}, but all of its log directories are cordoned.`;
    }
    seen.add(id);
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    return (
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but ` +
      `this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`
    );
  }
  return undefined;
}

/** A partition as it begins: active replicas are in sync, the first of them leads. */
export function newPartition(image: MetadataImage, replicas: readonly number[]): PartitionImage {
  const isr = replicas.filter((id) => isActive(image, id));
  return {
    replicas,
    isr,
    directories: replicas.map((id) => defaultDirectory(image, id)),
    leader: isr[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    addingReplicas: [],
    removingReplicas: [],
    leaderRecovering: false,
  };
}

/** Where a new replica goes: into the only directory there is, else where the broker likes. */
function defaultDirectory(image: MetadataImage, brokerId: number): Uuid {
  if (!supports(metadataVersionOf(image), "directoryAssignment")) return DIRECTORY_MIGRATING;
  const logDirs = image.brokers.get(brokerId)?.logDirs ?? [];
  if (logDirs.length === 0) return DIRECTORY_MIGRATING;
  return logDirs.length === 1 ? logDirs[0]! : DIRECTORY_UNASSIGNED;
}
