import type { Clock, Timer } from "../../platform/clock.ts";
import type { NewField, NewHeader } from "../../records/build.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ProducerMetrics } from "../diagnostics/client-metrics.ts";
import { activeTracing, type Tracing } from "../diagnostics/open-telemetry.ts";
import { clientError, kafkaError, KafkaError } from "../errors.ts";
import { GroupDelivery, PromisedDelivery, type Delivery } from "./delivery.ts";
import { bytesOf, FailedBatch, FailedParkedRecord, type FailedRecords } from "./failed-records.ts";
import { anonymous, IdempotentIdentity, type IdentitySource } from "./identity.ts";
import type { ResolvedOptions } from "./options.ts";
import { bufferFull, errorOf, invalidOption } from "./producer-error.ts";
import { ParkedRecord } from "./parked-record.ts";
import type { ProducerTopic, QueuedBatch } from "./producer-topic.ts";
import type { RecordMetadata, TopicLike, UntypedRecord } from "./producer-record.ts";
import { Append, RecordAccumulator } from "./record-accumulator.ts";
import { encodeHeaders, encodeKey, encodeValue, type EncodedField } from "./record-encoder.ts";
import { recordBound } from "./record-size.ts";
import { Sender } from "./sender.ts";
import { TopicLookup } from "./topic-lookup.ts";
import { TracedDelivery } from "./traced-delivery.ts";

/** Records after which the time is asked for again within one tick: asking costs as much as a record. */
const RECORDS_PER_TIME = 64;

/** How a call is ended before it is over. */
export interface SendOptions {
  /** Stops waiting; a record that is in a batch already may be sent all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** How long flushing may take. */
export interface FlushOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; default: as long as it takes, which the delivery timeout bounds. */
  readonly timeoutMs?: number | undefined;
}

/** How a producer is closed. */
export interface CloseOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long records that wait may still be sent, in milliseconds; 0 drops them. Default: as long as it takes. */
  readonly drainMs?: number | undefined;
}

/** What makes the identity of an engine's records; `onChange` is to be called when there is a new one. */
export type MakeIdentities = (onChange: () => void) => IdentitySource & { close(): void };

/**
 * A producer without types: records go in, batches go out, promises come back. `Producer` and transactions
 * are its faces.
 */
export class ProducerEngine {
  readonly metrics: ProducerMetrics;
  readonly options: ResolvedOptions;
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #accumulator: RecordAccumulator;
  readonly #lookup: TopicLookup;
  readonly #sender: Sender;
  readonly #identities: IdentitySource & { close(): void };
  #lastTopic: TopicLike = "";
  #lastState: ProducerTopic | undefined;
  #timeMs = 0;
  #timeLeft = 0;
  #postError: Error | undefined;
  #postsFailed = 0;
  #closing: Promise<void> | undefined;

  constructor(cluster: Cluster, options: ResolvedOptions, makeIdentities?: MakeIdentities) {
    this.#cluster = cluster;
    this.#clock = cluster.platform.clock;
    this.options = options;
    const onChange = (): void => this.#sender.schedule(false);
    this.#identities = (makeIdentities ?? defaultIdentities(cluster, options))(onChange);
    const { transactionalId, isTransactional } = this.#identities;
    this.metrics = cluster.metrics.addProducer(transactionalId ?? undefined);
    const { compression, compressionLevel } = options;
    const format = { compression, compressionLevel, isTransactional };
    this.#accumulator = new RecordAccumulator(
      options,
      format,
      cluster.platform,
      {
        onRecords: (isUrgent) => this.#sender.schedule(isUrgent),
        onUnknown: (topic) => this.#lookup.find(topic, topic.queues.length > 0),
        onFailed: (error, records) => this.#postFailed(error, records),
      },
      this.metrics,
    );
    this.#lookup = new TopicLookup(cluster, options, {
      onLooked: (topic, askedMs) => {
        this.#accumulator.unpark(topic, askedMs);
        this.#sender.schedule(false);
      },
      onGone: (topic, error) => this.#topicIsGone(topic, error),
    });
    this.#sender = new Sender({
      cluster,
      options,
      accumulator: this.#accumulator,
      identities: this.#identities,
      lookup: this.#lookup,
      metrics: this.metrics,
      onGivenUp: (batch, error) => this.#batchFailed(batch, error),
    });
  }

  /** Whether more records are welcome. */
  get hasRoom(): boolean {
    return this.#accumulator.hasRoom;
  }

  /** Bytes of memory that records take which are not acknowledged. */
  get bufferedBytes(): number {
    return this.#accumulator.bufferedBytes;
  }

  /** Resolves when more records are welcome. */
  ready(): Promise<void> {
    return this.hasRoom ? READY : this.#accumulator.room();
  }

  send(topic: TopicLike, record: UntypedRecord, signal?: AbortSignal): Promise<RecordMetadata> {
    if (signal !== undefined) return this.#sendUntil(topic, record, signal);
    return new Promise((resolve, reject) => {
      this.add(topic, record, new PromisedDelivery(resolve, reject), true);
    });
  }

  /** Resolves when all are acknowledged; rejects, when all are settled, with the first error. */
  sendAll(
    topic: TopicLike,
    records: Iterable<UntypedRecord>,
    signal?: AbortSignal,
  ): Promise<RecordMetadata[]> {
    const all = [...records];
    const group = new GroupDelivery(all.length);
    for (const [place, record] of all.entries()) {
      const member = group.member(place);
      try {
        this.add(topic, record, member, true);
      } catch (thrown) {
        member.failed(errorOf(thrown));
      }
    }
    return signal === undefined ? group.promise : untilAborted(group.promise, signal);
  }

  /** Takes a record that nobody waits for; whether more are welcome. Throws `BUFFER_FULL`. */
  post(topic: TopicLike, record: UntypedRecord): boolean {
    this.add(topic, record, undefined, false);
    return this.#accumulator.hasRoom;
  }

  async #sendUntil(
    topic: TopicLike,
    record: UntypedRecord,
    signal: AbortSignal,
  ): Promise<RecordMetadata> {
    if (signal.aborted) throw cancelled(signal);
    let parked: ParkedRecord | undefined;
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      parked = this.add(topic, record, new PromisedDelivery(resolve, reject), true);
    });
    const onAbort = (): void => {
      if (parked === undefined || parked.isGone) return;
      this.#accumulator.failParked(this.#stateOf(topic), parked, cancelled(signal));
    };
    signal.addEventListener("abort", onAbort);
    try {
      return await untilAborted(sent, signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Takes a record. With `mayWait` it waits when there is no room, else `BUFFER_FULL` is thrown; so are
   * `CLOSED`, `ENCODE_FAILED` and whatever else is known at once.
   * @returns the record, when it waits
   */
  add(
    topic: TopicLike,
    record: UntypedRecord,
    delivery: Delivery | undefined,
    mayWait: boolean,
  ): ParkedRecord | undefined {
    const state = topic === this.#lastTopic ? this.#lastState : undefined;
    const target = state ?? this.#stateOf(topic);
    if (this.#closing !== undefined) throw closed(target.name);
    const { fatal } = this.#identities;
    if (fatal !== undefined) throw fatal;
    const key = encodeKey(topic, record.key);
    const value = encodeValue(topic, record.value);
    const headers = encodeHeaders(topic, record);
    const { partition, timestamp = this.#nowMs() } = record;
    if (record.timestamp !== undefined) checkTimestamp(record.timestamp);
    const tracing = activeTracing();
    return tracing === undefined
      ? this.#take(target, key, value, headers, partition, timestamp, delivery, mayWait)
      : this.#takeTraced(
          tracing,
          target,
          key,
          value,
          { headers, partition, timestamp },
          delivery,
          mayWait,
        );
  }

  /** Puts an encoded record into a batch, or lets it wait. */
  #take(
    topic: ProducerTopic,
    key: EncodedField,
    value: EncodedField,
    headers: readonly NewHeader[],
    partition: number | undefined,
    timestamp: number,
    delivery: Delivery | undefined,
    mayWait: boolean,
  ): ParkedRecord | undefined {
    if (key instanceof Promise || value instanceof Promise) {
      const waiting = { key: null, value: null, headers, partition, timestamp };
      const parked = this.#park(topic, waiting, delivery, mayWait, true);
      this.#encodeLater(topic, parked, key, value);
      return parked;
    }
    if (topic.parked.length === 0) {
      const accumulator = this.#accumulator;
      const outcome = accumulator.append(
        topic,
        partition,
        timestamp,
        key,
        value,
        headers,
        delivery,
      );
      if (outcome === Append.done) return undefined;
      if (outcome === Append.noRoom && !mayWait) throw this.#full(topic.name);
    }
    const waiting = { key, value, headers, partition, timestamp };
    return this.#park(topic, waiting, delivery, mayWait, false);
  }

  /** The same with a span, whose context goes into the headers. */
  #takeTraced(
    tracing: Tracing,
    topic: ProducerTopic,
    key: EncodedField,
    value: EncodedField,
    rest: {
      readonly headers: readonly NewHeader[];
      readonly partition: number | undefined;
      readonly timestamp: number;
    },
    delivery: Delivery | undefined,
    mayWait: boolean,
  ): ParkedRecord | undefined {
    const { partition, timestamp } = rest;
    const known = { key: knownField(key), value: knownField(value) };
    const { clientId } = this.#cluster;
    const tombstone = value === null;
    const details = { topic: topic.name, clientId, partition, key: known.key, tombstone };
    const span = tracing.startSend(details, rest.headers);
    const { headers } = span;
    const traced = new TracedDelivery(span, delivery, (error) => {
      const record = { ...known, headers, partition, timestamp };
      this.#postFailed(error, new FailedParkedRecord(topic.name, record));
    });
    try {
      return this.#take(topic, key, value, headers, partition, timestamp, traced, mayWait);
    } catch (thrown) {
      span.failed(thrown);
      throw thrown;
    }
  }

  #park(
    topic: ProducerTopic,
    record: {
      readonly key: NewField;
      readonly value: NewField;
      readonly headers: readonly NewHeader[];
      readonly partition: number | undefined;
      readonly timestamp: number;
    },
    delivery: Delivery | undefined,
    mayWait: boolean,
    isEncoding: boolean,
  ): ParkedRecord {
    const bytes = recordBound(record.key, record.value, record.headers);
    if (!mayWait && !this.#accumulator.hasRoomFor(bytes)) throw this.#full(topic.name);
    const deadlineMs = this.#clock.monotonicMs() + this.options.blockTimeoutMs;
    const parked = new ParkedRecord(record, delivery, deadlineMs);
    parked.isEncoding = isEncoding;
    this.#accumulator.park(topic, parked);
    return parked;
  }

  #encodeLater(
    topic: ProducerTopic,
    parked: ParkedRecord,
    key: EncodedField,
    value: EncodedField,
  ): void {
    Promise.all([key, value]).then(
      ([encodedKey, encodedValue]) => {
        parked.key = encodedKey;
        parked.value = encodedValue;
        parked.isEncoding = false;
        this.#accumulator.unpark(topic);
      },
      (thrown: unknown) => {
        parked.isEncoding = false;
        this.#accumulator.failParked(topic, parked, errorOf(thrown));
      },
    );
  }

  #full(topic: string): KafkaError {
    return bufferFull(topic, this.#accumulator.bufferedBytes);
  }

  #stateOf(topic: TopicLike): ProducerTopic {
    const state = this.#accumulator.topicOf(typeof topic === "string" ? topic : topic.name);
    if (state.metadata === undefined) this.#lookup.takeKnown(state);
    this.#lastTopic = topic;
    this.#lastState = state;
    return state;
  }

  #nowMs(): number {
    if (this.#timeLeft === 0) {
      this.#timeMs = this.#clock.nowMs();
      this.#timeLeft = RECORDS_PER_TIME;
      // By the end of the tick it is another time.
      process.nextTick(this.#forgetTime);
    }
    this.#timeLeft--;
    return this.#timeMs;
  }

  readonly #forgetTime = (): void => {
    this.#timeLeft = 0;
  };

  /** Resolves when all that was sent before is acknowledged or given up; rejects if posted records were. */
  async flush({ signal, timeoutMs }: FlushOptions = {}): Promise<void> {
    await this.#bounded(this.#accumulator.flush(), "flushed", { signal, timeoutMs });
    this.#throwPostError();
  }

  /** The same without telling of posted records. */
  drain(): Promise<void> {
    return this.#accumulator.flush();
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Takes no more, sends what is there, and ends. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close({ drainMs, signal }: CloseOptions): Promise<void> {
    try {
      if (drainMs !== 0) {
        const drained = this.#accumulator.flush();
        await this.#bounded(drained, "drained", { signal, timeoutMs: drainMs });
      }
    } catch (thrown) {
      // That there is only so much time was said; what was not sent in it learns so below.
      const isTime = thrown instanceof KafkaError && thrown.code === "TIMED_OUT";
      if (!isTime || drainMs === undefined) throw thrown;
    } finally {
      this.#lookup.close();
      this.#sender.close();
      this.#identities.close();
      this.#cluster.metrics.remove(this.metrics);
    }
    this.#throwPostError();
  }

  #throwPostError(): void {
    const error = this.#postError;
    if (error === undefined) return;
    const count = this.#postsFailed;
    this.#postError = undefined;
    this.#postsFailed = 0;
    throw postsFailed(error, count);
  }

  /** Gives up what was not sent; resolves when what is on its way is answered. */
  async drop(error: Error): Promise<void> {
    this.#sender.failAll(error);
    await this.#accumulator.idle();
    this.#postError = undefined;
    this.#postsFailed = 0;
  }

  #batchFailed(batch: QueuedBatch, error: Error): void {
    batch.fail(error);
    if (batch.postedCount === 0) return;
    // Its records may be read as long as somebody keeps them.
    if (this.options.onError !== undefined) batch.isShared = true;
    this.#postFailed(error, new FailedBatch(batch));
  }

  #postFailed(error: Error, records: FailedRecords): void {
    const { onError } = this.options;
    if (onError !== undefined) {
      // Later, so that what the program does then does not meet a producer in the middle of something.
      queueMicrotask(() => onError(error, records));
      return;
    }
    this.#postError ??= error;
    this.#postsFailed += records.count;
  }

  #topicIsGone(topic: ProducerTopic, error: Error): void {
    this.#accumulator.failAllParked(topic, error);
    this.#sender.failTopic(topic, error);
  }

  async #bounded(
    done: Promise<void>,
    what: string,
    { signal, timeoutMs }: FlushOptions,
  ): Promise<void> {
    let timer: Timer | undefined;
    const bounded =
      timeoutMs === undefined || timeoutMs === Infinity
        ? done
        : Promise.race([
            done,
            new Promise<never>((_resolve, reject) => {
              timer = this.#clock.setTimer(timeoutMs, () => {
                const message = `the producer is not ${what} within ${timeoutMs / 1000} s`;
                reject(clientError("TIMED_OUT", message));
              });
            }),
          ]);
    try {
      await (signal === undefined ? bounded : untilAborted(bounded, signal));
    } finally {
      timer?.cancel();
    }
  }
}

const READY: Promise<void> = Promise.resolve();

/** A field as bytes, if it is encoded already. */
function knownField(field: EncodedField): Uint8Array | null {
  return field instanceof Promise ? null : bytesOf(field);
}

function defaultIdentities(cluster: Cluster, options: ResolvedOptions): MakeIdentities {
  const { idempotent, idempotentByDefault: mayDoWithout, retryBackoff } = options;
  if (!idempotent) return () => ({ ...anonymous, close: () => undefined });
  return (onChange) => new IdempotentIdentity(cluster, { mayDoWithout, retryBackoff }, onChange);
}

function checkTimestamp(timestamp: number): void {
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return;
  throw invalidOption(
    `${timestamp} is no timestamp of a record`,
    "Give whole milliseconds since 1970, or leave it out for now.",
  );
}

function closed(topic: string): KafkaError {
  return clientError("CLOSED", `topic ${topic}: the producer was closed`, { context: { topic } });
}

function cancelled(signal: AbortSignal): KafkaError {
  return clientError("CANCELLED", "cancelled", { cause: signal.reason });
}

/** The error of several posted records: the first one's, and how many there were. */
function postsFailed(error: Error, count: number): Error {
  if (!(error instanceof KafkaError) || count === 1) return error;
  const { code, errorCode, retriable, fatal, context, remedy } = error;
  const message = `${count} posted records were not delivered; the first: ${error.message}`;
  return kafkaError(message, { code, errorCode, retriable, fatal, context, remedy, cause: error });
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    throw cancelled(signal);
  }
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(cancelled(signal));
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
