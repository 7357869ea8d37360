import { assert } from "../core/assert.ts";
import { compileDecoder, compileEncoder } from "./compile.ts";
import type { Decode, Encode } from "./compile.ts";
import { interpretDecode, interpretEncode } from "./interpreter.ts";
import type { CodecOptions } from "./interpreter.ts";
import { layoutOf } from "./layout.ts";
import type { StructLayout } from "./layout.ts";
import { ProtocolError } from "./protocol-error.ts";
import { REQUEST_HEAP_FACTOR_MAX, Reader, TRUSTED_HEAP_FACTOR_MAX } from "./reader.ts";
import type { AnyMessage, InputOf, ValueOf } from "./schema.ts";
import { Writer } from "./writer.ts";

/** Decoder and encoder of one message in one version. */
export interface Codec<V, I> {
  /** Reads one value where the reader stands. @throws ProtocolError with the field and the place */
  decode(reader: Reader): V;
  /** Writes one value. @throws ProtocolError with the field; what was written before is of no use */
  encode(writer: Writer, value: I): void;
}

type AnyCodec = Codec<unknown, unknown>;

/** Calls of a decoder or encoder before code is generated for it. */
const INTERPRETED_CALLS = 8;

const codecs = new WeakMap<AnyMessage, AnyCodec[]>();

/**
 * The codec of a message in one version, made when it is first asked for.
 * @throws ProtocolError UNSUPPORTED_VERSION
 */
export function codecOf<M extends AnyMessage>(
  message: M,
  version: number,
): Codec<ValueOf<M>, InputOf<M>> {
  let versions = codecs.get(message);
  if (versions === undefined) {
    versions = [];
    codecs.set(message, versions);
  }
  const known = versions[version];
  const codec = known ?? new TieredCodec(layoutOf(message, version), {}, INTERPRETED_CALLS);
  if (known === undefined) versions[version] = codec;
  return codec as Codec<ValueOf<M>, InputOf<M>>;
}

/**
 * A codec with other ways about int64 and unknown tagged fields, for tools and tests. It is made
 * anew at each call, and generated at once.
 */
export function specialCodecOf(
  message: AnyMessage,
  version: number,
  options: CodecOptions,
): AnyCodec {
  return new TieredCodec(layoutOf(message, version), options, 0);
}

/** The same by the interpreter alone. */
export function interpretedCodecOf(
  message: AnyMessage,
  version: number,
  options: CodecOptions = {},
): AnyCodec {
  return new InterpretedCodec(layoutOf(message, version), options);
}

class InterpretedCodec implements AnyCodec {
  readonly #layout: StructLayout;
  readonly #options: CodecOptions;

  constructor(layout: StructLayout, options: CodecOptions) {
    this.#layout = layout;
    this.#options = options;
  }

  decode(reader: Reader): unknown {
    return interpretDecode(this.#layout, this.#options, reader);
  }

  encode(writer: Writer, value: unknown): void {
    interpretEncode(this.#layout, this.#options, writer, value);
  }
}

/**
 * Interprets at first and generates code for what turns out to be used often: generating costs a
 * millisecond, and most messages a node meets while it starts are met once.
 */
class TieredCodec implements AnyCodec {
  readonly #layout: StructLayout;
  readonly #options: CodecOptions;
  #decode: Decode;
  #encode: Encode;

  constructor(layout: StructLayout, options: CodecOptions, interpretedCalls: number) {
    this.#layout = layout;
    this.#options = options;
    let decodes = interpretedCalls;
    let encodes = interpretedCalls;
    this.#decode = (reader) => {
      if (decodes-- > 0) return interpretDecode(layout, options, reader);
      this.#decode = compiled(compileDecoder, interpretDecode, layout, options);
      return this.#decode(reader);
    };
    this.#encode = (writer, value) => {
      if (encodes-- > 0) return interpretEncode(layout, options, writer, value);
      this.#encode = compiled(compileEncoder, interpretEncode, layout, options);
      this.#encode(writer, value);
    };
  }

  decode(reader: Reader): unknown {
    const from = reader.offset;
    const heap = reader.heapBytesLeft;
    try {
      return this.#decode(reader);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.path !== "") throw error;
      // The interpreter fails at the same place and knows which field that is.
      reader.offset = from;
      reader.heapBytesLeft = heap;
      interpretDecode(this.#layout, this.#options, reader);
      assert(false, "generated and interpreted decoder agree", { reason: error.message });
    }
  }

  encode(writer: Writer, value: unknown): void {
    try {
      this.#encode(writer, value);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.path !== "") throw error;
      interpretEncode(this.#layout, this.#options, new Writer(), value);
      assert(false, "generated and interpreted encoder agree", { reason: error.message });
    }
  }
}

type Interpreted<A extends unknown[], R> = (
  layout: StructLayout,
  options: CodecOptions,
  ...args: A
) => R;

function compiled<A extends unknown[], R>(
  compile: (layout: StructLayout, options: CodecOptions) => (...args: A) => R,
  interpret: Interpreted<A, R>,
  layout: StructLayout,
  options: CodecOptions,
): (...args: A) => R {
  try {
    return compile(layout, options);
  } catch (error) {
    // Node was started with --disallow-code-generation-from-strings: slower, but the same.
    if (error instanceof EvalError) return (...args) => interpret(layout, options, ...args);
    throw error;
  }
}

/** Whether bytes may be left over after a message. */
export type Trailing = "refuse" | "ignore";

/**
 * Decodes a message that fills `bytes`.
 * @throws ProtocolError; TRAILING_BYTES when bytes are left over, unless those are to be ignored
 */
export function decodeMessage<M extends AnyMessage>(
  message: M,
  version: number,
  bytes: Buffer,
  trailing: Trailing = "refuse",
): ValueOf<M> {
  const reader = new Reader(bytes, 0, bytes.length, heapFactorOf(message));
  const value = codecOf(message, version).decode(reader);
  if (trailing === "refuse") refuseTrailing(message, reader);
  return value;
}

/** @throws ProtocolError TRAILING_BYTES unless the reader is at its end */
export function refuseTrailing(message: AnyMessage, reader: Reader): void {
  if (reader.remaining === 0) return;
  throw new ProtocolError("TRAILING_BYTES", `${reader.remaining} bytes are left over`, {
    path: message.name,
    offset: reader.offset,
  });
}

/** How much memory a decoded message may take, as a multiple of its bytes. */
export function heapFactorOf(message: AnyMessage): number {
  return message.traits.kind === "request" ? REQUEST_HEAP_FACTOR_MAX : TRUSTED_HEAP_FACTOR_MAX;
}

/** Encodes a message into one buffer. @throws ProtocolError */
export function encodeMessage<M extends AnyMessage>(
  message: M,
  version: number,
  value: InputOf<M>,
): Buffer {
  const writer = new Writer();
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}
