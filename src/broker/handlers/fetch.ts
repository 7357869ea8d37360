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
import type { Partition } from "../partition.ts";
import { PendingFetch } from "../pending-fetch.ts";
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

/** What one fetch asks, after its session has been taken into account. */
interface Plan {
  readonly session: FetchSession | undefined;
  /** Only what changed is told. */
  readonly incremental: boolean;
  readonly partitions: Map<string, FetchPartition>;
}

/** What reading found. */
interface Reading {
  readonly answers: Map<string, PartitionAnswer>;
  readonly waitFor: Partition[];
  readonly releases: (() => void)[];
  bytes: number;
  failed: boolean;
}

/**
 * Fetch, versions 4 to 18.
 *
 * v7 sessions (KIP-227). v12 flexible, truncation detection (KIP-595). v13 topic ids (KIP-516). v15
 * replica state. v16 leaders' addresses (KIP-951). A fetch that finds less than `MinBytes` waits up
 * to `MaxWaitMs`, woken by appends. The first partition with records gives at least one batch,
 * however large.
 */
export function handleFetch(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
): Answer<FetchResponseInput> {
  const plan = planFetch(broker, context, request);
  if (typeof plan === "number") return { errorCode: plan };
  const first = readAll(broker, context, request, plan);
  const enough = first.bytes >= request.minBytes || first.failed;
  if (enough || request.maxWaitMs <= 0 || plan.partitions.size === 0 || changed(plan, first)) {
    return respond(broker, context, plan, first);
  }
  for (const release of first.releases) release();
  const pending = new Pending<FetchResponseInput>();
  const waiting = new PendingFetch({
    partitions: first.waitFor,
    queue: broker.replicas.readyFetches,
    bytesMissing: Math.max(1, request.minBytes - first.bytes),
    finish: () => {
      const again = readAll(broker, context, request, plan);
      pending.complete(respond(broker, context, plan, again));
    },
  });
  waiting.park(broker.clock.setTimer(request.maxWaitMs, () => waiting.expire()));
  return pending;
}

/** An incremental fetch is answered at once when it has news, such as a deleted partition. */
function changed(plan: Plan, reading: Reading): boolean {
  return reading.failed && plan.partitions.size > 0;
}

function planFetch(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
): Plan | ErrorCode {
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
  const { sessionId, sessionEpoch } = request;
  const nowMs = broker.clock.monotonicMs();
  if (sessionEpoch === FINAL_EPOCH || sessionEpoch === INITIAL_EPOCH) {
    if (sessionId !== NO_SESSION) broker.fetchSessions.remove(sessionId);
    const partitions = requestedPartitions(broker, usesTopicIds, request);
    if (sessionEpoch === FINAL_EPOCH) return { session: undefined, incremental: false, partitions };
    const session = broker.fetchSessions.create(usesTopicIds, partitions.size, nowMs);
    if (session !== undefined) {
      for (const [key, partition] of partitions) session.partitions.set(key, partition);
    }
    return { session, incremental: false, partitions };
  }
  const found = broker.fetchSessions.resume(sessionId, sessionEpoch, usesTopicIds, nowMs);
  if (found.kind === "error") return found.errorCode;
  updateSession(broker, found.session, usesTopicIds, request);
  return { session: found.session, incremental: true, partitions: found.session.partitions };
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
        currentLeaderEpoch: wanted.currentLeaderEpoch,
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

function updateSession(
  broker: Broker,
  session: FetchSession,
  usesTopicIds: boolean,
  request: FetchRequest,
): void {
  for (const [key, wanted] of requestedPartitions(broker, usesTopicIds, request)) {
    const known = session.partitions.get(key);
    if (known === undefined) {
      session.partitions.set(key, wanted);
      continue;
    }
    known.fetchOffset = wanted.fetchOffset;
    known.currentLeaderEpoch = wanted.currentLeaderEpoch;
    known.lastFetchedEpoch = wanted.lastFetchedEpoch;
    known.logStartOffset = wanted.logStartOffset;
    known.partitionMaxBytes = wanted.partitionMaxBytes;
  }
  for (const forgotten of request.forgottenTopicsData) {
    const topic = usesTopicIds ? forgotten.topicId : forgotten.topic;
    for (const partition of forgotten.partitions) {
      session.partitions.delete(fetchPartitionKey(topic, partition));
    }
  }
}

function readAll(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
  plan: Plan,
): Reading {
  const reading: Reading = {
    answers: new Map(),
    waitFor: [],
    releases: [],
    bytes: 0,
    failed: false,
  };
  const maxBytes = Math.min(request.maxBytes, broker.fetchMaxBytes);
  for (const [key, wanted] of plan.partitions) {
    const answer = readPartition(broker, context, request, wanted, maxBytes, reading);
    if (answer.errorCode !== ErrorCode.NONE || answer.divergingEpoch !== undefined) {
      reading.failed = true;
    }
    reading.answers.set(key, answer);
  }
  return reading;
}

function readPartition(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
  wanted: FetchPartition,
  maxBytes: number,
  reading: Reading,
): PartitionAnswer {
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
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
  if (check !== ErrorCode.NONE) {
    const answer = refuse(wanted, check);
    if (context.apiVersion < LEADER_VERSION) return answer;
    const { leader, leaderEpoch } = partition.state;
    return { ...answer, currentLeader: { leaderId: leader, leaderEpoch } };
  }
  if (replicaIdOf(request) > CONSUMER_REPLICA_ID) {
    return refuse(wanted, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  }
  if (context.apiVersion < ZSTD_VERSION && partition.log.config.compressionType === "zstd") {
    return refuse(wanted, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  }
  const diverging = divergence(partition, wanted);
  if (diverging !== undefined) return { ...told(partition, wanted), divergingEpoch: diverging };
  return readRecords(request, partition, wanted, maxBytes, reading);
}

function readRecords(
  request: FetchRequest,
  partition: Partition,
  wanted: FetchPartition,
  maxBytes: number,
  reading: Reading,
): PartitionAnswer {
  const { log } = partition;
  const committed = request.isolationLevel === READ_COMMITTED;
  const upToOffset = committed ? partition.lastStableOffset : partition.highWatermark;
  if (wanted.fetchOffset < log.logStartOffset || wanted.fetchOffset > log.logEndOffset) {
    return {
      ...refuse(wanted, ErrorCode.OFFSET_OUT_OF_RANGE),
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: log.logStartOffset,
    };
  }
  reading.waitFor.push(partition);
  const answer = told(partition, wanted);
  const left = maxBytes - reading.bytes;
  const minOneBatch = reading.bytes === 0;
  if (wanted.fetchOffset >= upToOffset || (left <= 0 && !minOneBatch)) {
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
    abortedTransactions: null,
    records: [],
  };
}

function replicaIdOf(request: FetchRequest): number {
  return Math.max(request.replicaId, request.replicaState.replicaId);
}

/** Where the client's log and ours part, when it says what epoch it read last (KIP-595). */
function divergence(
  partition: Partition,
  wanted: FetchPartition,
): { epoch: number; endOffset: number } | undefined {
  if (wanted.lastFetchedEpoch < 0) return undefined;
  const end = partition.log.endOffsetForEpoch(wanted.lastFetchedEpoch);
  if (end === undefined) return { epoch: -1, endOffset: -1 };
  if (end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset) return end;
  return undefined;
}

function respond(
  broker: Broker,
  context: RequestContext,
  plan: Plan,
  reading: Reading,
): FetchResponseInput {
  const { releases } = reading;
  if (releases.length > 0) {
    context.onSent = () => {
      for (const release of releases) release();
    };
  }
  const responses = collect(context, plan, reading);
  const sessionId = plan.session?.id ?? NO_SESSION;
  if (!reading.failed) return { errorCode: ErrorCode.NONE, sessionId, responses };
  return {
    errorCode: ErrorCode.NONE,
    sessionId,
    responses,
    nodeEndpoints: leadersToTell(broker, context, reading),
  };
}

/** Groups the answers by topic; of an incremental fetch only those that say something new. */
function collect(context: RequestContext, plan: Plan, reading: Reading): TopicAnswer[] {
  const topics = new Map<
    string,
    { topic: string; topicId: string; partitions: PartitionAnswer[] }
  >();
  const usesTopicIds = context.apiVersion >= TOPIC_ID_VERSION;
  for (const [key, answer] of reading.answers) {
    const wanted = plan.partitions.get(key);
    if (wanted === undefined) continue;
    if (plan.incremental && !isNews(wanted, answer)) continue;
    wanted.toldHighWatermark = answer.highWatermark ?? -1;
    wanted.toldLogStartOffset = answer.logStartOffset ?? -1;
    if (plan.session !== undefined && hasRecords(answer)) plan.session.moveToEnd(key, wanted);
    const topicKey = usesTopicIds ? wanted.topicId : wanted.topic;
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
