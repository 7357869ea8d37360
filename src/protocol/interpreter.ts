/**
 * Decodes and encodes by walking the schema. It is the oracle of the generated codecs, what stands
 * in for them where code must not be generated, and what finds the field of an error.
 */

import { ZERO_UUID } from "../core/uuid.ts";
import { heapBytes, minimalBytes } from "./layout.ts";
import type { FieldLayout, StructLayout, TypeLayout } from "./layout.ts";
import { ProtocolError, refusalOf } from "./protocol-error.ts";
import type { Reader } from "./reader.ts";
import type { UnknownTaggedField, Writer } from "./writer.ts";

/** How a codec differs from the usual one; for tools and tests. */
export interface CodecOptions {
  /** `exact` has every int64 as a bigint. */
  readonly int64?: "number" | "exact";
  /** `keep` puts tagged fields that the schema lacks into `unknownTaggedFields` of their struct. */
  readonly unknownTags?: "skip" | "keep";
}

/** A struct as the interpreter sees it. */
export type StructData = { [name: string]: unknown };

/** Name under which a codec that keeps unknown tagged fields puts them. */
export const UNKNOWN_TAGGED_FIELDS = "unknownTaggedFields";

interface Walk {
  readonly exact: boolean;
  readonly keep: boolean;
  /** Field names and indexes from the message to here. */
  readonly path: (string | number)[];
}

/** Decodes a struct; errors tell the field. */
export function interpretDecode(
  layout: StructLayout,
  options: CodecOptions,
  reader: Reader,
): StructData {
  const walk = walkOf(options);
  return located(layout, walk, reader.offset, () => decodeStruct(layout, reader, walk));
}

/** Encodes a struct; errors tell the field. */
export function interpretEncode(
  layout: StructLayout,
  options: CodecOptions,
  writer: Writer,
  value: unknown,
): void {
  const walk = walkOf(options);
  located(layout, walk, -1, () => encodeStruct(layout, writer, value, walk));
}

function walkOf(options: CodecOptions): Walk {
  return { exact: options.int64 === "exact", keep: options.unknownTags === "keep", path: [] };
}

function located<T>(layout: StructLayout, walk: Walk, from: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const path = walk.path.reduce<string>(
      (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`),
      layout.name,
    );
    if (from < 0) throw new ProtocolError(error.code, error.reason, { path, offset: -1 });
    throw refusalOf(error.code, error.reason, { path, offset: error.offset });
  }
}

function decodeStruct(layout: StructLayout, reader: Reader, walk: Walk): StructData {
  const value: StructData = {};
  for (const field of layout.fields) {
    if (field.place === "plain") {
      walk.path.push(field.name);
      value[field.name] = decodePlain(field, reader, walk);
      walk.path.pop();
    } else {
      value[field.name] = defaultOf(field, walk.exact);
    }
  }
  if (layout.flexible) decodeTaggedFields(layout, reader, value, walk);
  else if (walk.keep) value[UNKNOWN_TAGGED_FIELDS] = [];
  return value;
}

function decodePlain(field: FieldLayout, reader: Reader, walk: Walk): unknown {
  if (field.type.kind === "struct" && field.nullable && reader.readInt8() < 0) return null;
  return decodeValue(field.type, field, reader, walk);
}

function decodeTaggedFields(
  layout: StructLayout,
  reader: Reader,
  value: StructData,
  walk: Walk,
): void {
  const unknown: UnknownTaggedField[] = [];
  for (let count = reader.taggedFieldCount(); count > 0; count--) {
    const tag = reader.readUnsignedVarint();
    const end = reader.taggedFieldEnd();
    const field = layout.tagged.find((candidate) => candidate.tag === tag);
    if (field === undefined) {
      const data = walk.keep ? reader.view(end - reader.offset) : undefined;
      if (data !== undefined) unknown.push({ tag, data });
      reader.offset = end;
      continue;
    }
    walk.path.push(field.name);
    const marked = field.type.kind === "struct" && field.nullable;
    const isNull = marked && reader.readUnsignedVarint() === 0;
    value[field.name] = isNull ? null : decodeValue(field.type, field, reader, walk);
    if (reader.offset !== end) reader.failTaggedFieldSize(end);
    walk.path.pop();
  }
  if (walk.keep) value[UNKNOWN_TAGGED_FIELDS] = unknown;
}

function decodeValue(type: TypeLayout, field: FieldLayout, reader: Reader, walk: Walk): unknown {
  const { compact, nullable } = field;
  switch (type.kind) {
    case "bool":
      return reader.readBool();
    case "int8":
      return reader.readInt8();
    case "int16":
      return reader.readInt16();
    case "uint16":
      return reader.readUint16();
    case "int32":
      return reader.readInt32();
    case "uint32":
      return reader.readUint32();
    case "int64":
      if (walk.exact) return reader.readBigInt64();
      return type.saturates ? reader.readSaturatedInt64() : reader.readInt64();
    case "bigint64":
      return reader.readBigInt64();
    case "float64":
      return reader.readFloat64();
    case "uuid":
      return reader.readUuid();
    case "string": {
      const length = reader.stringLength(compact, nullable);
      return length < 0 ? null : reader.string(length);
    }
    case "bytes":
    case "records": {
      const length = reader.bytesLength(compact, nullable);
      return length < 0 ? null : reader.view(length);
    }
    case "struct":
      return decodeStruct(type.struct, reader, walk);
    case "array":
      return decodeArray(type.element, field, reader, walk);
  }
}

function decodeArray(
  element: TypeLayout,
  field: FieldLayout,
  reader: Reader,
  walk: Walk,
): unknown[] | null {
  const { compact, nullable } = field;
  const minimal = minimalBytes(element, compact);
  const length = reader.arrayLength(compact, nullable, minimal, heapBytes(element));
  if (length < 0) return null;
  const values: unknown[] = [];
  const elementField: FieldLayout = { ...field, nullable: false };
  for (let i = 0; i < length; i++) {
    walk.path.push(i);
    values.push(decodeValue(element, elementField, reader, walk));
    walk.path.pop();
  }
  return values;
}

/** What a field holds that was not sent. */
export function defaultOf(field: FieldLayout, exact: boolean): unknown {
  if (field.default === null) return null;
  switch (field.type.kind) {
    case "array":
      return [];
    case "bytes":
    case "records":
      return Buffer.alloc(0);
    case "struct":
      return defaultStruct(field.type.struct, exact);
    case "int64":
      return exact ? BigInt(Number(field.default)) : field.default;
    case "uuid":
      return ZERO_UUID;
    default:
      return field.default;
  }
}

function defaultStruct(layout: StructLayout, exact: boolean): StructData {
  return Object.fromEntries(layout.fields.map((field) => [field.name, defaultOf(field, exact)]));
}

/** Whether a value says no more than its absence would. */
export function isDefault(field: FieldLayout, value: unknown, exact: boolean): boolean {
  if (value === undefined) return true;
  if (value === null || field.default === null) return value === field.default;
  switch (field.type.kind) {
    case "array":
    case "bytes":
    case "records":
      return isSized(value) && value.length === 0;
    case "struct":
      return isStruct(value) && isDefaultStruct(field.type.struct, value, exact);
    default:
      return value === defaultOf(field, exact);
  }
}

function isDefaultStruct(layout: StructLayout, value: StructData, exact: boolean): boolean {
  const unknown = value[UNKNOWN_TAGGED_FIELDS];
  if (Array.isArray(unknown) && unknown.length > 0) return false;
  return layout.fields.every((field) => isDefault(field, value[field.name], exact));
}

function isSized(value: unknown): value is { readonly length: number } {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function isStruct(value: unknown): value is StructData {
  return typeof value === "object" && value !== null;
}

function encodeStruct(layout: StructLayout, writer: Writer, given: unknown, walk: Walk): void {
  if (given === null || given === undefined) return writer.failNull();
  if (!isStruct(given)) return writer.failType("an object", given);
  for (const field of layout.fields) {
    const value = given[field.name];
    walk.path.push(field.name);
    if (field.place === "absent") {
      if (!field.ignorable && !isDefault(field, value, walk.exact)) {
        writer.failUnsupported(field.name);
      }
    } else if (field.place === "plain") {
      encodePlain(field, writer, value, walk);
    }
    walk.path.pop();
  }
  const unknown = walk.keep ? unknownFieldsOf(given) : [];
  if (layout.flexible) encodeTaggedFields(layout, writer, given, unknown, walk);
  else if (unknown.length > 0) writer.failUnsupported(UNKNOWN_TAGGED_FIELDS);
}

function unknownFieldsOf(value: StructData): readonly UnknownTaggedField[] {
  const unknown = value[UNKNOWN_TAGGED_FIELDS];
  return Array.isArray(unknown) ? unknown : [];
}

function encodePlain(field: FieldLayout, writer: Writer, given: unknown, walk: Walk): void {
  const value = given === undefined ? defaultOf(field, walk.exact) : given;
  if (field.type.kind === "struct" && field.nullable) {
    writer.writeInt8(value === null ? -1 : 1);
    if (value === null) return;
  }
  encodeValue(field.type, field, writer, value, walk);
}

function encodeTaggedFields(
  layout: StructLayout,
  writer: Writer,
  value: StructData,
  unknown: readonly UnknownTaggedField[],
  walk: Walk,
): void {
  const sent = layout.tagged.filter((field) => !isDefault(field, value[field.name], walk.exact));
  writer.writeUnsignedVarint(sent.length + unknown.length);
  let next = 0;
  for (const field of layout.tagged) {
    next = writer.writeUnknownTaggedFields(unknown, next, field.tag);
    if (!sent.includes(field)) continue;
    walk.path.push(field.name);
    writer.writeUnsignedVarint(field.tag);
    const mark = writer.beginSized();
    encodeTagged(field, writer, value[field.name], walk);
    writer.endSized(mark);
    walk.path.pop();
  }
  writer.writeUnknownTaggedFields(unknown, next, Number.POSITIVE_INFINITY);
}

function encodeTagged(field: FieldLayout, writer: Writer, value: unknown, walk: Walk): void {
  if (field.type.kind === "struct" && field.nullable) {
    writer.writeUnsignedVarint(value === null ? 0 : 1);
    if (value === null) return;
  }
  encodeValue(field.type, field, writer, value, walk);
}

function encodeValue(
  type: TypeLayout,
  field: FieldLayout,
  writer: Writer,
  // Values come from programs that the compiler has checked; the writer checks them once more.
  // oxlint-disable-next-line typescript/no-explicit-any
  value: any,
  walk: Walk,
): void {
  if (value === null) return encodeNull(type, field, writer);
  const { compact } = field;
  switch (type.kind) {
    case "bool":
      return writer.writeBool(value);
    case "int8":
      return writer.writeInt8(value);
    case "int16":
      return writer.writeInt16(value);
    case "uint16":
      return writer.writeUint16(value);
    case "int32":
      return writer.writeInt32(value);
    case "uint32":
      return writer.writeUint32(value);
    case "int64":
      return walk.exact ? writer.writeBigInt64(value) : writer.writeInt64(value);
    case "bigint64":
      return writer.writeBigInt64(value);
    case "float64":
      return writer.writeFloat64(value);
    case "uuid":
      return writer.writeUuid(value);
    case "string":
      return writer.writeString(value, compact);
    case "bytes":
      return writer.writeBytes(value, compact);
    case "records":
      return writer.writeRecords(value, compact);
    case "struct":
      return encodeStruct(type.struct, writer, value, walk);
    case "array":
      return encodeArray(type.element, field, writer, value, walk);
  }
}

function encodeNull(type: TypeLayout, field: FieldLayout, writer: Writer): void {
  if (!field.nullable) writer.failNull();
  switch (type.kind) {
    case "string":
      return writer.writeStringLength(-1, field.compact);
    case "bytes":
    case "records":
      return writer.writeBytesLength(-1, field.compact);
    case "array":
      return writer.writeArrayLength(-1, field.compact);
    default:
      writer.failNull();
  }
}

function encodeArray(
  element: TypeLayout,
  field: FieldLayout,
  writer: Writer,
  value: unknown,
  walk: Walk,
): void {
  if (!Array.isArray(value)) return writer.failType("an array", value);
  writer.writeArrayLength(value.length, field.compact);
  const elementField: FieldLayout = { ...field, nullable: false };
  for (let i = 0; i < value.length; i++) {
    walk.path.push(i);
    encodeValue(element, elementField, writer, value[i], walk);
    walk.path.pop();
  }
}
