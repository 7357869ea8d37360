import { messageOf } from "../../core/errors.ts";
import { usageProblem } from "../problem.ts";
import type { PrintableRecord } from "./printable.ts";
import type { Decoder } from "./types.ts";

/** A record as `consume -o ndjson` prints it and `produce -f ndjson` reads it: see shapes/record.ts. */
export interface RecordJson {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly timestamp?: number;
  readonly key?: unknown;
  readonly keyBase64?: string;
  readonly keyError?: string;
  readonly value?: unknown;
  readonly valueBase64?: string;
  readonly valueError?: string;
  readonly headers?: readonly HeaderJson[];
}

export interface HeaderJson {
  readonly key: string;
  readonly value?: unknown;
  readonly valueBase64?: string;
}

type BytesJson<Name extends "key" | "value"> = Partial<Record<Name, unknown>> &
  Partial<Record<`${Name}Base64` | `${Name}Error`, string>>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes, or `undefined` when they are no UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How keys and values are read, where that is asked for. */
export interface Decoders {
  readonly key: Decoder | undefined;
  readonly value: Decoder | undefined;
}

export const NO_DECODERS: Decoders = { key: undefined, value: undefined };

export function recordToJson(
  record: Omit<PrintableRecord, "leaderEpoch" | "timestampType">,
  decoders: Decoders = NO_DECODERS,
): RecordJson {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  return {
    topic,
    partition,
    offset,
    timestamp,
    ...bytesToJson("key", key, decoders.key),
    ...bytesToJson("value", value, decoders.value),
    headers: Array.from(headers, (header) => ({
      key: header.key,
      ...bytesToJson("value", header.value === null ? null : Buffer.from(header.value), undefined),
    })),
  };
}

function bytesToJson<Name extends "key" | "value">(
  name: Name,
  bytes: Buffer | null,
  decoder: Decoder | undefined,
): BytesJson<Name> {
  const entry: Record<string, unknown> = {};
  try {
    const text = bytes === null ? null : decoder === undefined ? utf8Text(bytes) : undefined;
    if (text !== undefined) entry[name] = text;
    else if (bytes !== null && decoder !== undefined) entry[name] = decoder(bytes).json;
    else entry[`${name}Base64`] = bytes?.toString("base64");
  } catch (thrown) {
    entry[`${name}Base64`] = bytes?.toString("base64");
    entry[`${name}Error`] = messageOf(thrown);
  }
  return entry as BytesJson<Name>;
}

/** What a line of ndjson asks to be produced. Other fields are let pass. */
export interface ParsedRecord {
  readonly partition: number | undefined;
  readonly timestamp: number | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { readonly key: string; readonly value: Buffer | null }[];
}

/** Reads one line; throws a usage problem that names the line. */
export function parseRecordJson(line: string, lineNumber: number): ParsedRecord {
  const wrong = (what: string): Error => usageProblem(`line ${lineNumber}: ${what}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw wrong("this is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw wrong('a record is an object, such as {"key":"k","value":"v"}');
  }
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const headers = fields.get("headers") ?? [];
  if (!Array.isArray(headers)) throw wrong("headers is a list of {key, value}");
  return {
    partition: wholeNumber(fields.get("partition"), "partition", wrong),
    timestamp: wholeNumber(fields.get("timestamp"), "timestamp", wrong),
    key: bytesOf(fields, "key", wrong),
    value: bytesOf(fields, "value", wrong),
    headers: headers.map((header: unknown) => {
      const of = new Map<string, unknown>(Object.entries(header ?? {}));
      const key = of.get("key");
      if (typeof key !== "string") throw wrong("a header has a key");
      return { key, value: bytesOf(of, "value", wrong) };
    }),
  };
}

type Complain = (what: string) => Error;

function wholeNumber(value: unknown, name: string, wrong: Complain): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrong(`${name} is a whole number`);
}

/** Texts as UTF-8, base64 where the name says so, any other JSON as its own text. */
function bytesOf(
  fields: ReadonlyMap<string, unknown>,
  name: string,
  wrong: Complain,
): Buffer | null {
  const encoded = fields.get(`${name}Base64`);
  if (typeof encoded === "string") return Buffer.from(encoded, "base64");
  if (encoded !== undefined) throw wrong(`${name}Base64 is a text`);
  const value = fields.get(name);
  if (value === undefined || value === null) return null;
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}
