import type { Uuid } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { ProduceRequest, ProduceResponseInput } from "../../protocol/messages/produce.ts";
import { codecId } from "../../records/compression.ts";
import {
  attributesAt,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  completeBatchSizeAt,
  isTransactionalAt,
  magicAt,
} from "../../records/record-batch.ts";
import type { AppendResult } from "../../storage/append.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { ADMIN_CLIENT_ID, isInternalTopic } from "../internal-topics.ts";
import type { Partition } from "../partition.ts";
import type { RequestContext } from "../request-context.ts";

type PartitionAnswer = NonNullable<
  NonNullable<ProduceResponseInput["responses"]>[number]["partitionResponses"]
>[number];
type PartitionData = ProduceRequest["topicData"][number]["partitionData"][number];
type TopicAnswer = NonNullable<ProduceResponseInput["responses"]>[number];

const ACKS_NONE = 0;
const ACKS_LEADER = 1;
const ACKS_ALL = -1;
/** From here topics are named by id (KIP-516). */
const TOPIC_ID_VERSION = 13;
/** From here a refusal names the leader (KIP-951). */
const LEADER_VERSION = 10;

/** From here clients are known to read zstd (KIP-110). */
const ZSTD_VERSION = 7;
/** From here a client is told to abort its transaction (KIP-890). */
const ABORTABLE_VERSION = 11;

/** Everything that the appends of one request leave to be waited for. */
interface Outstanding {
  flushes: { readonly partition: Partition; readonly answer: PartitionAnswer }[];
}

/**
 * Produce, versions 3 to 13.
 *
 * v8 errors by record. v9 flexible. v10 current leader in the response (KIP-951). v11
 * TRANSACTION_ABORTABLE. v12 adds partitions to transactions implicitly (KIP-890). v13 topic ids.
 * The batches are written from the bytes they were received in. With acks 0 there is no response; an
 * error then closes the connection, which is the only way to say it.
 */
export function handleProduce(
  broker: Broker,
  context: RequestContext,
  request: ProduceRequest,
): Answer<ProduceResponseInput | "none" | "close"> {
  const { acks } = request;
  if (request.transactionalId === null && hasTransactional(request)) {
    return acks === ACKS_NONE ? "close" : withoutTransactionalId(request);
  }
  const responses: TopicAnswer[] = [];
  const outstanding: Outstanding = { flushes: [] };
  let failed = false;
  for (const topic of request.topicData) {
    if (topic.partitionData.length === 0) continue;
    const byId = context.apiVersion >= TOPIC_ID_VERSION;
    const name = byId ? broker.topicName(topic.topicId) : topic.name;
    const partitionResponses: PartitionAnswer[] = [];
    for (const data of topic.partitionData) {
      const answer = validAcks(acks)
        ? append(broker, context, outstanding, name, topic.topicId, data)
        : refuse(data.index, ErrorCode.INVALID_REQUIRED_ACKS);
      if (answer.errorCode !== ErrorCode.NONE) failed = true;
      partitionResponses.push(answer);
    }
    responses.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
  }
  broker.replicas.readyFetches.run();
  const response: ProduceResponseInput = failed
    ? { responses, nodeEndpoints: leadersToTell(broker, context, responses) }
    : { responses };
  const flushed =
    outstanding.flushes.length === 0 ? undefined : afterFlushes(broker, response, outstanding);
  if (acks === ACKS_NONE) return failed ? "close" : "none";
  return flushed ?? response;
}

function validAcks(acks: number): boolean {
  return acks === ACKS_NONE || acks === ACKS_LEADER || acks === ACKS_ALL;
}

function append(
  broker: Broker,
  context: RequestContext,
  outstanding: Outstanding,
  topicName: string | undefined,
  topicId: Uuid,
  data: PartitionData,
): PartitionAnswer {
  if (topicName === undefined) return refuse(data.index, ErrorCode.UNKNOWN_TOPIC_ID);
  const partition = broker.replicas.partitionOf(topicName, data.index);
  if (partition === undefined) {
    return refuse(data.index, broker.missingPartition(topicName, data.index));
  }
  if (context.apiVersion >= TOPIC_ID_VERSION && partition.topicId !== topicId) {
    return refuse(data.index, ErrorCode.UNKNOWN_TOPIC_ID);
  }
  const leaderCheck = partition.checkLeader(-1);
  if (leaderCheck !== ErrorCode.NONE) {
    const answer = refuse(data.index, leaderCheck);
    if (context.apiVersion < LEADER_VERSION) return answer;
    const { leader, leaderEpoch } = partition.state;
    return { ...answer, currentLeader: { leaderId: leader, leaderEpoch } };
  }
  if (data.records === null || data.records.length === 0) {
    return refuse(data.index, ErrorCode.INVALID_RECORD, "the request holds no records");
  }
  if (isInternalTopic(topicName) && context.clientId !== ADMIN_CLIENT_ID) {
    return refuse(data.index, ErrorCode.INVALID_TOPIC_EXCEPTION);
  }
  if (isTransactional(data.records)) {
    // Nobody has a transaction here: its batches could never be committed nor aborted.
    const errorCode =
      context.apiVersion >= ABORTABLE_VERSION
        ? ErrorCode.TRANSACTION_ABORTABLE
        : ErrorCode.INVALID_TXN_STATE;
    return refuse(data.index, errorCode, "this broker has no transaction coordinator yet");
  }
  if (context.apiVersion < ZSTD_VERSION && isZstd(data.records)) {
    const message = `zstd needs version ${ZSTD_VERSION} of Produce`;
    return refuse(data.index, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message);
  }
  const nowMs = broker.clock.nowMs();
  const result = partition.appendAsLeader(data.records, { origin: "client", nowMs });
  if (result.errorCode !== ErrorCode.NONE) return describeRefusal(data, partition, result);
  if (broker.observer !== undefined) {
    const records = result.lastOffset - result.firstOffset + 1;
    broker.observer.appended(context, topicName, records, data.records.length, nowMs);
  }
  const answer: PartitionAnswer = {
    index: data.index,
    errorCode: ErrorCode.NONE,
    baseOffset: result.firstOffset,
    logAppendTimeMs: result.logAppendTimeMs,
    logStartOffset: partition.log.logStartOffset,
  };
  if (result.flushRequired) outstanding.flushes.push({ partition, answer });
  return answer;
}

function isTransactional(records: Buffer): boolean {
  return records.length >= BATCH_HEADER_BYTES && isTransactionalAt(records, 0);
}

function hasTransactional(request: ProduceRequest): boolean {
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (records !== null && isTransactional(records)) return true;
    }
  }
  return false;
}

/** A transactional batch without a transactional id: nothing of the request is written. */
function withoutTransactionalId(request: ProduceRequest): ProduceResponseInput {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) =>
        refuse(index, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
      ),
    })),
  };
}

function isZstd(records: Buffer): boolean {
  return (
    completeBatchSizeAt(records, 0, records.length) > 0 &&
    magicAt(records, 0) === 2 &&
    (attributesAt(records, 0) & BatchAttribute.codecMask) === codecId("zstd")
  );
}

/** One whole batch of format 2, and nothing that begins another: what Kafka asks before the log. */
function isOneBatch(records: Buffer | null): boolean {
  if (records === null) return false;
  const size = completeBatchSizeAt(records, 0, records.length);
  if (size <= 0 || magicAt(records, 0) !== 2) return false;
  return completeBatchSizeAt(records, size, records.length) <= 0;
}

/** Codes that Kafka answers without the log's start. */
const withoutLogStart: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

function describeRefusal(
  { index, records }: PartitionData,
  partition: Partition,
  result: Exclude<AppendResult, { errorCode: typeof ErrorCode.NONE }>,
): PartitionAnswer {
  const untold = withoutLogStart.has(result.errorCode) || !isOneBatch(records);
  const answer = {
    ...refuse(index, result.errorCode, result.message),
    logStartOffset: untold ? -1 : partition.log.logStartOffset,
  };
  return result.recordErrors === undefined || result.recordErrors.length === 0
    ? answer
    : {
        ...answer,
        recordErrors: result.recordErrors.map((error) => ({
          batchIndex: error.batchIndex,
          batchIndexErrorMessage: error.message,
        })),
      };
}

function refuse(index: number, errorCode: number, message?: string): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1,
    ...(message === undefined ? {} : { errorMessage: message }),
  };
}

/** The addresses of the leaders that refusals name, so that the client need not ask (KIP-951). */
function leadersToTell(
  broker: Broker,
  context: RequestContext,
  responses: readonly TopicAnswer[],
): NonNullable<ProduceResponseInput["nodeEndpoints"]> {
  const leaders = new Set<number>();
  for (const topic of responses) {
    for (const answer of topic.partitionResponses ?? []) {
      const leaderId = answer.currentLeader?.leaderId;
      if (leaderId !== undefined && leaderId >= 0) leaders.add(leaderId);
    }
  }
  return broker.endpoints(context.listenerName).filter((node) => leaders.has(node.nodeId));
}

/** The topics' settings ask for a flush: the answer waits for it; appends meanwhile share the next. */
function afterFlushes(
  broker: Broker,
  response: ProduceResponseInput,
  outstanding: Outstanding,
): Pending<ProduceResponseInput> {
  const pending = new Pending<ProduceResponseInput>();
  let left = outstanding.flushes.length;
  const one = (): void => {
    left--;
    if (left > 0) return;
    broker.replicas.readyFetches.run();
    pending.complete(response);
  };
  for (const { partition, answer } of outstanding.flushes) {
    partition.flush().then(one, (error: unknown) => {
      // The topic was deleted meanwhile, or the node is about to end: the disk has not failed.
      const isGone = partition.isOffline && !partition.log.directory.isOffline;
      if (!isGone) broker.logger.error("a flush failed", { error, topic: partition.topic });
      const code = isGone ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.KAFKA_STORAGE_ERROR;
      const refusal = refuse(partition.partition, code);
      Object.assign(answer, refusal, { logAppendTimeMs: -1, logStartOffset: -1 });
      one();
    });
  }
  return pending;
}
