import type { Clock } from "../platform/clock.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { logConfigOf } from "../config/log-config.ts";
import { ConfigResourceType, type MetadataImage, type TopicImage } from "../metadata/image.ts";
import type { MetadataDelta } from "../metadata/delta.ts";
import type { LogManager } from "../storage/log-manager.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Partition } from "./partition.ts";
import { ReadyFetches } from "./pending-fetch.ts";

export interface ReplicaManagerOptions {
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logManager: LogManager;
}

/** Which leaderships a change of metadata gave and took. */
export interface LeadershipChanges {
  readonly elected: readonly Partition[];
  readonly resigned: readonly Partition[];
}

/** The replicas of this broker: one {@link Partition} for each that the metadata assign to it. */
export class ReplicaManager {
  /** Fetches that can be answered when the current request is done. */
  readonly readyFetches: ReadyFetches;
  readonly #options: ReplicaManagerOptions;
  readonly #topics = new Map<string, (Partition | undefined)[]>();

  constructor(options: ReplicaManagerOptions) {
    this.#options = options;
    this.readyFetches = new ReadyFetches((run) => options.clock.defer(run));
  }

  /** The replica of a partition, when this broker has one. */
  partitionOf(topic: string, partition: number): Partition | undefined {
    return this.#topics.get(topic)?.[partition];
  }

  /** All replicas of this broker. */
  *partitions(): IterableIterator<Partition> {
    for (const partitions of this.#topics.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition;
    }
  }

  /** Opens, closes and updates what a change of metadata asks for. */
  onMetadata(image: MetadataImage, delta: MetadataDelta): LeadershipChanges {
    const changes = { elected: [] as Partition[], resigned: [] as Partition[] };
    for (const topic of delta.deletedTopics.values()) this.#deleteTopic(topic, changes.resigned);
    for (const { id, changedPartitions } of delta.changedTopics.values()) {
      const topic = image.topicById(id);
      if (topic === undefined) continue;
      for (const index of changedPartitions.keys()) this.#apply(image, topic, index, changes);
    }
    for (const resource of delta.changedConfigs.values()) {
      if (resource.type !== ConfigResourceType.TOPIC) continue;
      const topic = image.topic(resource.name);
      if (topic !== undefined) this.#updateLogConfig(image, topic);
    }
    if (changes.resigned.length > 0 || changes.elected.length > 0) this.readyFetches.run();
    return changes;
  }

  /** Brings every log's configuration up to date, after the broker's own settings changed. */
  updateLogConfigs(image: MetadataImage): void {
    for (const topic of image.topicsByName.values()) this.#updateLogConfig(image, topic);
  }

  /** Ends every wait; the logs are the log manager's to close. */
  close(): void {
    for (const partition of this.partitions()) partition.close();
    this.readyFetches.run();
  }

  #apply(
    image: MetadataImage,
    topic: TopicImage,
    index: number,
    changes: { readonly elected: Partition[]; readonly resigned: Partition[] },
  ): void {
    const state = topic.partitions[index]!;
    if (!state.replicas.includes(this.#options.nodeId)) return;
    const known = this.partitionOf(topic.name, index);
    if (known === undefined || known.topicId !== topic.id) {
      const opened = this.#open(image, topic, index);
      if (opened?.isLeader === true) changes.elected.push(opened);
      return;
    }
    const wasLeader = known.isLeader;
    const epochBefore = known.leaderEpoch;
    known.update(state);
    if (known.isLeader && (!wasLeader || known.leaderEpoch > epochBefore)) {
      changes.elected.push(known);
    } else if (wasLeader && !known.isLeader) {
      changes.resigned.push(known);
    }
  }

  #open(image: MetadataImage, topic: TopicImage, index: number): Partition | undefined {
    const { logManager, nodeId, logger } = this.#options;
    const state = topic.partitions[index]!;
    const topicPartition = { topic: topic.name, partition: index };
    const directory = state.directories[state.replicas.indexOf(nodeId)];
    try {
      const log =
        logManager.logOf(topicPartition) ??
        logManager.createLog(topicPartition, {
          topicId: topic.id,
          config: this.#logConfig(image, topic.name),
          ...(directory === undefined ? {} : { directoryId: directory }),
        });
      const partition = new Partition({
        ...topicPartition,
        topicId: topic.id,
        log,
        nodeId,
        state,
      });
      if (partition.isLeader) partition.startLeading();
      let partitions = this.#topics.get(topic.name);
      if (partitions === undefined) {
        partitions = [];
        this.#topics.set(topic.name, partitions);
      }
      partitions[index] = partition;
      return partition;
    } catch (error) {
      logger.error(`cannot open ${topic.name}-${index}`, { error });
      return undefined;
    }
  }

  #deleteTopic(topic: TopicImage, resigned: Partition[]): void {
    const partitions = this.#topics.get(topic.name);
    if (partitions === undefined) return;
    const kept = partitions.map((partition) => {
      if (partition === undefined || partition.topicId !== topic.id) return partition;
      if (partition.isLeader) resigned.push(partition);
      partition.close();
      this.#options.logManager.deleteLog(partition);
      return undefined;
    });
    if (kept.every((partition) => partition === undefined)) this.#topics.delete(topic.name);
    else this.#topics.set(topic.name, kept);
  }

  #logConfig(image: MetadataImage, topic: string): ReturnType<typeof logConfigOf> {
    return logConfigOf(this.#options.config, image.configsOf(ConfigResourceType.TOPIC, topic));
  }

  #updateLogConfig(image: MetadataImage, topic: TopicImage): void {
    const config = this.#logConfig(image, topic.name);
    for (const partition of this.#topics.get(topic.name) ?? []) {
      if (partition !== undefined) partition.log.config = config;
    }
  }
}
