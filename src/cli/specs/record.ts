import { COMPRESSIONS, RECORD_FORMATS } from "../words.ts";
import type { CommandSpec, OptionSpec } from "../command.ts";
import {
  changeOptions,
  connectionOptions,
  connectionOptionsBesideKey,
  outputOptions,
} from "./common.ts";

const recordShape = async () => (await import("../shapes/record.ts")).recordShape;
const changeShape = async () => (await import("../shapes/change.ts")).changeShape;

const recordOutput: readonly OptionSpec[] = [
  {
    flags: "-o, --output <format>",
    about:
      "table, wide, json, ndjson, yaml, csv, id or raw: values alone (default: table; ndjson in a pipe)",
    completes: RECORD_FORMATS,
    section: "output",
  },
  {
    flags: "-t, --template <text>",
    about: "such as '%p/%o %k: %v'; see: moldau help template",
    section: "output",
  },
  { flags: "-f, --format <text>", about: "kcat's name of --template", hidden: true },
  { flags: "--schema", about: "print the shape of a record, and do nothing", section: "output" },
];

const decode: OptionSpec = {
  flags: "-d, --decode <[key=|value=]type>",
  about:
    "read keys or values as int8 … int64, uint8 … uint64, float32, float64 (big endian; int32le), hex, base64, json, uuid, " +
    "or a pack string as kcat's -s",
  repeatable: true,
};

const decodeAlias: OptionSpec = {
  flags: "-s, --serdes <[key=|value=]type>",
  about: "kcat's name of --decode",
  repeatable: true,
  hidden: true,
};

const places =
  "earliest, latest, an offset, -10 (the last ten), a time such as 2026-01-31T12:00, 15m (ago), or s@milliseconds";

const reading: readonly OptionSpec[] = [
  {
    flags: "-p, --partition <number,…>",
    about: "only these partitions",
  },
  { flags: "-n, --count <count>", about: "stop after so many records" },
  { flags: "--until <place>", about: "stop before this offset or time, in the words of --from" },
  { flags: "-e, --until-end", about: "stop at the end instead of waiting" },
  { flags: "--idle <duration>", about: "stop when nothing came for so long" },
  { flags: "--uncommitted", about: "with records of open and aborted transactions" },
  { flags: "--grep <regex>", about: "only records with this in key, value or a header" },
  { flags: "--key-is <text>", about: "only records with this key" },
];

const produce: CommandSpec = {
  name: "produce",
  about: "Send records: arguments, lines of stdin, files, or the ndjson that consume prints",
  args: [
    { name: "<topic>", about: "where to", completes: "topics" },
    { name: "[value...]", about: "values; without any, each line of stdin is one" },
  ],
  options: [
    { flags: "-k, --key <key>", about: "key of every record that has none of its own" },
    { flags: "-K, --key-separator <text>", about: "lines are key, this text, value" },
    { flags: "-D, --delimiter <text>", about: "what ends a record in stdin (default: a new line)" },
    { flags: "-H, --header <name=value>", about: "header of every record", repeatable: true },
    { flags: "-p, --partition <number>", about: "one partition for all" },
    { flags: "--timestamp <time>", about: "of every record: milliseconds since 1970, or a time" },
    {
      flags: "-f, --format <format>",
      about: "lines (default), ndjson, or whole: all of stdin is one value",
      completes: ["lines", "ndjson", "whole"],
    },
    {
      flags: "-l, --file <file>",
      about: "read this instead of stdin; with -f whole each file is one value",
      repeatable: true,
      completes: "files",
    },
    {
      flags: "--encode <[key=|value=]type>",
      about: "write keys or values as int32, float64, hex, base64 …: the types of consume --decode",
      repeatable: true,
    },
    { flags: "-Z, --empty-is-null", about: "empty keys and values are null" },
    { flags: "--null <text>", about: "keys and values that are this text are null" },
    { flags: "--tombstone", about: "send no value, which deletes the key where compaction runs" },
    {
      flags: "-z, --compression <codec>",
      about: "none (default), gzip, snappy, lz4 or zstd",
      completes: COMPRESSIONS,
    },
    { flags: "-a, --acks <acks>", about: "all (default), 1 or 0", completes: ["all", "1", "0"] },
    { flags: "-n, --count <count>", about: "stop after so many records" },
    { flags: "-T, --tee", about: "print values to stdout, too" },
    { flags: "--transactional-id <id>", about: "all records in one transaction, or none of them" },
    {
      flags: "--transaction-timeout <duration>",
      about: "when the broker aborts a transaction that goes on (default: 60s)",
    },
    { flags: "--create", about: "create the topic if it is not there" },
    ...changeOptions.filter(({ flags }) => flags === "--dry-run"),
    { flags: "-y, --yes", about: "taken, for nothing is asked", hidden: true },
    ...outputOptions.map((option) =>
      option.flags.startsWith("-o")
        ? { ...option, about: "tell where each record went: table, json, ndjson, yaml, csv or id" }
        : option,
    ),
    ...connectionOptionsBesideKey,
  ],
  examples: [
    ["echo hello | moldau produce greetings", "one line, one record"],
    ['moldau produce users -k 42 \'{"name":"Ada"}\'', "with a key"],
    ["moldau produce users -K : -z zstd < users.txt", "lines such as 42:Ada, compressed"],
    ["moldau consume a -e -o ndjson | moldau produce b -f ndjson", "copies a topic"],
    ["moldau produce users -k 42 --tombstone", "deletes a key of a compacted topic"],
    ["moldau produce orders --transactional-id import-1 < orders.txt", "all lines or none"],
  ],
  changes: true,
  shape: async () => (await import("../shapes/record.ts")).sentShape,
  load: async () => ({ run: (await import("../commands/produce.ts")).run }),
};

const consume: CommandSpec = {
  name: "consume",
  about: "Read records, and wait for more",
  args: [{ name: "<topic...>", about: "what to read", completes: "topics" }],
  options: [
    { flags: "--from <place>", about: `${places} (default: earliest)` },
    {
      flags: "-g, --group <group>",
      about: "as a member of a group, which remembers the place",
      completes: "groups",
    },
    { flags: "-r, --regex", about: "topics are regular expressions" },
    ...reading,
    decode,
    decodeAlias,
    ...recordOutput,
    ...connectionOptions,
  ],
  examples: [
    ["moldau consume orders -n 10", "the first ten"],
    ["moldau consume orders --from -10 -e", "the last ten of each partition"],
    [
      "moldau consume orders --from 15m --grep error",
      "of the last quarter of an hour, with a word in them",
    ],
    ["moldau consume orders --from latest -g billing", "new ones, as a member of a group"],
    ["moldau consume orders -e -o raw > values.txt", "all values, a line each"],
    ["moldau consume counts -d key=int64 -d value=json", "keys are numbers, values JSON"],
  ],
  shape: recordShape,
  load: async () => ({ run: (await import("../commands/consume.ts")).run }),
};

const tail: CommandSpec = {
  name: "tail",
  about: "Watch the newest records of topics as they come",
  args: [{ name: "<topic...>", about: "what to watch", completes: "topics" }],
  options: [
    { flags: "--from <place>", about: `${places} (default: -10)` },
    { flags: "-r, --regex", about: "topics are regular expressions; new ones are found" },
    ...reading,
    decode,
    decodeAlias,
    ...recordOutput,
    ...connectionOptions,
  ],
  examples: [
    ["moldau tail orders", "the last ten, and whatever comes"],
    [
      "moldau tail -r 'orders.*' payments --grep error",
      "several topics, with a word in the record",
    ],
  ],
  shape: recordShape,
  load: async () => ({ run: (await import("../commands/consume.ts")).runTail }),
};

const replay: CommandSpec = {
  name: "replay",
  about: "Copy records of a topic to another one, or to a file, and back",
  details:
    "Keys, values, headers and timestamps are kept. A file has a record on each line, as consume -o ndjson " +
    "prints them; a file as the source is sent to the topic again.",
  args: [
    { name: "<source>", about: "a topic, or a file with --from-file", completes: "topics" },
    { name: "[target]", about: "a topic; without one give --to-file", completes: "topics" },
  ],
  options: [
    { flags: "--from <place>", about: `${places} (default: earliest)` },
    ...reading.filter(({ flags }) => !/--(?:idle|until-end)/.test(flags)),
    { flags: "--follow", about: "go on when the end is reached" },
    { flags: "--from-file", about: "the source is a file of ndjson" },
    { flags: "--to-file <file>", about: "write the records here; - is stdout", completes: "files" },
    { flags: "--keep-partitions", about: "to the partition that each record came from" },
    { flags: "--new-timestamps", about: "records are of now, not of then" },
    { flags: "--rate <count>", about: "so many records a second at most" },
    { flags: "--create", about: "create the target as the source is" },
    {
      flags: "-z, --compression <codec>",
      about: "none (default), gzip, snappy, lz4 or zstd",
      completes: COMPRESSIONS,
    },
    ...changeOptions,
    ...outputOptions,
    ...connectionOptions,
  ],
  examples: [
    ["moldau replay orders orders-copy --create", "all of it, until the end that there is now"],
    [
      "moldau replay orders orders-retry --from 1h --grep timeout",
      "what had a word in it, of the last hour",
    ],
    ["moldau replay orders --to-file orders.ndjson -n 1000", "a fixture for tests"],
    ["moldau replay --from-file orders.ndjson orders --dry-run", "how many it would send back"],
  ],
  changes: true,
  shape: changeShape,
  load: async () => ({ run: (await import("../commands/replay.ts")).run }),
};

const recordDelete: CommandSpec = {
  name: "record delete",
  about: "Delete the records of partitions up to an offset",
  args: [
    {
      name: "<topic:partition...>",
      about: "orders:0, orders:0,1,2 or orders for all its partitions",
      completes: "topics",
    },
  ],
  options: [
    {
      flags: "--before <place>",
      about:
        "the first offset to stay: a number, latest (delete all), -10 (leave ten), a time, 7d (ago)",
    },
    {
      flags: "--offset-json-file <file>",
      about: "places as kafka-delete-records takes them",
      completes: "files",
    },
    ...changeOptions,
    ...outputOptions,
    ...connectionOptions,
  ],
  examples: [
    ["moldau record delete orders:0 --before 120 --dry-run", "how many records would go"],
    ["moldau record delete orders --before 7d", "all that is older than a week"],
  ],
  changes: true,
  shape: changeShape,
  load: async () => ({ run: (await import("../commands/record-delete.ts")).run }),
};

/** Each under its own name, and as a verb of `record`. */
const shortcuts: readonly CommandSpec[] = [produce, consume, tail, replay];

export const recordCommands: readonly CommandSpec[] = [
  ...shortcuts,
  ...shortcuts.map((spec) => ({ ...spec, name: `record ${spec.name}` })),
  recordDelete,
];
