import { ErrorCode } from "../../protocol/error-code.ts";
import { fetchRequest, fetchResponse, type FetchResponse } from "../../protocol/messages/fetch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import type { KnownMarks, PartitionHistory, ReadBatch } from "../history.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";
import type { FetchSession, Wanted } from "./fetch-session.ts";

const TOPIC_ID_VERSION = 13;

export interface FetchOptions {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
}

/** What came of one partition. */
export interface Fetched {
  readonly partition: PartitionHistory;
  readonly fetchOffset: number;
  readonly errorCode: number;
  readonly batches: readonly ReadBatch[];
  readonly receivedBytes: number;
}

/** How a fetch as a whole went. */
export type FetchOutcome =
  | { readonly kind: "lost" }
  | { readonly kind: "session gone" }
  | { readonly kind: "answered"; readonly fetched: readonly Fetched[] };

type PartitionData = ElementOf<ElementOf<FetchResponse["responses"]>["partitions"]>;
type TopicData = ElementOf<FetchResponse["responses"]>;

/** One fetch, all that it brings checked. */
export async function fetchFrom(
  scene: Scene,
  client: ActorConnection,
  session: FetchSession,
  wanted: readonly Wanted[],
  options: FetchOptions,
): Promise<FetchOutcome> {
  const { named, forgotten } = session.next(wanted);
  const known = new Map<PartitionHistory, KnownMarks>();
  for (const { partition } of wanted) known.set(partition, scene.marksOf(partition));
  const answer = await client.call(
    fetchRequest,
    fetchResponse,
    {
      ...sizesOf(options),
      sessionId: session.id,
      sessionEpoch: session.epoch,
      topics: named.map(({ partition, fetchOffset }) => ({
        topic: partition.topic.name,
        topicId: partition.topic.id,
        partitions: [
          {
            partition: partition.index,
            fetchOffset,
            partitionMaxBytes: options.partitionMaxBytes,
          },
        ],
      })),
      forgottenTopicsData: forgotten.map(({ topic, index }) => ({
        topic: topic.name,
        topicId: topic.id,
        partitions: [index],
      })),
    },
    { version: session.version, waitMs: options.maxWaitMs },
  );
  if (answer === LOST) return { kind: "lost" };
  if (answer.errorCode !== ErrorCode.NONE) {
    scene.checkers.errors.told("Fetch", answer.errorCode, undefined, sessionErrors);
    return { kind: "session gone" };
  }
  const wasIncremental = session.isIncremental;
  session.answered(answer.sessionId);
  const fetched: Fetched[] = [];
  for (const topic of answer.responses) {
    for (const data of topic.partitions) {
      const ask = wanted.find((one) => isOf(one, topic, data, session.version));
      const marks = ask === undefined ? undefined : known.get(ask.partition);
      if (ask === undefined || marks === undefined) {
        scene.history.violate("read-batches", `Fetch answers for what was not asked`);
        continue;
      }
      fetched.push(take(scene, ask, marks, data));
    }
  }
  if (!wasIncremental && fetched.length !== wanted.length) {
    scene.history.violate("read-batches", `Fetch answers ${fetched.length} of ${wanted.length}`);
  }
  checkNews(scene, wanted, known, fetched);
  return { kind: "answered", fetched };
}

/** What may happen to a session: its place was given to another, or its node is a new process. */
const sessionErrors: readonly number[] = [
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
];

function sizesOf({ maxWaitMs, minBytes, maxBytes }: FetchOptions) {
  return { maxWaitMs, minBytes, maxBytes };
}

function isOf(wanted: Wanted, topic: TopicData, data: PartitionData, version: number): boolean {
  const { partition } = wanted;
  if (partition.index !== data.partitionIndex) return false;
  return version >= TOPIC_ID_VERSION
    ? partition.topic.id === topic.topicId
    : partition.topic.name === topic.topic;
}

function take(scene: Scene, wanted: Wanted, known: KnownMarks, data: PartitionData): Fetched {
  const { partition, fetchOffset } = wanted;
  const { errorCode, highWatermark, logStartOffset } = data;
  const receivedBytes = data.records?.length ?? 0;
  const nothing = { partition, fetchOffset, errorCode, batches: [], receivedBytes };
  if (!partition.isLive) return nothing;
  const isSameProcess = known.incarnation === scene.broker.incarnation;
  if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
    if (isSameProcess && mustHold(partition, known, fetchOffset)) {
      scene.history.violate(
        "read-batches",
        `${partition.name}: offset ${fetchOffset} of [${known.logStart}, ${known.highWatermark}) is out of range`,
      );
    }
    return nothing;
  }
  scene.checkers.errors.told("Fetch", errorCode, partition.topic);
  if (errorCode !== ErrorCode.NONE) return nothing;
  scene.tellMarks(partition, known, { highWatermark, logStart: logStartOffset });
  const records = data.records ?? Buffer.alloc(0);
  if (records.length > 0 && isSameProcess && fetchOffset < known.logStart) {
    scene.history.violate(
      "log-start",
      `${partition.name}: offset ${fetchOffset} is served, the log begins at ${known.logStart}`,
    );
  }
  const batches = scene.checkers.readBatches.read({
    partition,
    known,
    fetchOffset,
    highWatermark,
    records,
  });
  if (batches.length > 0) scene.history.emit({ kind: "read", partition, batches });
  return { ...nothing, batches };
}

/** Whether an offset was there when the request was sent, and nothing can have taken it since. */
function mustHold(partition: PartitionHistory, known: KnownMarks, offset: number): boolean {
  const { topic } = partition;
  const isDeletable =
    offset < partition.deletionAskedTo ||
    [...topic.retentionsMs, ...topic.retentionsBytes].some((limit) => limit >= 0);
  return offset >= known.logStart && offset <= known.highWatermark && !isDeletable;
}

/** Where records were known to be when the request was sent, something comes: records or an error. */
function checkNews(
  scene: Scene,
  wanted: readonly Wanted[],
  known: ReadonlyMap<PartitionHistory, KnownMarks>,
  fetched: readonly Fetched[],
): void {
  if (
    fetched.some(
      ({ errorCode, receivedBytes }) => errorCode !== ErrorCode.NONE || receivedBytes > 0,
    )
  ) {
    return;
  }
  for (const { partition, fetchOffset } of wanted) {
    const marks = known.get(partition);
    if (marks === undefined || marks.incarnation !== scene.broker.incarnation) continue;
    if (partition.isLive && fetchOffset < marks.highWatermark) {
      scene.history.violate(
        "read-batches",
        `${partition.name}: nothing comes from ${fetchOffset}, and there is ${marks.highWatermark - 1}`,
      );
    }
  }
}
