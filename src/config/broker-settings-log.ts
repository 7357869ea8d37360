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
    about: "Creates a topic when a client first asks for it.",
  }),
  setting("background.threads", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "Threads for work in the background.",
  }),
  setting("compression.gzip.level", int32({ default: -1, rule: gzipLevel }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Level of gzip where the broker compresses; -1 is the library's choice.",
  }),
  setting("compression.lz4.level", int32({ default: 9, min: 1, max: 17 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Level of LZ4 where the broker compresses.",
  }),
  setting(
    "compression.type",
    choice(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], { default: "producer" }),
    {
      changes: "cluster-wide",
      importance: "high",
      effective: true,
      about: "How batches lie on disk: as the producer sent them, uncompressed, or in one codec.",
    },
  ),
  setting("compression.zstd.level", int32({ default: 3, min: -131_072, max: 22 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Level of Zstandard where the broker compresses.",
  }),
  setting("cordoned.log.dirs", list({ default: [] }), {
    changes: "per-broker",
    importance: "medium",
    about: "Log directories that get no new partitions; * means all.",
  }),
  setting("default.replication.factor", int32({ default: 1 }), {
    importance: "medium",
    effective: true,
    about: "Replicas of a topic created without a count.",
  }),
  setting("delete.topic.enable", boolean({ default: true }), {
    importance: "high",
    effective: true,
    about: "Lets topics be deleted.",
  }),
  setting("log.cleaner.backoff.ms", int64({ default: 15_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Pause of the cleaner when no log needs it.",
  }),
  setting("log.cleaner.dedupe.buffer.size", int64({ default: 134_217_728 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Memory in which the cleaner remembers keys, over all its threads.",
  }),
  setting("log.cleaner.delete.retention.ms", int64({ default: 86_400_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "How long compacted topics keep tombstones and transaction markers.",
  }),
  setting("log.cleaner.enable", boolean({ default: true }), {
    importance: "medium",
    about: "Runs the cleaner, which compacts logs.",
  }),
  setting("log.cleaner.io.buffer.load.factor", double({ default: 0.9 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "How full the cleaner's table of keys may get.",
  }),
  setting("log.cleaner.io.buffer.size", int32({ default: 524_288, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Memory through which the cleaner reads and writes, over all its threads.",
  }),
  setting("log.cleaner.io.max.bytes.per.second", double({ default: Number.MAX_VALUE }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes per second that the cleaner reads and writes.",
  }),
  setting("log.cleaner.max.compaction.lag.ms", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Longest time that a record of a compacted topic stays out of compaction.",
  }),
  setting("log.cleaner.min.cleanable.ratio", double({ default: 0.5, min: 0, max: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Share of a log that must be new before it is compacted.",
  }),
  setting("log.cleaner.min.compaction.lag.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Shortest time that a record of a compacted topic stays as it was written.",
  }),
  setting("log.cleaner.threads", int32({ default: 1, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Threads of the cleaner.",
  }),
  setting("log.cleanup.policy", list({ default: ["delete"], oneOf: ["compact", "delete"] }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "How old records leave a log: deleted by age and size, compacted by key, or both.",
  }),
  setting("log.dir", list({ default: ["/tmp/kafka-logs"], nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "Directory of the logs, where log.dirs is not set.",
  }),
  setting("log.dir.failure.timeout.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about:
      "How long the controller may fail to hear of a broken log directory before the broker stops.",
  }),
  setting("log.dirs", list({ default: null, nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "Directories of the logs; partitions are spread over them.",
  }),
  setting("log.flush.interval.messages", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Records of a partition after which it is flushed to disk.",
  }),
  setting("log.flush.interval.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    effective: true,
    about:
      "Time after which records are flushed to disk; without it log.flush.scheduler.interval.ms.",
  }),
  setting("log.flush.offset.checkpoint.interval.ms", int32({ default: 60_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "How often the points from which recovery must read are written down.",
  }),
  setting("log.flush.scheduler.interval.ms", int64({ default: LONG_MAX }), {
    importance: "high",
    effective: true,
    about: "How often logs are looked at for flushing.",
  }),
  setting("log.flush.start.offset.checkpoint.interval.ms", int32({ default: 60_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "How often the start offsets of logs are written down.",
  }),
  setting("log.index.interval.bytes", int32({ default: 4096, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Bytes of a log between two entries of its index.",
  }),
  setting("log.index.size.max.bytes", int32({ default: 10_485_760, min: 4 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Size of an index file; a full one closes its segment.",
  }),
  setting("log.initial.task.delay.ms", int64({ default: 30_000, min: 0 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "How long after the start the periodic work on logs begins.",
  }),
  setting("log.message.timestamp.after.max.ms", int64({ default: 3_600_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "How far ahead of the broker's clock a record's timestamp may be.",
  }),
  setting("log.message.timestamp.before.max.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "How far behind the broker's clock a record's timestamp may be.",
  }),
  setting(
    "log.message.timestamp.type",
    choice(["CreateTime", "LogAppendTime"], { default: "CreateTime" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      effective: true,
      about: "Whether records carry the producer's time or the time of their append.",
    },
  ),
  setting("log.preallocate", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Gives a new segment its full size on disk at once.",
  }),
  setting("log.retention.bytes", int64({ default: -1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Size of a partition beyond which its oldest segments go; -1 keeps everything.",
  }),
  setting("log.retention.check.interval.ms", int64({ default: 300_000, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "How often logs are looked at for segments to delete.",
  }),
  setting("log.retention.hours", int32({ default: 168 }), {
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about:
      "Age beyond which segments go, in hours; the third choice after minutes and milliseconds.",
  }),
  setting("log.retention.minutes", int32({ default: null }), {
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about: "Age beyond which segments go, in minutes; the second choice after milliseconds.",
  }),
  setting("log.retention.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: RETENTION_SYNONYMS,
    effective: true,
    about: "Age beyond which segments go; -1 keeps them for ever.",
  }),
  setting("log.roll.hours", int32({ default: 168, min: 1 }), {
    importance: "high",
    synonyms: ROLL_SYNONYMS,
    effective: true,
    about: "Age at which a segment is closed, in hours, where log.roll.ms is not set.",
  }),
  setting("log.roll.jitter.hours", int32({ default: 0, min: 0 }), {
    importance: "high",
    synonyms: JITTER_SYNONYMS,
    effective: true,
    about: "Random hours taken off that age, so that segments do not close all at once.",
  }),
  setting("log.roll.jitter.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: JITTER_SYNONYMS,
    effective: true,
    about: "Random milliseconds taken off the age at which a segment is closed.",
  }),
  setting("log.roll.ms", int64({ default: null }), {
    changes: "cluster-wide",
    importance: "high",
    synonyms: ROLL_SYNONYMS,
    effective: true,
    about: "Age at which a segment is closed and a new one begun.",
  }),
  setting("log.segment.bytes", int32({ default: 1_073_741_824, min: 1_048_576 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Size at which a segment is closed and a new one begun.",
  }),
  setting("log.segment.delete.delay.ms", int64({ default: 60_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "How long a deleted segment stays on disk under another name.",
  }),
  setting(
    "max.decompressed.message.bytes",
    int32({ default: 2_147_483_639, min: 1, max: 2_147_483_639 }),
    {
      changes: "cluster-wide",
      importance: "medium",
      effective: true,
      about: "Bytes that one batch may yield when it is decompressed.",
    },
  ),
  setting("message.max.bytes", int32({ default: 1_048_588, min: 0 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Largest record batch that is accepted.",
  }),
  setting("min.insync.replicas", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Replicas that must have a record before a producer with acks=all is answered.",
  }),
  setting("num.partitions", int32({ default: 1, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "Partitions of a topic created without a count.",
  }),
  setting("num.recovery.threads.per.data.dir", int32({ default: 2, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "Threads per log directory that load logs at start and flush them at stop.",
  }),
);
