import type { StandardSchemaV1 } from "@standard-schema/spec";
import { MoldauError } from "../../core/errors.ts";

/**
 * How a key or a value becomes bytes and comes back. Both directions may throw whatever tells best
 * what is wrong: the producer and the consumer wrap it with topic, partition and offset.
 *
 * `In` is what a producer takes, `Out` what a consumer gives; they differ where a schema transforms.
 */
export interface Codec<In, Out = In> {
  /** For messages and documents, such as `json`. */
  readonly name: string;
  /** Never called with what means null. A promise is for schemas that validate asynchronously. */
  encode(value: In): Uint8Array | Promise<Uint8Array>;
  /** `bytes` are a view of received bytes that stay valid. */
  decode(bytes: Buffer): Out | Promise<Out>;
}

/** The short names of the codecs that need no argument. */
export interface NamedCodecs {
  readonly string: Codec<string>;
  readonly bytes: Codec<Uint8Array, Buffer>;
  readonly json: Codec<unknown>;
  readonly int32: Codec<number>;
  readonly int64: Codec<bigint>;
  readonly float64: Codec<number>;
  readonly uuid: Codec<string>;
}
/** The codecs that have a name. */
export type CodecName = keyof NamedCodecs;
/** A codec, or the name of one. */
export type CodecLike = CodecName | Codec<never, unknown>;

/** What a producer takes for a codec or its name. */
export type InputOf<C> = C extends CodecName
  ? CodecInput<NamedCodecs[C]>
  : C extends Codec<infer In, infer _Out>
    ? In
    : never;
/** What a consumer gives for a codec or its name. */
export type OutputOf<C> = C extends CodecName
  ? CodecOutput<NamedCodecs[C]>
  : C extends Codec<infer _In, infer Out>
    ? Out
    : never;
type CodecInput<C> = C extends Codec<infer In, infer _Out> ? In : never;
type CodecOutput<C> = C extends Codec<infer _In, infer Out> ? Out : never;

/** A value that does not fit its schema; `issues` are the schema's own. */
export class SchemaError extends MoldauError {
  override readonly name = "SchemaError";
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(issues: readonly StandardSchemaV1.Issue[]) {
    super(issues.map(issueText).join("; "), { code: "SCHEMA_MISMATCH" });
    this.issues = issues;
  }
}

function issueText({ message, path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/** Bytes that are not what their codec writes. */
class MalformedError extends MoldauError {
  override readonly name = "MalformedError";

  constructor(message: string, cause?: unknown) {
    super(message, { code: "MALFORMED", cause });
  }
}

/** Decodes `bytes[start, end)`. */
export type DecodeAt<Out = unknown> = (
  bytes: Buffer,
  start: number,
  end: number,
) => Out | Promise<Out>;

const inPlace = new WeakMap<object, DecodeAt>();

/** A codec that needs no view of the bytes: of a small value, making one costs a third of decoding it. */
function inPlaceCodec<In, Out>(
  name: string,
  encode: Codec<In>["encode"],
  decodeAt: DecodeAt<Out>,
): Codec<In, Out> {
  const codec: Codec<In, Out> = {
    name,
    encode,
    decode: (bytes) => decodeAt(bytes, 0, bytes.length),
  };
  inPlace.set(codec, decodeAt);
  return codec;
}

/** How a codec decodes bytes that stand among others. */
export function decodeAtOf(codec: Codec<never, unknown>): DecodeAt {
  return inPlace.get(codec) ?? ((bytes, start, end) => codec.decode(bytes.subarray(start, end)));
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const stringCodec: Codec<string> = inPlaceCodec(
  "string",
  (value) => Buffer.from(value, "utf8"),
  decodeUtf8,
);

const bytesCodec: Codec<Uint8Array, Buffer> = {
  name: "bytes",
  encode: (value) => value,
  decode: (bytes) => bytes,
};

const int32Codec: Codec<number> = {
  name: "int32",
  encode(value) {
    // Node writes other values as some number too.
    if (!Number.isInteger(value)) throw new MalformedError(`${String(value)} is no int32`);
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  decode: (bytes) => sized(bytes, 4, "int32").readInt32BE(),
};

const int64Codec: Codec<bigint> = {
  name: "int64",
  encode(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  decode: (bytes) => sized(bytes, 8, "int64").readBigInt64BE(),
};

const float64Codec: Codec<number> = {
  name: "float64",
  encode(value) {
    if (typeof value !== "number") throw new MalformedError(`${String(value)} is no number`);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(value);
    return bytes;
  },
  decode: (bytes) => sized(bytes, 8, "float64").readDoubleBE(),
};

const UUID_TEXT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** As Kafka's UUIDSerializer: the text of the uuid in UTF-8. */
const uuidCodec: Codec<string> = {
  name: "uuid",
  encode: (value) => Buffer.from(uuidText(value), "latin1"),
  decode: (bytes) => uuidText(bytes.toString("latin1")),
};

/**
 * JSON in UTF-8. With a schema (any Standard Schema: zod, valibot, arktype …) values are validated on
 * both ways; what is sent is the value before the schema's transformations, what is received is after them.
 */
export function json<T = unknown>(): Codec<T>;
export function json<S extends StandardSchemaV1>(
  schema: S,
): Codec<StandardSchemaV1.InferInput<S>, StandardSchemaV1.InferOutput<S>>;
export function json(schema?: StandardSchemaV1): Codec<unknown> {
  if (schema === undefined) return inPlaceCodec("json", encodeJson, decodeJson);
  const { validate } = schema["~standard"];
  return inPlaceCodec(
    "json",
    (value: unknown) => {
      const result = validate(value);
      if (!(result instanceof Promise)) {
        accepted(result);
        return encodeJson(value);
      }
      return result.then((late) => {
        accepted(late);
        return encodeJson(value);
      });
    },
    (bytes, start, end) => {
      const result = validate(decodeJson(bytes, start, end));
      return result instanceof Promise ? result.then(accepted) : accepted(result);
    },
  );
}

const named: NamedCodecs = {
  string: stringCodec,
  bytes: bytesCodec,
  json: json(),
  int32: int32Codec,
  int64: int64Codec,
  float64: float64Codec,
  uuid: uuidCodec,
};

/** The codec that is meant. Throws `MoldauError` for a name that is none. */
export function codecOf(like: CodecLike): Codec<never, unknown> {
  if (typeof like !== "string") return like;
  if (Object.hasOwn(named, like)) return named[like];
  throw new MoldauError(`there is no codec "${String(like)}"`, {
    code: "INVALID_ARGUMENT",
    remedy: `Take one of ${Object.keys(named).join(", ")}, or json(schema).`,
  });
}

function accepted<T>(result: StandardSchemaV1.Result<T>): T {
  if (result.issues !== undefined) throw new SchemaError(result.issues);
  return result.value;
}

function encodeJson(value: unknown): Buffer {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new MalformedError(`${typeof value} has no JSON`);
  return Buffer.from(text, "utf8");
}

function decodeJson(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8", start, end)) as unknown;
  } catch (thrown) {
    throw new MalformedError("it is no JSON", thrown);
  }
}

function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  // A replacement character is rare in text, so this tells damage from it only when there is one.
  if (!text.includes("\uFFFD")) return text;
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch (thrown) {
    throw new MalformedError("it is no UTF-8", thrown);
  }
}

function sized(bytes: Buffer, length: number, name: string): Buffer {
  if (bytes.length === length) return bytes;
  throw new MalformedError(`${name} takes ${length} bytes, there are ${bytes.length}`);
}

function uuidText(text: string): string {
  if (UUID_TEXT.test(text)) return text.toLowerCase();
  throw new MalformedError(`"${text.slice(0, 40)}" is no uuid`);
}
