import type { Consumer } from "../../src/client/consumer/consumer.ts";
import { connect } from "../../src/client/connect.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import type { Producer } from "../../src/client/producer/producer.ts";
import { topic } from "../../src/client/topics/topic.ts";

const BYTES_TOPIC = "soak-bytes";
const jsonTopic = topic("soak-json", {
  key: "string",
  value: "json",
  headers: { trace: "string?" },
  partitions: 3,
});
const PARTITIONS = 4;
const VALUE_BYTES = 1000;
/** Old records go, or the disk would be what grows. */
const configs = {
  "retention.bytes": 64 * 1024 * 1024,
  "segment.bytes": 16 * 1024 * 1024,
  "file.delete.delay.ms": 1000,
};
/** Records that may be written and not read yet: beyond, writers wait for readers. */
const AHEAD_MAX = 200_000;
const AHEAD_PAUSE_MS = 5;
const POSTS_PER_TURN = 1000;
const BATCH = 100;
const KEYS = 1000;

/** What was done so far. */
export interface SoakCounts {
  produced: number;
  consumed: number;
  /** Clients, producers and consumers that were made, used and closed. */
  renewed: number;
}

/** Writes and reads at full speed, in every way, until it is told to end. */
export class SoakLoad {
  readonly counts: SoakCounts = { produced: 0, consumed: 0, renewed: 0 };
  readonly #bootstrap: string;
  readonly #group: string;
  readonly #kafka: Kafka;
  readonly #consumers: Consumer[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;

  private constructor(bootstrap: string, kafka: Kafka, group: string) {
    this.#bootstrap = bootstrap;
    this.#kafka = kafka;
    this.#group = group;
  }

  static async start(bootstrap: string, group: string): Promise<SoakLoad> {
    const kafka = await connect(bootstrap, { clientId: "soak" });
    await kafka.admin.createTopics([
      { name: BYTES_TOPIC, partitions: PARTITIONS, configs },
      { name: jsonTopic.name, partitions: jsonTopic.partitions, configs },
    ]);
    const load = new SoakLoad(bootstrap, kafka, group);
    load.#begin();
    return load;
  }

  /** Ends everything in good order. Rejects with what went wrong on the way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const consumer of this.#consumers) await consumer.close();
    await Promise.all(this.#loops);
    await this.#kafka.close();
  }

  /** A client of its own, from connecting to closing: what each of them leaves behind would add up. */
  async renew(): Promise<void> {
    const kafka = await connect(this.#bootstrap, { clientId: "soak-visitor" });
    const producer = kafka.producer({ compression: "gzip" });
    await producer.send(BYTES_TOPIC, { value: "visitor" });
    await producer.close();
    for await (const _record of kafka.consume(BYTES_TOPIC, { from: { last: 1 }, until: "end" }))
      break;
    await kafka.admin.describeCluster();
    await kafka.close();
    this.counts.renewed++;
  }

  #begin(): void {
    const kafka = this.#kafka;
    const group = this.#group;
    const inGroup = { group, from: "latest" as const };
    this.#loops.push(
      this.#post(kafka.producer({ compression: "lz4" })),
      this.#sendAll(kafka.producer()),
      this.#sendSingly(kafka.producer({ acks: 1 })),
    );
    const records = [kafka.consume(BYTES_TOPIC, inGroup), kafka.consume(BYTES_TOPIC, inGroup)];
    const batches = kafka.consume(jsonTopic, { ...inGroup, group: `${group}-json` });
    const byKey = kafka.consume(jsonTopic, { ...inGroup, group: `${group}-key` });
    this.#consumers.push(...records, batches, byKey);
    for (const consumer of records) this.#loops.push(this.#readRecords(consumer));
    this.#loops.push(this.#readBatches(batches), this.#readByKey(byKey));
  }

  async #post(producer: Producer): Promise<void> {
    const value = Buffer.alloc(VALUE_BYTES, "x");
    while (!this.#isOver) {
      for (let i = 0; i < POSTS_PER_TURN; i++) {
        this.counts.produced++;
        if (!producer.post(BYTES_TOPIC, { key: `key ${i % KEYS}`, value })) break;
      }
      await producer.ready();
      await this.#waitForReaders();
    }
    await producer.flush();
  }

  async #sendAll(producer: Producer): Promise<void> {
    for (let id = 0; !this.#isOver; id += BATCH) {
      const records = Array.from({ length: BATCH }, (_, index) => ({
        key: `key ${(id + index) % KEYS}`,
        value: { id: id + index, text: "an order", amounts: [1, 2, 3] },
        headers: { trace: `${id}` },
      }));
      await producer.sendAll(jsonTopic, records);
      this.counts.produced += BATCH;
      await this.#waitForReaders();
    }
  }

  async #sendSingly(producer: Producer): Promise<void> {
    while (!this.#isOver) {
      await producer.send(BYTES_TOPIC, { value: "single", headers: { one: "1", two: "2" } });
      this.counts.produced++;
    }
  }

  async #waitForReaders(): Promise<void> {
    while (!this.#isOver && this.counts.produced - this.counts.consumed > AHEAD_MAX) {
      await new Promise((resolve) => setTimeout(resolve, AHEAD_PAUSE_MS));
    }
  }

  async #readRecords(consumer: AsyncIterable<unknown>): Promise<void> {
    for await (const _record of consumer) this.counts.consumed++;
  }

  async #readBatches(consumer: Consumer<typeof jsonTopic>): Promise<void> {
    for await (const batch of consumer.batches({ max: 500, withinMs: 20 })) {
      this.counts.consumed += batch.length;
    }
  }

  /** The second reader of the same records, who counts for nothing. */
  async #readByKey(consumer: Consumer<typeof jsonTopic>): Promise<void> {
    await consumer.forEach(() => Promise.resolve(), { concurrency: "key" });
  }
}
