import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ClusterRecord } from "./cluster-record.ts";
import { featureLevelRecord } from "./image-writer.ts";
import { MetadataState } from "./metadata-state.ts";
import { decodeClusterRecord, encodeClusterRecord } from "./record-codec.ts";

const version = featureLevelRecord("metadata.version", 33);
const begin: ClusterRecord = {
  kind: "BeginTransactionRecord",
  version: 0,
  value: { name: null },
};
const end: ClusterRecord = { kind: "EndTransactionRecord", version: 0, value: {} };
const abort: ClusterRecord = {
  kind: "AbortTransactionRecord",
  version: 0,
  value: { reason: null },
};
const noOp: ClusterRecord = { kind: "NoOpRecord", version: 0, value: {} };

/** A topic with an id made of its number. */
function topic(n: number): ClusterRecord {
  const id = Buffer.alloc(16, 5);
  id.writeInt32BE(n, 0);
  const value = { name: `topic-${n}`, topicId: id.toString("base64url") };
  return { kind: "TopicRecord", version: 0, value };
}

/** A state with its log, and what its listener heard. */
class Log {
  readonly state = new MetadataState();
  readonly batches: ClusterRecord[][] = [];
  readonly heard: string[][] = [];
  offset = 0;

  constructor() {
    this.state.onPublish((image, delta) => {
      assert.equal(image, this.state.committed);
      this.heard.push([...delta.changedTopics.values()].map(({ name }) => name));
    });
  }

  append(...records: ClusterRecord[]): void {
    this.state.append({
      baseOffset: this.offset,
      lastOffset: this.offset + records.length - 1,
      epoch: 1,
      appendTimestampMs: 0,
      records,
    });
    this.offset += records.length;
  }

  commit(): void {
    this.state.commitTo(this.offset);
  }
}

function running(): Log {
  const log = new Log();
  log.append(version);
  log.state.replayed();
  log.commit();
  log.heard.length = 0;
  return log;
}

const names = (image: MetadataState["head"]): string[] => [...image.topicsByName.keys()].sort();

test("what is appended is decided on, what is committed is seen", () => {
  const log = running();
  log.append(topic(1));
  assert.deepEqual([names(log.state.head), names(log.state.committed)], [["topic-1"], []]);
  log.commit();
  assert.deepEqual(names(log.state.committed), ["topic-1"]);
  assert.deepEqual(log.heard, [["topic-1"]]);
});

test("going back forgets what was not committed", () => {
  const log = running();
  log.append(topic(1));
  log.commit();
  log.append(topic(2));
  assert.equal(log.state.revert(), 2);
  assert.deepEqual(names(log.state.head), ["topic-1"]);
  log.offset = 2;
  log.append(topic(3));
  log.commit();
  assert.deepEqual(log.heard, [["topic-1"], ["topic-3"]]);
});

test("a transaction is seen as a whole at its end", () => {
  const log = running();
  log.append(begin, topic(1));
  log.append(topic(2));
  log.commit();
  assert.ok(log.state.inTransaction);
  assert.deepEqual([names(log.state.head), log.heard], [["topic-1", "topic-2"], []]);
  assert.deepEqual(names(log.state.committed), []);
  log.append(end, topic(3));
  log.commit();
  assert.deepEqual(log.heard, [["topic-1", "topic-2", "topic-3"]]);
  assert.deepEqual(names(log.state.committed), ["topic-1", "topic-2", "topic-3"]);
});

test("an aborted transaction was never there", () => {
  const log = running();
  log.append(topic(0), begin, topic(1));
  log.append(abort);
  log.commit();
  assert.deepEqual([names(log.state.head), names(log.state.committed)], [["topic-0"], ["topic-0"]]);
  assert.deepEqual(log.heard, [["topic-0"]]);
});

test("a transaction that the log leaves open is known after a start, and can be aborted", () => {
  const log = new Log();
  log.append(version);
  log.append(begin, topic(1));
  log.state.replayed();
  log.commit();
  assert.ok(log.state.inTransaction);
  assert.deepEqual(names(log.state.committed), []);
  assert.deepEqual(names(log.state.head), ["topic-1"]);
  log.append(abort);
  log.append(topic(2));
  log.commit();
  assert.deepEqual(names(log.state.committed), ["topic-2"]);
});

test("idle records move the image on without a word", () => {
  const log = running();
  const before = log.state.committed;
  log.append(noOp);
  log.commit();
  assert.equal(log.state.committed.provenance.offset, 1);
  assert.equal(log.state.committed.topicsById, before.topicsById);
  assert.deepEqual(log.heard, []);
});

test("a listener that comes late hears the whole once", () => {
  const log = running();
  log.append(topic(1));
  log.commit();
  const heard: string[][] = [];
  log.state.onPublish((_image, delta) => {
    heard.push([...delta.changedTopics.values()].map(({ name, created }) => `${name} ${created}`));
  });
  assert.deepEqual(heard, [["topic-1 true"]]);
});

test("a change shares what it does not touch", () => {
  const log = running();
  for (let i = 0; i < 1000; i++) log.append(topic(i));
  const before = log.state.head;
  log.append(topic(1000));
  const after = log.state.head;
  for (let i = 0; i < 1000; i++) {
    assert.equal(after.topic(`topic-${i}`), before.topic(`topic-${i}`));
  }
  assert.equal(after.configs, before.configs);
  assert.equal(after.brokers, before.brokers);
  assert.equal(before.topic("topic-1000"), undefined);
});

test("replayed in one go or step by step, a log makes the same", () => {
  const action = fc.constantFrom("topic", "begin", "end", "abort", "cut" as const);
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(40), (actions, replayedAt) => {
      const whole = new Log();
      const stepwise = new Log();
      let open = false;
      let batch: ClusterRecord[] = [version];
      const batches: ClusterRecord[][] = [];
      for (const [n, next] of actions.entries()) {
        if (next === "topic") batch.push(topic(n));
        else if (next === "begin" && !open) {
          batch.push(begin);
          open = true;
        } else if (next === "end" && open) {
          batch.push(end);
          open = false;
        } else if (next === "abort" && open) {
          batch.push(abort);
          open = false;
        } else if (next === "cut" && batch.length > 0) {
          batches.push(batch);
          batch = [];
        }
      }
      if (batch.length > 0) batches.push(batch);
      for (const [i, records] of batches.entries()) {
        whole.append(...records);
        if (i === replayedAt % batches.length) stepwise.state.replayed();
        stepwise.append(...records);
      }
      whole.state.replayed();
      whole.commit();
      stepwise.commit();
      assert.deepEqual(names(whole.state.head), names(stepwise.state.head));
      assert.deepEqual(names(whole.state.committed), names(stepwise.state.committed));
      assert.equal(whole.state.inTransaction, stepwise.state.inTransaction);
      assert.deepEqual(whole.state.committed.provenance, stepwise.state.committed.provenance);
    }),
  );
});

test("records that do not fit are refused by name", () => {
  const change: ClusterRecord = {
    kind: "RemoveTopicRecord",
    version: 0,
    value: { topicId: "HE14e3UeSH6ELAgpE2hYkQ" },
  };
  for (const records of [[change], [topic(1), topic(1)], [end], [abort], [begin, begin]]) {
    assert.throws(() => running().append(...records), { code: "METADATA_REPLAY" });
  }
  const newer = featureLevelRecord("metadata.version", 34);
  assert.throws(() => running().append(newer), /knows 7 to 33/);
});

test("bytes that are no known record are refused, whatever they are", () => {
  assert.throws(() => decodeClusterRecord(Buffer.from([2, 12, 0])), /frame version 2/);
  assert.throws(() => decodeClusterRecord(Buffer.from([1, 99, 0])), /unknown type 99/);
  assert.throws(() => decodeClusterRecord(Buffer.from([1, 12, 9])), /unknown version 9/);
  assert.throws(() => decodeClusterRecord(Buffer.from([1, 12, 0])), { code: "METADATA_REPLAY" });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const record = decodeClusterRecord(Buffer.from(bytes));
        assert.deepEqual(decodeClusterRecord(encodeClusterRecord(record)), record);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "METADATA_REPLAY");
      }
    }),
    { numRuns: 2000 },
  );
});
