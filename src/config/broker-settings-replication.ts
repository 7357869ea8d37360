/** Replication, elections of leaders and fetching. */
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, int32, int64, string } from "./value-type.ts";

export const replicationSettings = settings(
  setting("auto.leader.rebalance.enable", boolean({ default: true }), {
    importance: "high",
    about: "Gives leadership back to the preferred replicas from time to time.",
  }),
  setting("delete.records.purgatory.purge.interval.requests", int32({ default: 1 }), {
    importance: "medium",
    about: "Answered DeleteRecords requests after which waiting ones are tidied up.",
  }),
  setting("fetch.max.bytes", int32({ default: 57_671_680, min: 1024 }), {
    importance: "medium",
    effective: true,
    about: "Most bytes that one fetch is answered with.",
  }),
  setting("fetch.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "Answered fetches after which waiting ones are tidied up.",
  }),
  setting("follower.replication.throttled.rate", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "Bytes per second that throttled replicas fetch.",
  }),
  setting("leader.imbalance.check.interval.seconds", int64({ default: 300, min: 1 }), {
    importance: "high",
    about: "How often the controller looks for partitions not led by their preferred replica.",
  }),
  setting("leader.replication.throttled.rate", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "Bytes per second that leaders send to throttled replicas.",
  }),
  setting("max.incremental.fetch.session.cache.slots", int32({ default: 1000, min: 0 }), {
    importance: "medium",
    effective: true,
    about: "Fetch sessions that a broker keeps.",
  }),
  setting("num.replica.alter.log.dirs.threads", int32({ default: null }), {
    importance: "high",
    about: "Threads that move partitions between log directories.",
  }),
  setting("num.replica.fetchers", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "Connections per broker over which replicas fetch.",
  }),
  setting("producer.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "Answered produce requests after which waiting ones are tidied up.",
  }),
  setting("replica.alter.log.dirs.io.max.bytes.per.second", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "Bytes per second for moving partitions between log directories.",
  }),
  setting("replica.fetch.backoff.ms", int32({ default: 1000, min: 0 }), {
    importance: "medium",
    about: "Pause of a replica after a failed fetch.",
  }),
  setting("replica.fetch.max.bytes", int32({ default: 1_048_576, min: 0 }), {
    importance: "medium",
    about: "Bytes of one partition that a replica asks for at a time.",
  }),
  setting("replica.fetch.min.bytes", int32({ default: 1 }), {
    importance: "high",
    about: "Bytes for which a replica's fetch waits.",
  }),
  setting("replica.fetch.response.max.bytes", int32({ default: 10_485_760, min: 0 }), {
    importance: "medium",
    about: "Bytes that a replica asks for at a time over all partitions.",
  }),
  setting("replica.fetch.wait.max.ms", int32({ default: 500 }), {
    importance: "high",
    about: "Longest wait of a replica's fetch.",
  }),
  setting("replica.high.watermark.checkpoint.interval.ms", int64({ default: 5000 }), {
    importance: "high",
    effective: true,
    about: "How often high watermarks are written down.",
  }),
  setting("replica.lag.time.max.ms", int64({ default: 30_000 }), {
    importance: "high",
    about: "How long a replica may lag behind before it leaves the in-sync set.",
  }),
  setting("replica.selector.class", string({ default: null }), {
    importance: "medium",
    about: "Java class that chooses the replica a consumer reads from.",
  }),
  setting("replica.socket.receive.buffer.bytes", int32({ default: 65_536 }), {
    importance: "high",
    about: "Receive buffer of a replica's socket.",
  }),
  setting("replica.socket.timeout.ms", int32({ default: 30_000 }), {
    importance: "high",
    about: "How long a replica's request may take.",
  }),
  setting("replication.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "Windows over which the replication rate is averaged.",
  }),
  setting("replication.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "Length of such a window of the replication rate.",
  }),
  setting("unclean.leader.election.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "Lets a replica that is not in sync lead when no other is left, and lose records.",
  }),
  setting("unclean.leader.election.interval.ms", int64({ default: 300_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "How often the controller looks for partitions that only an unclean election can help.",
  }),
);
