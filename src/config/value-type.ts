/**
 * The nine types a setting of Kafka can have. Each reads a text as Kafka does and gives the value
 * together with the text that DescribeConfigs shows for it.
 */

export type ValueKind =
  | "boolean"
  | "string"
  | "int"
  | "short"
  | "long"
  | "double"
  | "list"
  | "class"
  | "password";

/** A value that was read, with its canonical text, or the reason why the text is none. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** What a value may be, for documents and for comparison with Kafka's facts. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
  readonly ignoreCase?: boolean;
  /** For lists and strings: an empty one is refused. */
  readonly nonEmpty?: boolean;
  /** A rule in words that goes beyond the others. */
  readonly rule?: string;
}

export interface ValueType<T> {
  readonly kind: ValueKind;
  /** The default as DescribeConfigs gives it; `null`: none; `undefined`: one must be given. */
  readonly defaultText: string | null | undefined;
  readonly defaultValue: T | undefined;
  readonly bounds: Bounds;
  readonly parse: (text: string) => Parsed<T>;
}

/** A rule of its own: `words` for documents, `check` gives the reason for a refusal. */
export interface Rule<T> {
  readonly words: string;
  readonly check: (value: T) => string | undefined;
}

export const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;
const SHORT_MAX = 32_767;
const SHORT_MIN = -32_768;
/** Stands for every long above 2^53 - 1; nothing that is counted or timed gets there. */
export const LONG_MAX = Number.MAX_SAFE_INTEGER;
const LONG_MAX_TEXT = "9223372036854775807";
const LONG_MAX_EXACT = 9_223_372_036_854_775_807n;
const LONG_MIN_EXACT = -9_223_372_036_854_775_808n;

interface NumberOptions {
  readonly min?: number;
  readonly max?: number;
  readonly rule?: Rule<number>;
}
interface StringOptions {
  readonly nonEmpty?: boolean;
  readonly rule?: Rule<string>;
}
interface ListOptions {
  readonly oneOf?: readonly string[];
  readonly nonEmpty?: boolean;
  readonly rule?: Rule<readonly string[]>;
}

interface BoundOptions {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly oneOf?: readonly string[] | undefined;
  readonly nonEmpty?: boolean | undefined;
  readonly rule?: { readonly words: string } | undefined;
}

type OrNull<O, T> = O extends { readonly default: null } ? T | null : T;

/** `true` or `false`, in any case. */
export function boolean(options: { readonly default: boolean }): ValueType<boolean> {
  return {
    kind: "boolean",
    defaultText: String(options.default),
    defaultValue: options.default,
    bounds: {},
    parse: (text) => {
      const word = text.trim().toLowerCase();
      if (word === "true" || word === "false") {
        return { ok: true, value: word === "true", text: word };
      }
      return { ok: false, reason: "it must be true or false" };
    },
  };
}

/** A 32-bit integer. */
export function int32<const O extends NumberOptions & { readonly default?: number | null }>(
  options: O,
): ValueType<OrNull<O, number>> {
  return numeric("int", options, (text) => readInteger(text, INT_MIN, INT_MAX));
}

/** A 16-bit integer. */
export function int16<const O extends NumberOptions & { readonly default?: number | null }>(
  options: O,
): ValueType<OrNull<O, number>> {
  return numeric("short", options, (text) => readInteger(text, SHORT_MIN, SHORT_MAX));
}

/**
 * A 64-bit integer as a `number`. Texts beyond 2^53 - 1 are legal (Kafka's "never" is the largest
 * long) and become {@link LONG_MAX}, or its negative; descriptions keep the text.
 */
export function int64<const O extends NumberOptions & { readonly default?: number | null }>(
  options: O,
): ValueType<OrNull<O, number>> {
  return numeric("long", options, readLong);
}

/** A 64-bit floating-point number. */
export function double<const O extends NumberOptions & { readonly default?: number | null }>(
  options: O,
): ValueType<OrNull<O, number>> {
  return numeric("double", options, readDouble);
}

/** Any text, without the white space around it. */
export function string<const O extends StringOptions & { readonly default?: string | null }>(
  options: O,
): ValueType<OrNull<O, string>> {
  return textual("string", options);
}

/** The name of a Java class. Moldau loads none: the names it knows stand for what is built in. */
export function javaClass<const O extends StringOptions & { readonly default?: string | null }>(
  options: O,
): ValueType<OrNull<O, string>> {
  return textual("class", options);
}

/** A secret: it is never described, logged or part of an error message. */
export function password<const O extends StringOptions & { readonly default?: string | null }>(
  options: O,
): ValueType<OrNull<O, string>> {
  return textual("password", options);
}

/** One of the given words. With `ignoreCase` they are small, and so is the value. */
export function choice<const Words extends readonly string[]>(
  words: Words,
  options: {
    readonly default: Words[number];
    readonly ignoreCase?: boolean;
    /** How the default is written where its case differs. */
    readonly shown?: string;
  },
): ValueType<Words[number]> {
  const ignoreCase = options.ignoreCase ?? false;
  return {
    kind: "string",
    defaultText: options.shown ?? options.default,
    defaultValue: options.default,
    bounds: ignoreCase ? { oneOf: words, ignoreCase } : { oneOf: words },
    parse: (text) => {
      const trimmed = text.trim();
      const wanted = ignoreCase ? trimmed.toLowerCase() : trimmed;
      const value = words.find((word: Words[number]) => word === wanted);
      if (value === undefined)
        return { ok: false, reason: `it must be one of ${words.join(", ")}` };
      return { ok: true, value, text: trimmed };
    },
  };
}

/** Texts separated by commas. Duplicates fall away, as Kafka does it (KIP-1161). */
export function list<const O extends ListOptions & { readonly default?: readonly string[] | null }>(
  options: O,
): ValueType<OrNull<O, readonly string[]>> {
  const given: readonly string[] | null | undefined = options.default;
  return {
    kind: "list",
    defaultText: given === undefined || given === null ? given : given.join(","),
    // `given` is null exactly when `OrNull` allows it; the compiler cannot follow that.
    defaultValue: (given ?? (given === null ? null : undefined)) as OrNull<O, readonly string[]>,
    bounds: boundsOf(options),
    parse: (text) => readList(text, options) as Parsed<OrNull<O, readonly string[]>>,
  };
}

function numeric<O extends NumberOptions & { readonly default?: number | null }>(
  kind: "int" | "short" | "long" | "double",
  options: O,
  read: (text: string) => Parsed<number>,
): ValueType<OrNull<O, number>> {
  const given: number | null | undefined = options.default;
  return {
    kind,
    defaultText: given === undefined || given === null ? given : numberText(kind, given),
    // As in `list`: null is there exactly when `OrNull` allows it.
    defaultValue: given as OrNull<O, number>,
    bounds: boundsOf(options),
    parse: (text) => {
      const parsed = read(text);
      if (!parsed.ok) return parsed;
      const reason = numberRefusal(parsed.value, options);
      if (reason !== undefined) return { ok: false, reason };
      return parsed as Parsed<OrNull<O, number>>;
    },
  };
}

function numberRefusal(value: number, options: NumberOptions): string | undefined {
  if (options.min !== undefined && value < options.min) return `it must be at least ${options.min}`;
  if (options.max !== undefined && value > options.max) return `it must be at most ${options.max}`;
  return options.rule?.check(value);
}

function textual<O extends StringOptions & { readonly default?: string | null }>(
  kind: "string" | "class" | "password",
  options: O,
): ValueType<OrNull<O, string>> {
  const given: string | null | undefined = options.default;
  return {
    kind,
    defaultText: given,
    // As in `list`: null is there exactly when `OrNull` allows it.
    defaultValue: given as OrNull<O, string>,
    bounds: boundsOf(options),
    parse: (text) => {
      const value = text.trim();
      if (options.nonEmpty === true && value === "") {
        return { ok: false, reason: "it must not be empty" };
      }
      const reason = options.rule?.check(value);
      if (reason !== undefined) return { ok: false, reason };
      return { ok: true, value, text: value } as Parsed<OrNull<O, string>>;
    },
  };
}

function readList(text: string, options: ListOptions): Parsed<readonly string[]> {
  const trimmed = text.trim();
  const items = trimmed === "" ? [] : trimmed.split(/\s*,\s*/);
  const value = [...new Set(items)];
  if (value.length === 0 && options.nonEmpty === true) {
    return { ok: false, reason: "it must name at least one" };
  }
  for (const item of value) {
    if (item === "") return { ok: false, reason: "between two commas nothing is written" };
    if (options.oneOf !== undefined && !options.oneOf.includes(item)) {
      return { ok: false, reason: `"${item}" is none of ${options.oneOf.join(", ")}` };
    }
  }
  const reason = options.rule?.check(value);
  if (reason !== undefined) return { ok: false, reason };
  return { ok: true, value, text: value.join(",") };
}

function readInteger(text: string, min: number, max: number): Parsed<number> {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) return { ok: false, reason: "it must be a whole number" };
  const value = Number(trimmed);
  if (value < min || value > max) {
    return { ok: false, reason: `it must lie between ${min} and ${max}` };
  }
  // `+ 0` makes one zero of the two.
  return { ok: true, value: value + 0, text: String(value + 0) };
}

function readLong(text: string): Parsed<number> {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) return { ok: false, reason: "it must be a whole number" };
  const exact = BigInt(trimmed.replace("+", ""));
  if (exact < LONG_MIN_EXACT || exact > LONG_MAX_EXACT) {
    return { ok: false, reason: "it must fit into 64 bits" };
  }
  const value = Math.min(Math.max(Number(exact), -LONG_MAX), LONG_MAX);
  return { ok: true, value, text: exact.toString() };
}

function readDouble(text: string): Parsed<number> {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/.test(trimmed)) {
    return { ok: false, reason: "it must be a number" };
  }
  const value = Number(trimmed.replace(/[fFdD]$/, ""));
  if (!Number.isFinite(value)) return { ok: false, reason: "it is too large" };
  return { ok: true, value, text: doubleText(value) };
}

function boundsOf(options: BoundOptions): Bounds {
  const bounds: { -readonly [K in keyof Bounds]: Bounds[K] } = {};
  if (options.min !== undefined) bounds.min = options.min;
  if (options.max !== undefined) bounds.max = options.max;
  if (options.oneOf !== undefined) bounds.oneOf = options.oneOf;
  if (options.nonEmpty !== undefined) bounds.nonEmpty = options.nonEmpty;
  if (options.rule !== undefined) bounds.rule = options.rule.words;
  return bounds;
}

function numberText(kind: "int" | "short" | "long" | "double", value: number): string {
  if (kind === "double") return doubleText(value);
  return kind === "long" && value === LONG_MAX ? LONG_MAX_TEXT : String(value);
}

/** A number as Java writes a double: `0.5`, `100.0`, `2.147483647E9`. */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${exponent.replace("+", "")}`;
}
