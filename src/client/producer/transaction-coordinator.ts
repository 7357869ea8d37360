import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
} from "../../protocol/messages/add-offsets-to-txn.ts";
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from "../../protocol/messages/add-partitions-to-txn.ts";
import { endTxnRequest, endTxnResponse } from "../../protocol/messages/end-txn.ts";
import {
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
} from "../../protocol/messages/txn-offset-commit.ts";
import { apiCall } from "../cluster/api-call.ts";
import { backoffMs, type BackoffBounds } from "../cluster/backoff.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, isRetriableError, KafkaError, withContext } from "../errors.ts";
import type { GroupMetadata, OffsetToCommit } from "../group/membership.ts";
import { groupBy } from "../partitions.ts";
import { initProducerIdCall, type ProducerIdentity } from "./identity.ts";

/** Clients ask for one transaction, so in the old form; version 4 is for brokers. */
const addPartitionsCall = apiCall(
  ApiKey.ADD_PARTITIONS_TO_TXN,
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  3,
);
const addOffsetsCall = apiCall(
  ApiKey.ADD_OFFSETS_TO_TXN,
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
);
/** Topics by name; version 5 joins the transaction by itself (KIP-890). */
const commitOffsetsCall = apiCall(
  ApiKey.TXN_OFFSET_COMMIT,
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  5,
);
const commitAddedOffsetsCall = apiCall(
  ApiKey.TXN_OFFSET_COMMIT,
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  4,
);
/** Version 5 gives the identity of the next transaction (KIP-890). */
const endCall = apiCall(ApiKey.END_TXN, endTxnRequest, endTxnResponse);
const endSameEpochCall = apiCall(ApiKey.END_TXN, endTxnRequest, endTxnResponse, 4);
/** From here a producer says who it was, and is told when somebody else took over (KIP-360). */
const BUMP_VERSION = 3;

const FEATURE = "transaction.version";
const IMPLICIT_ADD_LEVEL = 2;
/** While the transaction before is being ended: that takes some milliseconds. */
const CONCURRENT_PAUSE_MS = 20;

/** 2: partitions join by being written to, and each transaction has an epoch of its own (KIP-890). */
export type TransactionVersion = 1 | 2;

/** The coordinator of a transactional id; each call goes on until it is done, refused, or out of time. */
export class TransactionCoordinator {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #timeoutMs: number;
  readonly #backoff: BackoffBounds;
  readonly #channel: string;

  /** `timeoutMs`: how long a transaction may be open before the coordinator aborts it. */
  constructor(
    cluster: Cluster,
    transactionalId: string,
    options: { readonly timeoutMs: number; readonly backoff: BackoffBounds },
  ) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#timeoutMs = options.timeoutMs;
    this.#backoff = options.backoff;
    this.#channel = cluster.newChannel("transaction");
  }

  /**
   * Takes the transactional id over, or goes on with another epoch as who the producer was. Aborts what was
   * open under it.
   */
  initProducerId(
    current: ProducerIdentity | undefined,
    deadline: Deadline,
  ): Promise<{ readonly identity: ProducerIdentity; readonly version: TransactionVersion }> {
    return this.#retry(deadline, async () => {
      const connection = await this.#connection(deadline);
      const mayBump = (connection.versionOf(initProducerIdCall) ?? 0) >= BUMP_VERSION;
      const before = mayBump ? current : undefined;
      const response = await connection.request(
        initProducerIdCall,
        {
          transactionalId: this.#transactionalId,
          transactionTimeoutMs: this.#timeoutMs,
          producerId: before?.producerId ?? -1,
          producerEpoch: before?.producerEpoch ?? -1,
        },
        this.#cluster.bounds(deadline),
      );
      this.#check(response.errorCode, "InitProducerId");
      const { producerId, producerEpoch } = response;
      return { identity: { producerId, producerEpoch }, version: versionOf(connection) };
    });
  }

  /** Makes partitions part of the transaction, before they are written to. */
  async addPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<void> {
    const byTopic = groupBy(partitions, ({ topic }) => topic);
    const topics = [...byTopic].map(([name, those]) => ({
      name,
      partitions: those.map(({ partition }) => partition),
    }));
    await this.#retry(deadline, async () => {
      const connection = await this.#connection(deadline);
      const response = await connection.request(
        addPartitionsCall,
        {
          v3AndBelowTransactionalId: this.#transactionalId,
          v3AndBelowProducerId: identity.producerId,
          v3AndBelowProducerEpoch: identity.producerEpoch,
          v3AndBelowTopics: topics,
        },
        this.#cluster.bounds(deadline),
      );
      const errors = response.resultsByTopicV3AndBelow.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map(({ partitionIndex: partition, partitionErrorCode: errorCode }) => ({
          topic: name,
          partition,
          errorCode,
        })),
      );
      this.#checkAll(errors, "AddPartitionsToTxn");
    });
  }

  /** Makes the offsets of a group part of the transaction. */
  async addOffsets(identity: ProducerIdentity, group: string, deadline: Deadline): Promise<void> {
    await this.#retry(deadline, async () => {
      const connection = await this.#connection(deadline);
      const response = await connection.request(
        addOffsetsCall,
        { transactionalId: this.#transactionalId, ...identity, groupId: group },
        this.#cluster.bounds(deadline),
      );
      this.#check(response.errorCode, "AddOffsetsToTxn", { group });
    });
  }

  /** Stores offsets for a group, which count when the transaction is committed (KIP-447). */
  async commitOffsets(
    identity: ProducerIdentity,
    version: TransactionVersion,
    metadata: GroupMetadata,
    offsets: readonly OffsetToCommit[],
    deadline: Deadline,
  ): Promise<void> {
    const { group, memberId, generationId, instanceId } = metadata;
    const topics = [...groupBy(offsets, ({ topic }) => topic)].map(([name, those]) => ({
      name,
      partitions: those.map(({ partition, offset, leaderEpoch, metadata: text }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: text ?? "",
      })),
    }));
    await this.#retry(deadline, async () => {
      const channel = this.#channel;
      const connection = await this.#cluster.coordinatorOf(group, deadline, { channel });
      const response = await connection
        .request(
          version === 2 ? commitOffsetsCall : commitAddedOffsetsCall,
          {
            transactionalId: this.#transactionalId,
            groupId: group,
            ...identity,
            generationIdOrMemberEpoch: generationId,
            memberId,
            groupInstanceId: instanceId,
            topics,
          },
          this.#cluster.bounds(deadline),
        )
        .catch((thrown: unknown) => Promise.reject(about(thrown, { group })));
      const errors = response.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode }) => ({
          topic: name,
          partition,
          errorCode,
        })),
      );
      this.#checkAll(errors, "TxnOffsetCommit", group);
    });
  }

  /** Commits or aborts; gives the identity of the next transaction where that is another one. */
  end(
    identity: ProducerIdentity,
    version: TransactionVersion,
    committed: boolean,
    deadline: Deadline,
  ): Promise<ProducerIdentity | undefined> {
    return this.#retry(deadline, async () => {
      const connection = await this.#connection(deadline);
      const response = await connection.request(
        version === 2 ? endCall : endSameEpochCall,
        { transactionalId: this.#transactionalId, ...identity, committed },
        this.#cluster.bounds(deadline),
      );
      this.#check(response.errorCode, "EndTxn");
      const { producerId, producerEpoch } = response;
      return producerId < 0 ? undefined : { producerId, producerEpoch };
    });
  }

  async #connection(deadline: Deadline): Promise<BrokerConnection> {
    const type = "transaction";
    return this.#cluster.coordinatorOf(this.#transactionalId, deadline, {
      channel: this.#channel,
      type,
    });
  }

  async #retry<T>(deadline: Deadline, attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (thrown) {
        const error = about(thrown, { transactionalId: this.#transactionalId });
        if (!isRetriableError(error)) throw error;
        this.#cluster.forget(error);
        deadline.check(error);
        await deadline.wait(this.#pauseMs(error, failures));
        deadline.check(error);
      }
    }
  }

  #pauseMs(error: unknown, failures: number): number {
    const isConcurrent =
      error instanceof KafkaError && error.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS;
    const pauseMs = backoffMs(this.#cluster.platform.random, failures, this.#backoff);
    return isConcurrent ? Math.min(pauseMs, CONCURRENT_PAUSE_MS) : pauseMs;
  }

  /** Throws the error of a code. An epoch that is behind means that somebody else took the id over. */
  #check(
    errorCode: number,
    api: string,
    context: { readonly group?: string; readonly topic?: string; readonly partition?: number } = {},
  ): void {
    if (errorCode === ErrorCode.NONE) return;
    const code =
      errorCode === ErrorCode.INVALID_PRODUCER_EPOCH ? ErrorCode.PRODUCER_FENCED : errorCode;
    throw brokerError(code, { ...context, transactionalId: this.#transactionalId, api });
  }

  /** Throws the error that matters most: one that cannot be mended before one that can. */
  #checkAll(
    results: readonly (TopicPartition & { readonly errorCode: number })[],
    api: string,
    group?: string,
  ): void {
    let retriable: unknown;
    for (const { topic, partition, errorCode } of results) {
      if (errorCode === ErrorCode.OPERATION_NOT_ATTEMPTED) continue;
      try {
        const context = group === undefined ? { topic, partition } : { topic, partition, group };
        this.#check(errorCode, api, context);
      } catch (thrown) {
        if (!isRetriableError(thrown)) throw thrown;
        retriable = thrown;
      }
    }
    if (retriable !== undefined) throw retriable;
  }
}

function versionOf(connection: BrokerConnection): TransactionVersion {
  const level = connection.brokerVersions.feature(FEATURE);
  const mayAdd = (connection.versionOf(endCall) ?? 0) > endSameEpochCall.maxVersion;
  return level >= IMPLICIT_ADD_LEVEL && mayAdd ? 2 : 1;
}

/** What a connection threw, with what it was about, so that the client looks for the coordinator again. */
function about(
  thrown: unknown,
  context: { readonly group: string } | { readonly transactionalId: string },
): unknown {
  if (!(thrown instanceof KafkaError) || thrown.errorCode !== undefined) return thrown;
  return withContext(thrown, context);
}
