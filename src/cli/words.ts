/** Words that options take, for the help, the completion and the commands alike. */

export const DEFAULT_BOOTSTRAP = "localhost:9092";

export const OUTPUT_FORMATS = ["table", "wide", "json", "ndjson", "yaml", "csv", "id"] as const;

/** Records can be printed as their values alone, too. */
export const RECORD_FORMATS = [...OUTPUT_FORMATS, "raw"] as const;

export const COMPRESSIONS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

export const SASL_MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] as const;

export const SCRAM_MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

export const CONFIG_TYPES = [
  "topic",
  "broker",
  "broker-logger",
  "group",
  "client-metrics",
] as const;

export const GROUP_TYPES = ["classic", "consumer", "share", "streams"] as const;

export const GROUP_STATES = [
  "stable",
  "empty",
  "dead",
  "preparing-rebalance",
  "completing-rebalance",
  "assigning",
  "reconciling",
  "not-ready",
] as const;

export const ACL_OPERATIONS = [
  "all",
  "read",
  "write",
  "create",
  "delete",
  "alter",
  "describe",
  "cluster-action",
  "describe-configs",
  "alter-configs",
  "idempotent-write",
  "create-tokens",
  "describe-tokens",
  "two-phase-commit",
] as const;
