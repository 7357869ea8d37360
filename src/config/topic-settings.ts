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
    about: "",
  }),
  setting("compression.gzip.level", int32({ default: -1, rule: gzipLevel }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.gzip.level"],
    effective: true,
    about: "",
  }),
  setting("compression.lz4.level", int32({ default: 9, min: 1, max: 17 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.lz4.level"],
    effective: true,
    about: "",
  }),
  setting(
    "compression.type",
    choice(["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], { default: "producer" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["compression.type"],
      effective: true,
      about: "",
    },
  ),
  setting("compression.zstd.level", int32({ default: 3, min: -131_072, max: 22 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["compression.zstd.level"],
    effective: true,
    about: "",
  }),
  setting("delete.retention.ms", int64({ default: 86_400_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.delete.retention.ms"],
    effective: true,
    about: "",
  }),
  setting("errors.deadletterqueue.group.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("file.delete.delay.ms", int64({ default: 60_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.segment.delete.delay.ms"],
    effective: true,
    about: "",
  }),
  setting("flush.messages", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.flush.interval.messages"],
    effective: true,
    about: "",
  }),
  setting("flush.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    effective: true,
    about: "",
  }),
  setting(
    "follower.replication.throttled.replicas",
    list({ default: [], rule: throttledReplicas }),
    { changes: "cluster-wide", importance: "medium", about: "" },
  ),
  setting("index.interval.bytes", int32({ default: 4096, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.index.interval.bytes"],
    effective: true,
    about: "",
  }),
  setting("internal.segment.bytes", int32({ default: null }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("leader.replication.throttled.replicas", list({ default: [], rule: throttledReplicas }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("local.retention.bytes", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.local.retention.bytes"],
    about: "",
  }),
  setting("local.retention.ms", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.local.retention.ms"],
    about: "",
  }),
  setting("max.compaction.lag.ms", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.max.compaction.lag.ms"],
    effective: true,
    about: "",
  }),
  setting(
    "max.decompressed.message.bytes",
    int32({ default: 2_147_483_639, min: 1, max: 2_147_483_639 }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["max.decompressed.message.bytes"],
      effective: true,
      about: "",
    },
  ),
  setting("max.message.bytes", int32({ default: 1_048_588, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["message.max.bytes"],
    effective: true,
    about: "",
  }),
  setting("message.timestamp.after.max.ms", int64({ default: 3_600_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.message.timestamp.after.max.ms"],
    effective: true,
    about: "",
  }),
  setting("message.timestamp.before.max.ms", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.message.timestamp.before.max.ms"],
    effective: true,
    about: "",
  }),
  setting(
    "message.timestamp.type",
    choice(["CreateTime", "LogAppendTime"], { default: "CreateTime" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      inherits: ["log.message.timestamp.type"],
      effective: true,
      about: "",
    },
  ),
  setting("min.cleanable.dirty.ratio", double({ default: 0.5, min: 0, max: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.min.cleanable.ratio"],
    effective: true,
    about: "",
  }),
  setting("min.compaction.lag.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.cleaner.min.compaction.lag.ms"],
    effective: true,
    about: "",
  }),
  setting("min.insync.replicas", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["min.insync.replicas"],
    effective: true,
    about: "",
  }),
  setting("preallocate", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.preallocate"],
    effective: true,
    about: "",
  }),
  setting("remote.copy.lag.bytes", int64({ default: -1, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.remote.copy.lag.bytes"],
    about: "",
  }),
  setting("remote.copy.lag.ms", int64({ default: 0, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.remote.copy.lag.ms"],
    about: "",
  }),
  setting("remote.log.copy.disable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.delete.on.disable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.storage.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("retention.bytes", int64({ default: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.retention.bytes"],
    effective: true,
    about: "",
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
    about: "",
  }),
  setting("segment.bytes", int32({ default: 1_073_741_824, min: 1_048_576 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.segment.bytes"],
    effective: true,
    about: "",
  }),
  setting("segment.index.bytes", int32({ default: 10_485_760, min: 4 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.index.size.max.bytes"],
    effective: true,
    about: "",
  }),
  setting("segment.jitter.ms", int64({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.roll.jitter.ms", { name: "log.roll.jitter.hours", multiplyBy: HOUR_MS }],
    effective: true,
    about: "",
  }),
  setting("segment.ms", int64({ default: 604_800_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["log.roll.ms", { name: "log.roll.hours", multiplyBy: HOUR_MS }],
    effective: true,
    about: "",
  }),
  setting("unclean.leader.election.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["unclean.leader.election.enable"],
    effective: true,
    about: "",
  }),
);

export type TopicValues = ValuesOf<typeof topicSettings>;
export type TopicSettingName = keyof TopicValues;
export const topicSettingsByName = byName(topicSettings);
