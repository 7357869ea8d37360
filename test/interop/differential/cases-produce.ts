import { buildBatch, type BatchOptions } from "../../../src/records/build.ts";
import { stampChecksum, stampCodec } from "../../../src/records/record-batch.ts";
import { compressionCodecs } from "../../../src/records/compression.ts";
import {
  describeProducers,
  fetch,
  initProducerId,
  listOffsets,
  metadata,
  produce,
} from "./exchanges.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import {
  until,
  baseTime,
  batch,
  noSuchId,
  records,
  topic,
  type Scenario,
  type Group,
  type Topic,
} from "./scenario.ts";
import type { Session } from "./session.ts";

interface Sending {
  readonly version?: number;
  readonly index?: number;
  readonly acks?: number;
  readonly timeoutMs?: number;
  readonly transactionalId?: string | null;
}

/** Produces one batch in the version, by name or id as it takes. */
async function send(
  s: Session,
  to: Topic,
  note: string,
  bytes: Buffer | null,
  sending: Sending = {},
): Promise<void> {
  const { version = 13, index = 0, acks = -1, timeoutMs = 5000, transactionalId = null } = sending;
  const where = version >= 13 ? { topicId: to.id } : { name: to.name };
  const partitionData = [{ index, records: bytes }];
  const body = { transactionalId, acks, timeoutMs, topicData: [{ ...where, partitionData }] };
  await s.ask(produce, version, body, { note });
}

/** What is in the partition after all. */
async function readBack(s: Session, from: Topic, partition = 0, isStamped = false): Promise<void> {
  for (const isolationLevel of [0, 1]) {
    await s.ask(
      fetch,
      13,
      {
        maxWaitMs: 0,
        maxBytes: 50_000_000,
        isolationLevel,
        topics: [
          {
            topicId: from.id,
            partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 50_000_000 }],
          },
        ],
      },
      { note: "everything" },
    );
  }
  // Under LogAppendTime several batches may have the greatest time, or not: it depends on the clock.
  for (const timestamp of isStamped ? [-1, -2] : [-1, -2, -3]) {
    const partitions = [{ partitionIndex: partition, timestamp }];
    await s.ask(listOffsets, 7, { replicaId: -1, topics: [{ name: from.name, partitions }] });
  }
}

/** The batch with some bytes changed, its checksum right or wrong. */
function altered(bytes: Buffer, change: (copy: Buffer) => void, fixChecksum = true): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  if (fixChecksum) stampChecksum(copy, 0);
  return copy;
}

const everyVersion: Scenario = {
  name: "valid, unknown and empty in every version",
  async run(s) {
    const to = await topic(s, "t", { partitions: 2 });
    for (const version of produce.versions) {
      for (const acks of [1, -1, 2, -2, 0x7fff]) {
        await send(s, to, `acks ${acks}`, batch(3), { version, acks });
      }
      await send(s, to, "partition 1", batch(1), { version, index: 1 });
      for (const index of [2, -1, 0x7fffffff]) {
        await send(s, to, `no partition ${index}`, batch(1), { version, index });
      }
      const missing = { name: `${s.prefix}missing`, id: noSuchId };
      await send(s, missing, "no topic", batch(1), { version });
      await send(s, { name: "bad name", id: "AAAAAAAAAAAAAAAAAAAAAA" }, "no topic", batch(1), {
        version,
      });
      await send(s, to, "empty records", Buffer.alloc(0), { version });
      await send(s, to, "two batches", Buffer.concat([batch(2), batch(2)]), { version });
      await send(s, to, "timeout 0", batch(2), { version, timeoutMs: 0 });
      await send(s, to, "timeout -1", batch(2), { version, timeoutMs: -1 });
      for (const codec of compressionCodecs) {
        await send(s, to, codec, batch(20, { compression: codec }), { version });
      }
      await s.ask(
        produce,
        version,
        { acks: -1, timeoutMs: 1000, topicData: [] },
        { note: "nothing" },
      );
      await send(s, to, "transactional id", batch(1), { version, transactionalId: "tx" });
    }
    await readBack(s, to);
    await readBack(s, to, 1);
  },
};

const several: Scenario = {
  name: "several topics and partitions in one request",
  async run(s) {
    const one = await topic(s, "one", { partitions: 3 });
    const two = await topic(s, "two");
    for (const version of [3, 8, 9, 12, 13]) {
      const where = (to: Topic) => (version >= 13 ? { topicId: to.id } : { name: to.name });
      const missing = { name: `${s.prefix}missing`, id: noSuchId };
      const parts = (...indexes: number[]) =>
        indexes.map((index) => ({ index, records: batch(index + 1) }));
      const requests = [
        [{ ...where(one), partitionData: parts(0, 1, 2) }],
        [
          { ...where(one), partitionData: parts(0, 5, 1) },
          { ...where(two), partitionData: parts(0) },
        ],
        [
          { ...where(missing), partitionData: parts(0) },
          { ...where(two), partitionData: parts(0) },
        ],
        [{ ...where(one), partitionData: [] }],
      ];
      for (const topicData of requests) {
        for (const acks of [1, -1]) {
          await s.ask(produce, version, { acks, timeoutMs: 5000, topicData });
        }
      }
    }
    await readBack(s, one);
    await readBack(s, one, 1);
    await readBack(s, two);
  },
};

const twice: Scenario = {
  name: "a partition twice in one request",
  async run(s) {
    const to = await topic(s, "t");
    for (const version of [3, 13]) {
      const where = version >= 13 ? { topicId: to.id } : { name: to.name };
      const data = { index: 0, records: batch(1) };
      const lists = [
        [{ ...where, partitionData: [data, data] }],
        [
          { ...where, partitionData: [data] },
          { ...where, partitionData: [data] },
        ],
      ];
      for (const topicData of lists) {
        await s.ask(produce, version, { acks: 1, timeoutMs: 5000, topicData });
      }
    }
  },
};

/** Where the fields of a batch's header stand. */
const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
};

type Damaged = [note: string, bytes: Buffer];

/** Batches that are wrong in one way each. */
function damagedBatches(): Damaged[] {
  const sound = batch(3);
  return [...withWrongCounts(sound), ...withWrongTimes(sound), ...withWrongFraming(sound)];
}

function withWrongCounts(sound: Buffer): Damaged[] {
  const list: Damaged[] = [];
  const put = (note: string, change: (copy: Buffer) => void): void => {
    list.push([note, altered(sound, change)]);
  };
  for (const magic of [0, 1, 3, -1, 127])
    put(`magic ${magic}`, (b) => b.writeInt8(magic, at.magic));
  for (const count of [0, 2, 4, -1, 0x7fffffff]) {
    put(`count ${count}`, (b) => b.writeInt32BE(count, at.count));
  }
  for (const delta of [0, 1, 3, -1, 0x7fffffff]) {
    put(`last offset delta ${delta}`, (b) => b.writeInt32BE(delta, at.lastOffsetDelta));
  }
  for (const offset of [1, 5, -1, 1_000_000]) {
    put(`base offset ${offset}`, (b) => b.writeBigInt64BE(BigInt(offset), at.baseOffset));
  }
  for (const epoch of [0, 5, -2]) {
    put(`leader epoch ${epoch}`, (b) => b.writeInt32BE(epoch, at.leaderEpoch));
  }
  for (const codec of [1, 2, 3, 4, 5, 6, 7]) {
    put(`says codec ${codec}`, (b) => b.writeInt16BE(codec, at.attributes));
  }
  for (const bits of [0x08, 0x10, 0x20, 0x30, 0x40, 0x80, 0x100, 0x4000, -0x8000]) {
    put(`attributes ${bits}`, (b) => b.writeInt16BE(bits, at.attributes));
  }
  return list;
}

function withWrongTimes(sound: Buffer): Damaged[] {
  const list: Damaged[] = [];
  const put = (note: string, change: (copy: Buffer) => void): void => {
    list.push([note, altered(sound, change)]);
  };
  for (const time of [-1, -2, 0, baseTime, baseTime + 1, baseTime + 100, 2 ** 52]) {
    put(`max timestamp ${time - baseTime}`, (b) =>
      b.writeBigInt64BE(BigInt(time), at.maxTimestamp),
    );
  }
  for (const time of [-1, -2, 0]) {
    put(`base timestamp ${time}`, (b) => b.writeBigInt64BE(BigInt(time), at.baseTimestamp));
  }
  put("producer id without epoch", (b) => b.writeBigInt64BE(77n, at.producerId));
  put("producer epoch without id", (b) => b.writeInt16BE(0, at.producerEpoch));
  put("sequence without id", (b) => b.writeInt32BE(0, at.baseSequence));
  put("producer id without sequence", (b) => {
    b.writeBigInt64BE(77n, at.producerId);
    b.writeInt16BE(0, at.producerEpoch);
  });
  put("producer id -2", (b) => b.writeBigInt64BE(-2n, at.producerId));
  return list;
}

function withWrongFraming(sound: Buffer): Damaged[] {
  const wrongChecksum = altered(sound, (b) => b.writeUInt32BE(1, at.crc), false);
  const list: Damaged[] = [
    ["wrong crc", wrongChecksum],
    ["a byte of a value flipped", altered(sound, (b) => (b[b.length - 3]! ^= 1), false)],
    ["one byte", Buffer.from([0])],
    ["zeros", Buffer.alloc(100)],
    ["rubbish", Buffer.from("no record batch at all, but some text of a client".repeat(3))],
    ["a good one and a cut one", Buffer.concat([sound, sound.subarray(0, 50)])],
    ["a good one and rubbish", Buffer.concat([sound, Buffer.alloc(70, 1)])],
    ["a good one and a wrong crc", Buffer.concat([sound, wrongChecksum])],
  ];
  const { length } = sound;
  for (const size of [0, 13, 14, 48, 49, length - 13, length - 11, 0x7fffffff, -1]) {
    list.push([`length ${size}`, altered(sound, (b) => b.writeInt32BE(size, at.length), false)]);
  }
  for (const cut of [1, 10, length - 61, length - 60, length - 17, length - 16]) {
    list.push([`cut by ${cut}`, sound.subarray(0, length - cut)]);
  }
  return list;
}

/** What Apache Kafka cannot compress anew. */
const cannotBeRebuilt = new Set(["base timestamp -2", "producer id -2", "attributes 8"]);

const rebuilt: Scenario = {
  name: "batches that cannot be compressed anew",
  async run(s) {
    for (const [note, bytes] of damagedBatches()) {
      if (!cannotBeRebuilt.has(note)) continue;
      const to = await topic(s, note.replaceAll(" ", ""), {
        configs: { "compression.type": "gzip" },
      });
      await send(s, to, note, bytes);
      await readBack(s, to);
    }
  },
};

const damaged: Scenario = {
  name: "damaged batches",
  async run(s) {
    const to = await topic(s, "t");
    const compacted = await topic(s, "c", { configs: { "cleanup.policy": "compact" } });
    const appendTime = await topic(s, "a", {
      configs: { "message.timestamp.type": "LogAppendTime" },
    });
    const zipped = await topic(s, "z", { configs: { "compression.type": "gzip" } });
    for (const [note, bytes] of damagedBatches()) {
      for (const version of [3, 7, 8, 13]) await send(s, to, note, bytes, { version });
      for (const other of [compacted, appendTime, zipped]) {
        if (other === zipped && cannotBeRebuilt.has(note)) continue;
        await send(s, other, `${note} (${other.name.slice(-1)})`, bytes);
      }
    }
    for (const each of [to, compacted, zipped]) await readBack(s, each);
    await readBack(s, appendTime, 0, true);
  },
};

/** A batch of hand-made records: each the bytes after its length. */
function batchOf(
  bodies: readonly Buffer[],
  options: BatchOptions = {},
  count = bodies.length,
): Buffer {
  const template = buildBatch(records(1), options);
  const rows = bodies.map((body) => Buffer.concat([varint(body.length), body]));
  const bytes = Buffer.concat([template.subarray(0, 61), ...rows]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeInt32BE(count, 57);
  stampChecksum(bytes, 0);
  return bytes;
}

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(32, (BigInt(value) << 1n) ^ (BigInt(value) >> 31n));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const key = Buffer.concat([varint(1), Buffer.from("k")]);
const value = Buffer.concat([varint(1), Buffer.from("v")]);

function record(...parts: readonly (number | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "number" ? varint(part) : part)));
}
const zero = Buffer.from([0]);
const good = (delta: number): Buffer => record(zero, 0, delta, key, value, 0);

const lyingDeltas: Scenario = {
  name: "offset deltas that do not count up",
  async run(s) {
    const to = await topic(s, "t");
    await send(s, to, "0, 0", batchOf([good(0), good(0)]));
    await send(s, to, "0, 2", batchOf([good(0), good(2)]));
    await send(s, to, "1, 2", batchOf([good(1), good(2)]));
    await send(s, to, "1, 0", batchOf([good(1), good(0)]));
    await send(s, to, "-1", batchOf([good(-1)]));
  },
};

const handMade: Scenario = {
  name: "records that are wrong inside",
  async run(s) {
    const to = await topic(s, "t");
    const compacted = await topic(s, "c", { configs: { "cleanup.policy": "compact" } });
    const zipped = await topic(s, "z", { configs: { "compression.type": "lz4" } });
    const cases: [string, Buffer][] = [
      ["good", batchOf([good(0), good(1)])],
      ["record attributes 1", batchOf([record(Buffer.from([1]), 0, 0, key, value, 0)])],
      ["null key", batchOf([record(zero, 0, 0, -1, value, 0)])],
      ["null key second", batchOf([good(0), record(zero, 0, 1, -1, value, 0)])],
      ["empty key", batchOf([record(zero, 0, 0, 0, value, 0)])],
      ["null value", batchOf([record(zero, 0, 0, key, -1, 0)])],
      ["key length -2", batchOf([record(zero, 0, 0, -2, value, 0)])],
      ["key beyond the record", batchOf([record(zero, 0, 0, 100, value, 0)])],
      ["value beyond the record", batchOf([record(zero, 0, 0, key, 100, 0)])],
      ["value length -2", batchOf([record(zero, 0, 0, key, -2, 0)])],
      ["headers -1", batchOf([record(zero, 0, 0, key, value, -1)])],
      ["headers 1 without", batchOf([record(zero, 0, 0, key, value, 1)])],
      ["headers a million", batchOf([record(zero, 0, 0, key, value, 1_000_000)])],
      [
        "header",
        batchOf([record(zero, 0, 0, key, value, 1, 1, Buffer.from("h"), 1, Buffer.from("v"))]),
      ],
      ["header null value", batchOf([record(zero, 0, 0, key, value, 1, 1, Buffer.from("h"), -1)])],
      ["header null key", batchOf([record(zero, 0, 0, key, value, 1, -1, 1, Buffer.from("v"))])],
      ["header empty key", batchOf([record(zero, 0, 0, key, value, 1, 0, 0)])],
      ["bytes after the record", batchOf([record(zero, 0, 0, key, value, 0, 0, 0)])],
      ["no record bytes", batchOf([], {}, 1)],
      ["one record too few", batchOf([good(0)], {}, 2)],
      ["one record too many", batchOf([good(0), good(1)], {}, 1)],
      ["record of length 0", batchOf([Buffer.alloc(0)])],
      [
        "bytes after the records",
        altered(Buffer.concat([batchOf([good(0)]), Buffer.alloc(5)]), (b) =>
          b.writeInt32BE(b.length - 12, 8),
        ),
      ],
      ["timestamp delta large", batchOf([record(zero, 2 ** 30, 0, key, value, 0)])],
      ["timestamp delta negative", batchOf([record(zero, -1000, 0, key, value, 0)])],
      ["rubbish that says gzip", altered(batchOf([good(0)]), (b) => stampCodec(b, 1))],
    ];
    for (const [note, bytes] of cases) {
      for (const version of [7, 8, 13]) await send(s, to, note, bytes, { version });
      await send(s, compacted, `${note} (compacted)`, bytes);
      await send(s, zipped, `${note} (zipped)`, bytes);
    }
    const missingKeys = batchOf([
      record(zero, 0, 0, -1, value, 0),
      good(1),
      record(zero, 0, 2, -1, value, 0),
    ]);
    for (const version of produce.versions) {
      await send(s, compacted, "two keys missing", missingKeys, { version });
    }
    for (const each of [to, compacted, zipped]) await readBack(s, each);
  },
};

const kinds: Scenario = {
  name: "control, transactional and compressed batches",
  async run(s) {
    const to = await topic(s, "t");
    const compacted = await topic(s, "c", { configs: { "cleanup.policy": "compact" } });
    const ids = { producerId: 4001, producerEpoch: 0, baseSequence: 0 };
    const marker = buildBatch(
      [{ timestamp: baseTime, key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) }],
      { ...ids, isControl: true, isTransactional: true, baseSequence: -1 },
    );
    for (const version of produce.versions) {
      await send(s, to, "control", buildBatch(records(1), { isControl: true }), { version });
      await send(s, to, "marker", marker, { version });
      const transactional = batch(2, { ...ids, isTransactional: true });
      await send(s, to, "transactional without id", transactional, { version });
      await send(s, to, "transactional", transactional, { version, transactionalId: "tx" });
      await send(s, to, "transactional acks 1", transactional, { version, acks: 1 });
      const append = batch(2, { logAppendTimeMs: baseTime });
      await send(s, to, "log append time", append, { version });
      const horizon = batch(2, { deleteHorizonMs: baseTime });
      await send(s, to, "delete horizon", horizon, { version });
    }
    for (const codec of compressionCodecs) {
      const bytes = batch(30, { compression: codec, bytes: 100 });
      await send(s, to, codec, bytes);
      await send(s, compacted, codec, bytes);
      for (const cut of [1, 5, 20]) {
        const short = Buffer.from(bytes.subarray(0, bytes.length - cut));
        short.writeInt32BE(short.length - 12, 8);
        stampChecksum(short, 0);
        await send(s, to, `${codec} cut by ${cut}`, short);
      }
      await send(
        s,
        to,
        `${codec} with a count too high`,
        altered(bytes, (b) => {
          b.writeInt32BE(31, 57);
          b.writeInt32BE(30, 23);
        }),
      );
      await send(
        s,
        to,
        `${codec} with a count too low`,
        altered(bytes, (b) => {
          b.writeInt32BE(29, 57);
          b.writeInt32BE(28, 23);
        }),
      );
      const nothing = batch(0, { compression: codec });
      await send(
        s,
        to,
        `${codec} of nothing`,
        altered(nothing, (b) => b.writeInt16BE(compressionCodecs.indexOf(codec), 21)),
      );
    }
    await readBack(s, to);
    await readBack(s, compacted);
  },
};

const configured: Scenario = {
  name: "topics with settings of their own",
  async run(s) {
    const settings: Record<string, string>[] = [
      { "max.message.bytes": "200" },
      { "max.message.bytes": "0" },
      { "message.timestamp.type": "LogAppendTime" },
      { "message.timestamp.before.max.ms": "1000" },
      { "message.timestamp.after.max.ms": "1000" },
      { "compression.type": "gzip" },
      { "compression.type": "snappy" },
      { "compression.type": "lz4" },
      { "compression.type": "zstd" },
      { "compression.type": "uncompressed" },
      { "compression.type": "gzip", "message.timestamp.type": "LogAppendTime" },
      { "min.insync.replicas": "2" },
      { "cleanup.policy": "compact,delete" },
      { "segment.bytes": "1048576", "max.message.bytes": "2000000" },
    ];
    for (const [i, configs] of settings.entries()) {
      const to = await topic(s, `t${i}`, { configs });
      const note = JSON.stringify(configs);
      for (const version of [3, 8, 13]) {
        await send(s, to, `${note} small`, batch(1), { version });
        await send(s, to, `${note} small acks 1`, batch(1), { version, acks: 1 });
        await send(s, to, `${note} 40 records`, batch(40), { version });
        await send(s, to, `${note} zstd`, batch(40, { compression: "zstd" }), { version });
        await send(s, to, `${note} gzip`, batch(40, { compression: "gzip" }), { version });
        await send(s, to, `${note} two`, Buffer.concat([batch(1), batch(2)]), { version });
        const future = buildBatch([{ ...records(1)[0]!, timestamp: baseTime + 10_000_000_000 }]);
        await send(s, to, `${note} future`, future, { version });
        const past = buildBatch([{ ...records(1)[0]!, timestamp: 1000 }]);
        await send(s, to, `${note} past`, past, { version });
        const mixed = buildBatch([
          { ...records(1)[0]!, timestamp: baseTime },
          { ...records(1)[0]!, timestamp: baseTime + 10_000_000_000 },
          { ...records(1)[0]!, timestamp: baseTime + 10_000_000_001 },
        ]);
        await send(s, to, `${note} partly in the future`, mixed, { version });
        const none = buildBatch([{ ...records(1)[0]!, timestamp: -1 }]);
        await send(s, to, `${note} without time`, none, { version });
      }
      await send(s, to, `${note} 1.1 MB`, batch(1, { bytes: 1_100_000 }));
      await readBack(s, to, 0, configs["message.timestamp.type"] === "LogAppendTime");
    }
  },
};

/** A batch of an idempotent producer. */
function sequenced(id: number, epoch: number, sequence: number, count = 1): Buffer {
  return batch(count, { producerId: id, producerEpoch: epoch, baseSequence: sequence });
}

const idempotent: Scenario = {
  name: "sequences and epochs",
  async run(s) {
    const to = await topic(s, "t");
    const list: [id: number, epoch: number, sequence: number, count?: number][] = [
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 1, 2],
      [1, 0, 1, 2],
      [1, 0, 1, 1],
      [1, 0, 2, 2],
      [1, 0, 4],
      [1, 0, 3],
      [1, 0, 4],
      [1, 0, 5],
      [1, 0, 6],
      [1, 0, 7],
      [1, 0, 8],
      [1, 0, 0],
      [1, 0, 1, 2],
      [1, 0, 3],
      [1, 0, 4],
      [1, 0, 8],
      [1, 0, -1],
      [1, 1, 1],
      [1, 1, 0],
      [1, 0, 9],
      [1, 0, 0],
      [1, 1, 1],
      [1, 3, 0],
      [1, -1, 0],
      [2, 0, 5],
      [2, 0, 6],
      [2, 0, 0],
      [3, 0, 0x7ffffffe, 2],
      [3, 0, 0, 1],
      [3, 0, 1, 1],
      [4, 0, 0x7fffffff, 2],
      [4, 0, 1, 1],
      [4, 0, 0x7fffffff, 2],
      [5, 0, 0, 3],
      [5, 0, 3, 3],
      [5, 0, 0, 3],
      [5, 0, 0, 2],
      [5, 0x7fff, 0],
      [5, 0x7fff, 1],
      [5, 0, 6],
    ];
    for (const version of [3, 7, 13]) {
      for (const [id, epoch, sequence, count] of list) {
        const note = `producer ${id} epoch ${epoch} sequence ${sequence} count ${count ?? 1}`;
        await send(s, to, note, sequenced(id + version * 1000, epoch, sequence, count), {
          version,
        });
      }
      const twice = Buffer.concat([sequenced(6, 0, 0), sequenced(6, 0, 1)]);
      await send(s, to, "two sequenced batches", twice, { version });
    }
    await s.ask(describeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0] }] });
    await readBack(s, to);
  },
};

const noAnswer: Scenario = {
  name: "acks 0",
  async run(s) {
    const to = await topic(s, "t");
    for (const version of produce.versions) {
      const where = version >= 13 ? { topicId: to.id } : { name: to.name };
      const missing = version >= 13 ? { topicId: noSuchId } : { name: `${s.prefix}missing` };
      const lists: [string, object[]][] = [
        ["good", [{ ...where, partitionData: [{ index: 0, records: batch(1) }] }]],
        ["no partition", [{ ...where, partitionData: [{ index: 7, records: batch(1) }] }]],
        ["no topic", [{ ...missing, partitionData: [{ index: 0, records: batch(1) }] }]],
        ["damaged", [{ ...where, partitionData: [{ index: 0, records: Buffer.alloc(80) }] }]],
        [
          "too large",
          [{ ...where, partitionData: [{ index: 0, records: batch(1, { bytes: 1_100_000 }) }] }],
        ],
        ["nothing", []],
      ];
      for (const [note, topicData] of lists) {
        const chunks = s.encode(produce, version, { acks: 0, timeoutMs: 100, topicData });
        if (chunks === undefined) continue;
        await s.tell(`Produce v${version} ${note}`, chunks, { exchange: metadata, version: 1 });
      }
    }
    await readBack(s, to);
  },
};

const nulls: Scenario = {
  name: "null records",
  async run(s) {
    const to = await topic(s, "t");
    for (const version of [3, 9, 13]) {
      const where = version >= 13 ? { topicId: to.id } : { name: to.name };
      const topicData = [{ ...where, partitionData: [{ index: 0, records: null }] }];
      const options = { timeoutMs: 500 };
      await s.ask(produce, version, { acks: 1, timeoutMs: 1000, topicData }, options);
    }
  },
};

const internal: Scenario = {
  name: "producing to internal topics",
  async run(s) {
    for (const version of [3, 12]) {
      for (const name of ["__consumer_offsets", "__transaction_state", "__cluster_metadata"]) {
        const topicData = [{ name, partitionData: [{ index: 0, records: batch(1) }] }];
        for (const clientId of ["x", "__admin_client"]) {
          if (clientId !== "x" && name === "__consumer_offsets") continue;
          await s.ask(
            produce,
            version,
            { acks: 1, timeoutMs: 1000, topicData },
            { clientId, note: clientId },
          );
        }
      }
    }
  },
};

const producerIds: Scenario = {
  name: "producer ids",
  async run(s) {
    await until("producer ids are given", async () => {
      const body = { transactionalId: null, transactionTimeoutMs: 1000 };
      const given = await s.must(initProducerId, 0, body, { quiet: true });
      return given.errorCode === ErrorCode.NONE;
    });
    for (const version of initProducerId.versions) {
      await s.ask(initProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000 });
      await s.ask(initProducerId, version, { transactionalId: null, transactionTimeoutMs: -1 });
      await s.ask(initProducerId, version, {
        transactionalId: null,
        transactionTimeoutMs: 0x7fffffff,
      });
      await s.ask(initProducerId, version, { transactionalId: "", transactionTimeoutMs: 1000 });
      const mine = { transactionalId: null, transactionTimeoutMs: 1000 };
      for (const [producerId, producerEpoch] of [
        [5, 3],
        [5, -1],
        [-1, 3],
        [5, 0x7fff],
        [-5, 0],
        [5, -2],
      ] as const) {
        await s.ask(initProducerId, version, { ...mine, producerId, producerEpoch });
      }
    }
  },
};

export const produceCases: Group = {
  name: "produce",
  scenarios: [
    everyVersion,
    several,
    twice,
    damaged,
    rebuilt,
    handMade,
    lyingDeltas,
    kinds,
    configured,
    idempotent,
    noAnswer,
    nulls,
    internal,
    producerIds,
  ],
};
