import type { BrokerConfig } from "../config/broker-config.ts";
import { codecOfId } from "../records/compression.ts";
import { defaultGroupSettings, type GroupSettings } from "./group/group-settings.ts";
import type { ShardSettings } from "./shard.ts";

export interface GroupCoordinatorSettings {
  readonly groups: GroupSettings;
  readonly shards: ShardSettings;
}

/** Kafka's defaults. */
export const defaultGroupCoordinatorSettings: GroupCoordinatorSettings = {
  groups: defaultGroupSettings,
  shards: {
    compression: "none",
    appendLingerMs: -1,
    writeTimeoutMs: 5000,
    loadBufferBytes: 5_242_880,
  },
};

const MINUTE_MS = 60_000;

/** The settings of a broker. None of them changes while it runs. */
export function groupCoordinatorSettingsOf(config: BrokerConfig): GroupCoordinatorSettings {
  return {
    groups: {
      minSessionTimeoutMs: config.get("group.min.session.timeout.ms"),
      maxSessionTimeoutMs: config.get("group.max.session.timeout.ms"),
      initialRebalanceDelayMs: config.get("group.initial.rebalance.delay.ms"),
      maxSize: config.get("group.max.size"),
      offsetMetadataMaxLength: config.get("offset.metadata.max.bytes"),
      offsetsRetentionMs: config.get("offsets.retention.minutes") * MINUTE_MS,
      offsetsRetentionCheckIntervalMs: config.get("offsets.retention.check.interval.ms"),
    },
    shards: {
      compression: codecOfId(config.get("offsets.topic.compression.codec")),
      appendLingerMs: config.get("group.coordinator.append.linger.ms"),
      writeTimeoutMs: config.get("offsets.commit.timeout.ms"),
      loadBufferBytes: config.get("offsets.load.buffer.size"),
    },
  };
}
