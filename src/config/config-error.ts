import { MoldauError } from "../core/errors.ts";

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  readonly setting: string;
  /** As given; `undefined` when nothing was, or when it is a secret. */
  readonly value: string | undefined;
  /** Where it was given: a file, a variable, a flag. */
  readonly origin: string | undefined;
  readonly reason: string;
  readonly remedy: string;
}

/**
 * A configuration with which no broker can start. `problems` holds everything that was found, so
 * that a person mends a file once; the message tells the first.
 */
export class ConfigError extends MoldauError {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    const [first] = problems;
    const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
    super(`${problemText(first)}${more}`, { code: "INVALID_CONFIG", remedy: first.remedy });
    this.problems = problems;
  }
}

/** `num.partitions=0 (from server.properties): it must be at least 1`. */
export function problemText(problem: ConfigProblem): string {
  const value = problem.value === undefined ? "" : `=${problem.value}`;
  const origin = problem.origin === undefined ? "" : ` (from ${problem.origin})`;
  return `${problem.setting}${value}${origin}: ${problem.reason}`;
}

/** Throws all problems, when there are any. */
export function refuse(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new ConfigError([first, ...rest]);
}
