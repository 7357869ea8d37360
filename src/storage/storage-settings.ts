import type { BrokerConfig } from "../config/broker-config.ts";

/** What the whole of the storage goes by; topics have their own `LogConfig`. */
export interface StorageSettings {
  /** `log.dirs`, or `log.dir`. */
  readonly logDirs: readonly string[];
  /** `metadata.log.dir`, or the first of {@link logDirs}. */
  readonly metadataLogDir: string;
  /** `log.initial.task.delay.ms`: before the first of the periodic tasks. */
  readonly initialTaskDelayMs: number;
  /** `log.retention.check.interval.ms`. */
  readonly retentionCheckIntervalMs: number;
  /** `log.flush.offset.checkpoint.interval.ms`. */
  readonly recoveryPointCheckpointIntervalMs: number;
  /** `log.flush.start.offset.checkpoint.interval.ms`. */
  readonly logStartCheckpointIntervalMs: number;
  /** `replica.high.watermark.checkpoint.interval.ms`. */
  readonly highWatermarkCheckpointIntervalMs: number;
  /** `log.segment.delete.delay.ms`: before the folder of a deleted partition is removed. */
  readonly folderDeleteDelayMs: number;
  /** `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
  /** `producer.id.expiration.check.interval.ms`. */
  readonly producerIdExpirationCheckIntervalMs: number;
}

/** The settings as this node is configured. */
export function storageSettingsOf(config: BrokerConfig): StorageSettings {
  const logDirs = config.get("log.dirs") ?? config.get("log.dir");
  return {
    logDirs,
    metadataLogDir: config.get("metadata.log.dir") ?? logDirs[0] ?? "",
    initialTaskDelayMs: config.get("log.initial.task.delay.ms"),
    retentionCheckIntervalMs: config.get("log.retention.check.interval.ms"),
    recoveryPointCheckpointIntervalMs: config.get("log.flush.offset.checkpoint.interval.ms"),
    logStartCheckpointIntervalMs: config.get("log.flush.start.offset.checkpoint.interval.ms"),
    highWatermarkCheckpointIntervalMs: config.get("replica.high.watermark.checkpoint.interval.ms"),
    folderDeleteDelayMs: config.get("log.segment.delete.delay.ms"),
    producerIdExpirationMs: config.get("producer.id.expiration.ms"),
    producerIdExpirationCheckIntervalMs: config.get("producer.id.expiration.check.interval.ms"),
  };
}
