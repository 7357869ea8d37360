import { createInterface } from "node:readline/promises";
import { usageProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** Asks a person; where there is none to ask, it takes `--yes`. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true) {
    throw usageProblem("nobody is here to confirm this", "say --yes if it is meant");
  }
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
