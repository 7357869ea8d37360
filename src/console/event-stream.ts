import { messageOf, MoldauError } from "../core/errors.ts";

/** Bytes that may wait for somebody who reads slowly; then whoever sends waits for them. */
const WAITING_BYTES_MAX = 256 * 1024;
const encoder = new TextEncoder();

/** Text that is sent as it is made. */
export class TextStream {
  readonly #abort = new AbortController();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #resume: (() => void) | undefined;

  /** Aborted when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Sends a text; resolves when more is taken. Does nothing when nobody reads any more. */
  async write(text: string): Promise<void> {
    const controller = this.#controller;
    if (controller === undefined || this.signal.aborted) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 1) > 0) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  /** The answer that carries what `run` writes; should that fail, `lastWords` of why end it. */
  response(
    contentType: string,
    run: () => Promise<void>,
    lastWords: (why: string) => string,
  ): Response {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#goOn(),
        cancel: () => {
          this.#abort.abort();
          this.#goOn();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES_MAX }),
    );
    void run()
      .catch((thrown: unknown) => this.write(lastWords(messageOf(thrown))))
      .then(() => {
        if (!this.signal.aborted) this.#controller?.close();
      });
    return new Response(body, {
      headers: { "content-type": contentType, "cache-control": "no-store" },
    });
  }

  #goOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}

/** Streams that may be open at once: each page has one to three. */
export const STREAMS_MAX = 500;

/** How many streams are open, so that they stay within a bound. */
export class OpenStreams {
  readonly #max: number;
  #count = 0;

  constructor(max = STREAMS_MAX) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** One more, until {@link EventStream.events} ends. */
  open(): EventStream {
    if (this.#count >= this.#max) {
      throw new MoldauError(`${this.#max} pages are told events, and no more are.`, {
        code: "TOO_MANY_STREAMS",
        remedy: "Close pages of the console that nobody looks at.",
        retriable: true,
      });
    }
    this.#count++;
    return new EventStream(() => this.#count--);
  }
}

/** Server-sent events to one page. */
export class EventStream extends TextStream {
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    super();
    this.#onEnd = onEnd;
  }

  /** As {@link TextStream.write}, of one event. */
  async send(kind: string, data: unknown): Promise<void> {
    await this.write(eventText(kind, data));
  }

  /** The answer that carries the events of `run`; what it throws is told as an event `problem`. */
  events(run: () => Promise<void>): Response {
    const runToTheEnd = (): Promise<void> => run().finally(this.#onEnd);
    return this.response("text/event-stream", runToTheEnd, (message) =>
      eventText("problem", { message }),
    );
  }
}

/** An event as it goes over the wire, made once for all pages that get it. */
export function eventText(kind: string, data: unknown): string {
  // JSON holds no line break that is not escaped: it is one line.
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
