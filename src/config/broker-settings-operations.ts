/** Metrics, quotas and extension points. */
import { setting, settings } from "./setting.ts";
import { int32, int64, javaClass, list, string } from "./value-type.ts";

export const operationsSettings = settings(
  setting("alter.config.policy.class.name", javaClass({ default: null }), {
    importance: "low",
    about: "",
  }),
  setting("alter.log.dirs.replication.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("alter.log.dirs.replication.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("client.quota.callback.class", javaClass({ default: null }), {
    importance: "low",
    about: "",
  }),
  setting("config.providers", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "low",
    about: "",
  }),
  setting("create.topic.policy.class.name", javaClass({ default: null }), {
    importance: "low",
    about: "",
  }),
  setting("kafka.metrics.polling.interval.secs", int32({ default: 10, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("kafka.metrics.reporters", list({ default: [] }), { importance: "low", about: "" }),
  setting("metric.reporters", list({ default: ["org.apache.kafka.common.metrics.JmxReporter"] }), {
    changes: "cluster-wide",
    importance: "low",
    about: "",
  }),
  setting("metrics.num.samples", int32({ default: 2, min: 1 }), { importance: "low", about: "" }),
  setting("metrics.recording.level", string({ default: "INFO" }), { importance: "low", about: "" }),
  setting("metrics.sample.window.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("quota.window.num", int32({ default: 11, min: 1 }), { importance: "low", about: "" }),
  setting("quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("telemetry.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "",
  }),
);
