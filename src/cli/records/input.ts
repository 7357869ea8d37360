import * as fs from "node:fs";
import type { RawRecord } from "../../client/producer/producer-record.ts";
import type { HeaderValue } from "../../client/topics/headers.ts";
import { messageOf } from "../../core/errors.ts";
import { unescapeText } from "../escapes.ts";
import { ExitCode } from "../exit-code.ts";
import { Problem, usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";
import { parseRecordJson } from "./record-json.ts";
import type { Encoder } from "./types.ts";

/** How input becomes records. */
export interface InputOptions {
  readonly format: "lines" | "ndjson" | "whole";
  /** What ends a record; a new line, with or without a carriage return, unless somebody says. */
  readonly delimiter: string | undefined;
  readonly keySeparator: string | undefined;
  /** `a:1,b:2` before key and value, as kafka-console-producer has it. */
  readonly headers: HeaderSyntax | undefined;
  /** What every record has. */
  readonly fixed: FixedParts;
  readonly encodeKey: Encoder | undefined;
  readonly encodeValue: Encoder | undefined;
  readonly emptyIsNull: boolean;
  /** Keys, values and headers that are this text are null. */
  readonly nullMarker: string | undefined;
  /** A line without its separator is a value alone, not a mistake. */
  readonly lenient: boolean;
}

export interface HeaderSyntax {
  /** Between headers and the rest. */
  readonly delimiter: string;
  /** Between headers. */
  readonly separator: string;
  /** Between name and value. */
  readonly keySeparator: string;
}

export interface FixedParts {
  readonly key: Buffer | null | undefined;
  readonly partition: number | undefined;
  readonly timestamp: number | undefined;
  readonly headers: readonly (readonly [name: string, value: HeaderValue])[];
}

/** The records in the input of a terminal, or in files. */
export async function* recordsIn(
  terminal: Pick<Terminal, "stdin">,
  files: readonly string[],
  options: InputOptions,
): AsyncGenerator<RawRecord> {
  const sources = files.length === 0 ? ["-"] : files;
  for (const source of sources) {
    const bytes = source === "-" ? terminal.stdin : fs.createReadStream(source);
    const name = source === "-" ? "stdin" : source;
    try {
      yield* recordsOf(bytes, name, options);
    } catch (thrown) {
      throw unreadable(source, thrown);
    }
  }
}

/** What the file system has against a file, in words; anything else as it is. */
function unreadable(source: string, thrown: unknown): unknown {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  switch (code) {
    case "ENOENT":
      return new Problem("MLD1002", `cannot read ${source}: there is no such file`, {
        exitCode: ExitCode.notFound,
      });
    case "EISDIR":
      return new Problem("MLD1002", `cannot read ${source}: it is a folder`, {
        remedy: `name the files in it: -l ${source}/a -l ${source}/b`,
      });
    case "EACCES":
      return new Problem("MLD1002", `cannot read ${source}: its permissions do not allow it`);
    default:
      return thrown;
  }
}

async function* recordsOf(
  bytes: AsyncIterable<unknown>,
  name: string,
  options: InputOptions,
): AsyncGenerator<RawRecord> {
  const make = new RecordMaker(options);
  if (options.format === "whole") {
    yield make.value(await allOf(bytes));
    return;
  }
  let number = 0;
  for await (const line of linesOf(bytes, options.delimiter)) {
    number++;
    if (options.format === "ndjson") {
      if (line.length > 0) yield make.json(line.toString("utf8"), number);
    } else {
      yield make.line(line, `line ${number} of ${name}`);
    }
  }
}

/** Turns what was read into records. */
export class RecordMaker {
  readonly #options: InputOptions;
  readonly #separator: Buffer | undefined;
  readonly #null: Buffer | undefined;

  constructor(options: InputOptions) {
    this.#options = options;
    const { keySeparator, nullMarker } = options;
    this.#separator = keySeparator === undefined ? undefined : bytesOf(keySeparator);
    this.#null = nullMarker === undefined ? undefined : Buffer.from(nullMarker);
  }

  /** A value alone, with whatever key all have. */
  value(bytes: Buffer): RawRecord {
    const { fixed, encodeValue } = this.#options;
    return this.#record(fixed.key ?? null, this.#part(bytes, encodeValue, "the value"), []);
  }

  /** A line: headers where they are asked for, a key where there is a separator, a value. */
  line(bytes: Buffer, where: string): RawRecord {
    const { headers: syntax, fixed, encodeKey, encodeValue, lenient } = this.#options;
    let rest = bytes;
    let headers: readonly (readonly [string, HeaderValue])[] = [];
    if (syntax !== undefined) {
      const [head, tail] = this.#split(rest, bytesOf(syntax.delimiter), where, "headers");
      headers = head === undefined ? [] : this.#headers(head, syntax, where);
      rest = tail;
    }
    if (this.#separator === undefined) {
      const value = this.#part(rest, encodeValue, where);
      return this.#record(fixed.key ?? null, value, headers);
    }
    const at = rest.indexOf(this.#separator);
    if (at < 0 && !lenient && fixed.key === undefined) {
      throw usageProblem(
        `${where} has no key: "${this.#options.keySeparator}" does not stand in it`,
        "every line is key, separator, value; leave -K out for values alone",
      );
    }
    // The key of a line counts more than the one that all have.
    const key = at < 0 ? fixed.key : this.#part(rest.subarray(0, at), encodeKey, where);
    const value = at < 0 ? rest : rest.subarray(at + this.#separator.length);
    return this.#record(key ?? null, this.#part(value, encodeValue, where), headers);
  }

  json(line: string, number: number): RawRecord {
    const { fixed } = this.#options;
    const { key, value, headers, timestamp } = parseRecordJson(line, number);
    // The partition of another topic means nothing here, unless somebody says so.
    const pairs = headers.map((header) => [header.key, header.value] as const);
    const made = this.#record(fixed.key === undefined ? key : fixed.key, value, pairs);
    return { ...made, timestamp: fixed.timestamp ?? timestamp };
  }

  #record(
    key: Buffer | null,
    value: Buffer | null,
    headers: readonly (readonly [string, HeaderValue])[],
  ): RawRecord {
    const { fixed } = this.#options;
    const all = headers.length === 0 ? fixed.headers : [...headers, ...fixed.headers];
    return {
      key,
      value,
      partition: fixed.partition,
      timestamp: fixed.timestamp,
      ...(all.length === 0 ? {} : { headers: all }),
    };
  }

  #part(bytes: Buffer, encode: Encoder | undefined, where: string): Buffer | null {
    if (this.#options.emptyIsNull && bytes.length === 0) return null;
    if (this.#null !== undefined && bytes.equals(this.#null)) return null;
    if (encode === undefined) return bytes;
    try {
      return encode(bytes.toString("utf8"));
    } catch (thrown) {
      throw usageProblem(`${where}: ${messageOf(thrown)}`);
    }
  }

  #split(
    bytes: Buffer,
    mark: Buffer,
    where: string,
    what: string,
  ): readonly [head: Buffer | undefined, tail: Buffer] {
    const at = bytes.indexOf(mark);
    if (at >= 0) return [bytes.subarray(0, at), bytes.subarray(at + mark.length)];
    if (this.#options.lenient) return [undefined, bytes];
    throw usageProblem(`${where} has no ${what}: "${mark.toString()}" does not stand in it`);
  }

  #headers(
    bytes: Buffer,
    syntax: HeaderSyntax,
    where: string,
  ): readonly (readonly [string, HeaderValue])[] {
    const text = bytes.toString("utf8");
    if (text === "" || text === this.#options.nullMarker) return [];
    return text.split(unescapeText(syntax.separator)).map((pair) => {
      const mark = unescapeText(syntax.keySeparator);
      const at = pair.indexOf(mark);
      if (at < 0)
        throw usageProblem(`${where}: the header "${pair}" has no "${syntax.keySeparator}"`);
      const value = pair.slice(at + mark.length);
      return [pair.slice(0, at), value === this.#options.nullMarker ? null : value] as const;
    });
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(unescapeText(text), "utf8");
}

async function allOf(source: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(asBuffer(chunk));
  return Buffer.concat(chunks);
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.from(String(chunk));
}

const NEWLINE = Buffer.from("\n");
const CARRIAGE_RETURN = 0x0d;

/** Of a line: no broker takes a record so long. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Pieces between delimiters as bytes, without their ends; the last one needs none. */
export async function* linesOf(
  source: AsyncIterable<unknown>,
  delimiter: string | undefined,
  lineBytesMax = LINE_BYTES_MAX,
): AsyncGenerator<Buffer> {
  const mark = delimiter === undefined ? NEWLINE : bytesOf(delimiter);
  const dropReturns = delimiter === undefined;
  const rest = new LineRest();
  for await (const chunk of source) {
    let searched = Math.max(0, rest.length - mark.length + 1);
    const bytes = rest.with(asBuffer(chunk));
    let start = 0;
    for (let end = bytes.indexOf(mark, searched); end >= 0; end = bytes.indexOf(mark, searched)) {
      const line = bytes.subarray(start, end);
      start = end + mark.length;
      searched = start;
      yield dropReturns && line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    }
    rest.keep(bytes, start);
    if (rest.length > lineBytesMax) {
      throw usageProblem(
        `a record does not end within ${lineBytesMax} bytes`,
        "say with -D what ends a record; without it that is a new line",
      );
    }
  }
  if (rest.length > 0) yield rest.with(Buffer.alloc(0));
}

/** What came of a line that goes on. It grows by doubling, so that a long one is not copied with each chunk. */
class LineRest {
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The rest, and what came behind it. */
  with(chunk: Buffer): Buffer {
    if (this.#length === 0) return chunk;
    const total = this.#length + chunk.length;
    if (total > this.#memory.length) {
      const larger = Buffer.allocUnsafe(2 * total);
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    chunk.copy(this.#memory, this.#length);
    return this.#memory.subarray(0, total);
  }

  /** Keeps what stands behind the last line. Lines that were given away are not written over. */
  keep(bytes: Buffer, start: number): void {
    const isSame = start === 0 && this.#length > 0;
    if (!isSame) this.#memory = bytes.subarray(start);
    this.#length = bytes.length - start;
  }
}
