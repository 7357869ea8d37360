import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError } from "./config-error.ts";
import { readEnvironment } from "./environment.ts";
import { logDirsOf, metadataLogDirOf } from "./config-checks.ts";
import { controllerAddresses, nodeListeners, quorumVotersOf } from "./listeners.ts";
import { loadNodeConfig, type NodeConfigInputs, type NodeFlags } from "./node-config.ts";
import { effectiveMinInsyncReplicas, effectiveReplicationFactor } from "./replication-factor.ts";

type Variables = Readonly<Record<string, string>>;

function load(variables: Variables = {}, rest: Partial<NodeConfigInputs> = {}) {
  const environment = readEnvironment(variables);
  return loadNodeConfig({ dataDirectory: "/data", environment, ...rest });
}

function addresses(listeners: readonly { name: string; host: string; port: number }[]): string[] {
  return listeners.map(({ name, host, port }) => `${name}://${host}:${port}`);
}

function problemsOf(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error;
  }
  assert.fail("it should have been refused");
}

test("without any setting there is a node on 127.0.0.1:9092, broker and controller in one", () => {
  const { config, notices } = load();
  const listeners = nodeListeners(config);
  assert.deepEqual(addresses(listeners.brokers), ["PLAINTEXT://127.0.0.1:9092"]);
  assert.deepEqual(addresses(listeners.advertised), ["PLAINTEXT://127.0.0.1:9092"]);
  assert.deepEqual(addresses(listeners.controllers), ["CONTROLLER://127.0.0.1:9093"]);
  assert.deepEqual(quorumVotersOf(config), [{ id: 1, host: "127.0.0.1", port: 9093 }]);
  assert.deepEqual(controllerAddresses(config), [{ host: "127.0.0.1", port: 9093 }]);
  assert.deepEqual(logDirsOf(config), ["/data"]);
  assert.equal(metadataLogDirOf(config), "/data");
  assert.equal(config.nodeId, 1);
  assert.deepEqual(notices, []);
});

const TUTORIAL: Variables = {
  KAFKA_NODE_ID: "1",
  KAFKA_PROCESS_ROLES: "broker,controller",
  KAFKA_LISTENERS: "PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093",
  KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://localhost:9092",
  KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
  KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
  KAFKA_NUM_PARTITIONS: "3",
};

test("the variables of the tutorials work as given", () => {
  const { config, notices } = load(TUTORIAL);
  const listeners = nodeListeners(config);
  assert.deepEqual(addresses(listeners.brokers), ["PLAINTEXT://0.0.0.0:9092"]);
  assert.deepEqual(addresses(listeners.controllers), ["CONTROLLER://0.0.0.0:9093"]);
  assert.deepEqual(addresses(listeners.advertised), ["PLAINTEXT://localhost:9092"]);
  assert.equal(config.get("num.partitions"), 3);
  assert.equal(config.get("offsets.topic.replication.factor"), 1);
  assert.deepEqual(notices, []);
});

test("one variable changes what it names and nothing else", () => {
  const { config } = load({ KAFKA_NUM_PARTITIONS: "7" });
  assert.equal(config.get("num.partitions"), 7);
  assert.deepEqual(config.get("process.roles"), ["broker", "controller"]);
});

test("listeners for clients alone get the controllers' one added, on a port that is free", () => {
  const { config } = load({
    KAFKA_LISTENERS: "INTERNAL://:9093,EXTERNAL://:9092",
    KAFKA_ADVERTISED_LISTENERS: "INTERNAL://kafka:9093,EXTERNAL://localhost:9092",
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT",
  });
  const listeners = nodeListeners(config);
  assert.deepEqual(addresses(listeners.brokers), ["INTERNAL://:9093", "EXTERNAL://:9092"]);
  assert.deepEqual(addresses(listeners.controllers), ["CONTROLLER://127.0.0.1:9094"]);
  assert.deepEqual(quorumVotersOf(config), [{ id: 1, host: "127.0.0.1", port: 9094 }]);
  assert.equal(listeners.interBroker, "INTERNAL");
});

test("advertised listeners alone make the node listen on every interface", () => {
  const { config } = load({ KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka:9092" });
  const listeners = nodeListeners(config);
  assert.deepEqual(addresses(listeners.brokers), ["PLAINTEXT://0.0.0.0:9092"]);
  assert.deepEqual(addresses(listeners.advertised), ["PLAINTEXT://kafka:9092"]);
  assert.equal(listeners.controllers.length, 1);
});

test("a whole node is completed only where its listeners were derived", () => {
  const { KAFKA_LISTENERS: _listeners, ...withoutListeners } = TUTORIAL;
  const { config } = load(withoutListeners);
  assert.deepEqual(addresses(nodeListeners(config).controllers), ["CONTROLLER://127.0.0.1:9093"]);
  const { KAFKA_CONTROLLER_LISTENER_NAMES: _names, ...withoutNames } = TUTORIAL;
  const error = problemsOf(() => load(withoutNames));
  assert.equal(error.problems[0]?.setting, "controller.listener.names");
});

test("a whole node replaces the preset, single settings lie over it", () => {
  const preset = new Map([
    ["process.roles", "broker,controller"],
    ["node.id", "1"],
    ["listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"],
    ["advertised.listeners", "PLAINTEXT://localhost:9092"],
    ["controller.listener.names", "CONTROLLER"],
    ["controller.quorum.voters", "1@localhost:9093"],
    ["num.network.threads", "3"],
    ["num.partitions", "9"],
  ]);
  const overlaid = load({ KAFKA_LOG_RETENTION_MS: "5" }, { preset });
  assert.equal(overlaid.config.get("num.partitions"), 9);
  assert.equal(overlaid.config.get("log.retention.ms"), 5);
  assert.deepEqual(overlaid.notices, [], "nobody asked for what the preset says");
  assert.equal(load(TUTORIAL, { preset }).config.get("num.partitions"), 3);
  const { KAFKA_NUM_PARTITIONS: _partitions, ...silent } = TUTORIAL;
  assert.equal(load(silent, { preset }).config.get("num.partitions"), 1);
});

test("a later layer wins: file, environment, flags, --set", () => {
  const text =
    "num.partitions=2\ndefault.replication.factor=2\nlog.dirs=/a,/b\nfetch.max.bytes=2000\n";
  const file = { name: "server.properties", text };
  const flags = { data: "/c", set: ["fetch.max.bytes=4000", "broker.rack=r1"] };
  const variables = { KAFKA_NUM_PARTITIONS: "3", KAFKA_FETCH_MAX_BYTES: "3000" };
  const { config } = load(variables, { file, flags });
  assert.equal(config.get("default.replication.factor"), 2);
  assert.equal(config.get("num.partitions"), 3);
  assert.equal(config.get("fetch.max.bytes"), 4000);
  assert.equal(config.get("broker.rack"), "r1");
  assert.deepEqual(logDirsOf(config), ["/c"]);
});

test("a port moves the first listener, and lets the controllers' take any", () => {
  const listenersOf = (flags: NodeFlags, variables: Variables = {}) =>
    nodeListeners(load(variables, { flags }).config);
  assert.deepEqual(addresses(listenersOf({ port: 9099 }).advertised), [
    "PLAINTEXT://127.0.0.1:9099",
  ]);
  assert.equal(listenersOf({ port: 9093 }).controllers[0]?.port, 0);
  const free = listenersOf({ port: 0 });
  assert.deepEqual([free.brokers[0]?.port, free.controllers[0]?.port], [0, 0]);
  const given = listenersOf({ port: 9099 }, TUTORIAL);
  assert.deepEqual(addresses(given.brokers), ["PLAINTEXT://0.0.0.0:9099"]);
});

test("an advertised address opens the node to others", () => {
  const listenersOf = (advertised: string) =>
    nodeListeners(load({}, { flags: { advertised } }).config);
  const byHost = listenersOf("kafka.example");
  assert.deepEqual(addresses(byHost.advertised), ["PLAINTEXT://kafka.example:9092"]);
  assert.deepEqual(addresses(byHost.brokers), ["PLAINTEXT://0.0.0.0:9092"]);
  assert.deepEqual(addresses(byHost.controllers), ["CONTROLLER://127.0.0.1:9093"]);
  assert.deepEqual(addresses(listenersOf("h:1").advertised), ["PLAINTEXT://h:1"]);
  assert.deepEqual(addresses(listenersOf("PLAINTEXT://h:2").advertised), ["PLAINTEXT://h:2"]);
});

test("broker.id serves as node.id", () => {
  const file = { name: "server.properties", text: "broker.id=5" };
  const { config } = load({}, { file });
  assert.equal(config.nodeId, 5);
  assert.equal(quorumVotersOf(config)[0]?.id, 5);
});

test("a wrong value is refused with setting, value, place, reason and remedy, all at once", () => {
  const error = problemsOf(() => load({ KAFKA_NUM_PARTITIONS: "0", KAFKA_LOG_PREALLOCATE: "yes" }));
  assert.equal(error.problems.length, 2);
  assert.deepEqual(error.problems[0], {
    setting: "num.partitions",
    value: "0",
    origin: "KAFKA_NUM_PARTITIONS",
    reason: "it must be at least 1",
    remedy: "Set num.partitions to a whole number of at least 1, or leave it out for 1.",
  });
  assert.match(
    error.message,
    /^num\.partitions=0 \(from KAFKA_NUM_PARTITIONS\): it must .*\(and 1 more\)$/,
  );
});

test("a security protocol that is not there yet is refused in so many words", () => {
  const error = problemsOf(() =>
    load({
      KAFKA_LISTENERS: "SASL_SSL://:9092",
      KAFKA_ADVERTISED_LISTENERS: "SASL_SSL://localhost:9092",
    }),
  );
  const reasons = error.problems.map((problem) => problem.reason).join("\n");
  assert.match(reasons, /SASL_SSL speaks SASL_SSL, and Moldau speaks PLAINTEXT alone so far/);
});

test("a secret never appears in a message", () => {
  const { config, notices } = load({ KAFKA_SSL_KEY_PASSWORD: "hush-hush" });
  assert.doesNotMatch(JSON.stringify(notices), /hush-hush/);
  assert.doesNotMatch(JSON.stringify(config.describe({ includeSynonyms: true })), /hush-hush/);
});

test("an unknown name is told with the one that was meant", () => {
  const { notices } = load({ KAFKA_LOG_RETENTION_HOUR: "3", KAFKA_FOO: "1" });
  assert.deepEqual(
    notices.map((notice) => notice.message),
    [
      "no setting is called foo",
      "no setting is called log.retention.hour; is log.retention.hours meant?",
    ],
  );
});

test("settings without effect are told once, together", () => {
  const { notices } = load({ KAFKA_NUM_IO_THREADS: "8", KAFKA_BACKGROUND_THREADS: "10" });
  assert.equal(notices.length, 1);
  assert.deepEqual(notices[0]?.settings, ["background.threads", "num.io.threads"]);
});

test("what a file cannot set is told", () => {
  const file = { name: "server.properties", text: "leader.replication.throttled.rate=5" };
  const { notices } = load({}, { file });
  assert.equal(notices[0]?.kind, "dynamic-only");
});

test("an internal topic's factor is lowered to what is there, unless somebody asked for it", () => {
  const setting = "offsets.topic.replication.factor";
  const lowered = effectiveReplicationFactor(load().config, setting, 1);
  assert.equal(lowered.replicationFactor, 1);
  assert.match(lowered.warning ?? "", /lowered from 3 to 1: the cluster has one broker/);
  const enough = { replicationFactor: 3, warning: undefined };
  assert.deepEqual(effectiveReplicationFactor(load().config, setting, 4), enough);
  const asked = load({ KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "3" }).config;
  assert.deepEqual(effectiveReplicationFactor(asked, setting, 1), enough);
  assert.equal(effectiveMinInsyncReplicas(2, 1), 1);
});
