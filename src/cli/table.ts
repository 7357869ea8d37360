import { paintFor, widthOf, type Paint, type Terminal } from "./terminal.ts";

export type Cell = string | number | boolean | null | undefined;

/** A column of a table. */
export interface Column<T> {
  /** In capitals over the table, as it is in CSV unless `field` says otherwise. */
  readonly title: string;
  /** The value as it is in CSV. */
  readonly of: (item: T) => Cell;
  /** The value for people. */
  readonly text?: (item: T) => Cell;
  /** The name in CSV: that of the field in JSON. */
  readonly field?: string;
  readonly color?: (item: T) => keyof Paint | undefined;
  /** Only with `-o wide`; in CSV always. */
  readonly wide?: boolean;
  /** Not in CSV: it only joins what other columns have. */
  readonly peopleOnly?: boolean;
  /** Only in CSV. */
  readonly programsOnly?: boolean;
  readonly right?: boolean;
  /** Cut where a terminal is narrow, but not with `-o wide`. */
  readonly shrinks?: boolean;
}

const GAP = 2;
/** A column is not cut below this. */
const SHRUNK_WIDTH_MIN = 12;

/** Columns in line, two blanks between them, titles in capitals: as people know it from other tools. */
export function renderTable<T>(
  terminal: Terminal,
  { items, columns: all }: { readonly items: readonly T[]; readonly columns: readonly Column<T>[] },
  wide: boolean,
): string {
  const columns = all.filter(
    (column) => column.programsOnly !== true && (wide || column.wide !== true),
  );
  const paint = paintFor(terminal, terminal.stdout);
  const rows = items.map((item) =>
    columns.map((column) => cellText((column.text ?? column.of)(item))),
  );
  const titles = columns.map((column) => column.title.toUpperCase());
  const widths = columns.map((_, index) =>
    Math.max(displayWidth(titles[index]!), ...rows.map((row) => displayWidth(row[index]!))),
  );
  if (!wide) shrink(columns, widths, widthOf(terminal, Infinity));
  const line = (
    cells: readonly string[],
    color: (column: Column<T>) => keyof Paint | undefined,
  ): string => {
    const padded = cells.map((whole, index) => {
      const column = columns[index]!;
      const cell = cutTo(whole, widths[index]!);
      const name = color(column);
      const painted = name === undefined ? cell : paint[name](cell);
      const space = " ".repeat(widths[index]! - displayWidth(cell));
      if (column.right === true) return space + painted;
      return index === columns.length - 1 ? painted : painted + space;
    });
    return `${padded.join(" ".repeat(GAP)).trimEnd()}\n`;
  };
  const body = rows.map((cells, row) => line(cells, (column) => column.color?.(items[row]!)));
  return line(titles, () => "dim") + body.join("");
}

/** Takes from the columns that may be cut what a terminal has too little. */
function shrink<T>(columns: readonly Column<T>[], widths: number[], available: number): void {
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
  let tooMuch = total - available;
  for (let index = columns.length - 1; index >= 0 && tooMuch > 0; index--) {
    if (columns[index]?.shrinks !== true) continue;
    const cut = Math.min(tooMuch, Math.max(0, widths[index]! - SHRUNK_WIDTH_MIN));
    widths[index]! -= cut;
    tooMuch -= cut;
  }
}

function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = "";
  for (const { segment } of segmenter().segment(text)) {
    if (displayWidth(cut) + displayWidth(segment) >= width) break;
    cut += segment;
  }
  return `${cut}…`;
}

function cellText(value: Cell): string {
  if (value === null || value === undefined || value === "") return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  // Control characters would tear the table, and could play tricks on the terminal.
  // oxlint-disable-next-line no-control-regex
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

let madeSegmenter: Intl.Segmenter | undefined;

/** Making one costs a millisecond, and most texts do not need it. */
function segmenter(): Intl.Segmenter {
  madeSegmenter ??= new Intl.Segmenter();
  return madeSegmenter;
}

/** Columns that a text takes; East Asian wide characters and emoji take two. */
export function displayWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0020-\u007e…→]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter().segment(text)) {
    const wide =
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u;
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

/** The rows as RFC 4180 has them. */
export function renderCsv<T>(listing: {
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
}): string {
  const columns = listing.columns.filter((column) => column.peopleOnly !== true);
  const lines = [
    columns.map(({ title, field }) => csvField(field ?? title)),
    ...listing.items.map((item) => columns.map((column) => csvField(column.of(item)))),
  ];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

export function csvField(value: Cell): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
