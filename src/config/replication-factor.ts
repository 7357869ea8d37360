import { type BrokerConfig } from "./broker-config.ts";

/** Settings that say how many replicas an internal topic gets. */
export type InternalReplicationSetting =
  | "offsets.topic.replication.factor"
  | "transaction.state.log.replication.factor"
  | "share.coordinator.state.topic.replication.factor";

export interface EffectiveReplicationFactor {
  readonly replicationFactor: number;
  /** To be said once, when the factor was lowered. */
  readonly warning: string | undefined;
}

/**
 * Replicas that an internal topic gets in a cluster of `brokers` brokers. Kafka's default of 3 is
 * lowered to what is there, so that a single node works; a factor that somebody asked for stands,
 * and creating the topic fails as it does in Kafka when there are too few.
 */
export function effectiveReplicationFactor(
  config: BrokerConfig,
  setting: InternalReplicationSetting,
  brokers: number,
): EffectiveReplicationFactor {
  const configured = config.get(setting);
  if (brokers < 1 || configured <= brokers || config.isExplicit(setting)) {
    return { replicationFactor: configured, warning: undefined };
  }
  const count = brokers === 1 ? "one broker" : `${brokers} brokers`;
  return {
    replicationFactor: brokers,
    warning:
      `${setting} is lowered from ${configured} to ${brokers}: the cluster has ${count}. ` +
      `In production run 3 brokers or more and set ${setting}=3.`,
  };
}

/** Replicas that must have a write to an internal topic of that factor; never more than it has. */
export function effectiveMinInsyncReplicas(configured: number, replicationFactor: number): number {
  return Math.min(configured, replicationFactor);
}
