/**
 * The schema kit: messages and stored records of Apache Kafka as values, from which types are
 * inferred and codecs are made. Names and rules follow Kafka's message definitions.
 */

/** A range of versions: `2`, `0-3`, `4+` or `none`. */
export type VersionRange = string;

/** The kinds of fields that hold one value; `bigint64` is an int64 of which the full range has meaning. */
export type ScalarKind =
  | "bool"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "bigint64"
  | "float64"
  | "string"
  | "bytes"
  | "records"
  | "uuid";

/** The kinds of fields. */
export type FieldKind = ScalarKind | "array" | "struct";

/** The kinds an array may have as elements, besides structs. */
export type ElementKind = "int8" | "int16" | "int32" | "int64" | "string" | "bytes" | "uuid";

/** What a name means to those who check authorization or quotas. */
export type EntityType = "transactionalId" | "producerId" | "groupId" | "topicName" | "brokerId";

/** What a field may declare beyond its versions; everything is optional. */
export interface FieldOptions {
  /** Versions in which null may be sent. */
  readonly nullableVersions?: VersionRange;
  /** Versions in which the field is sent as a tagged field. */
  readonly taggedVersions?: VersionRange;
  readonly tag?: number;
  /** Value when the field is absent. Without it: 0, false, empty, zero uuid. */
  readonly default?: unknown;
  /** Dropped without complaint in versions that lack the field. */
  readonly ignorable?: boolean;
  /** Overrides the flexible versions of the message for the length of this field. */
  readonly flexibleVersions?: VersionRange;
  readonly entityType?: EntityType;
  /** The field identifies its struct within the array. */
  readonly mapKey?: boolean;
  /**
   * For int64: values beyond 2^53 are decoded as the nearest safe integer instead of being refused,
   * because "very long" and "for ever" mean the same (timestamps to search for, retention times).
   */
  readonly saturates?: boolean;
}

/**
 * A field. `V` is its decoded type, `I` what an encoder takes.
 */
export interface Field<V, I> {
  readonly kind: FieldKind;
  readonly versions: VersionRange;
  readonly options: FieldOptions;
  /** Of arrays: what they hold. */
  readonly element: ElementKind | Struct<Fields> | undefined;
  /** Of structs. */
  readonly struct: Struct<Fields> | undefined;
  /** Only in the type. */
  readonly typeOf?: { readonly value: V; readonly input: I };
}

/** A field of any type. */
export type AnyField = Field<unknown, unknown>;
/** The fields of a struct by their names, in the order in which they are on the wire. */
export interface Fields {
  readonly [name: string]: AnyField;
}

/** A named group of fields. */
export interface Struct<F extends Fields> {
  readonly name: string;
  readonly fields: F;
}

/** What a schema describes: a message, its header, or a stored record. */
export type MessageKind =
  | "request"
  | "response"
  | "header"
  | "data"
  | "metadata"
  | "coordinator-key"
  | "coordinator-value";

/** Everything about a message but its fields. */
export interface MessageTraits {
  readonly kind: MessageKind;
  /** Key of the API, or the type of the record. */
  readonly apiKey?: number;
  /** Versions there are; `none` for a retired API. */
  readonly versions: VersionRange;
  /** Versions with compact lengths and tagged fields. */
  readonly flexibleVersions: VersionRange;
  readonly latestVersionUnstable?: boolean;
}

/** A message or a stored record in all its versions. */
export interface Message<F extends Fields> extends Struct<F> {
  readonly traits: MessageTraits;
}

/** A message of any fields. */
export type AnyMessage = Message<Fields>;

type FieldValue<T> = T extends Field<infer V, infer _I> ? V : never;
type FieldInput<T> = T extends Field<infer _V, infer I> ? I : never;
type StructValue<F extends Fields> = { readonly [K in keyof F]: FieldValue<F[K]> };
type StructInput<F extends Fields> = {
  readonly [K in keyof F]?: FieldInput<F[K]> | undefined;
};

/** The decoded type of a message or struct: every field present, one type for all versions. */
export type ValueOf<M> = M extends Struct<infer F> ? StructValue<F> : never;
/**
 * The type to encode. As in Kafka every field has a default, its own or that of its kind (0, false,
 * empty), and a field that is left out (`undefined` is the same) has it.
 */
export type InputOf<M> = M extends Struct<infer F> ? StructInput<F> : never;
/** The elements of an array field, null or not. */
export type ElementOf<A> = NonNullable<A> extends readonly (infer E)[] ? E : never;

type OrNull<T, O extends FieldOptions> = "nullableVersions" extends keyof O ? T | null : T;
type FieldOf<V, I, O extends FieldOptions> = Field<OrNull<V, O>, OrNull<I, O>>;
type OptionsFor<T> = FieldOptions & { readonly default?: T };

function scalar<V, I = V>(kind: ScalarKind) {
  return <const O extends OptionsFor<V | null> = Record<never, never>>(
    versions: VersionRange,
    options?: O,
  ): FieldOf<V, I, O> => ({
    kind,
    versions,
    options: options ?? NO_OPTIONS,
    element: undefined,
    struct: undefined,
  });
}

const NO_OPTIONS: FieldOptions = {};

/** A field of one byte, true or false. */
export const bool = scalar<boolean>("bool");
/** A field of a signed integer of one byte. */
export const int8 = scalar<number>("int8");
/** A field of a signed integer of two bytes. */
export const int16 = scalar<number>("int16");
/** A field of an unsigned integer of two bytes. */
export const uint16 = scalar<number>("uint16");
/** A field of a signed integer of four bytes. */
export const int32 = scalar<number>("int32");
/** A field of an unsigned integer of four bytes. */
export const uint32 = scalar<number>("uint32");
/** A 64-bit integer that programs hold as a number; beyond 2^53 it is refused at decode. */
export const int64 = scalar<number>("int64");
/** A 64-bit integer whose full range has meaning, such as a hash. */
export const bigint64 = scalar<bigint>("bigint64");
/** A field of a floating-point number of eight bytes. */
export const float64 = scalar<number>("float64");
/** A field of text in UTF-8. */
export const string = scalar<string>("string");
/** Decodes to a view of the received bytes. */
export const bytes = scalar<Buffer, Uint8Array>("bytes");
/** Record batches: decode to a view; buffers given for encoding are passed on without a copy. */
export const records = scalar<Buffer, Buffer | readonly Buffer[]>("records");
/** 16 bytes; in programs the 22 characters of `core/uuid.ts`. */
export const uuid = scalar<string>("uuid");

/** Fields under a name of their own. */
export function struct<const F extends Fields>(name: string, fields: F): Struct<F> {
  return { name, fields };
}

/** A field that holds one struct. */
export function nested<F extends Fields, const O extends OptionsFor<null> = Record<never, never>>(
  versions: VersionRange,
  of: Struct<F>,
  options?: O,
): FieldOf<StructValue<F>, StructInput<F>, O> {
  return {
    kind: "struct",
    versions,
    options: options ?? NO_OPTIONS,
    element: undefined,
    struct: of,
  };
}

interface ElementTypes {
  int8: number;
  int16: number;
  int32: number;
  int64: number;
  string: string;
  bytes: Buffer;
  uuid: string;
}
type ElementValue<E> =
  E extends Struct<infer F> ? StructValue<F> : E extends ElementKind ? ElementTypes[E] : never;
type ElementInput<E> =
  E extends Struct<infer F>
    ? StructInput<F>
    : E extends "bytes"
      ? Uint8Array
      : E extends ElementKind
        ? ElementTypes[E]
        : never;

/** A field that holds a list of structs or scalars. */
export function array<
  const E extends ElementKind | Struct<Fields>,
  const O extends OptionsFor<null> = Record<never, never>,
>(
  versions: VersionRange,
  element: E,
  options?: O,
): FieldOf<readonly ElementValue<E>[], readonly ElementInput<E>[], O> {
  return {
    kind: "array",
    versions,
    options: options ?? NO_OPTIONS,
    element,
    struct: undefined,
  };
}

/** A message or stored record. */
export function message<const F extends Fields>(
  name: string,
  traits: MessageTraits,
  fields: F,
): Message<F> {
  return { name, traits, fields };
}
