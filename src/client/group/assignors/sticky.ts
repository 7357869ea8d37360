import type { Assignor } from "./assignor.ts";
import { encodeSticky, settleClaims, stickyClaim } from "./sticky-claims.ts";
import { planSticky } from "./sticky-plan.ts";

/**
 * Kafka's sticky assignment: even, and members keep what they had as far as that allows. They give all
 * up during a rebalance; what they had is told through user data (KIP-54, KIP-341).
 */
export const stickyAssignor: Assignor = {
  name: "sticky",
  isCooperative: false,
  userData: (partitions, generation) => encodeSticky({ partitions, generation }),
  assign: (members, topics) =>
    planSticky(members, settleClaims(members, stickyClaim, topics), topics),
};
