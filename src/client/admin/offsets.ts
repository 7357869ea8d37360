import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { IsolationLevel, ListOffsetsTimestamp, ReplicaId } from "../../protocol/constants.ts";
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from "../../protocol/messages/delete-records.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { clientError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { describeTopics } from "./describe-topics.ts";
import { partitionOutcome, type Outcome, type PartitionOutcome } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { brokerTimeoutMs, byLeader, callOptions, type Ask } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { orNull } from "./vocabulary.ts";

const listOffsetsCall = apiCall(ApiKey.LIST_OFFSETS, listOffsetsRequest, listOffsetsResponse);
const deleteRecordsCall = apiCall(
  ApiKey.DELETE_RECORDS,
  deleteRecordsRequest,
  deleteRecordsResponse,
);

/** Where an offset is looked for. */
export type OffsetPlace =
  /** The first record there is. */
  | "earliest"
  /** Where the next record goes; with `readCommitted` the last stable offset. */
  | "latest"
  /** The record with the greatest timestamp (KIP-734). */
  | "maxTimestamp"
  /** The first record on the leader's own disk (KIP-405). */
  | "earliestLocal"
  /** The last record in remote storage (KIP-1005). */
  | "latestTiered"
  /** The first record that has yet to go to remote storage (KIP-1023). */
  | "earliestPendingUpload"
  /** The first record with this timestamp (milliseconds since 1970) or a later one. */
  | { readonly timestamp: number };

const places = {
  earliest: { timestamp: ListOffsetsTimestamp.EARLIEST, sinceVersion: 1 },
  latest: { timestamp: ListOffsetsTimestamp.LATEST, sinceVersion: 1 },
  maxTimestamp: { timestamp: ListOffsetsTimestamp.MAX_TIMESTAMP, sinceVersion: 7 },
  earliestLocal: { timestamp: ListOffsetsTimestamp.EARLIEST_LOCAL, sinceVersion: 8 },
  latestTiered: { timestamp: ListOffsetsTimestamp.LATEST_TIERED, sinceVersion: 9 },
  earliestPendingUpload: {
    timestamp: ListOffsetsTimestamp.EARLIEST_PENDING_UPLOAD,
    sinceVersion: 11,
  },
} as const;

/** A partition and what is wanted of it. */
export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetPlace;
}

/** What was found. */
export interface FoundOffset {
  /** Null when there is no such record. */
  readonly offset: number | null;
  /** Of the record, milliseconds since 1970; null for places that are no record. */
  readonly timestamp: number | null;
  /** Epoch of the leader that wrote the record. */
  readonly leaderEpoch: number | null;
}

/** How offsets are looked up. */
export interface ListOffsetsOptions extends CallOptions {
  /** The end is then the last stable offset, beyond which transactions are open. Default false. */
  readonly readCommitted?: boolean | undefined;
}

/** Looks offsets up at the leaders, in one request for each; one outcome for each query. */
export async function listOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  options: ListOffsetsOptions = {},
): Promise<readonly PartitionOutcome<FoundOffset>[]> {
  const deadline = cluster.deadline(options);
  const isolationLevel =
    options.readCommitted === true
      ? IsolationLevel.READ_COMMITTED
      : IsolationLevel.READ_UNCOMMITTED;
  const ask: Ask<OffsetQuery, FoundOffset> = async (connection, items, settle) => {
    const version = connection.versionOf(listOffsetsCall) ?? 0;
    const served: OffsetQuery[] = [];
    for (const query of items) {
      const { at } = query;
      if (typeof at !== "string" || places[at].sinceVersion <= version) served.push(query);
      else {
        const message = `${connection.where} cannot look for ${at}: its version is too old`;
        settle.refused(query, clientError("UNSUPPORTED_API", message, { context: query }));
      }
    }
    if (served.length === 0) return;
    const body = {
      replicaId: ReplicaId.CONSUMER,
      isolationLevel,
      topics: [...groupBy(served, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitions: of.map(({ partition, at }) => ({
          partitionIndex: partition,
          timestamp: typeof at === "string" ? places[at].timestamp : at.timestamp,
        })),
      })),
      timeoutMs: brokerTimeoutMs(cluster, deadline),
    };
    const response = await connection.request(listOffsetsCall, body, cluster.bounds(deadline));
    const asked = new PartitionIndex(served);
    for (const { name, partitions } of response.topics) {
      for (const found of partitions) {
        const query = asked.get(name, found.partitionIndex);
        if (query !== undefined) {
          settle.answered(query, found.errorCode, null, () => foundOffsetOf(found));
        }
      }
    }
  };
  // A request names a partition once: what is wanted of it besides goes into another.
  const results = await Promise.all(
    withoutRepeats(queries).map((items) =>
      byLeader<OffsetQuery, FoundOffset>({
        cluster,
        items,
        deadline,
        contextOf: ({ topic, partition }) => ({ topic, partition }),
        ask,
      }),
    ),
  );
  const settled = new Map(results.flatMap((result) => [...result]));
  return queries.map((query) => partitionOutcome(query, resultOf(settled, query)));
}

/** Lists that hold all of the queries, none of them a partition twice. */
function withoutRepeats(queries: readonly OffsetQuery[]): OffsetQuery[][] {
  const lists: { readonly queries: OffsetQuery[]; readonly taken: PartitionIndex<OffsetQuery> }[] =
    [];
  for (const query of new Set(queries)) {
    let list = lists.find(({ taken }) => taken.get(query.topic, query.partition) === undefined);
    if (list === undefined) {
      list = { queries: [], taken: new PartitionIndex<OffsetQuery>() };
      lists.push(list);
    }
    list.queries.push(query);
    list.taken.add(query);
  }
  return lists.map((list) => list.queries);
}

interface WireOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

function foundOffsetOf({ offset, timestamp, leaderEpoch }: WireOffset): FoundOffset {
  return {
    offset: orNull(offset),
    timestamp: orNull(timestamp),
    leaderEpoch: orNull(leaderEpoch),
  };
}

/** What there is in a partition. */
export interface PartitionRange extends TopicPartition {
  /** Of the first record. Null while the partition has no leader that answers. */
  readonly earliest: number | null;
  /** Of the next record to be written; with `readCommitted` the last stable offset. */
  readonly latest: number | null;
}

/** First and next offsets of all partitions of topics; one outcome for each topic. */
export async function topicOffsetsOf(
  cluster: Cluster,
  topics: readonly string[],
  options: ListOffsetsOptions = {},
): Promise<readonly Outcome<readonly PartitionRange[]>[]> {
  const deadline = cluster.deadline(options);
  const described = await describeTopics(cluster, topics, callOptions(deadline));
  const partitions = described.flatMap(({ name: topic, value }) =>
    (value?.partitions ?? []).map(({ partition }) => ({ topic, partition })),
  );
  const { readCommitted } = options;
  const queries = (at: OffsetPlace): OffsetQuery[] => partitions.map((one) => ({ ...one, at }));
  const lookUp = (at: OffsetPlace) =>
    listOffsets(cluster, queries(at), { ...callOptions(deadline), readCommitted });
  const [earliest, latest] = await Promise.all([lookUp("earliest"), lookUp("latest")]);
  const ranges = new Map<string, PartitionRange[]>(topics.map((topic) => [topic, []]));
  for (const [index, { topic, partition }] of partitions.entries()) {
    ranges.get(topic)?.push({
      topic,
      partition,
      earliest: earliest[index]?.value?.offset ?? null,
      latest: latest[index]?.value?.offset ?? null,
    });
  }
  return described.map(({ name, error }) =>
    error === undefined
      ? { name, value: ranges.get(name) ?? [], error: undefined }
      : { name, value: undefined, error },
  );
}

/** A partition and how much of it goes. */
export interface RecordsToDelete extends TopicPartition {
  /** Records below are deleted; `end` means all there are. */
  readonly before: number | "end";
}

/** What is left of a partition. */
export interface DeletedRecords {
  /** The first offset that is still there. */
  readonly lowWatermark: number;
}

/** Stands for the high watermark of the partition. */
const HIGH_WATERMARK = -1;

/** Deletes the records of partitions up to an offset (KIP-107); one outcome for each partition. */
export async function deleteRecords(
  cluster: Cluster,
  records: readonly RecordsToDelete[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome<DeletedRecords>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byLeader<RecordsToDelete, DeletedRecords>({
    cluster,
    items: records,
    deadline,
    contextOf: ({ topic, partition }) => ({ topic, partition }),
    async ask(connection, items, settle) {
      const body = {
        topics: [...groupBy(items, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition, before }) => ({
            partitionIndex: partition,
            offset: before === "end" ? HIGH_WATERMARK : before,
          })),
        })),
        timeoutMs: brokerTimeoutMs(cluster, deadline),
      };
      const response = await connection.request(deleteRecordsCall, body, cluster.bounds(deadline));
      const asked = new PartitionIndex(items);
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, lowWatermark } of partitions) {
          const item = asked.get(name, partitionIndex);
          if (item !== undefined) settle.answered(item, errorCode, null, () => ({ lowWatermark }));
        }
      }
    },
  });
  return records.map((record) => partitionOutcome(record, resultOf(settled, record)));
}
