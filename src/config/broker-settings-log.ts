/** Topics and their logs: segments, retention, flushing, compaction, record batches. */
import { gzipLevel } from "./rules.ts";
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, choice, double, int32, int64, list } from "./value-type.ts";

const RETENTION_SYNONYMS = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];
const ROLL_SYNONYMS = ["log.roll.ms", "log.roll.hours"];
const JITTER_SYNONYMS = ["log.roll.jitter.ms", "log.roll.jitter.hours"];

export const logSettings = settings(
  setting("auto.create.topics.enable", boolean({ default: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("background.threads", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "",
  }),
  setting("compression.gzip.level", int32({ default: -1, rule: gzipLevel }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("compression.lz4.level", int32({ default: 9, min: 1, max: 17 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting(
    "compression.type",
    choice(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], { default: "producer" }),
    { changes: "cluster-wide", importance: "high", effective: true, about: "" },
  ),
  setting("compression.zstd.level", int32({ default: 3, min: -131_072, max: 22 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("cordoned.log.dirs", list({ default: [] }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("default.replication.factor", int32({ default: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("delete.topic.enable", boolean({ default: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.cleaner.backoff.ms", int64({ default: 15_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.dedupe.buffer.size", int64({ default: 134_217_728 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.delete.retention.ms", int64({ default: 86_400_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.enable", boolean({ default: true }), { importance: "medium", about: "" }),
  setting("log.cleaner.io.buffer.load.factor", double({ default: 0.9 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.io.buffer.size", int32({ default: 524_288, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.io.max.bytes.per.second", double({ default: Number.MAX_VALUE }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.max.compaction.lag.ms", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.min.cleanable.ratio", double({ default: 0.5, min: 0, max: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.min.compaction.lag.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleaner.threads", int32({ default: 1, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.cleanup.policy", list({ default: ["delete"], oneOf: ["compact", "delete"] }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.dir", list({ default: ["/tmp/kafka-logs"], nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.dir.failure.timeout.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("log.dirs", list({ default: null, nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.flush.interval.messages", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.flush.interval.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    effective: true,
    about: "",
  }),
  setting("log.flush.offset.checkpoint.interval.ms", int32({ default: 60_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.flush.scheduler.interval.ms", int64({ default: LONG_MAX }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.flush.start.offset.checkpoint.interval.ms", int32({ default: 60_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.index.interval.bytes", int32({ default: 4096, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.index.size.max.bytes", int32({ default: 10_485_760, min: 4 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.initial.task.delay.ms", int64({ default: 30_000, min: 0 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("log.message.timestamp.after.max.ms", int64({ default: 3_600_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.message.timestamp.before.max.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting(
    "log.message.timestamp.type",
    choice(["CreateTime", "LogAppendTime"], { default: "CreateTime" }),
    { changes: "cluster-wide", importance: "medium", effective: true, about: "" },
  ),
  setting("log.preallocate", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.retention.bytes", int64({ default: -1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.retention.check.interval.ms", int64({ default: 300_000, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("log.retention.hours", int32({ default: 168 }), {
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.retention.minutes", int32({ default: null }), {
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.retention.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.roll.hours", int32({ default: 168, min: 1 }), {
    importance: "high",
    synonyms: ROLL_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.roll.jitter.hours", int32({ default: 0, min: 0 }), {
    importance: "high",
    synonyms: JITTER_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.roll.jitter.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: JITTER_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.roll.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: ROLL_SYNONYMS,
    effective: true,
    about: "",
  }),
  setting("log.segment.bytes", int32({ default: 1_073_741_824, min: 1_048_576 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("log.segment.delete.delay.ms", int64({ default: 60_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting(
    "max.decompressed.message.bytes",
    int32({ default: 2_147_483_639, min: 1, max: 2_147_483_639 }),
    { changes: "cluster-wide", importance: "medium", effective: true, about: "" },
  ),
  setting("message.max.bytes", int32({ default: 1_048_588, min: 0 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("min.insync.replicas", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("num.partitions", int32({ default: 1, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("num.recovery.threads.per.data.dir", int32({ default: 2, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "",
  }),
);
