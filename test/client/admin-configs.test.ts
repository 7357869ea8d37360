import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAdmin, until, type AdminScene } from "./admin-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

let scene: AdminScene;

before(async () => {
  scene = await startAdmin();
});

after(() => scene.close());

test("settings tell their type, where they come from, and what they are for", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t);
  const resource = { type: "topic", name } as const;
  await admin.alterConfigs(resource, { "retention.ms": 1_000 });
  await until(async () => {
    const [entry] = await admin.describeConfigs(resource, { names: ["retention.ms"] });
    return entry?.isDefault === false;
  });
  const entries = await admin.describeConfigs(resource, { includeDocumentation: true });
  const retention = entries.find((entry) => entry.name === "retention.ms");
  assert.deepEqual(
    { ...retention, documentation: undefined },
    {
      name: "retention.ms",
      value: "1000",
      type: "long",
      source: "topic",
      isDefault: false,
      isReadOnly: false,
      isSensitive: false,
      synonyms: [{ name: "retention.ms", value: "1000", source: "topic" }],
      documentation: undefined,
    },
  );
  assert.ok((retention?.documentation ?? "").length > 40);
  const segment = entries.find((entry) => entry.name === "segment.bytes");
  assert.deepEqual([segment?.source, segment?.isDefault, segment?.type], ["default", true, "int"]);
  assert.deepEqual(
    segment?.synonyms.map(({ name: synonym, source }) => [synonym, source]),
    [["log.segment.bytes", "default"]],
  );
  const [one] = await admin.describeConfigs(resource, {
    names: ["retention.ms"],
    includeSynonyms: false,
  });
  assert.deepEqual([one?.name, one?.synonyms, one?.documentation], ["retention.ms", [], null]);
});

test("settings are set, appended to, subtracted from, and put back", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t);
  const resource = { type: "topic", name } as const;
  const policy = async () => {
    const [entry] = await admin.describeConfigs(resource, { names: ["cleanup.policy"] });
    return entry?.value;
  };
  await admin.alterConfigs(resource, { "cleanup.policy": "compact" });
  await until(async () => (await policy()) === "compact");
  await admin.alterConfigs(resource, [
    { name: "cleanup.policy", value: "delete", operation: "append" },
  ]);
  await until(async () => (await policy()) === "compact,delete");
  await admin.alterConfigs(resource, [
    { name: "cleanup.policy", value: "compact", operation: "subtract" },
  ]);
  await until(async () => (await policy()) === "delete");
  await admin.alterConfigs(resource, { "cleanup.policy": "compact" }, { validateOnly: true });
  await admin.alterConfigs(resource, { "retention.ms": 1, "cleanup.policy": null });
  await until(async () => {
    const [entry] = await admin.describeConfigs(resource, { names: ["cleanup.policy"] });
    return entry?.isDefault === true;
  });
  await assert.rejects(admin.alterConfigs(resource, { "retention.ms": "soon" }), {
    code: "INVALID_CONFIG",
  });
});

test("several resources are asked at once, each with its outcome", async (t) => {
  const { admin, cluster } = scene;
  const name = await scene.topic(t);
  const id = String(cluster.controllerId);
  const outcomes = await admin.describeConfigsOf([
    { type: "topic", name },
    { type: "topic", name: "nothing" },
    { type: "broker", name: id },
    { type: "broker", name: "4711" },
    { type: "group", name: uniqueName("group") },
  ]);
  assert.deepEqual(
    outcomes.map(({ name: of, value, error }) => [
      of.split(" ")[0],
      (value?.length ?? 0) > 0,
      error?.code,
    ]),
    [
      ["topic", true, undefined],
      ["topic", false, "UNKNOWN_TOPIC_OR_PARTITION"],
      ["broker", true, undefined],
      ["broker", false, "BROKER_NOT_AVAILABLE"],
      ["group", true, undefined],
    ],
  );
  const changed = await admin.alterConfigsOf([
    { resource: { type: "topic", name }, changes: { "retention.ms": 5_000 } },
    { resource: { type: "topic", name: "nothing" }, changes: { "retention.ms": 5_000 } },
  ]);
  assert.deepEqual(
    changed.map(({ error }) => error?.code),
    [undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
  );
});

test("a broker, all brokers and a group have settings of their own", async (t) => {
  const { admin, cluster } = scene;
  const group = { type: "group", name: uniqueName("group") } as const;
  await admin.alterConfigs(group, { "consumer.session.timeout.ms": 50_000 });
  t.after(() => admin.alterConfigs(group, { "consumer.session.timeout.ms": null }));
  await until(async () => {
    const names = ["consumer.session.timeout.ms"];
    const [entry] = await admin.describeConfigs(group, { names });
    return entry?.value === "50000" && entry.source === "group";
  });
  const one = { type: "broker", name: String(cluster.controllerId) } as const;
  const all = { type: "broker", name: "" } as const;
  const names = ["log.cleaner.threads"];
  await admin.alterConfigs(all, { "log.cleaner.threads": 2 });
  t.after(() => admin.alterConfigs(all, { "log.cleaner.threads": null }));
  await until(async () => {
    const [entry] = await admin.describeConfigs(one, { names });
    return entry?.value === "2" && entry.source === "brokerDefault";
  });
  await assert.rejects(admin.describeConfigs({ type: "broker", name: "one" }), {
    code: "INVALID_REQUEST",
  });
});

test("everything that has settings is listed by its kind", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t);
  const topics = await admin.listConfigResources(["topic"]);
  assert.ok(topics.some((resource) => resource.name === name));
  assert.ok(topics.every(({ type }) => type === "topic"));
  const all = await admin.listConfigResources();
  assert.ok(all.some(({ type }) => type === "broker"));
});

test("loggers of a broker have levels", async (t) => {
  if (skipOnMoldau(t, "levels of loggers")) return;
  const { admin, cluster } = scene;
  const resource = { type: "brokerLogger", name: String(cluster.controllerId) } as const;
  const entries = await admin.describeConfigs(resource);
  assert.ok(entries.some(({ name, source }) => name === "kafka.log" || source === "brokerLogger"));
});

test("subscriptions to metrics of clients are set and listed", async (t) => {
  if (skipOnMoldau(t, "subscriptions to metrics")) return;
  const { admin } = scene;
  const name = uniqueName("metrics");
  const resource = { type: "clientMetrics", name } as const;
  await admin.alterConfigs(resource, { "interval.ms": 60_000, metrics: "org.apache.kafka" });
  t.after(() => admin.alterConfigs(resource, { "interval.ms": null, metrics: null }));
  await until(async () => {
    const listed = await admin.listConfigResources(["clientMetrics"]);
    return listed.some((one) => one.name === name && one.type === "clientMetrics");
  });
  const [interval] = await admin.describeConfigs(resource, { names: ["interval.ms"] });
  assert.deepEqual([interval?.value, interval?.source], ["60000", "clientMetrics"]);
});
