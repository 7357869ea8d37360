import type { ExitCode } from "./exit-code.ts";
import { parseDuration } from "./duration.ts";
import { usageProblem } from "./problem.ts";
import type { Shape } from "./shape.ts";
import type { Terminal } from "./terminal.ts";

/** What a shell offers where a value is typed: fixed words, files, or things that the cluster has. */
export type Completes =
  | "topics"
  | "groups"
  | "brokers"
  | "transactions"
  | "users"
  | "profiles"
  | "topic-configs"
  | "files"
  | "commands"
  | readonly string[];

/** Under which heading the help has an option. */
export type OptionSection = "options" | "output" | "connection";

/** One option of a command. */
export interface OptionSpec {
  /** As in the help: `-p, --partitions <count>`. An option without a value is a switch. */
  readonly flags: string;
  readonly about: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  /** Left out of the help. */
  readonly hidden?: boolean;
  readonly completes?: Completes;
  /** Default `options`. */
  readonly section?: OptionSection;
}

/** One argument of a command. */
export interface ArgumentSpec {
  /** `<topic...>`, `[file]`: angle brackets where it has to be given, dots where it may be several. */
  readonly name: string;
  readonly about: string;
  readonly completes?: Completes;
}

/** A command line and what it does. */
export type Example = readonly [command: string, about: string];

/** What runs a command, loaded when it is called. */
export type Run = (
  terminal: Terminal,
  args: readonly string[],
  options: Options,
) => Promise<ExitCode>;

/** A command as a value: the help, the parser, the completion and the dispatch all read it. */
export interface CommandSpec {
  /** Its words, such as `topic list`. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** More of it, for the help of this command alone; lines of at most 90 characters. */
  readonly details?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples?: readonly Example[];
  /** Left out of the list of commands. */
  readonly hidden?: boolean;
  /** It changes something: it takes `--dry-run` and `--yes`. */
  readonly changes?: boolean;
  /** What it prints for programs; `--schema` shows it. */
  readonly shape?: () => Promise<Shape>;
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** An option's flags, taken apart. */
export interface Flags {
  /** The name that its value has: the long flag, or the letter where there is no long one. */
  readonly name: string;
  readonly letter: string | undefined;
  /** A switch has none; a word in square brackets may be left out. */
  readonly value: { readonly label: string; readonly required: boolean } | undefined;
}

/** Takes `-p, --partitions <count>` apart. */
export function parseFlags(flags: string): Flags {
  const letter = /^-([a-zA-Z])\b/.exec(flags)?.[1];
  const name = /--([a-z0-9][a-zA-Z0-9.-]*)/.exec(flags)?.[1] ?? letter ?? flags;
  const value = / (?:<(.+)>|\[(.+)\])$/.exec(flags);
  return {
    name,
    letter,
    value:
      value === null
        ? undefined
        : { label: value[1] ?? value[2] ?? "", required: value[1] !== undefined },
  };
}

/** The name that the value of an option has: its long flag. */
export function optionName(flags: string): string {
  return parseFlags(flags).name;
}

/** How often an argument may, or must, be given. */
export function argumentBounds(name: string): { readonly min: number; readonly max: number } {
  return { min: name.startsWith("<") ? 1 : 0, max: name.includes("...") ? Infinity : 1 };
}

/** The options that were given, by their long names. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** The same with another value for one of them. */
  with(name: string, value: string | readonly string[] | boolean | undefined): Options {
    return new Options(new Map([...this.#values, [name, value]]));
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
    const durationMs = parseDuration(text);
    if (durationMs !== undefined) return durationMs;
    throw usageProblem(`--${name} takes a duration such as 30s or 500ms, not "${text}"`);
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
