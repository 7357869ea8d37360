/** Every setting of a group, with the broker settings that give its default. */
import { shareOffsetReset } from "./rules.ts";
import { byName, setting, settings, type ValuesOf } from "./setting.ts";
import { boolean, choice, int32, int64, list, string } from "./value-type.ts";

export const groupSettings = settings(
  setting("consumer.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.assignment.interval.ms"],
    about: "",
  }),
  setting("consumer.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.assignor.offload.enable"],
    internal: true,
    about: "",
  }),
  setting("consumer.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.heartbeat.interval.ms"],
    about: "",
  }),
  setting("consumer.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.session.timeout.ms"],
    about: "",
  }),
  setting("errors.deadletterqueue.copy.record.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("errors.deadletterqueue.topic.name", string({ default: "" }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("share.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.assignment.interval.ms"],
    about: "",
  }),
  setting("share.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.assignor.offload.enable"],
    internal: true,
    about: "",
  }),
  setting("share.auto.offset.reset", string({ default: "latest", rule: shareOffsetReset }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("share.delivery.count.limit", int32({ default: 5, min: 2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.delivery.count.limit"],
    about: "",
  }),
  setting("share.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.heartbeat.interval.ms"],
    about: "",
  }),
  setting(
    "share.isolation.level",
    choice(["read_committed", "read_uncommitted"], { default: "read_uncommitted" }),
    { changes: "cluster-wide", importance: "medium", about: "" },
  ),
  setting("share.partition.max.record.locks", int32({ default: 2000, min: 100 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.partition.max.record.locks"],
    about: "",
  }),
  setting("share.record.lock.duration.ms", int32({ default: 30_000, min: 1000 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.record.lock.duration.ms"],
    about: "",
  }),
  setting("share.renew.acknowledge.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("share.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.session.timeout.ms"],
    about: "",
  }),
  setting("streams.acceptable.recovery.lag", int64({ default: 10_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.acceptable.recovery.lag"],
    internal: true,
    about: "",
  }),
  setting("streams.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignment.interval.ms"],
    about: "",
  }),
  setting("streams.assignor.name", string({ default: null }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignors"],
    about: "",
  }),
  setting("streams.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignor.offload.enable"],
    internal: true,
    about: "",
  }),
  setting("streams.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.heartbeat.interval.ms"],
    about: "",
  }),
  setting("streams.initial.rebalance.delay.ms", int32({ default: 3000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.initial.rebalance.delay.ms"],
    about: "",
  }),
  setting("streams.num.standby.replicas", int32({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.num.standby.replicas"],
    about: "",
  }),
  setting("streams.num.warmup.replicas", int32({ default: 2, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.num.warmup.replicas"],
    internal: true,
    about: "",
  }),
  setting("streams.rack.aware.assignment.tags", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "low",
    inherits: ["group.streams.rack.aware.assignment.tags"],
    about: "",
  }),
  setting("streams.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.session.timeout.ms"],
    about: "",
  }),
  setting("streams.task.offset.interval.ms", int32({ default: 60_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.task.offset.interval.ms"],
    internal: true,
    about: "",
  }),
);

export type GroupValues = ValuesOf<typeof groupSettings>;
export type GroupSettingName = keyof GroupValues;
export const groupSettingsByName = byName(groupSettings);
