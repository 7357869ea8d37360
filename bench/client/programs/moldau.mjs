// This client.
import {
  job,
  holdRate,
  payload,
  produceInBatches,
  produceSingly,
  SingleArrivals,
  tellMemory,
  timed,
} from "./job.mjs";

const { connect, json, topic } = await import(job.moldau);
const kafka = await connect(job.bootstrap, { clientId: "bench" });

const batchOf = (value, count) => Array.from({ length: count }, () => ({ value }));

async function consume() {
  const arrivals = new SingleArrivals();
  const what = job.json ? topic(job.topic, { value: json() }) : job.topic;
  const consumer = kafka.consume(what, { group: job.group, from: "earliest" });
  const reading = (async () => {
    for await (const batch of consumer.batches({ max: 1000 })) {
      if (job.json) for (const record of batch) arrivals.addJson(record.value);
      else for (const record of batch) arrivals.addRaw(record.value);
    }
  })();
  reading.catch((error) => {
    console.error(error);
    process.exit(1);
  });
  await arrivals.done;
  await consumer.close();
}

async function memory() {
  const producer = kafka.producer();
  let consumed = 0;
  const consumer = kafka.consume(job.topic, { group: job.group, from: "earliest" });
  const reading = (async () => {
    for await (const record of consumer) consumed += record.value.length > 0 ? 1 : 0;
  })();
  const sent = await holdRate((value, count) => producer.sendAll(job.topic, batchOf(value, count)));
  tellMemory(sent, consumed);
  await consumer.close();
  await reading;
}

const loads = {
  batches() {
    const producer = kafka.producer();
    return produceInBatches((value, count) => producer.sendAll(job.topic, batchOf(value, count)));
  },
  fire() {
    const producer = kafka.producer();
    const value = payload();
    return timed(async (untilMs) => {
      let records = 0;
      while (performance.now() < untilMs) {
        for (let i = 0; i < 500; i++) {
          records++;
          if (!producer.post(job.topic, { value })) await producer.ready();
        }
      }
      await producer.flush();
      return records;
    });
  },
  single() {
    const producer = kafka.producer();
    return produceSingly((value) => producer.send(job.topic, { value }));
  },
  consume,
  memory,
};

await loads[job.load]();
await kafka.close();
process.exit(0);
