import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, parseLogLevel, silentLogger, type LoggerOptions } from "./logger.ts";

function recorded(options: Partial<LoggerOptions>): {
  readonly lines: string[];
  readonly logger: ReturnType<typeof createLogger>;
} {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "json",
    sink: (text) => lines.push(text),
    nowMs: () => 1_700_000_000_000,
    ...options,
  });
  return { lines, logger };
}

test("a json line is one object with pino's fields, the message last", () => {
  const { lines, logger } = recorded({});
  logger.child({ room: "storage" }).warn("segment rolled", { offset: 12, size: 5n });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]!.endsWith("\n"));
  const { pid, hostname, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.equal(pid, process.pid);
  assert.equal(typeof hostname, "string");
  assert.deepEqual(rest, {
    level: 40,
    time: 1_700_000_000_000,
    room: "storage",
    offset: 12,
    size: "5",
    msg: "segment rolled",
  });
});

test("lines above the level are not written, and nothing is when silent", () => {
  const { lines, logger } = recorded({ level: "warn" });
  logger.info("no");
  logger.debug("no");
  logger.warn("yes");
  logger.error("yes");
  assert.equal(lines.length, 2);
  assert.equal(logger.isEnabled("info"), false);
  assert.equal(logger.isEnabled("error"), true);
  assert.equal(recorded({ level: "silent" }).logger, silentLogger);
});

test("an error is written with its stack and the stack of its cause", () => {
  const { lines, logger } = recorded({});
  logger.error("append failed", { error: new Error("outer", { cause: new TypeError("inner") }) });
  const { error } = JSON.parse(lines[0]!) as { error: { message: string; stack: string } };
  assert.equal(error.message, "outer");
  assert.match(error.stack, /caused by TypeError: inner/);
});

test("nothing that a stranger names begins a line of its own or speaks to the terminal", () => {
  const { lines, logger } = recorded({ format: "text" });
  logger.warn("member a\nERROR all is lost", { client: "\u001b[31mred\u007f", group: "a b\r\n" });
  assert.equal(lines.length, 1);
  const line = lines[0]!.slice(0, -1);
  assert.doesNotMatch(line, /\p{Cc}/u);
  assert.match(line, /member a\\u000aERROR all is lost client=\\u001b\[31mred/);
});

test("a text line has time, level, message and its fields", () => {
  const { lines, logger } = recorded({ format: "text" });
  logger.info("ready", { port: 9092, note: "two words", missing: undefined });
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d\.\d{3} info {2}ready port=9092 note="two words"\n$/);
});

test("a verbatim line is written as it is", () => {
  for (const format of ["json", "text"] as const) {
    const { lines, logger } = recorded({ format });
    logger.verbatim("[KafkaServer id=1] started");
    assert.deepEqual(lines, ["[KafkaServer id=1] started\n"]);
  }
});

test("a room may have a level of its own", () => {
  const { lines, logger } = recorded({ level: "warn", levels: { storage: "debug" } });
  logger.child({ room: "storage" }).debug("yes");
  logger.child({ room: "server" }).debug("no");
  assert.equal(lines.length, 1);
});

test("level names are read as people and log4j write them", () => {
  assert.equal(parseLogLevel(" WARN "), "warn");
  assert.equal(parseLogLevel("warning"), "warn");
  assert.equal(parseLogLevel("OFF"), "silent");
  assert.equal(parseLogLevel("loud"), undefined);
});
