/**
 * OffsetCommit, versions 2 to 10.
 *
 * v2 to v4 carry a retention time. v6 leader epoch. v7 static members. v9 member epochs of the newer
 * protocols (KIP-848). v10 topic ids.
 */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { Decision } from "../machine.ts";
import { restartSession } from "./classic-rebalance.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { EpochGroup } from "./epoch-group.ts";
import type { Group, GroupMachine } from "./group-machine.ts";
import { NO_EXPIRE_TIME, type GroupRecord } from "./group-records.ts";

export interface OffsetToCommit {
  readonly topic: string;
  /** The zero id when it is not known. */
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/** A commit of offsets whose partitions are known to exist. */
export interface OffsetsToCommit {
  readonly apiVersion: number;
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationIdOrMemberEpoch: number;
  /** -1: the retention of the broker. */
  readonly retentionTimeMs: number;
  readonly offsets: readonly OffsetToCommit[];
}

/** From here on clients know of member epochs, and of groups that do not exist. */
const MEMBER_EPOCH_VERSION = 9;
const NO_RETENTION_TIME = -1;

/** Stores offsets; the reply is an error for each, in the order of the request. */
export function decideOffsetCommit(
  machine: GroupMachine,
  commit: OffsetsToCommit,
): Decision<GroupRecord, readonly ErrorCode[]> {
  const group = machine.group(commit.groupId);
  const error = validateCommit(group, commit);
  if (error !== ErrorCode.NONE) {
    return { records: [], reply: commit.offsets.map(() => error) };
  }
  if (group?.type === "classic") keepSession(machine, group, commit.memberId);
  const { settings } = machine.inputs;
  const nowMs = machine.inputs.nowMs();
  // The longest retention times reach beyond what a program's numbers hold.
  const expireTimestamp =
    commit.retentionTimeMs === NO_RETENTION_TIME
      ? NO_EXPIRE_TIME
      : Math.min(nowMs + commit.retentionTimeMs, Number.MAX_SAFE_INTEGER);
  const records: GroupRecord[] = [];
  const reply: ErrorCode[] = [];
  for (const offset of commit.offsets) {
    const metadata = offset.metadata ?? "";
    if (metadata.length > settings.offsetMetadataMaxLength) {
      reply.push(ErrorCode.OFFSET_METADATA_TOO_LARGE);
      continue;
    }
    reply.push(ErrorCode.NONE);
    records.push({
      kind: "offset-commit",
      groupId: commit.groupId,
      topic: offset.topic,
      partition: offset.partition,
      value: {
        offset: offset.offset,
        leaderEpoch: offset.leaderEpoch,
        metadata,
        commitTimestamp: nowMs,
        expireTimestamp,
        topicId: offset.topicId,
      },
    });
  }
  return { records, reply };
}

/** Whether the commit may be stored: NONE, or what all its partitions are answered. */
function validateCommit(group: Group | undefined, commit: OffsetsToCommit): ErrorCode {
  if (group === undefined) {
    // Without a generation it comes from somebody who manages partitions alone, and makes a group.
    if (commit.generationIdOrMemberEpoch < 0) return ErrorCode.NONE;
    return commit.apiVersion >= MEMBER_EPOCH_VERSION
      ? ErrorCode.GROUP_ID_NOT_FOUND
      : ErrorCode.ILLEGAL_GENERATION;
  }
  switch (group.type) {
    case "classic":
      return validateClassicCommit(group, commit);
    case "share":
      return ErrorCode.GROUP_ID_NOT_FOUND;
    case "consumer":
    case "streams":
      return validateEpochCommit(group, commit);
  }
}

function validateClassicCommit(group: ClassicGroup, commit: OffsetsToCommit): ErrorCode {
  const { generationIdOrMemberEpoch, memberId, groupInstanceId } = commit;
  if (group.state === "Dead") return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (generationIdOrMemberEpoch < 0 && group.state === "Empty") return ErrorCode.NONE;
  if (generationIdOrMemberEpoch < 0 && memberId === "" && groupInstanceId === null) {
    return ErrorCode.UNKNOWN_MEMBER_ID;
  }
  const error = group.validateMember(memberId, groupInstanceId);
  if (error !== ErrorCode.NONE) return error;
  if (generationIdOrMemberEpoch !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  return group.state === "CompletingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

function validateEpochCommit(group: EpochGroup, commit: OffsetsToCommit): ErrorCode {
  const epoch = commit.generationIdOrMemberEpoch;
  if (epoch < 0 && group.isEmpty) return ErrorCode.NONE;
  const member = group.member(commit.memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (!member.isClassic && commit.apiVersion < MEMBER_EPOCH_VERSION) {
    return ErrorCode.UNSUPPORTED_VERSION;
  }
  const current = group.current(commit.memberId);
  const memberEpoch = current?.memberEpoch ?? 0;
  if (epoch === memberEpoch) return ErrorCode.NONE;
  const held = current?.held ?? [];
  const mayBeLate =
    epoch < memberEpoch &&
    commit.offsets.every((offset) =>
      held.some(({ topicId, partitions, assignmentEpochs }) => {
        if (topicId !== offset.topicId || assignmentEpochs === null) return false;
        const at = partitions.indexOf(offset.partition);
        const assignedIn = assignmentEpochs[at];
        return assignedIn !== undefined && assignedIn <= epoch;
      }),
    );
  if (mayBeLate) return ErrorCode.NONE;
  return member.isClassic ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH;
}

/** In the classic protocol a commit is as good as a heartbeat. */
function keepSession(machine: GroupMachine, group: ClassicGroup, memberId: string): void {
  if (group.state !== "Stable" && group.state !== "PreparingRebalance") return;
  const member = group.member(memberId);
  if (member !== undefined) restartSession(machine, group, member);
}
