import type { Assignor, AssignorName } from "./assignor.ts";
import { rangeAssignor } from "./range.ts";
import { roundRobinAssignor } from "./round-robin.ts";

/** The assignors of classic groups, by their name on the wire. */
export const assignors: Readonly<Record<AssignorName, Assignor>> = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  sticky: roundRobinAssignor,
  "cooperative-sticky": roundRobinAssignor,
};
