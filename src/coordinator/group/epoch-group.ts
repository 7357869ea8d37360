import { TimelineCell, TimelineMap, type Timeline } from "../timeline.ts";
import {
  epochGroupRecordTypes,
  type EpochGroupFact,
  type EpochGroupRecord,
  type EpochGroupType,
} from "./epoch-group-records.ts";

export type EpochGroupState = "Empty" | "Assigning" | "Reconciling" | "Stable";

type MemberFact = Extract<EpochGroupFact, { part: "member" }>;
type CurrentFact = Extract<EpochGroupFact, { part: "current" }>;
type TopicsFact = Extract<EpochGroupFact, { part: "topics" }>;

/**
 * A consumer, share or streams group that the log tells of. Its members are served elsewhere or not
 * at all; here it is listed, its offsets are kept, and it can be deleted when nobody is in it.
 */
export class EpochGroup {
  readonly type: EpochGroupType;
  readonly groupId: string;
  readonly #epoch: TimelineCell<number>;
  readonly #assignmentEpoch: TimelineCell<number>;
  readonly #members: TimelineMap<string, MemberFact>;
  readonly #current: TimelineMap<string, CurrentFact>;
  readonly #topics: TimelineMap<string, TopicsFact>;
  /** Which records the log holds: type and entry. */
  readonly #records: TimelineMap<string, EpochGroupRecord>;

  constructor(type: EpochGroupType, groupId: string, timeline: Timeline) {
    this.type = type;
    this.groupId = groupId;
    this.#epoch = new TimelineCell(timeline, 0);
    this.#assignmentEpoch = new TimelineCell(timeline, 0);
    this.#members = new TimelineMap(timeline);
    this.#current = new TimelineMap(timeline);
    this.#topics = new TimelineMap(timeline);
    this.#records = new TimelineMap(timeline);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Every record of the group has been deleted. */
  get hasNoRecords(): boolean {
    return this.#records.size === 0;
  }

  /** Whether the log holds a record of the group as a whole of this type. */
  hasRecord(recordType: number): boolean {
    return this.#records.has(recordKey(recordType, ""));
  }

  /** The state as far as it is committed. */
  committedState(): EpochGroupState {
    if (this.#members.isCommittedEmpty) return "Empty";
    const epoch = this.#epoch.getCommitted();
    const assignmentEpoch = this.#assignmentEpoch.getCommitted();
    if (epoch > assignmentEpoch) return this.type === "share" ? "Stable" : "Assigning";
    if (this.type === "share") return "Stable";
    for (const [memberId] of this.#members.committedEntries()) {
      const current = this.#current.getCommitted(memberId);
      if (current === undefined || !current.isStable) return "Reconciling";
      if (current.memberEpoch !== assignmentEpoch) return "Reconciling";
    }
    return "Stable";
  }

  member(memberId: string): MemberFact | undefined {
    return this.#members.get(memberId);
  }

  committedMember(memberId: string): MemberFact | undefined {
    return this.#members.getCommitted(memberId);
  }

  current(memberId: string): CurrentFact | undefined {
    return this.#current.get(memberId);
  }

  committedCurrent(memberId: string): CurrentFact | undefined {
    return this.#current.getCommitted(memberId);
  }

  /** Whether a member subscribes to the topic, by name or by what its expression was resolved to. */
  isSubscribedTo(topic: string): boolean {
    if (this.isEmpty) return false;
    for (const member of this.#members.values()) if (member.topics.includes(topic)) return true;
    for (const resolved of this.#topics.values()) if (resolved.topics.includes(topic)) return true;
    return false;
  }

  /** Takes in a record of this group. */
  replay(record: EpochGroupRecord): void {
    const { fact, entry, recordType } = record;
    const key = recordKey(recordType, entry);
    const known = this.#records.get(key);
    if (fact === null) this.#records.delete(key);
    else this.#records.set(key, record);
    switch (fact?.part ?? known?.fact?.part) {
      case "metadata":
        this.#epoch.set(fact?.part === "metadata" ? fact.epoch : 0);
        break;
      case "target-metadata":
        this.#assignmentEpoch.set(fact?.part === "target-metadata" ? fact.assignmentEpoch : 0);
        break;
      case "member":
        put(this.#members, entry, fact?.part === "member" ? fact : undefined);
        break;
      case "current":
        put(this.#current, entry, fact?.part === "current" ? fact : undefined);
        break;
      case "topics":
        put(this.#topics, entry, fact?.part === "topics" ? fact : undefined);
        break;
      case "other":
      case undefined:
        break;
    }
  }

  /** Deletes every record of the group, in the order that replaying them needs. */
  tombstones(): EpochGroupRecord[] {
    const order = epochGroupRecordTypes(this.type);
    return [...this.#records.values()]
      .sort((a, b) => order.indexOf(a.recordType) - order.indexOf(b.recordType))
      .map((record) => ({ ...record, fact: null }));
  }
}

function recordKey(recordType: number, entry: string): string {
  return `${recordType}/${entry}`;
}

function put<V extends NonNullable<unknown>>(
  map: TimelineMap<string, V>,
  key: string,
  value: V | undefined,
): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
