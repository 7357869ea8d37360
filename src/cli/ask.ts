import { createInterface } from "node:readline/promises";
import { usageProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** Whether a person is there to be asked. */
export function canAsk(terminal: Terminal): boolean {
  return terminal.stdin.isTTY === true && terminal.stderr.isTTY === true;
}

/** Asks a person; where there is none to ask, it takes `--yes`. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (!canAsk(terminal)) {
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

const ENTER = /[\r\n]/;
const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";
const BACKSPACES: ReadonlySet<string> = new Set(["\u007f", "\b"]);

/** Asks for what must not be seen; `undefined` where nobody is there, or who is there does not say. */
export function askSecret(terminal: Terminal, question: string): Promise<string | undefined> {
  const { stdin, stderr } = terminal;
  if (!canAsk(terminal) || stdin.setRawMode === undefined) return Promise.resolve(undefined);
  stderr.write(question);
  stdin.setRawMode(true);
  return new Promise((resolve) => {
    const answer: string[] = [];
    const finish = (result: string | undefined): void => {
      stdin.off("data", take);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write("\n");
      resolve(result);
    };
    const take = (bytes: Buffer): void => {
      const keys = Array.from(bytes.toString("utf8"));
      for (const [index, key] of keys.entries()) {
        if (ENTER.test(key)) {
          const rest = keys.slice(index + 1).join("");
          finish(answer.join(""));
          // What was typed ahead answers the next question.
          if (rest !== "" && rest !== "\n") stdin.unshift(Buffer.from(rest));
          return;
        }
        if (key === CONTROL_C || key === CONTROL_D) {
          finish(undefined);
          return;
        }
        if (BACKSPACES.has(key)) answer.pop();
        else answer.push(key);
      }
    };
    stdin.on("data", take);
    stdin.resume();
  });
}
