/** Tiered storage (KIP-405). */
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, double, int32, int64, string } from "./value-type.ts";

export const remoteSettings = settings(
  setting("follower.fetch.last.tiered.offset.enable", boolean({ default: false }), {
    changes: "cluster-wide",
    importance: "medium",
    about:
      "Lets a new follower begin at the end of what tiered storage holds instead of at its start.",
  }),
  setting("log.local.retention.bytes", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes of a tiered partition kept on local disks; -2 takes log.retention.bytes.",
  }),
  setting("log.local.retention.ms", int64({ default: -2, min: -2 }), {
    changes: "cluster-wide",
    importance: "medium",
    about:
      "Time that segments of a tiered partition stay on local disks; -2 takes log.retention.ms.",
  }),
  setting("log.remote.copy.lag.bytes", int64({ default: -1, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about:
      "Bytes of a tiered partition that wait before they are copied; -1 does not wait by size.",
  }),
  setting("log.remote.copy.lag.ms", int64({ default: 0, min: -1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Age at which a closed segment is copied to tiered storage; 0 copies at once.",
  }),
  setting("remote.fetch.max.wait.ms", int32({ default: 500, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Longest wait of a fetch for data from tiered storage.",
  }),
  setting("remote.list.offsets.request.timeout.ms", int64({ default: 30_000, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Longest wait of an offset look-up in tiered storage.",
  }),
  setting(
    "remote.log.index.file.cache.total.size.bytes",
    int64({ default: 1_073_741_824, min: 1 }),
    {
      changes: "cluster-wide",
      importance: "low",
      about: "Disk space for index files fetched from tiered storage.",
    },
  ),
  setting("remote.log.index.file.cache.ttl.ms", int64({ default: 900_000, min: -1 }), {
    importance: "low",
    internal: true,
    about: "How long an index file from tiered storage is kept unused; -1 sets no limit.",
  }),
  setting("remote.log.manager.copier.thread.pool.size", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Threads that copy segments to tiered storage.",
  }),
  setting("remote.log.manager.copy.max.bytes.per.second", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes per second that this broker copies to tiered storage.",
  }),
  setting("remote.log.manager.copy.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "medium",
    about: "Windows over which the rate of copying is averaged.",
  }),
  setting("remote.log.manager.copy.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "Length of such a window of the copying rate.",
  }),
  setting("remote.log.manager.expiration.thread.pool.size", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Threads that delete what has expired in tiered storage.",
  }),
  setting("remote.log.manager.fetch.max.bytes.per.second", int64({ default: LONG_MAX, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes per second that this broker reads from tiered storage.",
  }),
  setting("remote.log.manager.fetch.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "medium",
    about: "Windows over which the rate of reading is averaged.",
  }),
  setting("remote.log.manager.fetch.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "medium",
    about: "Length of such a window of the reading rate.",
  }),
  setting("remote.log.manager.follower.thread.pool.size", int32({ default: 2, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Threads that follow tiered storage on replicas that do not lead.",
  }),
  setting("remote.log.manager.task.interval.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about: "How often each tiered partition is looked at.",
  }),
  setting("remote.log.manager.task.retry.backoff.max.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    internal: true,
    about: "Longest pause after failures of tiered storage.",
  }),
  setting("remote.log.manager.task.retry.backoff.ms", int64({ default: 500, min: 1 }), {
    importance: "low",
    internal: true,
    about: "First pause after a failure of tiered storage.",
  }),
  setting("remote.log.manager.task.retry.jitter", double({ default: 0.2, min: 0, max: 0.5 }), {
    importance: "low",
    internal: true,
    about: "Random share by which such a pause is moved.",
  }),
  setting("remote.log.manager.thread.pool.size", int32({ default: 2, min: 1 }), {
    importance: "medium",
    about: "Threads of tiered storage that have no number of their own.",
  }),
  setting("remote.log.metadata.custom.metadata.max.bytes", int32({ default: 128, min: 0 }), {
    importance: "low",
    about: "Bytes that a storage plugin may attach to a segment.",
  }),
  setting(
    "remote.log.metadata.manager.class.name",
    string({
      default:
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
      nonEmpty: true,
    }),
    {
      importance: "medium",
      about: "Java class that keeps the list of segments in tiered storage.",
    },
  ),
  setting("remote.log.metadata.manager.class.path", string({ default: null }), {
    importance: "medium",
    about: "Where that class is found.",
  }),
  setting(
    "remote.log.metadata.manager.impl.prefix",
    string({ default: "rlmm.config.", nonEmpty: true }),
    { importance: "medium", about: "Settings with this prefix go to the keeper of that list." },
  ),
  setting("remote.log.metadata.manager.listener.name", string({ default: null, nonEmpty: true }), {
    importance: "medium",
    about: "Listener through which the keeper of that list reaches the brokers.",
  }),
  setting("remote.log.reader.max.pending.tasks", int32({ default: 100, min: 1 }), {
    importance: "medium",
    about: "Reads from tiered storage that may wait for a thread.",
  }),
  setting("remote.log.reader.threads", int32({ default: 10, min: 1 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Threads that read from tiered storage.",
  }),
  setting("remote.log.storage.manager.class.name", string({ default: null, nonEmpty: true }), {
    importance: "medium",
    about: "Java class that stores and fetches segments.",
  }),
  setting("remote.log.storage.manager.class.path", string({ default: null }), {
    importance: "medium",
    about: "Where that storage class is found.",
  }),
  setting(
    "remote.log.storage.manager.impl.prefix",
    string({ default: "rsm.config.", nonEmpty: true }),
    { importance: "medium", about: "Settings with this prefix go to the storage class." },
  ),
  setting("remote.log.storage.system.enable", boolean({ default: false }), {
    importance: "medium",
    about: "Makes tiered storage available to topics.",
  }),
);
