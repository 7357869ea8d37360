/** Streams groups (KIP-1071). */
import { setting, settings } from "./setting.ts";
import { INT_MAX, boolean, int32, int64, javaClass, list } from "./value-type.ts";

export const streamsGroupsSettings = settings(
  setting("group.streams.acceptable.recovery.lag", int64({ default: 10_000, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "Changelog records a client may be behind and still take over a task at once.",
  }),
  setting("group.streams.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Least time between two assignments computed for one streams group.",
  }),
  setting("group.streams.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "Computes assignments of streams groups beside the coordinator's own work.",
  }),
  setting("group.streams.assignors", list({ default: ["sticky"], nonEmpty: true }), {
    importance: "medium",
    about: "Assignors of streams groups; the first one is the default.",
  }),
  setting("group.streams.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "How often a member of a streams group reports.",
  }),
  setting("group.streams.initial.rebalance.delay.ms", int32({ default: 3000, min: 0 }), {
    importance: "medium",
    about: "How long an empty streams group waits for more members before its first assignment.",
  }),
  setting("group.streams.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "Largest assignment interval that a streams group may ask for.",
  }),
  setting("group.streams.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "Largest heartbeat interval that a streams group may ask for.",
  }),
  setting("group.streams.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "Largest session timeout that a streams group may ask for.",
  }),
  setting("group.streams.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    about: "Members that one streams group may have.",
  }),
  setting("group.streams.max.standby.replicas", int32({ default: 2, min: 0 }), {
    importance: "medium",
    about: "Most standby tasks that a streams group may ask for.",
  }),
  setting("group.streams.max.warmup.replicas", int32({ default: 20, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "Most warm-up tasks that a streams group may ask for.",
  }),
  setting("group.streams.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "Smallest assignment interval that a streams group may ask for.",
  }),
  setting("group.streams.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "Smallest heartbeat interval that a streams group may ask for.",
  }),
  setting("group.streams.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Smallest session timeout that a streams group may ask for.",
  }),
  setting("group.streams.min.task.offset.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "Smallest interval of task offsets that a streams group may ask for.",
  }),
  setting("group.streams.num.standby.replicas", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "Standby copies of each stateful task.",
  }),
  setting("group.streams.num.warmup.replicas", int32({ default: 2, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "Extra copies that warm up at the same time before tasks move.",
  }),
  setting("group.streams.rack.aware.assignment.tags", list({ default: [] }), {
    importance: "low",
    about: "Client tags over which standby tasks are spread.",
  }),
  setting("group.streams.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Silence after which a member of a streams group counts as gone.",
  }),
  setting("group.streams.task.offset.interval.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "How often members report how far their tasks are.",
  }),
  setting("group.streams.topology.description.plugin.class", javaClass({ default: null }), {
    importance: "medium",
    about: "Java class that stores descriptions of topologies.",
  }),
);
