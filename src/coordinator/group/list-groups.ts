/** ListGroups, versions 0 to 5. v4 filters by state (KIP-518), v5 by type (KIP-848). */

import type { ListGroupsResponseInput } from "../../protocol/messages/list-groups.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { CONSUMER_PROTOCOL_TYPE } from "./classic-protocols.ts";
import type { Group, GroupMachine } from "./group-machine.ts";

export type ListedGroup = ElementOf<ListGroupsResponseInput["groups"]>;

/** Lower-case names; an empty list lets everything through. */
export interface GroupFilters {
  readonly states: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** Names of filters as clients may write them. A name that means nothing matches nothing. */
export function groupFilters(states: readonly string[], types: readonly string[]): GroupFilters {
  const normal = (name: string): string => name.trim().toLowerCase();
  return { states: new Set(states.map(normal)), types: new Set(types.map(normal)) };
}

/** Groups of a shard as the committed log knows them. */
export function listGroups(machine: GroupMachine, filters: GroupFilters): ListedGroup[] {
  const listed: ListedGroup[] = [];
  for (const group of machine.committedGroups()) {
    const groupState = stateOf(group);
    if (filters.types.size > 0 && !filters.types.has(group.type)) continue;
    if (filters.states.size > 0 && !filters.states.has(groupState.toLowerCase())) continue;
    listed.push({
      groupId: group.groupId,
      protocolType: protocolTypeOf(group),
      groupState,
      groupType: group.type,
    });
  }
  return listed;
}

function stateOf(group: Group): string {
  return group.type === "classic" ? group.state : group.committedState();
}

function protocolTypeOf(group: Group): string {
  if (group.type === "classic") return group.protocolType ?? "";
  return group.type === "consumer" ? CONSUMER_PROTOCOL_TYPE : group.type;
}
