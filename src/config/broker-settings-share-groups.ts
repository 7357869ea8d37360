/** Share groups (KIP-932), their coordinator and their dead letter queue. */
import { setting, settings } from "./setting.ts";
import { boolean, int16, int32, list, string } from "./value-type.ts";

export const shareGroupsSettings = settings(
  setting("errors.deadletterqueue.auto.create.topics.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Creates the topic of a dead letter queue when it is missing.",
  }),
  setting("errors.deadletterqueue.topic.name.prefix", string({ default: "dlq." }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "What the name of a dead letter queue's topic must begin with.",
  }),
  setting("group.share.assignment.interval.ms", int32({ default: 1000, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Least time between two assignments computed for one share group.",
  }),
  setting("group.share.assignor.offload.enable", boolean({ default: true }), {
    changes: "cluster-wide",
    importance: "medium",
    internal: true,
    about: "Computes assignments of share groups beside the coordinator's own work.",
  }),
  setting("group.share.assignors", list({ default: ["simple"], nonEmpty: true }), {
    importance: "medium",
    about: "Assignors of share groups; the first one is used.",
  }),
  setting("group.share.delivery.count.limit", int32({ default: 5, min: 2, max: 10 }), {
    importance: "medium",
    about: "How often a record is handed out before it is given up.",
  }),
  setting(
    "group.share.dlq.manager.class.name",
    string({ default: "org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager" }),
    {
      importance: "medium",
      internal: true,
      about: "Java class that writes to dead letter queues.",
    },
  ),
  setting("group.share.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "How often a member of a share group reports.",
  }),
  setting("group.share.initialize.retry.interval.ms", int32({ default: 30_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "Pause before the state of a partition is set up once more.",
  }),
  setting("group.share.max.assignment.interval.ms", int32({ default: 15_000, min: 0 }), {
    importance: "medium",
    about: "Largest assignment interval that a share group may ask for.",
  }),
  setting("group.share.max.delivery.count.limit", int32({ default: 10, min: 5, max: 25 }), {
    importance: "medium",
    about: "Largest delivery limit that a share group may ask for.",
  }),
  setting("group.share.max.heartbeat.interval.ms", int32({ default: 15_000, min: 1 }), {
    importance: "medium",
    about: "Largest heartbeat interval that a share group may ask for.",
  }),
  setting(
    "group.share.max.partition.max.record.locks",
    int32({ default: 4000, min: 2000, max: 10_000 }),
    {
      importance: "medium",
      about: "Largest number of locks per partition that a share group may ask for.",
    },
  ),
  setting(
    "group.share.max.record.lock.duration.ms",
    int32({ default: 60_000, min: 30_000, max: 3_600_000 }),
    { importance: "medium", about: "Longest lock that a share group may ask for." },
  ),
  setting("group.share.max.session.timeout.ms", int32({ default: 60_000, min: 1 }), {
    importance: "medium",
    about: "Largest session timeout that a share group may ask for.",
  }),
  setting("group.share.max.share.sessions", int32({ default: 2000, min: 1 }), {
    importance: "medium",
    about: "Share sessions that a broker keeps.",
  }),
  setting("group.share.max.size", int32({ default: 200, min: 1, max: 1000 }), {
    importance: "medium",
    about: "Members that one share group may have.",
  }),
  setting("group.share.min.assignment.interval.ms", int32({ default: 0, min: 0 }), {
    importance: "medium",
    about: "Smallest assignment interval that a share group may ask for.",
  }),
  setting("group.share.min.delivery.count.limit", int32({ default: 2, min: 2, max: 5 }), {
    importance: "medium",
    about: "Smallest delivery limit that a share group may ask for.",
  }),
  setting("group.share.min.heartbeat.interval.ms", int32({ default: 5000, min: 1 }), {
    importance: "medium",
    about: "Smallest heartbeat interval that a share group may ask for.",
  }),
  setting(
    "group.share.min.partition.max.record.locks",
    int32({ default: 100, min: 100, max: 2000 }),
    {
      importance: "medium",
      about: "Smallest number of locks per partition that a share group may ask for.",
    },
  ),
  setting(
    "group.share.min.record.lock.duration.ms",
    int32({ default: 15_000, min: 1000, max: 30_000 }),
    { importance: "medium", about: "Shortest lock that a share group may ask for." },
  ),
  setting("group.share.min.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Smallest session timeout that a share group may ask for.",
  }),
  setting(
    "group.share.partition.max.record.locks",
    int32({ default: 2000, min: 100, max: 10_000 }),
    {
      importance: "medium",
      about: "Records of one partition that may be handed out at the same time.",
    },
  ),
  setting(
    "group.share.persister.class.name",
    string({ default: "org.apache.kafka.server.share.persister.DefaultStatePersister" }),
    {
      importance: "medium",
      internal: true,
      about: "Java class that stores the state of share partitions.",
    },
  ),
  setting(
    "group.share.record.lock.duration.ms",
    int32({ default: 30_000, min: 1000, max: 3_600_000 }),
    { importance: "medium", about: "How long a record belongs to the consumer that got it." },
  ),
  setting("group.share.session.timeout.ms", int32({ default: 45_000, min: 1 }), {
    importance: "medium",
    about: "Silence after which a member of a share group counts as gone.",
  }),
  setting("share.coordinator.append.linger.ms", int32({ default: -1, min: -1 }), {
    importance: "medium",
    about: "How long writes of share state wait for company; -1 takes what is waiting anyway.",
  }),
  setting(
    "share.coordinator.cached.buffer.max.bytes",
    int32({ default: 1_048_588, min: 524_288 }),
    {
      changes: "cluster-wide",
      importance: "medium",
      about: "Largest write buffer that the share coordinator keeps for reuse.",
    },
  ),
  setting(
    "share.coordinator.cold.partition.snapshot.interval.ms",
    int32({ default: 300_000, min: 1 }),
    {
      importance: "low",
      internal: true,
      about: "How often idle share partitions write a snapshot, so that old state can go.",
    },
  ),
  setting("share.coordinator.load.buffer.size", int32({ default: 5_242_880, min: 1 }), {
    importance: "high",
    about: "Bytes read at a time while share state is loaded.",
  }),
  setting(
    "share.coordinator.snapshot.update.records.per.snapshot",
    int32({ default: 500, min: 0, max: 500 }),
    { importance: "medium", about: "Updates of a share partition between two snapshots." },
  ),
  setting("share.coordinator.state.topic.compression.codec", int32({ default: 0 }), {
    importance: "high",
    about: "Compression of the share state topic, by its number.",
  }),
  setting("share.coordinator.state.topic.min.isr", int16({ default: 2, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Replicas that must have a write of share state.",
  }),
  setting("share.coordinator.state.topic.num.partitions", int32({ default: 50, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Partitions of the share state topic when it is made.",
  }),
  setting("share.coordinator.state.topic.prune.interval.ms", int32({ default: 300_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "How often share state that is no longer needed is deleted.",
  }),
  setting("share.coordinator.state.topic.replication.factor", int16({ default: 3, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Replicas of the share state topic when it is made.",
  }),
  setting("share.coordinator.state.topic.segment.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Segment size of the share state topic.",
  }),
  setting("share.coordinator.threads", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "Threads of the share coordinator.",
  }),
  setting("share.coordinator.write.timeout.ms", int32({ default: 5000, min: 1 }), {
    importance: "high",
    about: "How long a write of share state waits for its replicas.",
  }),
  setting("share.fetch.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "Answered share fetches after which waiting ones are tidied up.",
  }),
);
