import type { ExitCode } from "./exit-code.ts";
import { usageProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** One option of a command. */
export interface OptionSpec {
  /** As in the help: `-p, --partitions <count>`. An option without a value is a switch. */
  readonly flags: string;
  readonly about: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  /** Left out of the help. */
  readonly hidden?: boolean;
}

/** What runs a command, loaded when it is called. */
export type Run = (
  terminal: Terminal,
  args: readonly string[],
  options: Options,
) => Promise<ExitCode>;

/** A command as a value: the help, the parser and the dispatch all read it. */
export interface CommandSpec {
  /** Its words, such as `topic list`. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** `<topic...>`, `[file]`; one entry per argument, as commander writes them. */
  readonly args?: readonly (readonly [name: string, about: string])[];
  readonly options: readonly OptionSpec[];
  /** Lines with a command and what it does. */
  readonly examples?: readonly (readonly [command: string, about: string])[];
  /** Left out of the list of commands. */
  readonly hidden?: boolean;
  /** Whatever follows is handed on unparsed. */
  readonly passThrough?: boolean;
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** The name that the value of an option has: its long flag. */
export function optionName(flags: string): string {
  return /--([a-z0-9][a-z0-9.-]*)/.exec(flags)?.[1] ?? flags.replace(/^-+/, "");
}

/** The options that were given, by their long names. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  has(name: string): boolean {
    const value = this.#values.get(name);
    return value !== undefined && value !== false;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    if (typeof value === "string") return [value];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
  }

  /** A whole number within bounds, or a usage problem. */
  integer(
    name: string,
    bounds: { readonly min: number; readonly max?: number },
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
    if (/^[+-]?\d+$/.test(text) && value >= bounds.min && value <= max) return value;
    const upTo =
      bounds.max === undefined ? `of at least ${bounds.min}` : `from ${bounds.min} to ${max}`;
    throw usageProblem(`--${name} takes a whole number ${upTo}, not "${text}"`);
  }

  /** `name=value` pairs. */
  pairs(name: string): ReadonlyMap<string, string> {
    const pairs = new Map<string, string>();
    for (const entry of this.list(name)) {
      const equals = entry.indexOf("=");
      if (equals <= 0) throw usageProblem(`--${name} takes name=value, not "${entry}"`);
      pairs.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
    return pairs;
  }

  /** `500ms`, `30s`, `5m`, or a number of seconds; in milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
    const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? "s"];
    if (match === null || unitMs === undefined) {
      throw usageProblem(`--${name} takes a duration such as 30s or 500ms, not "${text}"`);
    }
    return Number(match[1]) * unitMs;
  }

  /** One of several words, or a usage problem. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw usageProblem(`--${name} takes one of ${choices.join(", ")}, not "${text}"`);
  }
}
