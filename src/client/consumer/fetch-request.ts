import { ApiKey } from "../../protocol/apis.ts";
import {
  fetchRequest,
  fetchResponse,
  type FetchRequestInput,
} from "../../protocol/messages/fetch.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { SessionPartition, SessionRequest } from "./fetch-session.ts";

/** Topics go by id from this version on. */
export const FETCH_BY_ID_VERSION = 13;
export const fetchByIdCall = apiCall(ApiKey.FETCH, fetchRequest, fetchResponse);
/** For brokers, and topics, without ids. */
export const fetchByNameCall = apiCall(
  ApiKey.FETCH,
  fetchRequest,
  fetchResponse,
  FETCH_BY_ID_VERSION - 1,
);

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly readCommitted: boolean;
  readonly rack: string;
}

/** A Fetch of what the session asks for. */
export function fetchRequestOf(
  { byId, sessionId, sessionEpoch, toFetch, toForget }: SessionRequest,
  limits: FetchLimits,
): FetchRequestInput {
  const topics = [...toFetch].map(([topicKey, asked]) => ({
    ...topicOf(topicKey, byId),
    partitions: asked.map(partitionOf),
  }));
  const forgottenTopicsData = [...toForget].map(([topicKey, partitions]) => ({
    ...topicOf(topicKey, byId),
    partitions: [...partitions],
  }));
  return {
    maxWaitMs: limits.maxWaitMs,
    minBytes: limits.minBytes,
    maxBytes: limits.maxBytes,
    isolationLevel: limits.readCommitted ? 1 : 0,
    sessionId,
    sessionEpoch,
    topics,
    forgottenTopicsData,
    rackId: limits.rack,
  };
}

function topicOf(topicKey: string, byId: boolean): { topicId?: string; topic?: string } {
  return byId ? { topicId: topicKey } : { topic: topicKey };
}

function partitionOf({ partition, fetchOffset, leaderEpoch, maxBytes }: SessionPartition) {
  return {
    partition: partition.partition,
    currentLeaderEpoch: leaderEpoch,
    fetchOffset,
    partitionMaxBytes: maxBytes,
  };
}
