import { CONFIG_TYPES } from "../words.ts";
import type { ArgumentSpec, CommandSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions } from "./common.ts";

const changeShape = async () => (await import("../shapes/change.ts")).changeShape;

const type: ArgumentSpec = {
  name: "<type>",
  about: `${CONFIG_TYPES.join(", ")}`,
  completes: CONFIG_TYPES,
};
const name: ArgumentSpec = {
  name: "<name>",
  about: "a topic, the id of a broker (default: what all brokers have), a group, a subscription",
  completes: "topics",
};

export const configCommands: readonly CommandSpec[] = [
  {
    name: "config describe",
    about: "Show settings: value, who set it, the default, and what it is about",
    args: [
      type,
      { ...name, name: "[name]" },
      {
        name: "[setting...]",
        about: "regular expressions, one of which has to fit the whole name",
      },
    ],
    options: [
      { flags: "--set", about: "only what is not at its default" },
      { flags: "--doc", about: "with what each is about (always so in formats for programs)" },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau config describe topic orders", "all settings of a topic"],
      [
        "moldau config describe topic orders 'retention.*' --doc",
        "a few, with what they are about",
      ],
      ["moldau config describe broker 1 --set", "what somebody set on a broker"],
      ["moldau config describe broker default", "what is set for all brokers"],
      ["moldau config describe topic", "what is set, of all topics"],
    ],
    shape: async () => (await import("../shapes/config.ts")).configShape,
    load: async () => ({ run: (await import("../commands/config.ts")).runDescribe }),
  },
  {
    name: "config set",
    about: "Set settings, leaving the others as they are",
    args: [
      type,
      name,
      {
        name: "<setting=value...>",
        about: "name=value sets, name+=value and name-=value add to and take from a list",
        completes: "topic-configs",
      },
    ],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau config set topic orders retention.ms=86400000", "keep records for a day"],
      ["moldau config set topic orders cleanup.policy+=compact", "add to a list"],
      ["moldau config set broker default log.cleaner.threads=2 --dry-run", "for all brokers"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/config.ts")).runSet }),
  },
  {
    name: "config unset",
    about: "Put settings back to their defaults",
    args: [type, name, { name: "<setting...>", about: "names", completes: "topic-configs" }],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [["moldau config unset topic orders retention.ms", "back to the default"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/config.ts")).runUnset }),
  },
];
