import type { CommandSpec, OptionSpec } from "../command.ts";
import { connectionOptions, outputOptions } from "./common.ts";

const common: readonly OptionSpec[] = [...outputOptions, ...connectionOptions];
const shapes = () => import("../shapes/cluster.ts");

export const clusterCommands: readonly CommandSpec[] = [
  {
    name: "cluster describe",
    about: "Show id, controller, brokers, version, and how much there is of everything",
    options: common,
    examples: [["moldau cluster describe", "a look at the whole"]],
    shape: async () => (await shapes()).clusterShape,
    load: async () => ({ run: (await import("../commands/cluster.ts")).runDescribe }),
  },
  {
    name: "cluster health",
    about: "Say whether everything is well: leaders, replicas, directories, controllers",
    options: [{ flags: "--wait <duration>", about: "wait so long for it to be well" }, ...common],
    examples: [
      ["moldau cluster health", "ends with 0 when it is well, 1 when not"],
      ["moldau cluster health --wait 2m", "for scripts that restart brokers"],
    ],
    shape: async () => (await shapes()).healthShape,
    load: async () => ({ run: (await import("../commands/cluster-health.ts")).run }),
  },
  {
    name: "cluster features",
    about: "Show features, the levels that are supported and those that are in use",
    options: common,
    examples: [["moldau cluster features", "metadata.version and the others"]],
    shape: async () => (await shapes()).featureShape,
    load: async () => ({ run: (await import("../commands/cluster.ts")).runFeatures }),
  },
  {
    name: "cluster api-versions",
    about: "Show which requests brokers serve, and in which versions",
    options: [
      { flags: "--broker <id>", about: "one broker instead of all", completes: "brokers" },
      ...common,
    ],
    examples: [["moldau cluster api-versions --broker 1 -o csv", "one broker, for a spreadsheet"]],
    shape: async () => (await shapes()).apiVersionsShape,
    load: async () => ({ run: (await import("../commands/cluster.ts")).runApiVersions }),
  },
  {
    name: "broker list",
    about: "List the brokers, with address, rack, partitions and size",
    options: common,
    examples: [["moldau broker list", "who is there"]],
    shape: async () => (await shapes()).brokerShape,
    load: async () => ({ run: (await import("../commands/broker.ts")).runList }),
  },
  {
    name: "broker describe",
    about: "Show one broker: address, what it leads, directories, what is set",
    args: [{ name: "<id>", about: "of the broker", completes: "brokers" }],
    options: common,
    examples: [["moldau broker describe 1", "what it has and does"]],
    shape: async () => (await shapes()).brokerDescriptionShape,
    load: async () => ({ run: (await import("../commands/broker.ts")).runDescribe }),
  },
  {
    name: "broker configs",
    about: "Show the settings of a broker",
    args: [
      { name: "<id>", about: "of the broker, or default", completes: "brokers" },
      {
        name: "[setting...]",
        about: "regular expressions, one of which has to fit the whole name",
      },
    ],
    options: [
      { flags: "--set", about: "only what is not at its default" },
      { flags: "--doc", about: "with what each is about" },
      ...common,
    ],
    examples: [["moldau broker configs 1 'log.*'", "some of them; change them with config set"]],
    shape: async () => (await import("../shapes/config.ts")).configShape,
    load: async () => ({ run: (await import("../commands/config.ts")).runBroker }),
  },
  {
    name: "quorum describe",
    about: "Show who leads the metadata quorum, its voters and observers",
    options: common,
    examples: [["moldau quorum describe", "leader, epoch, high watermark"]],
    shape: async () => (await shapes()).quorumShape,
    load: async () => ({ run: (await import("../commands/quorum.ts")).runDescribe }),
  },
  {
    name: "quorum replication",
    about: "Show how far every voter and observer has the metadata log",
    options: common,
    examples: [["moldau quorum replication", "lag and time of each"]],
    shape: async () => (await shapes()).replicationShape,
    load: async () => ({ run: (await import("../commands/quorum.ts")).runReplication }),
  },
  {
    name: "log-dirs",
    about: "Show what replicas take in the data directories of brokers",
    args: [
      {
        name: "[topic...]",
        about: "regular expressions, one of which has to fit the whole name",
        completes: "topics",
      },
    ],
    options: [
      { flags: "--broker <id,…>", about: "only of these brokers", completes: "brokers" },
      {
        flags: "--by <what>",
        about: "directory (default), topic or replica",
        completes: ["directory", "topic", "replica"],
      },
      ...common,
    ],
    examples: [
      ["moldau log-dirs", "each directory, with what is free"],
      ["moldau log-dirs --by topic", "what takes the room"],
      ["moldau log-dirs orders --by replica", "replica by replica"],
    ],
    shape: async () => (await shapes()).logDirShape,
    load: async () => ({ run: (await import("../commands/log-dirs.ts")).run }),
  },
];
