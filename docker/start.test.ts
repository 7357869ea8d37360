/** The image's entry scripts start Moldau itself, waited for and used as Testcontainers does it. */
import assert from "node:assert/strict";
import { type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import * as fs from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { connect } from "../src/client/index.ts";
import { Image, testcontainersStarters, testcontainersVariables } from "./scratch-image.ts";

/** Below the ports that systems give to outgoing connections, which may come at any time. */
const PORTS_FROM = 20_000;
const PORTS_TO = 32_000;

/** The first of three free ports in a row. */
async function freePort(): Promise<number> {
  for (;;) {
    const first = randomInt(PORTS_FROM, PORTS_TO);
    const free = await Promise.all([isFree(first), isFree(first + 1), isFree(first + 2)]);
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Resolves when a line of the log matches; fails when the process ends before. */
async function waitFor(child: ChildProcess, ready: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.split("\n").some((line) => ready.test(line))) resolve();
  });
  child.once("exit", () => reject(new Error(`it ended before it was ready:\n${output}`)));
  return promise;
}

/** A record goes in and comes out again, by way of the address that was advertised. */
async function roundTrip(port: number): Promise<void> {
  await using kafka = await connect(`127.0.0.1:${port}`);
  await kafka.admin.createTopic({ name: "orders", partitions: 1, replicationFactor: 1 });
  await kafka.producer().send("orders", { key: "k", value: "v" });
  const values: (string | undefined)[] = [];
  for await (const record of kafka.consume("orders", { until: "end" })) {
    values.push(record.value?.toString());
  }
  assert.deepEqual(values, ["v"]);
}

const commands = new Image(true).output("opt/kafka/bin/kafka-storage", ["random-uuid"]);
const withoutStorage = /unknown command/.test(commands) && "moldau has no kafka-storage";

for (const index of testcontainersStarters(0).keys()) {
  const name = testcontainersStarters(0)[index]?.name ?? "";
  const skip = name.includes(" Go,") && withoutStorage;
  test(`${name}: starts and serves`, { skip }, async () => {
    const port = await freePort();
    const starter = testcontainersStarters(port)[index];
    assert.ok(starter);
    const image = new Image(true);
    image.write("tmp/testcontainers_start.sh", starter.script);
    const child = image.start("tmp/testcontainers_start.sh", testcontainersVariables(port));
    await waitFor(child, starter.ready);
    await roundTrip(port);
  });
}

test("the image's command is one process at last, which a signal stops in order", async () => {
  const port = await freePort();
  const image = new Image(true);
  const advertised = { KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}` };
  const child = image.start("etc/kafka/docker/run", {
    ...testcontainersVariables(port),
    ...advertised,
    KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
  });
  await waitFor(child, /Kafka Server started/);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const [code] = await ended;
  assert.equal(code, 0);
  const properties = fs.readFileSync(image.at("var/lib/kafka/data/meta.properties"), "utf8");
  assert.match(properties, /^cluster\.id=4L6g3nShT-eMCtK--X86sw$/m);
});
