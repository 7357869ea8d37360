import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import * as api from "@opentelemetry/api";
import { Headers } from "../topics/headers.ts";
import { brokerError } from "../errors.ts";
import { activeTracing, loadTracing } from "./open-telemetry.ts";

/** A span that keeps what it is told. */
class RecordingSpan implements api.Span {
  readonly name: string;
  readonly kind: api.SpanKind;
  readonly attributes: api.Attributes;
  readonly links: readonly api.Link[];
  readonly parent: api.SpanContext | undefined;
  readonly #context: api.SpanContext;
  status: api.SpanStatus = { code: api.SpanStatusCode.UNSET };
  ends = 0;

  constructor(name: string, options: api.SpanOptions, parent: api.Context) {
    this.name = name;
    this.kind = options.kind ?? api.SpanKind.INTERNAL;
    this.attributes = { ...options.attributes };
    this.links = options.links ?? [];
    this.parent = api.trace.getSpanContext(parent);
    const number = spans.length + 1;
    this.#context = {
      traceId: this.parent?.traceId ?? String(number).padStart(32, "0"),
      spanId: String(number).padStart(16, "0"),
      traceFlags: api.TraceFlags.SAMPLED,
    };
  }

  spanContext = (): api.SpanContext => this.#context;
  isRecording = (): boolean => this.ends === 0;
  recordException = (): void => undefined;
  addEvent = (): this => this;
  addLink = (): this => this;
  addLinks = (): this => this;
  updateName = (): this => this;
  setAttributes = (): this => this;

  setAttribute(key: string, value: api.AttributeValue): this {
    this.attributes[key] = value;
    return this;
  }

  setStatus(status: api.SpanStatus): this {
    this.status = status;
    return this;
  }

  end(): void {
    this.ends++;
  }
}

let spans: RecordingSpan[] = [];

const provider: api.TracerProvider = {
  getTracer: () => ({
    startSpan(name, options = {}, context = api.context.active()) {
      const span = new RecordingSpan(name, options, context);
      spans.push(span);
      return span;
    },
    startActiveSpan: () => assert.fail("spans are not made active behind the program's back"),
  }),
};

/** One header `traceparent`, as W3C writes it. */
const propagator: api.TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = api.trace.getSpanContext(context);
    if (span === undefined) return;
    setter.set(carrier, "traceparent", `00-${span.traceId}-${span.spanId}-01`);
  },
  extract(context, carrier, getter) {
    const text = getter.get(carrier, "traceparent");
    const [, traceId, spanId] = (Array.isArray(text) ? text[0] : text)?.split("-") ?? [];
    if (traceId === undefined || spanId === undefined) return context;
    const traceFlags = api.TraceFlags.SAMPLED;
    return api.trace.setSpanContext(context, { traceId, spanId, traceFlags, isRemote: true });
  },
  fields: () => ["traceparent"],
};

beforeEach(() => {
  spans = [];
});

after(() => {
  api.trace.disable();
  api.propagation.disable();
});

test("there are no spans until the program registers a provider", async () => {
  assert.equal(activeTracing(), undefined);
  await loadTracing();
  assert.equal(activeTracing(), undefined);
  api.trace.setGlobalTracerProvider(provider);
  api.propagation.setGlobalPropagator(propagator);
  await loadTracing();
  assert.notEqual(activeTracing(), undefined);
});

test("a process span continues the trace of the send span, through the record's headers", () => {
  const tracing = activeTracing()!;
  const key = Buffer.from("k");
  const sent = tracing.startSend({ topic: "orders", clientId: "shop", key }, [
    { key: "a", value: null },
    { key: "traceparent", value: Buffer.from("of an older trace") },
  ]);
  sent.acknowledged(3, 42);
  assert.deepEqual(
    sent.headers.map((header) => header.key),
    ["a", "traceparent"],
  );
  const headers = new Headers(
    sent.headers.map((header) => ({
      key: String(header.key),
      value: header.value === null ? null : Buffer.from(header.value),
    })),
  );
  const record = { topic: "orders", partition: 3, offset: 42, headers, tombstone: true };
  const processed = tracing.startProcess(record, { clientId: "mail", group: "mailers" });
  assert.equal(
    processed.run(() => 7),
    7,
  );
  processed.end();
  const [send, process] = spans;
  assert.deepEqual([send?.name, process?.name], ["send orders", "process orders"]);
  assert.deepEqual([send?.kind, process?.kind], [api.SpanKind.PRODUCER, api.SpanKind.CONSUMER]);
  assert.equal(process?.parent?.spanId, send?.spanContext().spanId);
  assert.deepEqual([send?.ends, process?.ends], [1, 1]);
  assert.deepEqual(send?.attributes, {
    "messaging.system": "kafka",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": "orders",
    "messaging.client.id": "shop",
    "messaging.kafka.message.key": "k",
    "messaging.destination.partition.id": "3",
    "messaging.kafka.offset": 42,
  });
  assert.equal(process?.attributes["messaging.consumer.group.name"], "mailers");
  assert.equal(process?.attributes["messaging.kafka.message.tombstone"], true);
});

test("a batch is one span, linked with the traces of its records", () => {
  const tracing = activeTracing()!;
  const records = ["1", "2"].map((digit, offset) => ({
    topic: "orders",
    partition: 0,
    offset,
    headers: new Headers([
      {
        key: "traceparent",
        value: Buffer.from(`00-${digit.repeat(32)}-${digit.repeat(16)}-01`),
      },
    ]),
  }));
  tracing.startProcessBatch(records, { clientId: "mail" }).end();
  assert.deepEqual(
    spans[0]?.links.map(({ context }) => context.spanId),
    ["1".repeat(16), "2".repeat(16)],
  );
  assert.equal(spans[0]?.attributes["messaging.batch.message_count"], 2);
});

test("a failure is the status of the span, with the protocol's name for it", () => {
  const tracing = activeTracing()!;
  const sent = tracing.startSend({ topic: "orders", clientId: "shop" }, []);
  sent.failed(brokerError(10, { topic: "orders" }));
  assert.equal(spans[0]?.status.code, api.SpanStatusCode.ERROR);
  assert.equal(spans[0]?.attributes["error.type"], "MESSAGE_TOO_LARGE");
});
