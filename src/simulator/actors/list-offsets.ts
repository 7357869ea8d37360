import { ErrorCode } from "../../protocol/error-code.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../../protocol/messages/list-offsets.ts";
import type { PartitionHistory } from "../history.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";

/** Times that stand for places in the log. */
export const LATEST = -1;
export const EARLIEST = -2;
export const MAX_TIMESTAMP = -3;
const MAX_TIMESTAMP_VERSION = 7;
const CONSUMER = -1;

export interface ListedOffset {
  readonly offset: number;
  readonly timestampMs: number;
}

/**
 * The offset of a time in each partition; what it tells of starts and high watermarks is checked.
 * Nothing when there is no answer; partitions with an error are left out.
 */
export async function listOffsets(
  scene: Scene,
  client: ActorConnection,
  partitions: readonly PartitionHistory[],
  timestamp: number,
): Promise<Map<PartitionHistory, ListedOffset> | undefined> {
  const asked = partitions.map((partition) => ({ partition, known: scene.marksOf(partition) }));
  const from = timestamp === MAX_TIMESTAMP ? MAX_TIMESTAMP_VERSION : 0;
  const answer = await client.call(
    listOffsetsRequest,
    listOffsetsResponse,
    {
      replicaId: CONSUMER,
      isolationLevel: 0,
      topics: partitions.map(({ topic, index }) => ({
        name: topic.name,
        partitions: [{ partitionIndex: index, timestamp }],
      })),
    },
    { version: client.versionOf(listOffsetsRequest, from) },
  );
  if (answer === LOST) return undefined;
  const offsets = new Map<PartitionHistory, ListedOffset>();
  for (const { partition, known } of asked) {
    const { topic, index } = partition;
    const told = answer.topics
      .filter(({ name }) => name === topic.name)
      .flatMap((one) => one.partitions)
      .find(({ partitionIndex }) => partitionIndex === index);
    if (told === undefined) {
      scene.history.violate("expected-errors", "ListOffsets answers without a partition");
      continue;
    }
    scene.checkers.errors.told("ListOffsets", told.errorCode, topic);
    if (told.errorCode !== ErrorCode.NONE || !partition.isLive) continue;
    offsets.set(partition, { offset: told.offset, timestampMs: told.timestamp });
    if (timestamp === LATEST) scene.tellMarks(partition, known, { highWatermark: told.offset });
    if (timestamp === EARLIEST) scene.tellMarks(partition, known, { logStart: told.offset });
  }
  return offsets;
}
