import { messageOf } from "../../core/errors.ts";
import { stringifyJson } from "../output.ts";
import type { RECORD_FORMATS } from "../words.ts";
import { csvField } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";
import { stringifyYaml } from "../yaml.ts";
import { headerText, type PrintableRecord } from "./printable.ts";
import { NO_DECODERS, recordToJson, utf8Text, type Decoders } from "./record-json.ts";
import { compileTemplate } from "./record-template.ts";
import type { Decoder } from "./types.ts";

export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** Turns records into text, one after the other. */
export interface RecordPrinter {
  readonly begin: string;
  /** The text of one record; `index` counts from 0. */
  readonly text: (record: PrintableRecord, index: number) => string | Buffer;
  readonly end: string;
}

/** What a printer is made of. */
export interface PrinterOptions {
  readonly format: RecordFormat;
  readonly template?: string | undefined;
  readonly decoders?: Decoders;
  /** Lines of several topics name theirs. */
  readonly withTopic?: boolean;
  /** A text that is made to stand out. */
  readonly highlight?: RegExp | undefined;
}

const NEWLINE = Buffer.from("\n");

export function makePrinter(terminal: Terminal, options: PrinterOptions): RecordPrinter {
  const { format, template, decoders = NO_DECODERS } = options;
  const plain = (text: RecordPrinter["text"]): RecordPrinter => ({ begin: "", text, end: "" });
  if (template !== undefined) return plain(compileTemplate(template, decoders));
  switch (format) {
    case "table":
    case "wide":
      return plain(makeLine(terminal, options));
    case "json":
      return {
        begin: "[",
        text: (record, index) =>
          `${index === 0 ? "" : ","}\n${stringifyJson(recordToJson(record, decoders), 2)}`,
        end: "\n]\n",
      };
    case "ndjson":
      return plain((record) => `${stringifyJson(recordToJson(record, decoders))}\n`);
    case "yaml":
      return plain((record) => stringifyYaml([recordToJson(record, decoders)]));
    case "csv":
      return {
        ...plain((record) => csvLine(record, decoders)),
        begin: "topic,partition,offset,timestamp,key,value,headers\r\n",
      };
    case "id":
      return plain(({ topic, partition, offset }) => `${topic}-${partition}@${offset}\n`);
    case "raw":
      return plain(makeRaw(decoders.value));
  }
}

function makeRaw(decoder: Decoder | undefined): RecordPrinter["text"] {
  if (decoder === undefined) {
    return ({ value }) => (value === null ? NEWLINE : Buffer.concat([value, NEWLINE]));
  }
  return ({ value }) => `${value === null ? "" : decodedText(value, decoder)}\n`;
}

function decodedText(bytes: Buffer, decoder: Decoder): string {
  try {
    return decoder(bytes).text;
  } catch (thrown) {
    return `(${messageOf(thrown)})`;
  }
}

/** `0@12  14:02:11.004  key → value`: place and time dim, the content not. */
function makeLine(
  terminal: Terminal,
  { format, decoders = NO_DECODERS, withTopic = false, highlight }: PrinterOptions,
): (record: PrintableRecord) => string {
  const { dim, cyan, bold, yellow } = paintFor(terminal, terminal.stdout);
  const isWide = format === "wide";
  const content = (bytes: Buffer, decoder: Decoder | undefined): string => {
    const text = shown(bytes, decoder);
    return highlight === undefined
      ? text
      : text.replaceAll(highlight, (found) => bold(yellow(found)));
  };
  let placeWidth = PLACE_WIDTH_MIN;
  return (record) => {
    const { topic, partition, offset, timestamp, key, value, headers } = record;
    const place = `${isWide || withTopic ? `${topic}-` : ""}${partition}@${offset}`;
    placeWidth = Math.max(placeWidth, place.length);
    const time = timeText(timestamp, isWide);
    const keyText = key === null ? "" : `${cyan(content(key, decoders.key))} ${dim("→")} `;
    const valueText = value === null ? dim("(no value)") : content(value, decoders.value);
    const tail = Array.from(headers, ({ key: name, value: of }) => {
      return `${name}=${of === null ? "" : shown(Buffer.from(of), undefined)}`;
    }).join(" ");
    const headerText = tail === "" ? "" : `  ${dim(`[${tail}]`)}`;
    return `${dim(`${place.padEnd(placeWidth)}  ${time}`)}  ${keyText}${valueText}${headerText}\n`;
  };
}

const PLACE_WIDTH_MIN = 6;

/** The time of this place, with the day unless it is today; with `wide` the time of Greenwich. */
function timeText(timestamp: number, wide: boolean): string {
  if (timestamp < 0) return "-";
  const time = new Date(timestamp);
  if (wide) return time.toISOString();
  const two = (value: number): string => String(value).padStart(2, "0");
  const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${milliseconds}`;
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** Text as it is but for control characters; bytes that are no text in hex, cut where they are many. */
function shown(bytes: Buffer, decoder: Decoder | undefined): string {
  const text = decoder === undefined ? utf8Text(bytes) : decodedText(bytes, decoder);
  if (text !== undefined) {
    // Escape sequences of a record must not reach the terminal.
    // oxlint-disable-next-line no-control-regex
    return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
  }
  const hex = bytes.subarray(0, SHOWN_BYTES_MAX).toString("hex");
  return `0x${hex}${bytes.length > SHOWN_BYTES_MAX ? `… (${bytes.length} bytes)` : ""}`;
}

const SHOWN_BYTES_MAX = 64;

function csvLine(record: PrintableRecord, decoders: Decoders): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  const text = (bytes: Buffer | null, decoder: Decoder | undefined): string | null => {
    if (bytes === null) return null;
    if (decoder !== undefined) return decodedText(bytes, decoder);
    return utf8Text(bytes) ?? bytes.toString("base64");
  };
  const tail = Array.from(headers, (header) => `${header.key}=${headerText(header)}`).join("&");
  const cells = [
    topic,
    partition,
    offset,
    timestamp,
    text(key, decoders.key),
    text(value, decoders.value),
    tail,
  ];
  return `${cells.map(csvField).join(",")}\r\n`;
}
