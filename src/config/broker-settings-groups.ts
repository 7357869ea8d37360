/** Groups: the coordinator, the classic and the consumer protocol, offsets. */
import { setting, settings } from "./setting.ts";
import { INT_MAX, boolean, choice, int16, int32, int64, list } from "./value-type.ts";

export const groupsSettings = settings(
  setting("group.consumer.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.consumer.assignors", list({ default: ["uniform", "range"], nonEmpty: true }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "group.consumer.migration.policy",
    choice(["disabled", "downgrade", "upgrade", "bidirectional"], {
      default: "bidirectional",
      ignoreCase: true,
    }),
    { importance: "medium", about: "" },
  ),
  setting("group.consumer.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.consumer.regex.refresh.interval.ms", int32({ default: 600_000, min: 10_000 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.consumer.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.coordinator.append.linger.ms", int32({ default: -1, min: -1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("group.coordinator.background.threads", int32({ default: 2, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting(
    "group.coordinator.cached.buffer.max.bytes",
    int32({ default: 1_048_588, min: 524_288 }),
    { changes: "cluster-wide", importance: "medium", effective: true, about: "" },
  ),
  setting(
    "group.coordinator.rebalance.protocols",
    list({
      default: ["classic", "consumer", "streams"],
      oneOf: ["consumer", "classic", "share", "streams"],
      nonEmpty: true,
    }),
    { importance: "medium", effective: true, about: "" },
  ),
  setting("group.coordinator.threads", int32({ default: 4, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("group.initial.rebalance.delay.ms", int32({ default: 3000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("group.max.session.timeout.ms", int32({ default: 1_800_000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("group.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("group.min.session.timeout.ms", int32({ default: 6000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("offset.metadata.max.bytes", int32({ default: 4096 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.commit.timeout.ms", int32({ default: 5000, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.retention.check.interval.ms", int64({ default: 600_000, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.retention.minutes", int32({ default: 10_080, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.topic.compression.codec", int32({ default: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.topic.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.topic.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("offsets.topic.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
);
