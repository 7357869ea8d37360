/** Streams groups (KIP-1071). */
import { setting, settings } from "./setting.ts";
import { INT_MAX, boolean, int32, int64, javaClass, list } from "./value-type.ts";

export const streamsGroupsSettings = settings(
  setting("group.streams.acceptable.recovery.lag", int64({ default: 10_000, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("group.streams.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.assignors", list({ default: ["sticky"], nonEmpty: true }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.initial.rebalance.delay.ms", int32({ default: 3000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.standby.replicas", int32({ default: 2, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.max.warmup.replicas", int32({ default: 20, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.min.task.offset.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.num.standby.replicas", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.num.warmup.replicas", int32({ default: 2, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.rack.aware.assignment.tags", list({ default: [] }), {
    importance: "low",
    about: "",
  }),
  setting("group.streams.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("group.streams.task.offset.interval.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("group.streams.topology.description.plugin.class", javaClass({ default: null }), {
    importance: "medium",
    about: "",
  }),
);
