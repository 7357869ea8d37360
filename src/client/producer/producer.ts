import type { Writable } from "node:stream";
import type { WritableStream } from "node:stream/web";
import type { Cluster } from "../cluster/cluster.ts";
import type { ProducerMetrics } from "../diagnostics/client-metrics.ts";
import {
  ProducerEngine,
  type CloseOptions,
  type FlushOptions,
  type SendOptions,
} from "./engine.ts";
import { resolveOptions, type ProducerOptions } from "./options.ts";
import type { RecordFor, RecordMetadata, TopicLike, UntypedRecord } from "./producer-record.ts";
import { nodeWritable, webWritable } from "./streams.ts";

/**
 * Writes records to topics: typed ones, or topics by name with text and bytes. Records of a partition keep
 * the order of the calls, over every retry; an idempotent producer (the default) writes each once.
 *
 * Records of the same tick go together, and while a request is on its way more of them gather: a single
 * awaited `send` waits for nothing, many make large batches.
 */
export class Producer implements AsyncDisposable {
  readonly #engine: ProducerEngine;

  /** Throws `INVALID_ARGUMENT` for options that contradict each other. */
  constructor(cluster: Cluster, options: ProducerOptions = {}) {
    const resolved = resolveOptions(options, cluster.requestTimeoutMs);
    this.#engine = new ProducerEngine(cluster, resolved);
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#engine.isClosed;
  }

  /** What it counts. */
  get metrics(): ProducerMetrics {
    return this.#engine.metrics;
  }

  /** Bytes of memory that records take which are not acknowledged; at most `bufferBytes`. */
  get bufferedBytes(): number {
    return this.#engine.bufferedBytes;
  }

  /**
   * Sends a record; resolves when it is acknowledged. Waits for room when there is none (`blockTimeoutMs`).
   * Rejects with a `KafkaError`: `ENCODE_FAILED`, `MESSAGE_TOO_LARGE`, `TIMED_OUT`, what the broker says …
   */
  send<T extends TopicLike>(
    topic: T,
    record: RecordFor<T>,
    options?: SendOptions,
  ): Promise<RecordMetadata>;
  send(
    topic: TopicLike,
    record: UntypedRecord,
    options: SendOptions = {},
  ): Promise<RecordMetadata> {
    return this.#engine.send(topic, record, options.signal);
  }

  /** Sends records, in order; rejects with the first error once all are settled. */
  sendAll<T extends TopicLike>(
    topic: T,
    records: Iterable<RecordFor<T>>,
    options?: SendOptions,
  ): Promise<RecordMetadata[]>;
  sendAll(
    topic: TopicLike,
    records: Iterable<UntypedRecord>,
    options: SendOptions = {},
  ): Promise<RecordMetadata[]> {
    return this.#engine.sendAll(topic, records, options.signal);
  }

  /**
   * Sends a record that nobody waits for. What fails later goes to `onError`, or rejects the next
   * {@link flush}. Throws `BUFFER_FULL` when there is no room: wait for {@link ready} when this returns
   * false, and there is.
   * @returns whether more records are welcome
   */
  post<T extends TopicLike>(topic: T, record: RecordFor<T>): boolean;
  post(topic: TopicLike, record: UntypedRecord): boolean {
    return this.#engine.post(topic, record);
  }

  /** Resolves when more records are welcome. */
  ready(): Promise<void> {
    return this.#engine.ready();
  }

  /** A stream of Node that takes records for a topic, with back-pressure. It ends when all are acknowledged. */
  writable<T extends TopicLike>(topic: T): Writable {
    return nodeWritable(this.#engine, topic);
  }

  /** The same as a stream of the Web. */
  writableStream<T extends TopicLike>(topic: T): WritableStream<RecordFor<T>> {
    return webWritable<RecordFor<T>>(this.#engine, topic);
  }

  /** Sends what is there without lingering; resolves when it is acknowledged, or given up. */
  flush(options?: FlushOptions): Promise<void> {
    return this.#engine.flush(options);
  }

  /** Flushes, and takes no more. What is not sent within `drainMs` is given up with `CLOSED`. */
  close(options?: CloseOptions): Promise<void> {
    return this.#engine.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
