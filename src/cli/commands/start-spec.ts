import type { CommandSpec, OptionSpec } from "../command.ts";

const nodeOptions: readonly OptionSpec[] = [
  { flags: "-p, --port <port>", about: "port for clients (9092; 0 takes any free one)" },
  {
    flags: "--advertised <host[:port]>",
    about: "where others reach this node; listens everywhere",
  },
  {
    flags: "-s, --set <name=value>",
    about: "any setting by Kafka's name, as often as wanted",
    repeatable: true,
  },
  { flags: "--ready-file <path>", about: "written as JSON when the broker answers" },
  { flags: "--log-level <level>", about: "silent, error, warn, info (default), debug or trace" },
  { flags: "--log-format <format>", about: "text or json (default: text on a terminal)" },
  {
    flags: "--console <place>",
    about: "on (default: 127.0.0.1:8080, or a free port), off, a port, or host:port",
  },
];

export const startSpec: CommandSpec = {
  name: "start",
  about: "Start a broker, by itself or as a server.properties says",
  args: [
    {
      name: "[file]",
      about: "a server.properties; every setting of Kafka may stand in it",
      completes: "files",
    },
  ],
  options: [
    { flags: "-d, --data <folder>", about: "where data is kept (default: ./moldau-data)" },
    ...nodeOptions,
  ],
  examples: [
    ["moldau start", "a broker at 127.0.0.1:9092"],
    ["moldau start --port 0 --ready-file ready.json", "for tests: any free port, told in a file"],
    ["moldau start server.properties --set num.partitions=6", "a node as Kafka's file says"],
  ],
  load: () => import("./start.ts"),
};

export const devSpec: CommandSpec = {
  name: "dev",
  about: "Start a broker that keeps nothing: its data is gone when it stops",
  options: nodeOptions,
  examples: [["moldau dev --port 0", "a broker to try things with, at any free port"]],
  load: async () => {
    const { runDev } = await import("./start.ts");
    return { run: runDev };
  },
};
