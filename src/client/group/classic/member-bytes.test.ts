import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "./member-bytes.ts";

interface Golden {
  readonly name: string;
  readonly version: number;
  /** With the version in front, as members send it. */
  readonly framedHex: string;
  readonly json: {
    readonly topics?: readonly string[];
    readonly generationId?: number;
    readonly rackId?: string | null;
    readonly assignedPartitions?: readonly TopicPartitions[];
    readonly ownedPartitions?: readonly TopicPartitions[];
  };
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const path = new URL("../../../../test/fixtures/golden/records.jsonl.gz", import.meta.url);
const golden = gunzipSync(readFileSync(path))
  .toString()
  .split("\n")
  .filter((line) => line.includes("ConsumerProtocol"))
  .map((line): Golden => JSON.parse(line));

function flat(topics: readonly TopicPartitions[] | undefined) {
  return (topics ?? []).flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

test("what Kafka's members send is read, in every version", () => {
  assert.ok(golden.length >= 8);
  for (const { name, framedHex, json } of golden) {
    const bytes = Buffer.from(framedHex, "hex");
    if (name === "ConsumerProtocolAssignment") {
      assert.deepEqual(decodeAssignment(bytes), flat(json.assignedPartitions));
      continue;
    }
    const { topics, owned, generation, rack } = decodeSubscription(bytes);
    assert.deepEqual(topics, json.topics);
    assert.deepEqual(owned, flat(json.ownedPartitions));
    assert.equal(generation, json.generationId ?? -1);
    assert.equal(rack, json.rackId ?? null);
  }
});

test("a version that is not known begins like the last one that is", () => {
  const bytes = encodeSubscription({
    topics: ["t"],
    userData: null,
    owned: [],
    generation: 3,
    rack: "r",
  });
  const later = Buffer.concat([bytes, Buffer.from("more")]);
  later.writeInt16BE(9, 0);
  assert.equal(decodeSubscription(later).rack, "r");
});

test("a member without partitions may have no bytes at all", () => {
  assert.deepEqual(decodeAssignment(Buffer.alloc(0)), []);
});

test("what is written is read again", () => {
  const partitions = fc.uniqueArray(
    fc.record({ topic: fc.constantFrom("a", "b", "c"), partition: fc.nat(9) }),
    { selector: ({ topic, partition }) => `${topic}-${partition}` },
  );
  const sorted = (of: readonly { topic: string; partition: number }[]) =>
    of.map(({ topic, partition }) => `${topic}-${partition}`).sort();
  fc.assert(
    fc.property(partitions, fc.integer({ min: -1, max: 99 }), (owned, generation) => {
      assert.deepEqual(sorted(decodeAssignment(encodeAssignment(owned))), sorted(owned));
      const subscription = { topics: ["b", "a"], userData: null, owned, generation, rack: null };
      const read = decodeSubscription(encodeSubscription(subscription));
      assert.deepEqual(sorted(read.owned), sorted(owned));
      assert.deepEqual(read.topics, ["a", "b"]);
      assert.equal(read.generation, generation);
    }),
  );
});
