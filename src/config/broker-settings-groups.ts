/** Groups: the coordinator, the classic and the consumer protocol, offsets. */
import { setting, settings } from "./setting.ts";
import { INT_MAX, boolean, choice, int16, int32, int64, list } from "./value-type.ts";

export const groupsSettings = settings(
  setting("group.consumer.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Least time between two assignments computed for one consumer group.",
  }),
  setting("group.consumer.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "Computes assignments of consumer groups beside the coordinator's own work.",
  }),
  setting("group.consumer.assignors", list({ default: ["uniform", "range"], nonEmpty: true }), {
    importance: "medium",
    about: "Server-side assignors of consumer groups; the first one is the default.",
  }),
  setting("group.consumer.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "How often a member of a consumer group reports.",
  }),
  setting("group.consumer.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "Largest assignment interval that a consumer group may ask for.",
  }),
  setting("group.consumer.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "Largest heartbeat interval that a consumer group may ask for.",
  }),
  setting("group.consumer.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "Largest session timeout that a consumer group may ask for.",
  }),
  setting("group.consumer.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    about: "Members that one consumer group may have.",
  }),
  setting(
    "group.consumer.migration.policy",
    choice(["disabled", "downgrade", "upgrade", "bidirectional"], {
      default: "bidirectional",
      ignoreCase: true,
    }),
    {
      importance: "medium",
      about:
        "Whether groups may change between the classic and the consumer protocol while they run.",
    },
  ),
  setting("group.consumer.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "Smallest assignment interval that a consumer group may ask for.",
  }),
  setting("group.consumer.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "Smallest heartbeat interval that a consumer group may ask for.",
  }),
  setting("group.consumer.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Smallest session timeout that a consumer group may ask for.",
  }),
  setting("group.consumer.regex.refresh.interval.ms", int32({ default: 600_000, min: 10_000 }), {
    importance: "medium",
    internal: true,
    about: "How often subscriptions by pattern are matched against the topics anew.",
  }),
  setting("group.consumer.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Silence after which a member of a consumer group counts as gone.",
  }),
  setting("group.coordinator.append.linger.ms", int32({ default: -1, min: -1 }), {
    importance: "medium",
    effective: true,
    about:
      "How long writes of the group coordinator wait for company; -1 takes what is waiting anyway.",
  }),
  setting("group.coordinator.background.threads", int32({ default: 2, min: 1 }), {
    importance: "high",
    about: "Threads for the slow work of the group coordinator.",
  }),
  setting(
    "group.coordinator.cached.buffer.max.bytes",
    int32({ default: 1_048_588, min: 524_288 }),
    {
      changes: "cluster-wide",
      importance: "medium",

      about: "Largest write buffer that the group coordinator keeps for reuse.",
    },
  ),
  setting(
    "group.coordinator.rebalance.protocols",
    list({
      default: ["classic", "consumer", "streams"],
      oneOf: ["consumer", "classic", "share", "streams"],
      nonEmpty: true,
    }),
    { importance: "medium", about: "Group protocols that are offered." },
  ),
  setting("group.coordinator.threads", int32({ default: 4, min: 1 }), {
    importance: "high",
    about: "Threads of the group coordinator.",
  }),
  setting("group.initial.rebalance.delay.ms", int32({ default: 3000 }), {
    importance: "medium",
    effective: true,
    about: "How long an empty classic group waits for more members before its first rebalance.",
  }),
  setting("group.max.session.timeout.ms", int32({ default: 1_800_000 }), {
    importance: "medium",
    effective: true,
    about: "Largest session timeout that a classic member may ask for.",
  }),
  setting("group.max.size", int32({ default: INT_MAX, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "Members that one classic group may have.",
  }),
  setting("group.min.session.timeout.ms", int32({ default: 6000 }), {
    importance: "medium",
    effective: true,
    about: "Smallest session timeout that a classic member may ask for.",
  }),
  setting("offset.metadata.max.bytes", int32({ default: 4096 }), {
    importance: "high",
    effective: true,
    about: "Bytes of text that a client may store with a committed offset.",
  }),
  setting("offsets.commit.timeout.ms", int32({ default: 5000, min: 1 }), {
    importance: "high",
    effective: true,
    about: "How long a commit waits for its replicas.",
  }),
  setting("offsets.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Bytes read at a time while groups and offsets are loaded.",
  }),
  setting("offsets.retention.check.interval.ms", int64({ default: 600_000, min: 1 }), {
    importance: "high",
    effective: true,
    about: "How often committed offsets are looked at for expiry.",
  }),
  setting("offsets.retention.minutes", int32({ default: 10_080, min: 1 }), {
    importance: "high",
    effective: true,
    about: "How long committed offsets outlive their group's last member.",
  }),
  setting("offsets.topic.compression.codec", int32({ default: 0 }), {
    importance: "high",
    effective: true,
    about: "Compression of the offsets topic, by its number.",
  }),
  setting("offsets.topic.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Partitions of the offsets topic when it is made; never to be changed later.",
  }),
  setting("offsets.topic.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Replicas of the offsets topic when it is made.",
  }),
  setting("offsets.topic.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Segment size of the offsets topic.",
  }),
);
