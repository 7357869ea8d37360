import type { Cluster } from "../client/cluster/cluster.ts";
import { Consumer } from "../client/consumer/assigned-consumer.ts";
import type { ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { listOffsets, OffsetSpec } from "../client/consumer/list-offsets.ts";
import type { Kafka } from "../client/kafka.ts";
import type { RecordMetadata } from "../client/producer/producer-record.ts";
import { Headers, type HeadersInput } from "../client/topics/headers.ts";
import type { Topic } from "../client/topics/topic.ts";

/** A record as it stands in a topic, decoded. */
export interface StoredRecord<K, V> {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: K | null;
  readonly value: V;
  readonly headers: Headers;
}

/** A record to put into a topic. */
export interface RecordToStore<K, V> {
  /** Default null. */
  readonly key?: K | null;
  readonly value: V;
  readonly headers?: HeadersInput;
  readonly partition?: number;
  /** Milliseconds since 1970. Default: now, by the broker's clock. */
  readonly timestamp?: number;
}

/** Looks at the broker by a client that nothing happens to, with all the time that it takes. */
export type Observer = <T>(look: (kafka: Kafka) => Promise<T>) => Promise<T>;

const POLL_MS = 1000;

/** One topic, seen from the test: what is in it, whatever goes wrong between broker and clients. */
export class TopicView<KIn, KOut, VIn, VOut> {
  readonly #topic: Topic<KIn, KOut, VIn, VOut>;
  readonly #observe: Observer;

  constructor(topic: Topic<KIn, KOut, VIn, VOut>, observe: Observer) {
    this.#topic = topic;
    this.#observe = observe;
  }

  /** Creates it as it is declared, but for what is said here. */
  async create({ partitions }: { readonly partitions?: number } = {}): Promise<this> {
    const { name, config } = this.#topic;
    const [created] = await this.#observe(({ admin }) =>
      admin.createTopics([
        {
          name,
          partitions: partitions ?? this.#topic.partitions ?? -1,
          replicationFactor: -1,
          configs: { ...config },
        },
      ]),
    );
    if (created?.error !== undefined) throw created.error;
    return this;
  }

  /** Writes records; resolves when they are all there. */
  async produce(
    ...records: readonly RecordToStore<KIn, VIn>[]
  ): Promise<readonly RecordMetadata[]> {
    return this.#observe((kafka) => this.#produce(kafka, records));
  }

  async #produce(
    kafka: Kafka,
    records: readonly RecordToStore<KIn, VIn>[],
  ): Promise<readonly RecordMetadata[]> {
    const { name, key: keyCodec, value: valueCodec } = this.#topic;
    const producer = kafka.producer();
    try {
      const encoded = records.map(async ({ key = null, value, ...rest }) => ({
        key: key === null ? null : await keyCodec.encode(key),
        value: value === null ? null : await valueCodec.encode(value as Exclude<VIn, null>),
        ...rest,
      }));
      const sent: Promise<RecordMetadata>[] = [];
      for (const record of await Promise.all(encoded)) sent.push(producer.send(name, record));
      return await Promise.all(sent);
    } finally {
      await producer.close();
    }
  }

  /** Everything that is in the topic, by partition and offset. */
  async records(): Promise<readonly StoredRecord<KOut, VOut>[]> {
    const found = await this.#observe(({ cluster }) => this.#read(cluster));
    found.sort((one, other) => one.partition - other.partition || one.offset - other.offset);
    return Promise.all(found.map((record) => this.#decoded(record)));
  }

  async #read(cluster: Cluster): Promise<ConsumedRecord[]> {
    const { name } = this.#topic;
    const { partitions } = await cluster.topic(name);
    const ids = partitions.map(({ partitionIndex }) => ({
      topic: name,
      partition: partitionIndex,
    }));
    const starts = await listOffsets(cluster, ids, OffsetSpec.earliest);
    const ends = await listOffsets(cluster, ids, OffsetSpec.latest);
    const endOf = new Map(ends.map(({ partition, offset }) => [partition, offset]));
    const consumer = new Consumer(cluster);
    consumer.assign(starts);
    const found: ConsumedRecord[] = [];
    const isMissing = (): boolean =>
      consumer.positions().some(({ partition, offset }) => offset < (endOf.get(partition) ?? 0));
    while (isMissing()) found.push(...(await consumer.poll(POLL_MS)));
    consumer.assign([]);
    return found;
  }

  async #decoded(record: ConsumedRecord): Promise<StoredRecord<KOut, VOut>> {
    const { partition, offset, timestamp, key, value, headers } = record;
    const { key: keyCodec, value: valueCodec } = this.#topic;
    return {
      partition,
      offset,
      timestamp,
      key: key === null ? null : await keyCodec.decode(key),
      value: (value === null ? null : await valueCodec.decode(value)) as VOut,
      headers: new Headers(headers),
    };
  }
}
