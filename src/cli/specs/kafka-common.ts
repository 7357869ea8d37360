import type { CommandSpec, OptionSpec, Run } from "../command.ts";

/** Flags of nearly every one of Kafka's tools. */
export const common: readonly OptionSpec[] = [
  { flags: "--bootstrap-server <host:port,…>", about: "brokers to begin with" },
  { flags: "--command-config <file>", about: "properties of a client", completes: "files" },
  {
    flags: "--bootstrap-controller <host:port,…>",
    about: "not taken: brokers pass on what is for the controller",
    hidden: true,
  },
];

/** A tool that goes by its name and its flags alone. */
export function tool(
  name: string,
  load: () => Promise<{ readonly run: Run }>,
  options: readonly OptionSpec[],
): CommandSpec {
  return { name, about: `With the flags of ${name}.sh`, options, load };
}
