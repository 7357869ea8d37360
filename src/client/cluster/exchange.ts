import { assert } from "../../core/assert.ts";
import type { Api } from "../../protocol/apis.ts";
import { responseHeaderVersion } from "../../protocol/apis.ts";
import { codecOf } from "../../protocol/codec.ts";
import { responseHeader } from "../../protocol/messages/header.ts";
import type { Reader } from "../../protocol/reader.ts";
import type { Fields, Message, ValueOf } from "../../protocol/schema.ts";
import type { RequestTrace } from "../diagnostics/channels.ts";
import { clientError, type KafkaError } from "../errors.ts";
import type { ApiCall } from "./api-call.ts";

/** When a request was sent, and by when its answer has to be there; of the monotonic clock. */
export interface ExchangeTimes {
  readonly startedMs: number;
  readonly deadlineMs: number;
}

/** A request that waits for its answer. It is settled once; what comes later is dropped. */
export abstract class Exchange {
  readonly api: Api;
  readonly version: number;
  readonly correlationId: number;
  readonly startedMs: number;
  /** By when the answer has to be there, by the monotonic clock, or the connection is given up. */
  deadlineMs: number;
  /** What the answer said that this client is made to wait for a quota (KIP-219). */
  throttleTimeMs = 0;
  /** The one that was sent after it. */
  next: Exchange | undefined;
  trace: RequestTrace | undefined;
  #isSettled = false;

  constructor(api: Api, version: number, correlationId: number, times: ExchangeTimes) {
    this.api = api;
    this.version = version;
    this.correlationId = correlationId;
    this.startedMs = times.startedMs;
    this.deadlineMs = times.deadlineMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Reads the answer. Returns whether views of its bytes live on. Throws what reading throws, unsettled. */
  answer(reader: Reader): boolean {
    const keepsViews = this.read(reader);
    this.settled();
    return keepsViews;
  }

  fail(error: KafkaError): void {
    if (this.#isSettled) return;
    this.settled();
    this.refuse(error);
  }

  protected settled(): void {
    this.#isSettled = true;
  }

  protected abstract read(reader: Reader): boolean;
  protected abstract refuse(error: KafkaError): void;
}

/**
 * Who waits for an answer; nobody once it is settled. An exchange outlives its answer, and whoever holds a promise
 * holds what it gave: megabytes of records, which the collector could not free with other young objects.
 */
type Waiter<T> = PromiseWithResolvers<T> | undefined;

function promiseOf<T>(waiter: Waiter<T>): Promise<T> {
  assert(waiter !== undefined, "a promise is taken before it settles");
  return waiter.promise;
}

/** A request whose answer is decoded where it was received. */
export class TypedExchange<Req extends Fields, Res extends Fields> extends Exchange {
  readonly #call: ApiCall<Req, Res>;
  #waiter: Waiter<ValueOf<Message<Res>>> = Promise.withResolvers();
  #signal: AbortSignal | undefined;

  constructor(
    call: ApiCall<Req, Res>,
    version: number,
    correlationId: number,
    times: ExchangeTimes,
    signal: AbortSignal | undefined,
  ) {
    super(call.api, version, correlationId, times);
    this.#call = call;
    this.#signal = signal;
    signal?.addEventListener("abort", this);
  }

  /** To be taken before the request is sent. */
  get promise(): Promise<ValueOf<Message<Res>>> {
    return promiseOf(this.#waiter);
  }

  protected override read(reader: Reader): boolean {
    const { api, response, responseHoldsViews } = this.#call;
    codecOf(responseHeader, responseHeaderVersion(api, this.version)).decode(reader);
    const value = codecOf(response, this.version).decode(reader);
    this.throttleTimeMs = throttleTimeMsOf(value);
    this.#waiter?.resolve(value);
    this.#waiter = undefined;
    return responseHoldsViews;
  }

  protected override refuse(error: KafkaError): void {
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  protected override settled(): void {
    super.settled();
    this.#signal?.removeEventListener("abort", this);
    this.#signal = undefined;
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.fail(clientError("CANCELLED", "cancelled", { cause: this.#signal?.reason }));
  }
}

function throttleTimeMsOf(value: unknown): number {
  if (typeof value !== "object" || value === null || !("throttleTimeMs" in value)) return 0;
  return typeof value.throttleTimeMs === "number" ? value.throttleTimeMs : 0;
}

/** A request whose answer is wanted as it is, because its version is not known: that of ApiVersions. */
export class RawExchange extends Exchange {
  #waiter: Waiter<Buffer> = Promise.withResolvers();

  /** To be taken before the request is sent. */
  get promise(): Promise<Buffer> {
    return promiseOf(this.#waiter);
  }

  protected override read(reader: Reader): boolean {
    this.#waiter?.resolve(reader.bytes.subarray(reader.offset, reader.end));
    this.#waiter = undefined;
    return true;
  }

  protected override refuse(error: KafkaError): void {
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }
}

/** Exchanges of one connection in the order in which they were sent, which is that of their answers. */
export class ExchangeQueue {
  #first: Exchange | undefined;
  #last: Exchange | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Exchange | undefined {
    return this.#first;
  }

  push(exchange: Exchange): void {
    if (this.#last === undefined) this.#first = exchange;
    else this.#last.next = exchange;
    this.#last = exchange;
    this.#size++;
  }

  /** Takes the oldest out. */
  shift(): Exchange | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#first = first.next;
    if (this.#first === undefined) this.#last = undefined;
    first.next = undefined;
    this.#size--;
    return first;
  }

  /** The one whose time is over first; `undefined` when none waits. */
  mostUrgent(): Exchange | undefined {
    let found = this.#first;
    for (let at = found; at !== undefined; at = at.next) {
      if (found === undefined || at.deadlineMs < found.deadlineMs) found = at;
    }
    return found;
  }
}
