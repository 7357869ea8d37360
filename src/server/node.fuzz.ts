/**
 * Fuzzes a live node over real sockets: whatever comes, each request is answered or its connection
 * closes, no handler fails, nothing is kept that was not asked for, and a client that behaves finds all
 * it wrote. By hand: `node src/server/node.fuzz.ts --cases 200000 --seed 7`.
 */

import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadNodeConfig } from "../config/node-config.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { ApiKey } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { encodeRequest } from "../protocol/framing.ts";
import { apiVersionsRequest } from "../protocol/messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "../protocol/messages/delete-topics.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import { joinGroupRequest, joinGroupResponse } from "../protocol/messages/join-group.ts";
import { metadataRequest, metadataResponse } from "../protocol/messages/metadata.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { buildBatch } from "../records/build.ts";
import { batchesIn } from "../records/record-batch.ts";
import { SimRandom } from "../simulator/sim-random.ts";
import { silentLogger, type LogFields } from "../telemetry/logger.ts";
import { startNode, type RunningNode } from "./node.ts";
import { RawClient } from "./raw-client.ts";
import { RequestFuzzer, mayWait, type FuzzCase, type Vocabulary } from "./requests.fuzz.ts";

export interface NodeFuzzOptions {
  readonly cases: number;
  readonly seed: number;
}

export interface NodeFuzzReport {
  readonly cases: number;
  /** Of the whole frames: how many were answered, refused by closing, and left waiting by right. */
  readonly answered: number;
  readonly refused: number;
  readonly waited: number;
  /** Heap in use after the run, less than that before it, both after a collection. */
  readonly heapGrowthBytes: number;
  readonly warnings: number;
}

const WORKERS = 8;
/** What a request that may wait is given before its connection is ended. */
const WAITING_MS = 8;
/** Nothing takes this long; who is not answered by then hangs. */
const HANG_MS = 20_000;
/** After so many cases it is looked whether all is well. */
const CASES_PER_CHECK = 500;
/** Members of groups whose ids the cases know. */
const MEMBERS_MAX = 4;
const SENTINEL_ID = 0x7eee_eeee;
const KEPT_TOPIC = "kept-apart";
const TOPICS_MAX = 60;
const vocabularyTopics = ["t0", "t1", "t2"];

const sentinel = Buffer.concat(
  encodeRequest(apiVersionsRequest, 0, { correlationId: SENTINEL_ID, clientId: null }, {}),
);

/** Runs that many cases; throws at the first that fails, with the bytes that were under way. */
export async function fuzzNode(options: NodeFuzzOptions): Promise<NodeFuzzReport> {
  const folder = mkdtempSync(join(tmpdir(), "moldau-fuzz-"));
  const errors: string[] = [];
  let warnings = 0;
  const { config } = loadNodeConfig({
    dataDirectory: folder,
    flags: {
      port: 0,
      set: [
        "offsets.topic.num.partitions=2",
        "group.initial.rebalance.delay.ms=0",
        "log.index.size.max.bytes=4096",
        "socket.request.max.bytes=4194304",
        "queued.max.request.bytes=33554432",
      ],
    },
  });
  const node = await startNode({
    platform: nodePlatform,
    config,
    logger: {
      ...silentLogger,
      warn: () => void warnings++,
      error: (message: string, fields?: LogFields) => {
        const { error } = fields ?? {};
        errors.push(error instanceof Error ? `${message}\n${error.stack}` : message);
      },
    },
  });
  try {
    const run = new FuzzRun(options, node, errors);
    const report = await run.run();
    return { ...report, warnings };
  } finally {
    await node.close();
    rmSync(folder, { recursive: true });
  }
}

class FuzzRun {
  readonly #options: NodeFuzzOptions;
  readonly #node: RunningNode;
  readonly #errors: readonly string[];
  readonly #topicIds: string[] = [];
  readonly #members: string[] = ["", "m0"];
  readonly #vocabulary: Vocabulary = {
    topics: vocabularyTopics,
    topicIds: this.#topicIds,
    groups: ["g0", "g1", "g2"],
    members: this.#members,
    partitionsMax: 3,
  };
  readonly #random: SimRandom;
  readonly #fuzzer: RequestFuzzer;
  readonly #underWay = new Set<FuzzCase>();
  readonly #kept: string[] = [];
  readonly #counts = { answered: 0, refused: 0, waited: 0 };
  #client: RawClient | undefined;
  #taken = 0;

  constructor(options: NodeFuzzOptions, node: RunningNode, errors: readonly string[]) {
    this.#options = options;
    this.#node = node;
    this.#errors = errors;
    this.#random = new SimRandom(options.seed, "cases");
    this.#fuzzer = new RequestFuzzer(this.#random, this.#vocabulary);
  }

  async run(): Promise<Omit<NodeFuzzReport, "warnings">> {
    await this.#prepare();
    // What is compiled and cached on first use is no growth.
    await this.#runCases(Math.min(CASES_PER_CHECK, this.#options.cases));
    const before = usedHeap();
    while (this.#taken < this.#options.cases) {
      await this.#runCases(Math.min(this.#options.cases, this.#taken + CASES_PER_CHECK));
    }
    this.#client?.close();
    const heapGrowthBytes = usedHeap() - before;
    return { cases: this.#taken, ...this.#counts, heapGrowthBytes };
  }

  async #runCases(until: number): Promise<void> {
    const workers = Array.from({ length: WORKERS }, () => this.#work(until));
    await Promise.all(workers);
    await this.#check();
  }

  async #work(until: number): Promise<void> {
    let socket: FuzzSocket | undefined;
    while (this.#taken < until) {
      this.#taken++;
      const one = this.#fuzzer.next();
      this.#underWay.add(one);
      socket ??= await FuzzSocket.connect(this.#node.port);
      const isOpen = one.isWhole
        ? await this.#sendWhole(socket, one)
        : await this.#cut(socket, one);
      if (!isOpen) socket = undefined;
      if (this.#errors.length > 0) throw this.#failure(`the node failed: ${this.#errors[0]}`);
      this.#underWay.delete(one);
    }
    socket?.destroy();
  }

  /** Sends a whole frame and another after it that is always answered. True: the connection goes on. */
  async #sendWhole(socket: FuzzSocket, one: FuzzCase): Promise<boolean> {
    const framesBefore = socket.frames;
    const isCut = this.#random.chance(0.15);
    if (isCut) await socket.writeCut(one.bytes, this.#random);
    else socket.write(one.bytes);
    socket.write(sentinel);
    const mayBeLate = mayWait(one.bytes);
    const outcome = await socket.until(
      () => socket.lastId === SENTINEL_ID && socket.frames > framesBefore,
      mayBeLate ? WAITING_MS : HANG_MS,
    );
    switch (outcome) {
      case "reached": {
        const isSilent = one.bytes.readInt16BE(4) === ApiKey.PRODUCE;
        if (socket.frames - framesBefore !== 2 && !isSilent) {
          throw this.#failure(`${socket.frames - framesBefore - 1} answers to one request`);
        }
        this.#counts.answered++;
        socket.lastId = 0;
        return true;
      }
      case "closed":
        this.#counts.refused++;
        return false;
      case "late":
        if (!mayBeLate) throw this.#failure("a request was neither answered nor refused");
        this.#counts.waited++;
        await this.#end(socket);
        return false;
    }
  }

  /** Sends what is no whole frame, and ends the connection. */
  async #cut(socket: FuzzSocket, one: FuzzCase): Promise<boolean> {
    socket.write(one.bytes);
    await this.#end(socket);
    return false;
  }

  async #end(socket: FuzzSocket): Promise<void> {
    if (this.#random.chance(0.5)) socket.end();
    else socket.destroy();
    const outcome = await socket.until(() => false, HANG_MS);
    if (outcome !== "closed") throw this.#failure("a connection that ended was not closed");
  }

  #failure(message: string): Error {
    const cases = [...this.#underWay].map(
      ({ kind, api, bytes }) => `${kind} ${api}: ${bytes.toString("hex").slice(0, 4000)}`,
    );
    const { seed } = this.#options;
    return new Error(
      `${message}\nseed ${seed}, case ${this.#taken}; under way:\n${cases.join("\n")}`,
    );
  }

  // ---- the client that behaves

  async #prepare(): Promise<void> {
    const address = { host: "127.0.0.1", port: this.#node.port };
    this.#client = await RawClient.connect(nodePlatform.network, address);
    await this.#client.send(createTopicsRequest, createTopicsResponse, 7, {
      topics: [{ name: KEPT_TOPIC, numPartitions: 1, replicationFactor: 1 }],
    });
    await this.#check();
  }

  /** Writes and reads as a good client; puts the topics in order that the cases are about. */
  async #check(): Promise<void> {
    const client = this.#client!;
    const value = `value ${this.#kept.length}`;
    const record = { key: null, value: Buffer.from(value), timestamp: Date.now() };
    const produced = await client.send(produceRequest, produceResponse, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        { name: KEPT_TOPIC, partitionData: [{ index: 0, records: buildBatch([record]) }] },
      ],
    });
    equal(produced.responses[0]!.partitionResponses[0]!.errorCode, ErrorCode.NONE);
    this.#kept.push(value);
    const fetched = await client.send(fetchRequest, fetchResponse, 12, {
      maxWaitMs: 0,
      topics: [
        {
          topic: KEPT_TOPIC,
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }],
        },
      ],
    });
    const { records } = fetched.responses[0]!.partitions[0]!;
    const values: string[] = [];
    for (const batch of batchesIn(records!)) {
      for (const { value: bytes } of batch.records()) values.push(String(bytes));
    }
    deepEqual(values, this.#kept);
    await this.#putTopicsInOrder(client);
    this.#learnMember();
  }

  /** Joins a group on a connection of its own, so that the cases know the id of a member. */
  #learnMember(): void {
    const joining = async (): Promise<void> => {
      const address = { host: "127.0.0.1", port: this.#node.port };
      const client = await RawClient.connect(nodePlatform.network, address);
      const { memberId } = await client.send(joinGroupRequest, joinGroupResponse, 3, {
        groupId: this.#random.pick(this.#vocabulary.groups),
        sessionTimeoutMs: 6000,
        rebalanceTimeoutMs: 100,
        protocolType: "consumer",
        protocols: [{ name: "range", metadata: Buffer.alloc(4) }],
      });
      client.close();
      this.#members.push(memberId);
      if (this.#members.length > MEMBERS_MAX) this.#members.splice(1, 1);
    };
    // A group that the cases keep busy, or the end of the node, may be in the way of it.
    joining().catch(() => undefined);
  }

  async #putTopicsInOrder(client: RawClient): Promise<void> {
    const all = await client.send(metadataRequest, metadataResponse, 12, { topics: null });
    const others = all.topics.filter(
      ({ name, isInternal }) => name !== KEPT_TOPIC && name !== null && !isInternal,
    );
    if (others.length > TOPICS_MAX) {
      await client.send(deleteTopicsRequest, deleteTopicsResponse, 6, {
        topics: others
          .map(({ name, topicId }) => ({ name, topicId }))
          .map(({ name }) => ({ name })),
        timeoutMs: 10_000,
      });
    }
    await client.send(createTopicsRequest, createTopicsResponse, 7, {
      topics: vocabularyTopics.map((name) => ({ name, numPartitions: 2, replicationFactor: 1 })),
    });
    const now = await client.send(metadataRequest, metadataResponse, 12, {
      topics: vocabularyTopics.map((name) => ({ name })),
    });
    const ids = now.topics.map(({ topicId }) => topicId);
    this.#topicIds.splice(0, this.#topicIds.length, ...ids);
  }
}

/** A connection that counts the frames it gets. */
class FuzzSocket {
  readonly #socket: net.Socket;
  #rest: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: (() => void) | undefined;
  frames = 0;
  /** Correlation id of the last frame. */
  lastId = 0;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake?.();
    });
    socket.on("data", (part: Buffer) => this.#receive(part));
  }

  static connect(port: number): Promise<FuzzSocket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new FuzzSocket(socket)));
    });
  }

  write(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** Writes the bytes in pieces, each on its own way. */
  async writeCut(bytes: Buffer, random: SimRandom): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + random.between(1, random.pick([2, 9, 200])));
      this.write(bytes.subarray(at, end));
      at = end;
      if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits until something is so, or the connection is closed, or the time is over. */
  async until(isReached: () => boolean, timeoutMs: number): Promise<"reached" | "closed" | "late"> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake?.();
    }, timeoutMs);
    try {
      for (;;) {
        if (isReached()) return "reached";
        if (this.#isClosed) return "closed";
        if (isLate) return "late";
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(part: Buffer): void {
    this.#rest = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    while (this.#rest.length >= 8) {
      const size = this.#rest.readInt32BE(0);
      if (this.#rest.length < 4 + size) break;
      this.lastId = this.#rest.readInt32BE(4);
      this.frames++;
      this.#rest = this.#rest.subarray(4 + size);
    }
    this.#wake?.();
  }
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function usedHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
    },
  });
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const startMs = performance.now();
  const report = await fuzzNode({ cases: Number(values.cases), seed: Number(values.seed) });
  const seconds = (performance.now() - startMs) / 1000;
  console.log({
    ...report,
    seconds: Math.round(seconds),
    rssMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
    loopDelayMs: {
      p99: Math.round(delays.percentile(99) / 1e6),
      max: Math.round(delays.max / 1e6),
    },
  });
  console.log(`${report.cases} passed, 0 failed`);
}
