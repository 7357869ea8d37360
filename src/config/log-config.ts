import { type BrokerConfig } from "./broker-config.ts";
import { effectiveValue } from "./inherited.ts";
import { topicSettingsByName, type TopicSettingName, type TopicValues } from "./topic-settings.ts";

/** A topic's own settings, as its ConfigRecords have them. */
export type TopicOverrides = ReadonlyMap<string, string>;

/**
 * The effective configuration of a topic's logs: the topic's own settings, else the broker's. Plain
 * fields, because appends and fetches read them.
 */
export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  /** -1 keeps for ever. */
  readonly retentionMs: number;
  /** Of one partition; -1 keeps everything. */
  readonly retentionBytes: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly fileDeleteDelayMs: number;
  readonly maxMessageBytes: number;
  /** What one batch may yield when it is decompressed. */
  readonly maxDecompressedMessageBytes: number;
  readonly messageTimestampType: "CreateTime" | "LogAppendTime";
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly compressionType: "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";
  /** -1 leaves the level to the library. */
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  /** From `cleanup.policy`; both may hold, and neither. */
  readonly compact: boolean;
  readonly delete: boolean;
  readonly preallocate: boolean;
  readonly minInsyncReplicas: number;
  readonly uncleanLeaderElectionEnable: boolean;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
}

/** The effective configuration of a topic with these overrides on this broker, as of now. */
export function logConfigOf(broker: BrokerConfig, overrides: TopicOverrides): LogConfig {
  const get = <Name extends TopicSettingName>(name: Name): TopicValues[Name] =>
    // `topicValue` parses with the declaration from which `TopicValues` is inferred.
    topicValue(broker, overrides, name) as TopicValues[Name];
  const policy = get("cleanup.policy");
  return {
    segmentBytes: get("internal.segment.bytes") ?? get("segment.bytes"),
    segmentMs: get("segment.ms"),
    segmentJitterMs: get("segment.jitter.ms"),
    segmentIndexBytes: get("segment.index.bytes"),
    indexIntervalBytes: get("index.interval.bytes"),
    retentionMs: unlimitedBelowZero(get("retention.ms")),
    retentionBytes: unlimitedBelowZero(get("retention.bytes")),
    flushMessages: get("flush.messages"),
    flushMs: get("flush.ms"),
    fileDeleteDelayMs: get("file.delete.delay.ms"),
    maxMessageBytes: get("max.message.bytes"),
    maxDecompressedMessageBytes: get("max.decompressed.message.bytes"),
    messageTimestampType: get("message.timestamp.type"),
    messageTimestampBeforeMaxMs: get("message.timestamp.before.max.ms"),
    messageTimestampAfterMaxMs: get("message.timestamp.after.max.ms"),
    compressionType: get("compression.type"),
    compressionGzipLevel: get("compression.gzip.level"),
    compressionLz4Level: get("compression.lz4.level"),
    compressionZstdLevel: get("compression.zstd.level"),
    compact: policy.includes("compact"),
    delete: policy.includes("delete"),
    preallocate: get("preallocate"),
    minInsyncReplicas: get("min.insync.replicas"),
    uncleanLeaderElectionEnable: get("unclean.leader.election.enable"),
    minCompactionLagMs: get("min.compaction.lag.ms"),
    maxCompactionLagMs: get("max.compaction.lag.ms"),
    deleteRetentionMs: get("delete.retention.ms"),
    minCleanableDirtyRatio: get("min.cleanable.dirty.ratio"),
  };
}

function topicValue(broker: BrokerConfig, overrides: TopicOverrides, name: string): unknown {
  const declared = topicSettingsByName.get(name);
  return declared === undefined ? undefined : effectiveValue(broker, overrides, declared).value;
}

function unlimitedBelowZero(value: number): number {
  return value < 0 ? -1 : value;
}
