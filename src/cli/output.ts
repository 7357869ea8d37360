import type { Options } from "./command.ts";
import { OUTPUT_FORMATS } from "./words.ts";
import { renderCsv, renderTable, type Column } from "./table.ts";
import { write, type Terminal } from "./terminal.ts";

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Things of one kind: rows for people, the things themselves for programs. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  /** What `-o id` prints, such as the name. */
  readonly id: (item: T) => string;
  /** Told instead of an empty table. */
  readonly empty: string;
  /** There is one, always: JSON and YAML have it by itself, not in a list. */
  readonly single?: boolean;
}

/** The format asked for; without one a table on a terminal and ndjson in a pipe. */
export function outputFormat(terminal: Terminal, options: Options): OutputFormat {
  const asked = options.choice("output", OUTPUT_FORMATS);
  return asked ?? (terminal.stdout.isTTY === true ? "table" : "ndjson");
}

/** Whether people read the output. */
export function isForPeople(format: OutputFormat): boolean {
  return format === "table" || format === "wide";
}

/** Whether the answer to a command is for people: a table, and no template. */
export function readByPeople(terminal: Terminal, options: Options): boolean {
  return !options.has("template") && isForPeople(outputFormat(terminal, options));
}

/**
 * Prints things in the format that the options ask for. `inWords` is what people get in place of the
 * table, where a table of the things would not do.
 */
export async function printItems<T>(
  terminal: Terminal,
  options: Options,
  listing: Listing<T>,
  inWords?: (wide: boolean) => string,
): Promise<void> {
  const template = options.text("template");
  if (template !== undefined) return printTemplate(terminal, template, listing.items);
  const format = outputFormat(terminal, options);
  if (inWords === undefined || !isForPeople(format)) {
    return printListing(terminal, format, listing);
  }
  return write(terminal.stdout, inWords(format === "wide"));
}

async function printTemplate(
  terminal: Terminal,
  template: string,
  items: readonly unknown[],
): Promise<void> {
  const { parseTemplate, textAt } = await import("./template.ts");
  const parts = parseTemplate(template);
  for (const item of items) {
    const texts = parts.map((part) =>
      part.kind === "bytes" ? part.bytes : Buffer.from(textAt(item, part.name) ?? ""),
    );
    await write(terminal.stdout, Buffer.concat(texts));
  }
}

/** Prints a listing in one format. */
export async function printListing<T>(
  terminal: Terminal,
  format: OutputFormat,
  listing: Listing<T>,
): Promise<void> {
  const { items } = listing;
  const whole: unknown = listing.single === true ? items[0] : items;
  switch (format) {
    case "table":
    case "wide":
      if (items.length === 0) await write(terminal.stderr, `${listing.empty}\n`);
      else await write(terminal.stdout, renderTable(terminal, listing, format === "wide"));
      return;
    case "json":
      await write(terminal.stdout, `${stringifyJson(whole, 2)}\n`);
      return;
    case "ndjson":
      for (const item of items) await write(terminal.stdout, `${stringifyJson(item)}\n`);
      return;
    case "yaml":
      await write(terminal.stdout, (await import("./yaml.ts")).stringifyYaml(whole));
      return;
    case "csv":
      await write(terminal.stdout, renderCsv(listing));
      return;
    case "id":
      for (const item of items) await write(terminal.stdout, `${listing.id(item)}\n`);
  }
}

/** One line for programs, in whatever of the formats they asked for. */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner),
    indent,
  );
}

/** `1.4 GiB` for people. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** `12 GiB of 100 GiB`. */
export function freeText({
  totalBytes,
  usableBytes,
}: {
  readonly totalBytes: number | null;
  readonly usableBytes: number | null;
}): string | null {
  if (totalBytes === null || usableBytes === null) return null;
  return `${bytesText(usableBytes)} of ${bytesText(totalBytes)}`;
}

/** `3 partitions`, `1 partition`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
