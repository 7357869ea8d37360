import { DEFAULT_BOOTSTRAP, OUTPUT_FORMATS, SASL_MECHANISMS } from "../words.ts";
import type { OptionSpec } from "../command.ts";

const section = "connection";

/** Those that the help of every command shows. */
const shownConnectionOptions: readonly OptionSpec[] = [
  {
    flags: "-b, --bootstrap <host:port,…>",
    about: `brokers to begin with (default: $MOLDAU_BOOTSTRAP, the profile's, ${DEFAULT_BOOTSTRAP})`,
    section,
  },
  {
    flags: "--profile <name>",
    about: "a cluster by name (default: $MOLDAU_PROFILE, the one in use)",
    completes: "profiles",
    section,
  },
  {
    flags: "-X, --override <name=value>",
    about: "a property of a Kafka client, such as security.protocol=SSL",
    repeatable: true,
    section,
  },
  { flags: "--timeout <duration>", about: "how long to wait for answers (default: 30s)", section },
];

/** Those that `moldau help connection` shows besides. */
export const moreConnectionOptions: readonly OptionSpec[] = [
  { flags: "--tls", about: "encrypt, and check who the broker is", section },
  {
    flags: "--ca <file>",
    about: "PEM of who signs the broker's certificate (default: those the system trusts)",
    completes: "files",
    section,
  },
  {
    flags: "--cert <file>",
    about: "PEM of this client's certificate",
    completes: "files",
    section,
  },
  { flags: "--cert-key <file>", about: "PEM of its key; --key too", completes: "files", section },
  { flags: "--insecure", about: "encrypt without checking who the broker is", section },
  {
    flags: "--sasl-mechanism <name>",
    about: `${SASL_MECHANISMS.join(", ")} (default with --user: SCRAM-SHA-512)`,
    completes: SASL_MECHANISMS,
    section,
  },
  { flags: "--user <name>", about: "who to log in as (default: $MOLDAU_USER)", section },
  {
    flags: "--password-file <file>",
    about: "where the password stands; - for stdin (default: $MOLDAU_PASSWORD, or asked for)",
    completes: "files",
    section,
  },
  {
    flags: "--command-config <file>",
    about: "a properties file as Kafka's own tools take it",
    completes: "files",
    section,
  },
  { flags: "--verbose", about: "tell on stderr what the client does", section },
];

/** `--key` is the key of a record where records are produced. */
const keyAlias: OptionSpec = {
  flags: "--key <file>",
  about: "the same as --cert-key",
  hidden: true,
  completes: "files",
  section,
};

export const connectionOptionsBesideKey: readonly OptionSpec[] = [
  ...shownConnectionOptions,
  ...moreConnectionOptions.map((option) => ({ ...option, hidden: true })),
];

/** Options of every command that asks a cluster. */
export const connectionOptions: readonly OptionSpec[] = [...connectionOptionsBesideKey, keyAlias];

/** Options of every command that prints things of one kind. */
export const outputOptions: readonly OptionSpec[] = [
  {
    flags: "-o, --output <format>",
    about: `${OUTPUT_FORMATS.join(", ")} (default: table; ndjson in a pipe)`,
    completes: OUTPUT_FORMATS,
    section: "output",
  },
  {
    flags: "--template <text>",
    about: "a line for each thing, such as '%{topic} %{partitions}'",
    section: "output",
  },
  { flags: "--schema", about: "print the shape of the output, and do nothing", section: "output" },
];

/** Options of every command that changes something. */
export const changeOptions: readonly OptionSpec[] = [
  { flags: "--dry-run", about: "show what would change, and change nothing" },
  { flags: "-y, --yes", about: "do not ask" },
];

/** `-r` of every command that takes names. */
export function regexOption(noun: string): OptionSpec {
  return {
    flags: "-r, --regex",
    about: `names are regular expressions, which have to fit a whole name of a ${noun}`,
  };
}
