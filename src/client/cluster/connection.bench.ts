/**
 * How many requests and bytes one connection carries, and what they cost this side:
 * `node src/client/cluster/connection.bench.ts`. The peer is a thread that answers at once.
 */

import * as net from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { nodePlatform } from "../../platform/node/platform.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { decodeRequestBody, decodeRequestHead, encodeResponse } from "../../protocol/framing.ts";
import { apiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import { fetchRequest, fetchResponse } from "../../protocol/messages/fetch.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import { Reader } from "../../protocol/reader.ts";
import { apiCall } from "./api-call.ts";
import { BrokerConnection } from "./connection.ts";

const FETCH_VERSION = 16;
const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const fetchCall = apiCall(ApiKey.FETCH, fetchRequest, fetchResponse, FETCH_VERSION);
const served = [ApiKey.API_VERSIONS, ApiKey.HEARTBEAT, ApiKey.FETCH];
const records = Buffer.alloc(16 * 1024 * 1024, 7);
const patient = { timeoutMs: 30_000 };

function answerTo(frame: Buffer): Buffer[] {
  const reader = new Reader(frame);
  const { api, apiVersion, correlationId } = decodeRequestHead(reader);
  if (api.key === ApiKey.HEARTBEAT) {
    return encodeResponse(heartbeatResponse, apiVersion, correlationId, {});
  }
  if (api.key === ApiKey.FETCH) {
    const { maxBytes } = decodeRequestBody(fetchRequest, apiVersion, reader);
    const partitions = [{ partitionIndex: 0, records: records.subarray(0, maxBytes) }];
    const responses = [{ topicId: "AAAAAAAAAAAAAAAAAAAAAQ", partitions }];
    return encodeResponse(fetchResponse, apiVersion, correlationId, { responses });
  }
  const apiKeys = served.map((apiKey) => ({ apiKey, minVersion: 0, maxVersion: FETCH_VERSION }));
  return encodeResponse(apiVersionsResponse, apiVersion, correlationId, { apiKeys });
}

/** The peer: answers what is in one read with one write. */
function serve(): void {
  const server = net.createServer({ noDelay: true }, (socket) => {
    let held: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      let at = 0;
      socket.cork();
      for (let size = 0; held.length - at >= 4; at += 4 + size) {
        size = held.readInt32BE(at);
        if (held.length - at - 4 < size) break;
        const frame = held.subarray(at + 4, at + 4 + size);
        for (const chunk of answerTo(frame)) socket.write(chunk);
      }
      socket.uncork();
      held = held.subarray(at);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === "object" ? address?.port : undefined);
  });
}

/** Calls as often as said, so many at a time; what one takes, and what it costs this thread. */
async function measure(
  about: string,
  total: number,
  atATime: number,
  call: () => Promise<unknown>,
  bytes = 0,
): Promise<void> {
  let left = total;
  const work = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  const cpu = process.threadCpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: atATime }, work));
  const ms = performance.now() - startedMs;
  const { user, system } = process.threadCpuUsage(cpu);
  const rate =
    bytes === 0
      ? `${(total / ms).toFixed(0)} k/s`
      : `${((total * bytes) / ms / 1000).toFixed(0)} MB/s`;
  console.log(`${about}: ${rate}, ${((user + system) / total).toFixed(2)} us of CPU each`);
}

async function main(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const { network, clock } = nodePlatform;
  const connection = await BrokerConnection.open(
    { host: "127.0.0.1", port },
    { network, clock, clientId: "bench", timeoutMs: 5_000 },
  );
  const body = { groupId: "g", memberId: "m", generationId: 1 };
  const beat = (): Promise<unknown> => connection.request(heartbeatCall, body, patient);
  await measure("warm-up", 50_000, 50, beat);
  for (const [atATime, total] of [
    [1, 20_000],
    [10, 100_000],
    [100, 300_000],
  ] as const) {
    await measure(`heartbeats, ${atATime} at a time`, total, atATime, beat);
  }
  for (const [maxBytes, total] of [
    [2_000, 20_000],
    [20_000, 20_000],
    [100_000, 5_000],
    [1_000_000, 1_000],
  ] as const) {
    const fetchOnce = (): Promise<unknown> => connection.request(fetchCall, { maxBytes }, patient);
    await measure(`fetches of ${maxBytes} bytes, 2 at a time`, total, 2, fetchOnce, maxBytes);
  }
  connection.close();
  await worker.terminate();
}

if (isMainThread) await main();
else serve();
