import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { connect } from "../../src/index.ts";
import { until } from "./admin-scene.ts";
import { uniqueName } from "./target.ts";

/** Where a plugin of the broker writes what it gets. */
const file = process.env["MOLDAU_TEST_TELEMETRY"] ?? "";
const bootstrap = process.env["MOLDAU_TEST_KAFKA"] ?? "";
const options = { skip: file === "" && "runs in npm run interop -- client-telemetry" };
const INTERVAL_MS = 500;
const WAIT_MS = 60_000;

interface Line {
  readonly clientId: string;
  readonly instanceId: string;
  readonly contentType: string;
  readonly isTerminating: boolean;
  readonly kind: string;
  readonly name: string;
  readonly value: number;
  readonly labels: string;
}

function linesOf(wanted: string): readonly Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line) => {
    const [clientId = "", instanceId = "", contentType = "", terminating, ...rest] =
      line.split("\t");
    const [kind = "", name = "", value = "", labels = ""] = rest;
    if (clientId !== wanted) return [];
    const isTerminating = terminating === "true";
    return [
      {
        clientId,
        instanceId,
        contentType,
        isTerminating,
        kind,
        name,
        value: Number(value),
        labels,
      },
    ];
  });
}

/** Has the broker ask clients of this id for all that they have. One that asks before that comes back after minutes. */
async function subscribe(clientId: string): Promise<void> {
  const kafka = await connect(bootstrap);
  const subscription = { type: "clientMetrics", name: uniqueName("all") } as const;
  const wanted = { metrics: "*", "interval.ms": INTERVAL_MS, match: `client_id=${clientId}` };
  await kafka.admin.alterConfigs(subscription, wanted);
  await until(async () => {
    const configs = await kafka.admin.describeConfigs(subscription);
    return configs.some(({ name, value }) => name === "interval.ms" && value === `${INTERVAL_MS}`);
  });
  await kafka.close();
}

test(
  "Apache Kafka reads the metrics that it asked for, to the last word of a client",
  options,
  async () => {
    const clientId = uniqueName("measured");
    const topic = uniqueName("topic");
    await subscribe(clientId);
    await using kafka = await connect(bootstrap, { clientId, rack: "r1" });
    await kafka.admin.createTopic({ name: topic, partitions: 1 });
    const producer = kafka.producer();
    for (let i = 0; i < 20; i++) await producer.send(topic, { value: `${i}` });
    const group = uniqueName("group");
    const consumer = kafka.consume(topic, { group, until: "end" });
    let count = 0;
    for await (const _record of consumer) count++;
    assert.equal(count, 20);
    const prefix = "org.apache.kafka";
    const sum = (name: string): number =>
      linesOf(clientId)
        .filter((line) => line.name === `${prefix}.${name}`)
        .reduce((total, { value }) => total + value, 0);
    await until(async () => sum("producer.record.send.total") >= 20, WAIT_MS);
    await until(async () => sum("consumer.fetch.manager.records.consumed.total") >= 20, WAIT_MS);
    await kafka.close();
    await until(async () => linesOf(clientId).some(({ isTerminating }) => isTerminating), WAIT_MS);

    const lines = linesOf(clientId);
    assert.deepEqual(
      lines.filter(({ kind }) => kind === "unreadable"),
      [],
    );
    assert.equal(new Set(lines.map(({ instanceId }) => instanceId)).size, 1);
    assert.ok(lines.every(({ contentType }) => contentType === "OTLP"));
    // Counted from push to push (KIP-714's default), each once.
    assert.equal(sum("producer.record.send.total"), 20);
    assert.equal(sum("consumer.fetch.manager.records.consumed.total"), 20);
    const sent = lines.filter(({ name }) => name === `${prefix}.producer.record.send.total`);
    assert.ok(sent.every(({ kind }) => kind === "AGGREGATION_TEMPORALITY_DELTA"));
    assert.ok(lines.every(({ labels }) => labels.includes("client_rack=r1")));
    assert.ok(lines.some(({ labels }) => labels.includes(`group_id=${group}`)));
  },
);
