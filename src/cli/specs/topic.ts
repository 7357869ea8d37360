import type { ArgumentSpec, CommandSpec, OptionSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions, regexOption } from "./common.ts";

const changeShape = async () => (await import("../shapes/change.ts")).changeShape;

const topicNames: ArgumentSpec = { name: "<topic...>", about: "names", completes: "topics" };
const regex = regexOption("topic");
const config: OptionSpec = {
  flags: "-c, --config <name=value>",
  about: "a setting of the topic, such as retention.ms=86400000",
  repeatable: true,
  completes: "topic-configs",
};

export const topicCommands: readonly CommandSpec[] = [
  {
    name: "topic list",
    about: "List the topics, with partitions, replicas and size",
    args: [
      {
        name: "[pattern...]",
        about: "regular expressions, one of which has to fit the whole name",
        completes: "topics",
      },
    ],
    options: [
      { flags: "--internal", about: "with Kafka's own topics" },
      { flags: "--unhealthy", about: "only those with partitions out of sync or without leader" },
      {
        flags: "--sort <column>",
        about: "name (default), size or partitions",
        completes: ["name", "size", "partitions"],
      },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau topic list", "all but Kafka's own"],
      ["moldau topic list 'orders.*' -o wide", "those that begin so, with ids and health"],
      ["moldau topic list --sort size -o json", "the largest first, for programs"],
    ],
    shape: async () => (await import("../shapes/topic.ts")).topicShape,
    load: async () => ({ run: (await import("../commands/topic-list.ts")).run }),
  },
  {
    name: "topic describe",
    about: "Show partitions, replicas, offsets, sizes and settings of topics",
    args: [topicNames],
    options: [regex, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau topic describe orders", "partitions, and settings that are not defaults"],
      ["moldau topic describe -r 'orders.*' -o csv", "a row for each partition"],
    ],
    shape: async () => (await import("../shapes/topic.ts")).topicDescriptionShape,
    load: async () => ({ run: (await import("../commands/topic-describe.ts")).run }),
  },
  {
    name: "topic offsets",
    about: "Show where the logs of partitions begin and end, and what is where at a time",
    args: [
      {
        name: "<topic[:partition,…]...>",
        about: "all partitions of a topic, or some: orders, orders:0,2",
        completes: "topics",
      },
    ],
    options: [
      {
        flags: "--at <place>",
        about: "which offset this is: 2026-01-31T12:00, 15m (ago), s@milliseconds, -10 …",
      },
      { flags: "--committed", about: "end before the first open transaction" },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau topic offsets orders", "first and end of each partition"],
      ["moldau topic offsets orders:0 --at 2026-01-31T12:00", "the first record since then"],
    ],
    shape: async () => (await import("../shapes/topic.ts")).offsetShape,
    load: async () => ({ run: (await import("../commands/topic-offsets.ts")).run }),
  },
  {
    name: "topic create",
    about: "Create topics",
    args: [{ name: "<topic...>", about: "names" }],
    options: [
      { flags: "-p, --partitions <count>", about: "partitions (default: the broker's)" },
      { flags: "-r, --replicas <count>", about: "copies of each (default: the broker's)" },
      {
        flags: "--assign <brokers>",
        about: "brokers of each partition instead, the leader first: 1,2/2,3/3,1",
      },
      config,
      { flags: "--if-not-exists", about: "leave a topic that is there as it is" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau topic create orders -p 6", "six partitions"],
      ["moldau topic create users -c cleanup.policy=compact", "keeps the last value of each key"],
      ["moldau topic create orders -p 6 --dry-run", "what it would be like"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/topic-change.ts")).runCreate }),
  },
  {
    name: "topic alter",
    about: "Add partitions to topics, set and unset their settings",
    args: [topicNames],
    options: [
      regex,
      { flags: "-p, --partitions <count>", about: "how many there are to be, more than now" },
      config,
      {
        flags: "--unset <name>",
        about: "put a setting back to its default",
        repeatable: true,
        completes: "topic-configs",
      },
      { flags: "--if-exists", about: "a topic that is not there is no failure" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau topic alter orders -p 12 --dry-run", "what would change"],
      ["moldau topic alter orders -c retention.ms=86400000", "keep records for a day"],
      ["moldau topic alter -r 'tmp-.*' --unset retention.ms", "back to the default, for several"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/topic-change.ts")).runAlter }),
  },
  {
    name: "topic delete",
    about: "Delete topics with all that is in them",
    args: [topicNames],
    options: [
      regex,
      { flags: "--if-exists", about: "a topic that is not there is no failure" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau topic delete orders", "asks first"],
      ["moldau topic delete -r 'tmp-.*' --dry-run", "which ones would go"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/topic-change.ts")).runDelete }),
  },
  {
    name: "topic empty",
    about: "Delete all records of topics; the topics, their settings and offsets stay",
    args: [topicNames],
    options: [
      regex,
      { flags: "--partition <number,…>", about: "only these partitions" },
      { flags: "--if-exists", about: "a topic that is not there is no failure" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [["moldau topic empty orders --dry-run", "how many records would go"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/topic-change.ts")).runEmpty }),
  },
];
