import type { NewHeader } from "../../records/build.ts";
import type { RecordHeader } from "../../records/record-cursor.ts";

/** A value of a header that is about to be sent. */
export type HeaderValue = string | Uint8Array | null;
/** Headers to send: by name (several values as an array), or in an order of one's own. */
export type HeadersInput =
  | Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>
  | readonly (readonly [name: string, value: HeaderValue])[];

/**
 * The headers of a record, in their order. A name may occur more than once, as Kafka allows; the last
 * one counts where a single value is asked for.
 */
export class Headers implements Iterable<RecordHeader> {
  /** Of records that have none. */
  static readonly none: Headers = new Headers([]);
  readonly #headers: readonly RecordHeader[];

  constructor(headers: readonly RecordHeader[]) {
    this.#headers = headers;
  }

  get size(): number {
    return this.#headers.length;
  }

  [Symbol.iterator](): Iterator<RecordHeader> {
    return this.#headers[Symbol.iterator]();
  }

  has(name: string): boolean {
    return this.#headers.some(({ key }) => key === name);
  }

  /** The last value under the name; `null` is one, `undefined` is none. Shared with what was received. */
  get(name: string): Buffer | null | undefined {
    return this.#headers.findLast(({ key }) => key === name)?.value;
  }

  /** All values under the name, in order. */
  getAll(name: string): readonly (Buffer | null)[] {
    return this.#headers.filter(({ key }) => key === name).map(({ value }) => value);
  }

  /** The last value under the name as UTF-8 text. */
  text(name: string): string | undefined {
    return this.get(name)?.toString("utf8");
  }

  /** Names and texts, for showing; of a name that occurs more than once the last. */
  toJSON(): Record<string, string | null> {
    return Object.fromEntries(
      this.#headers.map(({ key, value }) => [key, value?.toString("utf8") ?? null]),
    );
  }
}

/** Headers as the record format takes them. */
export function headersToWrite(input: HeadersInput | Headers | undefined): readonly NewHeader[] {
  if (input === undefined) return [];
  if (input instanceof Headers) return [...input];
  const written: NewHeader[] = [];
  if (isPairs(input)) {
    for (const [key, value] of input) written.push({ key, value: bytesOf(value) });
    return written;
  }
  for (const [key, value] of Object.entries(input)) {
    if (value === undefined) continue;
    if (isSeveral(value)) for (const one of value) written.push({ key, value: bytesOf(one) });
    else written.push({ key, value: bytesOf(value) });
  }
  return written;
}

function isPairs(
  input: HeadersInput,
): input is readonly (readonly [name: string, value: HeaderValue])[] {
  return Array.isArray(input);
}

function isSeveral(value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

function bytesOf(value: HeaderValue): Uint8Array | null {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (value === null || value instanceof Uint8Array) return value;
  throw new TypeError(`text, bytes or null are wanted, not ${typeof value}`);
}
