import assert from "node:assert/strict";
import { test } from "node:test";

import { BrokerConfig } from "./broker-config.ts";
import { logConfigOf } from "./log-config.ts";
import { LONG_MAX } from "./value-type.ts";

function broker(texts: Readonly<Record<string, string>> = {}): BrokerConfig {
  return new BrokerConfig(new Map(Object.entries({ "node.id": "1", ...texts })), new Set());
}

const own = (texts: Readonly<Record<string, string>>) => new Map(Object.entries(texts));

test("a dynamic value wins over the static one, this broker's over the cluster's", () => {
  const config = broker({ "log.segment.bytes": "2000000" });
  assert.equal(config.get("log.segment.bytes"), 2_000_000);
  config.applyDynamic("", own({ "log.segment.bytes": "3000000" }));
  assert.equal(config.get("log.segment.bytes"), 3_000_000);
  config.applyDynamic("1", own({ "log.segment.bytes": "4000000" }));
  assert.equal(config.get("log.segment.bytes"), 4_000_000);
  config.applyDynamic("2", own({ "log.segment.bytes": "5000000" }));
  assert.equal(config.get("log.segment.bytes"), 4_000_000);
  config.applyDynamic("1", own({}));
  config.applyDynamic("", own({}));
  assert.equal(config.get("log.segment.bytes"), 2_000_000);
});

test("listeners hear which values changed, and nothing when none did", () => {
  const config = broker();
  const heard: string[][] = [];
  const end = config.onChange((changed) => heard.push([...changed]));
  config.applyDynamic("", own({ "log.retention.ms": "5", "message.max.bytes": "1048588" }));
  config.applyDynamic("1", own({ "log.retention.ms": "5" }));
  end();
  config.applyDynamic("1", own({ "log.retention.ms": "6" }));
  assert.deepEqual(heard, [["log.retention.ms"]]);
});

test("a dynamic value that is no longer valid counts as absent", () => {
  const config = broker({ "log.segment.bytes": "2000000" });
  config.applyDynamic("1", own({ "log.segment.bytes": "nonsense" }));
  assert.equal(config.get("log.segment.bytes"), 2_000_000);
});

test("a listener's prefix makes a setting its own", () => {
  const config = broker({ "max.connections": "5", "listener.name.internal.max.connections": "9" });
  assert.equal(config.getFor("INTERNAL", "max.connections"), 9);
  assert.equal(config.getFor("EXTERNAL", "max.connections"), 5);
});

test("proposing a change changes nothing", () => {
  const config = broker();
  const proposed = config.proposed("", own({ "log.retention.ms": "5" }));
  assert.equal(proposed.get("log.retention.ms"), 5);
  assert.equal(config.get("log.retention.ms"), null);
});

test("a topic inherits from the broker, in the finest unit that is set", () => {
  const retention = (texts: Readonly<Record<string, string>>) =>
    logConfigOf(broker(texts), own({})).retentionMs;
  assert.equal(retention({}), 168 * 3_600_000);
  assert.equal(retention({ "log.retention.hours": "2" }), 7_200_000);
  assert.equal(retention({ "log.retention.hours": "2", "log.retention.minutes": "3" }), 180_000);
  assert.equal(retention({ "log.retention.minutes": "3", "log.retention.ms": "4" }), 4);
  assert.equal(retention({ "log.retention.hours": "-1" }), -1);
  assert.equal(retention({ "log.retention.minutes": "-7" }), -1);
  assert.equal(retention({ "log.retention.ms": "-2" }), -1);
  assert.equal(retention({ "log.retention.hours": "2147483647" }), 2_147_483_647 * 3_600_000);
  const rolling = logConfigOf(
    broker({ "log.roll.hours": "1", "log.roll.jitter.hours": "1" }),
    own({}),
  );
  assert.deepEqual([rolling.segmentMs, rolling.segmentJitterMs], [3_600_000, 3_600_000]);
  assert.equal(logConfigOf(broker({ "log.flush.scheduler.interval.ms": "7" }), own({})).flushMs, 7);
});

test("a topic's own settings win, and its policies may be both or neither", () => {
  const of = (texts: Readonly<Record<string, string>>) => logConfigOf(broker(), own(texts));
  assert.equal(of({ "retention.ms": "-1" }).retentionMs, -1);
  assert.equal(of({ "flush.messages": "1" }).flushMessages, 1);
  assert.equal(of({}).flushMessages, LONG_MAX);
  assert.equal(of({ "internal.segment.bytes": "100" }).segmentBytes, 100);
  const policy = (text: string) => {
    const { compact, delete: deletes } = of({ "cleanup.policy": text });
    return [compact, deletes];
  };
  assert.deepEqual(policy("compact"), [true, false]);
  assert.deepEqual(policy("compact,delete"), [true, true]);
  assert.deepEqual(policy(""), [false, false]);
  assert.equal(of({ "retention.ms": "nonsense" }).retentionMs, 168 * 3_600_000);
});

test("the largest long keeps its text and becomes the largest number", () => {
  const config = broker({ "log.flush.interval.messages": "9223372036854775807" });
  assert.equal(config.get("log.flush.interval.messages"), LONG_MAX);
  assert.equal(config.text("log.flush.interval.messages"), "9223372036854775807");
});
