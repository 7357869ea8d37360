import type { NewField, NewHeader } from "../../records/build.ts";
import { codecOf, type Codec } from "../topics/codec.ts";
import { headersToWrite } from "../topics/headers.ts";
import { encodeFailed } from "./producer-error.ts";
import type { TopicLike, UntypedRecord } from "./producer-record.ts";

const NO_HEADERS: readonly NewHeader[] = [];
/** Text is written into the batch as it is. */
const stringCodec: unknown = codecOf("string");

/** A key or a value as it is written, or as it will be when a schema has looked at it. */
export type EncodedField = NewField | Promise<NewField>;

/** The key of a record. Throws `ENCODE_FAILED`, or the promise rejects with it. */
export function encodeKey(topic: TopicLike, key: unknown): EncodedField {
  if (key === null || key === undefined) return null;
  if (typeof topic === "string") return rawField(topic, "key", key);
  return typedField(topic.name, "key", topic.key, key);
}

/** The value of a record. Throws `ENCODE_FAILED`, or the promise rejects with it. */
export function encodeValue(topic: TopicLike, value: unknown): EncodedField {
  if (value === null) return null;
  if (typeof topic === "string") return rawField(topic, "value", value);
  return typedField(topic.name, "value", topic.value, value);
}

/** The headers of a record: those that its topic declares, and others. Throws `ENCODE_FAILED`. */
export function encodeHeaders(topic: TopicLike, record: UntypedRecord): readonly NewHeader[] {
  const { headers } = record;
  if (headers === undefined && typeof topic === "string") return NO_HEADERS;
  const name = typeof topic === "string" ? topic : topic.name;
  let written: readonly NewHeader[];
  try {
    written = headers === undefined ? NO_HEADERS : headersToWrite(headers);
  } catch (thrown) {
    throw encodeFailed(name, "headers", thrown);
  }
  if (typeof topic !== "string") checkDeclared(name, topic.headers, written);
  return written;
}

function checkDeclared(
  topic: string,
  declared: Readonly<Record<string, string>>,
  written: readonly NewHeader[],
): void {
  for (const name in declared) {
    if (declared[name] !== "string" || written.some(({ key }) => key === name)) continue;
    throw encodeFailed(topic, "headers", new TypeError(`there is no header "${name}"`));
  }
}

function rawField(topic: string, part: "key" | "value", field: unknown): NewField {
  if (typeof field === "string" || field instanceof Uint8Array) return field;
  const problem = new TypeError(`text, bytes or null are wanted, not ${typeof field}`);
  throw encodeFailed(topic, part, problem);
}

function typedField(
  topic: string,
  part: "key" | "value",
  codec: Codec<never, unknown>,
  field: unknown,
): EncodedField {
  if (codec === stringCodec && typeof field === "string") return field;
  let encoded: Uint8Array | Promise<Uint8Array>;
  try {
    // What a topic takes was checked where the record was written.
    encoded = codec.encode(field as never);
  } catch (thrown) {
    throw encodeFailed(topic, part, thrown);
  }
  if (encoded instanceof Uint8Array) return encoded;
  if (encoded instanceof Promise) return awaitField(topic, part, encoded);
  throw encodeFailed(topic, part, new TypeError(`${codec.name} gave no bytes`));
}

async function awaitField(
  topic: string,
  part: "key" | "value",
  encoding: Promise<Uint8Array>,
): Promise<NewField> {
  try {
    return await encoding;
  } catch (thrown) {
    throw encodeFailed(topic, part, thrown);
  }
}
