import assert from "node:assert/strict";
import { test } from "node:test";
import { MetricFamily } from "./metric-family.ts";

test("lines are as Prometheus reads them, with labels escaped", () => {
  const family = new MetricFamily("some_bytes", "gauge", "Bytes of something.", [
    "topic",
    "partition",
  ]);
  assert.equal(family.head, "# HELP some_bytes Bytes of something.\n# TYPE some_bytes gauge\n");
  assert.equal(family.line(["orders", 3], 12.5), 'some_bytes{topic="orders",partition="3"} 12.5\n');
  assert.equal(
    family.line(['a"b\\c\nd', 0], 1),
    'some_bytes{topic="a\\"b\\\\c\\nd",partition="0"} 1\n',
  );
  const plain = new MetricFamily("up", "histogram", "Whether.", []);
  assert.equal(plain.line([], 1, "_count"), "up_count 1\n");
  assert.equal(plain.bucket([], "+Inf", 1), 'up_bucket{le="+Inf"} 1\n');
});
