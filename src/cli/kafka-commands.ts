import type { CommandSpec, OptionSpec } from "./command.ts";

const server: OptionSpec = {
  flags: "--bootstrap-server <host:port,…>",
  about: "brokers to begin with",
};
const commandConfig: OptionSpec = {
  flags: "--command-config <file>",
  about: "properties of a client; of them only security.protocol=PLAINTEXT may stand there",
};
const common: readonly OptionSpec[] = [server, commandConfig];

const topics: CommandSpec = {
  name: "kafka-topics",
  about: "With the flags of kafka-topics.sh",
  hidden: true,
  options: [
    ...common,
    { flags: "--list", about: "names, a line each" },
    { flags: "--describe", about: "partitions and settings" },
    { flags: "--create", about: "make a topic" },
    { flags: "--delete", about: "delete topics" },
    { flags: "--alter", about: "raise the number of partitions" },
    { flags: "--topic <name>", about: "a name, or a regular expression", repeatable: true },
    { flags: "--partitions <count>", about: "number of partitions" },
    { flags: "--replication-factor <count>", about: "number of replicas" },
    { flags: "--config <name=value>", about: "a setting of the topic", repeatable: true },
    { flags: "--if-exists", about: "a topic that is not there is no failure" },
    { flags: "--if-not-exists", about: "a topic that is there is no failure" },
    { flags: "--exclude-internal", about: "without Kafka's own topics" },
  ],
  load: () => import("./commands/kafka-topics.ts"),
};

const consoleProducer: CommandSpec = {
  name: "kafka-console-producer",
  about: "With the flags of kafka-console-producer.sh",
  hidden: true,
  options: [
    ...common,
    { flags: "--topic <name>", about: "where to" },
    {
      flags: "--reader-property <name=value>",
      about: "parse.key, key.separator, …",
      repeatable: true,
    },
    { flags: "--property <name=value>", about: "the same under its old name", repeatable: true },
    { flags: "--command-property <name=value>", about: "acks, compression.type", repeatable: true },
    { flags: "--producer-property <name=value>", about: "the same, old name", repeatable: true },
    { flags: "--producer.config <file>", about: "the old name of --command-config" },
    { flags: "--compression-codec [codec]", about: "none, gzip (default), snappy, lz4, zstd" },
    { flags: "--request-required-acks <acks>", about: "all, -1, 1 or 0" },
    { flags: "--batch-size <count>", about: "taken, and without effect", hidden: true },
    { flags: "--timeout <ms>", about: "taken, and without effect", hidden: true },
    { flags: "--sync", about: "taken, and without effect", hidden: true },
  ],
  load: async () => ({ run: (await import("./commands/kafka-console.ts")).runProducer }),
};

const consoleConsumer: CommandSpec = {
  name: "kafka-console-consumer",
  about: "With the flags of kafka-console-consumer.sh",
  hidden: true,
  options: [
    ...common,
    { flags: "--topic <name>", about: "what to read" },
    { flags: "--from-beginning", about: "begin at the start of the log" },
    { flags: "--group <name>", about: "as a member of a group" },
    { flags: "--partition <number>", about: "one partition" },
    { flags: "--offset <place>", about: "earliest, latest, or a number; with --partition" },
    { flags: "--max-messages <count>", about: "stop after so many" },
    { flags: "--timeout-ms <ms>", about: "stop when nothing came for so long" },
    { flags: "--isolation-level <level>", about: "read_uncommitted (default) or read_committed" },
    {
      flags: "--formatter-property <name=value>",
      about: "print.key, key.separator, …",
      repeatable: true,
    },
    { flags: "--property <name=value>", about: "the same under its old name", repeatable: true },
    {
      flags: "--command-property <name=value>",
      about: "group.id, auto.offset.reset",
      repeatable: true,
    },
    { flags: "--consumer-property <name=value>", about: "the same, old name", repeatable: true },
    { flags: "--consumer.config <file>", about: "the old name of --command-config" },
    { flags: "--skip-message-on-error", about: "taken, and without effect", hidden: true },
  ],
  load: async () => ({ run: (await import("./commands/kafka-console.ts")).runConsumer }),
};

const consumerGroups: CommandSpec = {
  name: "kafka-consumer-groups",
  about: "With the flags of kafka-consumer-groups.sh",
  hidden: true,
  options: [
    ...common,
    { flags: "--list", about: "names, a line each" },
    { flags: "--describe", about: "offsets and lag" },
    { flags: "--delete", about: "delete groups without members" },
    { flags: "--reset-offsets", about: "set where a group without members goes on" },
    { flags: "--group <name>", about: "which one", repeatable: true },
    { flags: "--all-groups", about: "every one" },
    { flags: "--members", about: "describe members instead of offsets" },
    { flags: "--state", about: "describe states instead of offsets" },
    { flags: "--offsets", about: "describe offsets, which is the default" },
    { flags: "--verbose", about: "taken, and without effect", hidden: true },
    { flags: "--topic <name[:partition,…]>", about: "whose offsets to reset", repeatable: true },
    { flags: "--all-topics", about: "reset all that the group has offsets for" },
    { flags: "--to-earliest", about: "to the start of the log" },
    { flags: "--to-latest", about: "to its end" },
    { flags: "--to-current", about: "to what is committed" },
    { flags: "--to-offset <offset>", about: "to an offset" },
    { flags: "--shift-by <count>", about: "so many on, or back" },
    { flags: "--to-datetime <time>", about: "to the first record of that time or later" },
    { flags: "--execute", about: "do it; without, it is only shown" },
    { flags: "--dry-run", about: "only show what would be done" },
    { flags: "--timeout <ms>", about: "how long to wait, in milliseconds" },
  ],
  load: () => import("./commands/kafka-consumer-groups.ts"),
};

const configs: CommandSpec = {
  name: "kafka-configs",
  about: "With the flags of kafka-configs.sh",
  hidden: true,
  options: [
    ...common,
    { flags: "--describe", about: "show what is set" },
    { flags: "--alter", about: "change settings" },
    { flags: "--all", about: "show the defaults too" },
    { flags: "--entity-type <type>", about: "topics, brokers or groups" },
    { flags: "--entity-name <name>", about: "which one" },
    { flags: "--entity-default", about: "the default of all brokers" },
    { flags: "--topic <name>", about: "short for --entity-type topics --entity-name" },
    { flags: "--broker <id>", about: "short for --entity-type brokers --entity-name" },
    { flags: "--group <name>", about: "short for --entity-type groups --entity-name" },
    { flags: "--broker-defaults", about: "short for --entity-type brokers --entity-default" },
    { flags: "--add-config <name=value,…>", about: "set; lists in [brackets]" },
    { flags: "--add-config-file <file>", about: "set what a properties file says" },
    { flags: "--delete-config <name,…>", about: "go back to the default" },
  ],
  load: () => import("./commands/kafka-configs.ts"),
};

const brokerApiVersions: CommandSpec = {
  name: "kafka-broker-api-versions",
  about: "With the flags of kafka-broker-api-versions.sh",
  hidden: true,
  options: common,
  load: async () => ({ run: (await import("./commands/kafka-cluster.ts")).runApiVersions }),
};

const clusterCommands: readonly CommandSpec[] = [
  {
    name: "kafka-cluster cluster-id",
    about: "The id of the cluster",
    hidden: true,
    options: [...common, { flags: "--config <file>", about: "the old name of --command-config" }],
    load: async () => ({ run: (await import("./commands/kafka-cluster.ts")).runClusterId }),
  },
  {
    name: "kafka-cluster api-versions",
    about: "What each broker serves",
    hidden: true,
    options: common,
    load: async () => ({ run: (await import("./commands/kafka-cluster.ts")).runApiVersions }),
  },
];

const storageCommands: readonly CommandSpec[] = [
  {
    name: "kafka-storage format",
    about: "Prepare the folders of a node",
    hidden: true,
    options: [
      { flags: "-c, --config <file>", about: "a server.properties" },
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
    load: async () => ({ run: (await import("./commands/format.ts")).runKafkaStorage }),
  },
  {
    name: "kafka-storage random-uuid",
    about: "Make a cluster id",
    hidden: true,
    options: [],
    load: async () => ({ run: (await import("./commands/format.ts")).runRandomUuid }),
  },
];

/** Under the names and with the flags of kafka-*.sh, so that people and scripts move unchanged. */
export const kafkaCommands: readonly CommandSpec[] = [
  topics,
  consoleProducer,
  consoleConsumer,
  consumerGroups,
  configs,
  brokerApiVersions,
  ...clusterCommands,
  ...storageCommands,
];
