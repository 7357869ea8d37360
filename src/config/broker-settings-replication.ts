/** Replication, elections of leaders and fetching. */
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, int32, int64, string } from "./value-type.ts";

export const replicationSettings = settings(
  setting("auto.leader.rebalance.enable", boolean({ default: true }), {
    importance: "high",
    about: "",
  }),
  setting("delete.records.purgatory.purge.interval.requests", int32({ default: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("fetch.max.bytes", int32({ default: 57_671_680, min: 1024 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("fetch.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "",
  }),
  setting("follower.replication.throttled.rate", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "",
  }),
  setting("leader.imbalance.check.interval.seconds", int64({ default: 300, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("leader.replication.throttled.rate", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "",
  }),
  setting("max.incremental.fetch.session.cache.slots", int32({ default: 1000, min: 0 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("num.replica.alter.log.dirs.threads", int32({ default: null }), {
    importance: "high",
    about: "",
  }),
  setting("num.replica.fetchers", int32({ default: 1, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "",
  }),
  setting("producer.purgatory.purge.interval.requests", int32({ default: 1000 }), {
    importance: "medium",
    about: "",
  }),
  setting("replica.alter.log.dirs.io.max.bytes.per.second", int64({ default: LONG_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    dynamicOnly: true,
    about: "",
  }),
  setting("replica.fetch.backoff.ms", int32({ default: 1000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("replica.fetch.max.bytes", int32({ default: 1_048_576, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("replica.fetch.min.bytes", int32({ default: 1 }), { importance: "high", about: "" }),
  setting("replica.fetch.response.max.bytes", int32({ default: 10_485_760, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("replica.fetch.wait.max.ms", int32({ default: 500 }), { importance: "high", about: "" }),
  setting("replica.high.watermark.checkpoint.interval.ms", int64({ default: 5000 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("replica.lag.time.max.ms", int64({ default: 30_000 }), { importance: "high", about: "" }),
  setting("replica.selector.class", string({ default: null }), { importance: "medium", about: "" }),
  setting("replica.socket.receive.buffer.bytes", int32({ default: 65_536 }), {
    importance: "high",
    about: "",
  }),
  setting("replica.socket.timeout.ms", int32({ default: 30_000 }), {
    importance: "high",
    about: "",
  }),
  setting("replication.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("replication.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("unclean.leader.election.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("unclean.leader.election.interval.ms", int64({ default: 300_000, min: 1 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
);
