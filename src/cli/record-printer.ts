import type { ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { stringifyJson } from "./output.ts";
import { recordToJson, utf8Text } from "./record-json.ts";
import { paintFor, type Terminal } from "./terminal.ts";
import { stringifyYaml } from "./yaml.ts";

export const RECORD_FORMATS = [
  "table",
  "wide",
  "json",
  "ndjson",
  "yaml",
  "csv",
  "id",
  "raw",
] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** Turns records into text, one after the other. */
export interface RecordPrinter {
  readonly begin: string;
  /** The text of one record; `index` counts from 0. */
  readonly text: (record: ConsumedRecord, index: number) => string | Buffer;
  readonly end: string;
}

export function makePrinter(
  terminal: Terminal,
  format: RecordFormat,
  template: string | undefined,
): RecordPrinter {
  const plain = (text: RecordPrinter["text"]): RecordPrinter => ({ begin: "", text, end: "" });
  if (template !== undefined) return plain(compileTemplate(template));
  switch (format) {
    case "table":
    case "wide":
      return plain(makeLine(terminal, format === "wide"));
    case "json":
      return {
        begin: "[",
        text: (record, index) =>
          `${index === 0 ? "" : ","}\n${stringifyJson(recordToJson(record), 2)}`,
        end: "\n]\n",
      };
    case "ndjson":
      return plain((record) => `${stringifyJson(recordToJson(record))}\n`);
    case "yaml":
      return plain((record) => stringifyYaml([recordToJson(record)]));
    case "csv":
      return { ...plain(csvLine), begin: "topic,partition,offset,timestamp,key,value\r\n" };
    case "id":
      return plain(({ topic, partition, offset }) => `${topic}-${partition}@${offset}\n`);
    case "raw":
      return plain(({ value }) => Buffer.concat([value ?? Buffer.alloc(0), Buffer.from("\n")]));
  }
}

/** `0@12  14:02:11.004  key → value`: place and time dim, the content not. */
function makeLine(terminal: Terminal, wide: boolean): (record: ConsumedRecord) => string {
  const { dim, cyan } = paintFor(terminal, terminal.stdout);
  return ({ topic, partition, offset, timestamp, key, value, headers }) => {
    const place = `${wide ? `${topic}-` : ""}${partition}@${offset}`;
    const time = timeText(timestamp, wide);
    const keyText = key === null ? "" : `${cyan(shown(key))} ${dim("→")} `;
    const valueText = value === null ? dim("(no value)") : shown(value);
    const tail = headers
      .map((header) => `${header.key}=${header.value === null ? "" : shown(header.value)}`)
      .join(" ");
    const headerText = wide && tail !== "" ? `  ${dim(`[${tail}]`)}` : "";
    return `${dim(`${place.padEnd(6)}  ${time}`)}  ${keyText}${valueText}${headerText}\n`;
  };
}

function timeText(timestamp: number, wide: boolean): string {
  if (timestamp < 0) return "-";
  const text = new Date(timestamp).toISOString();
  return wide ? text : text.slice(11, 23);
}

/** Text as it is but for control characters; bytes that are no text in hex, cut where they are many. */
function shown(bytes: Buffer): string {
  const text = utf8Text(bytes);
  if (text !== undefined) {
    // Escape sequences of a record must not reach the terminal.
    // oxlint-disable-next-line no-control-regex
    return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
  }
  const hex = bytes.subarray(0, SHOWN_BYTES_MAX).toString("hex");
  return `0x${hex}${bytes.length > SHOWN_BYTES_MAX ? `… (${bytes.length} bytes)` : ""}`;
}

const SHOWN_BYTES_MAX = 64;

function csvLine({ topic, partition, offset, timestamp, key, value }: ConsumedRecord): string {
  const fields = [topic, partition, offset, timestamp, key, value].map((field) => {
    const text = Buffer.isBuffer(field) ? (utf8Text(field) ?? field.toString("base64")) : field;
    const cell = text === null ? "" : String(text);
    return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  });
  return `${fields.join(",")}\r\n`;
}

/** A template once parsed: fixed bytes, and what to take of a record. */
function compileTemplate(template: string): (record: ConsumedRecord) => Buffer {
  const parts: ((record: ConsumedRecord) => Buffer)[] = [];
  const pattern = /%([kvtpoThSKHnN%])|\\([nrt0\\])|[^%\\]+|[%\\]/g;
  for (const [whole, field, escape] of template.matchAll(pattern)) {
    const fixed = Buffer.from(escape === undefined ? whole : (ESCAPES[escape] ?? whole));
    const take = field === undefined ? undefined : TEMPLATE_FIELDS[field];
    parts.push(take ?? (() => fixed));
  }
  return (record) => Buffer.concat(parts.map((part) => part(record)));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  "\\": "\\",
};

const EMPTY = Buffer.alloc(0);
const NULL = Buffer.from("null");
const TEMPLATE_FIELDS: Readonly<Record<string, (record: ConsumedRecord) => Buffer>> = {
  k: ({ key }) => key ?? EMPTY,
  v: ({ value }) => value ?? EMPTY,
  t: ({ topic }) => Buffer.from(topic),
  p: ({ partition }) => Buffer.from(String(partition)),
  o: ({ offset }) => Buffer.from(String(offset)),
  T: ({ timestamp }) => Buffer.from(String(timestamp)),
  S: ({ value }) => Buffer.from(String(value?.length ?? -1)),
  h: ({ headers }) =>
    Buffer.from(headers.map(({ key, value }) => `${key}=${value?.toString() ?? ""}`).join(",")),
  "%": () => Buffer.from("%"),
  // As kafka-console-consumer prints them.
  n: ({ key }) => key ?? NULL,
  N: ({ value }) => value ?? NULL,
  K: ({ timestamp, timestampType }) =>
    Buffer.from(timestamp < 0 ? "NO_TIMESTAMP" : `${timestampType}:${timestamp}`),
  H: ({ headers }) =>
    Buffer.from(
      headers.length === 0
        ? "NO_HEADERS"
        : headers.map(({ key, value }) => `${key}:${value?.toString() ?? "null"}`).join(","),
    ),
};
