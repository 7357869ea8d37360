import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MoldauError } from "../../core/errors.ts";
import type { GroupMetadataValue } from "../../protocol/records/group-coordinator/group-metadata.ts";
import type { OffsetCommitValue } from "../../protocol/records/group-coordinator/offset-commit.ts";
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from "./group-records.ts";

const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));

test("bytes that nobody vouches for are a record, nothing, or a typed error", () => {
  const key = fc
    .tuple(fc.integer({ min: -1, max: 30 }), bytes)
    .map(([type, body]) => Buffer.concat([Buffer.from([type >> 8, type & 0xff]), body]));
  const value = fc.option(
    fc
      .tuple(fc.integer({ min: 0, max: 5 }), bytes)
      .map(([version, body]) => Buffer.concat([Buffer.from([0, version]), body])),
  );
  fc.assert(
    fc.property(fc.oneof(key, bytes), fc.oneof(value, bytes), (someKey, someValue) => {
      try {
        decodeGroupRecord(someKey, someValue);
      } catch (thrown) {
        assert.ok(thrown instanceof MoldauError, String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});

/** Objects as literals make them. */
function plain<T>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

function orNull<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(of, { nil: null });
}

const text = fc.string({ maxLength: 20 });
const int = fc.integer({ min: -1, max: 2 ** 31 - 1 });
const offsetCommit: fc.Arbitrary<GroupRecord> = plain({
  kind: fc.constant("offset-commit" as const),
  groupId: text,
  topic: text,
  partition: int,
  value: orNull<OffsetCommitValue>(
    plain({
      offset: fc.maxSafeNat(),
      leaderEpoch: int,
      metadata: text,
      commitTimestamp: fc.maxSafeNat(),
      expireTimestamp: fc.constant(-1),
      topicId: fc.constantFrom("AAAAAAAAAAAAAAAAAAAAAA", "4BbgJ0NYT7iIi95q7riEgg"),
    }),
  ),
});
const groupMetadata: fc.Arbitrary<GroupRecord> = plain({
  kind: fc.constant("group-metadata" as const),
  groupId: text,
  value: orNull<GroupMetadataValue>(
    plain({
      protocolType: text,
      generation: int,
      protocol: orNull(text),
      leader: orNull(text),
      currentStateTimestamp: fc.maxSafeNat(),
      members: fc.array(
        plain({
          memberId: text,
          groupInstanceId: orNull(text),
          clientId: text,
          clientHost: text,
          rebalanceTimeout: int,
          sessionTimeout: int,
          subscription: bytes,
          assignment: bytes,
        }),
        { maxLength: 3 },
      ),
    }),
  ),
});

test("what is encoded is decoded", () => {
  fc.assert(
    fc.property(fc.oneof(offsetCommit, groupMetadata), (record) => {
      const { key, value } = encodeGroupRecord(record);
      assert.deepEqual(decodeGroupRecord(key, value), record);
    }),
  );
});

test("an offset with an expire time of its own is written in the version that has one", () => {
  const value = {
    offset: 1,
    leaderEpoch: -1,
    metadata: "",
    commitTimestamp: 2,
    expireTimestamp: 3,
    topicId: "AAAAAAAAAAAAAAAAAAAAAA",
  };
  const record: GroupRecord = {
    kind: "offset-commit",
    groupId: "g",
    topic: "t",
    partition: 0,
    value,
  };
  const written = encodeGroupRecord(record);
  assert.equal(written.value!.readInt16BE(0), 1);
  assert.deepEqual(decodeGroupRecord(written.key, written.value), record);
});
