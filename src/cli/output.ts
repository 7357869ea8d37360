import { stringifyYaml } from "./yaml.ts";
import type { Options } from "./command.ts";
import { paintFor, write, type Terminal } from "./terminal.ts";

export const OUTPUT_FORMATS = ["table", "wide", "json", "ndjson", "yaml", "csv", "id"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly of: (item: T) => string | number | null | undefined;
  /** Only with `-o wide`; in CSV always. */
  readonly wide?: boolean;
  readonly right?: boolean;
}

/** Things of one kind: rows for people, the things themselves for programs. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  /** What `-o id` prints, such as the name. */
  readonly id: (item: T) => string;
  /** Told instead of an empty table. */
  readonly empty: string;
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

/** Prints a listing in the format asked for. */
export async function printListing<T>(
  terminal: Terminal,
  format: OutputFormat,
  listing: Listing<T>,
): Promise<void> {
  const { items } = listing;
  switch (format) {
    case "table":
    case "wide":
      if (items.length === 0) await write(terminal.stderr, `${listing.empty}\n`);
      else await write(terminal.stdout, renderTable(terminal, listing, format === "wide"));
      return;
    case "json":
      await write(terminal.stdout, `${stringifyJson(items, 2)}\n`);
      return;
    case "ndjson":
      for (const item of items) await write(terminal.stdout, `${stringifyJson(item)}\n`);
      return;
    case "yaml":
      await write(terminal.stdout, stringifyYaml(items));
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

/** Columns in line, two blanks between them, titles in capitals: as people know it from other tools. */
export function renderTable<T>(terminal: Terminal, listing: Listing<T>, wide: boolean): string {
  const columns = listing.columns.filter((column) => wide || column.wide !== true);
  const paint = paintFor(terminal, terminal.stdout);
  const rows = listing.items.map((item) => columns.map((column) => cellText(column.of(item))));
  const titles = columns.map((column) => column.title.toUpperCase());
  const widths = columns.map((_, index) =>
    Math.max(displayWidth(titles[index]!), ...rows.map((row) => displayWidth(row[index]!))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const space = " ".repeat(widths[index]! - displayWidth(cell));
        return columns[index]!.right === true ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return [paint.dim(line(titles)), ...rows.map(line)].map((text) => `${text}\n`).join("");
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "-";
  // Control characters would tear the table, and could play tricks on the terminal.
  // oxlint-disable-next-line no-control-regex
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

const segmenter = new Intl.Segmenter();

/** Columns that a text takes; East Asian wide characters and emoji take two. */
export function displayWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    const wide =
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u;
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

function renderCsv<T>({ columns, items }: Listing<T>): string {
  const field = (value: string | number | null | undefined): string => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [
    columns.map((column) => field(column.title)),
    ...items.map((item) => columns.map((column) => field(column.of(item)))),
  ];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
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

/** `3 partitions`, `1 partition`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
