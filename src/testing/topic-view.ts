import type { RecordOf } from "../client/consumer/topic-selection.ts";
import type { Kafka } from "../client/kafka.ts";
import type { RecordFor, RecordMetadata, TopicLike } from "../client/producer/producer-record.ts";

/** Looks at the broker by a client that nothing happens to, with all the time that it takes. */
export type Observer = <T>(look: (kafka: Kafka) => Promise<T>) => Promise<T>;

/** How {@link TopicView.create} creates, where that differs from what the topic declares. */
export interface CreateOptions {
  readonly partitions?: number;
  /** Settings by Kafka's names, such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
}

/** One topic, seen from the test: what is in it, whatever goes wrong between broker and clients. */
export class TopicView<T extends TopicLike> {
  readonly #topic: T;
  readonly #observe: Observer;

  constructor(topic: T, observe: Observer) {
    this.#topic = topic;
    this.#observe = observe;
  }

  /** Creates it, as it is declared but for what is said here. */
  async create(options: CreateOptions = {}): Promise<this> {
    const topic: TopicLike = this.#topic;
    const declared = typeof topic === "string" ? { name: topic } : topic;
    const { name, partitions, config } = { config: {}, partitions: undefined, ...declared };
    await this.#observe(({ admin }) =>
      admin.createTopic({
        name,
        partitions: options.partitions ?? partitions,
        configs: { ...config, ...options.config },
      }),
    );
    return this;
  }

  /** Writes records, in order; resolves when they are all there. */
  produce(...records: readonly RecordFor<T>[]): Promise<RecordMetadata[]> {
    return this.#observe(async (kafka) => {
      const producer = kafka.producer();
      try {
        return await producer.sendAll(this.#topic, records);
      } finally {
        await producer.close();
      }
    });
  }

  /** Everything that is in the topic and committed, by partition and offset; decoded if it is declared. */
  records(): Promise<readonly RecordOf<T>[]> {
    return this.#observe(async (kafka) => {
      const consumer = kafka.consume(this.#topic, { from: "earliest", until: "end" });
      const found: RecordOf<T>[] = [];
      for await (const batch of consumer.batches()) found.push(...batch);
      await consumer.close();
      return found.sort(byPlace);
    });
  }
}

interface Placed {
  readonly partition: number;
  readonly offset: number;
}

function byPlace(one: Placed, other: Placed): number {
  return one.partition - other.partition || one.offset - other.offset;
}
