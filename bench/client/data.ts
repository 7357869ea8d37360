import {
  createTopicError,
  createTopicRequest,
  leadersIn,
  metadataRequest,
  produceErrors,
  produceRequest,
  recordBatch,
  WireConnection,
} from "../wire.ts";

/** Partitions of every topic of the comparison. */
export const PARTITIONS = 6;
/** What a batch holds, about, as a busy producer makes them. */
const BATCH_BYTES = 64 * 1024;
const REQUESTS_UNDER_WAY = 4;
const NOT_LEADER = 6;
const LEADERS_WAIT_MS = 30_000;

/** Creates a topic and waits until all its partitions have a leader. */
export async function createTopic(port: number, topic: string): Promise<void> {
  const connection = await WireConnection.open(port);
  try {
    const error = createTopicError(await connection.send(createTopicRequest(topic, PARTITIONS)));
    if (error !== 0) throw new Error(`creating ${topic}: error ${error}`);
    const endMs = performance.now() + LEADERS_WAIT_MS;
    while (leadersIn(await connection.send(metadataRequest(topic))) < PARTITIONS) {
      if (performance.now() > endMs) throw new Error(`${topic} has no leaders`);
    }
  } finally {
    connection.close();
  }
}

/** A document of about so many bytes. */
function jsonValue(bytes: number, index: number): Buffer {
  const order = {
    id: `order-${String(index).padStart(8, "0")}`,
    total: (index * 37) % 1000,
    paid: index % 3 === 0,
    lines: [] as object[],
    note: "",
  };
  while (JSON.stringify(order).length + 40 < bytes - 20) {
    order.lines.push({ sku: `sku-${order.lines.length}`, count: order.lines.length + 1 });
  }
  order.note = "x".repeat(Math.max(0, bytes - JSON.stringify(order).length));
  return Buffer.from(JSON.stringify(order));
}

function rawValue(bytes: number, index: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, i) => 33 + (((i + index) * 7919) % 94)));
}

/** A leader that has just been elected may not know of it yet (NOT_LEADER_OR_FOLLOWER). */
async function produceOnce(
  connection: WireConnection,
  frame: Buffer,
  topic: string,
): Promise<void> {
  const endMs = performance.now() + LEADERS_WAIT_MS;
  for (;;) {
    const [error] = produceErrors(await connection.send(frame)).errors;
    if (error === 0) return;
    if (error !== NOT_LEADER || performance.now() > endMs) {
      throw new Error(`filling ${topic}: error ${error}`);
    }
  }
}

/** Fills a topic with records, by requests made once; no client takes part. Returns how many there are. */
export async function fillTopic(
  port: number,
  topic: string,
  what: { readonly valueBytes: number; readonly json: boolean; readonly records: number },
): Promise<number> {
  const perBatch = Math.floor(BATCH_BYTES / (what.valueBytes + 12));
  const value = what.json ? jsonValue : rawValue;
  const batch = recordBatch(Array.from({ length: perBatch }, (_, i) => value(what.valueBytes, i)));
  let left = Math.ceil(what.records / perBatch);
  const records = left * perBatch;
  const lane = async (partition: number): Promise<void> => {
    const frame = produceRequest(topic, 1, [[partition, batch]]);
    const connection = await WireConnection.open(port);
    const slot = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await produceOnce(connection, frame, topic);
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_UNDER_WAY }, slot));
    connection.close();
  };
  await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => lane(partition)));
  return records;
}
