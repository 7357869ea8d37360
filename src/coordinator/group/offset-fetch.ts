/**
 * OffsetFetch, versions 1 to 10.
 *
 * v2 a null list of topics asks for all, and errors stand at the top. v7 stable offsets only
 * (KIP-447). v8 several groups. v9 member epochs (KIP-848). v10 topic ids.
 */

import { ZERO_UUID } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Decision } from "../machine.ts";
import { EpochGroup } from "./epoch-group.ts";
import type { GroupMachine } from "./group-machine.ts";
import type { StoredOffset } from "./offset-store.ts";

/** Topics and partitions that are asked for. */
export interface OffsetsWanted {
  readonly groupId: string;
  readonly memberId: string | null;
  /** -1: not a member of a group with epochs. */
  readonly memberEpoch: number;
  /** `null` asks for all that the group has. */
  readonly topics: readonly TopicWanted[] | null;
}

export interface TopicWanted {
  readonly name: string;
  /** The zero id when it is not known. */
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export interface FetchedPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: ErrorCode;
}

export interface FetchedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly FetchedPartition[];
}

/** Offsets of one group, or why there are none. */
export type FetchedOffsets =
  | { readonly error: typeof ErrorCode.NONE; readonly topics: readonly FetchedTopic[] }
  | { readonly error: ErrorCode };

/** The offsets that are committed by the log. */
export function readOffsets(machine: GroupMachine, wanted: OffsetsWanted): FetchedOffsets {
  const { groupId } = wanted;
  const group = machine.committedGroup(groupId);
  if (group instanceof EpochGroup) {
    const error = validateFetch(
      wanted,
      wanted.memberId === null ? undefined : group.committedMember(wanted.memberId),
      () => group.committedCurrent(wanted.memberId ?? "")?.memberEpoch,
    );
    if (error !== ErrorCode.NONE) return { error };
  }
  const { offsets } = machine;
  return wanted.topics === null
    ? allOffsets(offsets.committedOfGroup(groupId), (offset) => fetched(offset))
    : namedOffsets(wanted.topics, (topic, partition, topicId) =>
        fetchedOf(partition, topicId, offsets.getCommitted(groupId, topic, partition)),
      );
}

/**
 * The newest offsets, which are answered when all that was written before is committed; partitions
 * that an open transaction holds are unstable.
 */
export function decideStableOffsets(
  machine: GroupMachine,
  wanted: OffsetsWanted,
): Decision<never, FetchedOffsets> {
  return { records: [], reply: stableOffsets(machine, wanted) };
}

function stableOffsets(machine: GroupMachine, wanted: OffsetsWanted): FetchedOffsets {
  const { groupId } = wanted;
  const group = machine.group(groupId);
  if (group instanceof EpochGroup) {
    const error = validateFetch(
      wanted,
      wanted.memberId === null ? undefined : group.member(wanted.memberId),
      () => group.current(wanted.memberId ?? "")?.memberEpoch,
    );
    if (error !== ErrorCode.NONE) return { error };
  }
  const { offsets } = machine;
  return wanted.topics === null
    ? allOffsets(offsets.ofGroup(groupId), (offset) =>
        offsets.isUnstable(groupId, offset.topic, offset.partition)
          ? none(offset.partition, ErrorCode.UNSTABLE_OFFSET_COMMIT)
          : fetched(offset),
      )
    : namedOffsets(wanted.topics, (topic, partition, topicId) =>
        offsets.isUnstable(groupId, topic, partition)
          ? none(partition, ErrorCode.UNSTABLE_OFFSET_COMMIT)
          : fetchedOf(partition, topicId, offsets.get(groupId, topic, partition)),
      );
}

/** A member of a group with epochs must be one, of the epoch it says. */
function validateFetch(
  wanted: OffsetsWanted,
  member: unknown,
  memberEpoch: () => number | undefined,
): ErrorCode {
  if (wanted.memberId === null && wanted.memberEpoch < 0) return ErrorCode.NONE;
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  return wanted.memberEpoch === (memberEpoch() ?? 0)
    ? ErrorCode.NONE
    : ErrorCode.STALE_MEMBER_EPOCH;
}

function namedOffsets(
  wanted: readonly TopicWanted[],
  offsetOf: (topic: string, partition: number, topicId: string) => FetchedPartition,
): FetchedOffsets {
  const topics = wanted.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => offsetOf(name, partition, topicId)),
  }));
  return { error: ErrorCode.NONE, topics };
}

function allOffsets(
  offsets: Iterable<StoredOffset>,
  partitionOf: (offset: StoredOffset) => FetchedPartition,
): FetchedOffsets {
  const byTopic = new Map<
    string,
    { name: string; topicId: string; partitions: FetchedPartition[] }
  >();
  for (const offset of offsets) {
    let topic = byTopic.get(offset.topic);
    if (topic === undefined) {
      topic = { name: offset.topic, topicId: ZERO_UUID, partitions: [] };
      byTopic.set(offset.topic, topic);
    }
    topic.partitions.push(partitionOf(offset));
  }
  return { error: ErrorCode.NONE, topics: [...byTopic.values()] };
}

function fetchedOf(
  partition: number,
  topicId: string,
  offset: StoredOffset | undefined,
): FetchedPartition {
  // An offset of a topic of the same name that was deleted says nothing about this one.
  return offset === undefined || isOtherTopic(offset.topicId, topicId)
    ? none(partition, ErrorCode.NONE)
    : fetched(offset);
}

function isOtherTopic(a: string, b: string): boolean {
  return a !== b && a !== ZERO_UUID && b !== ZERO_UUID;
}

function fetched(offset: StoredOffset): FetchedPartition {
  return {
    partitionIndex: offset.partition,
    committedOffset: offset.offset,
    committedLeaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    errorCode: ErrorCode.NONE,
  };
}

/** No offset: there is none, or the error says why. */
export function none(partition: number, errorCode: ErrorCode): FetchedPartition {
  return {
    partitionIndex: partition,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: "",
    errorCode,
  };
}
