import type { Parsed } from "./parse.ts";
import { ExitCode } from "./exit-code.ts";
import { problemOf, tell } from "./problem.ts";
import { write, type Terminal } from "./terminal.ts";

/** Runs a command line; resolves with what the process is to end with. */
export async function main(terminal: Terminal, argv: readonly string[]): Promise<ExitCode> {
  try {
    if (argv[0] === COMPLETE) return await tellCompletion(terminal, argv.slice(1));
    const { parseCommandLine } = await import("./parse.ts");
    return await obey(terminal, await parseCommandLine(argv));
  } catch (thrown) {
    const problem = problemOf(thrown);
    tell(terminal, problem, wantsJson(terminal, argv));
    return problem.exitCode;
  }
}

/** What the scripts of `moldau completion` call, with the words of a command line after a `--`. */
const COMPLETE = "__complete";

async function tellCompletion(terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  const { complete, completionText } = await import("./completion/complete.ts");
  const words = args[0] === "--" ? args.slice(1) : args;
  await write(terminal.stdout, completionText(await complete(terminal, words)));
  return ExitCode.ok;
}

async function obey(terminal: Terminal, parsed: Parsed): Promise<ExitCode> {
  switch (parsed.kind) {
    case "version": {
      const { moldauVersion } = await import("../core/version.ts");
      await write(terminal.stdout, `${moldauVersion}\n`);
      return ExitCode.ok;
    }
    case "help": {
      const { helpText } = await import("./help.ts");
      await write(terminal.stdout, await helpText(terminal, parsed.topic));
      return ExitCode.ok;
    }
    case "run": {
      const { spec, args, options } = parsed;
      if (options.has("schema") && spec.shape !== undefined) {
        const { printShape } = await import("./shape-text.ts");
        const { OUTPUT_FORMATS } = await import("./words.ts");
        const format = options.choice("output", OUTPUT_FORMATS);
        await printShape(terminal, await spec.shape(), format);
        return ExitCode.ok;
      }
      const { run } = await spec.load();
      return run(terminal, args, options);
    }
  }
}

/** Whether problems are told as objects: where the output is asked for as such. */
function wantsJson(terminal: Terminal, argv: readonly string[]): boolean {
  const at = argv.findIndex((arg) => /^(-o|--output)(=|$)/.test(arg));
  const asked = at < 0 ? undefined : (argv[at]!.split("=")[1] ?? argv[at + 1]);
  if (asked !== undefined) return asked === "json" || asked === "ndjson";
  return terminal.stdout.isTTY !== true && terminal.stderr.isTTY !== true && argv[0] === "start";
}
