import { Writable } from "node:stream";
import { CountQueuingStrategy, WritableStream } from "node:stream/web";
import type { Delivery } from "./delivery.ts";
import type { ProducerEngine } from "./engine.ts";
import { errorOf, invalidOption } from "./producer-error.ts";
import type { TopicLike, UntypedRecord } from "./producer-record.ts";

/** Records that a stream holds itself; the producer holds many more. */
const HIGH_WATER_MARK = 1024;

/** Counts the records of a stream until all are settled: one object for all of them. */
class StreamDelivery implements Delivery {
  readonly #onFailed: (error: Error) => void;
  #waiting = 0;
  #error: Error | undefined;
  #whenDone: (() => void) | undefined;

  constructor(onFailed: (error: Error) => void) {
    this.#onFailed = onFailed;
  }

  started(): void {
    this.#waiting++;
  }

  delivered(): void {
    this.#settled();
  }

  failed(error: Error): void {
    if (this.#error === undefined) {
      this.#error = error;
      this.#onFailed(error);
    }
    this.#settled();
  }

  #settled(): void {
    this.#waiting--;
    if (this.#waiting === 0) this.#whenDone?.();
  }

  /** Resolves when all records are acknowledged; rejects with the first error. */
  async done(): Promise<void> {
    if (this.#waiting > 0) {
      await new Promise<void>((resolve) => {
        this.#whenDone = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }
}

/** Gives records to an engine, one after the other, and waits while no more are welcome. */
class RecordSink {
  readonly delivery: StreamDelivery;
  readonly #engine: ProducerEngine;
  readonly #topic: TopicLike;

  constructor(engine: ProducerEngine, topic: TopicLike, onFailed: (error: Error) => void) {
    this.#engine = engine;
    this.#topic = topic;
    this.delivery = new StreamDelivery(onFailed);
  }

  /** Takes records from `place` on; the place of the first that has to wait. Throws what `send` throws. */
  take(records: readonly unknown[], place: number): number {
    let next = place;
    while (next < records.length) {
      const record = records[next]!;
      if (!isRecord(record)) {
        throw invalidOption(`a ${typeof record} is no record`, "Write objects with key and value.");
      }
      this.delivery.started();
      try {
        this.#engine.add(this.#topic, record, this.delivery, true);
      } catch (thrown) {
        this.delivery.failed(errorOf(thrown));
        throw thrown;
      }
      next++;
      if (!this.#engine.hasRoom) break;
    }
    return next;
  }

  async takeAll(records: readonly unknown[], from: number): Promise<void> {
    for (let place = from; ;) {
      if (!this.#engine.hasRoom) await this.#engine.ready();
      if (place >= records.length) return;
      place = this.take(records, place);
    }
  }

  /** Resolves when all records are acknowledged; nothing of them lingers. */
  async finish(): Promise<void> {
    const [drained] = await Promise.allSettled([this.#engine.drain()]);
    await this.delivery.done();
    if (drained.status === "rejected") throw errorOf(drained.reason);
  }
}

function isRecord(record: unknown): record is UntypedRecord {
  return typeof record === "object" && record !== null && "value" in record;
}

/** Ends an operation of a stream with what comes of a promise. */
function callBack(promise: Promise<void>, callback: (error?: Error) => void): void {
  promise.then(
    () => process.nextTick(callback),
    (thrown: unknown) => process.nextTick(callback, errorOf(thrown)),
  );
}

/** A stream of Node that sends what it is given. It fails with the first record that does. */
export function nodeWritable(engine: ProducerEngine, topic: TopicLike): Writable {
  const sink = new RecordSink(engine, topic, (error) => stream.destroy(error));
  const write = (records: readonly unknown[], callback: (error?: Error) => void): void => {
    let next: number;
    try {
      next = sink.take(records, 0);
    } catch (thrown) {
      callback(errorOf(thrown));
      return;
    }
    if (next === records.length && engine.hasRoom) callback();
    else callBack(sink.takeAll(records, next), callback);
  };
  const stream = new Writable({
    objectMode: true,
    highWaterMark: HIGH_WATER_MARK,
    write: (record: unknown, _encoding, callback) => write([record], callback),
    writev: (chunks, callback) =>
      write(
        chunks.map(({ chunk }): unknown => chunk),
        callback,
      ),
    final: (callback) => callBack(sink.finish(), callback),
  });
  return stream;
}

/** A stream of the Web that sends what it is given. It fails with the first record that does. */
export function webWritable<R>(engine: ProducerEngine, topic: TopicLike): WritableStream<R> {
  let fail: (error: Error) => void = () => undefined;
  const sink = new RecordSink(engine, topic, (error) => fail(error));
  return new WritableStream<R>(
    {
      start(controller) {
        fail = (error) => controller.error(error);
      },
      write(record) {
        const next = sink.take([record], 0);
        return next === 1 && engine.hasRoom ? undefined : sink.takeAll([record], next);
      },
      close: () => sink.finish(),
    },
    new CountQueuingStrategy({ highWaterMark: HIGH_WATER_MARK }),
  );
}
