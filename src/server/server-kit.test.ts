import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { loadNodeConfig } from "../config/node-config.ts";
import type { Clock } from "../platform/clock.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { nodeNetwork } from "../platform/node/network.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { Acceptor } from "./acceptor.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import type { FrameHandler } from "./connection.ts";
import { startNode, type RunningNode } from "./node.ts";
import { RawClient } from "./raw-client.ts";
import { ReceiveBuffers } from "./receive-buffers.ts";
import { RepeatedLines } from "./repeated-lines.ts";

/** What tests of connections over real sockets share. */

const FRAME_BYTES_MAX = 8 * 1024 * 1024;

export interface Setting {
  readonly onFrame: FrameHandler;
  readonly bufferBytesMax?: number;
  readonly connectionsMax?: number;
  readonly connectionsPerIpMax?: number;
  readonly idleMaxMs?: number;
  readonly onWarning?: (message: string) => void;
  readonly clock?: Clock;
}

export interface Listening {
  readonly acceptor: Acceptor;
  readonly buffers: ReceiveBuffers;
  readonly port: number;
}

/** An acceptor on a free port, closed when the test ends. */
export async function listen(t: TestContext, setting: Setting): Promise<Listening> {
  const { clock = nodeClock, idleMaxMs = -1, bufferBytesMax = 64 * 1024 * 1024 } = setting;
  const lines = new RepeatedLines(
    { ...silentLogger, warn: (message) => setting.onWarning?.(message) },
    clock,
  );
  const buffers = new ReceiveBuffers({ maxBytes: bufferBytesMax, clock });
  const acceptor = new Acceptor({
    network: nodeNetwork,
    clock,
    lines,
    limits: new ConnectionLimits({
      connectionsMax: setting.connectionsMax ?? 10_000,
      connectionsPerIpMax: setting.connectionsPerIpMax ?? 10_000,
      perIpOverrides: new Map(),
    }),
    buffers,
    frameBytesMax: FRAME_BYTES_MAX,
    idleMaxMs,
  });
  const { port } = await acceptor.listen("127.0.0.1", 0);
  acceptor.serve(setting.onFrame);
  t.after(async () => {
    acceptor.closeConnections();
    await acceptor.stopListening();
    lines.close();
    buffers.close();
  });
  return { acceptor, buffers, port };
}

export function frameOf(content: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + content.length);
  frame.writeInt32BE(content.length);
  frame.set(content, 4);
  return frame;
}

/** Echoes each frame; the copy is what a handler owes to what it keeps. */
export const echo: FrameHandler = (frame, exchange) => {
  exchange.respond({ chunks: [frameOf(frame)], onSent: undefined });
};

export async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  return socket;
}

/** Reads on until there are so many bytes, or the connection ends. */
export async function readBytes(socket: net.Socket, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size >= count) break;
  }
  return Buffer.concat(parts);
}

export interface TestNode {
  readonly node: RunningNode;
  readonly client: RawClient;
  readonly close: () => Promise<void>;
}

/** A node on a free port with an empty folder, and a client of it. */
export async function startTestNode(settings: readonly string[] = []): Promise<TestNode> {
  const folder = mkdtempSync(join(tmpdir(), "moldau-server-"));
  const { config } = loadNodeConfig({
    dataDirectory: folder,
    flags: { port: 0, set: [...settings] },
  });
  const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  const client = await connectTo(node.port);
  return {
    node,
    client,
    close: async () => {
      client.close();
      await node.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function connectTo(port: number): Promise<RawClient> {
  return RawClient.connect(nodeNetwork, { host: "127.0.0.1", port });
}

/** A clock whose timers fire a hundred times as soon. */
export const hastyClock: Clock = {
  ...nodeClock,
  monotonicMs: () => nodeClock.monotonicMs() * 100,
  setTimer: (delayMs, fire) => nodeClock.setTimer(delayMs / 100, fire),
};
