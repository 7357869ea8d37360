import { UNDEFINED_EPOCH } from "../../protocol/constants.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { FetchRequest, FetchResponseInput } from "../../protocol/messages/fetch.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import {
  FINAL_EPOCH,
  INITIAL_EPOCH,
  NO_SESSION,
  fetchPartitionKey,
  type FetchPartition,
  type FetchSession,
} from "../fetch-session.ts";
import type { Observer } from "../observer.ts";
import type { Partition } from "../partition.ts";
import { PendingFetch, type Growing } from "../pending-fetch.ts";
import type { RequestContext } from "../request-context.ts";

type TopicAnswer = NonNullable<FetchResponseInput["responses"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/** From here topics are named by id (KIP-516). */
const TOPIC_ID_VERSION = 13;
/** From here clients are known to read zstd (KIP-110). */
const ZSTD_VERSION = 10;
/** From here a refusal names the leader (KIP-951). */
const LEADER_VERSION = 16;
const READ_COMMITTED = 1;
/** Requests by other brokers carry their id; everybody else −1 or −2. */
const CONSUMER_REPLICA_ID = -1;

/** What one fetch asks, after its session has been taken into account. The request is not kept. */
interface Plan {
  readonly session: FetchSession | undefined;
  /** Only what changed is told. */
  readonly incremental: boolean;
  readonly partitions: Map<string, FetchPartition>;
  readonly usesTopicIds: boolean;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly replicaId: number;
}

/** What reading found. */
interface Reading {
  readonly answers: Map<string, PartitionAnswer>;
  readonly waitFor: Growing[];
  readonly releases: (() => void)[];
  /** What memory allows for records; a larger first batch passes it. 0 when it is used up. */
  readonly memoryBytes: number;
  bytes: number;
  failed: boolean;
  /** There was something to read and no memory to read it into. */
  isStarved: boolean;
}

/**
 * Fetch, versions 4 to 18.
 *
 * v7 sessions (KIP-227). v12 flexible, truncation detection (KIP-595). v13 topic ids (KIP-516). v15
 * replica state. v16 leaders' addresses (KIP-951). A fetch that finds less than `MinBytes` waits up
 * to `MaxWaitMs`, woken by appends. The first partition with records gives at least one batch,
 * however large. While memory for responses is short, fetches give less than they are asked for, and
 * wait when there is none.
 */
export function handleFetch(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
): Answer<FetchResponseInput> {
  const plan = planFetch(broker, context, request);
  if (typeof plan === "number") return { errorCode: plan };
  const first = readAll(broker, context, plan);
  const minBytes = Math.min(request.minBytes, plan.maxBytes);
  const isDone = first.failed || (first.bytes >= minBytes && !first.isStarved);
  if (isDone || request.maxWaitMs <= 0 || first.waitFor.length === 0) {
    return respond(broker, context, plan, first);
  }
  letGo(first);
  const pending = new Pending<FetchResponseInput>();
  const untilMs = broker.clock.monotonicMs() + request.maxWaitMs;
  park(broker, context, plan, { first, minBytes, untilMs, pending });
  return pending;
}

/** Waits for growth, for the deadline, or until nobody waits for the answer. */
function park(
  broker: Broker,
  context: RequestContext,
  plan: Plan,
  wait: {
    readonly first: Reading;
    readonly minBytes: number;
    readonly untilMs: number;
    readonly pending: Pending<FetchResponseInput>;
  },
): void {
  const { first, minBytes, untilMs, pending } = wait;
  const { clock } = broker;
  const waiting = new PendingFetch({
    partitions: first.waitFor,
    queue: broker.replicas.readyFetches,
    bytesMissing: Math.max(1, minBytes - first.bytes),
    finish: () => {
      let response: FetchResponseInput;
      try {
        const again = readAll(broker, context, plan);
        if (again.isStarved && !again.failed && mayWaitOn(broker, untilMs)) {
          letGo(again);
          park(broker, context, plan, { ...wait, first: again });
          return;
        }
        response = respond(broker, context, plan, again);
      } catch (error) {
        // This fetch has failed, and not the request that woke it.
        pending.fail(error);
        return;
      }
      pending.complete(response);
    },
  });
  context.onClosed = () => waiting.cancel();
  waiting.park(clock.setTimer(untilMs - clock.monotonicMs(), () => waiting.expire()));
}

function mayWaitOn({ clock, fetchMemory }: Broker, untilMs: number): boolean {
  return clock.monotonicMs() < untilMs && !fetchMemory.isClosed;
}

function planFetch(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
): Plan | ErrorCode {
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
  const { fetchSessions } = broker;
  const { sessionId, sessionEpoch } = request;
  const nowMs = broker.clock.monotonicMs();
  const wanted = requestedPartitions(broker, usesTopicIds, request);
  const plan = {
    usesTopicIds,
    maxBytes: Math.min(request.maxBytes, broker.fetchMaxBytes),
    isolationLevel: request.isolationLevel,
    replicaId: Math.max(request.replicaId, request.replicaState.replicaId),
  };
  if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
    if (sessionId !== NO_SESSION) fetchSessions.remove(sessionId);
    const session =
      sessionEpoch === FINAL_EPOCH ? undefined : fetchSessions.create(usesTopicIds, wanted, nowMs);
    return { ...plan, session, incremental: false, partitions: wanted };
  }
  const found = fetchSessions.find(sessionId, sessionEpoch, usesTopicIds);
  if (found.kind === "error") return found.errorCode;
  const { session } = found;
  const { partitions } = session;
  const isKept = fetchSessions.update(session, wanted, forgottenOf(usesTopicIds, request), nowMs);
  return isKept
    ? { ...plan, session, incremental: true, partitions }
    : { ...plan, session: undefined, incremental: false, partitions: wanted };
}

function requestedPartitions(
  broker: Broker,
  usesTopicIds: boolean,
  request: FetchRequest,
): Map<string, FetchPartition> {
  const partitions = new Map<string, FetchPartition>();
  for (const topic of request.topics) {
    const name = usesTopicIds ? (broker.topicName(topic.topicId) ?? "") : topic.topic;
    for (const wanted of topic.partitions) {
      const key = fetchPartitionKey(usesTopicIds ? topic.topicId : name, wanted.partition);
      partitions.set(key, {
        topic: name,
        topicId: topic.topicId,
        partition: wanted.partition,
        fetchOffset: wanted.fetchOffset,
        currentLeaderEpoch: Math.max(UNDEFINED_EPOCH, wanted.currentLeaderEpoch),
        lastFetchedEpoch: wanted.lastFetchedEpoch,
        logStartOffset: wanted.logStartOffset,
        partitionMaxBytes: wanted.partitionMaxBytes,
        toldHighWatermark: -1,
        toldLogStartOffset: -1,
      });
    }
  }
  return partitions;
}

/** Keys of the partitions that the client wants out of its session. */
function* forgottenOf(usesTopicIds: boolean, request: FetchRequest): Generator<string> {
  for (const forgotten of request.forgottenTopicsData) {
    const topic = usesTopicIds ? forgotten.topicId : forgotten.topic;
    for (const partition of forgotten.partitions) yield fetchPartitionKey(topic, partition);
  }
}

function readAll(broker: Broker, context: RequestContext, plan: Plan): Reading {
  const reading: Reading = {
    answers: new Map(),
    waitFor: [],
    releases: [],
    memoryBytes: broker.fetchMemory.allowanceBytes,
    bytes: 0,
    failed: false,
    isStarved: false,
  };
  try {
    for (const [key, wanted] of plan.partitions) {
      const answer = readPartition(broker, context, plan, wanted, reading);
      // What is not known at all does not end the wait, or its client would ask on and on.
      const errorCode = answer.errorCode ?? ErrorCode.NONE;
      const failed = errorCode !== ErrorCode.NONE && !isUnknown(errorCode);
      if (failed || answer.divergingEpoch !== undefined) reading.failed = true;
      reading.answers.set(key, answer);
    }
  } catch (error) {
    letGo(reading);
    throw error;
  }
  if (reading.isStarved) reading.waitFor.push(broker.fetchMemory);
  return reading;
}

function isUnknown(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.UNKNOWN_TOPIC_ID
  );
}

/** What was read is not going to be sent. */
function letGo(reading: Reading): void {
  for (const release of reading.releases) release();
}

function readPartition(
  broker: Broker,
  context: RequestContext,
  plan: Plan,
  wanted: FetchPartition,
  reading: Reading,
): PartitionAnswer {
  const { usesTopicIds } = plan;
  if (usesTopicIds && wanted.topic === "") {
    wanted.topic = broker.topicName(wanted.topicId) ?? "";
    if (wanted.topic === "") return refuse(wanted, ErrorCode.UNKNOWN_TOPIC_ID);
  }
  const partition = broker.replicas.partitionOf(wanted.topic, wanted.partition);
  if (partition === undefined) {
    return refuse(wanted, broker.missingPartition(wanted.topic, wanted.partition));
  }
  if (usesTopicIds && partition.topicId !== wanted.topicId) {
    return refuse(wanted, ErrorCode.INCONSISTENT_TOPIC_ID);
  }
  const check = partition.checkLeader(wanted.currentLeaderEpoch);
  if (check !== ErrorCode.NONE) return refuseAsLeader(context, partition, wanted, check);
  if (plan.replicaId > CONSUMER_REPLICA_ID) {
    return refuseAsLeader(context, partition, wanted, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  }
  if (context.apiVersion < ZSTD_VERSION && partition.log.config.compressionType === "zstd") {
    return refuse(wanted, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  }
  const diverging = divergence(partition, wanted);
  if (diverging === "unknown") return refuse(wanted, ErrorCode.OFFSET_OUT_OF_RANGE);
  if (diverging !== undefined) return { ...told(partition, wanted), divergingEpoch: diverging };
  return readRecords(plan, partition, wanted, reading);
}

/** Refuses, and names the leader to a client whose metadata are out of date. */
function refuseAsLeader(
  context: RequestContext,
  partition: Partition,
  wanted: FetchPartition,
  errorCode: ErrorCode,
): PartitionAnswer {
  const answer = refuse(wanted, errorCode);
  const isOutOfDate =
    errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
  if (context.apiVersion < LEADER_VERSION || !isOutOfDate) return answer;
  const { leader, leaderEpoch } = partition.state;
  return { ...answer, currentLeader: { leaderId: leader, leaderEpoch } };
}

function readRecords(
  plan: Plan,
  partition: Partition,
  wanted: FetchPartition,
  reading: Reading,
): PartitionAnswer {
  const { log } = partition;
  const committed = plan.isolationLevel === READ_COMMITTED;
  const upToOffset = committed ? partition.lastStableOffset : partition.highWatermark;
  if (wanted.fetchOffset < log.logStartOffset || wanted.fetchOffset > log.logEndOffset) {
    return refuse(wanted, ErrorCode.OFFSET_OUT_OF_RANGE);
  }
  reading.waitFor.push(partition);
  const answer = told(partition, wanted);
  const left = Math.min(plan.maxBytes, reading.memoryBytes) - reading.bytes;
  const isAtEnd = wanted.fetchOffset >= upToOffset;
  const minOneBatch = reading.bytes === 0 && reading.memoryBytes > 0;
  if (!isAtEnd && reading.memoryBytes === 0) reading.isStarved = true;
  if (isAtEnd || (left <= 0 && !minOneBatch)) {
    return committed ? { ...answer, abortedTransactions: [] } : answer;
  }
  const result = log.read(wanted.fetchOffset, {
    maxBytes: Math.max(0, Math.min(left, wanted.partitionMaxBytes)),
    upToOffset,
    minOneBatch,
  });
  if (result.errorCode !== ErrorCode.NONE) return refuse(wanted, result.errorCode);
  reading.bytes += result.sizeBytes;
  if (result.release !== undefined) reading.releases.push(result.release);
  const records = result.sizeBytes === 0 ? {} : { records: result.chunks };
  if (!committed) return { ...answer, ...records };
  const aborted = log.abortedTransactions(wanted.fetchOffset, result.nextOffset);
  return { ...answer, ...records, abortedTransactions: aborted };
}

function told(partition: Partition, wanted: FetchPartition): PartitionAnswer {
  return {
    partitionIndex: wanted.partition,
    errorCode: ErrorCode.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
    abortedTransactions: null,
    records: [],
  };
}

function refuse(wanted: FetchPartition, errorCode: number): PartitionAnswer {
  return {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: isUnknown(errorCode) ? [] : null,
    records: [],
  };
}

/** Where the client's log and ours part, when it says what epoch it read last (KIP-595). */
function divergence(
  partition: Partition,
  wanted: FetchPartition,
): { epoch: number; endOffset: number } | "unknown" | undefined {
  if (wanted.lastFetchedEpoch < 0) return undefined;
  const end = partition.log.endOffsetForEpoch(wanted.lastFetchedEpoch);
  if (end === undefined) return "unknown";
  if (end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset) return end;
  return undefined;
}

function respond(
  broker: Broker,
  context: RequestContext,
  plan: Plan,
  reading: Reading,
): FetchResponseInput {
  if (reading.releases.length > 0) {
    const { fetchMemory } = broker;
    fetchMemory.hold(reading.bytes);
    context.onSent = () => {
      fetchMemory.release(reading.bytes);
      letGo(reading);
    };
  }
  if (broker.observer !== undefined) observe(broker.observer, context, plan, reading);
  const responses = collect(plan, reading);
  const sessionId = plan.session?.id ?? NO_SESSION;
  // A follower knows its leaders' addresses.
  if (!reading.failed || plan.replicaId > CONSUMER_REPLICA_ID) {
    return { errorCode: ErrorCode.NONE, sessionId, responses };
  }
  return {
    errorCode: ErrorCode.NONE,
    sessionId,
    responses,
    nodeEndpoints: leadersToTell(broker, context, reading),
  };
}

function observe(
  observer: Observer,
  context: RequestContext,
  plan: Plan,
  { answers }: Reading,
): void {
  const sessionId = plan.session?.id ?? NO_SESSION;
  for (const [key, { errorCode, records }] of answers) {
    const wanted = plan.partitions.get(key);
    if (wanted === undefined || (errorCode ?? ErrorCode.NONE) !== ErrorCode.NONE) continue;
    const { topic, partition, fetchOffset: offset } = wanted;
    let bytes = 0;
    if (Array.isArray(records)) for (const chunk of records) bytes += chunk.length;
    else bytes = records?.length ?? 0;
    observer.answered(context, sessionId, { topic, partition, offset }, bytes);
  }
}

/** Groups the answers by topic; of an incremental fetch only those that say something new. */
function collect(plan: Plan, reading: Reading): TopicAnswer[] {
  const topics = new Map<
    string,
    { topic: string; topicId: string; partitions: PartitionAnswer[] }
  >();
  for (const [key, answer] of reading.answers) {
    const wanted = plan.partitions.get(key);
    if (wanted === undefined) continue;
    if (plan.incremental && !isNews(wanted, answer)) continue;
    // When an error goes away, that is news.
    const isError = answer.errorCode !== ErrorCode.NONE;
    wanted.toldHighWatermark = isError ? -1 : (answer.highWatermark ?? -1);
    wanted.toldLogStartOffset = answer.logStartOffset ?? -1;
    if (plan.session !== undefined && hasRecords(answer)) plan.session.moveToEnd(key, wanted);
    const topicKey = plan.usesTopicIds ? wanted.topicId : wanted.topic;
    let topic = topics.get(topicKey);
    if (topic === undefined) {
      topic = { topic: wanted.topic, topicId: wanted.topicId, partitions: [] };
      topics.set(topicKey, topic);
    }
    topic.partitions.push(answer);
  }
  return [...topics.values()];
}

function isNews(wanted: FetchPartition, answer: PartitionAnswer): boolean {
  return (
    hasRecords(answer) ||
    answer.errorCode !== ErrorCode.NONE ||
    answer.divergingEpoch !== undefined ||
    answer.highWatermark !== wanted.toldHighWatermark ||
    answer.logStartOffset !== wanted.toldLogStartOffset
  );
}

function hasRecords(answer: PartitionAnswer): boolean {
  const { records } = answer;
  return records !== null && records !== undefined && records.length > 0;
}

function leadersToTell(
  broker: Broker,
  context: RequestContext,
  reading: Reading,
): NonNullable<FetchResponseInput["nodeEndpoints"]> {
  const leaders = new Set<number>();
  for (const answer of reading.answers.values()) {
    if (answer.currentLeader !== undefined) leaders.add(answer.currentLeader.leaderId ?? -1);
  }
  return broker.endpoints(context.listenerName).filter((node) => leaders.has(node.nodeId));
}
