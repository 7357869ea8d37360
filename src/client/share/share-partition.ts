import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { Uuid } from "../../core/uuid.ts";
import type { TopicDecoder } from "../consumer/topic-decoder.ts";

/** How a request names a partition. */
export function partitionKey(topicId: Uuid, partition: number): string {
  return `${topicId}-${partition}`;
}

/** A partition of which this member may take records, from its assignment until it is taken away. */
export class SharePartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
  /** `topic-partition`. */
  readonly name: string;
  /** Its topic by id, and its number. */
  readonly key: string;
  /** `undefined` where records are handed out as bytes. */
  readonly decoder: TopicDecoder | undefined;
  /** Not fetched before this time of the monotonic clock. */
  retryAtMs = 0;
  /** Failures in a row. */
  failures = 0;

  constructor(
    { topic, partition }: TopicPartition,
    topicId: Uuid,
    decoder: TopicDecoder | undefined,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.topicId = topicId;
    this.name = topicPartitionName(topic, partition);
    this.key = partitionKey(topicId, partition);
    this.decoder = decoder;
  }
}
