import assert from "node:assert/strict";
import type { Clock } from "../../platform/clock.ts";
import type { Network } from "../../platform/network.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  fetchRequest,
  fetchResponse,
  type FetchRequest,
  type FetchResponseInput,
} from "../../protocol/messages/fetch.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "../../protocol/messages/offset-for-leader-epoch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { FakeBroker } from "../cluster/fake-broker.fixture.ts";
import { ModelLog } from "./model-log.fixture.ts";

type WantedPartition = ElementOf<ElementOf<FetchRequest["topics"]>["partitions"]>;

interface SessionPartition {
  topicId: string;
  topic: string;
  wanted: WantedPartition;
  /** What the client was told last of the ends of the log. */
  told: string;
}

interface Session {
  epoch: number;
  readonly partitions: Map<string, SessionPartition>;
}

/** Answers tell where brokers are from this version on. */
const ENDPOINTS_VERSION = 16;

/** What befalls requests; `undefined` is nothing. */
export interface ModelFaults {
  /** The whole Fetch: an error code, or the connection is lost before or after the broker took note. */
  fetch?: (nodeId: number) => number | "lost" | "unanswered" | undefined;
  /** One partition of an answer. */
  partition?: (topic: string, partition: number) => number | undefined;
  /** Bytes of records on their way. */
  damage?: (bytes: Buffer, partition: number) => Buffer;
}

interface PartitionAnswer {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly currentLeader?: { readonly leaderId?: number; readonly leaderEpoch?: number };
  readonly preferredReadReplica?: number;
  readonly abortedTransactions?: { producerId: number; firstOffset: number }[] | null;
  readonly records?: Buffer;
}

class ModelTopic {
  id: string;
  readonly logs: ModelLog[];

  constructor(id: string, logs: ModelLog[]) {
    this.id = id;
    this.logs = logs;
  }
}

/**
 * Brokers that serve one model of a cluster to consumers, by Kafka's rules of leaders, epochs and fetch
 * sessions (KIP-227), on a simulated network.
 */
export class ModelCluster {
  readonly clock: Clock;
  readonly brokers = new Map<number, FakeBroker>();
  readonly topics = new Map<string, ModelTopic>();
  faults: ModelFaults = {};
  /** All Fetch requests so far, for what tests count. */
  fetches: { readonly nodeId: number; readonly request: FetchRequest }[] = [];
  /** What a leader answers instead of records: the replica to read from (KIP-392). */
  preferredReplica: ((topic: string, partition: number, rack: string) => number) | undefined;
  /** Whether errors tell who leads instead (KIP-951). */
  givesHints = true;
  readonly #sessions = new Map<number, Session>();
  #nextSessionId = 1;
  #nextTopicId = 1;
  #waiting = new Set<() => void>();

  private constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Brokers 1, 2 … on these hosts. */
  static async start(
    clock: Clock,
    hosts: readonly { readonly host: string; readonly network: Network }[],
  ): Promise<ModelCluster> {
    const model = new ModelCluster(clock);
    for (const [index, { host, network }] of hosts.entries()) {
      await model.#startBroker(index + 1, host, network);
    }
    return model;
  }

  get bootstrap(): string[] {
    return [...this.brokers.values()].map(({ address }) => address);
  }

  addTopic(name: string, partitions: number): ModelLog[] {
    const brokers = [...this.brokers.keys()];
    const logs = Array.from(
      { length: partitions },
      (_, i) => new ModelLog(brokers[i % brokers.length]!),
    );
    const id = Buffer.alloc(16, this.#nextTopicId++).toString("base64url");
    this.topics.set(name, new ModelTopic(id, logs));
    return logs;
  }

  log(topic: string, partition = 0): ModelLog {
    return this.topics.get(topic)!.logs[partition]!;
  }

  /** Lets Fetches that wait look again. */
  changed(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Brokers forget their sessions, as when they are full. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  async #startBroker(nodeId: number, host: string, network: Network): Promise<void> {
    const broker = await FakeBroker.start(network, host);
    this.brokers.set(nodeId, broker);
    broker.serve(metadataRequest, metadataResponse, ({ topics }) => this.#metadata(topics));
    broker.serve(listOffsetsRequest, listOffsetsResponse, ({ topics, isolationLevel }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const log = this.topics.get(name)?.logs[partitionIndex];
          if (log === undefined) return { partitionIndex, errorCode: 3 };
          if (log.leaderId !== nodeId) return { partitionIndex, errorCode: 6 };
          const isStable = timestamp === -1 && isolationLevel === 1;
          const offset = isStable ? log.lastStableOffset : log.offsetAt(timestamp);
          return { partitionIndex, offset, leaderEpoch: log.leaderEpoch };
        }),
      })),
    }));
    broker.serve(offsetForLeaderEpochRequest, offsetForLeaderEpochResponse, ({ topics }) => ({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, leaderEpoch, currentLeaderEpoch }) => {
          const log = this.topics.get(topic)?.logs[partition];
          const errorCode = this.#refusal(log, nodeId, currentLeaderEpoch);
          if (log === undefined || errorCode !== ErrorCode.NONE) return { partition, errorCode };
          const { epoch, endOffset } = log.epochEnd(leaderEpoch);
          return { partition, leaderEpoch: epoch, endOffset };
        }),
      })),
    }));
    broker.serve(fetchRequest, fetchResponse, (request, { apiVersion }) =>
      this.#fetch(nodeId, request, apiVersion),
    );
  }

  #metadata(topics: readonly { readonly name: string | null; readonly topicId: string }[] | null) {
    const nameOf = (topicId: string): string | undefined =>
      [...this.topics].find(([, { id }]) => id === topicId)?.[0];
    const names =
      topics === null
        ? [...this.topics.keys()]
        : topics.map(({ name, topicId }) => name ?? nameOf(topicId) ?? "");
    return {
      clusterId: "model",
      controllerId: 1,
      brokers: [...this.brokers].map(([nodeId, { host, port }]) => ({ nodeId, host, port })),
      topics: names.map((name) => {
        const topic = this.topics.get(name);
        if (topic === undefined) return { name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
        return {
          name,
          topicId: topic.id,
          partitions: topic.logs.map(({ leaderId, leaderEpoch }, partitionIndex) => ({
            partitionIndex,
            leaderId,
            leaderEpoch,
          })),
        };
      }),
    };
  }

  #refusal(log: ModelLog | undefined, nodeId: number, epoch: number): number {
    if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (log.leaderId !== nodeId && !log.replicas.has(nodeId)) {
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    }
    if (epoch < 0 || epoch === log.leaderEpoch) return ErrorCode.NONE;
    return epoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  async #fetch(
    nodeId: number,
    request: FetchRequest,
    version: number,
  ): Promise<FetchResponseInput | "close" | "silent"> {
    this.fetches.push({ nodeId, request });
    const fault = this.faults.fetch?.(nodeId);
    if (fault === "lost") return "close";
    if (typeof fault === "number") return { errorCode: fault };
    const taken = this.#takeRequest(request);
    if (typeof taken === "number") return { errorCode: taken };
    const { session, sessionId, partitions } = taken;
    const untilMs = this.clock.monotonicMs() + request.maxWaitMs;
    for (;;) {
      const responses = this.#answers(nodeId, request, partitions, session !== undefined);
      const leftMs = untilMs - this.clock.monotonicMs();
      if (leftMs <= 0 || responses.length > 0) {
        if (fault === "unanswered") return "close";
        const nodeEndpoints = version < ENDPOINTS_VERSION ? [] : this.#endpoints();
        return { sessionId, responses, nodeEndpoints };
      }
      await this.#change(leftMs);
    }
  }

  #endpoints() {
    return [...this.brokers].map(([nodeId, { host, port }]) => ({ nodeId, host, port }));
  }

  #change(maxMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = this.clock.setTimer(maxMs, wake);
      this.#waiting.add(wake);
    });
  }

  /** What the request makes of its session; an error code for one that breaks the rules. */
  #takeRequest(request: FetchRequest):
    | number
    | {
        readonly session: Session | undefined;
        readonly sessionId: number;
        readonly partitions: ReadonlyMap<string, SessionPartition>;
      } {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch <= 0) {
      this.#sessions.delete(sessionId);
      assert.equal(request.forgottenTopicsData.length, 0, "nothing to forget without a session");
      const partitions = new Map<string, SessionPartition>();
      this.#update(partitions, request);
      if (sessionEpoch < 0) return { session: undefined, sessionId: 0, partitions };
      const id = this.#nextSessionId++;
      const session = { epoch: 1, partitions };
      this.#sessions.set(id, session);
      return { session, sessionId: id, partitions };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
    if (session.epoch !== sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH;
    session.epoch++;
    for (const { topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) {
        assert.ok(session.partitions.delete(`${topicId} ${partition}`), "forgets what is there");
      }
    }
    this.#update(session.partitions, request);
    return { session, sessionId, partitions: session.partitions };
  }

  #update(partitions: Map<string, SessionPartition>, { topics }: FetchRequest): void {
    for (const { topicId, topic, partitions: wanted } of topics) {
      for (const one of wanted) {
        const key = `${topicId} ${one.partition}`;
        partitions.set(key, { topicId, topic, wanted: one, told: "" });
      }
    }
  }

  #answers(
    nodeId: number,
    request: FetchRequest,
    partitions: ReadonlyMap<string, SessionPartition>,
    isIncremental: boolean,
  ) {
    const responses = [];
    let left = request.maxBytes;
    for (const known of partitions.values()) {
      const data = this.#answer(nodeId, request, known, left);
      const { highWatermark, lastStableOffset, logStartOffset, records, errorCode } = data;
      left -= records?.length ?? 0;
      const told = `${highWatermark} ${lastStableOffset} ${logStartOffset}`;
      const isNews =
        told !== known.told ||
        (records?.length ?? 0) > 0 ||
        errorCode !== ErrorCode.NONE ||
        (data.preferredReadReplica ?? -1) >= 0;
      if (isIncremental && !isNews) continue;
      known.told = told;
      responses.push({ topicId: known.topicId, topic: known.topic, partitions: [data] });
    }
    return responses;
  }

  #answer(
    nodeId: number,
    { isolationLevel, rackId, maxBytes }: FetchRequest,
    { topicId, topic, wanted }: SessionPartition,
    left: number,
  ): PartitionAnswer {
    const { partition: partitionIndex, fetchOffset, partitionMaxBytes } = wanted;
    const found = [...this.topics].find(([name, { id }]) => id === topicId || name === topic);
    const [name, { logs } = { logs: [] }] = found ?? ["", undefined];
    const log = logs[partitionIndex];
    const none = { partitionIndex, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
    const injected = this.faults.partition?.(name, partitionIndex);
    if (injected !== undefined) return { ...none, errorCode: injected };
    if (log === undefined) return { ...none, errorCode: ErrorCode.UNKNOWN_TOPIC_ID };
    const errorCode = this.#refusal(log, nodeId, wanted.currentLeaderEpoch);
    if (errorCode !== ErrorCode.NONE) {
      const { leaderId, leaderEpoch } = log;
      const currentLeader = this.givesHints ? { leaderId, leaderEpoch } : {};
      return { ...none, errorCode, currentLeader };
    }
    const ends = {
      highWatermark: log.endOffset,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
    };
    if (fetchOffset < log.logStartOffset || fetchOffset > log.endOffset) {
      return { ...none, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
    }
    const replica = this.preferredReplica?.(name, partitionIndex, rackId) ?? -1;
    if (replica >= 0 && replica !== nodeId) {
      return { partitionIndex, errorCode: 0, ...ends, preferredReadReplica: replica };
    }
    const until = isolationLevel === 1 ? log.lastStableOffset : log.endOffset;
    const room = Math.min(partitionMaxBytes, left);
    // Only the first partition with records may give a batch that is larger than all limits.
    const bytes = log.read(fetchOffset, room, until, left === maxBytes);
    const records = this.faults.damage?.(bytes, partitionIndex) ?? bytes;
    const abortedTransactions = isolationLevel === 1 ? log.abortedFrom(fetchOffset) : null;
    return { partitionIndex, errorCode: 0, ...ends, records, abortedTransactions };
  }
}
