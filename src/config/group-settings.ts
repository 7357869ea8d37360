/** Every setting of a group, with the broker settings that give its default. */
import { shareOffsetReset } from "./rules.ts";
import { byName, setting, settings, type ValuesOf } from "./setting.ts";
import { boolean, choice, int32, int64, list, string } from "./value-type.ts";

export const groupSettings = settings(
  setting("consumer.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.assignment.interval.ms"],
    about: "Least time between two assignments computed for this group.",
  }),
  setting("consumer.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.assignor.offload.enable"],
    internal: true,
    about: "Computes assignments beside the coordinator's own work.",
  }),
  setting("consumer.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.heartbeat.interval.ms"],
    about: "How often members report.",
  }),
  setting("consumer.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.consumer.session.timeout.ms"],
    about: "Silence after which a member counts as gone.",
  }),
  setting("errors.deadletterqueue.copy.record.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about:
      "Copies key and value of a given-up record to the dead letter queue, not its place alone.",
  }),
  setting("errors.deadletterqueue.topic.name", string({ default: "" }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Topic to which given-up records of this share group go; empty is none.",
  }),
  setting("share.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.assignment.interval.ms"],
    about: "Least time between two assignments computed for this share group.",
  }),
  setting("share.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.assignor.offload.enable"],
    internal: true,
    about: "Computes assignments of this share group beside the coordinator's own work.",
  }),
  setting("share.auto.offset.reset", string({ default: "latest", rule: shareOffsetReset }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Where the group begins on a partition that it has never read.",
  }),
  setting("share.delivery.count.limit", int32({ default: 5, min: 2 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.delivery.count.limit"],
    about: "How often a record is handed out before it is given up.",
  }),
  setting("share.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.heartbeat.interval.ms"],
    about: "How often members of the share group report.",
  }),
  setting(
    "share.isolation.level",
    choice(["read_committed", "read_uncommitted"], { default: "read_uncommitted" }),
    {
      changes: "cluster-wide",
      importance: "medium",
      about: "Whether records of transactions that are open or aborted are handed out.",
    },
  ),
  setting("share.partition.max.record.locks", int32({ default: 2000, min: 100 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.partition.max.record.locks"],
    about: "Records of one partition that may be handed out at the same time.",
  }),
  setting("share.record.lock.duration.ms", int32({ default: 30_000, min: 1000 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.record.lock.duration.ms"],
    about: "How long a record belongs to the consumer that got it.",
  }),
  setting("share.renew.acknowledge.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Lets consumers extend the lock of a record.",
  }),
  setting("share.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.share.session.timeout.ms"],
    about: "Silence after which a member of the share group counts as gone.",
  }),
  setting("streams.acceptable.recovery.lag", int64({ default: 10_000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.acceptable.recovery.lag"],
    internal: true,
    about: "Changelog records a client may be behind and still take over a task at once.",
  }),
  setting("streams.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignment.interval.ms"],
    about: "Least time between two assignments computed for this streams group.",
  }),
  setting("streams.assignor.name", string({ default: null }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignors"],
    about: "Assignor of this streams group; without it the broker's first.",
  }),
  setting("streams.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.assignor.offload.enable"],
    internal: true,
    about: "Computes assignments of this streams group beside the coordinator's own work.",
  }),
  setting("streams.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.heartbeat.interval.ms"],
    about: "How often members of the streams group report.",
  }),
  setting("streams.initial.rebalance.delay.ms", int32({ default: 3000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.initial.rebalance.delay.ms"],
    about: "How long the empty group waits for more members before its first assignment.",
  }),
  setting("streams.num.standby.replicas", int32({ default: 0, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.num.standby.replicas"],
    about: "Standby copies of each stateful task.",
  }),
  setting("streams.num.warmup.replicas", int32({ default: 2, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.num.warmup.replicas"],
    internal: true,
    about: "Extra copies that warm up at the same time before tasks move.",
  }),
  setting("streams.rack.aware.assignment.tags", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "low",
    inherits: ["group.streams.rack.aware.assignment.tags"],
    about: "Client tags over which standby tasks are spread.",
  }),
  setting("streams.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.session.timeout.ms"],
    about: "Silence after which a member of the streams group counts as gone.",
  }),
  setting("streams.task.offset.interval.ms", int32({ default: 60_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    inherits: ["group.streams.task.offset.interval.ms"],
    internal: true,
    about: "How often members report how far their tasks are.",
  }),
);

export type GroupValues = ValuesOf<typeof groupSettings>;
export type GroupSettingName = keyof GroupValues;
export const groupSettingsByName = byName(groupSettings);
