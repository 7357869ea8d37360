// kafkajs.
import kafkajs from "kafkajs";
import {
  Arrivals,
  job,
  holdRate,
  produceInBatches,
  produceSingly,
  payload,
  tellMemory,
  timed,
} from "./job.mjs";

process.env.KAFKAJS_NO_PARTITIONER_WARNING = "1";
const { Kafka, logLevel } = kafkajs;
const kafka = new Kafka({ clientId: "bench", brokers: [job.bootstrap], logLevel: logLevel.ERROR });

async function open() {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const send = (value, count) =>
    producer.send({
      topic: job.topic,
      acks: -1,
      messages: Array.from({ length: count }, () => ({ value })),
    });
  return { producer, send };
}

async function subscribe(eachBatch) {
  const consumer = kafka.consumer({ groupId: job.group, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topics: [job.topic], fromBeginning: true });
  await consumer.run({ eachBatch });
  return consumer;
}

async function consume() {
  const arrivals = new Arrivals();
  await subscribe(async ({ batch }) => {
    for (const { value } of batch.messages) {
      arrivals.sum += job.json ? JSON.parse(value.toString("utf8")).total : value.length;
    }
    arrivals.add(batch.messages.length);
  });
  await arrivals.done;
}

/** It gathers no records of its own, so this many sends are under way at a time. */
const SENDS_UNDER_WAY = 500;

const loads = {
  batches: async () => produceInBatches((await open()).send),
  async fire() {
    const { send } = await open();
    const value = payload();
    await timed(async (untilMs) => {
      let records = 0;
      const lane = async () => {
        for (; performance.now() < untilMs; records++) await send(value, 1);
      };
      await Promise.all(Array.from({ length: SENDS_UNDER_WAY }, lane));
      return records;
    });
  },
  async single() {
    const { send } = await open();
    await produceSingly((value) => send(value, 1));
  },
  consume,
  async memory() {
    let consumed = 0;
    await subscribe(async ({ batch }) => {
      consumed += batch.messages.length;
    });
    tellMemory(await holdRate((await open()).send), consumed);
  },
};

await loads[job.load]();
process.exit(0);
