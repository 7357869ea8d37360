import type { RecordMetadata } from "./producer-record.ts";

/** Somebody who waits for what becomes of a record, or of several. Posted records have none. */
export interface Delivery {
  delivered(metadata: RecordMetadata): void;
  failed(error: Error): void;
}

/** The promise of one `send`. */
export class PromisedDelivery implements Delivery {
  readonly #resolve: (metadata: RecordMetadata) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(metadata: RecordMetadata): void {
    this.#resolve(metadata);
  }

  failed(error: Error): void {
    this.#reject(error);
  }
}

/** The one promise of several records: settles when all of them have, with the first error if there is one. */
export class GroupDelivery {
  readonly promise: Promise<RecordMetadata[]>;
  readonly #results: RecordMetadata[] = [];
  #left: number;
  #error: Error | undefined;
  #resolve: (results: RecordMetadata[]) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(count: number) {
    this.#left = count;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (count === 0) this.#resolve(this.#results);
  }

  /** For the record at a place of the group. */
  member(place: number): Delivery {
    return new GroupMember(this, place);
  }

  delivered(place: number, metadata: RecordMetadata): void {
    this.#results[place] = metadata;
    this.#settle();
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.#settle();
  }

  #settle(): void {
    this.#left--;
    if (this.#left > 0) return;
    if (this.#error === undefined) this.#resolve(this.#results);
    else this.#reject(this.#error);
  }
}

class GroupMember implements Delivery {
  readonly #group: GroupDelivery;
  readonly #place: number;

  constructor(group: GroupDelivery, place: number) {
    this.#group = group;
    this.#place = place;
  }

  delivered(metadata: RecordMetadata): void {
    this.#group.delivered(this.#place, metadata);
  }

  failed(error: Error): void {
    this.#group.failed(error);
  }
}
