/**
 * What a node makes of clients that come in crowds or behave badly, by hand:
 * `node src/server/availability.bench.ts [--connections 5000]`. The node runs in a process of its own,
 * so that what it takes can be told from what its clients take.
 */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadNodeConfig } from "../config/node-config.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { encodeRequest } from "../protocol/framing.ts";
import { apiVersionsRequest } from "../protocol/messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { fetchRequest } from "../protocol/messages/fetch.ts";
import { metadataRequest } from "../protocol/messages/metadata.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import type { AnyMessage, InputOf } from "../protocol/schema.ts";
import { buildBatch } from "../records/build.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { startNode } from "./node.ts";
import { RawClient } from "./raw-client.ts";

/** What the node's process tells of itself. */
interface Figures {
  readonly rss: number;
  readonly loopDelayMaxMs: number;
  readonly cpuMs: number;
}

async function serve(folder: string): Promise<void> {
  const { config } = loadNodeConfig({ dataDirectory: folder, flags: { port: 0 } });
  const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  process.on("message", (asked) => {
    if (asked === "anew") delays.reset();
    const { user, system } = process.cpuUsage();
    const figures: Figures = {
      rss: process.memoryUsage.rss(),
      loopDelayMaxMs: Math.round(delays.max / 1e6),
      cpuMs: Math.round((user + system) / 1000),
    };
    process.send?.(figures);
  });
  process.send?.(node.port);
}

/** The node's process, as its clients have it. */
class Served {
  readonly #child: ChildProcess;
  readonly port: number;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(folder: string): Promise<Served> {
    const child = fork(fileURLToPath(import.meta.url), ["--serve", folder]);
    const [port] = await once(child, "message");
    return new Served(child, Number(port));
  }

  /** With `anew` the longest delay of the loop is forgotten first. */
  async figures(asked: "so far" | "anew" = "so far"): Promise<Figures> {
    this.#child.send(asked);
    const [figures] = await once(this.#child, "message");
    return figures as Figures;
  }

  client(): Promise<RawClient> {
    return RawClient.connect(nodePlatform.network, { host: "127.0.0.1", port: this.port });
  }

  stop(): void {
    this.#child.kill();
  }
}

function frameFor<Q extends AnyMessage>(request: Q, version: number, body: InputOf<Q>): Buffer {
  return Buffer.concat(
    encodeRequest(request, version, { correlationId: 1, clientId: "bench" }, body),
  );
}

async function connectMany(port: number, count: number): Promise<net.Socket[]> {
  const sockets: net.Socket[] = [];
  const connectNext = async (): Promise<void> => {
    while (sockets.length < count) {
      const socket = net.connect({ host: "127.0.0.1", port });
      sockets.push(socket);
      socket.on("error", () => undefined);
      await once(socket, "connect");
    }
  };
  await Promise.all(Array.from({ length: 50 }, connectNext));
  return sockets;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a request of somebody else takes meanwhile, at worst. */
async function worstRoundTripMs(served: Served, durationMs: number): Promise<number> {
  const client = await served.client();
  let worst = 0;
  for (const end = performance.now() + durationMs; performance.now() < end;) {
    const startMs = performance.now();
    await client.send(produceRequest, produceResponse, 9, { acks: 1, timeoutMs: 1000 });
    worst = Math.max(worst, performance.now() - startMs);
    await pause(5);
  }
  client.close();
  return Math.round(worst);
}

type Scenario = (served: Served, connections: number) => Promise<string>;

const scenarios: Readonly<Record<string, Scenario>> = {
  async "idle connections"(served, connections) {
    const hello = frameFor(apiVersionsRequest, 0, {});
    const before = await served.figures("anew");
    const sockets = await connectMany(served.port, connections);
    for (const socket of sockets) socket.write(hello);
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    await pause(1000);
    const { rss } = await served.figures();
    for (const socket of sockets) socket.destroy();
    const each = (rss - before.rss) / connections / 1000;
    return `${connections} connections take ${each.toFixed(1)} KB each`;
  },

  async "a storm of connections"(served, connections) {
    const startMs = performance.now();
    for (let done = 0; done < connections; done += 500) {
      const sockets = await connectMany(served.port, 500);
      for (const socket of sockets) socket.destroy();
    }
    const seconds = (performance.now() - startMs) / 1000;
    return `${Math.round(connections / seconds)} a second`;
  },

  async "a byte at a time"(served, connections) {
    const frame = frameFor(metadataRequest, 12, { topics: null });
    const before = await served.figures("anew");
    const sockets = await connectMany(served.port, connections / 5);
    const meanwhile = worstRoundTripMs(served, 2000);
    for (let at = 0; at < frame.length - 1; at++) {
      for (const socket of sockets) socket.write(frame.subarray(at, at + 1));
      await pause(20);
    }
    const worst = await meanwhile;
    const { rss } = await served.figures();
    for (const socket of sockets) socket.destroy();
    const each = (rss - before.rss) / sockets.length / 1000;
    return `${sockets.length} take ${each.toFixed(1)} KB each; others wait ${worst} ms at worst`;
  },

  async "lengths without bytes"(served, connections) {
    const before = await served.figures("anew");
    const sockets = await connectMany(served.port, connections);
    const promise = Buffer.alloc(10);
    promise.writeInt32BE(100_000_000);
    for (const socket of sockets) socket.write(promise);
    const worst = await worstRoundTripMs(served, 1500);
    const { rss } = await served.figures();
    for (const socket of sockets) socket.destroy();
    const each = (rss - before.rss) / sockets.length / 1000;
    return `${sockets.length} take ${each.toFixed(1)} KB each; others wait ${worst} ms at worst`;
  },

  async "half a request of 90 MB each"(served) {
    const before = await served.figures("anew");
    const sockets = await connectMany(served.port, 40);
    const half = Buffer.alloc(45_000_000);
    half.writeInt32BE(90_000_000);
    for (const socket of sockets) socket.write(half);
    const worst = await worstRoundTripMs(served, 4000);
    const { rss } = await served.figures();
    for (const socket of sockets) socket.destroy();
    return `40 take ${Math.round((rss - before.rss) / 1e6)} MB together; others wait ${worst} ms at worst`;
  },

  async "fetches that nobody reads the answers of"(served, connections) {
    const client = await served.client();
    const created = await client.send(createTopicsRequest, createTopicsResponse, 7, {
      topics: [{ name: "deep", numPartitions: 1, replicationFactor: 1 }],
    });
    const { topicId } = created.topics[0]!;
    const value = Buffer.alloc(900_000, 7);
    const records = buildBatch([{ key: null, value, timestamp: Date.now() }]);
    for (let i = 0; i < 64; i++) {
      await client.send(produceRequest, produceResponse, 9, {
        acks: 1,
        timeoutMs: 5000,
        topicData: [{ name: "deep", partitionData: [{ index: 0, records }] }],
      });
    }
    client.close();
    const partitionMaxBytes = 60_000_000;
    const fetch = frameFor(fetchRequest, 13, {
      maxWaitMs: 0,
      maxBytes: partitionMaxBytes,
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes }] }],
    });
    const before = await served.figures("anew");
    const sockets = await connectMany(served.port, connections / 20);
    for (const socket of sockets) socket.pause().write(Buffer.concat([fetch, fetch, fetch]));
    const worst = await worstRoundTripMs(served, 3000);
    const { rss } = await served.figures();
    for (const socket of sockets) socket.destroy();
    const megabytes = Math.round((rss - before.rss) / 1e6);
    return `${sockets.length} take ${megabytes} MB together; others wait ${worst} ms at worst`;
  },

  async "many requests sent ahead"(served) {
    const count = 100_000;
    const frame = frameFor(apiVersionsRequest, 0, {});
    const [socket] = await connectMany(served.port, 1);
    const meanwhile = worstRoundTripMs(served, 1000);
    const startMs = performance.now();
    let bytes = 0;
    let size = 0;
    const all = new Promise<void>((resolve) => {
      socket!.on("data", (part: Buffer) => {
        if (size === 0) size = 4 + part.readInt32BE(0);
        bytes += part.length;
        if (bytes === count * size) resolve();
      });
    });
    socket!.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    await all;
    const rate = Math.round(count / (performance.now() - startMs));
    socket!.destroy();
    return `${rate},000 a second; others wait ${await meanwhile} ms at worst`;
  },

  async "metadata of 1,000 topics, again and again"(served) {
    const client = await served.client();
    for (let at = 0; at < 1000; at += 100) {
      await client.send(createTopicsRequest, createTopicsResponse, 7, {
        timeoutMs: 60_000,
        topics: Array.from({ length: 100 }, (_, i) => ({
          name: `many-${at + i}`,
          numPartitions: 1,
          replicationFactor: 1,
        })),
      });
    }
    client.close();
    const sockets = await connectMany(served.port, 4);
    const frame = frameFor(metadataRequest, 12, { topics: null });
    const flood = Buffer.concat(Array.from({ length: 500 }, () => frame));
    const before = await served.figures("anew");
    for (const socket of sockets) socket.on("data", () => undefined).write(flood);
    const worst = await worstRoundTripMs(served, 3000);
    const after = await served.figures();
    for (const socket of sockets) socket.destroy();
    const megabytes = Math.round((after.rss - before.rss) / 1e6);
    return `others wait ${worst} ms at worst; ${megabytes} MB more`;
  },

  async "a fetch of 100,000 partitions"(served) {
    const sockets = await connectMany(served.port, 1);
    const frame = frameFor(fetchRequest, 12, {
      maxWaitMs: 0,
      topics: [
        {
          topic: "deep",
          partitions: Array.from({ length: 100_000 }, (_, partition) => ({
            partition,
            fetchOffset: 0,
            partitionMaxBytes: 1,
          })),
        },
      ],
    });
    const meanwhile = worstRoundTripMs(served, 1500);
    const startMs = performance.now();
    sockets[0]!.write(frame);
    await once(sockets[0]!, "data");
    const tookMs = Math.round(performance.now() - startMs);
    sockets[0]!.destroy();
    return `${tookMs} ms until the answer begins; others wait ${await meanwhile} ms at worst`;
  },
};

const { values } = parseArgs({
  options: {
    serve: { type: "string" },
    connections: { type: "string", default: "5000" },
    only: { type: "string" },
  },
});
if (values.serve !== undefined) {
  await serve(values.serve);
} else {
  for (const [name, run] of Object.entries(scenarios)) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    const folder = mkdtempSync(join(tmpdir(), "moldau-availability-"));
    const served = await Served.start(folder);
    const outcome = await run(served, Number(values.connections));
    const { rss, loopDelayMaxMs, cpuMs } = await served.figures();
    console.log(
      `${name}: ${outcome} [rss ${Math.round(rss / 1e6)} MB, loop ${loopDelayMaxMs} ms, cpu ${cpuMs} ms]`,
    );
    served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
