import type { SendSpan } from "../diagnostics/open-telemetry.ts";
import type { Delivery } from "./delivery.ts";
import type { RecordMetadata } from "./producer-record.ts";

/** Ends the span of a record when its fate is known, and tells whoever waits for it. */
export class TracedDelivery implements Delivery {
  readonly #span: SendSpan;
  readonly #inner: Delivery | undefined;
  readonly #onPostFailed: (error: Error) => void;

  /** `onPostFailed` is called in place of a delivery that there is not. */
  constructor(span: SendSpan, inner: Delivery | undefined, onPostFailed: (error: Error) => void) {
    this.#span = span;
    this.#inner = inner;
    this.#onPostFailed = onPostFailed;
  }

  delivered(metadata: RecordMetadata): void {
    this.#span.acknowledged(metadata.partition, metadata.offset);
    this.#inner?.delivered(metadata);
  }

  failed(error: Error): void {
    this.#span.failed(error);
    if (this.#inner === undefined) this.#onPostFailed(error);
    else this.#inner.failed(error);
  }
}
