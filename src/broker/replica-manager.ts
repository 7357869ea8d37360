import { MoldauError } from "../core/errors.ts";
import { topicPartitionName } from "../core/topic-partition.ts";
import type { Uuid } from "../core/uuid.ts";
import type { Clock, Timer } from "../platform/clock.ts";
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
  /** Replicas that could not be opened at first are open now. */
  readonly onReopened: (changes: LeadershipChanges) => void;
}

/** How often replicas that could not be opened, for lack of room, are tried again. */
const REOPEN_INTERVAL_MS = 1000;

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
  /** What could not be opened, by folder name. */
  readonly #unopened = new Map<string, { readonly topicId: Uuid; readonly partition: number }>();
  #image: MetadataImage | undefined;
  #reopenTimer: Timer | undefined;

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
    this.#image = image;
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

  /** Whether the replica is ours and could not be opened. */
  isUnopened(topic: string, partition: number): boolean {
    return this.#unopened.has(topicPartitionName(topic, partition));
  }

  /** Ends every wait; the logs are the log manager's to close. */
  close(): void {
    this.#reopenTimer?.cancel();
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
      if (!(error instanceof MoldauError)) throw error;
      const name = topicPartitionName(topic.name, index);
      if (!this.#unopened.has(name)) logger.error(`cannot open ${name}: ${error.message}`);
      this.#unopened.set(name, { topicId: topic.id, partition: index });
      this.#reopenTimer ??= this.#options.clock.setTimer(REOPEN_INTERVAL_MS, () => this.#reopen());
      return undefined;
    }
  }

  /** Tries again what could not be opened; what is no longer ours is forgotten. */
  #reopen(): void {
    this.#reopenTimer = undefined;
    const image = this.#image;
    if (image === undefined) return;
    const changes = { elected: [] as Partition[], resigned: [] as Partition[] };
    for (const [name, { topicId, partition }] of this.#unopened) {
      const topic = image.topicById(topicId);
      if (topic !== undefined) this.#apply(image, topic, partition, changes);
      const opened = topic !== undefined && this.partitionOf(topic.name, partition) !== undefined;
      if (topic === undefined || opened) this.#unopened.delete(name);
      if (opened) this.#options.logger.info(`${name} is open now`);
    }
    this.#options.onReopened(changes);
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
