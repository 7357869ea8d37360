// @confluentinc/kafka-javascript: librdkafka in Node. Batches by its interface that is like that of kafkajs.
import confluent from "@confluentinc/kafka-javascript";
import {
  Arrivals,
  job,
  holdRate,
  payload,
  produceInBatches,
  produceSingly,
  tellMemory,
  timed,
} from "./job.mjs";

const { Kafka, logLevel } = confluent.KafkaJS;
const kafka = new Kafka({
  kafkaJS: { clientId: "bench", brokers: [job.bootstrap], logLevel: logLevel.ERROR },
});

async function open(settings = {}) {
  const producer = kafka.producer({ kafkaJS: { acks: -1 }, ...settings });
  await producer.connect();
  const { topic } = job;
  return (value, count) =>
    producer.send({ topic, messages: Array.from({ length: count }, () => ({ value })) });
}

async function subscribe(eachBatch) {
  const consumer = kafka.consumer({
    kafkaJS: { groupId: job.group, fromBeginning: true },
    // Its own limit of 32 makes it slower.
    "js.consumer.max.batch.size": 1000,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [job.topic] });
  await consumer.run({ eachBatch });
  return consumer;
}

const loads = {
  batches: async () => produceInBatches(await open()),
  async fire() {
    // Its other interface takes records without a promise for each.
    const plain = new confluent.Producer({
      "bootstrap.servers": job.bootstrap,
      acks: -1,
      "queue.buffering.max.messages": 500_000,
    });
    await new Promise((resolve, reject) => {
      plain.once("ready", resolve).once("connection.failure", reject).connect();
    });
    plain.setPollInterval(10);
    const value = payload();
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await timed(async (untilMs) => {
      let records = 0;
      while (performance.now() < untilMs) {
        try {
          for (let i = 0; i < 500; i++) {
            plain.produce(job.topic, null, value, null);
            records++;
          }
          await new Promise((resolve) => setImmediate(resolve));
        } catch (error) {
          if (error.code !== confluent.CODES.ERRORS.ERR__QUEUE_FULL) throw error;
          await pause(1);
        }
      }
      await new Promise((resolve, reject) => {
        plain.flush(60_000, (error) => (error ? reject(error) : resolve()));
      });
      return records;
    });
  },
  async single() {
    const send = await open({ "linger.ms": 0 });
    await produceSingly((value) => send(value, 1));
  },
  async consume() {
    const arrivals = new Arrivals();
    await subscribe(async ({ batch }) => {
      for (const { value } of batch.messages) {
        arrivals.sum += job.json ? JSON.parse(value.toString("utf8")).total : value.length;
      }
      arrivals.add(batch.messages.length);
    });
    await arrivals.done;
  },
  async memory() {
    let consumed = 0;
    await subscribe(async ({ batch }) => {
      consumed += batch.messages.length;
    });
    tellMemory(await holdRate(await open()), consumed);
  },
};

await loads[job.load]();
process.exit(0);
