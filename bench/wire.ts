import { connect, type Socket } from "node:net";
import { crc32c } from "@node-rs/crc32";

/**
 * The few requests a load generator needs, written out by hand, so that the generator owes nothing to
 * the code it measures.
 */
const apiKeys = { produce: 0, fetch: 1, metadata: 3, createTopics: 19 } as const;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const out = Buffer.alloc(2 + bytes.length);
  out.writeInt16BE(bytes.length);
  bytes.copy(out, 2);
  return out;
}

function int8(value: number): Buffer {
  return Buffer.from([value & 0xff]);
}

function int16(value: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeInt16BE(value);
  return out;
}

function int32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeInt32BE(value);
  return out;
}

function int64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigInt64BE(BigInt(value));
  return out;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = (value << 1) ^ (value >> 31);
  while ((left & ~0x7f) !== 0) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  bytes.push(left);
  return Buffer.from(bytes);
}

/** A record batch of format v2 without compression, with these values and no keys. */
export function recordBatch(values: readonly Buffer[], nowMs = Date.now()): Buffer {
  const records = values.map((value, index) => {
    const body = Buffer.concat([
      int8(0),
      varint(0),
      varint(index),
      varint(-1),
      varint(value.length),
      value,
      varint(0),
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const afterCrc = Buffer.concat([
    int16(0),
    int32(values.length - 1),
    int64(nowMs),
    int64(nowMs),
    int64(-1),
    int16(-1),
    int32(-1),
    int32(values.length),
    ...records,
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(afterCrc));
  const afterLength = Buffer.concat([int32(-1), int8(2), crc, afterCrc]);
  return Buffer.concat([int64(0), int32(afterLength.length), afterLength]);
}

/** Produce v3, acks as given, to these partitions of one topic. */
export function produceRequest(
  topic: string,
  acks: number,
  partitions: readonly (readonly [number, Buffer])[],
): Buffer {
  const head = [int16(-1), int16(acks), int32(30_000), int32(1), text(topic)];
  const body = partitions.flatMap(([partition, batch]) => [
    int32(partition),
    int32(batch.length),
    batch,
  ]);
  return request(apiKeys.produce, 3, Buffer.concat([...head, int32(partitions.length), ...body]));
}

/** The error codes of a Produce v3 response, and the first base offset. */
export function produceErrors(response: Buffer): { readonly errors: number[]; offset: number } {
  const errors: number[] = [];
  let offset = -1;
  let at = 8;
  for (let topics = response.readInt32BE(4); topics > 0; topics -= 1) {
    at += 2 + response.readInt16BE(at);
    const partitions = response.readInt32BE(at);
    at += 4;
    for (let left = partitions; left > 0; left -= 1) {
      errors.push(response.readInt16BE(at + 4));
      if (errors.length === 1) offset = Number(response.readBigInt64BE(at + 6));
      at += 4 + 2 + 8 + 8;
    }
  }
  return { errors, offset };
}

/** Fetch v4 of one partition. */
export function fetchRequest(
  topic: string,
  partition: number,
  offset: number,
  limits: { readonly maxWaitMs: number; readonly maxBytes: number },
): Buffer {
  const body = Buffer.concat([
    int32(-1),
    int32(limits.maxWaitMs),
    int32(1),
    int32(limits.maxBytes),
    int8(0),
    int32(1),
    text(topic),
    int32(1),
    int32(partition),
    int64(offset),
    int32(limits.maxBytes),
  ]);
  return request(apiKeys.fetch, 4, body);
}

/** The records of a Fetch v4 response for one partition, and its error code. */
export function fetchedRecords(response: Buffer): { readonly error: number; records: Buffer } {
  let at = 4 + 4 + 4;
  at += 2 + response.readInt16BE(at);
  at += 4 + 4;
  const error = response.readInt16BE(at);
  at += 2 + 8 + 8;
  const aborted = response.readInt32BE(at);
  at += 4 + Math.max(aborted, 0) * 16;
  const length = response.readInt32BE(at);
  return { error, records: response.subarray(at + 4, at + 4 + Math.max(length, 0)) };
}

/** CreateTopics v2 of one topic. */
export function createTopicRequest(topic: string, partitions: number): Buffer {
  const one = [text(topic), int32(partitions), int16(1), int32(0), int32(0)];
  return request(
    apiKeys.createTopics,
    2,
    Buffer.concat([int32(1), ...one, int32(30_000), int8(0)]),
  );
}

/** The error code of a CreateTopics v2 response. */
export function createTopicError(response: Buffer): number {
  const name = response.readInt16BE(4 + 4 + 4);
  return response.readInt16BE(4 + 4 + 4 + 2 + name);
}

/** Metadata v4 of one topic, which is created when it does not exist. */
export function metadataRequest(topic: string): Buffer {
  return request(apiKeys.metadata, 4, Buffer.concat([int32(1), text(topic), int8(1)]));
}

/** How many partitions of the topic have a leader; 0 when the topic has an error. */
export function leadersIn(response: Buffer): number {
  let at = 4 + 4;
  const skipText = (): void => {
    at += 2 + Math.max(response.readInt16BE(at), 0);
  };
  let brokers = response.readInt32BE(at);
  at += 4;
  for (; brokers > 0; brokers -= 1) {
    at += 4;
    skipText();
    at += 4;
    skipText();
  }
  skipText();
  at += 4 + 4;
  if (response.readInt16BE(at) !== 0) return 0;
  at += 2;
  skipText();
  at += 1;
  let partitions = response.readInt32BE(at);
  at += 4;
  let leaders = 0;
  for (; partitions > 0; partitions -= 1) {
    if (response.readInt16BE(at) === 0 && response.readInt32BE(at + 6) >= 0) leaders += 1;
    at += 2 + 4 + 4;
    at += 4 + response.readInt32BE(at) * 4;
    at += 4 + response.readInt32BE(at) * 4;
  }
  return leaders;
}

/** Frame, header v1 with correlation id 0 and client id "bench", body. */
function request(key: number, version: number, body: Buffer): Buffer {
  const head = Buffer.concat([int16(key), int16(version), int32(0), text("bench")]);
  return Buffer.concat([int32(head.length + body.length), head, body]);
}

type Waiting = readonly [(response: Buffer) => void, (error: Error) => void];

/** One connection; responses come back in the order of the requests. */
export class WireConnection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #received = 0;
  #wanted = 4;
  #error: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  static open(port: number): Promise<WireConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new WireConnection(socket));
      });
    });
  }

  /** Sends; the response without its length. */
  send(frame: Buffer): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve, reject) => {
      if (this.#error !== undefined) {
        reject(this.#error);
        return;
      }
      this.#waiting.push([resolve, reject]);
      this.#socket.write(frame);
    });
    // Of several in flight only the first is awaited when the connection fails.
    answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#wanted) return;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    while (bytes.length >= 4) {
      const end = 4 + bytes.readInt32BE(0);
      if (bytes.length < end) {
        this.#wanted = end;
        break;
      }
      this.#wanted = 4;
      this.#waiting.shift()?.[0](bytes.subarray(4, end));
      bytes = bytes.subarray(end);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#received = bytes.length;
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const [, reject] of this.#waiting.splice(0)) reject(this.#error);
  }
}
