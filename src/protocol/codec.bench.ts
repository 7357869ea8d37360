/**
 * Cost of the codecs for the messages of the hot paths: `node src/protocol/codec.bench.ts`.
 * Prints nanoseconds a message, generated and interpreted, and what the first use costs.
 */

import { codecOf, encodeMessage, interpretedCodecOf } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { fetchRequest, fetchResponse } from "./messages/fetch.ts";
import { metadataResponse } from "./messages/metadata.ts";
import { offsetCommitRequest } from "./messages/offset-commit.ts";
import { produceRequest, produceResponse } from "./messages/produce.ts";
import { Reader } from "./reader.ts";
import type { AnyMessage, InputOf } from "./schema.ts";
import { Writer } from "./writer.ts";

const ROUND_MS = 200;
const topicId = "J3Zt1qkpQ9K0bqk1oW7xXQ";
const records = Buffer.alloc(64 * 1024, 7);

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_unused, index) => make(index));
}

function nanosecondsOf(act: () => void): number {
  for (let i = 0; i < 2000; i++) act();
  let count = 0;
  const begun = performance.now();
  while (performance.now() - begun < ROUND_MS) {
    for (let i = 0; i < 100; i++) act();
    count += 100;
  }
  return Math.round(((performance.now() - begun) * 1e6) / count);
}

function measure<M extends AnyMessage>(
  label: string,
  message: M,
  version: number,
  value: InputOf<M>,
): void {
  const begun = performance.now();
  const bytes = encodeMessage(message, version, value);
  const firstMs = performance.now() - begun;
  const reader = new Reader(bytes);
  const timesOf = (codec: Codec<unknown, unknown>): string => {
    const decode = nanosecondsOf(() => {
      reader.reset(bytes, 0, bytes.length, 32);
      codec.decode(reader);
    });
    const encode = nanosecondsOf(() => {
      const writer = new Writer();
      codec.encode(writer, value);
      writer.chunks();
    });
    return `${String(decode).padStart(8)}${String(encode).padStart(8)}`;
  };
  const generated = timesOf(codecOf(message, version) as Codec<unknown, unknown>);
  const interpreted = timesOf(interpretedCodecOf(message, version));
  const name = `${label} v${version}`.padEnd(40);
  console.log(`${name}${generated}${interpreted}${firstMs.toFixed(2).padStart(9)}`);
}

console.log(`${"ns: generated, interpreted; first ms".padEnd(40)}  decode  encode  decode  encode`);
measure("Produce request, 1 partition", produceRequest, 12, {
  transactionalId: null,
  acks: 1,
  timeoutMs: 30_000,
  topicData: [{ name: "orders", topicId, partitionData: [{ index: 0, records }] }],
});
measure("Produce response, 1 partition", produceResponse, 12, {
  responses: [
    { name: "orders", topicId, partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 12 }] },
  ],
});
measure("Fetch request, 20 partitions", fetchRequest, 17, {
  maxWaitMs: 500,
  minBytes: 1,
  topics: [
    {
      topicId,
      partitions: range(20, (partition) => ({
        partition,
        fetchOffset: 5_000_000_000 + partition,
        partitionMaxBytes: 1 << 20,
      })),
    },
  ],
  forgottenTopicsData: [],
});
measure("Fetch response, 20 partitions", fetchResponse, 17, {
  responses: [
    {
      topicId,
      partitions: range(20, (partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 5_000_000_000,
        abortedTransactions: null,
        records,
      })),
    },
  ],
});
measure("OffsetCommit request, 20 partitions", offsetCommitRequest, 9, {
  groupId: "billing",
  memberId: "consumer-1-3f0c5a2e-3d7e-4d0e-9d84-6a4e8e5f1b11",
  topics: [
    {
      name: "orders",
      partitions: range(20, (partitionIndex) => ({
        partitionIndex,
        committedOffset: partitionIndex * 1000,
        committedMetadata: "",
      })),
    },
  ],
});
measure("Metadata response, 50 topics x 6", metadataResponse, 12, {
  brokers: range(3, (nodeId) => ({ nodeId, host: `broker-${nodeId}.example`, port: 9092 })),
  topics: range(50, (topic) => ({
    errorCode: 0,
    name: `topic-number-${topic}`,
    topicId,
    partitions: range(6, (partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: 1,
      replicaNodes: [1, 2, 3],
      isrNodes: [1, 2, 3],
      offlineReplicas: [],
    })),
  })),
});
