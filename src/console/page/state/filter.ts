import type { MessageRow, Payload } from "../../api.ts";

/** What a filter of somebody's own sees of a message. */
export interface FilterInput {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: unknown;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A filter that has not answered for so many milliseconds is stopped. */
const FILTER_MS_MAX = 2000;

function contentOf({ kind, text }: Payload): unknown {
  if (kind === "null") return null;
  if (kind !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Cut after its first bytes: the text that is there can still be searched.
    return text;
  }
}

function inputOf(message: MessageRow): FilterInput {
  return {
    partition: message.partition,
    offset: message.offset,
    timestamp: message.timestamp,
    key: contentOf(message.key),
    value: contentOf(message.value),
    headers: Object.fromEntries(message.headers.map(({ key, value }) => [key, contentOf(value)])),
  };
}

type Answer =
  | { readonly kind: "kept"; readonly id: number; readonly kept: readonly boolean[] }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

/**
 * Runs a JavaScript expression or function body over messages, in a worker that has neither the page nor the
 * network: the server gives its program a content security policy that allows nothing else than to compute.
 */
export class MessageFilter {
  readonly #source: string;
  #worker: Worker | undefined;
  #id = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** The messages that the filter keeps. Rejects with what is wrong in it. */
  async keep(messages: readonly MessageRow[]): Promise<readonly MessageRow[]> {
    if (messages.length === 0) return messages;
    this.#worker ??= new Worker("./filter-worker.js");
    const worker = this.#worker;
    const id = ++this.#id;
    const kept = await new Promise<readonly boolean[]>((resolve, reject) => {
      const fail = (message: string): void => {
        this.close();
        reject(new Error(message));
      };
      const timer = setTimeout(
        () => fail(`The filter took more than ${FILTER_MS_MAX / 1000} s and was stopped.`),
        FILTER_MS_MAX,
      );
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.id !== id) return;
        clearTimeout(timer);
        if (data.kind === "kept") resolve(data.kept);
        else fail(`The filter failed: ${data.message}`);
      };
      worker.onerror = () => {
        clearTimeout(timer);
        fail("The filter could not be started.");
      };
      worker.postMessage({ id, source: this.#source, messages: messages.map(inputOf) });
    });
    return messages.filter((_message, index) => kept[index] === true);
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
