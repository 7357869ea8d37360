import type * as Api from "@opentelemetry/api";
import { moldauVersion } from "../../core/version.ts";
import type { NewHeader } from "../../records/build.ts";
import { KafkaError } from "../errors.ts";

/**
 * Spans by OpenTelemetry's conventions for messaging, where the program has `@opentelemetry/api` and has
 * registered a tracer provider. Nothing is loaded before that, and nothing is made.
 *
 * A producer starts a `send` span for a record and sends its context in the record's headers, in whatever
 * format the program's propagator writes (W3C `traceparent`, `tracestate` and `baggage` by default). A
 * consumer starts a `process` span that continues it.
 */

/** A record about to be sent. */
export interface SendSpanDetails {
  readonly topic: string;
  readonly clientId: string;
  /** `undefined` until it is chosen. */
  readonly partition?: number | undefined;
  readonly key?: Uint8Array | null | undefined;
  /** Whether the value is null. */
  readonly tombstone?: boolean | undefined;
}

/** The span of a record on its way. End it once. */
export interface SendSpan {
  /** The record's headers with the span's context among them. */
  readonly headers: readonly NewHeader[];
  /** The record is stored; the offset is -1 with acks 0. */
  acknowledged(partition: number, offset: number): void;
  failed(error: unknown): void;
}

/** What propagators read: the last value under a name, and the names. `Headers` of a record is one. */
export interface SpanHeaders extends Iterable<{ readonly key: string }> {
  text(name: string): string | undefined;
}

/** A record about to be processed. */
export interface ProcessSpanDetails {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: SpanHeaders;
  readonly key?: Uint8Array | null | undefined;
  readonly tombstone?: boolean | undefined;
}

/** Who processes. */
export interface ConsumerDetails {
  readonly clientId: string;
  readonly group?: string | undefined;
}

/** The span of records that are processed. End it once. */
export interface ProcessSpan {
  /** Calls `work` with the span as the active one, so that spans started in it are its children. */
  run<T>(work: () => T): T;
  /** The records are processed, or it failed with `error`. */
  end(error?: unknown): void;
}

/** What producers and consumers call. */
export interface Tracing {
  startSend(details: SendSpanDetails, headers: readonly NewHeader[]): SendSpan;
  /** The span is a child of the one whose context the record carries. */
  startProcess(record: ProcessSpanDetails, consumer: ConsumerDetails): ProcessSpan;
  /** One span for several records of one topic, linked with the contexts that they carry. */
  startProcessBatch(records: readonly ProcessSpanDetails[], consumer: ConsumerDetails): ProcessSpan;
}

/** Where all copies of version 1 of the API keep what the program registered. */
const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");
/** The world as far as this file looks at it: for every record, so without detours. */
const globals: object = globalThis;
/** Links of one span: the default limit of the SDK. */
const LINKS_MAX = 128;

let tracing: OpenTelemetryTracing | undefined;
let loading: Promise<void> | undefined;

/**
 * What makes spans, or `undefined` while the program wants none. Cheap enough to be asked for every
 * record; a provider that is registered later is found.
 */
export function activeTracing(): Tracing | undefined {
  if (!isProviderRegistered()) return undefined;
  if (tracing === undefined) void loadTracing();
  return tracing;
}

/** Loads the API if a provider is registered. Never rejects; without the package there are no spans. */
export function loadTracing(): Promise<void> {
  if (tracing !== undefined || !isProviderRegistered()) return Promise.resolve();
  loading ??= import("@opentelemetry/api").then(
    (loaded) => {
      tracing = new OpenTelemetryTracing(loaded);
    },
    () => undefined,
  );
  return loading;
}

function isProviderRegistered(): boolean {
  if (!(API_GLOBAL in globals)) return false;
  const registered = globals[API_GLOBAL];
  return typeof registered === "object" && registered !== null && "trace" in registered;
}

class OpenTelemetryTracing implements Tracing {
  readonly #api: typeof Api;

  constructor(loaded: typeof Api) {
    this.#api = loaded;
  }

  /** Asked for each time: the program may replace its provider. */
  #tracer(): Api.Tracer {
    return this.#api.trace.getTracer("moldau", moldauVersion);
  }

  startSend(details: SendSpanDetails, headers: readonly NewHeader[]): SendSpan {
    const { context, propagation, trace, SpanKind } = this.#api;
    const { topic, partition, clientId, key, tombstone } = details;
    const attributes: Api.Attributes = {
      ...commonAttributes("send", "send", topic, clientId),
      ...keyAttribute(key),
    };
    if (partition !== undefined) attributes["messaging.destination.partition.id"] = `${partition}`;
    if (tombstone === true) attributes["messaging.kafka.message.tombstone"] = true;
    const options = { kind: SpanKind.PRODUCER, attributes };
    const span = this.#tracer().startSpan(`send ${topic}`, options);
    const carrier: NewHeader[] = [...headers];
    propagation.inject(trace.setSpan(context.active(), span), carrier, headerSetter);
    return new StartedSend(this.#api, span, carrier);
  }

  startProcess(record: ProcessSpanDetails, consumer: ConsumerDetails): ProcessSpan {
    const { context, propagation } = this.#api;
    const { topic, partition, offset, key, tombstone } = record;
    const attributes: Api.Attributes = {
      ...commonAttributes("process", "process", topic, consumer.clientId),
      ...keyAttribute(key),
      "messaging.destination.partition.id": `${partition}`,
      "messaging.kafka.offset": offset,
    };
    if (tombstone === true) attributes["messaging.kafka.message.tombstone"] = true;
    if (consumer.group !== undefined) attributes["messaging.consumer.group.name"] = consumer.group;
    const parent = propagation.extract(context.active(), record.headers, headerGetter);
    return this.#process(topic, { attributes }, parent);
  }

  startProcessBatch(
    records: readonly ProcessSpanDetails[],
    { clientId, group }: ConsumerDetails,
  ): ProcessSpan {
    const { context, propagation, trace, ROOT_CONTEXT } = this.#api;
    const topic = records[0]?.topic ?? "";
    const attributes: Api.Attributes = {
      ...commonAttributes("process", "process", topic, clientId),
      "messaging.batch.message_count": records.length,
    };
    if (group !== undefined) attributes["messaging.consumer.group.name"] = group;
    const links: Api.Link[] = [];
    for (const record of records) {
      if (links.length === LINKS_MAX) break;
      const carried = propagation.extract(ROOT_CONTEXT, record.headers, headerGetter);
      const spanContext = trace.getSpanContext(carried);
      if (spanContext !== undefined) links.push({ context: spanContext });
    }
    return this.#process(topic, { attributes, links }, context.active());
  }

  #process(topic: string, options: Api.SpanOptions, parent: Api.Context): ProcessSpan {
    const { trace, SpanKind } = this.#api;
    const kind = SpanKind.CONSUMER;
    const span = this.#tracer().startSpan(`process ${topic}`, { ...options, kind }, parent);
    return new StartedProcess(this.#api, span, trace.setSpan(parent, span));
  }
}

class StartedSend implements SendSpan {
  readonly headers: readonly NewHeader[];
  readonly #api: typeof Api;
  readonly #span: Api.Span;

  constructor(loaded: typeof Api, span: Api.Span, headers: readonly NewHeader[]) {
    this.#api = loaded;
    this.#span = span;
    this.headers = headers;
  }

  acknowledged(partition: number, offset: number): void {
    this.#span.setAttribute("messaging.destination.partition.id", `${partition}`);
    if (offset >= 0) this.#span.setAttribute("messaging.kafka.offset", offset);
    this.#span.end();
  }

  failed(error: unknown): void {
    endWith(this.#api, this.#span, error);
  }
}

class StartedProcess implements ProcessSpan {
  readonly #api: typeof Api;
  readonly #span: Api.Span;
  readonly #context: Api.Context;

  constructor(loaded: typeof Api, span: Api.Span, context: Api.Context) {
    this.#api = loaded;
    this.#span = span;
    this.#context = context;
  }

  run<T>(work: () => T): T {
    return this.#api.context.with(this.#context, work);
  }

  end(error?: unknown): void {
    endWith(this.#api, this.#span, error);
  }
}

function endWith(loaded: typeof Api, span: Api.Span, error: unknown): void {
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : String(error);
    span.setStatus({ code: loaded.SpanStatusCode.ERROR, message });
    span.setAttribute("error.type", errorType(error));
    span.recordException(error instanceof Error ? error : message);
  }
  span.end();
}

function errorType(error: unknown): string {
  if (error instanceof KafkaError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}

function commonAttributes(
  name: string,
  type: string,
  topic: string,
  clientId: string,
): Api.Attributes {
  return {
    "messaging.system": "kafka",
    "messaging.operation.name": name,
    "messaging.operation.type": type,
    "messaging.destination.name": topic,
    "messaging.client.id": clientId,
  };
}

/** A key that is no text says nothing to people. */
function keyAttribute(key: Uint8Array | null | undefined): Api.Attributes {
  if (key === null || key === undefined) return {};
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("utf8");
  return text.includes("\ufffd") ? {} : { "messaging.kafka.message.key": text };
}

const headerSetter: Api.TextMapSetter<NewHeader[]> = {
  set(carrier, name, value) {
    const known = carrier.findIndex(({ key }) => key === name);
    const header = { key: name, value: Buffer.from(value, "utf8") };
    if (known < 0) carrier.push(header);
    else carrier[known] = header;
  },
};

const headerGetter: Api.TextMapGetter<SpanHeaders> = {
  keys: (carrier) => [...carrier].map(({ key }) => key),
  get: (carrier, name) => carrier.text(name),
};
