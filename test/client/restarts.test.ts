import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import { eventually, textOf, values } from "./consumer-scene.ts";
import { skipRestarts, startRestarting, type RestartingBroker } from "./restarting-broker.ts";

const options = { skip: skipRestarts, timeout: 240_000 };
const RESTARTS = 2;
const TICK_MS = 1;
const PER_TICK = 20;

const ends = {
  "is stopped": (broker: RestartingBroker) => broker.stop(),
  "is killed": (broker: RestartingBroker) => broker.kill(),
};

for (const [how, end] of Object.entries(ends)) {
  test(
    `a broker that ${how} twice under a producer has each record once and in order`,
    options,
    async (t) => {
      const broker = await startRestarting(t);
      await using kafka = await connect(broker.bootstrap);
      await kafka.admin.createTopic({ name: "t", partitions: 1 });
      const producer = kafka.producer({ batchBytes: 2_000 });
      let isOver = false;
      let count = 0;
      const sends: Promise<unknown>[] = [];
      const sending = (async () => {
        while (!isOver) {
          for (let i = 0; i < PER_TICK; i++) {
            sends.push(producer.send("t", { value: String(count++) }));
          }
          await new Promise((resolve) => setTimeout(resolve, TICK_MS));
          // While the broker is away no more is made than what shows whether it is kept.
          while (producer.bufferedBytes > 100_000 && !isOver) {
            await new Promise((resolve) => setTimeout(resolve, TICK_MS));
          }
        }
      })();
      for (let round = 0; round < RESTARTS; round++) {
        const before = producer.metrics.recordsSent;
        await eventually("some are sent", () => producer.metrics.recordsSent >= before + 500);
        await end(broker);
        await broker.start();
      }
      isOver = true;
      await sending;
      await producer.close();
      const results = await Promise.allSettled(sends);
      assert.deepEqual(
        results.filter(({ status }) => status === "rejected"),
        [],
      );
      let next = 0;
      for await (const record of kafka.consume("t", { until: "end" })) {
        assert.equal(Number(textOf(record)), next++);
      }
      assert.equal(next, count);
    },
  );
}

const kinds: readonly ConsumeOptions[] = [{}, { group: "g", sessionTimeoutMs: 6_000 }];

for (const consuming of kinds) {
  const how = consuming.group === undefined ? "alone" : "in a group";
  test(`a loop ${how} goes on when its broker has been away`, options, async (t) => {
    const broker = await startRestarting(t);
    const kafka = await connect(broker.bootstrap);
    t.after(() => kafka.close());
    await kafka.admin.createTopic({ name: "t", partitions: 1, replicationFactor: 1 });
    const producer = kafka.producer();
    const send = (from: number, to: number) =>
      producer.sendAll(
        "t",
        values(from, to).map((value) => ({ value })),
      );
    await send(0, 10);
    const consumer = kafka.consume("t", { heartbeatIntervalMs: 100, ...consuming });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const record of consumer) seen.push(textOf(record));
    })();
    await eventually("ten are read", () => seen.length >= 10);
    if (consuming.group !== undefined) await consumer.commit();
    for (let round = 1; round <= RESTARTS; round++) {
      await (round === 1 ? broker.stop() : broker.kill());
      const sending = send(round * 10, round * 10 + 10);
      await broker.start();
      await sending;
      await eventually("the next are read", () => seen.length >= round * 10 + 10);
    }
    await consumer.close();
    await reading;
    // In a group what was not stored when the broker went may come again, but nothing is left out.
    const first = seen.filter((value, index) => seen.indexOf(value) === index);
    assert.deepEqual(first, values(0, 30));
    if (consuming.group === undefined) assert.deepEqual(seen, values(0, 30));
    await producer.close();
  });
}
