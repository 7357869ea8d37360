import type { CommandSpec } from "../command.ts";
import { connectionOptions, outputOptions } from "./common.ts";

export const toolCommands: readonly CommandSpec[] = [
  {
    name: "doctor",
    about: "Find out why clients cannot reach a cluster",
    details:
      "Connects to every address given, asks for the metadata, and then to every address that the brokers " +
      "tell clients to use, with the same encryption and login: it says which one fails, why, and what to set.",
    options: [...outputOptions, ...connectionOptions],
    examples: [
      ["moldau doctor", "the cluster that commands would use"],
      ["moldau doctor -b kafka.example:9093 --tls --user ada", "as a client would connect"],
      ["moldau doctor -o json", "for programs: what was tried, and what came of it"],
    ],
    shape: async () => (await import("../shapes/doctor.ts")).checkShape,
    load: async () => ({ run: (await import("../commands/doctor.ts")).run }),
  },
  {
    name: "console",
    about: "Show topics, messages and groups of any Kafka in a browser",
    options: [
      { flags: "--listen <place>", about: "a port, or host:port (default: 127.0.0.1:8080)" },
      ...connectionOptions,
    ],
    examples: [
      ["moldau console -b kafka.example:9092", "a console for a cluster elsewhere"],
      [
        "moldau console --listen 0.0.0.0:8080",
        "for others too: there is no login, mind the network",
      ],
    ],
    load: async () => ({ run: (await import("../commands/console.ts")).run }),
  },
  {
    name: "lag",
    about: "Show how far groups are behind, by topic, and go on showing it on a terminal",
    args: [
      {
        name: "[group...]",
        about: "regular expressions, one of which has to fit the whole name (default: all groups)",
        completes: "groups",
      },
    ],
    options: [
      { flags: "--every <duration>", about: "how often to look (default: 2s)" },
      { flags: "--once", about: "look once, as it is in a pipe" },
      { flags: "--watch", about: "go on, in a pipe too" },
      {
        flags: "--by <what>",
        about: "group, topic (default) or partition",
        completes: ["group", "topic", "partition"],
      },
      { flags: "--behind", about: "leave out what has no lag" },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: [
      ["moldau lag", "all groups, live"],
      ["moldau lag billing --by partition", "one of them, partition by partition"],
      ["moldau lag --once -o json", "once, for programs"],
    ],
    shape: async () => (await import("../shapes/group.ts")).lagShape,
    load: async () => ({ run: (await import("../commands/lag.ts")).run }),
  },
  {
    name: "completion",
    about: "Print what makes a shell complete commands, options, topics and groups",
    args: [{ name: "<shell>", about: "bash, zsh or fish", completes: ["bash", "zsh", "fish"] }],
    options: [],
    examples: [
      ['eval "$(moldau completion bash)"', "in ~/.bashrc"],
      ['eval "$(moldau completion zsh)"', "in ~/.zshrc, after compinit"],
      ["moldau completion fish > ~/.config/fish/completions/moldau.fish", "once"],
    ],
    load: async () => ({ run: (await import("../commands/completion.ts")).run }),
  },
];
