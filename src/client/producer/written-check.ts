import { ApiKey } from "../../protocol/apis.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "../../protocol/messages/describe-producers.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { throwOnError } from "../errors.ts";
import type { QueuedBatch } from "./producer-topic.ts";

const describeProducersCall = apiCall(
  ApiKey.DESCRIBE_PRODUCERS,
  describeProducersRequest,
  describeProducersResponse,
);
/** Sequences begin anew at 0 behind the greatest int32. */
const SEQUENCES = 2 ** 31;

/**
 * Whether a batch is in the log of its partition, as its leader tells by the last sequence that it has of the
 * producer (KIP-664). `undefined` where it knows nothing of the producer under this identity. For brokers that
 * have restarted: they remember the last batch of each producer alone, and refuse those before it as out of
 * order, whether or not they are in the log.
 */
export async function isWritten(
  cluster: Cluster,
  batch: QueuedBatch,
): Promise<boolean | undefined> {
  const { identity, queue, baseSequence, count } = batch;
  const name = queue.topic.name;
  const { partition } = queue;
  const deadline = cluster.deadline();
  const connection = await cluster.connectionTo(queue.leaderId, deadline);
  const { topics } = await connection.request(
    describeProducersCall,
    { topics: [{ name, partitionIndexes: [partition] }] },
    cluster.bounds(deadline),
  );
  const told = topics[0]?.partitions[0];
  if (told === undefined) return undefined;
  throwOnError(told.errorCode, { topic: name, partition }, told.errorMessage);
  const known = told.activeProducers.find(({ producerId }) => producerId === identity?.producerId);
  if (known === undefined || known.producerEpoch !== identity?.producerEpoch) return undefined;
  const behind = (known.lastSequence - (baseSequence + count - 1) + 2 * SEQUENCES) % SEQUENCES;
  return behind < SEQUENCES / 2;
}
