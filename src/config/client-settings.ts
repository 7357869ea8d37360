/** Settings of client metrics subscriptions (KIP-714) and quotas of clients. */
import { byName, setting, settings, type ValuesOf } from "./setting.ts";
import { INT_MAX, LONG_MAX, double, int32, int64, list } from "./value-type.ts";

/** What a subscription to the metrics of clients may say. */
export const clientMetricsSettings = settings(
  setting("interval.ms", int32({ default: 300_000 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "How often a matching client pushes its metrics.",
  }),
  setting("match", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Which clients are meant, as name=pattern; none named means all.",
  }),
  setting("metrics", list({ default: [] }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Metrics that are wanted, by prefix of their names; none named means none, * all.",
  }),
);

/** Quotas of an address. */
export const ipQuotaSettings = settings(
  setting("connection_creation_rate", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "New connections per second from this address.",
  }),
);

/** Quotas of a user, a client id, or both. */
export const clientQuotaSettings = settings(
  setting("consumer_byte_rate", int64({ default: LONG_MAX }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes per second that consumers may fetch from one broker.",
  }),
  setting("controller_mutation_rate", double({ default: INT_MAX }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Partitions created or deleted per second.",
  }),
  setting("producer_byte_rate", int64({ default: LONG_MAX }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Bytes per second that producers may send to one broker.",
  }),
  setting("request_percentage", double({ default: INT_MAX }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "Share of the broker's request handling time, in percent.",
  }),
);

export type ClientMetricsValues = ValuesOf<typeof clientMetricsSettings>;
export const clientMetricsSettingsByName = byName(clientMetricsSettings);
export const ipQuotaSettingsByName = byName(ipQuotaSettings);
export const clientQuotaSettingsByName = byName(clientQuotaSettings);
