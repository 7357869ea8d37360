import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMetrics } from "./otlp-metrics.ts";

const resources = [
  {
    attributes: { client_rack: "r1", group_id: "mail" },
    metrics: [
      {
        name: "org.apache.kafka.consumer.connection.creation.total",
        kind: "sum" as const,
        value: 300,
        attributes: { node_id: "7" },
      },
      { name: "ratio", kind: "gauge" as const, value: 0.25, unit: "ms" },
    ],
  },
  { attributes: {}, metrics: [{ name: "negative", kind: "gauge" as const, value: -5 }] },
];
const options = {
  startMs: 1_700_000_000_000,
  nowMs: 1_700_000_060_000,
  scope: { name: "moldau", version: "1" },
};

test("metrics are the bytes that OpenTelemetry's own implementation writes", () => {
  // Of the package opentelemetry-proto of PyPI: SerializeToString() of a MetricsData with the same content.
  assert.equal(
    encodeMetrics(resources, { ...options, temporality: "delta" }).toString("hex"),
    DELTA,
  );
});

test("sums may be totals", () => {
  const delta = encodeMetrics(resources, { ...options, temporality: "delta" });
  const cumulative = encodeMetrics(resources, { ...options, temporality: "cumulative" });
  assert.equal(delta.length, cumulative.length);
  const differences = [...delta.keys()].filter((at) => delta[at] !== cumulative[at]);
  assert.deepEqual(
    differences.map((at) => [delta[at], cumulative[at]]),
    [[1, 2]],
  );
});

const DELTA =
  "0ac8010a290a130a0b636c69656e745f7261636b12040a0272310a120a0867726f75705f696412060a04" +
  "6d61696c129a010a0b0a066d6f6c64617512013112680a336f72672e6170616368652e6b61666b612e63" +
  "6f6e73756d65722e636f6e6e656374696f6e2e6372656174696f6e2e746f74616c3a310a2b1100002a36" +
  "fe9c9717190058712e0c9d9717312c010000000000003a0e0a076e6f64655f696412030a013710011801" +
  "12210a05726174696f1a026d732a140a12190058712e0c9d971721000000000000d03f0a330a00122f0a" +
  "0b0a066d6f6c64617512013112200a086e656761746976652a140a12190058712e0c9d971731fbffffff" +
  "ffffffff";
