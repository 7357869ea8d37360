import { ApiKey } from "../../protocol/apis.ts";
import {
  shareAcknowledgeRequest,
  shareAcknowledgeResponse,
  type ShareAcknowledgeRequestInput,
} from "../../protocol/messages/share-acknowledge.ts";
import {
  shareFetchRequest,
  shareFetchResponse,
  type ShareFetchRequestInput,
} from "../../protocol/messages/share-fetch.ts";
import { apiCall } from "../cluster/api-call.ts";
import { groupBy } from "../partitions.ts";
import {
  batchesOf,
  isRenewal,
  type AcknowledgementBatch,
  type PartitionAcknowledgements,
} from "./acknowledgements.ts";
import type { ResolvedShareOptions } from "./share-options.ts";
import type { SharePartition } from "./share-partition.ts";
import type { ShareSessionRequest } from "./share-session.ts";

export const shareFetchCall = apiCall(ApiKey.SHARE_FETCH, shareFetchRequest, shareFetchResponse);
export const shareAcknowledgeCall = apiCall(
  ApiKey.SHARE_ACKNOWLEDGE,
  shareAcknowledgeRequest,
  shareAcknowledgeResponse,
);
/** Since version 2 locks can be renewed (KIP-1222), and answers bound by records (KIP-1206). */
export const RENEW_VERSION = 2;

const acquireModes: Readonly<Record<ResolvedShareOptions["acquireMode"], number>> = {
  batch_optimized: 0,
  record_limit: 1,
};

/** Who asks. */
export interface ShareMember {
  readonly groupId: string;
  readonly memberId: string;
}

interface AskedPartition {
  readonly partition: SharePartition;
  readonly acknowledgementBatches: AcknowledgementBatch[];
}

/** A ShareFetch: partitions that the session does not know yet, and what is acknowledged. */
export function shareFetchOf(
  member: ShareMember,
  session: ShareSessionRequest,
  said: readonly PartitionAcknowledgements[],
  options: ResolvedShareOptions,
  maxWaitMs: number,
): ShareFetchRequestInput {
  const asked = said.map(askedOf);
  const named = new Set(asked.map(({ partition }) => partition.key));
  for (const partition of session.added) {
    if (!named.has(partition.key)) asked.push({ partition, acknowledgementBatches: [] });
  }
  return {
    ...member,
    shareSessionEpoch: session.epoch,
    maxWaitMs,
    minBytes: options.fetchMinBytes,
    maxBytes: options.fetchMaxBytes,
    maxRecords: options.maxRecords,
    batchSize: options.maxRecords,
    shareAcquireMode: acquireModes[options.acquireMode],
    topics: byTopic(asked),
    forgottenTopicsData: [...groupBy(session.forgotten, ({ topicId }) => topicId)].map(
      ([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map(({ partition }) => partition),
      }),
    ),
  };
}

/** A ShareAcknowledge. */
export function shareAcknowledgeOf(
  member: ShareMember,
  shareSessionEpoch: number,
  said: readonly PartitionAcknowledgements[],
): ShareAcknowledgeRequestInput {
  const topics = byTopic(said.map(askedOf));
  const isRenewAck = said.some(({ acknowledgements }) => acknowledgements.some(isRenewal));
  return isRenewAck
    ? { ...member, shareSessionEpoch, isRenewAck: true, topics }
    : { ...member, shareSessionEpoch, topics };
}

function askedOf({ partition, acknowledgements }: PartitionAcknowledgements): AskedPartition {
  return { partition, acknowledgementBatches: batchesOf(acknowledgements) };
}

function byTopic(asked: readonly AskedPartition[]) {
  return [...groupBy(asked, ({ partition }) => partition.topicId)].map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ partition, acknowledgementBatches }) => ({
      partitionIndex: partition.partition,
      acknowledgementBatches,
    })),
  }));
}
