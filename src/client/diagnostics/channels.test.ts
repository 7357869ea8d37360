import assert from "node:assert/strict";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { test } from "node:test";
import { metadataChannel, requestChannel, type RequestTrace } from "./channels.ts";

test("an event reaches those who subscribe to its name, and costs nothing without them", () => {
  assert.equal(metadataChannel.hasSubscribers, false);
  const seen: unknown[] = [];
  const listener = (message: unknown): void => void seen.push(message);
  subscribe("moldau:client:metadata", listener);
  assert.equal(metadataChannel.hasSubscribers, true);
  const event = {
    kind: "updated",
    clientId: "c",
    clusterId: null,
    brokers: 1,
    topics: 0,
  } as const;
  metadataChannel.publish(event);
  unsubscribe("moldau:client:metadata", listener);
  assert.deepEqual(seen, [event]);
  assert.equal(metadataChannel.hasSubscribers, false);
});

test("a trace tells beginning, end and failure with one object", () => {
  const told: string[] = [];
  const traces = new Set<object>();
  const note =
    (what: string) =>
    (message: unknown): void => {
      told.push(what);
      traces.add(message as object);
    };
  const subscribers = {
    start: note("start"),
    end: note("end"),
    asyncStart: note("asyncStart"),
    asyncEnd: note("asyncEnd"),
    error: note("error"),
  };
  const channel = tracingChannel("moldau:client:request");
  channel.subscribe(subscribers);
  const trace: RequestTrace = {
    api: "Fetch",
    apiKey: 1,
    apiVersion: 16,
    correlationId: 1,
    broker: "localhost:9092",
    nodeId: 1,
    clientId: "c",
    requestBytes: 100,
  };
  requestChannel.begin(trace);
  requestChannel.fail(trace, 5, new Error("gone"));
  channel.unsubscribe(subscribers);
  assert.deepEqual(told, ["start", "end", "error", "asyncStart", "asyncEnd"]);
  assert.equal(traces.size, 1);
  assert.equal(trace.durationMs, 5);
  assert.equal(requestChannel.hasSubscribers, false);
});
