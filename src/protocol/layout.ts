import { assert } from "../core/assert.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { AnyMessage, ElementKind, Field, Fields, ScalarKind, Struct } from "./schema.ts";

/** First and last version of a range, both included. */
export interface Versions {
  readonly min: number;
  readonly max: number;
}

const NO_VERSIONS: Versions = { min: 1, max: 0 };
const MAX_VERSION = 0x7fff;
const parsed = new Map<string, Versions>();

/** Reads `2`, `0-3`, `4+` or `none`. The few ranges there are are kept. */
export function parseVersions(range: string): Versions {
  const known = parsed.get(range);
  if (known !== undefined) return known;
  const versions = readVersions(range);
  parsed.set(range, versions);
  return versions;
}

function readVersions(range: string): Versions {
  if (range === "none") return NO_VERSIONS;
  const match = /^(\d+)(?:-(\d+)|(\+))?$/.exec(range);
  assert(match !== null, "a version range reads like 2, 0-3, 4+ or none", { range });
  const min = Number(match[1]);
  if (match[3] !== undefined) return { min, max: MAX_VERSION };
  return { min, max: match[2] === undefined ? min : Number(match[2]) };
}

/** Whether the range holds the version; `undefined` is the empty range. */
export function inRange(range: string | undefined, version: number): boolean {
  if (range === undefined) return false;
  const { min, max } = parseVersions(range);
  return version >= min && version <= max;
}

/** What holds one value: a scalar, a list or a struct. */
export type TypeLayout =
  | { readonly kind: ScalarKind; readonly saturates: boolean }
  | { readonly kind: "array"; readonly element: TypeLayout }
  | { readonly kind: "struct"; readonly struct: StructLayout };

/** A field as one version has it. */
export interface FieldLayout {
  readonly name: string;
  readonly type: TypeLayout;
  /** `absent` fields are not on the wire in this version. */
  readonly place: "plain" | "tagged" | "absent";
  /** -1 unless tagged. */
  readonly tag: number;
  readonly nullable: boolean;
  /** Whether its length is a varint. */
  readonly compact: boolean;
  readonly ignorable: boolean;
  /** Value of an absent field. Of lists and structs it is null or `undefined`, which is empty. */
  readonly default: unknown;
}

/** A struct as one version has it: fields as declared, and the tagged ones in order of tag. */
export interface StructLayout {
  readonly name: string;
  readonly flexible: boolean;
  readonly fields: readonly FieldLayout[];
  readonly tagged: readonly FieldLayout[];
}

/** Whether the message has the version. */
export function supportsVersion(message: AnyMessage, version: number): boolean {
  return inRange(message.traits.versions, version);
}

/**
 * Resolves a message for one version.
 * @throws ProtocolError UNSUPPORTED_VERSION when there is none
 */
export function layoutOf(message: AnyMessage, version: number): StructLayout {
  if (!supportsVersion(message, version)) {
    throw new ProtocolError(
      "UNSUPPORTED_VERSION",
      `${message.name} has versions ${message.traits.versions}, not ${version}`,
    );
  }
  const flexible = inRange(message.traits.flexibleVersions, version);
  return structLayout(message, { version, flexible, shared: new Map() });
}

interface Resolving {
  readonly version: number;
  readonly flexible: boolean;
  /** A struct that several fields use is resolved once. */
  readonly shared: Map<Struct<Fields>, StructLayout>;
}

function structLayout(struct: Struct<Fields>, resolving: Resolving): StructLayout {
  const known = resolving.shared.get(struct);
  if (known !== undefined) return known;
  const fields = Object.entries(struct.fields).map(([name, field]) =>
    fieldLayout(name, field, resolving),
  );
  const tagged = fields
    .filter((field) => field.place === "tagged")
    .sort((left, right) => left.tag - right.tag);
  const layout = { name: struct.name, flexible: resolving.flexible, fields, tagged };
  resolving.shared.set(struct, layout);
  return layout;
}

function fieldLayout(
  name: string,
  field: Field<unknown, unknown>,
  resolving: Resolving,
): FieldLayout {
  const { options } = field;
  const { version } = resolving;
  const tagged = resolving.flexible && inRange(options.taggedVersions, version);
  const present = inRange(field.versions, version);
  const compact =
    resolving.flexible &&
    (options.flexibleVersions === undefined || inRange(options.flexibleVersions, version));
  return {
    name,
    type: typeLayout(field, resolving),
    place: !present ? "absent" : tagged ? "tagged" : "plain",
    tag: tagged ? (options.tag ?? -1) : -1,
    nullable: inRange(options.nullableVersions, version),
    compact,
    ignorable: options.ignorable === true,
    default: options.default === undefined ? implicitDefault(field.kind) : options.default,
  };
}

function typeLayout(field: Field<unknown, unknown>, resolving: Resolving): TypeLayout {
  if (field.kind === "struct") {
    assert(field.struct !== undefined, "a struct field names its struct");
    return { kind: "struct", struct: structLayout(field.struct, resolving) };
  }
  if (field.kind === "array") {
    assert(field.element !== undefined, "an array field names its element");
    return { kind: "array", element: elementLayout(field.element, resolving) };
  }
  return { kind: field.kind, saturates: field.options.saturates === true };
}

function elementLayout(element: ElementKind | Struct<Fields>, resolving: Resolving): TypeLayout {
  if (typeof element === "string") return { kind: element, saturates: false };
  return { kind: "struct", struct: structLayout(element, resolving) };
}

function implicitDefault(kind: Field<unknown, unknown>["kind"]): unknown {
  switch (kind) {
    case "bool":
      return false;
    case "string":
      return "";
    case "bigint64":
      return 0n;
    case "uuid":
      return "AAAAAAAAAAAAAAAAAAAAAA";
    case "bytes":
    case "records":
    case "array":
    case "struct":
      return undefined;
    default:
      return 0;
  }
}

/** Fewest bytes that a value of this type takes. A count beyond what is left cannot be true. */
export function minimalBytes(type: TypeLayout, compact: boolean): number {
  switch (type.kind) {
    case "bool":
    case "int8":
      return 1;
    case "int16":
    case "uint16":
      return 2;
    case "int32":
    case "uint32":
      return 4;
    case "int64":
    case "bigint64":
    case "float64":
      return 8;
    case "uuid":
      return 16;
    case "string":
      return compact ? 1 : 2;
    case "bytes":
    case "records":
    case "array":
      return compact ? 1 : 4;
    case "struct":
      return minimalStructBytes(type.struct);
  }
}

function minimalStructBytes(struct: StructLayout): number {
  let total = struct.flexible ? 1 : 0;
  for (const field of struct.fields) {
    if (field.place !== "plain") continue;
    const marker = field.type.kind === "struct" && field.nullable;
    total += marker ? 1 : minimalBytes(field.type, field.compact);
  }
  return total;
}

const SLOT_BYTES = 8;
const OBJECT_BYTES = 24;
const LIST_BYTES = 32;

/**
 * Bytes of heap that one element of this type takes for itself, without what is allocated by
 * its content (strings, buffers, elements of inner lists), which is counted as it is read.
 */
export function heapBytes(type: TypeLayout): number {
  if (type.kind === "array") return SLOT_BYTES + LIST_BYTES;
  if (type.kind !== "struct") return SLOT_BYTES;
  let total = SLOT_BYTES + OBJECT_BYTES;
  for (const field of type.struct.fields) {
    const inline = field.place !== "tagged" && field.default !== null;
    total += inline || field.type.kind !== "struct" ? heapBytes(field.type) : SLOT_BYTES;
  }
  return total;
}
