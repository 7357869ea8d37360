import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from "../../protocol/constants.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "../../protocol/messages/describe-producers.ts";
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from "../../protocol/messages/describe-transactions.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import {
  listTransactionsRequest,
  listTransactionsResponse,
} from "../../protocol/messages/list-transactions.ts";
import {
  writeTxnMarkersRequest,
  writeTxnMarkersResponse,
} from "../../protocol/messages/write-txn-markers.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, clientError, throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { only, partitionOutcome, valueOf, type Outcome, type PartitionOutcome } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { byBroker, byCoordinator, byLeader, callOptions, everyBroker, type Ask } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { orNull } from "./vocabulary.ts";

const listTransactionsCall = apiCall(
  ApiKey.LIST_TRANSACTIONS,
  listTransactionsRequest,
  listTransactionsResponse,
);
const describeTransactionsCall = apiCall(
  ApiKey.DESCRIBE_TRANSACTIONS,
  describeTransactionsRequest,
  describeTransactionsResponse,
);
const describeProducersCall = apiCall(
  ApiKey.DESCRIBE_PRODUCERS,
  describeProducersRequest,
  describeProducersResponse,
);
const writeMarkersCall = apiCall(
  ApiKey.WRITE_TXN_MARKERS,
  writeTxnMarkersRequest,
  writeTxnMarkersResponse,
);
const initProducerIdCall = apiCall(
  ApiKey.INIT_PRODUCER_ID,
  initProducerIdRequest,
  initProducerIdResponse,
);
/** Since these versions a listing can be narrowed by them (KIP-994, KIP-1152). */
const DURATION_FILTER_VERSION = 1;
const PATTERN_FILTER_VERSION = 2;

/** Kafka's names of the states of a transaction. */
export type TransactionState =
  | "Empty"
  | "Ongoing"
  | "PrepareCommit"
  | "PrepareAbort"
  | "CompleteCommit"
  | "CompleteAbort"
  | "Dead"
  | "PrepareEpochFence"
  | "Unknown";

/** A transactional id and how it stands. */
export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: TransactionState;
  /** Node id of its coordinator. */
  readonly coordinatorId: number;
}

/** Which transactional ids are listed. Default: all. */
export interface ListTransactionsOptions extends CallOptions {
  readonly states?: readonly TransactionState[] | undefined;
  readonly producerIds?: readonly number[] | undefined;
  /** Only those that have been going on for longer (KIP-994). */
  readonly runningLongerThanMs?: number | undefined;
  /** RE2 syntax (KIP-1152). */
  readonly transactionalIdPattern?: string | undefined;
}

/** A transactional id with its transaction. */
export interface TransactionDescription {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly coordinatorId: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** Milliseconds since 1970; null while none is going on. */
  readonly startTimestamp: number | null;
  /** What takes part in the transaction that is going on. */
  readonly partitions: readonly TopicPartition[];
}

/** A producer that has written to a partition, as its leader remembers it (KIP-664). */
export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** Of its last batch, milliseconds since 1970. */
  readonly lastTimestamp: number;
  /** Null when no coordinator has written for it. */
  readonly coordinatorEpoch: number | null;
  /** First offset of its open transaction; null when it has none. */
  readonly currentTransactionStartOffset: number | null;
}

/** Who is asked for producers. */
export interface DescribeProducersOptions extends CallOptions {
  /** Asks this replica. Default: the leaders. */
  readonly brokerId?: number | undefined;
}

/** The transaction of one partition that is to be aborted (KIP-664). */
export type AbortTransactionSpec = TopicPartition &
  (
    | {
        readonly producerId: number;
        readonly producerEpoch: number;
        readonly coordinatorEpoch: number;
      }
    /** Where it begins in the partition; producer and epochs are then looked up. */
    | { readonly startOffset: number }
  );

/** What a producer got that fences those before it. */
export interface FencedProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const states: ReadonlyMap<string, TransactionState> = new Map(
  (
    [
      "Empty",
      "Ongoing",
      "PrepareCommit",
      "PrepareAbort",
      "CompleteCommit",
      "CompleteAbort",
      "Dead",
      "PrepareEpochFence",
    ] as const
  ).map((state) => [state, state]),
);

/** All transactional ids of all coordinators (KIP-664), sorted. */
export async function listTransactions(
  cluster: Cluster,
  options: ListTransactionsOptions = {},
): Promise<readonly TransactionListing[]> {
  const deadline = cluster.deadline(options);
  const { states: stateFilters = [], producerIds = [], transactionalIdPattern = null } = options;
  const { runningLongerThanMs = -1 } = options;
  const answers = await everyBroker(cluster, deadline, async (connection) => {
    const version = connection.versionOf(listTransactionsCall) ?? PATTERN_FILTER_VERSION;
    const tooOld =
      (runningLongerThanMs >= 0 && version < DURATION_FILTER_VERSION) ||
      (transactionalIdPattern !== null && version < PATTERN_FILTER_VERSION);
    if (tooOld) {
      const message = `${connection.where} cannot narrow its transactions down like this`;
      throw clientError("UNSUPPORTED_API", message, { context: { api: "ListTransactions" } });
    }
    const body = {
      stateFilters,
      producerIdFilters: producerIds,
      durationFilter: runningLongerThanMs,
      transactionalIdPattern,
    };
    const bounds = cluster.bounds(deadline);
    const response = await connection.request(listTransactionsCall, body, bounds);
    throwOnError(response.errorCode, { api: "ListTransactions" });
    return response.transactionStates;
  });
  return answers
    .flatMap(([coordinatorId, listed]) =>
      listed.map(({ transactionalId, producerId, transactionState }) => ({
        transactionalId,
        producerId,
        state: stateOf(transactionState),
        coordinatorId,
      })),
    )
    .sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1));
}

function stateOf(text: string): TransactionState {
  return states.get(text) ?? "Unknown";
}

/** Describes transactional ids; one outcome for each (KIP-664). */
export async function describeTransactions(
  cluster: Cluster,
  transactionalIds: readonly string[],
  options: CallOptions = {},
): Promise<readonly Outcome<TransactionDescription>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<string, TransactionDescription>({
    cluster,
    items: transactionalIds,
    deadline,
    type: "transaction",
    keyOf: (id) => id,
    contextOf: transactionContext,
    async ask(connection, items, settle, coordinatorId) {
      const body = { transactionalIds: items };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(describeTransactionsCall, body, bounds);
      for (const state of response.transactionStates) {
        const { transactionalId, producerId, producerEpoch, topics } = state;
        settle.answered(transactionalId, state.errorCode, null, () => ({
          transactionalId,
          state: stateOf(state.transactionState),
          coordinatorId,
          producerId,
          producerEpoch,
          timeoutMs: state.transactionTimeoutMs,
          startTimestamp: orNull(state.transactionStartTimeMs),
          partitions: topics.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => ({ topic, partition })),
          ),
        }));
      }
    },
  });
  return transactionalIds.map((id) => ({ name: id, ...resultOf(settled, id) }));
}

function transactionContext(id: string) {
  return { transactionalId: id };
}

/** The producers that the leaders of partitions know; one outcome for each partition (KIP-664). */
export async function describeProducers(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: DescribeProducersOptions = {},
): Promise<readonly PartitionOutcome<readonly ProducerState[]>[]> {
  const deadline = cluster.deadline(options);
  const { brokerId } = options;
  const ask: Ask<TopicPartition, readonly ProducerState[]> = async (connection, items, settle) => {
    const body = {
      topics: [...groupBy(items, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitionIndexes: of.map(({ partition }) => partition),
      })),
    };
    const bounds = cluster.bounds(deadline);
    const response = await connection.request(describeProducersCall, body, bounds);
    const asked = new PartitionIndex(items);
    for (const { name, partitions: answers } of response.topics) {
      for (const { partitionIndex, errorCode, errorMessage, activeProducers } of answers) {
        const item = asked.get(name, partitionIndex);
        if (item === undefined) continue;
        settle.answered(item, errorCode, errorMessage, () => activeProducers.map(producerStateOf));
      }
    }
  };
  const contextOf = ({ topic, partition }: TopicPartition) => ({ topic, partition });
  const route = { cluster, items: partitions, deadline, contextOf, ask };
  const settled =
    brokerId === undefined
      ? await byLeader(route)
      : await byBroker({ ...route, brokerOf: () => brokerId });
  return partitions.map((item) => partitionOutcome(item, resultOf(settled, item)));
}

interface WireProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: number;
}

function producerStateOf(wire: WireProducer): ProducerState {
  const { producerId, producerEpoch, lastSequence, lastTimestamp } = wire;
  return {
    producerId,
    producerEpoch,
    lastSequence,
    lastTimestamp,
    coordinatorEpoch: orNull(wire.coordinatorEpoch),
    currentTransactionStartOffset: orNull(wire.currentTxnStartOffset),
  };
}

/**
 * Aborts a transaction in one partition whose coordinator has forgotten it, so that readers of what is
 * committed can go on (KIP-664). One that is going on is better ended by {@link fenceProducers}. Throws
 * `INVALID_PRODUCER_EPOCH`, `TRANSACTION_COORDINATOR_FENCED`, and `INVALID_TXN_STATE` when none begins
 * at the start offset.
 */
export async function abortTransaction(
  cluster: Cluster,
  spec: AbortTransactionSpec,
  options: CallOptions = {},
): Promise<void> {
  const deadline = cluster.deadline(options);
  const { topic, partition } = spec;
  const marker =
    "startOffset" in spec ? await markerAt(cluster, spec, callOptions(deadline)) : spec;
  const { producerId, producerEpoch, coordinatorEpoch } = marker;
  const item = { topic, partition };
  const settled = await byLeader<TopicPartition, undefined>({
    cluster,
    items: [item],
    deadline,
    contextOf: () => item,
    async ask(connection, _items, settle) {
      const body = {
        markers: [
          {
            producerId,
            producerEpoch,
            coordinatorEpoch,
            transactionResult: false,
            topics: [{ name: topic, partitionIndexes: [partition] }],
          },
        ],
      };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(writeMarkersCall, body, bounds);
      const answer = response.markers[0]?.topics[0]?.partitions[0];
      if (answer !== undefined) settle.answered(item, answer.errorCode, null, () => undefined);
    },
  });
  valueOf(resultOf(settled, item));
}

/** The producer whose transaction begins at an offset. */
async function markerAt(
  cluster: Cluster,
  { topic, partition, startOffset }: TopicPartition & { readonly startOffset: number },
  options: CallOptions,
) {
  const producers = only(await describeProducers(cluster, [{ topic, partition }], options));
  const found = producers.find((one) => one.currentTransactionStartOffset === startOffset);
  if (found === undefined) {
    const detail = `no open transaction begins at offset ${startOffset}`;
    throw brokerError(ErrorCode.INVALID_TXN_STATE, { topic, partition }, detail);
  }
  const { producerId, producerEpoch, coordinatorEpoch } = found;
  // Where no coordinator has ever written, any epoch is the first one.
  return { producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch ?? 0 };
}

/**
 * Makes an end of the producers with these transactional ids: their transactions are aborted and what
 * they send from now on is refused (KIP-588). One outcome for each. A transaction prepared in two
 * phases is aborted too, which is Kafka's forceTerminateTransaction (KIP-939).
 */
export async function fenceProducers(
  cluster: Cluster,
  transactionalIds: readonly string[],
  options: CallOptions = {},
): Promise<readonly Outcome<FencedProducer>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<string, FencedProducer>({
    cluster,
    items: transactionalIds,
    deadline,
    type: "transaction",
    keyOf: (id) => id,
    contextOf: transactionContext,
    async ask(connection, items, settle) {
      const fence = async (transactionalId: string): Promise<void> => {
        const body = {
          transactionalId,
          transactionTimeoutMs: cluster.requestTimeoutMs,
          producerId: NO_PRODUCER_ID,
          producerEpoch: NO_PRODUCER_EPOCH,
        };
        const bounds = cluster.bounds(deadline);
        const answer = await connection.request(initProducerIdCall, body, bounds);
        const { errorCode, producerId, producerEpoch } = answer;
        settle.answered(transactionalId, errorCode, null, () => ({ producerId, producerEpoch }));
      };
      await Promise.all(items.map(fence));
    },
  });
  return transactionalIds.map((id) => ({ name: id, ...resultOf(settled, id) }));
}
