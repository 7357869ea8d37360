import { MoldauError, messageOf } from "../core/errors.ts";
import type { Problem } from "./api.ts";

const statuses: Readonly<Record<string, 400 | 403 | 404 | 409 | 413>> = {
  TOO_LARGE: 413,
  BAD_REQUEST: 400,
  INVALID_ARGUMENT: 400,
  UNKNOWN_TOPIC_OR_PARTITION: 404,
  UNKNOWN_TOPIC_ID: 404,
  GROUP_ID_NOT_FOUND: 404,
  TOPIC_ALREADY_EXISTS: 409,
  NON_EMPTY_GROUP: 409,
  TOPIC_AUTHORIZATION_FAILED: 403,
  GROUP_AUTHORIZATION_FAILED: 403,
  CLUSTER_AUTHORIZATION_FAILED: 403,
};

/** What was thrown, as it is told, and the status of the answer that tells it. */
export function problemOf(error: unknown): {
  readonly status: 400 | 403 | 404 | 409 | 413 | 500 | 503;
  readonly body: Problem;
} {
  if (!(error instanceof MoldauError)) {
    return { status: 500, body: { code: "UNEXPECTED", message: messageOf(error) } };
  }
  const { code, remedy, retriable } = error;
  // The code is told by itself.
  const message = error.message.replace(` (${code})`, "");
  const body = { code, message, ...(remedy === undefined ? {} : { remedy }) };
  return { status: statuses[code] ?? (retriable ? 503 : 400), body };
}
