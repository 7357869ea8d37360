import type { OptionSpec } from "./command.ts";

export const DEFAULT_BOOTSTRAP = "localhost:9092";

/** Options of every command that asks a cluster. */
export const clusterOptions: readonly OptionSpec[] = [
  {
    flags: "-b, --bootstrap <host:port,…>",
    about: `brokers to begin with (default: $MOLDAU_BOOTSTRAP, else ${DEFAULT_BOOTSTRAP})`,
  },
  { flags: "--timeout <duration>", about: "how long to wait for answers (default: 30s)" },
  { flags: "--verbose", about: "tell on stderr what the client does", hidden: true },
];

export const outputOption: OptionSpec = {
  flags: "-o, --output <format>",
  about: "table, wide, json, ndjson, yaml, csv or id (default: table; ndjson in a pipe)",
};

export const dryRunOption: OptionSpec = {
  flags: "--dry-run",
  about: "say what would be done, and do nothing",
};
