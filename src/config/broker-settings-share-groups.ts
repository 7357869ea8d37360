/** Share groups (KIP-932), their coordinator and their dead letter queue. */
import { setting, settings } from "./setting.ts";
import { boolean, int16, int32, list, string } from "./value-type.ts";

export const shareGroupsSettings = settings(
  setting("errors.deadletterqueue.auto.create.topics.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("errors.deadletterqueue.topic.name.prefix", string({ default: "dlq." }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("group.share.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("group.share.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.share.assignors", list({ default: ["simple"], nonEmpty: true }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.delivery.count.limit", int32({ default: 5, min: 2, max: 10 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "group.share.dlq.manager.class.name",
    string({ default: "org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager" }),
    { importance: "medium", internal: true, about: "" },
  ),
  setting("group.share.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.initialize.retry.interval.ms", int32({ default: 30_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("group.share.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.max.delivery.count.limit", int32({ default: 10, min: 5, max: 25 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "group.share.max.partition.max.record.locks",
    int32({ default: 4000, min: 2000, max: 10_000 }),
    { importance: "medium", about: "" },
  ),
  setting(
    "group.share.max.record.lock.duration.ms",
    int32({ default: 60_000, min: 30_000, max: 3_600_000 }),
    { importance: "medium", about: "" },
  ),
  setting("group.share.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.max.share.sessions", int32({ default: 2000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.max.size", int32({ default: 200, min: 1, max: 1000 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.min.delivery.count.limit", int32({ default: 2, min: 2, max: 5 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.share.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "group.share.min.partition.max.record.locks",
    int32({ default: 100, min: 100, max: 2000 }),
    { importance: "medium", about: "" },
  ),
  setting(
    "group.share.min.record.lock.duration.ms",
    int32({ default: 15_000, min: 1000, max: 30_000 }),
    { importance: "medium", about: "" },
  ),
  setting("group.share.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "group.share.partition.max.record.locks",
    int32({ default: 2000, min: 100, max: 10_000 }),
    { importance: "medium", about: "" },
  ),
  setting(
    "group.share.persister.class.name",
    string({ default: "org.apache.kafka.server.share.persister.DefaultStatePersister" }),
    { importance: "medium", internal: true, about: "" },
  ),
  setting(
    "group.share.record.lock.duration.ms",
    int32({ default: 30_000, min: 1000, max: 3_600_000 }),
    { importance: "medium", about: "" },
  ),
  setting("group.share.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("share.coordinator.append.linger.ms", int32({ default: -1, min: -1 }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "share.coordinator.cached.buffer.max.bytes",
    int32({ default: 1_048_588, min: 524_288 }),
    { changes: "cluster-wide", importance: "medium", about: "" },
  ),
  setting(
    "share.coordinator.cold.partition.snapshot.interval.ms",
    int32({ default: 300_000, min: 1 }),
    { importance: "low", internal: true, about: "" },
  ),
  setting("share.coordinator.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting(
    "share.coordinator.snapshot.update.records.per.snapshot",
    int32({ default: 500, min: 0, max: 500 }),
    { importance: "medium", about: "" },
  ),
  setting("share.coordinator.state.topic.compression.codec", int32({ default: 0 }), {
    importance: "high",
    about: "",
  }),
  setting("share.coordinator.state.topic.min.isr", int16({ default: 2, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("share.coordinator.state.topic.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("share.coordinator.state.topic.prune.interval.ms", int32({ default: 300_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("share.coordinator.state.topic.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("share.coordinator.state.topic.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("share.coordinator.threads", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("share.coordinator.write.timeout.ms", int32({ default: 5000, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("share.fetch.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "",
  }),
);
