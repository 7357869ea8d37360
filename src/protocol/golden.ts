/**
 * Judges the codecs by bytes that Apache Kafka's own serialisers wrote, one JSON line each:
 * decoding `hex` must give `json`, and encoding `json` must give `hex`, by the generated codec and
 * by the interpreter. The format is told in `test/fixtures/golden/README.md`.
 */

import { apiMessages, headerMessages } from "./all-messages.ts";
import { storedRecords } from "./all-records.ts";
import { interpretedCodecOf, specialCodecOf } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { UNKNOWN_TAGGED_FIELDS, isDefault } from "./interpreter.ts";
import type { StructData } from "./interpreter.ts";
import { layoutOf } from "./layout.ts";
import type { FieldLayout, StructLayout, TypeLayout } from "./layout.ts";
import { messageOf } from "../core/errors.ts";
import { Reader } from "./reader.ts";
import type { AnyMessage } from "./schema.ts";
import { Writer } from "./writer.ts";

/** One sample of a message. */
export interface GoldenLine {
  readonly name: string;
  readonly version: number;
  readonly hex: string;
  readonly json: unknown;
  readonly unknownTags?: readonly GoldenTag[];
  readonly framing?: string;
  readonly framedHex?: string;
}

/** A tagged field without a schema: where its struct is, and what it holds. */
export interface GoldenTag {
  readonly path: readonly (string | number)[];
  readonly tag: number;
  readonly data: string;
}

const EXACT = { int64: "exact", unknownTags: "keep" } as const;

const byName: ReadonlyMap<string, AnyMessage> = new Map(
  [
    ...headerMessages,
    ...apiMessages.flatMap(({ request, response }) => [request, response]),
    ...Object.values(storedRecords).flat(),
  ].map((message: AnyMessage) => [message.name, message]),
);

/** Every message and stored record by the name Kafka gives it. */
export function messageNamed(name: string): AnyMessage | undefined {
  return byName.get(name);
}

/** Every message and stored record. */
export function allSchemas(): readonly AnyMessage[] {
  return [...byName.values()];
}

/** Whether a parsed line is a sample of a message. */
export function isGoldenLine(line: unknown): line is GoldenLine {
  if (typeof line !== "object" || line === null) return false;
  return "name" in line && "version" in line && "hex" in line && "json" in line;
}

/** Checks one sample; the reason when it fails. */
export function checkGoldenLine(line: GoldenLine): string | undefined {
  const message = messageNamed(line.name);
  if (message === undefined) return `no schema is named ${line.name}`;
  try {
    const layout = layoutOf(message, line.version);
    const value = valueOfJson(layout, line.json);
    attachUnknownTags(value, line.unknownTags ?? []);
    const compiled = specialCodecOf(message, line.version, EXACT);
    const interpreted = interpretedCodecOf(message, line.version, EXACT);
    return (
      checkFraming(message, line) ??
      checkCodec(layout, line, value, compiled, "generated") ??
      checkCodec(layout, line, value, interpreted, "interpreted")
    );
  } catch (error) {
    return messageOf(error);
  }
}

const METADATA_FRAME_VERSION = 1;

/** What goes before the body of a record as it is stored. */
function checkFraming(message: AnyMessage, line: GoldenLine): string | undefined {
  if (line.framedHex === undefined) return undefined;
  const type = message.traits.apiKey ?? 0;
  const writer = new Writer();
  switch (message.traits.kind) {
    case "metadata":
      for (const number of [METADATA_FRAME_VERSION, type, line.version]) {
        writer.writeUnsignedVarint(number);
      }
      break;
    case "coordinator-key":
      writer.writeInt16(type);
      break;
    default:
      writer.writeInt16(line.version);
  }
  const framed = writer.toBuffer().toString("hex") + line.hex;
  return framed === line.framedHex ? undefined : `framed it is ${framed}`;
}

function checkCodec(
  layout: StructLayout,
  line: GoldenLine,
  value: StructData,
  codec: Codec<unknown, unknown>,
  which: string,
): string | undefined {
  const reader = new Reader(Buffer.from(line.hex, "hex"));
  const decoded = codec.decode(reader);
  if (reader.remaining > 0) return `${which}: ${reader.remaining} bytes are left over`;
  const json = canonical(jsonOfValue(layout, decoded));
  if (json !== canonical(line.json)) return `${which}: decodes to ${json}`;
  for (const source of [value, decoded]) {
    const writer = new Writer();
    codec.encode(writer, source);
    const hex = writer.toBuffer().toString("hex");
    if (hex !== line.hex) return `${which}: encodes to ${hex}`;
  }
  return undefined;
}

/** JSON with its keys in order, so that equal values have equal text. */
function canonical(json: unknown): string {
  return JSON.stringify(json, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

/** A decoded value in the form of the corpus: only fields of the version, exact numbers as text. */
export function jsonOfValue(layout: StructLayout, value: unknown): unknown {
  const data = value as StructData;
  return Object.fromEntries(
    layout.fields
      .filter((field) => isInJson(field, data[field.name]))
      .map((field) => [field.name, toJson(field.type, data[field.name])]),
  );
}

// Kafka's JSON leaves out tagged fields with their default.
function isInJson(field: FieldLayout, value: unknown): boolean {
  return field.place === "plain" || (field.place === "tagged" && !isDefault(field, value, true));
}

function toJson(type: TypeLayout, value: unknown): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "struct":
      return jsonOfValue(type.struct, value);
    case "array":
      return Array.isArray(value)
        ? value.map((item: unknown) => toJson(type.element, item))
        : value;
    case "bytes":
    case "records":
      return Buffer.isBuffer(value) ? value.toString("base64") : value;
    case "int64":
    case "bigint64":
      return String(value);
    case "float64":
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
}

/** The value to encode for a sample's JSON. */
export function valueOfJson(layout: StructLayout, json: unknown): StructData {
  const data = json as StructData;
  return Object.fromEntries(
    layout.fields
      // Kafka's JSON leaves out tagged fields with their default.
      .filter(({ name, place }) => place === "plain" || (place === "tagged" && name in data))
      .map((field) => [field.name, fromJson(field.type, data[field.name], field)]),
  );
}

function fromJson(type: TypeLayout, json: unknown, field: FieldLayout): unknown {
  if (json === undefined) throw new Error(`the sample lacks ${field.name}`);
  if (json === null) return null;
  switch (type.kind) {
    case "struct":
      return valueOfJson(type.struct, json);
    case "array":
      return Array.isArray(json)
        ? json.map((item: unknown) => fromJson(type.element, item, field))
        : json;
    case "bytes":
    case "records":
      return Buffer.from(String(json), "base64");
    case "int64":
    case "bigint64":
      return BigInt(String(json));
    case "float64":
      return Number(json);
    default:
      return json;
  }
}

function attachUnknownTags(value: StructData, tags: readonly GoldenTag[]): void {
  for (const { path, tag, data } of tags) {
    // A path leads through structs and lists alike.
    const struct = path.reduce<unknown>((at, step) => (at as StructData)[step], value);
    const fields = ((struct as StructData)[UNKNOWN_TAGGED_FIELDS] ??= []) as unknown[];
    fields.push({ tag, data: Buffer.from(data, "hex") });
  }
}
