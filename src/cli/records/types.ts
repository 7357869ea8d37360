import { usageProblem } from "../problem.ts";
import { nearest } from "../suggest.ts";

/** Bytes as `--decode` reads them. */
export interface Decoded {
  /** For people and templates. */
  readonly text: string;
  /** For JSON: a number, a text, or whatever JSON held. */
  readonly json: unknown;
}

/** Reads bytes; throws an error that says what is wrong with them. */
export type Decoder = (bytes: Buffer) => Decoded;
/** Makes bytes of a text; throws an error that says what is wrong with it. */
export type Encoder = (text: string) => Buffer;

interface NumberType {
  readonly size: number;
  /** Little-endian types are looked at through a view that is told so. */
  readonly read: (view: DataView, little: boolean) => number | bigint;
  readonly write: (view: DataView, little: boolean, text: string) => void;
}

function whole(
  size: number,
  min: bigint,
  max: bigint,
  read: NumberType["read"],
  write: (view: DataView, little: boolean, value: bigint) => void,
): NumberType {
  return {
    size,
    read,
    write(view, little, text) {
      if (!/^[+-]?\d+$/.test(text.trim())) throw new Error(`"${text}" is no whole number`);
      const value = BigInt(text.trim());
      if (value < min || value > max) throw new Error(`${text} is not from ${min} to ${max}`);
      write(view, little, value);
    },
  };
}

function float(
  size: number,
  read: NumberType["read"],
  write: (view: DataView, little: boolean, value: number) => void,
): NumberType {
  return {
    size,
    read,
    write(view, little, text) {
      const value = Number(text);
      if (text.trim() === "" || Number.isNaN(value)) throw new Error(`"${text}" is no number`);
      write(view, little, value);
    },
  };
}

const numberTypes: Readonly<Record<string, NumberType>> = {
  int8: whole(
    1,
    -128n,
    127n,
    (view) => view.getInt8(0),
    (view, _little, value) => view.setInt8(0, Number(value)),
  ),
  uint8: whole(
    1,
    0n,
    255n,
    (view) => view.getUint8(0),
    (view, _little, value) => view.setUint8(0, Number(value)),
  ),
  int16: whole(
    2,
    -(2n ** 15n),
    2n ** 15n - 1n,
    (view, little) => view.getInt16(0, little),
    (view, little, value) => view.setInt16(0, Number(value), little),
  ),
  uint16: whole(
    2,
    0n,
    2n ** 16n - 1n,
    (view, little) => view.getUint16(0, little),
    (view, little, value) => view.setUint16(0, Number(value), little),
  ),
  int32: whole(
    4,
    -(2n ** 31n),
    2n ** 31n - 1n,
    (view, little) => view.getInt32(0, little),
    (view, little, value) => view.setInt32(0, Number(value), little),
  ),
  uint32: whole(
    4,
    0n,
    2n ** 32n - 1n,
    (view, little) => view.getUint32(0, little),
    (view, little, value) => view.setUint32(0, Number(value), little),
  ),
  int64: whole(
    8,
    -(2n ** 63n),
    2n ** 63n - 1n,
    (view, little) => view.getBigInt64(0, little),
    (view, little, value) => view.setBigInt64(0, value, little),
  ),
  uint64: whole(
    8,
    0n,
    2n ** 64n - 1n,
    (view, little) => view.getBigUint64(0, little),
    (view, little, value) => view.setBigUint64(0, value, little),
  ),
  float32: float(
    4,
    (view, little) => view.getFloat32(0, little),
    (view, little, value) => view.setFloat32(0, value, little),
  ),
  float64: float(
    8,
    (view, little) => view.getFloat64(0, little),
    (view, little, value) => view.setFloat64(0, value, little),
  ),
};

/** Names that Java's serializers, or people, have for them. */
const synonyms: Readonly<Record<string, string>> = {
  short: "int16",
  int: "int32",
  integer: "int32",
  long: "int64",
  float: "float32",
  double: "float64",
  text: "string",
  bytes: "base64",
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error("it is no UTF-8");
  }
}

const otherDecoders: Readonly<Record<string, Decoder>> = {
  string: (bytes) => plain(textOf(bytes)),
  hex: (bytes) => plain(bytes.toString("hex")),
  base64: (bytes) => plain(bytes.toString("base64")),
  json(bytes) {
    const text = textOf(bytes);
    try {
      return { text, json: JSON.parse(text) };
    } catch (thrown) {
      throw new Error(
        `it is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  },
  uuid(bytes) {
    if (bytes.length !== 16) throw new Error(`a uuid has 16 bytes, not ${bytes.length}`);
    const hex = bytes.toString("hex");
    return plain(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
  },
};

const otherEncoders: Readonly<Record<string, Encoder>> = {
  string: (text) => Buffer.from(text),
  hex(text) {
    const digits = text
      .trim()
      .replace(/^0x/i, "")
      .replace(/[\s:-]/g, "");
    if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error(`"${text}" is no hex`);
    return Buffer.from(digits, "hex");
  },
  base64(text) {
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text.trim())) throw new Error(`"${text}" is no base64`);
    return Buffer.from(text.trim(), "base64");
  },
  json(text) {
    try {
      JSON.parse(text);
    } catch {
      throw new Error(`${text} is no JSON`);
    }
    return Buffer.from(text);
  },
  uuid(text) {
    const digits = text.trim().replaceAll("-", "");
    if (!/^[0-9a-f]{32}$/i.test(digits)) throw new Error(`"${text}" is no uuid`);
    return Buffer.from(digits, "hex");
  },
};

function plain(text: string): Decoded {
  return { text, json: text };
}

function decodedNumber(value: number | bigint): Decoded {
  // What JSON's numbers cannot hold exactly stays a text.
  const isExact = typeof value === "number" || BigInt(Number(value)) === value;
  const json = isExact && Number.isFinite(Number(value)) ? Number(value) : String(value);
  return { text: String(value), json };
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

interface Named {
  readonly name: string;
  readonly little: boolean;
}

function named(text: string): Named {
  const lower = text.toLowerCase();
  const little = lower.endsWith("le") && Object.hasOwn(numberTypes, lower.slice(0, -2));
  const name = little ? lower.slice(0, -2) : lower;
  return { name: synonyms[name] ?? name, little };
}

/** The names that `--decode` and `--encode` take. */
export const TYPE_NAMES: readonly string[] = [
  ...Object.keys(numberTypes),
  ...Object.keys(otherDecoders),
];

function unknownType(text: string): Error {
  const near = nearest(text, TYPE_NAMES);
  const all = `it is one of ${TYPE_NAMES.join(", ")}`;
  return usageProblem(
    `there is no type "${text}"`,
    near === undefined ? `${all}, or a pack string such as >iq` : `did you mean: ${near}`,
  );
}

/** A decoder by the name of its type, or by a pack string of kcat's. Throws a usage problem. */
export function decoderOf(text: string): Decoder {
  const { name, little } = named(text);
  const type = numberTypes[name];
  if (type !== undefined) {
    return (bytes) => {
      if (bytes.length !== type.size) {
        throw new Error(`${name} has ${type.size} bytes, not ${bytes.length}`);
      }
      return decodedNumber(type.read(viewOf(bytes), little));
    };
  }
  const other = otherDecoders[name];
  if (other !== undefined) return other;
  if (/^[<>bBhHiIqQcs$]+$/.test(text)) return packDecoder(text);
  throw unknownType(text);
}

/** An encoder by the name of its type. Throws a usage problem. */
export function encoderOf(text: string): Encoder {
  const { name, little } = named(text);
  const type = numberTypes[name];
  if (type !== undefined) {
    return (value) => {
      const bytes = Buffer.alloc(type.size);
      type.write(viewOf(bytes), little, value);
      return bytes;
    };
  }
  const other = otherEncoders[name];
  if (other !== undefined) return other;
  throw unknownType(text);
}

const packTypes: Readonly<Record<string, string>> = {
  b: "int8",
  B: "uint8",
  h: "int16",
  H: "uint16",
  i: "int32",
  I: "uint32",
  q: "int64",
  Q: "uint64",
};

/** kcat's `-s`: one letter after the other, blanks between what they read. */
function packDecoder(pack: string): Decoder {
  return (bytes) => {
    const texts: string[] = [];
    let little = false;
    let at = 0;
    const take = (size: number): Buffer => {
      if (at + size > bytes.length)
        throw new Error(`${bytes.length} bytes are too few for "${pack}"`);
      at += size;
      return bytes.subarray(at - size, at);
    };
    for (const letter of pack) {
      if (letter === "<" || letter === ">") little = letter === "<";
      else if (letter === "c") texts.push(take(1).toString("latin1"));
      else if (letter === "s") texts.push(textOf(take(bytes.length - at)));
      else if (letter === "$") {
        if (at < bytes.length)
          throw new Error(`${bytes.length - at} bytes are left after "${pack}"`);
      } else {
        const type = numberTypes[packTypes[letter] ?? ""];
        if (type !== undefined) texts.push(String(type.read(viewOf(take(type.size)), little)));
      }
    }
    const text = texts.join(" ");
    const isNumber = texts.length === 1 && /^-?\d+$/.test(text);
    return isNumber ? decodedNumber(BigInt(text)) : plain(text);
  };
}

/** What `--decode` or `--encode` say of keys and values, given as `key=int32`, `value=json` or `hex` for both. */
export function typesOf<T>(
  entries: readonly string[],
  compile: (type: string) => T,
): { readonly key: T | undefined; readonly value: T | undefined } {
  let key: T | undefined;
  let value: T | undefined;
  for (const entry of entries) {
    const [, which, type = ""] = /^(?:(key|value)=)?(.*)$/s.exec(entry) ?? [];
    const compiled = compile(type);
    if (which !== "value") key = compiled;
    if (which !== "key") value = compiled;
  }
  return { key, value };
}
