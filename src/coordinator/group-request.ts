import type { Uuid } from "../core/uuid.ts";
import type { GroupMachine } from "./group/group-machine.ts";
import type { GroupRecord } from "./group/group-records.ts";
import type { MemberContext } from "./group/join-group.ts";
import type { CoordinatorRuntime } from "./runtime.ts";

/** What the coordinator has to know of topics, as the newest metadata says. */
export interface TopicLookup {
  nameOf(topicId: Uuid): string | undefined;
  idOf(name: string): Uuid | undefined;
  /** `undefined` when there is no such topic. */
  partitionCountOf(name: string): number | undefined;
}

/** Who asks. Rights to groups are checked before; those to topics where the topics are looked at. */
export interface GroupRequestContext extends MemberContext {
  /** Whether the topic may be seen (OffsetFetch) or read (OffsetCommit, OffsetDelete); default: yes. */
  readonly mayAccessTopic?: (name: string) => boolean;
}

export type GroupRuntime = CoordinatorRuntime<GroupMachine, GroupRecord>;

/** Receives a response, now or later, once. */
export type Respond<T> = (response: T) => void;
