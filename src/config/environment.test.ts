import assert from "node:assert/strict";
import { test } from "node:test";

import { onEveryInterface, readEnvironment, settingOfVariable } from "./environment.ts";

test("a variable stands for the setting that the apache/kafka image takes it for", () => {
  for (const [variable, setting] of [
    ["KAFKA_NODE_ID", "node.id"],
    ["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "listener.security.protocol.map"],
    ["KAFKA_LOG_RETENTION_MS", "log.retention.ms"],
    ["KAFKA_A__B", "a_b"],
    ["KAFKA_A___B", "a-b"],
    ["KAFKA_A____B", "a-.b"],
    ["KAFKA_X_KAFKA_Y", "x.y"],
    [
      "KAFKA_LISTENER_NAME_INTERNAL_SCRAM___SHA___256_SASL_JAAS_CONFIG",
      "listener.name.internal.scram-sha-256.sasl.jaas.config",
    ],
    ["KAFKA_HEAP_OPTS", undefined],
    ["KAFKA_LOG4J_ROOT_LOGLEVEL", undefined],
    ["KAFKA_JMX_PORT", undefined],
    ["KAFKA_VERSION", undefined],
    ["KAFKA_", undefined],
    ["CLUSTER_ID", undefined],
    ["kafka_node_id", undefined],
  ] as const) {
    assert.equal(settingOfVariable(variable), setting, variable);
  }
});

test("arguments win over variables, and the cluster id has no prefix", () => {
  const { layer, clusterId } = readEnvironment(
    { KAFKA_NUM_PARTITIONS: "3", CLUSTER_ID: "5L6g3nShT-eMCtK--X86sw", PATH: "/bin" },
    ["KAFKA_NUM_PARTITIONS=5", "KAFKA_NODE_ID=2", "nonsense"],
  );
  assert.deepEqual(Object.fromEntries(layer.texts), { "num.partitions": "5", "node.id": "2" });
  assert.equal(layer.origins?.get("num.partitions"), "KAFKA_NUM_PARTITIONS");
  assert.equal(clusterId, "5L6g3nShT-eMCtK--X86sw");
  assert.equal(readEnvironment({ CLUSTER_ID: "" }).clusterId, undefined);
});

test("whoever advertises and does not say where to listen listens on every interface", () => {
  const advertised = "PLAINTEXT://localhost:9092,BROKER://[::1]:9094,X://:9095";
  const listeners = "PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9094,X://0.0.0.0:9095";
  assert.equal(onEveryInterface(advertised), listeners);
  const derived = readEnvironment({ KAFKA_ADVERTISED_LISTENERS: advertised });
  assert.equal(derived.layer.texts.get("listeners"), listeners);
  const both = readEnvironment({
    KAFKA_ADVERTISED_LISTENERS: advertised,
    KAFKA_LISTENERS: "A://:1",
  });
  assert.equal(both.layer.texts.get("listeners"), "A://:1");
  const controller = readEnvironment({
    KAFKA_ADVERTISED_LISTENERS: advertised,
    KAFKA_PROCESS_ROLES: "controller",
  });
  assert.equal(controller.layer.texts.has("listeners"), false);
});

test("log4j's levels become ours", () => {
  const { logLevels } = readEnvironment({
    KAFKA_LOG4J_ROOT_LOGLEVEL: "WARN",
    KAFKA_LOG4J_LOGGERS: "kafka.controller=DEBUG, org.apache.kafka=OFF,broken,x=NONSENSE",
  });
  assert.equal(logLevels.root, "warn");
  assert.deepEqual(Object.fromEntries(logLevels.loggers), {
    "kafka.controller": "debug",
    "org.apache.kafka": "silent",
  });
  assert.equal(readEnvironment({}).logLevels.root, undefined);
});
