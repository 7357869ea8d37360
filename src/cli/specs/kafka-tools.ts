import type { CommandSpec, OptionSpec } from "../command.ts";
import { common, tool } from "./kafka-common.ts";

const records = () => import("../kafka/records.ts");
const describes = () => import("../kafka/describes.ts");
const cluster = () => import("../kafka/cluster.ts");
const transactions = () => import("../kafka/transactions.ts");
const partitions = () => import("../kafka/partitions.ts");

/** The old name of `--command-config`, where a tool has it. */
const oldConfig: OptionSpec = {
  flags: "--config <file>",
  about: "the old name of --command-config",
  hidden: true,
  completes: "files",
};

const single: readonly CommandSpec[] = [
  tool("kafka-get-offsets", async () => ({ run: (await records()).runGetOffsets }), [
    ...common,
    {
      flags: "--topic <regex>",
      about: "topics that a regular expression fits",
      completes: "topics",
    },
    { flags: "--topic-partitions <list>", about: "topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3" },
    { flags: "--partitions <ids>", about: "only these partitions" },
    {
      flags: "--time <time>",
      about:
        "a timestamp, latest (default), earliest, max-timestamp, earliest-local, latest-tiered, earliest-pending-upload; or -1 to -6",
    },
    { flags: "--exclude-internal-topics", about: "without Kafka's own topics" },
  ]),
  tool("kafka-delete-records", async () => ({ run: (await records()).runDeleteRecords }), [
    ...common,
    {
      flags: "--offset-json-file <file>",
      about: '{"partitions":[{"topic":"orders","partition":0,"offset":120}],"version":1}',
      completes: "files",
    },
  ]),
  tool("kafka-log-dirs", async () => ({ run: (await describes()).runLogDirs }), [
    ...common,
    { flags: "--describe", about: "what is in the directories" },
    { flags: "--broker-list <ids>", about: "only of these brokers" },
    { flags: "--topic-list <names>", about: "only of these topics" },
  ]),
  tool(
    "kafka-broker-api-versions",
    async () => ({ run: (await cluster()).runApiVersions }),
    common,
  ),
  tool("kafka-acls", () => import("../kafka/acls.ts"), [
    ...common,
    { flags: "--add", about: "allow or forbid" },
    { flags: "--remove", about: "take back" },
    { flags: "--list", about: "show" },
    { flags: "--allow-principal <User:name>", about: "who is allowed", repeatable: true },
    { flags: "--deny-principal <User:name>", about: "who is forbidden", repeatable: true },
    { flags: "--allow-host <address>", about: "from where (default: anywhere)", repeatable: true },
    { flags: "--deny-host <address>", about: "from where (default: anywhere)", repeatable: true },
    { flags: "--operation <name>", about: "what (default: All)", repeatable: true },
    {
      flags: "--topic <name>",
      about: "of a topic, * for all",
      repeatable: true,
      completes: "topics",
    },
    { flags: "--group <name>", about: "of a group", repeatable: true, completes: "groups" },
    { flags: "--cluster", about: "of the cluster" },
    { flags: "--transactional-id <id>", about: "of a transactional id", repeatable: true },
    { flags: "--delegation-token <id>", about: "of a token", repeatable: true },
    { flags: "--user-principal <name>", about: "of a user", repeatable: true },
    { flags: "--producer", about: "what a producer needs" },
    { flags: "--consumer", about: "what a consumer needs" },
    { flags: "--idempotent", about: "with --producer: to be idempotent" },
    { flags: "--principal <User:name>", about: "list only these", repeatable: true },
    {
      flags: "--resource-pattern-type <type>",
      about: "LITERAL (default), PREFIXED, MATCH or ANY",
      completes: ["LITERAL", "PREFIXED", "MATCH", "ANY"],
    },
    { flags: "--force", about: "do not ask" },
  ]),
  tool("kafka-leader-election", async () => ({ run: (await partitions()).runElection }), [
    ...common,
    {
      flags: "--election-type <type>",
      about: "preferred or unclean",
      completes: ["preferred", "unclean"],
    },
    { flags: "--topic <name>", about: "of this topic, with --partition", completes: "topics" },
    { flags: "--partition <number>", about: "of this partition" },
    { flags: "--all-topic-partitions", about: "of all partitions" },
    { flags: "--path-to-json-file <file>", about: "of those in a file", completes: "files" },
    {
      flags: "--admin.config <file>",
      about: "the old name of --command-config",
      hidden: true,
      completes: "files",
    },
  ]),
  tool("kafka-reassign-partitions", async () => ({ run: (await partitions()).runReassign }), [
    ...common,
    { flags: "--generate", about: "propose where partitions could go" },
    { flags: "--execute", about: "begin to move them" },
    { flags: "--verify", about: "say how far it is" },
    { flags: "--cancel", about: "stop it" },
    { flags: "--list", about: "show what is under way" },
    { flags: "--reassignment-json-file <file>", about: "what is to be where", completes: "files" },
    { flags: "--topics-to-move-json-file <file>", about: "for --generate", completes: "files" },
    { flags: "--broker-list <ids>", about: "for --generate" },
    { flags: "--additional", about: "besides what is under way" },
    { flags: "--disallow-replication-factor-change", about: "keep the number of replicas" },
    { flags: "--disable-rack-aware", about: "taken, and without effect", hidden: true },
    { flags: "--preserve-throttles", about: "taken, and without effect", hidden: true },
    { flags: "--throttle <rate>", about: "not taken", hidden: true },
    { flags: "--replica-alter-log-dirs-throttle <rate>", about: "not taken", hidden: true },
    { flags: "--timeout <ms>", about: "how long to wait" },
  ]),
];

const feature: OptionSpec = { flags: "--feature <name=level>", about: "which", repeatable: true };
const dryRun: OptionSpec = { flags: "--dry-run", about: "only check" };
const release: OptionSpec = {
  flags: "--release-version <release>",
  about: "all features of a release",
};

const features: readonly CommandSpec[] = [
  {
    name: "kafka-features describe",
    about: "Show features and their levels",
    options: [
      ...common,
      { flags: "--node-id <id>", about: "taken, and without effect", hidden: true },
    ],
    load: async () => ({ run: (await describes()).runFeatures }),
  },
  {
    name: "kafka-features upgrade",
    about: "Raise features",
    options: [
      ...common,
      feature,
      release,
      { flags: "--metadata <release>", about: "metadata.version alone" },
      dryRun,
    ],
    load: async () => ({ run: (await describes()).runUpgrade }),
  },
  {
    name: "kafka-features downgrade",
    about: "Lower features",
    options: [
      ...common,
      feature,
      release,
      { flags: "--metadata <release>", about: "metadata.version alone" },
      { flags: "--unsafe", about: "even if metadata are lost" },
      dryRun,
    ],
    load: async () => ({ run: (await describes()).runDowngrade }),
  },
  {
    name: "kafka-features disable",
    about: "Switch features off",
    options: [
      ...common,
      { flags: "--feature <name>", about: "which", repeatable: true },
      { flags: "--unsafe", about: "even if metadata are lost" },
      dryRun,
    ],
    load: async () => ({ run: (await describes()).runDisable }),
  },
  {
    name: "kafka-features version-mapping",
    about: "Show the levels that a release has",
    options: [...common, release],
    load: async () => ({ run: (await describes()).runVersionMapping }),
  },
];

const quorum: readonly CommandSpec[] = [
  {
    name: "kafka-metadata-quorum describe",
    about: "Show the quorum of controllers",
    options: [
      ...common,
      { flags: "--status", about: "who leads" },
      { flags: "--replication", about: "how far each is" },
      { flags: "--human-readable", about: "times as ages" },
    ],
    load: async () => ({ run: (await describes()).runQuorum }),
  },
  {
    name: "kafka-metadata-quorum remove-controller",
    about: "Take the vote of a controller away",
    options: [
      ...common,
      { flags: "--controller-id <id>", about: "which" },
      { flags: "--controller-directory-id <id>", about: "of its metadata directory" },
      dryRun,
    ],
    load: async () => ({ run: (await describes()).runRemoveController }),
  },
];

/** The letters that kafka-cluster.sh has for its flags. */
const clusterFlags: readonly OptionSpec[] = [
  { flags: "-b, --bootstrap-server <host:port,…>", about: "brokers to begin with" },
  { flags: "-c, --command-config <file>", about: "properties of a client", completes: "files" },
  {
    flags: "-C, --bootstrap-controller <host:port,…>",
    about: "not taken: brokers pass on what is for the controller",
    hidden: true,
  },
  oldConfig,
];

const clusterTool: readonly CommandSpec[] = [
  {
    name: "kafka-cluster cluster-id",
    about: "The id of the cluster",
    options: clusterFlags,
    load: async () => ({ run: (await cluster()).runClusterId }),
  },
  {
    name: "kafka-cluster api-versions",
    about: "What each broker serves",
    options: clusterFlags,
    load: async () => ({ run: (await cluster()).runApiVersions }),
  },
  {
    name: "kafka-cluster list-endpoints",
    about: "Where the brokers are",
    options: [
      ...clusterFlags,
      { flags: "--include-fenced-brokers", about: "those out of service too" },
    ],
    load: async () => ({ run: (await cluster()).runListEndpoints }),
  },
  {
    name: "kafka-cluster unregister",
    about: "Forget a broker that is gone for good",
    options: [
      ...clusterFlags,
      { flags: "-i, --id <id>", about: "which" },
      { flags: "--controller", about: "a controller instead" },
    ],
    load: async () => ({ run: (await cluster()).runUnregister }),
  },
];

const place: readonly OptionSpec[] = [
  { flags: "--topic <name>", about: "which topic", completes: "topics" },
  { flags: "--partition <number>", about: "which partition" },
];
const brokerId: OptionSpec = { flags: "--broker-id <id>", about: "of the replica there" };
const transactionalId: OptionSpec = {
  flags: "--transactional-id <id>",
  about: "which",
  completes: "transactions",
};

const transactionTool: readonly CommandSpec[] = [
  {
    name: "kafka-transactions list",
    about: "List transactional ids",
    options: [
      ...common,
      { flags: "--duration-filter <ms>", about: "only those open for longer" },
      { flags: "--transactional-id-pattern <regex>", about: "only those that it fits (RE2)" },
    ],
    load: async () => ({ run: (await transactions()).runList }),
  },
  {
    name: "kafka-transactions describe",
    about: "Show one transactional id",
    options: [...common, transactionalId],
    load: async () => ({ run: (await transactions()).runDescribe }),
  },
  {
    name: "kafka-transactions describe-producers",
    about: "Show who has written to a partition",
    options: [...common, ...place, brokerId],
    load: async () => ({ run: (await transactions()).runProducers }),
  },
  {
    name: "kafka-transactions find-hanging",
    about: "Find transactions that nobody will end",
    options: [
      ...common,
      ...place,
      brokerId,
      {
        flags: "--max-transaction-timeout <minutes>",
        about: "only those open for longer (default: 15)",
      },
    ],
    load: async () => ({ run: (await transactions()).runHanging }),
  },
  {
    name: "kafka-transactions abort",
    about: "Abort a hanging transaction",
    options: [
      ...common,
      ...place,
      { flags: "--start-offset <offset>", about: "where it begins" },
      { flags: "--producer-id <id>", about: "whose it is" },
      { flags: "--producer-epoch <epoch>", about: "its epoch" },
      { flags: "--coordinator-epoch <epoch>", about: "of the coordinator" },
    ],
    load: async () => ({ run: (await transactions()).runAbort }),
  },
  {
    name: "kafka-transactions forceTerminateTransaction",
    about: "Abort what a transactional id has open",
    options: [...common, transactionalId],
    load: async () => ({ run: (await transactions()).runForceTerminate }),
  },
];

/** The smaller ones of Kafka's tools. */
export const kafkaToolCommands: readonly CommandSpec[] = [
  ...single,
  ...features,
  ...quorum,
  ...clusterTool,
  ...transactionTool,
];
