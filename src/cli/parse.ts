import { catalog, entryOf, type CatalogEntry } from "./catalog.ts";
import {
  argumentBounds,
  Options,
  parseFlags,
  type CommandSpec,
  type Flags,
  type OptionSpec,
} from "./command.ts";
import { usageProblem, type Problem } from "./problem.ts";
import { nearest } from "./suggest.ts";

/** What a command line asks for. */
export type Parsed =
  | {
      readonly kind: "run";
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly options: Options;
    }
  | { readonly kind: "help"; readonly topic: HelpTopic }
  | { readonly kind: "version" };

/** What help is about. */
export type HelpTopic =
  | { readonly kind: "root" }
  | { readonly kind: "noun"; readonly entry: CatalogEntry; readonly specs: readonly CommandSpec[] }
  | { readonly kind: "command"; readonly spec: CommandSpec }
  | { readonly kind: "page"; readonly page: HelpPage };

export const HELP_PAGES = ["connection", "output", "template"] as const;
export type HelpPage = (typeof HELP_PAGES)[number];

const HELP_FLAGS: ReadonlySet<string> = new Set(["-h", "--help"]);
const VERSION_FLAGS: ReadonlySet<string> = new Set(["-V", "--version"]);
/** Words that people know from other tools. */
const VERB_ALIASES: Readonly<Record<string, string>> = {
  ls: "list",
  rm: "delete",
  desc: "describe",
};

/** Reads a command line. Throws a usage {@link Problem} that names the nearest word. */
export async function parseCommandLine(argv: readonly string[]): Promise<Parsed> {
  const first = firstWord(argv, []);
  if (first === undefined) {
    const flag = argv[0];
    if (flag === undefined || HELP_FLAGS.has(flag))
      return { kind: "help", topic: { kind: "root" } };
    if (VERSION_FLAGS.has(flag)) return { kind: "version" };
    throw usageProblem(`"${flag}" stands alone, without a command`, "see: moldau --help");
  }
  if (first.word === "help")
    return { kind: "help", topic: await helpTopic(argv.slice(first.at + 1)) };
  const entry = entryOf(first.word);
  if (entry === undefined) throw unknownCommand(first.word);
  const rest = argv.toSpliced(first.at, 1);
  return parseWithin(entry, await entry.load(), rest);
}

/** The verb of a noun, then its options and arguments. */
function parseWithin(
  entry: CatalogEntry,
  specs: readonly CommandSpec[],
  argv: readonly string[],
): Parsed {
  const alone = specs.find((spec) => spec.name === entry.word);
  if (alone !== undefined && specs.length === 1) return parseFor(alone, argv);
  const verb = firstWord(
    argv,
    specs.flatMap(({ options }) => options),
  );
  if (verb === undefined) {
    if (argv.some((arg) => VERSION_FLAGS.has(arg))) return { kind: "version" };
    if (alone !== undefined) return parseFor(alone, argv);
    const [flag] = argv.filter((arg) => !HELP_FLAGS.has(arg));
    if (flag === undefined || argv.some((arg) => HELP_FLAGS.has(arg))) {
      return { kind: "help", topic: { kind: "noun", entry, specs } };
    }
    throw usageProblem(`"moldau ${entry.word}" takes a verb: ${verbsOf(specs).join(", ")}`);
  }
  const spec = specOf(entry, specs, verb.word);
  if (spec !== undefined) return parseFor(spec, argv.toSpliced(verb.at, 1));
  if (alone !== undefined) return parseFor(alone, argv);
  const near = nearest(verb.word, verbsOf(specs));
  throw usageProblem(
    `there is no "moldau ${entry.word} ${verb.word}"`,
    near === undefined
      ? `it takes one of: ${verbsOf(specs).join(", ")}`
      : `did you mean: moldau ${entry.word} ${near}`,
  );
}

function specOf(
  entry: CatalogEntry,
  specs: readonly CommandSpec[],
  verb: string,
): CommandSpec | undefined {
  const named = (word: string): CommandSpec | undefined =>
    specs.find(({ name }) => name === `${entry.word} ${word}`);
  return named(verb) ?? named(VERB_ALIASES[verb] ?? verb);
}

/** The second words of commands, without the hidden ones. */
export function verbsOf(specs: readonly CommandSpec[]): string[] {
  return specs
    .filter(({ name, hidden }) => hidden !== true && name.includes(" "))
    .map(({ name }) => name.slice(name.indexOf(" ") + 1));
}

function unknownCommand(word: string): Problem {
  const words = catalog.map((entry) => entry.word);
  const near = nearest(word, words);
  return usageProblem(
    `there is no "moldau ${word}"`,
    near === undefined ? "see what there is: moldau --help" : `did you mean: moldau ${near}`,
  );
}

async function helpTopic(words: readonly string[]): Promise<HelpTopic> {
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  if (first === undefined) return { kind: "root" };
  const page = HELP_PAGES.find((name) => name === first);
  if (page !== undefined) return { kind: "page", page };
  const entry = entryOf(first);
  if (entry === undefined) throw unknownCommand(first);
  const specs = await entry.load();
  const spec =
    second === undefined
      ? specs.find(({ name }) => name === entry.word)
      : specOf(entry, specs, second);
  if (spec !== undefined) return { kind: "command", spec };
  return { kind: "noun", entry, specs };
}

/**
 * The first argument that is no option and no value of one: options may stand before the words of a
 * command, as `moldau -b host:9092 topic list`. A letter that takes a value is known from `options`, or
 * is one of those that every command has.
 */
export function firstWord(
  argv: readonly string[],
  options: readonly OptionSpec[],
): { readonly word: string; readonly at: number } | undefined {
  const withValue = new Set([...EVERYWHERE_WITH_VALUE, ...flagsWithValue(options)]);
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    if (arg === "--") return undefined;
    if (!isFlag(arg)) return { word: arg, at };
    if (withValue.has(arg)) at++;
  }
  return undefined;
}

const EVERYWHERE_WITH_VALUE = [
  "-b",
  "--bootstrap",
  "-X",
  "--override",
  "--profile",
  "--timeout",
  "-o",
  "--output",
];

function* flagsWithValue(options: readonly OptionSpec[]): Generator<string> {
  for (const { flags } of options) {
    const { name, letter, value } = parseFlags(flags);
    if (value?.required !== true) continue;
    yield `--${name}`;
    if (letter !== undefined) yield `-${letter}`;
  }
}

/** `-5` is a number, and `-` alone stands for standard input. */
function isFlag(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-") && !/^-\d/.test(arg);
}

/** Reads the options and arguments of one command. */
export function parseFor(spec: CommandSpec, argv: readonly string[]): Parsed {
  const reading = new Reading(spec, argv);
  if (reading.wants === "help") return { kind: "help", topic: { kind: "command", spec } };
  if (reading.wants === "version") return { kind: "version" };
  const { args } = reading;
  const options = new Options(reading.values);
  if (!options.has("schema")) checkArguments(spec, args);
  return { kind: "run", spec, args, options };
}

/** One pass over the arguments of a command. */
class Reading {
  readonly values = new Map<string, unknown>();
  readonly args: string[] = [];
  wants: "help" | "version" | undefined;
  readonly #spec: CommandSpec;
  readonly #argv: readonly string[];
  readonly #byFlag = new Map<string, { readonly flags: Flags; readonly repeatable: boolean }>();
  #at = 0;

  constructor(spec: CommandSpec, argv: readonly string[]) {
    this.#spec = spec;
    this.#argv = argv;
    for (const { flags, repeatable = false } of spec.options) {
      const option = { flags: parseFlags(flags), repeatable };
      this.#byFlag.set(`--${option.flags.name}`, option);
      if (option.flags.letter !== undefined) this.#byFlag.set(`-${option.flags.letter}`, option);
    }
    while (this.#at < argv.length && this.wants === undefined) this.#next();
  }

  #next(): void {
    const arg = this.#argv[this.#at] ?? "";
    this.#at++;
    if (arg === "--") {
      this.args.push(...this.#argv.slice(this.#at));
      this.#at = this.#argv.length;
    } else if (!isFlag(arg)) {
      this.args.push(arg);
    } else if (HELP_FLAGS.has(arg) && !this.#byFlag.has(arg)) {
      this.wants = "help";
    } else if (VERSION_FLAGS.has(arg) && !this.#byFlag.has(arg)) {
      this.wants = "version";
    } else if (arg.startsWith("--")) {
      this.#long(arg);
    } else {
      this.#letters(arg);
    }
  }

  #long(arg: string): void {
    const equals = arg.indexOf("=");
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const option = this.#byFlag.get(flag);
    if (option === undefined) throw this.#unknown(flag);
    this.#take(option, flag, equals < 0 ? undefined : arg.slice(equals + 1));
  }

  /** `-p3`, `-p 3`, `-ey`, `-en10`. */
  #letters(arg: string): void {
    for (let i = 1; i < arg.length; i++) {
      const flag = `-${arg[i]}`;
      const option = this.#byFlag.get(flag);
      if (option === undefined) throw this.#unknown(i === 1 ? arg.slice(0, 2) : flag);
      if (option.flags.value === undefined) {
        this.#put(option, true);
        continue;
      }
      const glued = arg.slice(i + 1).replace(/^=/, "");
      this.#take(option, flag, glued === "" ? undefined : glued);
      return;
    }
  }

  #take(
    option: { readonly flags: Flags; readonly repeatable: boolean },
    flag: string,
    glued: string | undefined,
  ): void {
    const { value } = option.flags;
    if (value === undefined) {
      if (glued !== undefined) throw usageProblem(`${flag} takes no value`, this.#help());
      this.#put(option, true);
      return;
    }
    if (glued !== undefined) {
      this.#put(option, glued);
      return;
    }
    const next = this.#argv[this.#at];
    const isThere = next !== undefined && !this.#isOption(next);
    if (isThere) this.#at++;
    else if (value.required) throw usageProblem(`${flag} takes a <${value.label}>`, this.#help());
    this.#put(option, isThere ? next : true);
  }

  /** Whether an argument is an option of this command, which is then no value of the one before. */
  #isOption(arg: string): boolean {
    if (arg === "--") return true;
    return isFlag(arg) && this.#byFlag.has(arg.startsWith("--") ? arg.replace(/=.*/s, "") : arg);
  }

  #put(option: { readonly flags: Flags; readonly repeatable: boolean }, value: unknown): void {
    const { name } = option.flags;
    if (!option.repeatable) {
      this.values.set(name, value);
      return;
    }
    const before = this.values.get(name);
    this.values.set(name, Array.isArray(before) ? [...before, value] : [value]);
  }

  #unknown(flag: string): Problem {
    const known = [...this.#byFlag.keys()].filter((one) => one.startsWith("--"));
    const near = flag.startsWith("--") ? nearest(flag, known) : undefined;
    return usageProblem(
      `"moldau ${this.#spec.name}" has no ${flag}`,
      near === undefined ? this.#help() : `did you mean: ${near}`,
    );
  }

  #help(): string {
    return `see: moldau ${this.#spec.name} --help`;
  }
}

function checkArguments(spec: CommandSpec, args: readonly string[]): void {
  let min = 0;
  let max = 0;
  for (const { name } of spec.args ?? []) {
    const bounds = argumentBounds(name);
    min += bounds.min;
    max += bounds.max;
  }
  const usage = `usage: ${usageLine(spec)}`;
  if (args.length < min) {
    const missing = (spec.args ?? []).slice(args.length).find(({ name }) => name.startsWith("<"));
    throw usageProblem(`${missing?.name ?? "an argument"} is missing`, usage);
  }
  if (args.length > max) throw usageProblem(`"${args[max]}" is one argument too many`, usage);
}

/** `moldau topic create <topic...> [options]`. */
export function usageLine({ name, args = [], options }: CommandSpec): string {
  const words = ["moldau", name, ...args.map((argument) => argument.name)];
  return [...words, ...(options.length > 0 ? ["[options]"] : [])].join(" ");
}
