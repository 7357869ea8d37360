// @platformatic/kafka.
import { once } from "node:events";
import { Consumer, Producer } from "@platformatic/kafka";
import {
  batchRecords,
  job,
  holdRate,
  payload,
  produceInBatches,
  produceSingly,
  SingleArrivals,
  tellMemory,
  timed,
} from "./job.mjs";

const base = {
  clientId: "bench",
  bootstrapBrokers: [job.bootstrap],
  acks: -1,
  autocreateTopics: false,
};

function open() {
  const producer = new Producer(base);
  const { topic } = job;
  return {
    producer,
    send: (value, count) =>
      producer.send({ messages: Array.from({ length: count }, () => ({ topic, value })) }),
  };
}

async function subscribe(more = {}) {
  const consumer = new Consumer({ ...base, groupId: job.group, ...more });
  const stream = await consumer.consume({
    topics: [job.topic],
    mode: "earliest",
    autocommit: 1000,
    maxWaitTime: 500,
  });
  stream.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  return stream;
}

async function consume() {
  const arrivals = new SingleArrivals();
  if (job.json) {
    const parse = (bytes) => (bytes === undefined ? undefined : JSON.parse(bytes.toString("utf8")));
    const stream = await subscribe({ deserializers: { value: parse } });
    stream.on("data", (message) => arrivals.addJson(message.value));
  } else {
    const stream = await subscribe();
    stream.on("data", (message) => arrivals.addRaw(message.value));
  }
  await arrivals.done;
}

const loads = {
  batches: () => produceInBatches(open().send),
  fire() {
    const { producer } = open();
    const { topic } = job;
    const value = payload();
    return timed(async (untilMs) => {
      // Its stream gathers records; closing it is the flush. Its own sizes (16 and 100) make it far slower.
      const stream = producer.asStream({
        batchSize: batchRecords,
        highWaterMark: 5 * batchRecords,
      });
      let records = 0;
      while (performance.now() < untilMs) {
        for (let i = 0; i < 500; i++) {
          records++;
          if (!stream.write({ topic, value })) await once(stream, "drain");
        }
      }
      await stream.close();
      return records;
    });
  },
  single() {
    const { send } = open();
    return produceSingly((value) => send(value, 1));
  },
  consume,
  async memory() {
    let consumed = 0;
    const stream = await subscribe();
    stream.on("data", () => consumed++);
    tellMemory(await holdRate(open().send), consumed);
  },
};

await loads[job.load]();
process.exit(0);
