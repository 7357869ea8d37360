/** Settings of groups and offsets, as plain fields. */
export interface GroupSettings {
  /** `group.min.session.timeout.ms` */
  readonly minSessionTimeoutMs: number;
  /** `group.max.session.timeout.ms` */
  readonly maxSessionTimeoutMs: number;
  /** `group.initial.rebalance.delay.ms` */
  readonly initialRebalanceDelayMs: number;
  /** `group.max.size`: members of a classic group. */
  readonly maxSize: number;
  /** `offset.metadata.max.bytes`: UTF-16 units of the text that goes with an offset. */
  readonly offsetMetadataMaxLength: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckIntervalMs: number;
}

/** Kafka's defaults. */
export const defaultGroupSettings: GroupSettings = {
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 3000,
  maxSize: 2 ** 31 - 1,
  offsetMetadataMaxLength: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
};

/** How long a member may stay that has not completed its first join (`classicGroupNewMemberJoinTimeoutMs`). */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;
