import { Command, CommanderError, Option } from "commander";
import { moldauVersion } from "../core/version.ts";
import { commands } from "./commands.ts";
import { Options, optionName, type CommandSpec } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { paintFor, type Terminal } from "./terminal.ts";

const groupAbouts: Readonly<Record<string, string>> = {
  topic: "Topics: list, describe, create, delete",
  group: "Consumer groups: list, describe",
  log: "Files of a data folder: dump",
  "kafka-storage": "With the flags of kafka-storage.sh",
};

const examples: readonly (readonly [command: string, about: string])[] = [
  ["moldau start", "a broker at 127.0.0.1:9092, data in ./moldau-data"],
  ["moldau topic create orders -p 3", "a topic of three partitions"],
  ["echo hello | moldau produce orders", "a record for each line"],
  ["moldau consume orders", "read them, and wait for more"],
];

/** Parses with commander, which also has the help, and runs the command. */
export async function runProgram(terminal: Terminal, argv: readonly string[]): Promise<ExitCode> {
  let outcome: ExitCode = ExitCode.ok;
  const program = makeRoot(terminal);
  for (const spec of commands) {
    const command = place(program, spec);
    describe(command, spec);
    command.action(async () => {
      const values = new Map<string, unknown>();
      const given: Record<string, unknown> = command.opts();
      for (const { flags } of spec.options) {
        const name = optionName(flags);
        values.set(name, given[camelCase(name)]);
      }
      const { run } = await spec.load();
      outcome = await run(terminal, command.args, new Options(values));
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    // Help and version end this way too, with 0; what was wrong has been told.
    return thrown.exitCode === 0 || argv.length === 0 ? ExitCode.ok : ExitCode.usage;
  }
  return outcome;
}

function makeRoot(terminal: Terminal): Command {
  const program = new Command("moldau");
  program
    .description("Event streaming that every Kafka client takes for Apache Kafka")
    .version(moldauVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", examplesText(terminal, examples));
  configure(program, terminal);
  return program;
}

/** What commands do not inherit from each other by themselves. */
function configure(command: Command, terminal: Terminal): void {
  const { bold, dim, red } = paintFor(terminal, terminal.stdout);
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, writeError) =>
        writeError(`${red("MLD2001")} ${text.replace(/^error: /, "")}`),
    })
    .configureHelp({
      styleTitle: (text) => bold(text),
      styleCommandDescription: (text) => text,
      styleOptionDescription: (text) => dim(text),
      styleSubcommandDescription: (text) => dim(text),
      subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(" "),
    });
}

function argumentTerm(argument: {
  readonly required: boolean;
  readonly variadic: boolean;
  name(): string;
}) {
  const name = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The command that the words of the name stand for, with the ones above it. */
function place(program: Command, spec: CommandSpec): Command {
  let at = program;
  const words = spec.name.split(" ");
  for (const [index, word] of words.entries()) {
    let next = at.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      next = at.command(word, { hidden: spec.hidden === true }).copyInheritedSettings(at);
      next.helpOption("-h, --help", "print this help");
      if (index < words.length - 1) next.description(groupAbouts[word] ?? "");
    }
    at = next;
  }
  return at;
}

function describe(command: Command, spec: CommandSpec): void {
  command.description(spec.about);
  for (const [name, about] of spec.args ?? []) command.argument(name, about);
  for (const { flags, about, repeatable = false, hidden = false } of spec.options) {
    const option = new Option(flags, about).hideHelp(hidden);
    if (repeatable) option.argParser<string[]>((value, before) => [...(before ?? []), value]);
    command.addOption(option);
  }
  if (spec.examples !== undefined) {
    command.addHelpText("after", examplesText(process, spec.examples));
  }
}

function examplesText(
  terminal: Terminal,
  lines: readonly (readonly [command: string, about: string])[],
): string {
  const { bold, dim } = paintFor(terminal, terminal.stdout);
  const rows = lines.map(([command, about]) => `  ${command}\n      ${dim(about)}`);
  return `\n${bold("Examples:")}\n${rows.join("\n")}`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
