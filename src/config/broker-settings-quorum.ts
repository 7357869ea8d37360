/** The node, its roles, the quorum of controllers and the metadata log. */
import { bootstrapServers, quorumVoters } from "./rules.ts";
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, int32, int64, list, string } from "./value-type.ts";

export const quorumSettings = settings(
  setting("broker.heartbeat.interval.ms", int32({ default: 2000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("broker.id", int32({ default: -1 }), { importance: "high", effective: true, about: "" }),
  setting("broker.rack", string({ default: null }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("broker.session.timeout.ms", int32({ default: 9000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("controlled.shutdown.enable", boolean({ default: true }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("controller.listener.names", list({ nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.performance.always.log.threshold.ms", int64({ default: 2000, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("controller.performance.sample.period.ms", int64({ default: 60_000, min: 100 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("controller.quorum.append.linger.ms", int32({ default: 25, min: 0 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("controller.quorum.auto.join.enable", boolean({ default: false }), {
    importance: "low",
    about: "",
  }),
  setting("controller.quorum.bootstrap.servers", list({ default: [], rule: bootstrapServers }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.quorum.election.backoff.max.ms", int32({ default: 1000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.quorum.election.timeout.ms", int32({ default: 1000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.quorum.fetch.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("controller.quorum.fetch.snapshot.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("controller.quorum.fetch.timeout.ms", int32({ default: 2000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.quorum.request.timeout.ms", int32({ default: 2000, min: 0 }), {
    importance: "medium",
    about: "",
  }),
  setting("controller.quorum.retry.backoff.ms", int32({ default: 20, min: 0 }), {
    importance: "low",
    about: "",
  }),
  setting("controller.quorum.voters", list({ default: [], rule: quorumVoters }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("controller.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("controller.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("controller.socket.timeout.ms", int32({ default: 30_000 }), {
    importance: "medium",
    about: "",
  }),
  setting("initial.broker.registration.timeout.ms", int32({ default: 60_000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("internal.metadata.delete.delay.millis", int64({ default: 60_000 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("internal.metadata.log.segment.bytes", int32({ default: null }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("internal.metadata.max.batch.size.in.bytes", int32({ default: 8_388_608 }), {
    importance: "low",
    internal: true,
    effective: true,
    about: "",
  }),
  setting("metadata.log.dir", string({ default: null }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting(
    "metadata.log.max.record.bytes.between.snapshots",
    int64({ default: 20_971_520, min: 1 }),
    { importance: "high", effective: true, about: "" },
  ),
  setting("metadata.log.max.snapshot.interval.ms", int64({ default: 3_600_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("metadata.log.segment.bytes", int32({ default: 1_073_741_824, min: 8_388_608 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("metadata.log.segment.ms", int64({ default: 604_800_000 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("metadata.max.idle.interval.ms", int32({ default: 500, min: 0 }), {
    importance: "low",
    effective: true,
    about: "",
  }),
  setting("metadata.max.retention.bytes", int64({ default: 104_857_600 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("metadata.max.retention.ms", int64({ default: 604_800_000 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("node.id", int32({ min: 0 }), { importance: "high", effective: true, about: "" }),
  setting("process.roles", list({ oneOf: ["broker", "controller"], nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("server.max.startup.time.ms", int64({ default: LONG_MAX, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "",
  }),
  setting("unstable.api.versions.enable", boolean({ default: false }), {
    importance: "high",
    internal: true,
    about: "",
  }),
  setting("unstable.feature.versions.enable", boolean({ default: false }), {
    importance: "high",
    internal: true,
    about: "",
  }),
);
