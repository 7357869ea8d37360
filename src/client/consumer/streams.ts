import { Readable } from "node:stream";
import { CountQueuingStrategy, ReadableStream } from "node:stream/web";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { OffsetsAtWork } from "./offsets-at-work.ts";
import { RecordTaker, type TakingOwner } from "./record-taker.ts";
import type { Taker } from "./taking-core.ts";

/** How a consumer is read as a stream. */
export interface ReadableOptions {
  /** Records that the stream holds itself. Default 16. */
  readonly highWaterMark?: number | undefined;
}

const STREAM_RECORDS = 16;

interface Taken {
  readonly partition: AssignedPartition;
  readonly offset: number;
}

/**
 * Takes records for a stream. One is done when it has left the stream's buffer and the stream is asked for
 * more: whoever reads the stream itself is behind it then. What further streams hold is not known here.
 */
class StreamFeed implements Taker {
  readonly isConcurrent = true;
  readonly #owner: TakingOwner;
  readonly #taker: RecordTaker;
  readonly #offsets = new OffsetsAtWork();
  /** Taken and not done, in order. */
  readonly #taken: Taken[] = [];
  #hasBegun = false;
  #isOpen = true;

  constructor(owner: TakingOwner) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
  }

  get isAtWork(): boolean {
    return this.#isOpen && this.#taken.length > 0;
  }

  firstUndone(partition: AssignedPartition): number | undefined {
    return this.#offsets.first(partition) ?? this.#taker.firstUndone(partition);
  }

  /** The next record, `undefined` at the end. All but the last `undone` of those taken before are done. */
  async take(undone: number): Promise<ConsumerRecord | undefined> {
    if (!this.#hasBegun) await this.#taker.begin(this);
    this.#hasBegun = true;
    this.#taker.check(this);
    this.#doneBut(undone);
    const record = this.#taker.takeNow() ?? (await this.#taker.take());
    if (record === undefined) return undefined;
    this.#taker.acknowledge(this);
    const partition = this.#owner.core.buffer.takenFrom!;
    const { offset } = record;
    this.#offsets.begin(partition, offset);
    this.#taken.push({ partition, offset });
    return record;
  }

  abandon(): void {
    this.#taker.abandon();
  }

  /** The stream has been read to its end. */
  async finish(): Promise<void> {
    this.#doneBut(0);
    this.#isOpen = false;
    await this.#owner.finish();
  }

  /** Nobody reads the stream any more, and nobody has read the last `unread` records that it was given. */
  leave(unread: number): void {
    this.#isOpen = false;
    const { length } = this.#taken;
    // The last first, so that each partition ends up at its first one.
    for (const { partition, offset } of this.#taken.slice(length - unread).reverse()) {
      this.#owner.core.putBack(partition, offset);
    }
    this.#taker.interrupt();
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
  }

  #doneBut(count: number): void {
    if (this.#taken.length <= count) return;
    for (const { partition, offset } of this.#taken.splice(0, this.#taken.length - count)) {
      this.#offsets.end(partition, offset);
    }
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
  }
}

class RecordReadable extends Readable {
  readonly #feed: StreamFeed;
  #isReading = false;
  #isAtEnd = false;

  constructor(owner: TakingOwner, highWaterMark: number) {
    super({ objectMode: true, highWaterMark });
    this.#feed = new StreamFeed(owner);
  }

  override _read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#fill().then(
      () => {
        this.#isReading = false;
      },
      (thrown: unknown) => {
        this.destroy(errorOf(thrown));
      },
    );
  }

  override _destroy(error: Error | null, destroyed: (error?: Error | null) => void): void {
    if (error === null && this.#isAtEnd) {
      void this.#finish().then(destroyed);
      return;
    }
    this.#feed.leave(this.readableLength);
    destroyed(error);
  }

  /** What went wrong, if anything did. */
  async #finish(): Promise<Error | null> {
    try {
      await this.#feed.finish();
      return null;
    } catch (thrown) {
      return errorOf(thrown);
    }
  }

  async #fill(): Promise<void> {
    for (;;) {
      const record = await this.#feed.take(this.readableLength + 1);
      if (this.destroyed) {
        if (record !== undefined) this.#feed.leave(1);
        return;
      }
      this.#isAtEnd = record === undefined;
      if (!this.push(record ?? null) || record === undefined) return;
    }
  }
}

/** A stream of Node, in object mode. */
export function nodeReadable(owner: TakingOwner, options: ReadableOptions): Readable {
  return new RecordReadable(owner, options.highWaterMark ?? STREAM_RECORDS);
}

/**
 * A stream of the Web. It holds no records itself, because it could not tell when they have left it; they are
 * fetched ahead all the same.
 */
export function webReadable(owner: TakingOwner): ReadableStream<ConsumerRecord> {
  const feed = new StreamFeed(owner);
  return new ReadableStream<ConsumerRecord>(
    {
      async pull(controller) {
        const record = await feed.take(0);
        if (record !== undefined) {
          controller.enqueue(record);
          return;
        }
        await feed.finish();
        controller.close();
      },
      cancel: () => feed.leave(0),
    },
    new CountQueuingStrategy({ highWaterMark: 0 }),
  );
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
