import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ZERO_UUID } from "../core/uuid.ts";
import {
  codecOf,
  decodeMessage,
  encodeMessage,
  heapFactorOf,
  interpretedCodecOf,
  specialCodecOf,
} from "./codec.ts";
import { addPartitionsToTxnRequest } from "./messages/add-partitions-to-txn.ts";
import { apiVersionsRequest } from "./messages/api-versions.ts";
import { deleteTopicsRequest } from "./messages/delete-topics.ts";
import { fetchRequest, fetchResponse } from "./messages/fetch.ts";
import { listOffsetsRequest } from "./messages/list-offsets.ts";
import { metadataRequest } from "./messages/metadata.ts";
import { offsetCommitRequest } from "./messages/offset-commit.ts";
import { produceRequest } from "./messages/produce.ts";
import { consumerGroupMemberMetadataValue } from "./records/group-coordinator/consumer-group-member-metadata.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";
import { Reader } from "./reader.ts";
import { array, bigint64, int32, int64, message, string, struct } from "./schema.ts";
import type { AnyMessage, InputOf, ValueOf } from "./schema.ts";
import { Writer } from "./writer.ts";

function refused(code: ProtocolErrorCode, path: string) {
  return (error: unknown): boolean => {
    ok(error instanceof ProtocolError, String(error));
    deepEqual([error.code, error.path], [code, path]);
    return true;
  };
}

const probe = message(
  "Probe",
  { kind: "data", versions: "0-2", flexibleVersions: "2+" },
  {
    id: int64("0+"),
    hash: bigint64("1+", { ignorable: true }),
    level: int32("1+", { default: 7 }),
    names: array("0+", "string"),
    note: string("2+", { nullableVersions: "2+", taggedVersions: "2+", tag: 3, default: null }),
    inner: array("2+", struct("Inner", { count: int32("2+") }), { nullableVersions: "2+" }),
  },
);

test("types follow from the schema", () => {
  const value: ValueOf<typeof probe> = {
    id: 1,
    hash: 2n,
    level: 7,
    names: ["a"],
    note: null,
    inner: [{ count: 1 }],
  };
  const input: InputOf<typeof probe> = { id: 1, names: [] };
  deepEqual(decodeMessage(probe, 2, encodeMessage(probe, 2, value)), value);
  equal(decodeMessage(probe, 2, encodeMessage(probe, 2, input)).level, 7);
});

test("fields that a version lacks are there with their default", () => {
  const value = decodeMessage(probe, 0, encodeMessage(probe, 0, { id: 5, names: [] }));
  deepEqual(value, { id: 5, hash: 0n, level: 7, names: [], note: null, inner: [] });
});

test("a value that a version cannot carry is refused, an ignorable one dropped", () => {
  throws(
    () => encodeMessage(probe, 0, { id: 5, names: [], level: 8 }),
    refused("UNSUPPORTED_FIELD", "Probe.level"),
  );
  equal(decodeMessage(probe, 0, encodeMessage(probe, 0, { id: 5, hash: 9n })).hash, 0n);
});

test("versions that do not exist are refused", () => {
  throws(() => codecOf(fetchRequest, 3), refused("UNSUPPORTED_VERSION", ""));
  throws(() => codecOf(fetchRequest, 19), refused("UNSUPPORTED_VERSION", ""));
});

test("an int64 beyond 2^53 is refused where programs use a number, exact where they use a bigint", () => {
  const bytes = Buffer.from(
    "0020000000000000" + "8000000000000001" + "00000000" + "00000000",
    "hex",
  );
  throws(() => decodeMessage(probe, 1, bytes), refused("OUT_OF_RANGE", "Probe.id"));
  bytes[1] = 0x1f;
  equal(decodeMessage(probe, 1, bytes).hash, -(2n ** 63n) + 1n);
  const special = specialCodecOf(probe, 1, { int64: "exact" });
  bytes[1] = 0x20;
  equal((special.decode(new Reader(bytes)) as { id: bigint }).id, 2n ** 53n);
});

test("a time to search for that no clock reaches is decoded as the last safe one", () => {
  const request = { topics: [{ name: "t", partitions: [{ partitionIndex: 0, timestamp: 1 }] }] };
  const bytes = encodeMessage(listOffsetsRequest, 1, { replicaId: -1, ...request });
  bytes.writeBigInt64BE(2n ** 63n - 1n, bytes.length - 8);
  const decoded = decodeMessage(listOffsetsRequest, 1, bytes);
  equal(decoded.topics[0]?.partitions[0]?.timestamp, Number.MAX_SAFE_INTEGER);
});

test("numbers that do not fit their type are refused at encode", () => {
  for (const [value, path] of [
    [{ maxWaitMs: 2 ** 31 }, "FetchRequest.maxWaitMs"],
    [{ maxWaitMs: 1.5 }, "FetchRequest.maxWaitMs"],
    [{ isolationLevel: 128 }, "FetchRequest.isolationLevel"],
    [
      { topics: [{ partitions: [{ fetchOffset: 2 ** 53 }] }] },
      "FetchRequest.topics[0].partitions[0].fetchOffset",
    ],
  ] as const) {
    throws(() => encodeMessage(fetchRequest, 12, value), refused("OUT_OF_RANGE", path));
  }
});

test("null is refused where the version does not allow it, both ways", () => {
  throws(
    () => encodeMessage(metadataRequest, 0, { topics: null }),
    refused("NULL_NOT_ALLOWED", "MetadataRequest.topics"),
  );
  throws(
    () => decodeMessage(metadataRequest, 0, Buffer.from("ffffffff", "hex")),
    refused("NULL_NOT_ALLOWED", "MetadataRequest.topics"),
  );
  equal(decodeMessage(metadataRequest, 1, Buffer.from("ffffffff", "hex")).topics, null);
});

test("a field with a length of its own kind: the client id stays in the old form", async () => {
  const { requestHeader } = await import("./messages/header.ts");
  const header = { requestApiKey: 18, requestApiVersion: 3, correlationId: 1, clientId: "x" };
  equal(
    encodeMessage(requestHeader, 2, header).toString("hex"),
    "0012" + "0003" + "00000001" + "0001" + "78" + "00",
  );
});

test("bytes and records decode to views, and records are encoded without a copy", () => {
  const records = [Buffer.alloc(5000, 1), Buffer.alloc(3000, 2)];
  const writer = new Writer();
  codecOf(produceRequest, 9).encode(writer, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: "t", partitionData: [{ index: 0, records }] }],
  });
  const chunks = writer.chunks();
  ok(records.every((buffer) => chunks.includes(buffer)));
  const bytes = Buffer.concat(chunks);
  const decoded = decodeMessage(produceRequest, 9, bytes).topicData[0]?.partitionData[0]?.records;
  equal(decoded?.length, 8000);
  equal(decoded?.buffer, bytes.buffer);
  notEqual(decoded?.byteOffset, 0);
});

test("unknown tagged fields are skipped, and kept where asked", () => {
  const bytes = Buffer.from("026d" + "0276" + "01" + "0503616263", "hex");
  deepEqual(decodeMessage(apiVersionsRequest, 3, bytes), {
    clientSoftwareName: "m",
    clientSoftwareVersion: "v",
    clusterId: null,
    nodeId: -1,
  });
  const keeping = specialCodecOf(apiVersionsRequest, 3, { unknownTags: "keep" });
  const kept = keeping.decode(new Reader(bytes));
  const writer = new Writer();
  keeping.encode(writer, kept);
  deepEqual(writer.toBuffer(), bytes);
});

test("kept tags must be in order and not those of the schema", () => {
  const codec = specialCodecOf(fetchRequest, 12, { unknownTags: "keep" });
  const data = Buffer.from("x");
  for (const tags of [[9, 8], [9, 9], [0]]) {
    const unknownTaggedFields = tags.map((tag) => ({ tag, data }));
    throws(
      () =>
        codec.encode(new Writer(), { topics: [], forgottenTopicsData: [], unknownTaggedFields }),
      refused("TAGGED_FIELDS", "FetchRequest"),
    );
  }
});

test("a nullable struct in a tag can be present, null, and absent", () => {
  const { classicMemberMetadata } = consumerGroupMemberMetadataValue.fields;
  equal(classicMemberMetadata.kind, "struct");
  const some = { sessionTimeoutMs: 5, supportedProtocols: [] };
  for (const value of [some, null]) {
    const bytes = encodeMessage(consumerGroupMemberMetadataValue, 0, {
      classicMemberMetadata: value,
    });
    const decoded = decodeMessage(consumerGroupMemberMetadataValue, 0, bytes);
    deepEqual(decoded.classicMemberMetadata, value);
  }
});

test("text that is no UTF-8 decodes with replacement characters, as in Kafka", () => {
  const bytes = Buffer.from("03c328" + "0276" + "00", "hex");
  equal(decodeMessage(apiVersionsRequest, 3, bytes).clientSoftwareName, "\ufffd(");
});

test("every truncation of a message is refused by name and place", () => {
  const bytes = encodeMessage(fetchRequest, 13, {
    maxWaitMs: 1,
    topics: [{ topicId: ZERO_UUID, partitions: [{ partition: 3, partitionMaxBytes: 10 }] }],
  });
  for (let length = 0; length < bytes.length; length++) {
    throws(() => decodeMessage(fetchRequest, 13, bytes.subarray(0, length)), ProtocolError);
  }
  throws(
    () => decodeMessage(fetchRequest, 13, bytes.subarray(0, 40)),
    refused("ARRAY_TOO_LONG", "FetchRequest.topics"),
  );
});

test("bytes after a message are refused unless they are to be ignored", () => {
  const bytes = Buffer.from("ffffffff00", "hex");
  throws(
    () => decodeMessage(metadataRequest, 1, bytes),
    refused("TRAILING_BYTES", "MetadataRequest"),
  );
  equal(decodeMessage(metadataRequest, 1, bytes, "ignore").topics, null);
});

test("hostile lengths are refused before anything is allocated", () => {
  const cases: [AnyMessage, number, string, ProtocolErrorCode, string][] = [
    [metadataRequest, 1, "7fffffff", "ARRAY_TOO_LONG", "MetadataRequest.topics"],
    [metadataRequest, 9, "ffffffff0f", "ARRAY_TOO_LONG", "MetadataRequest.topics"],
    [metadataRequest, 9, "ffffffffff01", "VARINT_TOO_LONG", "MetadataRequest.topics"],
    [metadataRequest, 9, "ffffffff1f", "VARINT_TOO_LONG", "MetadataRequest.topics"],
    [metadataRequest, 1, "000000017fff61", "TRUNCATED", "MetadataRequest.topics[0].name"],
    [metadataRequest, 9, "02ffff0361", "STRING_TOO_LONG", "MetadataRequest.topics[0].name"],
    [metadataRequest, 9, "00000000919c01", "TAGGED_FIELDS", "MetadataRequest"],
    [
      produceRequest,
      3,
      "ffff00010000000000000001000174000000010000000000ffffff",
      "TRUNCATED",
      "ProduceRequest.topicData[0].partitionData[0].records",
    ],
    [apiVersionsRequest, 3, "026d02760100ffffffff0f", "TRUNCATED", "ApiVersionsRequest"],
  ];
  for (const [schema, version, hex, code, path] of cases) {
    const bytes = Buffer.from(hex, "hex");
    for (const codec of [
      codecOf(schema, version),
      specialCodecOf(schema, version, {}),
      interpretedCodecOf(schema, version),
    ]) {
      throws(() => codec.decode(new Reader(bytes)), refused(code, path), hex);
    }
  }
});

test("a tagged field that does not end where its size says is refused", () => {
  const bytes = encodeMessage(fetchRequest, 12, {
    topics: [],
    forgottenTopicsData: [],
    clusterId: "x",
  });
  const size = bytes.length - 3;
  equal(bytes[size], 2);
  for (const wrong of [1, 3]) {
    bytes[size] = wrong;
    const more = Buffer.concat([bytes, Buffer.alloc(1)]);
    throws(
      () => decodeMessage(fetchRequest, 12, more),
      refused("TAGGED_FIELDS", "FetchRequest.clusterId"),
    );
  }
});

test("an array has at most a million elements, as in Kafka", () => {
  const bytes = Buffer.alloc(4 + 2 * 1_000_001);
  bytes.writeInt32BE(1_000_001, 0);
  throws(
    () => decodeMessage(deleteTopicsRequest, 1, bytes),
    refused("ARRAY_TOO_LONG", "DeleteTopicsRequest.topicNames"),
  );
});

const FRAME_BYTES = 2 << 20;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A frame of list elements, each the same bytes, under its list's count. */
function crowd(head: string, element: string, tail: string, version: "compact" | "plain"): Buffer {
  const one = Buffer.from(element, "hex");
  const count = Math.min(1_000_000, Math.floor(FRAME_BYTES / one.length));
  const writer = new Writer();
  writer.writeRaw(Buffer.from(head, "hex"));
  writer.writeArrayLength(count, version === "compact");
  writer.writeRaw(Buffer.alloc(count * one.length, one));
  writer.writeRaw(Buffer.from(tail, "hex"));
  return writer.toBuffer();
}

test("a hostile request never takes more than four times its bytes in memory", () => {
  const frames: [AnyMessage, number, Buffer][] = [
    // Topics with two-letter names, with empty names, transactions with nothing in them.
    [metadataRequest, 1, crowd("", "00026162", "", "plain")],
    [metadataRequest, 9, crowd("", "0100", "00000000", "compact")],
    [metadataRequest, 9, crowd("", "0461626300", "00000000", "compact")],
    [deleteTopicsRequest, 4, crowd("", "03c3a4", "0000000000", "compact")],
    [addPartitionsToTxnRequest, 4, crowd("", "01000000000000000000000001" + "00", "00", "compact")],
    [offsetCommitRequest, 8, crowd("0161000000000000" + "0000", "016100" + "00", "00", "compact")],
    [
      fetchRequest,
      12,
      crowd(
        "ffffffff0000000000000000" + "000000000000" + "00000000000000",
        "010100",
        "",
        "compact",
      ),
    ],
  ];
  for (const [schema, version, bytes] of frames) {
    const codec = specialCodecOf(schema, version, {});
    collect();
    const before = process.memoryUsage().heapUsed;
    let decoded: unknown;
    try {
      decoded = codec.decode(new Reader(bytes, 0, bytes.length, heapFactorOf(schema)));
    } catch (error) {
      ok(error instanceof ProtocolError, String(error));
    }
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    ok(grown <= 4 * bytes.length, `${schema.name} ${version}: ${grown} for ${bytes.length}`);
    ok(decoded === undefined || typeof decoded === "object");
  }
});

test("a large honest request is not taken for a hostile one", () => {
  const partitions = Array.from({ length: 20_000 }, (_unused, partitionIndex) => ({
    partitionIndex,
    committedOffset: 1_000_000_000 + partitionIndex,
    committedLeaderEpoch: 3,
    committedMetadata: "",
  }));
  const request = { groupId: "g", memberId: "m", topics: [{ name: "orders", partitions }] };
  for (const version of [2, 8, 9]) {
    const bytes = encodeMessage(offsetCommitRequest, version, request);
    const decoded = decodeMessage(offsetCommitRequest, version, bytes);
    equal(decoded.topics[0]?.partitions.length, 20_000);
  }
  const topics = Array.from({ length: 20_000 }, (_unused, index) => ({ name: `topic-${index}` }));
  const metadata = encodeMessage(metadataRequest, 9, { topics });
  equal(decodeMessage(metadataRequest, 9, metadata).topics?.length, 20_000);
});

test("decoded lists and structs that were not sent have their defaults", () => {
  const bytes = encodeMessage(fetchResponse, 12, {
    responses: [{ topic: "t", partitions: [{ partitionIndex: 1, records: null }] }],
  });
  const partition = decodeMessage(fetchResponse, 12, bytes).responses[0]?.partitions[0];
  deepEqual(partition?.divergingEpoch, { epoch: -1, endOffset: -1 });
  deepEqual(partition?.abortedTransactions, []);
  equal(partition?.preferredReadReplica, -1);
});
