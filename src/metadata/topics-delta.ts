import type { PersistentMapDraft } from "../core/persistent-map.ts";
import type { Uuid } from "../core/uuid.ts";
import { MetadataReplayError, type ClusterRecordValue } from "./cluster-record.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "./image.ts";
import { changedPartition, partitionOfRecord, withoutElr } from "./partition-image.ts";

/** What became of one topic. */
export interface TopicDelta {
  readonly id: Uuid;
  readonly name: string;
  /** Absent from the image before. */
  readonly created: boolean;
  /** New and changed partitions, as they are now. */
  readonly changedPartitions: ReadonlyMap<number, PartitionImage>;
}

class TopicDraft implements TopicDelta {
  readonly id: Uuid;
  readonly name: string;
  readonly created: boolean;
  readonly changedPartitions = new Map<number, PartitionImage>();
  readonly #before: readonly PartitionImage[];

  constructor(topic: TopicImage, created: boolean) {
    this.id = topic.id;
    this.name = topic.name;
    this.created = created;
    this.#before = topic.partitions;
  }

  partition(index: number): PartitionImage | undefined {
    return this.changedPartitions.get(index) ?? this.#before[index];
  }

  /** Numbers of all partitions, with gaps left out. */
  *partitionIndexes(): IterableIterator<number> {
    for (const index of this.#before.keys()) yield index;
    for (const index of this.changedPartitions.keys()) {
      if (index >= this.#before.length) yield index;
    }
  }

  image(): TopicImage {
    const partitions = this.#before.slice();
    const added = [...this.changedPartitions.keys()].sort((a, b) => a - b);
    for (const index of added) {
      if (index > partitions.length) {
        throw new MetadataReplayError(`${this.name} lacks partition ${partitions.length}`);
      }
      partitions[index] = this.changedPartitions.get(index)!;
    }
    return { id: this.id, name: this.name, partitions };
  }
}

/** Changes of topics since an image. */
export class TopicsDelta {
  readonly #base: MetadataImage;
  readonly #byName: PersistentMapDraft<TopicImage>;
  readonly #byId: PersistentMapDraft<TopicImage>;
  readonly #changed = new Map<Uuid, TopicDraft>();
  readonly #deleted = new Map<Uuid, TopicImage>();

  constructor(base: MetadataImage) {
    this.#base = base;
    this.#byName = base.topicsByName.draft();
    this.#byId = base.topicsById.draft();
  }

  /** Topics that are new or have new or changed partitions, by id. */
  get changed(): ReadonlyMap<Uuid, TopicDelta> {
    return this.#changed;
  }

  /** Topics of the image before that are gone, by id, as they were. */
  get deleted(): ReadonlyMap<Uuid, TopicImage> {
    return this.#deleted;
  }

  applyTopic(value: ClusterRecordValue<"TopicRecord">): void {
    const topic: TopicImage = { name: value.name, id: value.topicId, partitions: [] };
    if (this.#byName.get(topic.name) !== undefined || this.#byId.get(topic.id) !== undefined) {
      throw new MetadataReplayError(`the topic ${topic.name} (${topic.id}) is created twice`);
    }
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    this.#changed.set(topic.id, new TopicDraft(topic, true));
  }

  applyPartition(value: ClusterRecordValue<"PartitionRecord">): void {
    if (value.partitionId < 0) throw new MetadataReplayError("a partition has a negative number");
    const topic = this.#draft(value.topicId);
    topic.changedPartitions.set(value.partitionId, partitionOfRecord(value));
  }

  applyPartitionChange(value: ClusterRecordValue<"PartitionChangeRecord">): void {
    const topic = this.#draft(value.topicId);
    const before = topic.partition(value.partitionId);
    if (before === undefined) {
      throw new MetadataReplayError(
        `a change of partition ${value.partitionId} of ${topic.name}, which does not exist`,
      );
    }
    topic.changedPartitions.set(value.partitionId, changedPartition(before, value));
  }

  /** The name of the topic that is gone. */
  applyRemoveTopic(value: ClusterRecordValue<"RemoveTopicRecord">): string {
    const topic = this.#byId.get(value.topicId);
    if (topic === undefined) {
      throw new MetadataReplayError(`the removed topic ${value.topicId} does not exist`);
    }
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#changed.delete(topic.id);
    const before = this.#base.topicById(topic.id);
    if (before !== undefined) this.#deleted.set(topic.id, before);
    return topic.name;
  }

  /** An empty name clears all topics. */
  applyClearElr(value: ClusterRecordValue<"ClearElrRecord">): void {
    if (value.topicName === "") {
      for (const topic of this.#byId.finish().values()) this.#clearElr(topic.id);
      return;
    }
    const topic = this.#byName.get(value.topicName);
    if (topic === undefined) {
      throw new MetadataReplayError(`ClearElrRecord names the unknown topic ${value.topicName}`);
    }
    this.#clearElr(topic.id);
  }

  #clearElr(id: Uuid): void {
    const known = this.#changed.get(id) ?? new TopicDraft(this.#byId.get(id)!, false);
    for (const index of known.partitionIndexes()) {
      const before = known.partition(index);
      if (before === undefined) continue;
      if (before.eligibleLeaderReplicas.length === 0 && before.lastKnownElr.length === 0) continue;
      this.#draft(id).changedPartitions.set(index, withoutElr(before));
    }
  }

  #draft(id: Uuid): TopicDraft {
    const known = this.#changed.get(id);
    if (known !== undefined) return known;
    const topic = this.#byId.get(id);
    if (topic === undefined) {
      throw new MetadataReplayError(`a record names the topic ${id}, which does not exist`);
    }
    const draft = new TopicDraft(topic, false);
    this.#changed.set(id, draft);
    return draft;
  }

  finish(): Pick<MetadataImage, "topicsByName" | "topicsById"> {
    for (const draft of this.#changed.values()) {
      const topic = draft.image();
      this.#byName.set(topic.name, topic);
      this.#byId.set(topic.id, topic);
    }
    return { topicsByName: this.#byName.finish(), topicsById: this.#byId.finish() };
  }
}
