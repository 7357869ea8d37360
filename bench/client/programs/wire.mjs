// No client: raw sockets, requests made once, values found and read with no more work than that takes. What the
// broker, the machine and JSON.parse allow, for the loads where they are the limit.
import {
  fetchedRecords,
  fetchRequest,
  produceErrors,
  produceRequest,
  recordBatch,
  WireConnection,
} from "../../wire.ts";
import { job, payload, SingleArrivals, timed } from "./job.mjs";

const PARTITIONS = 6;
const BATCH_BYTES = 64 * 1024;
const REQUESTS_UNDER_WAY = 5;
const NOT_LEADER = 6;
const BATCH_HEADER_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 12;

const port = Number(job.bootstrap.split(":")[1]);

/** One connection; every request has a full batch for each partition. */
async function batches() {
  const perBatch = Math.floor(
    (BATCH_BYTES - BATCH_HEADER_BYTES) / (job.valueBytes + RECORD_OVERHEAD_BYTES),
  );
  const batch = recordBatch(Array.from({ length: perBatch }, () => payload()));
  const all = Array.from({ length: PARTITIONS }, (_, partition) => [partition, batch]);
  const frame = produceRequest(job.topic, -1, all);
  const connection = await WireConnection.open(port);
  await timed(async (untilMs) => {
    let records = 0;
    const lane = async () => {
      while (performance.now() < untilMs) {
        const { errors } = produceErrors(await connection.send(frame));
        const refused = errors.find((error) => error !== 0 && error !== NOT_LEADER);
        if (refused !== undefined) throw new Error(`produce: error ${refused}`);
        records += perBatch * errors.filter((error) => error === 0).length;
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_UNDER_WAY }, lane));
    return records;
  });
}

/** Place in the bytes that varints are read from. */
let at = 0;

function varint(bytes) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
}

/** Hands every value of the whole batches to `take`, as a range; the offset after them. */
function readBatches(bytes, offset, take) {
  let next = offset;
  for (let start = 0; start + BATCH_HEADER_BYTES <= bytes.length;) {
    const end = start + 12 + bytes.readInt32BE(start + 8);
    if (end > bytes.length) break;
    next = Number(bytes.readBigInt64BE(start)) + bytes.readInt32BE(start + 23) + 1;
    at = start + BATCH_HEADER_BYTES;
    for (let left = bytes.readInt32BE(start + 57); left > 0; left--) {
      const recordBytes = varint(bytes);
      const recordEnd = at + recordBytes;
      at++;
      while (bytes[at++] >= 0x80);
      varint(bytes);
      const keyBytes = varint(bytes);
      at += Math.max(keyBytes, 0);
      const valueBytes = varint(bytes);
      take(bytes, at, at + valueBytes);
      at = recordEnd;
    }
    start = end;
  }
  return next;
}

/** A connection for each partition. */
async function consume() {
  const arrivals = new SingleArrivals();
  const take = job.json
    ? (bytes, start, end) => arrivals.addJson(JSON.parse(bytes.toString("utf8", start, end)))
    : (bytes, start, end) => arrivals.addRaw(bytes.subarray(start, end));
  const limits = { maxWaitMs: 500, maxBytes: 1024 * 1024 };
  const read = async (partition) => {
    const connection = await WireConnection.open(port);
    for (let offset = 0; ;) {
      const answer = await connection.send(fetchRequest(job.topic, partition, offset, limits));
      offset = readBatches(fetchedRecords(answer).records, offset, take);
    }
  };
  for (let partition = 0; partition < PARTITIONS; partition++) {
    read(partition).catch((error) => {
      console.error(error);
      process.exit(1);
    });
  }
  await arrivals.done;
}

await { batches, consume }[job.load]();
process.exit(0);
