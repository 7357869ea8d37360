import { messageOf } from "../../core/errors.ts";
import { clientError, kafkaError, type KafkaError } from "../errors.ts";

/** The records that wait fill the producer's memory (`bufferBytes`). */
export function bufferFull(topic: string, bufferBytes: number): KafkaError {
  const message = `topic ${topic}: ${bufferBytes} bytes of records wait, there is no room for more`;
  return clientError("BUFFER_FULL", message, {
    context: { topic },
    remedy: "Wait for ready() before posting, or give the producer more bufferBytes.",
  });
}

/** A record that no request can carry. */
export function recordTooLarge(topic: string, bytes: number, maxBytes: number): KafkaError {
  const message = `topic ${topic}: a record of ${bytes} bytes, a request takes ${maxBytes}`;
  return kafkaError(`${message} (MESSAGE_TOO_LARGE)`, {
    code: "MESSAGE_TOO_LARGE",
    context: { topic },
    remedy: "Raise the producer's requestBytesMax, and max.message.bytes of the topic with it.",
  });
}

/** What a codec could not write; `cause` is what it threw. */
export function encodeFailed(
  topic: string,
  part: "key" | "value" | "headers",
  cause: unknown,
): KafkaError {
  const message = `topic ${topic}: the ${part} cannot be encoded: ${messageOf(cause)}`;
  return clientError("ENCODE_FAILED", message, { context: { topic }, cause });
}

/** The record was not acknowledged in time; `cause` is what went wrong last. */
export function deliveryTimedOut(
  topic: string,
  partition: number,
  details: {
    readonly timeoutMs: number;
    /** Whether the record may be in the log all the same. */
    readonly mayBeWritten: boolean;
    readonly cause: unknown;
  },
): KafkaError {
  const { timeoutMs, mayBeWritten, cause } = details;
  const because = cause === undefined ? "" : `: ${messageOf(cause)}`;
  const fate = mayBeWritten ? " (it may have been written all the same)" : "";
  const message = `partition ${topic}-${partition}: not acknowledged within ${timeoutMs / 1000} s`;
  return clientError("TIMED_OUT", `${message}${fate}${because}`, {
    context: { topic, partition },
    cause,
  });
}

/** There was no room for the record, or its topic did not answer, for too long. */
export function notAccepted(topic: string, timeoutMs: number, cause: unknown): KafkaError {
  const because = cause === undefined ? "" : `: ${messageOf(cause)}`;
  const message = `topic ${topic}: the record was not taken within ${timeoutMs / 1000} s${because}`;
  return clientError("TIMED_OUT", message, { context: { topic }, cause });
}

/** What was not sent because the producer was closed before. */
export function closedBefore(topic: string): KafkaError {
  const message = `topic ${topic}: the producer was closed before the record was acknowledged`;
  return clientError("CLOSED", message, { context: { topic } });
}

/** Options that cannot be, alone or together. */
export function invalidOption(message: string, remedy: string): KafkaError {
  return clientError("INVALID_ARGUMENT", message, { remedy });
}

/** Anything that was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
