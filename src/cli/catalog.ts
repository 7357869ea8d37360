import type { CommandSpec } from "./command.ts";

/** Headings of the list of commands. */
export const SECTIONS = ["broker", "records", "cluster", "security", "tools"] as const;
export type Section = (typeof SECTIONS)[number];

/** A first word, with what loads the commands that begin with it. */
export interface CatalogEntry {
  readonly word: string;
  /** Others that are taken for it, such as the plural. */
  readonly also?: readonly string[];
  /** One line in the list of commands. */
  readonly about: string;
  /** Without one it is left out of the list. */
  readonly section?: Section;
  readonly load: () => Promise<readonly CommandSpec[]>;
}

const node = async () => (await import("./specs/node.ts")).nodeCommands;
const record = async () => (await import("./specs/record.ts")).recordCommands;
const topic = async () => (await import("./specs/topic.ts")).topicCommands;
const group = async () => (await import("./specs/group.ts")).groupCommands;
const config = async () => (await import("./specs/config.ts")).configCommands;
const cluster = async () => (await import("./specs/cluster.ts")).clusterCommands;
const security = async () => (await import("./specs/security.ts")).securityCommands;
const transaction = async () => (await import("./specs/transaction.ts")).transactionCommands;
const profile = async () => (await import("./specs/profile.ts")).profileCommands;
const tools = async () => (await import("./specs/tools.ts")).toolCommands;
const kafka = async () => (await import("./specs/kafka.ts")).kafkaCommands;

interface Row {
  readonly words: string;
  readonly about: string;
  readonly section?: Section;
  readonly from: () => Promise<readonly CommandSpec[]>;
}

const rows: readonly Row[] = [
  { section: "broker", words: "start", about: "start a broker", from: node },
  { section: "broker", words: "dev", about: "start one that keeps nothing", from: node },
  { section: "broker", words: "format", about: "prepare data folders", from: node },
  { section: "broker", words: "log", about: "show what is in files of a data folder", from: node },
  { section: "records", words: "produce", about: "send records", from: record },
  { section: "records", words: "consume", about: "read records", from: record },
  { section: "records", words: "tail", about: "watch the newest records of topics", from: record },
  { section: "records", words: "replay", about: "copy records to a topic or a file", from: record },
  {
    section: "records",
    words: "record records",
    about: "all of these, and delete up to an offset",
    from: record,
  },
  {
    section: "cluster",
    words: "topic topics",
    about: "list, describe, offsets, create, alter, delete, empty",
    from: topic,
  },
  {
    section: "cluster",
    words: "group groups",
    about: "list, describe, reset, seek, delete, delete-offsets",
    from: group,
  },
  { section: "cluster", words: "lag", about: "how far groups are behind, live", from: tools },
  { section: "cluster", words: "config configs", about: "describe, set, unset", from: config },
  {
    section: "cluster",
    words: "cluster",
    about: "describe, health, features, api-versions",
    from: cluster,
  },
  { section: "cluster", words: "broker brokers", about: "list, describe, configs", from: cluster },
  { section: "cluster", words: "quorum", about: "describe, replication", from: cluster },
  { section: "cluster", words: "log-dirs", about: "what replicas take on disk", from: cluster },
  {
    section: "cluster",
    words: "txn transaction transactions",
    about: "list, describe, producers, hanging, abort",
    from: transaction,
  },
  { section: "security", words: "acl acls", about: "list, create, delete", from: security },
  { section: "security", words: "user users", about: "SCRAM: list, set, delete", from: security },
  { section: "security", words: "quota quotas", about: "list, set, unset", from: security },
  {
    section: "tools",
    words: "console",
    about: "topics, messages and groups of any Kafka in a browser",
    from: tools,
  },
  {
    section: "tools",
    words: "doctor",
    about: "find out why clients cannot reach a cluster",
    from: tools,
  },
  {
    section: "tools",
    words: "profile profiles",
    about: "addresses and credentials of clusters, by name",
    from: profile,
  },
  { section: "tools", words: "completion", about: "for bash, zsh and fish", from: tools },
  ...[
    "topics",
    "console-producer",
    "console-consumer",
    "consumer-groups",
    "configs",
    "get-offsets",
    "acls",
    "log-dirs",
    "features",
    "metadata-quorum",
    "delete-records",
    "cluster",
    "transactions",
    "leader-election",
    "reassign-partitions",
    "broker-api-versions",
    "storage",
  ].map((name) => ({
    words: `kafka-${name}`,
    about: `with the flags of kafka-${name}.sh`,
    from: kafka,
  })),
];

/** Every first word, in the order of the help. */
export const catalog: readonly CatalogEntry[] = rows.map(({ words, about, section, from }) => {
  const [word = "", ...also] = words.split(" ");
  return {
    word,
    also,
    about,
    ...(section === undefined ? {} : { section }),
    load: async () => {
      const specs = await from();
      return specs.filter(({ name }) => name === word || name.startsWith(`${word} `));
    },
  };
});

/** The entry of a first word; `kafka-topics.sh` is taken for `kafka-topics`. */
export function entryOf(word: string): CatalogEntry | undefined {
  const plain = word.replace(/\.(?:sh|bat)$/, "");
  return catalog.find((entry) => entry.word === plain || entry.also?.includes(plain) === true);
}

/** Every command there is. */
export async function allCommands(): Promise<readonly CommandSpec[]> {
  const loaded = await Promise.all(catalog.map((entry) => entry.load()));
  return loaded.flat();
}
