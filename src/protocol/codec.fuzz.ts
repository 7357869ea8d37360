/**
 * Fuzzes the codecs: values made from the schemas must survive encoding and decoding, and damaged
 * golden bytes must decode or be refused by a ProtocolError, the same by generated and interpreted
 * codecs. By hand: `node src/protocol/codec.fuzz.ts --cases 1000000 --seed 7`.
 */

import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { heapFactorOf, interpretedCodecOf, specialCodecOf } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { allSchemas, isGoldenLine, messageNamed } from "./golden.ts";
import { UNKNOWN_TAGGED_FIELDS, defaultOf } from "./interpreter.ts";
import { layoutOf, parseVersions } from "./layout.ts";
import type { FieldLayout, StructLayout, TypeLayout } from "./layout.ts";
import { ProtocolError } from "./protocol-error.ts";
import { Reader } from "./reader.ts";
import type { AnyMessage } from "./schema.ts";
import { Writer } from "./writer.ts";

/** Of the cases this many in a hundred are damaged bytes, the others values from the schemas. */
const DAMAGED_PERCENT = 75;
/** Larger samples are left out: damage in them is found too rarely for what they cost. */
const SAMPLE_BYTES_MAX = 4096;
const EXACT = { int64: "exact", unknownTags: "keep" } as const;

type AnyCodec = Codec<unknown, unknown>;

interface Subject {
  readonly message: AnyMessage;
  readonly version: number;
  readonly layout: StructLayout;
  /** In the order generated, interpreted. */
  readonly exact: readonly [AnyCodec, AnyCodec];
  readonly usual: readonly [AnyCodec, AnyCodec];
}

interface Sample {
  readonly subject: Subject;
  readonly bytes: Buffer;
}

const subjects = new Map<string, Subject>();

function subjectOf(message: AnyMessage, version: number): Subject {
  const key = `${message.name} ${version}`;
  const known = subjects.get(key);
  if (known !== undefined) return known;
  const both = (options: Parameters<typeof specialCodecOf>[2]): [AnyCodec, AnyCodec] => [
    specialCodecOf(message, version, options),
    interpretedCodecOf(message, version, options),
  ];
  const layout = layoutOf(message, version);
  const subject = { message, version, layout, exact: both(EXACT), usual: both({}) };
  subjects.set(key, subject);
  return subject;
}

function allSubjects(): Subject[] {
  return allSchemas().flatMap((message) => {
    const { min, max } = parseVersions(message.traits.versions);
    return Array.from({ length: Math.max(0, max - min + 1) }, (_unused, index) =>
      subjectOf(message, min + index),
    );
  });
}

// Values from schemas.

const someBytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const someText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
);
const someInt64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(-1n));

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: someInt64,
  bigint64: someInt64,
  float64: fc.double({ noNaN: true }),
  string: someText,
  bytes: someBytes,
  records: someBytes,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => base64url(bytes)),
};

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function arbitraryOfType(type: TypeLayout): fc.Arbitrary<unknown> {
  if (type.kind === "struct") return arbitraryOf(type.struct);
  if (type.kind === "array") return fc.array(arbitraryOfType(type.element), { maxLength: 3 });
  return scalars[type.kind]!;
}

function arbitraryOfField(field: FieldLayout): fc.Arbitrary<unknown> {
  const value = arbitraryOfType(field.type);
  const nullable = field.nullable ? fc.option(value, { freq: 4 }) : value;
  const mayBeLeftOut = field.default !== null || field.nullable;
  return mayBeLeftOut ? fc.option(nullable, { freq: 6, nil: undefined }) : nullable;
}

function unknownTagsFor(layout: StructLayout): fc.Arbitrary<unknown> {
  const tags = fc.uniqueArray(fc.integer({ min: 100, max: 2 ** 31 }), { maxLength: 2 });
  return tags
    .chain((numbers) =>
      fc.tuple(
        ...numbers
          .sort((left, right) => left - right)
          .map((tag) => someBytes.map((data) => ({ tag, data }))),
      ),
    )
    .filter((fields) => layout.flexible || fields.length === 0);
}

function arbitraryOf(layout: StructLayout): fc.Arbitrary<unknown> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of layout.fields) {
    if (field.place !== "absent") model[field.name] = arbitraryOfField(field);
  }
  if (layout.flexible)
    model.unknownTaggedFields = fc.oneof(
      { weight: 6, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: unknownTagsFor(layout) },
    );
  return fc.record(model);
}

function encode(codec: AnyCodec, value: unknown): Buffer {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.toBuffer();
}

function decodeAll(codec: AnyCodec, bytes: Buffer): unknown {
  const reader = new Reader(bytes);
  const value = codec.decode(reader);
  deepStrictEqual(reader.remaining, 0, "a message is read to its end");
  return value;
}

/** A value survives: encoded the same by both codecs, decoded the same, and encoded again the same. */
export function checkValue(subject: Subject, value: unknown): void {
  const [generated, interpreted] = subject.exact;
  const bytes = encode(generated, value);
  deepStrictEqual(encode(interpreted, value), bytes);
  const decoded = decodeAll(generated, bytes);
  deepStrictEqual(decoded, decodeAll(interpreted, bytes));
  deepStrictEqual(encode(generated, decoded), bytes);
  deepStrictEqual(complete(subject.layout, decoded), complete(subject.layout, value));
}

/** The value with its defaults filled in, as a decoder would give it. */
function complete(layout: StructLayout, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const data = new Map(Object.entries(value));
  const unknown: unknown = data.get(UNKNOWN_TAGGED_FIELDS);
  const entries = layout.fields.map((field): [string, unknown] => {
    const given: unknown = data.get(field.name);
    const full: unknown = given === undefined ? defaultOf(field, true) : given;
    return [field.name, completeValue(field.type, full)];
  });
  if (Array.isArray(unknown) && unknown.length > 0) entries.push([UNKNOWN_TAGGED_FIELDS, unknown]);
  return Object.fromEntries(entries);
}

function completeValue(type: TypeLayout, value: unknown): unknown {
  if (type.kind === "struct") return complete(type.struct, value);
  if (type.kind !== "array" || !Array.isArray(value)) return value;
  return value.map((item: unknown) => completeValue(type.element, item));
}

// Damaged bytes.

export type Damage =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "put"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "cut"; readonly at: number };

/** Numbers that lie: lengths and counts in all their forms. */
export const lies: readonly Uint8Array[] = [
  [0xff],
  [0x7f],
  [0x80],
  [0x00],
  [0x01],
  [0xff, 0xff],
  [0x7f, 0xff],
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0x80, 0x00, 0x00, 0x00],
  [0x00, 0x0f, 0x42, 0x40],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
].map((bytes) => Uint8Array.from(bytes));

const place = fc.double({ min: 0, max: 1, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("put" as const), at: place, bytes: fc.constantFrom(...lies) }),
  fc.record({ kind: fc.constant("insert" as const), at: place, bytes: fc.constantFrom(...lies) }),
  fc.record({ kind: fc.constant("remove" as const), at: place, count: fc.nat(9) }),
  fc.record({ kind: fc.constant("cut" as const), at: place }),
);

/** The damaged copy; places are fractions of the length. */
export function damaged(bytes: Buffer, damages: readonly Damage[]): Buffer {
  let result = Buffer.from(bytes);
  for (const one of damages) {
    const at = Math.min(result.length, Math.floor(one.at * result.length));
    switch (one.kind) {
      case "flip":
        if (at < result.length) result[at] = result[at]! ^ (1 << one.bit);
        break;
      case "put":
        result.set(one.bytes.subarray(0, result.length - at), at);
        break;
      case "insert":
        result = Buffer.concat([result.subarray(0, at), one.bytes, result.subarray(at)]);
        break;
      case "remove":
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + one.count)]);
        break;
      case "cut":
        result = result.subarray(0, at);
        break;
    }
  }
  return result;
}

interface Outcome {
  readonly value?: unknown;
  readonly consumed?: number;
  readonly refusal?: string;
}

function outcomeOf(subject: Subject, codec: AnyCodec, bytes: Buffer): Outcome {
  const reader = new Reader(bytes, 0, bytes.length, heapFactorOf(subject.message));
  try {
    const value = codec.decode(reader);
    return { value, consumed: reader.offset };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { refusal: `${error.code} ${error.path} ${error.offset}` };
  }
}

/** Bytes decode or are refused, the same by both codecs; what decodes can be encoded again. */
export function checkBytes(subject: Subject, bytes: Buffer): void {
  for (const [generated, interpreted] of [subject.usual, subject.exact]) {
    const outcome = outcomeOf(subject, generated, bytes);
    const expected = outcomeOf(subject, interpreted, bytes);
    if (!isDeepStrictEqual(outcome, expected)) deepStrictEqual(outcome, expected);
  }
}

function goldenSamples(): Sample[] {
  const folder = new URL("../../test/fixtures/golden/", import.meta.url);
  return ["headers", "requests", "responses", "records"].flatMap((name) => {
    const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder))).toString("utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => sampleOf(JSON.parse(line)));
  });
}

function sampleOf(line: unknown): Sample[] {
  if (!isGoldenLine(line) || line.hex.length > 2 * SAMPLE_BYTES_MAX) return [];
  const message = messageNamed(line.name);
  if (message === undefined) return [];
  return [{ subject: subjectOf(message, line.version), bytes: Buffer.from(line.hex, "hex") }];
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
}

/** Runs at least that many cases; throws at the first that fails, with what reproduces it. */
export function fuzzCodecs(options: FuzzOptions): number {
  const all = allSubjects();
  const samples = goldenSamples();
  const damagedCases = Math.ceil((options.cases * DAMAGED_PERCENT) / 100);
  const valuesEach = Math.ceil((options.cases - damagedCases) / all.length);
  for (const subject of all) {
    fc.assert(
      fc.property(arbitraryOf(subject.layout), (value) => checkValue(subject, value)),
      { numRuns: valuesEach, seed: options.seed },
    );
  }
  const damages = fc.array(damage, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.nat(samples.length - 1), damages, (index, list) => {
      const { subject, bytes } = samples[index]!;
      checkBytes(subject, damaged(bytes, list));
    }),
    { numRuns: damagedCases, seed: options.seed },
  );
  return valuesEach * all.length + damagedCases;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
    },
  });
  const ran = fuzzCodecs({ cases: Number(values.cases), seed: Number(values.seed) });
  console.log(`${ran} passed, 0 failed`);
}
