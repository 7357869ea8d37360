import type { ClusterRecord, ClusterRecordValue } from "../metadata/cluster-record.ts";
import { recordVersionsAt, supports } from "../metadata/features.ts";
import type { PartitionImage } from "../metadata/image.ts";
import { NO_LEADER, NO_LEADER_CHANGE } from "../metadata/partition-image.ts";

/** What is to become of a partition, and what its election may do. */
export interface PartitionIntent {
  readonly topicId: string;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  readonly metadataVersion: number;
  readonly elrEnabled: boolean;
  readonly minInsyncReplicas: number;
  /** The ISR to have; without it the present one. */
  readonly targetIsr?: readonly number[];
  /** Brokers that lost what they had: in no set of candidates any more. */
  readonly uncleanShutdown?: readonly number[];
  readonly isAcceptableLeader: (brokerId: number) => boolean;
  readonly allowUnclean: boolean;
}

interface Election {
  readonly leader: number;
  readonly unclean: boolean;
  readonly fromElr: boolean;
}

/**
 * The record that makes the intended change: elects where the leader cannot stay, keeps the eligible
 * leader replicas (KIP-966), and names only what changes. `undefined` when nothing does.
 */
export function partitionChange(intent: PartitionIntent): ClusterRecord | undefined {
  const { partition, elrEnabled } = intent;
  const value = emptyChange(intent.topicId, intent.partitionId);
  let isr = intent.targetIsr ?? partition.isr;
  let elr = targetElr(intent, isr);
  const election = elect(intent, isr, elr);
  if (election.leader !== partition.leader) {
    value.leader = election.leader;
    if (election.unclean) {
      isr = [election.leader];
      if (!partition.leaderRecovering) value.leaderRecoveryState = 1;
    } else if (election.fromElr) {
      isr = [election.leader];
      elr = enoughInsync(intent, isr) ? [] : elr.filter((id) => id !== election.leader);
    }
  }
  if (!sameIds(isr, partition.isr) && (isr.length > 0 || elrEnabled)) {
    value.isr = isr;
    shrinkBumpsEpoch(intent, isr, value);
  }
  if (election.unclean || !elrEnabled) elr = [];
  if (!sameIds(elr, partition.eligibleLeaderReplicas)) value.eligibleLeaderReplicas = elr;
  if (elrEnabled) noteLastLeader(partition, value);
  if (isNothing(value)) return undefined;
  const version = recordVersionsAt(intent.metadataVersion).partitionChange;
  return { kind: "PartitionChangeRecord", version, value };
}

type MutableChange = {
  -readonly [
    K in keyof ClusterRecordValue<"PartitionChangeRecord">
  ]: ClusterRecordValue<"PartitionChangeRecord">[K];
};

/** A PartitionChangeRecord that changes nothing yet. */
export function emptyChange(topicId: string, partitionId: number): MutableChange {
  return {
    partitionId,
    topicId,
    isr: null,
    leader: NO_LEADER_CHANGE,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  };
}

function enoughInsync(intent: PartitionIntent, isr: readonly number[]): boolean {
  return isr.length >= Math.min(intent.minInsyncReplicas, intent.partition.replicas.length);
}

/** Who left the ISR while it was too small stays eligible: they have all up to the high watermark. */
function targetElr(intent: PartitionIntent, isr: readonly number[]): readonly number[] {
  const { partition } = intent;
  if (!intent.elrEnabled || enoughInsync(intent, isr)) return [];
  const lost = intent.uncleanShutdown ?? [];
  const candidates = new Set([...partition.eligibleLeaderReplicas, ...partition.isr]);
  return [...candidates].filter((id) => !isr.includes(id) && !lost.includes(id));
}

function elect(intent: PartitionIntent, isr: readonly number[], elr: readonly number[]): Election {
  const { partition, isAcceptableLeader, elrEnabled } = intent;
  const electFromElr = elrEnabled && isr.length === 0;
  const canLead = (id: number): boolean =>
    (isr.includes(id) || (electFromElr && elr.includes(id))) && isAcceptableLeader(id);
  const clean = canLead(partition.leader) ? partition.leader : partition.replicas.find(canLead);
  if (clean !== undefined) return { leader: clean, unclean: false, fromElr: !isr.includes(clean) };
  const [lastLeader, ...others] = partition.lastKnownElr;
  if (electFromElr && elr.length === 0 && lastLeader !== undefined && others.length === 0) {
    if (isAcceptableLeader(lastLeader)) {
      return { leader: lastLeader, unclean: true, fromElr: false };
    }
  }
  const unclean = intent.allowUnclean ? partition.replicas.find(isAcceptableLeader) : undefined;
  if (unclean !== undefined) return { leader: unclean, unclean: true, fromElr: false };
  return { leader: NO_LEADER, unclean: false, fromElr: false };
}

/** Before 3.6 a follower learnt of a smaller ISR only through a new leader epoch. */
function shrinkBumpsEpoch(
  intent: PartitionIntent,
  isr: readonly number[],
  value: MutableChange,
): void {
  if (supports(intent.metadataVersion, "isrShrinkKeepsLeaderEpoch")) return;
  if (value.leader !== NO_LEADER_CHANGE) return;
  const shrinks = intent.partition.isr.some((id) => !isr.includes(id));
  if (shrinks) value.leader = intent.partition.leader;
}

/** Remembers who led when nobody was left, until somebody leads again. */
function noteLastLeader(partition: PartitionImage, value: MutableChange): void {
  const known = partition.lastKnownElr;
  const leads =
    value.leader === NO_LEADER_CHANGE ? partition.leader !== NO_LEADER : value.leader !== NO_LEADER;
  if (value.isr?.length === 0) {
    if (partition.leader !== NO_LEADER && (known.length !== 1 || known[0] !== partition.leader)) {
      value.lastKnownElr = [partition.leader];
    }
  } else if (leads && known.length > 0) {
    value.lastKnownElr = [];
  }
}

function isNothing(value: MutableChange): boolean {
  return (
    value.isr === null &&
    value.leader === NO_LEADER_CHANGE &&
    value.leaderRecoveryState === -1 &&
    value.eligibleLeaderReplicas === null &&
    value.lastKnownElr === null
  );
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
