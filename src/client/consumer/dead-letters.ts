import { messageOf } from "../../core/errors.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { Producer } from "../producer/producer.ts";
import type { HeaderValue } from "../topics/headers.ts";
import type { DeadLetters } from "./record-decoding.ts";
import type { RecordDecodeError } from "./topic-decoder.ts";

/** What the headers that tell of a dead letter's origin begin with. */
export const DEAD_LETTER_PREFIX = "moldau.deadletter.";

/**
 * Stores records that cannot be decoded in a topic of their own: key, value and headers as they are, behind
 * them headers that tell where the record is from and what was wrong. The producer is made for the first one.
 */
export class DeadLetterTopic implements DeadLetters {
  readonly #cluster: Cluster;
  readonly #topic: string;
  #producer: Producer | undefined;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  async send(error: RecordDecodeError): Promise<void> {
    this.#producer ??= new Producer(this.#cluster);
    const { record, part } = error;
    const headers: (readonly [name: string, value: HeaderValue])[] = [];
    for (const { key, value } of record.headers) headers.push([key, value]);
    const origin = {
      topic: record.topic,
      partition: `${record.partition}`,
      offset: `${record.offset}`,
      timestamp: `${record.timestamp}`,
      part,
      error: messageOf(error.cause),
    };
    for (const [name, text] of Object.entries(origin)) {
      headers.push([`${DEAD_LETTER_PREFIX}${name}`, text]);
    }
    await this.#producer.send(this.#topic, {
      key: record.keyBytes,
      value: record.valueBytes,
      headers,
    });
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }
}
