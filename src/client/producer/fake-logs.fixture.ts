import type { Clock } from "../../platform/clock.ts";
import type { Network } from "../../platform/network.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import {
  produceRequest,
  produceResponse,
  type ProduceRequest,
  type ProduceResponseInput,
} from "../../protocol/messages/produce.ts";
import { NO_PRODUCER_ID, RecordBatchView } from "../../records/record-batch.ts";
import { Cluster, type ClientPlatform } from "../cluster/cluster.ts";
import { FakeBroker, type FakeAnswer } from "../cluster/fake-broker.fixture.ts";

/** What leaders ask the coordinator of transactions before they write. */
export interface TransactionCheck {
  has(id: string, producer: BatchProducer, partition: string): boolean;
  /** The partition becomes part of the transaction. */
  add(id: string, producer: BatchProducer, partitions: readonly string[]): number;
}

interface BatchProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A record in a log of the model. */
export interface LoggedRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  /** Of a transaction: whose, and what became of it. */
  readonly producerId: number;
  fate: "plain" | "open" | "committed" | "aborted";
}

interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly offset: number;
}

/** Batches of a producer that a partition remembers. */
const REMEMBERED_BATCHES = 5;

/** The log of a partition, with what Kafka knows of its producers (coordinators.md, 6). */
export class FakeLog {
  leaderId: number;
  leaderEpoch = 0;
  batchBytesMax = Infinity;
  readonly records: LoggedRecord[] = [];
  readonly batchBytes: number[] = [];
  readonly #producers = new Map<number, { epoch: number; batches: RememberedBatch[] }>();

  constructor(leaderId: number) {
    this.leaderId = leaderId;
  }

  /** A leader takes over that has only the records before an offset, and the batches that they came in. */
  truncateTo(offset: number): void {
    this.records.length = Math.min(this.records.length, offset);
    for (const state of this.#producers.values()) {
      state.batches = state.batches.filter((batch) => batch.offset < offset);
    }
  }

  /** The marker of a transaction: what is open of its producer has the outcome. */
  mark(producerId: number, epoch: number, committed: boolean): void {
    for (const record of this.records) {
      if (record.producerId !== producerId || record.fate !== "open") continue;
      record.fate = committed ? "committed" : "aborted";
    }
    const state = this.#producers.get(producerId);
    if (state !== undefined && state.epoch < epoch) {
      this.#producers.set(producerId, { epoch, batches: [] });
    }
  }

  /** `beginsAtZero`: of a producer that is not known the first sequence is 0 (KIP-890). */
  append(
    bytes: Buffer,
    beginsAtZero = false,
  ): { readonly errorCode: number; readonly baseOffset: number } {
    const batch = new RecordBatchView(bytes);
    if (!batch.verifyChecksum()) return refused(ErrorCode.CORRUPT_MESSAGE);
    if (bytes.length > this.batchBytesMax) return refused(ErrorCode.MESSAGE_TOO_LARGE);
    if (batch.producerId !== NO_PRODUCER_ID) {
      const known = this.#checkSequence(batch, beginsAtZero);
      if (known !== undefined) return known;
    }
    const baseOffset = this.records.length;
    for (const { key, value } of batch.records()) {
      const offset = this.records.length;
      this.records.push({
        offset,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        producerId: batch.producerId,
        fate: batch.isTransactional ? "open" : "plain",
      });
    }
    this.batchBytes.push(bytes.length);
    this.#remember(batch, baseOffset);
    return { errorCode: ErrorCode.NONE, baseOffset };
  }

  #checkSequence(
    batch: RecordBatchView,
    beginsAtZero: boolean,
  ): { readonly errorCode: number; readonly baseOffset: number } | undefined {
    const state = this.#producers.get(batch.producerId);
    const { baseSequence, lastSequence, producerEpoch } = batch;
    if (state === undefined) {
      const isGap = beginsAtZero && baseSequence !== 0;
      return isGap ? refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) : undefined;
    }
    if (producerEpoch < state.epoch) return refused(ErrorCode.INVALID_PRODUCER_EPOCH);
    if (producerEpoch > state.epoch) {
      return baseSequence === 0 ? undefined : refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    }
    const duplicate = state.batches.find(
      (one) => one.firstSequence === baseSequence && one.lastSequence === lastSequence,
    );
    if (duplicate !== undefined) {
      return { errorCode: ErrorCode.NONE, baseOffset: duplicate.offset };
    }
    const last = state.batches.at(-1)?.lastSequence ?? -1;
    const next = last === 0x7fff_ffff ? 0 : last + 1;
    return baseSequence === next ? undefined : refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  #remember(batch: RecordBatchView, offset: number): void {
    const { producerId, producerEpoch, baseSequence, lastSequence } = batch;
    if (producerId === NO_PRODUCER_ID) return;
    let state = this.#producers.get(producerId);
    if (state === undefined || state.epoch !== producerEpoch) {
      state = { epoch: producerEpoch, batches: [] };
      this.#producers.set(producerId, state);
    }
    state.batches.push({ firstSequence: baseSequence, lastSequence, offset });
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift();
  }
}

function refused(errorCode: number): { readonly errorCode: number; readonly baseOffset: number } {
  return { errorCode, baseOffset: -1 };
}

/** What befalls a Produce request, or one partition of it. */
export interface FakeFate {
  /** Before the request is looked at. */
  readonly delayMs?: number;
  /** What comes of the whole request: not looked at and hung up, or done and hung up. */
  readonly request?: "lost" | "unanswered";
}

export interface FakePartitionFate {
  /** Answered in place of appending. */
  readonly refusal?: number;
  /** Answered although it was appended. */
  readonly falseAnswer?: number;
}

/** What befalls requests; without it everything goes well. */
export interface FakeFates {
  request(): FakeFate;
  partition(topic: string, partition: number): FakePartitionFate;
}

const noFates: FakeFates = { request: () => ({}), partition: () => ({}) };

interface FakeTopic {
  id: string;
  readonly logs: FakeLog[];
}

/**
 * Brokers of a model of a cluster: logs that all of them share (nothing is ever lost between leaders),
 * Kafka's rules of sequences, and faults where a test wants them.
 */
export class FakeLogCluster {
  readonly brokers: FakeBroker[] = [];
  readonly topics = new Map<string, FakeTopic>();
  fates: FakeFates = noFates;
  /** The coordinator of transactions, if there is one. */
  transactions: TransactionCheck | undefined;
  produceRequests = 0;
  throttleTimeMs = 0;
  /** What InitProducerId answers, when it is no identity. */
  identityError: number = ErrorCode.NONE;
  readonly #clock: Clock;
  #nextProducerId = 1000;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `networks`: one for each broker, of the host of that name. */
  static async start(
    clock: Clock,
    networks: readonly { readonly host: string; readonly network: Network }[],
  ): Promise<FakeLogCluster> {
    const cluster = new FakeLogCluster(clock);
    for (const { host, network } of networks) {
      const broker = await FakeBroker.start(network, host);
      cluster.brokers.push(broker);
      cluster.#serve(broker, cluster.brokers.length);
    }
    return cluster;
  }

  /** A topic whose partitions are led by the brokers in turn. */
  addTopic(name: string, partitions: number, id = topicId(name)): FakeTopic {
    const logs = Array.from(
      { length: partitions },
      (_, index) => new FakeLog((index % this.brokers.length) + 1),
    );
    const topic = { id, logs };
    this.topics.set(name, topic);
    return topic;
  }

  log(topic: string, partition: number): FakeLog {
    const log = this.topics.get(topic)?.logs[partition];
    if (log === undefined) throw new Error(`the model has no ${topic}-${partition}`);
    return log;
  }

  /** Another broker leads the partition. */
  moveLeader(topic: string, partition: number): void {
    const log = this.log(topic, partition);
    log.leaderId = (log.leaderId % this.brokers.length) + 1;
    log.leaderEpoch++;
  }

  #serve(broker: FakeBroker, nodeId: number): void {
    broker.serve(metadataRequest, metadataResponse, ({ topics }) => ({
      brokers: this.brokers.map(({ host, port }, index) => ({ nodeId: index + 1, host, port })),
      clusterId: "fake",
      controllerId: 1,
      topics: (topics ?? []).map(({ name }) => this.#describe(name ?? "")),
    }));
    broker.serve(initProducerIdRequest, initProducerIdResponse, () =>
      this.identityError === ErrorCode.NONE
        ? { errorCode: ErrorCode.NONE, producerId: this.#nextProducerId++, producerEpoch: 0 }
        : { errorCode: this.identityError, producerId: -1, producerEpoch: -1 },
    );
    // A broker works on one request of a connection at a time; here on one of all of them.
    let turn: Promise<unknown> = Promise.resolve();
    broker.serve(produceRequest, produceResponse, (request, { apiVersion }) => {
      const answer = turn.then(() => this.#produce(nodeId, request, apiVersion));
      turn = answer;
      return answer;
    });
  }

  #describe(name: string) {
    const topic = this.topics.get(name);
    if (topic === undefined) {
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name, partitions: [] };
    }
    return {
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.id,
      partitions: topic.logs.map(({ leaderId, leaderEpoch }, partitionIndex) => ({
        errorCode: ErrorCode.NONE,
        partitionIndex,
        leaderId,
        leaderEpoch,
        replicaNodes: [1],
        isrNodes: [1],
      })),
    };
  }

  async #produce(
    nodeId: number,
    request: ProduceRequest,
    apiVersion: number,
  ): Promise<FakeAnswer<typeof produceResponse>> {
    this.produceRequests++;
    const fate = this.fates.request();
    if (fate.delayMs !== undefined) await this.#wait(fate.delayMs);
    if (fate.request === "lost") return "close";
    const responses = request.topicData.map((topic) => {
      const name = apiVersion >= 13 ? this.#nameOf(topic.topicId) : topic.name;
      return {
        name: topic.name,
        topicId: topic.topicId,
        partitionResponses: topic.partitionData.map(({ index, records }) => ({
          index,
          ...this.#append(nodeId, name, index, records ?? Buffer.alloc(0), {
            transactionalId: request.transactionalId,
            addsImplicitly: apiVersion >= 12,
          }),
        })),
      };
    });
    if (fate.request === "unanswered") return "close";
    if (request.acks === 0) return "none";
    const nodeEndpoints = this.brokers.map(({ host, port }, at) => ({
      nodeId: at + 1,
      host,
      port,
    }));
    const answer: ProduceResponseInput = { responses, nodeEndpoints };
    return { ...answer, throttleTimeMs: this.throttleTimeMs };
  }

  #append(
    nodeId: number,
    name: string | undefined,
    partition: number,
    records: Buffer,
    by: { readonly transactionalId: string | null; readonly addsImplicitly: boolean },
  ) {
    if (name === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_ID);
    const log = this.topics.get(name)?.logs[partition];
    if (log === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    if (log.leaderId !== nodeId) {
      const { leaderId, leaderEpoch } = log;
      return {
        ...refused(ErrorCode.NOT_LEADER_OR_FOLLOWER),
        currentLeader: { leaderId, leaderEpoch },
      };
    }
    const { refusal, falseAnswer } = this.fates.partition(name, partition);
    if (refusal !== undefined) return refused(refusal);
    if (by.transactionalId !== null) {
      const errorCode = this.#verify(
        by.transactionalId,
        by.addsImplicitly,
        name,
        partition,
        records,
      );
      if (errorCode !== ErrorCode.NONE) return refused(errorCode);
    }
    const result = log.append(records, by.transactionalId !== null && by.addsImplicitly);
    if (falseAnswer !== undefined && result.errorCode === ErrorCode.NONE)
      return refused(falseAnswer);
    return result;
  }

  /** Whether the partition is part of the transaction, or becomes so (KIP-890). */
  #verify(id: string, adds: boolean, topic: string, partition: number, records: Buffer): number {
    const { transactions } = this;
    if (transactions === undefined) return ErrorCode.INVALID_TXN_STATE;
    const producer = new RecordBatchView(records);
    const name = `${partition} ${topic}`;
    if (!adds) {
      const isPart = transactions.has(id, producer, name);
      return isPart ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
    }
    const errorCode = transactions.add(id, producer, [name]);
    return errorCode === ErrorCode.PRODUCER_FENCED ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode;
  }

  #nameOf(id: string): string | undefined {
    for (const [name, topic] of this.topics) if (topic.id === id) return name;
    return undefined;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimer(delayMs, resolve));
  }
}

/** A (simulated) world with hosts, as tests have one. */
export interface FakeWorld {
  readonly clock: Clock & { wait<T>(promise: Promise<T>): Promise<T> };
  host(name: string): { start(): { readonly platform: ClientPlatform } };
}

/** Brokers of the model on hosts of their own, a topic `t` of three partitions, and a client. */
export async function startFakeLogs(
  world: FakeWorld,
  brokers = 2,
  prepare: (logs: FakeLogCluster) => void = () => undefined,
): Promise<{ readonly logs: FakeLogCluster; readonly cluster: Cluster }> {
  const networks = Array.from({ length: brokers }, (_, index) => {
    const host = `broker-${index + 1}`;
    return { host, network: world.host(host).start().platform.network };
  });
  const logs = await world.clock.wait(FakeLogCluster.start(world.clock, networks));
  const { platform } = world.host("client").start();
  logs.addTopic("t", 3);
  prepare(logs);
  const bootstrap = [logs.brokers[0]!.address];
  const cluster = await world.clock.wait(Cluster.connect({ platform, bootstrap }));
  return { logs, cluster };
}

/** A uuid that follows from a name. */
export function topicId(name: string): string {
  return Buffer.from(name.padEnd(16, "_")).subarray(0, 16).toString("base64url");
}
