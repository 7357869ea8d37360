import type { TopicPartition } from "../../core/topic-partition.ts";
import { EventSubscribers } from "../event-subscribers.ts";

/** Partitions that came to this consumer, or went. */
export interface Rebalance {
  /** `lost`: they went before what was read of them could be committed; others may read them already. */
  readonly kind: "assigned" | "revoked" | "lost";
  readonly partitions: readonly TopicPartition[];
}

/** Tells loops what comes and goes. */
export class RebalanceEvents extends EventSubscribers<Rebalance> {}
