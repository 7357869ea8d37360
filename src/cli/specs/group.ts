import { GROUP_STATES, GROUP_TYPES } from "../words.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions, regexOption } from "./common.ts";

const changeShape = async () => (await import("../shapes/change.ts")).changeShape;
const group: ArgumentSpec = { name: "<group>", about: "its name", completes: "groups" };
const groups: ArgumentSpec = { name: "<group...>", about: "names", completes: "groups" };
const regex = regexOption("group");

const topicOption: OptionSpec = {
  flags: "-t, --topic <topic[:partition,…]>",
  about: "only of this topic, or of these partitions of it",
  repeatable: true,
  completes: "topics",
};

export const groupCommands: readonly CommandSpec[] = [
  {
    name: "group list",
    about: "List the groups, with type and state; with members and lag in -o wide",
    args: [
      {
        name: "[pattern...]",
        about: "regular expressions, one of which has to fit the whole name",
        completes: "groups",
      },
    ],
    options: [
      { flags: "--state <state,…>", about: "only in these states", completes: GROUP_STATES },
      { flags: "--type <type,…>", about: "only of these types", completes: GROUP_TYPES },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau group list", "all of them"],
      ["moldau group list -o wide", "with members and lag"],
      ["moldau group list --state empty -o id", "names of those without members"],
    ],
    shape: async () => (await import("../shapes/group.ts")).groupShape,
    load: async () => ({ run: (await import("../commands/group-list.ts")).run }),
  },
  {
    name: "group describe",
    about: "Show state, members, committed offsets and lag of groups",
    args: [groups],
    options: [
      regex,
      { flags: "--members", about: "members and what each reads, instead of offsets" },
      { flags: "--state", about: "only the state, coordinator and assignor" },
      topicOption,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau group describe billing", "offsets and lag, partition by partition"],
      ["moldau group describe billing --members", "who reads what"],
      ["moldau group describe -r '.*' --state", "all groups, a line each"],
    ],
    shape: async () => (await import("../shapes/group.ts")).groupDescriptionShape,
    load: async () => ({ run: (await import("../commands/group-describe.ts")).run }),
  },
  {
    name: "group reset",
    about: "Set where a group goes on, for all that it has committed or for some topics",
    details:
      "The group must have no members. What would change is shown first; offsets beyond what a log holds are " +
      "moved to its ends.",
    args: [group],
    options: [
      {
        flags: "--to <place>",
        about:
          "earliest, latest, current, an offset, -10 (ten before the end), a time such as 2026-01-31T12:00, or 15m (ago)",
        completes: ["earliest", "latest", "current"],
      },
      { flags: "--shift <count>", about: "so many records on, or back when negative" },
      {
        flags: "--from-file <file>",
        about: "offsets of topic,partition,offset lines, as --to-file writes them",
        completes: "files",
      },
      {
        flags: "--to-file <file>",
        about: "write the new offsets, for --from-file",
        completes: "files",
      },
      topicOption,
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau group reset billing --to earliest --dry-run", "what would change"],
      ["moldau group reset billing --to 2026-01-31T12:00 -t orders", "to a time, for one topic"],
      [
        "moldau group reset billing --shift -100 -t orders:0,1",
        "a hundred back, for two partitions",
      ],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/group-reset.ts")).runReset }),
  },
  {
    name: "group seek",
    about: "Set the offsets of a group, each partition its own",
    args: [
      group,
      {
        name: "<topic:partition=place...>",
        about: "orders:0=120, orders:1=latest; places as in group reset --to",
        completes: "topics",
      },
    ],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [["moldau group seek billing orders:0=120 orders:1=earliest", "two partitions"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/group-reset.ts")).runSeek }),
  },
  {
    name: "group delete",
    about: "Delete groups without members, with their offsets",
    args: [groups],
    options: [
      regex,
      { flags: "--if-exists", about: "a group that is not there is no failure" },
      ...changeOptions,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [["moldau group delete -r 'console-.*' --dry-run", "which ones would go"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/group-delete.ts")).runDelete }),
  },
  {
    name: "group delete-offsets",
    about: "Forget what a group has committed for topics that none of its members reads",
    args: [
      group,
      {
        name: "<topic[:partition,…]...>",
        about: "orders, or orders:0,1",
        completes: "topics",
      },
    ],
    options: [...changeOptions, ...outputOptions, ...connectionOptions],
    examples: [
      ["moldau group delete-offsets billing old-orders", "of a topic that it reads no more"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/group-delete.ts")).runDeleteOffsets }),
  },
];
