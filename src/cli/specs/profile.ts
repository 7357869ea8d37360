import type { ArgumentSpec, CommandSpec, OptionSpec } from "../command.ts";
import { changeOptions, connectionOptions, outputOptions } from "./common.ts";

const changeShape = async () => (await import("../shapes/change.ts")).changeShape;
const profileShape = async () => (await import("../shapes/profile.ts")).profileShape;

const name: ArgumentSpec = { name: "<name>", about: "of the profile", completes: "profiles" };

/** What a profile is made of are the options of the connection, all of them shown. */
const contents: readonly OptionSpec[] = connectionOptions
  .filter(({ flags }) => !/--(?:profile|timeout|verbose|key) ?/.test(flags))
  .map((option) => ({ ...option, hidden: false }));

export const profileCommands: readonly CommandSpec[] = [
  {
    name: "profile create",
    about: "Keep addresses and credentials of a cluster under a name",
    details:
      "A profile is a properties file of a Kafka client in $XDG_CONFIG_HOME/moldau/profiles, which nobody else " +
      "may read: Kafka's own tools take it with --command-config. Passwords are never printed.",
    args: [{ name: "<name>", about: "of the profile" }],
    options: [
      { flags: "--use", about: "and use it from now on" },
      { flags: "--replace", about: "in place of one of this name" },
      ...changeOptions,
      ...outputOptions,
      ...contents,
    ],
    examples: [
      ["moldau profile create local -b localhost:9092 --use", "a broker of this machine"],
      [
        "moldau profile create prod -b kafka.example:9093 --tls --user ada",
        "encrypted, with a login; the password is asked for",
      ],
      ["moldau profile create prod --command-config client.properties", "as a Java client has it"],
    ],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runCreate }),
  },
  {
    name: "profile use",
    about: "Take a profile for all commands to come; - for none",
    args: [name],
    options: [...changeOptions, ...outputOptions],
    examples: [["moldau profile use prod", "until another is used; $MOLDAU_PROFILE wins over it"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runUse }),
  },
  {
    name: "profile list",
    about: "List the profiles",
    options: outputOptions,
    examples: [["moldau profile list", "with the one in use"]],
    shape: profileShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runList }),
  },
  {
    name: "profile show",
    about: "Show what a profile says, but for its secrets",
    args: [
      { name: "[name]", about: "of the profile (default: the one in use)", completes: "profiles" },
    ],
    options: outputOptions,
    examples: [["moldau profile show prod", "addresses, security, user"]],
    shape: profileShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runShow }),
  },
  {
    name: "profile edit",
    about: "Open a profile in $VISUAL or $EDITOR",
    args: [
      { name: "[name]", about: "of the profile (default: the one in use)", completes: "profiles" },
    ],
    options: [...changeOptions, ...outputOptions],
    examples: [["moldau profile edit prod", "a properties file of a Kafka client"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runEdit }),
  },
  {
    name: "profile delete",
    about: "Forget a profile with its credentials",
    args: [{ name: "<name...>", about: "of profiles", completes: "profiles" }],
    options: [...changeOptions, ...outputOptions],
    examples: [["moldau profile delete old", "asks first"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runDelete }),
  },
  {
    name: "profile rename",
    about: "Give a profile another name",
    args: [name, { name: "<to>", about: "its new name" }],
    options: [...changeOptions, ...outputOptions],
    examples: [["moldau profile rename prod production", "one in use stays in use"]],
    changes: true,
    shape: changeShape,
    load: async () => ({ run: (await import("../commands/profile.ts")).runRename }),
  },
];
