import type { CommandSpec, OptionSpec, Run } from "../command.ts";
import { kafkaToolCommands } from "./kafka-tools.ts";
import { common, tool } from "./kafka-common.ts";

const consumerGroups = () => import("../kafka/consumer-groups.ts");

const topics: CommandSpec = tool("kafka-topics", () => import("../kafka/topics.ts"), [
  ...common,
  { flags: "--list", about: "names, a line each" },
  { flags: "--describe", about: "partitions and settings" },
  { flags: "--create", about: "make a topic" },
  { flags: "--delete", about: "delete topics" },
  { flags: "--alter", about: "raise the number of partitions" },
  {
    flags: "--topic <name>",
    about: "a name, or a regular expression",
    repeatable: true,
    completes: "topics",
  },
  { flags: "--topic-id <id>", about: "describe the topic with this id" },
  { flags: "--partitions <count>", about: "number of partitions" },
  { flags: "--replication-factor <count>", about: "number of replicas" },
  {
    flags: "--replica-assignment <brokers>",
    about: "brokers of each partition: 1:2,2:3 (partitions with commas, replicas with colons)",
  },
  {
    flags: "--config <name=value>",
    about: "a setting of the topic that is made",
    repeatable: true,
    completes: "topic-configs",
  },
  { flags: "--delete-config <name>", about: "gone since Kafka 4.0", hidden: true },
  { flags: "--if-exists", about: "a topic that is not there is no failure" },
  { flags: "--if-not-exists", about: "a topic that is there is no failure" },
  { flags: "--exclude-internal", about: "without Kafka's own topics" },
  { flags: "--under-replicated-partitions", about: "describe those with replicas out of sync" },
  { flags: "--unavailable-partitions", about: "describe those without leader" },
  {
    flags: "--under-min-isr-partitions",
    about: "describe those with fewer in sync than is needed",
  },
  { flags: "--at-min-isr-partitions", about: "describe those with just as many as is needed" },
  { flags: "--topics-with-overrides", about: "describe topics with settings of their own" },
  {
    flags: "--partition-size-limit-per-response <count>",
    about: "the most partitions in one answer of a broker",
  },
]);

const readerProperties: readonly OptionSpec[] = [
  {
    flags: "--reader-property <name=value>",
    about:
      "parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, " +
      "ignore.error",
    repeatable: true,
  },
  { flags: "--reader-config <file>", about: "the same from a file", completes: "files" },
  {
    flags: "--property <name=value>",
    about: "the old name of --reader-property",
    repeatable: true,
    hidden: true,
  },
];

/** Flags of the producer that this one does without: it batches, waits and retries by itself. */
const unneeded: readonly OptionSpec[] = [
  "--batch-size <bytes>",
  "--max-block-ms <ms>",
  "--max-memory-bytes <bytes>",
  "--max-partition-memory-bytes <bytes>",
  "--message-send-max-retries <count>",
  "--metadata-expiry-ms <ms>",
  "--request-timeout-ms <ms>",
  "--retry-backoff-ms <ms>",
  "--socket-buffer-size <bytes>",
].map((flags) => ({ flags, about: "taken, and without effect", hidden: true }));

const consoleProducer: CommandSpec = tool(
  "kafka-console-producer",
  async () => ({ run: (await import("../kafka/console.ts")).runProducer }),
  [
    ...common,
    { flags: "--topic <name>", about: "where to", completes: "topics" },
    ...readerProperties,
    {
      flags: "--command-property <name=value>",
      about: "acks, compression.type, linger.ms, and the connection",
      repeatable: true,
    },
    {
      flags: "--producer-property <name=value>",
      about: "its old name",
      repeatable: true,
      hidden: true,
    },
    {
      flags: "--producer.config <file>",
      about: "the old name of --command-config",
      hidden: true,
      completes: "files",
    },
    {
      flags: "--compression-codec [codec]",
      about: "none, gzip (default), snappy, lz4, zstd",
      completes: ["none", "gzip", "snappy", "lz4", "zstd"],
    },
    {
      flags: "--request-required-acks <acks>",
      about: "all, -1, 1 or 0",
      completes: ["all", "1", "0"],
    },
    { flags: "--sync", about: "send each record at once" },
    { flags: "--timeout <ms>", about: "how long a batch may wait" },
    {
      flags: "--line-reader <class>",
      about: "LineMessageReader, the only one there is",
      hidden: true,
    },
    ...unneeded,
  ],
);

const consoleConsumer: CommandSpec = tool(
  "kafka-console-consumer",
  async () => ({ run: (await import("../kafka/console.ts")).runConsumer }),
  [
    ...common,
    { flags: "--topic <name>", about: "what to read", completes: "topics" },
    { flags: "--include <regex>", about: "topics that a regular expression fits" },
    { flags: "--from-beginning", about: "begin at the start of the log" },
    { flags: "--group <name>", about: "as a member of a group", completes: "groups" },
    { flags: "--partition <number>", about: "one partition" },
    { flags: "--offset <place>", about: "earliest, latest, or a number; with --partition" },
    { flags: "--max-messages <count>", about: "stop after so many" },
    { flags: "--timeout-ms <ms>", about: "stop when nothing came for so long" },
    {
      flags: "--isolation-level <level>",
      about: "read_uncommitted (default) or read_committed",
      completes: ["read_uncommitted", "read_committed"],
    },
    {
      flags: "--formatter-property <name=value>",
      about:
        "print.timestamp, print.key, print.offset, print.epoch, print.partition, print.headers, print.value, key.separator, " +
        "line.separator, headers.separator, null.literal",
      repeatable: true,
    },
    { flags: "--formatter-config <file>", about: "the same from a file", completes: "files" },
    {
      flags: "--property <name=value>",
      about: "the old name of --formatter-property",
      repeatable: true,
      hidden: true,
    },
    {
      flags: "--formatter <class>",
      about: "DefaultMessageFormatter (default), or NoOpMessageFormatter",
    },
    { flags: "--key-deserializer <class>", about: "such as …LongDeserializer" },
    { flags: "--value-deserializer <class>", about: "such as …StringDeserializer" },
    {
      flags: "--command-property <name=value>",
      about: "group.id, auto.offset.reset, and the connection",
      repeatable: true,
    },
    {
      flags: "--consumer-property <name=value>",
      about: "its old name",
      repeatable: true,
      hidden: true,
    },
    {
      flags: "--consumer.config <file>",
      about: "the old name of --command-config",
      hidden: true,
      completes: "files",
    },
    { flags: "--skip-message-on-error", about: "taken, and without effect", hidden: true },
    { flags: "--enable-systest-events", about: "taken, and without effect", hidden: true },
  ],
);

const groups: CommandSpec = tool("kafka-consumer-groups", consumerGroups, [
  ...common,
  { flags: "--list", about: "names, a line each" },
  { flags: "--describe", about: "offsets and lag" },
  { flags: "--delete", about: "delete groups without members" },
  { flags: "--reset-offsets", about: "set where a group without members goes on" },
  { flags: "--delete-offsets", about: "forget offsets of topics" },
  { flags: "--validate-regex <regex>", about: "whether a group could subscribe to it (RE2)" },
  { flags: "--group <name>", about: "which one", repeatable: true, completes: "groups" },
  { flags: "--all-groups", about: "every one" },
  { flags: "--members", about: "describe members instead of offsets" },
  { flags: "--offsets", about: "describe offsets, which is the default" },
  { flags: "--state [state,…]", about: "describe or list states; list only these" },
  { flags: "--type [type,…]", about: "list types; list only these" },
  { flags: "--verbose", about: "describe epochs and assignments, too" },
  {
    flags: "--topic <name[:partition,…]>",
    about: "whose offsets",
    repeatable: true,
    completes: "topics",
  },
  { flags: "--all-topics", about: "reset all that the group has offsets for" },
  { flags: "--to-earliest", about: "to the start of the log" },
  { flags: "--to-latest", about: "to its end" },
  { flags: "--to-current", about: "to what is committed" },
  { flags: "--to-offset <offset>", about: "to an offset" },
  { flags: "--shift-by <count>", about: "so many on, or back" },
  {
    flags: "--to-datetime <time>",
    about: "to the first record of that time: YYYY-MM-DDThh:mm:ss.sss",
  },
  { flags: "--by-duration <duration>", about: "to the first record of so long ago: PnDTnHnMnS" },
  {
    flags: "--from-file <file>",
    about: "to offsets of topic,partition,offset lines",
    completes: "files",
  },
  { flags: "--execute", about: "do it; without, it is only shown" },
  { flags: "--dry-run", about: "only show what would be done" },
  { flags: "--export", about: "print as lines for --from-file" },
  { flags: "--timeout <ms>", about: "how long to wait, in milliseconds" },
]);

const configs: CommandSpec = tool("kafka-configs", () => import("../kafka/configs.ts"), [
  ...common,
  { flags: "--describe", about: "show what is set" },
  { flags: "--alter", about: "change settings" },
  { flags: "--all", about: "show the defaults too" },
  {
    flags: "--entity-type <type>",
    about: "topics, brokers, broker-loggers, groups, client-metrics, users, clients or ips",
    repeatable: true,
    completes: [
      "topics",
      "brokers",
      "broker-loggers",
      "groups",
      "client-metrics",
      "users",
      "clients",
      "ips",
    ],
  },
  { flags: "--entity-name <name>", about: "which one", repeatable: true },
  { flags: "--entity-default", about: "the default of all" },
  ...["topic", "broker", "broker-logger", "group", "client-metrics", "user", "client", "ip"].map(
    (type): OptionSpec => ({
      flags: `--${type} <name>`,
      about: `short for --entity-type ${type.replace(/s$/, "")}s --entity-name`,
    }),
  ),
  ...["broker", "user", "client", "ip"].map((type) => ({
    flags: `--${type}-defaults`,
    about: `short for --entity-type ${type}s --entity-default`,
  })),
  { flags: "--add-config <name=value,…>", about: "set; lists in [brackets]" },
  {
    flags: "--add-config-file <file>",
    about: "set what a properties file says",
    completes: "files",
  },
  { flags: "--delete-config <name,…>", about: "go back to the default" },
]);

const storage: readonly CommandSpec[] = [
  {
    name: "kafka-storage format",
    about: "Prepare the folders of a node",
    options: [
      { flags: "-c, --config <file>", about: "a server.properties", completes: "files" },
      { flags: "-t, --cluster-id <id>", about: "22 characters" },
      { flags: "-g, --ignore-formatted", about: "leave formatted folders as they are" },
      { flags: "-s, --standalone", about: "this node alone is the quorum" },
      { flags: "-N, --no-initial-controllers", about: "the node joins a quorum that exists" },
      { flags: "-I, --initial-controllers <list>", about: "id@host:port:directory-id, …" },
      { flags: "-r, --release-version <version>", about: "begin with the features of a release" },
      { flags: "-f, --feature <name=level>", about: "the level of one feature", repeatable: true },
      {
        flags: "-S, --add-scram <credential>",
        about: "SCRAM-SHA-256=[name=…,password=…]",
        repeatable: true,
      },
    ],
    load: async () => ({ run: (await import("../commands/format.ts")).runKafkaStorage }),
  },
  {
    name: "kafka-storage random-uuid",
    about: "Make a cluster id",
    options: [],
    load: async (): Promise<{ readonly run: Run }> => ({
      run: (await import("../commands/format.ts")).runRandomUuid,
    }),
  },
];

/** Under the names and with the flags of kafka-*.sh, so that people and scripts move unchanged. */
export const kafkaCommands: readonly CommandSpec[] = [
  topics,
  consoleProducer,
  consoleConsumer,
  groups,
  configs,
  ...kafkaToolCommands,
  ...storage,
];
