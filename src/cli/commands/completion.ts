import type { Options } from "../command.ts";
import { completionScripts } from "../completion/scripts.ts";
import { ExitCode } from "../exit-code.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** `moldau completion bash`. */
export async function run(
  terminal: Terminal,
  [name = ""]: readonly string[],
  _options: Options,
): Promise<ExitCode> {
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined) {
    throw usageProblem(
      `nothing is known of the shell "${name}"`,
      `it is one of ${SHELLS.join(", ")}`,
    );
  }
  await write(terminal.stdout, completionScripts[shell]);
  return ExitCode.ok;
}
