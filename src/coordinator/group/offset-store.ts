import { TimelineMap, type Timeline } from "../timeline.ts";
import { NO_TRANSACTION } from "../machine.ts";
import type { OffsetCommitRecord } from "./group-records.ts";

/** Where a group stands in a partition. */
export interface StoredOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Leader epoch of the last consumed record, -1 when unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** -1: by the retention of the broker. */
  readonly expireTimestampMs: number;
  /** The zero id when it was stored without one. */
  readonly topicId: string;
  /** Where in the log it stands, which decides between two commits. */
  readonly recordOffset: number;
}

interface PendingOffset extends StoredOffset {
  readonly groupId: string;
}

type OffsetsOfGroup = TimelineMap<string, StoredOffset>;
/** Producers with an open transaction, by partition. */
type OpenOfGroup = TimelineMap<string, ReadonlySet<number>>;

/** Committed offsets of all groups of a shard, and those that wait for the end of a transaction. */
export class OffsetStore {
  readonly #timeline: Timeline;
  readonly #groups: TimelineMap<string, OffsetsOfGroup>;
  readonly #open: TimelineMap<string, OpenOfGroup>;
  readonly #pending: TimelineMap<number, TimelineMap<string, PendingOffset>>;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#groups = new TimelineMap(timeline);
    this.#open = new TimelineMap(timeline);
    this.#pending = new TimelineMap(timeline);
  }

  /** The newest offset, committed by the log or not. */
  get(groupId: string, topic: string, partition: number): StoredOffset | undefined {
    return this.#groups.get(groupId)?.get(partitionKey(topic, partition));
  }

  getCommitted(groupId: string, topic: string, partition: number): StoredOffset | undefined {
    return this.#groups.getCommitted(groupId)?.getCommitted(partitionKey(topic, partition));
  }

  /** The newest offsets of a group. */
  *ofGroup(groupId: string): Generator<StoredOffset, void, undefined> {
    const offsets = this.#groups.get(groupId);
    if (offsets !== undefined) yield* offsets.values();
  }

  *committedOfGroup(groupId: string): Generator<StoredOffset, void, undefined> {
    const offsets = this.#groups.getCommitted(groupId);
    if (offsets === undefined) return;
    for (const [, offset] of offsets.committedEntries()) yield offset;
  }

  /** Groups that have offsets. */
  groupIds(): MapIterator<string> {
    return this.#groups.keys();
  }

  /** Groups that have offsets in open transactions. */
  openGroupIds(): MapIterator<string> {
    return this.#open.keys();
  }

  hasOffsets(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  /** Whether a transaction that is open holds an offset of the group. */
  hasOpenTransaction(groupId: string): boolean {
    return this.#open.has(groupId);
  }

  /** Whether a transaction that is open holds an offset of the partition. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    return this.#open.get(groupId)?.has(partitionKey(topic, partition)) === true;
  }

  /** For each partition of the group that open transactions hold, one of the offsets they hold. */
  *openPartitions(groupId: string): Generator<StoredOffset, void, undefined> {
    const open = this.#open.get(groupId);
    if (open === undefined) return;
    for (const [key, producers] of open.entries()) {
      for (const producerId of producers) {
        const pending = this.#pending.get(producerId)?.get(pendingKey(groupId, key));
        if (pending === undefined) continue;
        yield pending;
        break;
      }
    }
  }

  replay(record: OffsetCommitRecord, recordOffset: number, producerId: number): void {
    const { groupId, topic, partition, value } = record;
    const key = partitionKey(topic, partition);
    if (value === null) {
      this.#remove(groupId, key);
      this.#dropPending(groupId, key);
      return;
    }
    const stored: PendingOffset = {
      groupId,
      topic,
      partition,
      offset: value.offset,
      leaderEpoch: value.leaderEpoch,
      metadata: value.metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp,
      topicId: value.topicId,
      recordOffset,
    };
    if (producerId === NO_TRANSACTION) this.#put(groupId, key, stored);
    else this.#hold(producerId, key, stored);
  }

  /** The end marker of a transaction: its offsets count unless a later commit has overtaken them. */
  replayEndTransaction(producerId: number, commit: boolean): void {
    const pending = this.#pending.get(producerId);
    if (pending === undefined) return;
    this.#pending.delete(producerId);
    for (const offset of pending.values()) {
      const key = partitionKey(offset.topic, offset.partition);
      this.#close(offset.groupId, key, producerId);
      if (!commit) continue;
      const existing = this.#groups.get(offset.groupId)?.get(key);
      if (existing === undefined || offset.recordOffset > existing.recordOffset) {
        this.#put(offset.groupId, key, offset);
      }
    }
  }

  #put(groupId: string, key: string, offset: StoredOffset): void {
    let offsets = this.#groups.get(groupId);
    if (offsets === undefined) {
      offsets = new TimelineMap(this.#timeline);
      this.#groups.set(groupId, offsets);
    }
    offsets.set(key, offset);
  }

  #remove(groupId: string, key: string): void {
    const offsets = this.#groups.get(groupId);
    if (offsets === undefined) return;
    offsets.delete(key);
    if (offsets.size === 0) this.#groups.delete(groupId);
  }

  #hold(producerId: number, key: string, offset: PendingOffset): void {
    let pending = this.#pending.get(producerId);
    if (pending === undefined) {
      pending = new TimelineMap(this.#timeline);
      this.#pending.set(producerId, pending);
    }
    pending.set(pendingKey(offset.groupId, key), offset);
    let open = this.#open.get(offset.groupId);
    if (open === undefined) {
      open = new TimelineMap(this.#timeline);
      this.#open.set(offset.groupId, open);
    }
    open.set(key, new Set(open.get(key) ?? []).add(producerId));
  }

  #close(groupId: string, key: string, producerId: number): void {
    const open = this.#open.get(groupId);
    const producers = open?.get(key);
    if (open === undefined || producers === undefined) return;
    const left = new Set(producers);
    left.delete(producerId);
    if (left.size > 0) open.set(key, left);
    else open.delete(key);
    if (open.size === 0) this.#open.delete(groupId);
  }

  /** A deleted offset takes what open transactions hold for the partition with it. */
  #dropPending(groupId: string, key: string): void {
    const producers = this.#open.get(groupId)?.get(key);
    if (producers === undefined) return;
    for (const producerId of producers) {
      const pending = this.#pending.get(producerId);
      pending?.delete(pendingKey(groupId, key));
      if (pending?.size === 0) this.#pending.delete(producerId);
      this.#close(groupId, key, producerId);
    }
  }
}

/** Unambiguous, because a number has no slash. */
function partitionKey(topic: string, partition: number): string {
  return `${partition}/${topic}`;
}

/** Topic names have no control characters; the length keeps group ids from running into keys. */
function pendingKey(groupId: string, key: string): string {
  return `${groupId.length}/${groupId}${key}`;
}
