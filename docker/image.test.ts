/**
 * The entry scripts of the image, run in a scratch root with the variables and the start scripts of
 * those who start such images: people, the apache/kafka flow and the Testcontainers modules.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { test } from "node:test";

import { readEnvironment, settingOfVariable } from "../src/config/environment.ts";
import { nodeListeners } from "../src/config/listeners.ts";
import { loadNodeConfig } from "../src/config/node-config.ts";
import { parseProperties } from "../src/config/properties.ts";
import {
  type Call,
  Image,
  testcontainersStarters,
  testcontainersVariables,
} from "./scratch-image.ts";

/** The configuration that `moldau start FILE` makes of a call. */
function configOf(call: Call) {
  const [command, file = ""] = call.args;
  assert.equal(command, "start");
  const text = fs.readFileSync(file, "utf8");
  return loadNodeConfig({
    dataDirectory: "/unused",
    file: { name: file, text },
    environment: readEnvironment(call.env),
  }).config;
}

function addressesOf(call: Call): { brokers: string[]; advertised: string[] } {
  const { brokers, advertised } = nodeListeners(configOf(call));
  const text = ({ name, host, port }: { name: string; host: string; port: number }): string =>
    `${name}://${host}:${port}`;
  return { brokers: brokers.map(text), advertised: advertised.map(text) };
}

const APACHE = "etc/kafka/docker/run";
const CONFLUENT = "etc/confluent/docker/run";

test("the apache/kafka flow without variables is a node for the container's host", () => {
  const image = new Image();
  const call = image.record(APACHE);
  assert.deepEqual(addressesOf(call), {
    brokers: ["PLAINTEXT://:9092"],
    advertised: ["PLAINTEXT://localhost:9092"],
  });
  assert.deepEqual(call.args, ["start", image.at("opt/kafka/config/server.properties")]);
  assert.equal(call.env["CLUSTER_ID"], "5L6g3nShT-eMCtK--X86sw");
  assert.deepEqual(configOf(call).get("log.dirs"), [image.at("var/lib/kafka/data")]);
});

test("one variable leaves the rest as it was, and an argument wins over it", () => {
  const call = new Image().record(APACHE, { KAFKA_NUM_PARTITIONS: "3" });
  assert.equal(configOf(call).get("num.partitions"), 3);
  assert.deepEqual(addressesOf(call).advertised, ["PLAINTEXT://localhost:9092"]);
  const argued = new Image().record(APACHE, { KAFKA_NUM_PARTITIONS: "3" }, [
    "KAFKA_NUM_PARTITIONS=4",
  ]);
  assert.equal(configOf(argued).get("num.partitions"), 4);
});

test("a mounted server.properties lies over the defaults, a whole one replaces them", () => {
  const image = new Image();
  image.write("mnt/shared/config/server.properties", "num.partitions=5\n");
  const overlaid = image.record(APACHE, { KAFKA_DEFAULT_REPLICATION_FACTOR: "1" });
  assert.equal(configOf(overlaid).get("num.partitions"), 5);
  assert.deepEqual(addressesOf(overlaid).advertised, ["PLAINTEXT://localhost:9092"]);
  image.write(
    "mnt/shared/config/server.properties",
    "process.roles=broker,controller\nnode.id=7\nlisteners=A://localhost:1,C://localhost:2\n" +
      "controller.listener.names=C\ncontroller.quorum.voters=7@localhost:2\n" +
      "listener.security.protocol.map=A:PLAINTEXT,C:PLAINTEXT\ninter.broker.listener.name=A\n" +
      "log.dirs=/somewhere\n",
  );
  const whole = image.record(APACHE);
  assert.deepEqual(addressesOf(whole).brokers, ["A://localhost:1"]);
  assert.deepEqual(configOf(whole).get("log.dirs"), ["/somewhere"]);
});

test("data goes where the original keeps it when somebody mounted a volume there", () => {
  const image = new Image();
  fs.mkdirSync(image.at("tmp/kraft-combined-logs"));
  const dirs = configOf(image.record(APACHE)).get("log.dirs");
  assert.deepEqual(dirs, [image.at("tmp/kraft-combined-logs")]);
});

test("listeners of other names are advertised as they are", () => {
  const call = new Image().record(APACHE, {
    KAFKA_LISTENERS: "INSIDE://kafka:9092",
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "INSIDE:PLAINTEXT",
  });
  assert.deepEqual(addressesOf(call).advertised, ["INSIDE://kafka:9092"]);
});

test("the scripts and Moldau take a variable for the same setting", () => {
  const image = new Image();
  const names = ["KAFKA_NODE_ID", "KAFKA_A__B", "KAFKA_A___B_C", "KAFKA_A____B", "KAFKA_X_KAFKA_Y"];
  const source = `. "$MOLDAU_ROOT/usr/lib/moldau/image.sh"`;
  const script = `${source}; for name in "$@"; do setting_of "$name"; echo; done`;
  const env = image.environment({});
  const ended = spawnSync("bash", ["-c", script, "bash", ...names], { env, encoding: "utf8" });
  assert.deepEqual(ended.stdout.trim().split("\n"), names.map(settingOfVariable));
});

test("values go into kafka.properties whole, and what is no setting stays out", () => {
  const image = new Image();
  const value = 'a\\b\n c="d" e=f:g ü';
  image.record(CONFLUENT, {
    KAFKA_BROKER_RACK: value,
    KAFKA_HEAP_OPTS: "-Xmx1g",
    KAFKA_LOG4J_ROOT_LOGLEVEL: "WARN",
  });
  const text = fs.readFileSync(image.at("etc/kafka/kafka.properties"), "utf8");
  assert.equal(parseProperties(text).get("broker.rack"), value);
  assert.doesNotMatch(text, /heap|loglevel/i);
});

const PORT = 19592;
for (const { name, script } of testcontainersStarters(PORT)) {
  test(`the start script of ${name} ends in a node with its listeners`, () => {
    const image = new Image();
    image.write("tmp/testcontainers_start.sh", script);
    const call = image.record("tmp/testcontainers_start.sh", testcontainersVariables(PORT));
    assert.deepEqual(addressesOf(call), {
      brokers: ["PLAINTEXT://0.0.0.0:19592", "BROKER://0.0.0.0:19593"],
      advertised: ["PLAINTEXT://localhost:19592", "BROKER://localhost:19593"],
    });
    assert.equal(nodeListeners(configOf(call)).interBroker, "BROKER");
  });
}

test("kafka's commands are commands of moldau, with and without .sh", () => {
  const image = new Image();
  for (const name of ["storage", "topics", "configs", "console-producer", "console-consumer"]) {
    for (const ending of ["", ".sh"]) {
      const call = image.record(`opt/kafka/bin/kafka-${name}${ending}`, {}, ["--list", "a b"]);
      assert.deepEqual(call.args, [`kafka-${name}`, "--list", "a b"]);
    }
  }
  const args = ["server.properties", "--override", "num.partitions=2"];
  const started = image.record("opt/kafka/bin/kafka-server-start.sh", {}, args);
  assert.deepEqual(started.args, ["start", "server.properties", "--set", "num.partitions=2"]);
});
