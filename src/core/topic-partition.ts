/** A partition of a topic by name. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `topic-partition`, the name of its folder in a log directory. */
export function topicPartitionName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
