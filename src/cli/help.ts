import { moldauVersion } from "../core/version.ts";
import { catalog, SECTIONS, type CatalogEntry, type Section } from "./catalog.ts";
import { parseFlags, type CommandSpec, type Example, type OptionSpec } from "./command.ts";
import { displayWidth } from "./table.ts";
import { usageLine, type HelpPage, type HelpTopic } from "./parse.ts";
import { paintFor, widthOf, type Paint, type Terminal } from "./terminal.ts";
import { wrap } from "./wrap.ts";

/** Lines are broken so that they fit, but not made longer than people like to read. */
const WIDTH_MAX = 100;
const WIDTH_MIN = 60;
/** A term longer than this has its words on the next line. */
const TERM_WIDTH_MAX = 34;

const sectionTitles: Readonly<Record<Section, string>> = {
  broker: "Run a broker",
  records: "Records",
  cluster: "Topics, groups, cluster",
  security: "Who may do what",
  tools: "This command line",
};

const rootExamples: readonly Example[] = [
  ["moldau dev", "a broker at 127.0.0.1:9092, to try things with"],
  ["moldau topic create orders -p 3", "a topic of three partitions"],
  ["echo hello | moldau produce orders", "a record for each line"],
  ["moldau consume orders", "read them, and wait for more"],
  ["moldau doctor -b broker:9092", "why a client cannot reach it"],
];

/** The text of a help. */
export async function helpText(terminal: Terminal, topic: HelpTopic): Promise<string> {
  const page = new Page(terminal);
  switch (topic.kind) {
    case "root":
      return rootHelp(page);
    case "noun":
      return nounHelp(page, topic.entry, topic.specs);
    case "command":
      return commandHelp(page, topic.spec);
    case "page":
      return pageHelp(page, topic.page);
  }
}

function rootHelp(page: Page): string {
  const { bold, dim } = page.paint;
  page.line(
    `${bold("Moldau")} ${moldauVersion}  ${dim("event streaming for every Kafka client, and a command line for any Kafka")}`,
  );
  page.title("Usage");
  page.line("  moldau <command> [options]");
  page.line(`  moldau <command> --help       ${dim("what it does, its options, examples")}`);
  for (const section of SECTIONS) {
    page.title(sectionTitles[section]);
    const entries = catalog.filter((entry) => entry.section === section);
    page.terms(
      entries.map(({ word, about }) => [word, about]),
      ROOT_TERM_WIDTH,
    );
  }
  page.examples(rootExamples);
  page.title("More");
  page.terms(
    [
      ["moldau help connection", "addresses, TLS, SASL, profiles, -X"],
      ["moldau help output", "tables, JSON, YAML, CSV, templates, exit codes"],
      ["moldau kafka-topics …", "Kafka's own tools are taken with their flags, 17 of them"],
    ],
    ROOT_TERM_WIDTH,
  );
  return page.text;
}

const ROOT_TERM_WIDTH = 12;

function nounHelp(page: Page, entry: CatalogEntry, specs: readonly CommandSpec[]): string {
  const visible = specs.filter(({ hidden }) => hidden !== true);
  page.title("Usage", true);
  page.line(`  moldau ${entry.word} <verb> [options]`);
  page.title("Verbs");
  page.terms(
    visible.map(({ name, args = [], about }) => [
      [name.slice(entry.word.length + 1), ...args.map((argument) => argument.name)].join(" "),
      about,
    ]),
  );
  const examples = visible.flatMap((spec) => (spec.examples ?? []).slice(0, 1));
  page.examples(examples.slice(0, NOUN_EXAMPLES_MAX));
  page.line("");
  page.line(page.paint.dim(`moldau ${entry.word} <verb> --help tells more.`));
  return page.text;
}

const NOUN_EXAMPLES_MAX = 5;

function commandHelp(page: Page, spec: CommandSpec): string {
  page.line(spec.about);
  if (spec.details !== undefined) page.paragraphs(spec.details);
  page.title("Usage");
  page.line(`  ${usageLine(spec)}`);
  const { args = [], options, examples = [] } = spec;
  if (args.length > 0) {
    page.title("Arguments");
    page.terms(args.map(({ name, about }) => [name, about]));
  }
  const visible = options.filter(({ hidden }) => hidden !== true);
  const of = (section: string): OptionSpec[] =>
    visible.filter((option) => (option.section ?? "options") === section);
  page.options("Options", of("options"));
  page.options("Output", of("output"));
  page.options("Connection", of("connection"), "and TLS, SASL: moldau help connection");
  page.examples(examples);
  return page.text;
}

async function pageHelp(page: Page, name: HelpPage): Promise<string> {
  const { helpPages } = await import("./help-pages.ts");
  const { title, blocks } = helpPages[name];
  page.line(page.paint.bold(title));
  for (const block of blocks) {
    if (block.title !== undefined) page.title(block.title);
    if (block.text !== undefined) page.paragraphs(block.text);
    if (block.terms !== undefined) page.terms(block.terms);
    if (block.examples !== undefined) page.examples(block.examples, false);
  }
  return page.text;
}

/** A text that grows. */
class Page {
  text = "";
  readonly paint: Paint;
  readonly #width: number;

  constructor(terminal: Terminal) {
    this.paint = paintFor(terminal, terminal.stdout);
    const columns = widthOf(terminal, WIDTH_MAX);
    this.#width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, columns - 1));
  }

  line(text: string): void {
    this.text += `${text}\n`;
  }

  title(text: string, isFirst = false): void {
    this.line(`${isFirst ? "" : "\n"}${this.paint.bold(text)}`);
  }

  paragraphs(text: string): void {
    for (const paragraph of text.split("\n\n")) {
      this.line("");
      for (const line of wrap(paragraph.replaceAll("\n", " "), this.#width)) this.line(line);
    }
  }

  /** Terms in one column, what they are in another. */
  terms(rows: readonly (readonly [term: string, about: string])[], least = 0): void {
    const widths = rows.map(([term]) => displayWidth(term)).filter((one) => one <= TERM_WIDTH_MAX);
    const width = Math.max(least, ...widths);
    const gap = " ".repeat(width + INDENT + GAP);
    for (const [term, about] of rows) {
      const [first = "", ...more] = wrap(about, this.#width - gap.length);
      const fits = displayWidth(term) <= width;
      const padded = `${" ".repeat(INDENT)}${this.paint.cyan(term)}`;
      const space = " ".repeat(Math.max(0, width - displayWidth(term)) + GAP);
      if (fits) this.line(`${padded}${space}${first}`.trimEnd());
      else this.line(`${padded}\n${gap}${first}`.trimEnd());
      for (const line of more) this.line(`${gap}${line}`);
    }
  }

  options(title: string, options: readonly OptionSpec[], note = ""): void {
    if (options.length === 0) return;
    this.title(title);
    if (note !== "") this.text = `${this.text.trimEnd()}  ${this.paint.dim(note)}\n`;
    this.terms(options.map(({ flags, about }) => [optionTerm(flags), about]));
  }

  examples(examples: readonly Example[], titled = true): void {
    if (examples.length === 0) return;
    if (titled) this.title("Examples");
    for (const [command, about] of examples) {
      this.line(`  ${command}`);
      for (const line of wrap(about, this.#width - EXAMPLE_INDENT)) {
        this.line(`${" ".repeat(EXAMPLE_INDENT)}${this.paint.dim(line)}`);
      }
    }
  }
}

const INDENT = 2;
const GAP = 2;
const EXAMPLE_INDENT = 6;

/** Letters in line, so that long names are, too. */
function optionTerm(flags: string): string {
  const { letter } = parseFlags(flags);
  return letter === undefined ? `    ${flags}` : flags;
}
