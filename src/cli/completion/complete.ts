import { catalog, entryOf } from "../catalog.ts";
import {
  parseFlags,
  Options,
  type CommandSpec,
  type Completes,
  type OptionSpec,
} from "../command.ts";
import { firstWord, parseFor, verbsOf } from "../parse.ts";
import type { Terminal } from "../terminal.ts";
import type { Candidate } from "./values.ts";

/** What there is to offer: words, or whatever files the shell finds. */
export type Completion =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "files" };

const NONE: Completion = { kind: "words", candidates: [] };

/** A word on each line, with a tab and what it is; `:files` where the shell is to look for files. */
export function completionText(completion: Completion): string {
  if (completion.kind === "files") return ":files\n";
  return completion.candidates.map(({ word, about }) => `${word}\t${about}\n`).join("");
}

/** What may stand for the last of the words; those before it are whole. */
export async function complete(terminal: Terminal, words: readonly string[]): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const first = firstWord(before, []);
  if (first === undefined || first.word === "help") return wordsOf(firstWords(current), current);
  const entry = entryOf(first.word);
  if (entry === undefined) return NONE;
  const specs = await entry.load();
  const rest = before.toSpliced(first.at, 1);
  const alone = specs.find(({ name }) => name === entry.word);
  if (alone !== undefined && specs.length === 1)
    return withinCommand(terminal, alone, rest, current);
  const verb = firstWord(
    rest,
    specs.flatMap(({ options }) => options),
  );
  if (verb === undefined) {
    const verbs = verbsOf(specs).map((name) => ({
      word: name,
      about: specs.find((spec) => spec.name === `${entry.word} ${name}`)?.about ?? "",
    }));
    return wordsOf(verbs, current);
  }
  const spec = specs.find(({ name }) => name === `${entry.word} ${verb.word}`);
  if (spec === undefined) return NONE;
  return withinCommand(terminal, spec, rest.toSpliced(verb.at, 1), current);
}

function firstWords(current: string): Candidate[] {
  return catalog
    .filter(({ section, word }) =>
      section === undefined
        ? current !== "" && word.startsWith(current) && !word.startsWith("_")
        : true,
    )
    .map(({ word, about }) => ({ word, about }));
}

function wordsOf(candidates: readonly Candidate[], current: string): Completion {
  return { kind: "words", candidates: candidates.filter(({ word }) => word.startsWith(current)) };
}

async function withinCommand(
  terminal: Terminal,
  spec: CommandSpec,
  before: readonly string[],
  current: string,
): Promise<Completion> {
  const glued = /^(--[a-z][\w.-]*)=(.*)$/s.exec(current);
  if (glued !== null) {
    const option = optionOf(spec, glued[1] ?? "");
    const found = await valuesFor(terminal, spec, before, option?.completes, glued[2] ?? "");
    return prefixed(found, `${glued[1]}=`);
  }
  const open = optionOf(spec, before.at(-1) ?? "");
  if (open !== undefined && parseFlags(open.flags).value?.required === true) {
    return valuesFor(terminal, spec, before.slice(0, -1), open.completes, current);
  }
  if (current.startsWith("-")) return wordsOf(flagsOf(spec, current), current);
  const given = argumentsIn(spec, before).length;
  const args = spec.args ?? [];
  const argument =
    args[given] ?? (args.at(-1)?.name.includes("...") === true ? args.at(-1) : undefined);
  return valuesFor(terminal, spec, before, argument?.completes, current);
}

function prefixed(completion: Completion, prefix: string): Completion {
  if (completion.kind === "files") return completion;
  const candidates = completion.candidates.map(({ word, about }) => ({
    word: prefix + word,
    about,
  }));
  return { kind: "words", candidates };
}

function optionOf(spec: CommandSpec, word: string): OptionSpec | undefined {
  if (!word.startsWith("-")) return undefined;
  return spec.options.find(({ flags }) => {
    const { name, letter } = parseFlags(flags);
    return word === `--${name}` || (letter !== undefined && word === `-${letter}`);
  });
}

/** Long names; hidden ones once their beginning is typed. */
function flagsOf(spec: CommandSpec, current: string): Candidate[] {
  const isTyped = current.length > "--".length;
  const options = spec.options.filter(
    ({ hidden, section }) => hidden !== true || (isTyped && section === "connection"),
  );
  const flags = options.map(({ flags: of, about }) => ({
    word: `--${parseFlags(of).name}`,
    about,
  }));
  return [...flags, { word: "--help", about: "print help" }];
}

/** The arguments among finished words; what cannot be parsed yet has none. */
function argumentsIn(spec: CommandSpec, before: readonly string[]): readonly string[] {
  try {
    const parsed = parseFor({ ...spec, args: [{ name: "[any...]", about: "" }] }, before);
    return parsed.kind === "run" ? parsed.args : [];
  } catch {
    return [];
  }
}

function optionsIn(spec: CommandSpec, before: readonly string[]): Options {
  try {
    const parsed = parseFor({ ...spec, args: [{ name: "[any...]", about: "" }] }, before);
    return parsed.kind === "run" ? parsed.options : new Options(new Map());
  } catch {
    return new Options(new Map());
  }
}

async function valuesFor(
  terminal: Terminal,
  spec: CommandSpec,
  before: readonly string[],
  completes: Completes | undefined,
  current: string,
): Promise<Completion> {
  if (completes === undefined) return NONE;
  if (completes === "files") return { kind: "files" };
  if (completes === "commands") return wordsOf(firstWords(current), current);
  if (typeof completes !== "string") {
    return wordsOf(
      completes.map((word) => ({ word, about: "" })),
      current,
    );
  }
  const { valuesOf } = await import("./values.ts");
  return wordsOf(await valuesOf(terminal, optionsIn(spec, before), completes), current);
}
