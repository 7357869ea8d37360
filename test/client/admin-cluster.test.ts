import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAdmin, until, type AdminScene } from "./admin-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

let scene: AdminScene;

before(async () => {
  scene = await startAdmin();
});

after(() => scene.close());

/** The id of a broker or controller that no test starts. */
const NOBODY = 4711;
const DIRECTORY = "AAAAAAAAAAAAAAAAAAAAAw";

test("the cluster tells its brokers, its controllers and its features", async () => {
  const { admin, cluster, target } = scene;
  const described = await admin.describeCluster({
    includeAuthorizedOperations: true,
    includeFencedBrokers: true,
  });
  assert.equal(described.clusterId, cluster.clusterId);
  const [host, port] = target.bootstrap.split(":");
  assert.deepEqual(described.brokers, [
    { id: described.controllerId, host, port: Number(port), rack: null, isFenced: false },
  ]);
  assert.equal(described.controllers?.length, 1);
  const [controller] = described.controllers;
  assert.equal(controller?.isActive, true);
  assert.equal(controller.endpoints[0]?.name, "CONTROLLER");
  assert.ok(described.authorizedOperations?.includes("alterConfigs"));
  const version = described.features.find(({ name }) => name === "metadata.version");
  assert.ok((version?.level ?? 0) > 0);
  const plain = await admin.describeCluster();
  assert.equal(plain.authorizedOperations, null);
});

test("features tell their levels, and a level that there is not is refused", async () => {
  const { admin } = scene;
  const { features, epoch } = await admin.describeFeatures();
  assert.ok((epoch ?? -1) >= 0);
  const group = features.find(({ name }) => name === "group.version");
  assert.ok((group?.maxSupported ?? 0) >= 1);
  const [refused] = await admin.updateFeatures([{ feature: "group.version", level: 999 }], {
    validateOnly: true,
  });
  assert.equal(refused?.name, "group.version");
  assert.equal(refused.error?.code, "INVALID_UPDATE_VERSION");
});

test("the quorum tells who leads and who is behind", async () => {
  const { admin } = scene;
  const quorum = await admin.describeMetadataQuorum();
  assert.ok(quorum.leaderEpoch >= 1);
  assert.ok(quorum.highWatermark > 0);
  assert.deepEqual(
    quorum.voters.map(({ replicaId, lag }) => [replicaId, lag]),
    [[quorum.leaderId, 0]],
  );
  assert.deepEqual(quorum.observers, []);
});

test("static voters stay as they are", async (t) => {
  if (skipOnMoldau(t, "changes of the voters")) return;
  const { admin } = scene;
  const endpoints = [{ name: "CONTROLLER", host: "127.0.0.1", port: 1 }];
  await assert.rejects(admin.addRaftVoter({ voterId: NOBODY, directoryId: DIRECTORY, endpoints }), {
    code: "UNSUPPORTED_VERSION",
  });
  await assert.rejects(admin.removeRaftVoter({ voterId: NOBODY, directoryId: DIRECTORY }), {
    code: "UNSUPPORTED_VERSION",
  });
});

test("brokers and controllers that are not registered cannot be forgotten", async (t) => {
  if (skipOnMoldau(t, "unregistering")) return;
  const { admin } = scene;
  await assert.rejects(admin.unregisterBroker(NOBODY), { code: "BROKER_ID_NOT_REGISTERED" });
  await assert.rejects(admin.unregisterController(NOBODY), {
    code: "CONTROLLER_ID_NOT_REGISTERED",
  });
});

test("users of SCRAM come and go, and their passwords stay here", async (t) => {
  if (skipOnMoldau(t, "SCRAM users")) return;
  const { admin } = scene;
  const user = uniqueName("user");
  const password = "a password";
  const outcomes = await admin.alterUserScramCredentials([
    { user, mechanism: "SCRAM-SHA-256", password },
    { user: uniqueName("weak"), mechanism: "SCRAM-SHA-512", password, iterations: 5 },
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [undefined, "UNACCEPTABLE_CREDENTIAL"],
  );
  await admin.alterUserScramCredentials([
    { user, mechanism: "SCRAM-SHA-512", password, iterations: 8_192 },
  ]);
  await until(async () => {
    const [found] = await admin.describeUserScramCredentials([user]);
    return found?.value?.length === 2;
  });
  const [found, missing] = await admin.describeUserScramCredentials([user, "nobody"]);
  // In which order Kafka tells them depends on the user.
  const told = [...(found?.value ?? [])].sort((a, b) => a.iterations - b.iterations);
  assert.deepEqual(told, [
    { mechanism: "SCRAM-SHA-256", iterations: 4_096 },
    { mechanism: "SCRAM-SHA-512", iterations: 8_192 },
  ]);
  assert.equal(missing?.error?.code, "RESOURCE_NOT_FOUND");
  const all = await admin.describeUserScramCredentials();
  assert.ok(all.some(({ name }) => name === user));
  const gone = await admin.alterUserScramCredentials([
    { user, mechanism: "SCRAM-SHA-256", password: null },
  ]);
  assert.equal(gone[0]?.error, undefined);
  await admin.alterUserScramCredentials([{ user, mechanism: "SCRAM-SHA-512", password: null }]);
});

test("quotas are set, found and removed", async (t) => {
  if (skipOnMoldau(t, "quotas")) return;
  const { admin } = scene;
  const user = uniqueName("user");
  const both = { user, "client-id": "shop" };
  const outcomes = await admin.alterClientQuotas([
    { entity: both, quotas: { producer_byte_rate: 1_000_000, request_percentage: 12.5 } },
    { entity: { user }, quotas: { consumer_byte_rate: 5_000 } },
    { entity: { ip: "10.1.2.3" }, quotas: { nonsense: 1 } },
  ]);
  assert.deepEqual(
    outcomes.map(({ name, error }) => [name, error?.code]),
    [
      [`user ${user}, client-id shop`, undefined],
      [`user ${user}`, undefined],
      ["ip 10.1.2.3", "INVALID_REQUEST"],
    ],
  );
  await until(async () => (await admin.describeClientQuotas({ user })).length === 2);
  const strict = await admin.describeClientQuotas({ user }, { strict: true });
  assert.deepEqual(strict, [{ entity: { user }, quotas: { consumer_byte_rate: 5_000 } }]);
  const any = await admin.describeClientQuotas({ user: { any: true }, "client-id": "shop" });
  assert.ok(any.some(({ entity }) => entity.user === user));
  await admin.alterClientQuotas([
    { entity: both, quotas: { producer_byte_rate: null, request_percentage: null } },
    { entity: { user }, quotas: { consumer_byte_rate: null } },
  ]);
  await until(async () => (await admin.describeClientQuotas({ user })).length === 0);
  assert.deepEqual(await admin.describeClientQuotas({ user: null }), []);
});

test("without an authorizer there are no ACLs, and without a login no tokens", async (t) => {
  if (skipOnMoldau(t, "ACLs and delegation tokens")) return;
  const { admin } = scene;
  await assert.rejects(admin.describeAcls(), { code: "SECURITY_DISABLED" });
  const [created] = await admin.createAcls([
    { resourceType: "topic", resourceName: "a", principal: "User:ada", operation: "read" },
  ]);
  assert.equal(created?.error?.code, "SECURITY_DISABLED");
  const [deleted] = await admin.deleteAcls([{ principal: "User:ada" }]);
  assert.equal(deleted?.error?.code, "SECURITY_DISABLED");
  const code = "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED";
  await assert.rejects(admin.createDelegationToken(), { code });
  await assert.rejects(admin.describeDelegationTokens(), { code });
  await assert.rejects(admin.renewDelegationToken(Buffer.from("a")), { code });
  await assert.rejects(admin.expireDelegationToken(Buffer.from("a")), { code });
});

test("what a broker does not serve is thrown by its name", async (t) => {
  const { admin, target } = scene;
  if (target.product === "kafka") {
    t.skip("Apache Kafka serves it all");
    return;
  }
  const code = "UNSUPPORTED_API";
  await assert.rejects(admin.listTransactions(), { code });
  await assert.rejects(admin.electLeaders("preferred", [{ topic: "a", partition: 0 }]), { code });
  await assert.rejects(admin.shareGroupOffsetsOf(["a", "b"]), { code });
});
