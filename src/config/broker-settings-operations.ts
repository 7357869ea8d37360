/** Metrics, quotas and extension points. */
import { setting, settings } from "./setting.ts";
import { int32, int64, javaClass, list, string } from "./value-type.ts";

export const operationsSettings = settings(
  setting("alter.config.policy.class.name", javaClass({ default: null }), {
    importance: "low",
    about: "Java class that may refuse changes of settings.",
  }),
  setting("alter.log.dirs.replication.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "Windows over which the rate of moves between log directories is averaged.",
  }),
  setting("alter.log.dirs.replication.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "Length of such a window of the moving rate.",
  }),
  setting("client.quota.callback.class", javaClass({ default: null }), {
    importance: "low",
    about: "Java class that decides about quotas of clients.",
  }),
  setting("config.providers", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "low",
    about: "Names of Java classes that look up references in values; Moldau follows no references.",
  }),
  setting("create.topic.policy.class.name", javaClass({ default: null }), {
    importance: "low",
    about: "Java class that may refuse the creation of topics.",
  }),
  setting("kafka.metrics.polling.interval.secs", int32({ default: 10, min: 1 }), {
    importance: "low",
    about: "How often the older metrics reporters are run.",
  }),
  setting("kafka.metrics.reporters", list({ default: [] }), {
    importance: "low",
    about: "Java classes that report the older metrics.",
  }),
  setting("metric.reporters", list({ default: ["org.apache.kafka.common.metrics.JmxReporter"] }), {
    changes: "cluster-wide",
    importance: "low",
    about: "Java classes that report metrics.",
  }),
  setting("metrics.num.samples", int32({ default: 2, min: 1 }), {
    importance: "low",
    about: "Samples from which a metric is computed.",
  }),
  setting("metrics.recording.level", string({ default: "INFO" }), {
    importance: "low",
    about: "How detailed the recorded metrics are.",
  }),
  setting("metrics.sample.window.ms", int64({ default: 30_000, min: 1 }), {
    importance: "low",
    about: "Time that one sample of a metric covers.",
  }),
  setting("quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "Windows over which the rates of clients are averaged.",
  }),
  setting("quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "Length of such a window of the clients' rates.",
  }),
  setting("telemetry.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "Bytes of metrics that a client may push at a time.",
  }),
);
