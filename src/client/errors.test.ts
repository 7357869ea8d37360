import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode, isRetriable } from "../protocol/error-code.ts";
import { codesByCause } from "./error-facts.ts";
import {
  AuthorizationError,
  brokerError,
  clientError,
  ConnectionError,
  GroupError,
  isKafkaError,
  isRetriableError,
  KafkaError,
  PartitionError,
  withContext,
  type AnyKafkaError,
  type KafkaErrorCode,
} from "./errors.ts";

/** Compiles as long as a switch over the code tells the errors apart. */
function adviceFor(error: AnyKafkaError): string {
  switch (error.code) {
    case "TOPIC_AUTHORIZATION_FAILED":
      return error.code satisfies "TOPIC_AUTHORIZATION_FAILED";
    case "CONNECTION_CLOSED":
    case "CONNECTION_FAILED":
      return error.code satisfies "CONNECTION_CLOSED" | "CONNECTION_FAILED";
    default:
      return error.code satisfies Exclude<KafkaErrorCode, "CONNECTION_CLOSED">;
  }
}
type Unclassed = Exclude<KafkaErrorCode, AnyKafkaError["code"]>;
const unclassed: Unclassed[] = [];

test("every code of the protocol has one cause, and what Kafka says of it", () => {
  assert.deepEqual(unclassed, []);
  const all = Object.values(codesByCause).flatMap((codes): readonly string[] => codes);
  assert.equal(new Set(all).size, all.length);
  for (const [name, errorCode] of Object.entries(ErrorCode)) {
    if (errorCode === ErrorCode.NONE) continue;
    assert.ok(all.includes(name), name);
    const error = brokerError(errorCode, {});
    assert.equal(error.code, name);
    assert.equal(error.errorCode, errorCode);
    if (name !== "REBOOTSTRAP_REQUIRED") assert.equal(error.retriable, isRetriable(errorCode));
    assert.match(error.helpUrl ?? "", /^https:\/\/kafka\.apache\.org\//);
    assert.ok(error instanceof KafkaError && isKafkaError(error));
  }
});

test("errors are of the class of their cause, and say what they are about", () => {
  const stale = brokerError(ErrorCode.NOT_LEADER_OR_FOLLOWER, { topic: "orders", partition: 3 });
  assert.ok(stale instanceof PartitionError);
  assert.equal(
    stale.message,
    "partition orders-3: another broker leads it now (NOT_LEADER_OR_FOLLOWER)",
  );
  const denied = brokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, { topic: "orders" });
  assert.ok(denied instanceof AuthorizationError);
  assert.ok(isKafkaError(denied));
  assert.equal(adviceFor(denied), "TOPIC_AUTHORIZATION_FAILED");
  assert.equal(denied.name, "AuthorizationError");
  assert.match(denied.remedy ?? "", /ACL/);
  const gone = brokerError(ErrorCode.UNKNOWN_MEMBER_ID, { group: "mail" }, "its own words");
  assert.ok(gone instanceof GroupError);
  assert.deepEqual([gone.needsRejoin, gone.fatal, gone.retriable], [true, false, false]);
  assert.equal(gone.message, "group mail: its own words (UNKNOWN_MEMBER_ID)");
  const fenced = brokerError(ErrorCode.PRODUCER_FENCED, { transactionalId: "tx" });
  assert.equal(fenced.fatal, true);
});

test("a code that this client has never heard of is a failure of the broker, with its number", () => {
  const error = brokerError(9_999, { api: "Fetch" });
  assert.deepEqual([error.code, error.errorCode], ["UNKNOWN_SERVER_ERROR", 9_999]);
  assert.match(error.message, /UNKNOWN\(9999\)/);
});

test("errors of this side have no page of the protocol, and may be retriable", () => {
  const closed = clientError("CONNECTION_CLOSED", "gone", { cause: new Error("ECONNRESET") });
  assert.ok(closed instanceof ConnectionError);
  assert.deepEqual([closed.retriable, closed.helpUrl], [true, undefined]);
  const told = withContext(closed, { api: "Fetch", apiKey: 1 });
  assert.deepEqual(told.context, { api: "Fetch", apiKey: 1 });
  assert.equal(told.cause, closed.cause);
  assert.equal(isRetriableError(told), true);
  assert.equal(isRetriableError(clientError("CLOSED", "closed")), false);
});
