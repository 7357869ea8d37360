import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aclOperation,
  aclResource,
  filterFor,
  operationsFor,
  operationText,
  principalOf,
  resourceText,
} from "./acl-words.ts";

test("resources are written as they are printed", () => {
  for (const text of [
    "topic:orders",
    "topic:orders-*",
    "topic:*",
    "group:billing",
    "txn:shop-*",
    "token:abc",
    "user:ada",
    "cluster",
  ]) {
    const resource = aclResource(text);
    assert.equal(resourceText({ ...resource, resourceName: resource.resourceName ?? "" }), text);
  }
  assert.deepEqual(aclResource("topic:orders-*"), {
    resourceType: "topic",
    resourceName: "orders-",
    patternType: "prefixed",
  });
  // All topics are a name of its own to Kafka, not a prefix of nothing.
  assert.equal(aclResource("topic:*").patternType, "literal");
  assert.equal(aclResource("transactional-id:a").resourceType, "transactionalId");
});

test("what is no resource or operation is answered with the near one", () => {
  assert.throws(() => aclResource("orders"), { remedy: /^write topic:orders, group:/ });
  assert.throws(() => aclResource("topc:orders"), { remedy: "did you mean: topic:…" });
  assert.throws(() => aclResource("topic:"), { message: '"topic:" names no topic' });
  assert.throws(() => aclOperation("raed"), { remedy: "did you mean: read" });
});

test("operations are taken as ours and as Kafka's", () => {
  for (const text of ["describe-configs", "DescribeConfigs", "DESCRIBE_CONFIGS"]) {
    assert.equal(aclOperation(text), "describeConfigs");
  }
  assert.equal(operationText("twoPhaseCommit"), "two-phase-commit");
  assert.equal(operationText("read"), "read");
});

test("a role is what it needs of each resource", () => {
  assert.deepEqual(operationsFor("producer", "topic"), ["write", "describe", "create"]);
  assert.deepEqual(operationsFor("consumer", "group"), ["read"]);
  assert.deepEqual(operationsFor("read,alter", "topic"), ["read", "alter"]);
  assert.throws(() => operationsFor("consumer", "transactionalId"), {
    message: "a consumer needs nothing of a txn",
    remedy: "it needs topic and group",
  });
});

test("principals and filters", () => {
  assert.equal(principalOf("ada"), "User:ada");
  assert.equal(principalOf("User:CN=ada"), "User:CN=ada");
  const narrow = {
    principal: "User:ada",
    host: undefined,
    operation: undefined,
    permission: undefined,
  };
  assert.deepEqual(filterFor(undefined, narrow, true), narrow);
  assert.equal(filterFor(aclResource("topic:a"), narrow, true).patternType, "match");
  assert.equal(filterFor(aclResource("topic:a*"), narrow, false).patternType, "prefixed");
});
