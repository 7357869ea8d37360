import { parseFlags, type Example } from "./command.ts";
import { connectionProperties, recordProperties } from "./connection/properties.ts";
import type { HelpPage } from "./parse.ts";
import { connectionOptions } from "./specs/common.ts";

interface Block {
  readonly title?: string;
  readonly text?: string;
  readonly terms?: readonly (readonly [term: string, about: string])[];
  readonly examples?: readonly Example[];
}

interface Page {
  readonly title: string;
  readonly blocks: readonly Block[];
}

const connection: Page = {
  title: "How a cluster is reached",
  blocks: [
    {
      text:
        "What is said more closely wins: options of the command, then -X, then --command-config, then variables " +
        "of the environment, then a profile. The profile in use is left out where an address is given, for its " +
        "password is for its own cluster.",
    },
    {
      title: "Options",
      terms: connectionOptions
        .filter(({ flags }) => parseFlags(flags).name !== "key")
        .map(({ flags, about }) => [flags, about]),
    },
    {
      title: "Environment",
      terms: [
        ["MOLDAU_BOOTSTRAP", "addresses, as --bootstrap"],
        ["MOLDAU_PROFILE", "a profile, as --profile"],
        ["MOLDAU_USER", "who logs in, as --user"],
        ["MOLDAU_PASSWORD", "with which password"],
      ],
    },
    {
      title: "Properties of -X, --command-config and profiles",
      text: "Names of Java's clients and of librdkafka; others are passed over in files, and refused by -X.",
      terms: Object.entries(connectionProperties).map(([name, { about, values }]) => [
        name,
        values === undefined ? about : `${about}: ${values.join(", ")}`,
      ]),
    },
    {
      title: "Properties of producers and consumers",
      text: "For produce, replay, consume and tail; flags win over them.",
      terms: Object.entries(recordProperties).map(([name, { about, values }]) => [
        name,
        values === undefined ? about : `${about}: ${values.join(", ")}`,
      ]),
    },
    {
      title: "Examples",
      examples: [
        ["moldau topic list -b kafka:9092", "plaintext, no login"],
        [
          "MOLDAU_PASSWORD=… moldau topic list -b kafka:9093 --tls --ca ca.pem --user ada",
          "encrypted, with a login by SCRAM-SHA-512",
        ],
        ["moldau topic list -b kafka:9093 --cert me.pem --cert-key me.key", "mutual TLS"],
        ["moldau topic list --command-config client.properties", "as Kafka's own tools"],
        ["moldau profile create prod -b kafka:9093 --tls --user ada --use", "say it once"],
      ],
    },
  ],
};

const output: Page = {
  title: "What commands print",
  blocks: [
    {
      text:
        "A table on a terminal, and ndjson (an object on each line) in a pipe. Results go to stdout; progress, " +
        "questions and problems to stderr. Colours and progress are for terminals: NO_COLOR and FORCE_COLOR win.",
    },
    {
      title: "Formats of -o",
      terms: [
        ["table", "for people"],
        ["wide", "the same with more columns, and nothing cut"],
        ["json", "one array, or one object where there is always one"],
        ["ndjson", "an object on each line"],
        ["yaml", "as YAML"],
        ["csv", "RFC 4180, with a header"],
        ["id", "names alone, for xargs"],
      ],
    },
    {
      title: "More",
      terms: [
        ["--schema", "the shape of what is printed: TypeScript, or JSON Schema with -o json"],
        ["--template", "a line for each thing, see: moldau help template"],
      ],
    },
    {
      title: "Exit codes",
      terms: [
        ["0", "done"],
        ["1", "failed"],
        ["2", "not understood"],
        ["3", "not found"],
        ["4", "not authorised"],
        ["5", "done in part"],
        ["124", "timed out"],
      ],
    },
    {
      title: "Examples",
      examples: [
        ["moldau topic list -o id | xargs moldau topic describe", "names alone"],
        ["moldau topic list | jq -r 'select(.partitions > 10).topic'", "ndjson in a pipe"],
        ["moldau topic list --schema", "which fields there are"],
      ],
    },
  ],
};

const template: Page = {
  title: "Templates: --template",
  blocks: [
    {
      text:
        "Each thing becomes a text: %{field} is filled in, %% is a percent sign, and \\n \\t \\r \\0 \\e \\\\ \\xHH are " +
        "characters. A new line is added unless the template ends with such a character; \\c at the end " +
        "stands for none. Fields are those of --schema, with dots for what is within: %{configs.retention.ms.value}.",
    },
    {
      title: "Records have letters besides (kcat's where they differ: %s is the value too)",
      terms: [
        ["%k %v %s", "key; value; value"],
        ["%t %p %o", "topic, partition, offset"],
        ["%T", "timestamp, in milliseconds since 1970"],
        ["%h", "headers, as name=value,name=value"],
        ["%K %S", "length of key and value in bytes; -1 for none"],
        ["%R", "length of the value as a 32-bit number, big endian"],
        ["%{key:hex}", "key or value as hex, base64, json (a JSON string) or text"],
        ["%{time}", "timestamp as 2026-01-31T12:00:00.000Z"],
        ["%{header:name}", "the last header of a name"],
        ["%{epoch}", "leader epoch of the batch"],
      ],
    },
    {
      title: "Examples",
      examples: [
        ["moldau consume orders -t '%p/%o %k: %v'", "place, key and value"],
        ["moldau consume orders -t '%{time}\\t%{header:trace}\\t%{value:base64}'", "columns"],
        ["moldau topic list --template '%{topic} %{partitions}'", "for any list"],
      ],
    },
  ],
};

export const helpPages: Readonly<Record<HelpPage, Page>> = { connection, output, template };
