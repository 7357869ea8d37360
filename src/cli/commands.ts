import { clusterOptions, dryRunOption, outputOption } from "./cluster-option-specs.ts";
import type { CommandSpec } from "./command.ts";
import { kafkaCommands } from "./kafka-commands.ts";
import { devSpec, startSpec } from "./commands/start-spec.ts";

const topicCommands: readonly CommandSpec[] = [
  {
    name: "topic list",
    about: "List the topics",
    options: [
      { flags: "--internal", about: "with Kafka's own topics" },
      ...clusterOptions,
      outputOption,
    ],
    load: async () => ({ run: (await import("./commands/topic.ts")).runList }),
  },
  {
    name: "topic describe",
    about: "Show partitions, replicas, offsets and settings of topics",
    args: [["<topic...>", "names"]],
    options: [...clusterOptions, outputOption],
    load: async () => ({ run: (await import("./commands/topic.ts")).runDescribe }),
  },
  {
    name: "topic create",
    about: "Create topics",
    args: [["<topic...>", "names"]],
    options: [
      { flags: "-p, --partitions <count>", about: "partitions (default: the broker's)" },
      { flags: "-r, --replicas <count>", about: "copies of each (default: the broker's)" },
      { flags: "-c, --config <name=value>", about: "a setting of the topic", repeatable: true },
      { flags: "--if-not-exists", about: "leave a topic that is there as it is" },
      dryRunOption,
      ...clusterOptions,
      outputOption,
    ],
    examples: [
      ["moldau topic create orders -p 6", "six partitions"],
      ["moldau topic create users -c cleanup.policy=compact", "keeps the last value of each key"],
    ],
    load: async () => ({ run: (await import("./commands/topic.ts")).runCreate }),
  },
  {
    name: "topic delete",
    about: "Delete topics with all that is in them",
    args: [["<topic...>", "names"]],
    options: [
      { flags: "-y, --yes", about: "do not ask" },
      { flags: "--if-exists", about: "a topic that is not there is no failure" },
      dryRunOption,
      ...clusterOptions,
      outputOption,
    ],
    load: async () => ({ run: (await import("./commands/topic.ts")).runDelete }),
  },
];

const recordCommands: readonly CommandSpec[] = [
  {
    name: "produce",
    about: "Send records: arguments, lines of stdin, or the ndjson that consume prints",
    args: [
      ["<topic>", "where to"],
      ["[value...]", "values; without any, each line of stdin is one"],
    ],
    options: [
      { flags: "-k, --key <key>", about: "key of every record" },
      { flags: "-K, --key-separator <text>", about: "lines are key, this text, value" },
      { flags: "-H, --header <name=value>", about: "header of every record", repeatable: true },
      { flags: "-p, --partition <number>", about: "one partition for all" },
      {
        flags: "-f, --format <format>",
        about: "lines (default), ndjson, or whole: all of stdin is one value",
      },
      { flags: "-z, --compression <codec>", about: "none (default), gzip, snappy, lz4 or zstd" },
      { flags: "-a, --acks <acks>", about: "all (default), 1 or 0" },
      { flags: "--tombstone", about: "send no value, which deletes the key where compaction runs" },
      { flags: "--create", about: "create the topic if it is not there" },
      ...clusterOptions,
      outputOption,
    ],
    examples: [
      ["echo hello | moldau produce greetings", "one line, one record"],
      ['moldau produce users -k 42 \'{"name":"Ada"}\'', "with a key"],
      ["moldau consume a -e -o ndjson | moldau produce b -f ndjson", "copies a topic"],
    ],
    load: () => import("./commands/produce.ts"),
  },
  {
    name: "consume",
    about: "Read records, and wait for more",
    args: [["<topic...>", "what to read"]],
    options: [
      {
        flags: "--from <place>",
        about:
          "earliest (default), latest, an offset, -10 (the last ten), or a time such as 2026-01-31T12:00 or 15m (ago)",
      },
      { flags: "-g, --group <group>", about: "as a member of a group, which remembers the place" },
      { flags: "-p, --partition <number,…>", about: "only these partitions" },
      { flags: "-n, --count <count>", about: "stop after so many records" },
      { flags: "-e, --until-end", about: "stop at the end instead of waiting" },
      { flags: "--idle <duration>", about: "stop when nothing came for so long" },
      {
        flags: "-t, --template <text>",
        about: "%k key, %v value, %t topic, %p partition, %o offset, %T time, %h headers, \\n, \\t",
      },
      { flags: "--uncommitted", about: "with records of open and aborted transactions" },
      ...clusterOptions,
      {
        flags: "-o, --output <format>",
        about: "table, wide, json, ndjson, yaml, csv, id or raw (default: table; ndjson in a pipe)",
      },
    ],
    examples: [
      ["moldau consume orders -n 10", "the first ten"],
      ["moldau consume orders --from latest -g billing", "new ones, as a member of a group"],
      ["moldau consume orders -e -o raw > values.txt", "all values, a line each"],
    ],
    load: () => import("./commands/consume.ts"),
  },
];

const groupCommands: readonly CommandSpec[] = [
  {
    name: "group list",
    about: "List the groups; with members and lag in -o wide",
    options: [...clusterOptions, outputOption],
    load: async () => ({ run: (await import("./commands/group.ts")).runList }),
  },
  {
    name: "group describe",
    about: "Show members, committed offsets and lag of groups",
    args: [["<group...>", "names"]],
    options: [...clusterOptions, outputOption],
    load: async () => ({ run: (await import("./commands/group.ts")).runDescribe }),
  },
];

const nodeCommands: readonly CommandSpec[] = [
  startSpec,
  devSpec,
  {
    name: "format",
    about: "Prepare empty data folders for a node, as kafka-storage format does",
    args: [["[file]", "a server.properties"]],
    options: [
      { flags: "-d, --data <folder>", about: "where data is kept (default: ./moldau-data)" },
      {
        flags: "-t, --cluster-id <id>",
        about: "22 characters (default: $CLUSTER_ID, else a new one)",
      },
      { flags: "--ignore-formatted", about: "leave folders that are formatted as they are" },
      { flags: "-s, --set <name=value>", about: "any setting by Kafka's name", repeatable: true },
      dryRunOption,
      outputOption,
    ],
    load: () => import("./commands/format.ts"),
  },
  {
    name: "log dump",
    about: "Show what is in files of a data folder: segments, indexes, snapshots, checkpoints",
    args: [["<path...>", "files, or folders of a partition"]],
    options: [
      { flags: "--records", about: "with the records of each batch" },
      { flags: "--from <offset>", about: "leave out batches before this offset" },
      { flags: "-n, --count <count>", about: "stop after so many entries of a file" },
      { flags: "-o, --output <format>", about: "table (in words) or ndjson" },
    ],
    examples: [
      ["moldau log dump moldau-data/orders-0 --records", "all files of a partition"],
      ["moldau log dump moldau-data/__cluster_metadata-0 -o ndjson", "the metadata log for jq"],
    ],
    load: () => import("./commands/log-dump.ts"),
  },
];

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  ...nodeCommands,
  ...topicCommands,
  ...recordCommands,
  ...groupCommands,
  ...kafkaCommands,
];
