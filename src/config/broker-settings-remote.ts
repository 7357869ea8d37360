/** Tiered storage (KIP-405). */
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, double, int32, int64, string } from "./value-type.ts";

export const remoteSettings = settings(
  setting("follower.fetch.last.tiered.offset.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.local.retention.bytes", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.local.retention.ms", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.remote.copy.lag.bytes", int64({ default: -1, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("log.remote.copy.lag.ms", int64({ default: 0, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.fetch.max.wait.ms", int32({ default: 500, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.list.offsets.request.timeout.ms", int64({ default: 30_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting(
    "remote.log.index.file.cache.total.size.bytes",
    int64({ default: 1_073_741_824, min: 1 }),
    { changes: "cluster-wide", importance: "low", about: "" },
  ),
  setting("remote.log.index.file.cache.ttl.ms", int64({ default: 900_000, min: -1 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("remote.log.manager.copier.thread.pool.size", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.copy.max.bytes.per.second", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.copy.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.copy.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.expiration.thread.pool.size", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.fetch.max.bytes.per.second", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.fetch.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.fetch.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.follower.thread.pool.size", int32({ default: 2, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.manager.task.interval.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("remote.log.manager.task.retry.backoff.max.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("remote.log.manager.task.retry.backoff.ms", int64({ default: 500, min: 1 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("remote.log.manager.task.retry.jitter", double({ default: 0.2, min: 0, max: 0.5 }), {
    importance: "low",
    internal: true,
    about: "",
  }),
  setting("remote.log.manager.thread.pool.size", int32({ default: 2, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.metadata.custom.metadata.max.bytes", int32({ default: 128, min: 0 }), {
    importance: "low",
    about: "",
  }),
  setting(
    "remote.log.metadata.manager.class.name",
    string({
      default:
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
      nonEmpty: true,
    }),
    { importance: "medium", about: "" },
  ),
  setting("remote.log.metadata.manager.class.path", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "remote.log.metadata.manager.impl.prefix",
    string({ default: "rlmm.config.", nonEmpty: true }),
    { importance: "medium", about: "" },
  ),
  setting("remote.log.metadata.manager.listener.name", string({ default: null, nonEmpty: true }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.reader.max.pending.tasks", int32({ default: 100, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.reader.threads", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("remote.log.storage.manager.class.name", string({ default: null, nonEmpty: true }), {
    importance: "medium",
    about: "",
  }),
  setting("remote.log.storage.manager.class.path", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "remote.log.storage.manager.impl.prefix",
    string({ default: "rsm.config.", nonEmpty: true }),
    { importance: "medium", about: "" },
  ),
  setting("remote.log.storage.system.enable", boolean({ default: false }), {
    importance: "medium",
    about: "",
  }),
);
