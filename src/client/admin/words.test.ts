import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTHORIZED_OPERATIONS_OMITTED } from "../../protocol/constants.ts";
import { KafkaError } from "../errors.ts";
import { aclOperationsOf } from "./acl-words.ts";
import { aclText } from "./acls.ts";
import { groupStateOf, groupTypeOf } from "./group-words.ts";
import { quotaEntityText } from "./quotas.ts";
import { vocabulary } from "./vocabulary.ts";

test("words and numbers of an enumeration are found in both directions", () => {
  const colours = vocabulary([
    ["red", 1],
    ["green", 4],
  ]);
  assert.equal(colours.wordOf(4), "green");
  assert.equal(colours.wordOf(2), "unknown");
  assert.equal(colours.codeOf("red"), 1);
  const untyped: { codeOf(word: string): number } = vocabulary<readonly [string, number]>([
    ["red", 1],
  ]);
  assert.throws(
    () => untyped.codeOf("blue"),
    (thrown) => thrown instanceof KafkaError && thrown.remedy === "Give one of red.",
  );
});

test("authorized operations are the bits of their numbers", () => {
  assert.equal(aclOperationsOf(AUTHORIZED_OPERATIONS_OMITTED), null);
  assert.deepEqual(aclOperationsOf((1 << 3) | (1 << 4) | (1 << 8)), ["read", "write", "describe"]);
  assert.deepEqual(aclOperationsOf(0), []);
});

test("groups are called the same whatever the release calls them", () => {
  assert.equal(groupTypeOf("consumer"), "Consumer");
  assert.equal(groupTypeOf(""), "Classic");
  assert.equal(groupTypeOf("Quantum"), "Unknown");
  assert.equal(groupStateOf("NOT_READY".replace("_", "")), "NotReady");
  assert.equal(groupStateOf(""), "Unknown");
});

test("ACLs and entities of quotas have words", () => {
  const acl = { resourceType: "topic", principal: "User:ada", operation: "read" } as const;
  assert.equal(
    aclText({ ...acl, resourceName: "orders", patternType: "prefixed" }),
    "allow User:ada from * to read topic orders…",
  );
  assert.equal(
    aclText({ ...acl, resourceType: "cluster", permission: "deny", host: "10.0.0.1" }),
    "deny User:ada from 10.0.0.1 to read cluster kafka-cluster",
  );
  assert.equal(quotaEntityText({ user: "ada", "client-id": null }), "user ada, default client-id");
});
