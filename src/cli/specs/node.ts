import type { CommandSpec } from "../command.ts";
import { devSpec, startSpec } from "../commands/start-spec.ts";

/** Commands that run a broker, or look at its files. */
export const nodeCommands: readonly CommandSpec[] = [
  startSpec,
  devSpec,
  {
    name: "format",
    about: "Prepare empty data folders for a node, as kafka-storage format does",
    args: [{ name: "[file]", about: "a server.properties", completes: "files" }],
    options: [
      {
        flags: "-d, --data <folder>",
        about: "where data is kept (default: ./moldau-data)",
        completes: "files",
      },
      {
        flags: "-t, --cluster-id <id>",
        about: "22 characters (default: $CLUSTER_ID, else a new one)",
      },
      { flags: "--ignore-formatted", about: "leave folders that are formatted as they are" },
      { flags: "-s, --set <name=value>", about: "any setting by Kafka's name", repeatable: true },
      { flags: "--dry-run", about: "say what would be done, and do nothing" },
      {
        flags: "-o, --output <format>",
        about: "table (in words) or ndjson (default: table; ndjson in a pipe)",
        completes: ["table", "ndjson"],
        section: "output",
      },
    ],
    examples: [["moldau format --data /var/lib/moldau", "a folder for a node of its own"]],
    load: () => import("../commands/format.ts"),
  },
  {
    name: "log dump",
    about: "Show what is in files of a data folder: segments, indexes, snapshots, checkpoints",
    args: [{ name: "<path...>", about: "files, or folders of a partition", completes: "files" }],
    options: [
      { flags: "--records", about: "with the records of each batch" },
      { flags: "--from <offset>", about: "leave out batches before this offset" },
      { flags: "-n, --count <count>", about: "stop after so many entries of a file" },
      {
        flags: "-o, --output <format>",
        about: "table (in words) or ndjson",
        completes: ["table", "ndjson"],
        section: "output",
      },
    ],
    examples: [
      ["moldau log dump moldau-data/orders-0 --records", "all files of a partition"],
      ["moldau log dump moldau-data/__cluster_metadata-0 -o ndjson", "the metadata log for jq"],
    ],
    load: () => import("../commands/log-dump.ts"),
  },
];
