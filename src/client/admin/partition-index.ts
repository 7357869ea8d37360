import type { TopicPartition } from "../../core/topic-partition.ts";

/** Finds things by topic and partition, without making a name for each. */
export class PartitionIndex<Item extends TopicPartition> {
  readonly #topics = new Map<string, Map<number, Item>>();

  constructor(items: Iterable<Item> = []) {
    for (const item of items) this.add(item);
  }

  /** The last one with the same topic and partition counts. */
  add(item: Item): void {
    const partitions = this.#topics.get(item.topic);
    if (partitions === undefined) this.#topics.set(item.topic, new Map([[item.partition, item]]));
    else partitions.set(item.partition, item);
  }

  get(topic: string, partition: number): Item | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  /** Topic by topic, in order of first appearance. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (const partitions of this.#topics.values()) yield* partitions.values();
  }
}
