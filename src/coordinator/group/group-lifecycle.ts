import { ClassicGroup } from "./classic-group.ts";
import { onClassicGroupLoaded, onClassicGroupUnloaded } from "./classic-rebalance.ts";
import { scheduleExpiry } from "./expire-offsets.ts";
import type { GroupLifecycle } from "./group-machine.ts";

/** What groups do when their shard begins to serve, and when it stops. */
export const groupLifecycle: GroupLifecycle = {
  onLoaded(machine) {
    for (const group of machine.groups()) {
      if (group instanceof ClassicGroup) onClassicGroupLoaded(machine, group);
    }
    scheduleExpiry(machine);
  },
  onUnloaded(machine) {
    for (const group of machine.groups()) {
      if (group instanceof ClassicGroup) onClassicGroupUnloaded(machine, group);
    }
  },
};
