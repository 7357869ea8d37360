import { Options, optionName, type CommandSpec } from "./command.ts";
import type { ExitCode } from "./exit-code.ts";
import { problemOf, tell } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** Commands that are run so often, or wait for so little, that the parser's 10 ms count. */
const quickCommands: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  start: async () => (await import("./commands/start-spec.ts")).startSpec,
  dev: async () => (await import("./commands/start-spec.ts")).devSpec,
};

/** Runs a command line; resolves with what the process is to end with. */
export async function main(terminal: Terminal, argv: readonly string[]): Promise<ExitCode> {
  try {
    const quick = await quickParse(argv);
    if (quick !== undefined) {
      const { run } = await quick.spec.load();
      return await run(terminal, quick.args, quick.options);
    }
    const { runProgram } = await import("./program.ts");
    return await runProgram(terminal, argv);
  } catch (thrown) {
    const problem = problemOf(thrown);
    tell(terminal, problem, wantsJson(terminal, argv));
    return problem.exitCode;
  }
}

interface Parsed {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly options: Options;
}

/** Parses with what Node brings along; `undefined` for whatever needs the real parser, mistakes too. */
async function quickParse([name, ...rest]: readonly string[]): Promise<Parsed | undefined> {
  const loadSpec = Object.hasOwn(quickCommands, name ?? "") ? quickCommands[name ?? ""] : undefined;
  if (loadSpec === undefined) return undefined;
  const spec = await loadSpec();
  const { parseArgs } = await import("node:util");
  const options: Record<
    string,
    { type: "string" | "boolean"; multiple?: boolean; short?: string }
  > = {};
  for (const { flags, repeatable = false } of spec.options) {
    const short = /^-([a-zA-Z]),/.exec(flags)?.[1];
    options[optionName(flags)] = {
      type: /[<[]/.test(flags) ? "string" : "boolean",
      multiple: repeatable,
      ...(short === undefined ? {} : { short }),
    };
  }
  try {
    const parsed = parseArgs({ args: [...rest], options, allowPositionals: true });
    if (parsed.positionals.length > (spec.args?.length ?? 0)) return undefined;
    return {
      spec,
      args: parsed.positionals,
      options: new Options(new Map(Object.entries(parsed.values))),
    };
  } catch {
    return undefined;
  }
}

function wantsJson(terminal: Terminal, argv: readonly string[]): boolean {
  const at = argv.findIndex((arg) => /^(-o|--output)(=|$)/.test(arg));
  const asked = at < 0 ? undefined : (argv[at]!.split("=")[1] ?? argv[at + 1]);
  if (asked !== undefined) return asked === "json" || asked === "ndjson";
  return terminal.stdout.isTTY !== true && terminal.stderr.isTTY !== true && argv[0] === "start";
}
