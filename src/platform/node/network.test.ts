import assert from "node:assert/strict";
import { test } from "node:test";
import type { Receiver } from "../network.ts";
import { nodeNetwork } from "./network.ts";

/** Receives into one buffer and hands on copies of what arrived. */
function collector(size: number, onData: (bytes: Buffer) => void, onClosed: () => void): Receiver {
  const buffer = new Uint8Array(size);
  return {
    receiveBuffer: () => buffer,
    received: (length) => onData(Buffer.from(buffer.subarray(0, length))),
    closed: onClosed,
  };
}

test("bytes written in chunks arrive in order in the receiver's own buffer", async () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const listener = await nodeNetwork.listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.start(
      collector(
        4096,
        (bytes) => connection.write([bytes]),
        () => undefined,
      ),
    );
  });
  const connection = await nodeNetwork.connect({
    host: "127.0.0.1",
    port: listener.port,
    timeoutMs: 5000,
  });
  const parts: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve) => {
    connection.start(
      collector(
        65536,
        (bytes) => {
          parts.push(bytes);
          size += bytes.length;
          if (size === sent.length) connection.end();
        },
        resolve,
      ),
    );
    connection.write([sent.subarray(0, 100), sent.subarray(100, 200_000), sent.subarray(200_000)]);
  });
  assert.deepEqual(Buffer.concat(parts), sent);
  await listener.close();
});

test("a refused connection is a NetworkError with the system's code", async () => {
  const listener = await nodeNetwork.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
  await listener.close();
  await assert.rejects(
    nodeNetwork.connect({ host: "127.0.0.1", port: listener.port, timeoutMs: 5000 }),
    { name: "NetworkError", code: "ECONNREFUSED" },
  );
});
