import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, type Kafka } from "../../src/index.ts";
import type { AclFilter, NewAcl } from "../../src/client/admin/acls.ts";
import { until } from "./admin-scene.ts";
import { passwords, readSecuredTarget } from "./secured-target.ts";
import { uniqueName } from "./target.ts";

const secured = readSecuredTarget();
const options = {
  skip: secured === undefined && "runs in npm run interop -- client-security",
};
let kafka: Kafka;

before(async () => {
  if (secured === undefined) return;
  const alice = { username: "alice", password: passwords.alice };
  kafka = await connect(secured.bootstrap.sasl, { sasl: { mechanism: "PLAIN", ...alice } });
});

after(() => kafka?.close());

test("ACLs are created, found by what they match, and deleted", options, async () => {
  const { admin } = kafka;
  const prefix = uniqueName("acl");
  const principal = "User:ada";
  const acls: readonly NewAcl[] = [
    { resourceType: "topic", resourceName: `${prefix}-a`, principal, operation: "read" },
    {
      resourceType: "topic",
      resourceName: prefix,
      patternType: "prefixed",
      principal,
      operation: "write",
      permission: "deny",
      host: "10.0.0.1",
    },
    { resourceType: "group", resourceName: prefix, principal, operation: "describeConfigs" },
    {
      resourceType: "transactionalId",
      resourceName: prefix,
      principal,
      operation: "twoPhaseCommit",
    },
    { resourceType: "topic", resourceName: prefix, principal: "nobody", operation: "read" },
  ];
  const created = await admin.createAcls(acls);
  assert.deepEqual(
    created.map(({ error }) => error?.code),
    [undefined, undefined, undefined, undefined, "INVALID_REQUEST"],
  );
  const filter: AclFilter = { resourceType: "topic", principal };
  await until(async () => (await admin.describeAcls(filter)).length === 2);
  const exact = await admin.describeAcls({ resourceName: `${prefix}-a`, patternType: "literal" });
  assert.deepEqual(exact, [
    {
      resourceType: "topic",
      resourceName: `${prefix}-a`,
      patternType: "literal",
      principal,
      host: "*",
      operation: "read",
      permission: "allow",
    },
  ]);
  const matching = await admin.describeAcls({
    resourceType: "topic",
    resourceName: `${prefix}-a`,
    patternType: "match",
  });
  assert.deepEqual(matching.map(({ patternType }) => patternType).sort(), ["literal", "prefixed"]);
  const [deleted, none] = await admin.deleteAcls([
    { principal },
    { principal: "User:nobody", operation: "read" },
  ]);
  assert.equal(deleted?.value?.length, 4);
  assert.ok(deleted.value.every(({ error }) => error === undefined));
  assert.ok(deleted.value.some(({ value }) => value?.operation === "twoPhaseCommit"));
  assert.deepEqual(none?.value, []);
  await until(async () => (await admin.describeAcls({ principal })).length === 0);
});

test("a token is created, found, used, renewed and ended", options, async () => {
  assert.ok(secured !== undefined);
  const { admin } = kafka;
  const token = await admin.createDelegationToken({
    renewers: ["User:ada"],
    maxLifetimeMs: 3_600_000,
  });
  assert.equal(token.owner, "User:alice");
  assert.equal(token.requester, "User:alice");
  assert.ok(token.maxTimestamp - token.issueTimestamp <= 3_600_000);
  await until(async () => (await admin.describeDelegationTokens()).length > 0);
  const found = await admin.describeDelegationTokens({ owners: ["User:alice"] });
  const same = found.find(({ tokenId }) => tokenId === token.tokenId);
  assert.deepEqual(same?.hmac, token.hmac);
  assert.deepEqual(same?.renewers, ["User:ada"]);
  const bearer = await connect(secured.bootstrap.sasl, {
    sasl: {
      mechanism: "SCRAM-SHA-256",
      username: token.tokenId,
      password: token.hmac.toString("base64"),
      tokenAuth: true,
    },
  });
  const code = "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED";
  await assert.rejects(bearer.admin.createDelegationToken(), { code });
  assert.equal((await bearer.admin.describeCluster()).brokers.length, 1);
  await bearer.close();
  const renewed = await admin.renewDelegationToken(token.hmac, { renewPeriodMs: 1_800_000 });
  assert.ok(Math.abs(renewed - Date.now() - 1_800_000) < 60_000);
  const ended = await admin.expireDelegationToken(token.hmac);
  assert.ok(ended <= Date.now() + 1_000);
  await until(async () => {
    const left = await admin.describeDelegationTokens();
    return !left.some(({ tokenId }) => tokenId === token.tokenId);
  });
  await assert.rejects(admin.renewDelegationToken(token.hmac), {
    code: "DELEGATION_TOKEN_NOT_FOUND",
  });
  await assert.rejects(admin.createDelegationToken({ owner: "alice" }), {
    code: "INVALID_PRINCIPAL_TYPE",
  });
});
