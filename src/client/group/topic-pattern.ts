import { messageOf } from "../../core/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { kafkaError } from "../errors.ts";

/** Tells which names a pattern means: those that it matches from end to end. */
export interface TopicPattern {
  readonly source: string;
  matches(topic: string): boolean;
}

/**
 * A pattern in RE2 syntax, as brokers evaluate it in the new protocol (KIP-848). Its engine takes time
 * linear in the name, whatever the pattern, and is loaded when the first pattern is used. Throws
 * `INVALID_REGULAR_EXPRESSION`.
 */
export async function compilePattern(source: string, group: string): Promise<TopicPattern> {
  const { RE2JS } = await import("re2js");
  try {
    const compiled = RE2JS.compile(source);
    return { source, matches: (topic) => compiled.matches(topic) };
  } catch (thrown) {
    throw kafkaError(`group ${group}: "${source}" is no RE2 pattern: ${messageOf(thrown)}`, {
      code: "INVALID_REGULAR_EXPRESSION",
      errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
      context: { group },
      cause: thrown,
      remedy:
        "See https://github.com/google/re2/wiki/Syntax; look-around and back references are not in it.",
    });
  }
}
