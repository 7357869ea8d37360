import { createRequire } from "node:module";

/** From the quietest to the loudest; a logger writes its own level and those before it. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line says besides its message: plain values, or an error under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What rooms take to say what happens. Lines below the level cost a comparison. */
export interface Logger {
  /** Whether lines of this level are written; asked before costly fields are gathered. */
  isEnabled(level: LogLevel): boolean;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** The line as it is, at any level but `silent`: for programs that wait for one of Kafka's lines. */
  verbatim(line: string): void;
  /** A logger that adds `fields` (such as `room`) to every line of its own. */
  child(fields: LogFields): Logger;
}

/** Where written lines go, each with its newline. */
export type LogSink = (text: string) => void;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json` is one object a line as pino writes it, for programs; `text` is for people. */
  readonly format: "json" | "text";
  readonly sink: LogSink;
  /** Milliseconds since 1970; the wall clock of the platform. */
  readonly nowMs: () => number;
  /** Whether `text` may use colours. */
  readonly colors?: boolean;
  /** Levels of single rooms: they count for the children that have that `room`. */
  readonly levels?: Readonly<Record<string, LogLevel>>;
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  isEnabled: () => false,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  trace: () => undefined,
  verbatim: () => undefined,
  child: () => silentLogger,
};

/** The level of a name as people write it (`WARN`, `warning`, `off`), or `undefined`. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const name = text.trim().toLowerCase();
  if (name === "off" || name === "none") return "silent";
  if (name === "warning") return "warn";
  if (name === "fatal") return "error";
  if (name === "all") return "trace";
  return LOG_LEVELS.find((level) => level === name);
}

/** A logger over a sink. Nothing is loaded before the first line is written. */
export function createLogger(options: LoggerOptions): Logger {
  const { level, levels = {}, sink } = options;
  if (level === "silent" && Object.keys(levels).length === 0) return silentLogger;
  const write = options.format === "json" ? jsonWriter(options) : textWriter(options);
  return new LineLogger({ write, sink, levels }, LOG_LEVELS.indexOf(level), {});
}

type LineWriter = (level: LogLevel, message: string, fields: LogFields) => void;

interface Output {
  readonly write: LineWriter;
  readonly sink: LogSink;
  readonly levels: Readonly<Record<string, LogLevel>>;
}

class LineLogger implements Logger {
  readonly #output: Output;
  readonly #rank: number;
  readonly #fields: LogFields;

  constructor(output: Output, rank: number, fields: LogFields) {
    this.#output = output;
    this.#rank = rank;
    this.#fields = fields;
  }

  isEnabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#rank;
  }

  error(message: string, fields?: LogFields): void {
    this.#line(1, "error", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#line(2, "warn", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#line(3, "info", message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#line(4, "debug", message, fields);
  }

  trace(message: string, fields?: LogFields): void {
    this.#line(5, "trace", message, fields);
  }

  verbatim(line: string): void {
    if (this.#rank > 0) this.#output.sink(`${line}\n`);
  }

  child(fields: LogFields): Logger {
    const own =
      typeof fields["room"] === "string" ? this.#output.levels[fields["room"]] : undefined;
    const rank = own === undefined ? this.#rank : LOG_LEVELS.indexOf(own);
    return new LineLogger(this.#output, rank, { ...this.#fields, ...fields });
  }

  #line(rank: number, level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (rank > this.#rank) return;
    this.#output.write(
      level,
      message,
      fields === undefined ? this.#fields : { ...this.#fields, ...fields },
    );
  }
}

/** What is used of pino. */
type PinoLog = (fields: LogFields, message: string) => void;
type Pino = (
  options: {
    readonly level: string;
    readonly timestamp: () => string;
    readonly serializers: Readonly<Record<string, (value: unknown) => unknown>>;
  },
  destination: { write(text: string): void },
) => Readonly<Record<string, PinoLog>>;

function jsonWriter({ sink, nowMs }: LoggerOptions): LineWriter {
  let log: ReturnType<Pino> | undefined;
  return (level, message, fields) => {
    // Loading pino takes 8 to 12 ms, a tenth of a whole start: whoever logs nothing does not pay.
    log ??= (createRequire(import.meta.url)("pino") as Pino)(
      {
        level: "trace",
        timestamp: () => `,"time":${nowMs()}`,
        serializers: { error: (value) => (value instanceof Error ? describeError(value) : value) },
      },
      { write: sink },
    );
    log[level]?.(jsonSafe(fields), message);
  };
}

/** JSON has no bigint; its digits stand as a number would. */
function jsonSafe(fields: LogFields): LogFields {
  let safe: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "bigint") continue;
    safe ??= { ...fields };
    safe[name] = value.toString();
  }
  return safe ?? fields;
}

const levelColors = {
  silent: "",
  error: "\u001b[31m",
  warn: "\u001b[33m",
  info: "\u001b[32m",
  debug: "\u001b[36m",
  trace: "\u001b[90m",
} as const satisfies Record<LogLevel, string>;
const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

function textWriter({ sink, nowMs, colors = false }: LoggerOptions): LineWriter {
  const paint = (color: string, text: string): string =>
    colors ? `${color}${text}${RESET}` : text;
  return (level, message, fields) => {
    const time = timeOfDay(nowMs());
    const rest = describeFields(fields);
    const tail = rest === "" ? "" : ` ${paint(DIM, rest)}`;
    const name = paint(levelColors[level], level.padEnd(5));
    sink(`${paint(DIM, time)} ${name} ${printable(message)}${tail}\n`);
  };
}

/** What would begin a line of its own, or speak to the terminal: some of it comes from strangers. */
const CONTROL_CHARACTERS = /\p{Cc}/gu;

function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${code}`;
  });
}

function timeOfDay(nowMs: number): string {
  const date = new Date(nowMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return (
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}` +
    `.${String(date.getMilliseconds()).padStart(3, "0")}`
  );
}

function describeFields(fields: LogFields): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${name}=${describeValue(value)}`);
  }
  return parts.join(" ");
}

function describeValue(value: unknown): string {
  if (value instanceof Error) return describeError(value).stack;
  if (typeof value === "string") {
    return printable(/[\s"=]/.test(value) ? JSON.stringify(value) : value);
  }
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" ? inner.toString() : inner,
  );
}

interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack: string;
}

function describeError(error: Error): ErrorDescription {
  const code = "code" in error ? { code: String(error.code) } : {};
  return { name: error.name, message: error.message, ...code, stack: stackOf(error) };
}

function stackOf(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
