import type { Logger } from "../../telemetry/logger.ts";
import type { CoordinatorMachine, ShardContext, ShardTimers, StoredRecord } from "../machine.ts";
import { TimelineMap } from "../timeline.ts";
import { loadClassicGroup } from "./classic-group-record.ts";
import { ClassicGroup, newClassicGroup } from "./classic-group.ts";
import { EpochGroup } from "./epoch-group.ts";
import type { EpochGroupRecord } from "./epoch-group-records.ts";
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from "./group-records.ts";
import type { GroupSettings } from "./group-settings.ts";
import { OffsetStore } from "./offset-store.ts";

export type Group = ClassicGroup | EpochGroup;

/** What decisions take from outside: the time, chance, and settings. */
export interface GroupInputs {
  /** Wall clock, for what is stored. */
  readonly nowMs: () => number;
  /** A random UUID in Java's form, for member ids. */
  readonly newUuid: () => string;
  readonly settings: GroupSettings;
  readonly logger: Logger;
}

/** Decisions at both ends of a shard's life; they know the machine, so it does not know them. */
export interface GroupLifecycle {
  onLoaded(machine: GroupMachine): void;
  onUnloaded(machine: GroupMachine): void;
}

/**
 * The groups and offsets of one partition of `__consumer_offsets`. Decisions stand in files of their
 * own; here records are applied.
 */
export class GroupMachine implements CoordinatorMachine<GroupRecord> {
  readonly inputs: GroupInputs;
  readonly timers: ShardTimers<GroupMachine, GroupRecord>;
  readonly offsets: OffsetStore;
  readonly #context: ShardContext<GroupMachine, GroupRecord>;
  readonly #lifecycle: GroupLifecycle;
  readonly #groups: TimelineMap<string, Group>;

  constructor(
    context: ShardContext<GroupMachine, GroupRecord>,
    inputs: GroupInputs,
    lifecycle: GroupLifecycle,
  ) {
    this.#context = context;
    this.#lifecycle = lifecycle;
    this.inputs = inputs;
    this.timers = context.timers;
    this.offsets = new OffsetStore(context.timeline);
    this.#groups = new TimelineMap(context.timeline);
  }

  get partition(): number {
    return this.#context.partition;
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }

  committedGroup(groupId: string): Group | undefined {
    return this.#groups.getCommitted(groupId);
  }

  groups(): MapIterator<Group> {
    return this.#groups.values();
  }

  *committedGroups(): Generator<Group, void, undefined> {
    for (const [, group] of this.#groups.committedEntries()) yield group;
  }

  /** The group if it is a classic one. */
  classicGroup(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId);
    return group instanceof ClassicGroup ? group : undefined;
  }

  /** A group that a decision makes before its record is replayed; undone if the record is lost. */
  createClassicGroup(groupId: string): ClassicGroup {
    const group = newClassicGroup(groupId, this.inputs.nowMs());
    this.#groups.set(groupId, group);
    return group;
  }

  encode(record: GroupRecord): StoredRecord {
    return encodeGroupRecord(record);
  }

  decode(key: Buffer, value: Buffer | null): GroupRecord | undefined {
    return decodeGroupRecord(key, value);
  }

  replay(record: GroupRecord, offset: number, producerId: number): void {
    switch (record.kind) {
      case "offset-commit":
        // Offsets make a group: one without members and without a record of its own.
        if (record.value !== null && !this.#groups.has(record.groupId)) {
          this.#groups.set(record.groupId, newClassicGroup(record.groupId, this.inputs.nowMs()));
        }
        this.offsets.replay(record, offset, producerId);
        break;
      case "group-metadata":
        if (record.value !== null) {
          this.#groups.set(record.groupId, loadClassicGroup(record.groupId, record.value));
        } else if (this.#groups.get(record.groupId)?.type === "classic") {
          this.#groups.delete(record.groupId);
        }
        break;
      case "epoch-group":
        this.#replayEpochGroup(record);
        break;
    }
  }

  replayEndTransaction(producerId: number, commit: boolean): void {
    this.offsets.replayEndTransaction(producerId, commit);
  }

  onLoaded(): void {
    this.#lifecycle.onLoaded(this);
  }

  onUnloaded(): void {
    this.#lifecycle.onUnloaded(this);
  }

  #replayEpochGroup(record: EpochGroupRecord): void {
    const { groupId, groupType, fact } = record;
    const known = this.#groups.get(groupId);
    let group = known instanceof EpochGroup && known.type === groupType ? known : undefined;
    if (group === undefined) {
      // A deletion of what is not there, or not any more: a compacted log may have it.
      if (fact === null) return;
      group = new EpochGroup(groupType, groupId, this.#context.timeline);
      this.#groups.set(groupId, group);
    }
    group.replay(record);
    if (group.hasNoRecords) this.#groups.delete(groupId);
  }
}
