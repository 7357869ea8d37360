import type { Clock, Timer } from "../platform/clock.ts";
import type { LogFields, Logger } from "../telemetry/logger.ts";

/** One line of a kind in this time; what else there was of it is told as a number. */
export const REPEATED_LINES_MS = 10_000;

/** What has been held back of one kind of line. */
interface Kind {
  readonly level: "warn" | "error";
  count: number;
  message: string;
  fields: LogFields;
  timer: Timer;
}

/**
 * Writes lines about what strangers can cause as often as they like: the first of a kind at once, then
 * at most one in {@link REPEATED_LINES_MS}, with how many there were and the last of them.
 */
export class RepeatedLines {
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** Kinds that were written lately. */
  readonly #kinds = new Map<string, Kind>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** `kind` is one of a few names, never made of what a stranger sent. */
  warn(kind: string, message: string, fields: LogFields): void {
    this.#line("warn", kind, message, fields);
  }

  error(kind: string, message: string, fields: LogFields): void {
    this.#line("error", kind, message, fields);
  }

  /** Tells what has been held back. */
  close(): void {
    for (const kind of this.#kinds.values()) {
      kind.timer.cancel();
      this.#tell(kind);
    }
    this.#kinds.clear();
  }

  #line(level: Kind["level"], name: string, message: string, fields: LogFields): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) {
      this.#logger[level](message, fields);
      const timer = this.#clock.setTimer(REPEATED_LINES_MS, () => this.#elapsed(name));
      this.#kinds.set(name, { level, count: 0, message, fields, timer });
      return;
    }
    kind.count++;
    kind.message = message;
    kind.fields = fields;
  }

  #elapsed(name: string): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    if (kind.count === 0) {
      this.#kinds.delete(name);
      return;
    }
    this.#tell(kind);
    kind.timer = this.#clock.setTimer(REPEATED_LINES_MS, () => this.#elapsed(name));
  }

  #tell(kind: Kind): void {
    if (kind.count === 0) return;
    const times = kind.count === 1 ? "" : ` (${kind.count} such since the last line)`;
    this.#logger[kind.level](`${kind.message}${times}`, kind.fields);
    kind.count = 0;
  }
}
