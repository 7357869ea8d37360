/** Every setting of a topic, with the broker settings that give its default. */
import { gzipLevel, throttledReplicas } from "./rules.ts";
import { byName, setting, settings, type ValuesOf } from "./setting.ts";
import { LONG_MAX, boolean, choice, double, int32, int64, list } from "./value-type.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export const topicSettings = settings(
  setting("cleanup.policy", list({ default: ["delete"], oneOf: ["compact", "delete"] }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleanup.policy"],
    effective: true,
    about: "How old records leave the log: deleted by age and size, compacted by key, or both.",
  }),
  setting("compression.gzip.level", int32({ default: -1, rule: gzipLevel }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.gzip.level"],
    effective: true,
    about: "Level of gzip where the broker compresses; -1 is the library's choice.",
  }),
  setting("compression.lz4.level", int32({ default: 9, min: 1, max: 17 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.lz4.level"],
    effective: true,
    about: "Level of LZ4 where the broker compresses.",
  }),
  setting(
    "compression.type",
    choice(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], { default: "producer" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["compression.type"],
      effective: true,
      about: "How batches lie on disk: as the producer sent them, uncompressed, or in one codec.",
    },
  ),
  setting("compression.zstd.level", int32({ default: 3, min: -131_072, max: 22 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.zstd.level"],
    effective: true,
    about: "Level of Zstandard where the broker compresses.",
  }),
  setting("delete.retention.ms", int64({ default: 86_400_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.delete.retention.ms"],

    about: "How long tombstones and transaction markers are kept in a compacted log.",
  }),
  setting("errors.deadletterqueue.group.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Lets this topic serve as the dead letter queue of share groups.",
  }),
  setting("file.delete.delay.ms", int64({ default: 60_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.segment.delete.delay.ms"],
    effective: true,
    about: "How long a deleted segment stays on disk under another name.",
  }),
  setting("flush.messages", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.flush.interval.messages"],
    effective: true,
    about:
      "Records after which a partition is flushed to disk; with 1 a producer waits for the flush.",
  }),
  setting("flush.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    effective: true,
    about: "Time after which records are flushed to disk.",
  }),
  setting(
    "follower.replication.throttled.replicas",
    list({ default: [], rule: throttledReplicas }),
    {
      changes: "cluster-wide",
      importance: "medium",
      about: "Replicas whose fetching is throttled, as partition:broker, or * for all.",
    },
  ),
  setting("index.interval.bytes", int32({ default: 4096, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.index.interval.bytes"],
    effective: true,
    about: "Bytes of the log between two entries of its index.",
  }),
  setting("internal.segment.bytes", int32({ default: null }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    effective: true,
    about: "Segment size without a lower bound, for tests.",
  }),
  setting("leader.replication.throttled.replicas", list({ default: [], rule: throttledReplicas }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Replicas to which leaders send at a throttled rate, as partition:broker, or * for all.",
  }),
  setting("local.retention.bytes", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.local.retention.bytes"],
    about: "Bytes of a partition kept on local disks when it is tiered; -2 takes retention.bytes.",
  }),
  setting("local.retention.ms", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.local.retention.ms"],
    about: "Time that segments stay on local disks when they are tiered; -2 takes retention.ms.",
  }),
  setting("max.compaction.lag.ms", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.max.compaction.lag.ms"],

    about: "Longest time that a record stays out of compaction.",
  }),
  setting(
    "max.decompressed.message.bytes",
    int32({ default: 2_147_483_639, min: 1, max: 2_147_483_639 }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["max.decompressed.message.bytes"],
      effective: true,
      about: "Bytes that one batch may yield when it is decompressed.",
    },
  ),
  setting("max.message.bytes", int32({ default: 1_048_588, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["message.max.bytes"],
    effective: true,
    about: "Largest record batch that is accepted.",
  }),
  setting("message.timestamp.after.max.ms", int64({ default: 3_600_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.message.timestamp.after.max.ms"],
    effective: true,
    about: "How far ahead of the broker's clock a record's timestamp may be.",
  }),
  setting("message.timestamp.before.max.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.message.timestamp.before.max.ms"],
    effective: true,
    about: "How far behind the broker's clock a record's timestamp may be.",
  }),
  setting(
    "message.timestamp.type",
    choice(["CreateTime", "LogAppendTime"], { default: "CreateTime" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["log.message.timestamp.type"],
      effective: true,
      about: "Whether records carry the producer's time or the time of their append.",
    },
  ),
  setting("min.cleanable.dirty.ratio", double({ default: 0.5, min: 0, max: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.min.cleanable.ratio"],

    about: "Share of the log that must be new before it is compacted.",
  }),
  setting("min.compaction.lag.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.min.compaction.lag.ms"],

    about: "Shortest time that a record stays as it was written.",
  }),
  setting("min.insync.replicas", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["min.insync.replicas"],
    effective: true,
    about: "Replicas that must have a record before a producer with acks=all is answered.",
  }),
  setting("preallocate", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.preallocate"],
    effective: true,
    about: "Gives a new segment its full size on disk at once.",
  }),
  setting("remote.copy.lag.bytes", int64({ default: -1, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.remote.copy.lag.bytes"],
    about: "Bytes that wait before they are copied to tiered storage; -1 does not wait by size.",
  }),
  setting("remote.copy.lag.ms", int64({ default: 0, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.remote.copy.lag.ms"],
    about: "Age at which a closed segment is copied to tiered storage; 0 copies at once.",
  }),
  setting("remote.log.copy.disable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Stops copying to tiered storage; what is there stays readable.",
  }),
  setting("remote.log.delete.on.disable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Deletes what lies in tiered storage when the topic leaves it.",
  }),
  setting("remote.storage.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Keeps closed segments of this topic in tiered storage.",
  }),
  setting("retention.bytes", int64({ default: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.retention.bytes"],
    effective: true,
    about: "Size of a partition beyond which its oldest segments go; -1 keeps everything.",
  }),
  setting("retention.ms", int64({ default: 604_800_000, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: [
      "log.retention.ms",
      { name: "log.retention.minutes", multiplyBy: MINUTE_MS },
      { name: "log.retention.hours", multiplyBy: HOUR_MS },
    ],
    effective: true,
    about: "Age beyond which segments go; -1 keeps them for ever.",
  }),
  setting("segment.bytes", int32({ default: 1_073_741_824, min: 1_048_576 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.segment.bytes"],
    effective: true,
    about: "Size at which a segment is closed and a new one begun.",
  }),
  setting("segment.index.bytes", int32({ default: 10_485_760, min: 4 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.index.size.max.bytes"],
    effective: true,
    about: "Size of an index file; a full one closes its segment.",
  }),
  setting("segment.jitter.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.roll.jitter.ms", { name: "log.roll.jitter.hours", multiplyBy: HOUR_MS }],
    effective: true,
    about: "Random time taken off segment.ms, so that segments do not close all at once.",
  }),
  setting("segment.ms", int64({ default: 604_800_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.roll.ms", { name: "log.roll.hours", multiplyBy: HOUR_MS }],
    effective: true,
    about: "Age at which a segment is closed and a new one begun.",
  }),
  setting("unclean.leader.election.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["unclean.leader.election.enable"],
    effective: true,
    about: "Lets a replica that is not in sync lead when no other is left, and lose records.",
  }),
);

export type TopicValues = ValuesOf<typeof topicSettings>;
export type TopicSettingName = keyof TopicValues;
export const topicSettingsByName = byName(topicSettings);
