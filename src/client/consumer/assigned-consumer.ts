import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { fetchRequest, fetchResponse, type FetchResponse } from "../../protocol/messages/fetch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { Deadline } from "../cluster/deadline.ts";
import { brokerError, isRetriableError, throwOnError } from "../errors.ts";
import { recordsOf, type ConsumedRecord } from "./fetched-records.ts";
import { listOffsets, OffsetSpec } from "./list-offsets.ts";
import { groupBy } from "../partitions.ts";

// From version 13 on topics go by id; names survive a topic that is made anew meanwhile.
const fetchCall = apiCall(ApiKey.FETCH, fetchRequest, fetchResponse, 12);
const CONSUMER_REPLICA_ID = -1;
/** No fetch session: this client tells all its partitions in every request. */
const NO_SESSION_EPOCH = -1;

const FETCH_MAX_BYTES = 50 * 1024 * 1024;
const PARTITION_MAX_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 500;
const RETRY_PAUSE_MS = 100;

export interface ConsumerOptions {
  /** Leave out records of open and aborted transactions. Default true. */
  readonly readCommitted?: boolean;
  /** How long a broker may wait for records, in milliseconds. Default 500. */
  readonly fetchWaitMs?: number;
  /** Bytes that a broker waits for. Default 1. */
  readonly fetchMinBytes?: number;
  /** Bytes of one partition in one answer, unless a single batch is larger. Default 1 MiB. */
  readonly partitionMaxBytes?: number;
  /** Where to go on when an offset is not (any more) in the log. Default: fail. */
  readonly onOutOfRange?: "earliest" | "latest" | "fail";
}

/** Where to read on. */
export interface Position extends TopicPartition {
  readonly offset: number;
}

interface Assigned {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  /** From the last answer, -1 before the first. */
  highWatermark: number;
  /** End of what this consumer may see: the high watermark or the last stable offset. */
  readableEnd: number;
}

/** A response, and the offsets that were asked for. */
interface Answer {
  readonly leader: number;
  readonly requested: ReadonlyMap<string, number>;
  readonly response: FetchResponse;
}

type PartitionData = ElementOf<ElementOf<FetchResponse["responses"]>["partitions"]>;

/**
 * Reads assigned partitions from given offsets, in order within each partition. Each leader has one
 * Fetch request open at a time; its answer waits until {@link Consumer.poll} takes it.
 */
export class Consumer {
  readonly #cluster: Cluster;
  readonly #channel: string;
  readonly #options: Required<ConsumerOptions>;
  readonly #assigned = new Map<string, Assigned>();
  /** Answers that no call of `poll` has taken yet, by leader. */
  readonly #fetches = new Map<
    number,
    Promise<Answer | { readonly leader: number; readonly thrown: unknown }>
  >();
  /** Counts assignments, so that answers to older ones are dropped. */
  #assignment = 0;

  constructor(cluster: Cluster, options: ConsumerOptions = {}) {
    this.#cluster = cluster;
    this.#channel = cluster.newChannel("consumer");
    this.#options = {
      readCommitted: options.readCommitted ?? true,
      fetchWaitMs: options.fetchWaitMs ?? FETCH_WAIT_MS,
      fetchMinBytes: options.fetchMinBytes ?? 1,
      partitionMaxBytes: options.partitionMaxBytes ?? PARTITION_MAX_BYTES,
      onOutOfRange: options.onOutOfRange ?? "fail",
    };
  }

  /** Replaces what is read. */
  assign(positions: readonly Position[]): void {
    this.#assignment++;
    this.#assigned.clear();
    this.#fetches.clear();
    for (const { topic, partition, offset } of positions) {
      this.#assigned.set(topicPartitionName(topic, partition), {
        topic,
        partition,
        offset,
        highWatermark: -1,
        readableEnd: -1,
      });
    }
  }

  /** The offset after the last record that `poll` gave, for each partition. */
  positions(): readonly Position[] {
    return [...this.#assigned.values()].map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
    }));
  }

  /** Records between the position and the end, as far as is known; -1 before the first answer. */
  lag({ topic, partition }: TopicPartition): number {
    const assigned = this.#assigned.get(topicPartitionName(topic, partition));
    if (assigned === undefined || assigned.readableEnd < 0) return -1;
    return Math.max(0, assigned.readableEnd - assigned.offset);
  }

  /** Whether every partition has been read to its end, as of the last answers. */
  get atEnd(): boolean {
    for (const { offset, readableEnd } of this.#assigned.values()) {
      if (readableEnd < 0 || offset < readableEnd) return false;
    }
    return true;
  }

  /**
   * The next records of one broker: all of one answer, or none after `maxWaitMs`. Also none, without
   * waiting, when an answer shows that every partition is at its end. Failures that may pass are waited
   * out. Throws {@link KafkaError}.
   */
  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly ConsumedRecord[]> {
    const deadline = new Deadline(this.#cluster.platform.clock, maxWaitMs, signal);
    const assignment = this.#assignment;
    if (this.#assigned.size === 0) await deadline.wait(maxWaitMs);
    while (deadline.remainingMs() > 0 && signal?.aborted !== true) {
      const answer = await this.#nextAnswer(deadline);
      if (assignment !== this.#assignment) break;
      if (answer === undefined) continue;
      const records = await this.#take(answer, deadline);
      if (records.length === 0 && !this.atEnd) continue;
      // The next answer is on its way while the caller works on this one.
      if (records.length > 0) this.#beginFetches();
      return records;
    }
    return [];
  }

  /** The answer that comes first; `undefined` when none came, or one that had to be recovered from. */
  async #nextAnswer(deadline: Deadline): Promise<Answer | undefined> {
    try {
      await this.#findLeaders(deadline);
      this.#beginFetches();
      const fetch = await Promise.race([
        ...this.#fetches.values(),
        deadline.wait(deadline.remainingMs()).then(() => undefined),
      ]);
      if (fetch === undefined) return undefined;
      this.#fetches.delete(fetch.leader);
      if ("thrown" in fetch) throw fetch.thrown;
      return fetch;
    } catch (thrown) {
      await this.#recover(thrown, deadline);
      return undefined;
    }
  }

  /** Asks for the leaders that are not known. */
  async #findLeaders(deadline: Deadline): Promise<void> {
    for (const { topic, partition } of this.#assigned.values()) {
      if (this.#cluster.knownLeaderOf(topic, partition) !== undefined) continue;
      const { signal } = deadline;
      await this.#cluster.topic(topic, { timeoutMs: this.#cluster.requestTimeoutMs, signal });
      if (this.#cluster.knownLeaderOf(topic, partition) === undefined) {
        throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, { topic, partition });
      }
    }
  }

  /** Sends a Fetch to every leader that has none open. */
  #beginFetches(): void {
    const byLeader = groupBy(this.#assigned.values(), ({ topic, partition }) =>
      this.#cluster.knownLeaderOf(topic, partition),
    );
    for (const [leader, partitions] of byLeader) {
      if (leader === undefined || this.#fetches.has(leader)) continue;
      const fetch = this.#fetch(leader, partitions).catch((thrown: unknown) => ({
        leader,
        thrown,
      }));
      this.#fetches.set(leader, fetch);
    }
  }

  async #fetch(leader: number, partitions: readonly Assigned[]): Promise<Answer> {
    const { readCommitted, fetchWaitMs, fetchMinBytes, partitionMaxBytes } = this.#options;
    const deadline = this.#cluster.deadline();
    const requested = new Map(
      partitions.map(({ topic, partition, offset }) => [
        topicPartitionName(topic, partition),
        offset,
      ]),
    );
    const topics = [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      partitions: of.map(({ partition, offset }) => ({
        partition,
        fetchOffset: offset,
        partitionMaxBytes,
      })),
    }));
    const connection = await this.#cluster.connectionTo(leader, deadline, this.#channel);
    const response = await connection.request(
      fetchCall,
      {
        replicaId: CONSUMER_REPLICA_ID,
        maxWaitMs: fetchWaitMs,
        minBytes: fetchMinBytes,
        maxBytes: FETCH_MAX_BYTES,
        isolationLevel: readCommitted ? 1 : 0,
        sessionEpoch: NO_SESSION_EPOCH,
        topics,
        forgottenTopicsData: [],
      },
      this.#cluster.bounds(deadline),
    );
    throwOnError(response.errorCode, { api: "Fetch" });
    return { leader, requested, response };
  }

  /** Moves the positions behind the records of an answer, and gives the records. */
  async #take({ requested, response }: Answer, deadline: Deadline): Promise<ConsumedRecord[]> {
    const taken: ConsumedRecord[] = [];
    let failure: unknown;
    for (const { topic, partitions } of response.responses) {
      for (const data of partitions) {
        const name = topicPartitionName(topic, data.partitionIndex);
        const assigned = this.#assigned.get(name);
        // It has moved to another leader and was read there meanwhile.
        if (assigned === undefined || assigned.offset !== requested.get(name)) continue;
        try {
          await this.#takePartition(assigned, data, taken);
        } catch (thrown) {
          failure ??= thrown;
        }
      }
    }
    // Records that were taken are given first; a failure that lasts will come again.
    if (failure !== undefined && taken.length === 0) await this.#recover(failure, deadline);
    else if (failure !== undefined) this.#cluster.forget(failure);
    return taken;
  }

  async #takePartition(
    assigned: Assigned,
    data: PartitionData,
    into: ConsumedRecord[],
  ): Promise<void> {
    const { topic, partition } = assigned;
    if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      await this.#reset(assigned);
      return;
    }
    throwOnError(data.errorCode, { topic, partition });
    const { readCommitted } = this.#options;
    assigned.highWatermark = data.highWatermark;
    assigned.readableEnd =
      readCommitted && data.lastStableOffset >= 0 ? data.lastStableOffset : data.highWatermark;
    if (data.records === null || data.records.length === 0) return;
    const { records, nextOffset } = recordsOf({
      topic,
      partition,
      bytes: data.records,
      fromOffset: assigned.offset,
      aborted: readCommitted ? (data.abortedTransactions ?? []) : undefined,
    });
    assigned.offset = nextOffset;
    for (const record of records) into.push(record);
  }

  /** Goes on at the end of the log that the options name, after an offset that is not in it. */
  async #reset(assigned: Assigned): Promise<void> {
    const { topic, partition } = assigned;
    const { onOutOfRange } = this.#options;
    if (onOutOfRange === "fail") {
      const detail = `offset ${assigned.offset} is not in the log`;
      throw brokerError(ErrorCode.OFFSET_OUT_OF_RANGE, { topic, partition }, detail);
    }
    const [found] = await listOffsets(
      this.#cluster,
      [{ topic, partition }],
      OffsetSpec[onOutOfRange],
    );
    if (found === undefined) return;
    this.#cluster.logger.warn("offset is not in the log", {
      topic,
      partition,
      offset: assigned.offset,
      goesOnAt: found.offset,
    });
    assigned.offset = found.offset;
  }

  async #recover(thrown: unknown, deadline: Deadline): Promise<void> {
    // Whoever stopped the poll knows, and gets no records.
    if (deadline.signal?.aborted === true) return;
    if (!isRetriableError(thrown)) throw thrown;
    this.#cluster.forget(thrown);
    await deadline.wait(RETRY_PAUSE_MS);
  }
}
