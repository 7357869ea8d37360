import type { BrokerConfig } from "../config/broker-config.ts";
import type { Uuid } from "../core/uuid.ts";
import type { Controller } from "../controller/controller.ts";
import type { GroupCoordinator } from "../coordinator/group-coordinator.ts";
import { ConfigResourceType, type MetadataImage, type TopicImage } from "../metadata/image.ts";
import type { PartitionImage } from "../metadata/image.ts";
import type { MetadataDelta } from "../metadata/delta.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { DescribeQuorumResponseInput } from "../protocol/messages/describe-quorum.ts";
import type { LogManager } from "../storage/log-manager.ts";
import type { Logger } from "../telemetry/logger.ts";
import { FetchMemory } from "./fetch-memory.ts";
import { FetchSessions } from "./fetch-session.ts";
import { GROUP_METADATA_TOPIC } from "./internal-topics.ts";
import { endpointsOn, offlineReplicas, type NodeEndpoint } from "./metadata-view.ts";
import { ClientSoftware, Observer } from "./observer.ts";
import { ProducerIds } from "./producer-ids.ts";
import { ReplicaManager, type LeadershipChanges } from "./replica-manager.ts";
import type { RequestContext } from "./request-context.ts";
import { TopicCreator } from "./topic-creator.ts";

/** An API and the versions in which a listener serves it. */
export interface ServedApi {
  readonly key: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The features that this software supports, and those that the cluster has finalised. */
export interface FeaturesView {
  readonly supported: readonly { name: string; minVersion: number; maxVersion: number }[];
  readonly finalized: readonly { name: string; level: number }[];
  readonly finalizedEpoch: number;
}

/** The quorum as a broker sees it: where metadata come from and changes go to. */
export interface Quorum {
  readonly image: MetadataImage;
  readonly controller: Controller;
  features(): FeaturesView;
  describeQuorum(): DescribeQuorumResponseInput;
}

export type ListenerKind = "broker" | "controller";

export interface BrokerOptions {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly logManager: LogManager;
  readonly quorum: Quorum;
  /** What each listener serves. */
  readonly servedApis: (listenerName: string) => readonly ServedApi[];
  readonly listenerKind: (listenerName: string) => ListenerKind;
  readonly makeGroupCoordinator: (broker: Broker) => GroupCoordinator;
}

/** One broker: what handlers work with. It has no connections; those are the server's. */
export class Broker {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly logManager: LogManager;
  readonly replicas: ReplicaManager;
  readonly fetchSessions: FetchSessions;
  readonly fetchMemory: FetchMemory;
  readonly producerIds: ProducerIds;
  readonly groups: GroupCoordinator;
  readonly topicCreator: TopicCreator;
  readonly clientSoftware = new ClientSoftware();
  /** Counts who does what, once somebody has asked for it ({@link observe}). */
  observer: Observer | undefined;
  readonly #options: BrokerOptions;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.nodeId = options.nodeId;
    this.clusterId = options.clusterId;
    this.config = options.config;
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.logManager = options.logManager;
    this.replicas = new ReplicaManager({
      ...options,
      onReopened: (changes) => this.#coordinate(changes),
    });
    this.fetchSessions = new FetchSessions(
      options.config.get("max.incremental.fetch.session.cache.slots"),
      options.random,
    );
    this.fetchMemory = new FetchMemory({ clock: options.clock });
    this.producerIds = new ProducerIds(() => this.controller.allocateProducerIds());
    this.topicCreator = new TopicCreator(this);
    this.groups = options.makeGroupCoordinator(this);
  }

  get image(): MetadataImage {
    return this.#options.quorum.image;
  }

  /** From now on who does what is counted. */
  observe(): Observer {
    this.observer ??= new Observer(this.clock);
    return this.observer;
  }

  get controller(): Controller {
    return this.#options.quorum.controller;
  }

  features(): FeaturesView {
    return this.#options.quorum.features();
  }

  describeQuorum(): DescribeQuorumResponseInput {
    return this.#options.quorum.describeQuorum();
  }

  servedApis(listenerName: string): readonly ServedApi[] {
    return this.#options.servedApis(listenerName);
  }

  listenerKind(listenerName: string): ListenerKind {
    return this.#options.listenerKind(listenerName);
  }

  /** `fetch.max.bytes`: no response holds more records than this, save for a single larger batch. */
  get fetchMaxBytes(): number {
    return this.config.get("fetch.max.bytes");
  }

  /** `max.request.partition.size.limit`. */
  get partitionLimit(): number {
    return this.config.get("max.request.partition.size.limit");
  }

  get autoCreatesTopics(): boolean {
    return this.config.get("auto.create.topics.enable");
  }

  topics(): TopicImage[] {
    return [...this.image.topicsByName.values()];
  }

  topicName(topicId: Uuid): string | undefined {
    return this.image.topicById(topicId)?.name;
  }

  /** Why there is no replica of a partition here. */
  missingPartition(topic: string, partition: number): ErrorCode {
    if (this.image.partition(topic, partition) === undefined) {
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    }
    return this.replicas.isUnopened(topic, partition)
      ? ErrorCode.KAFKA_STORAGE_ERROR
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  offlineReplicas(partition: PartitionImage): number[] {
    return offlineReplicas(this.image, partition);
  }

  endpoints(listenerName: string): NodeEndpoint[] {
    return endpointsOn(this.image, listenerName);
  }

  /** Creates topics that clients use without having created them. */
  async autoCreateTopics(names: readonly string[], context: RequestContext): Promise<void> {
    await this.topicCreator.create(names, context);
  }

  /** Whether `__consumer_offsets` is there, after creating it where it is not. */
  ensureGroupMetadataTopic(): Promise<boolean> {
    return this.topicCreator.ensure(GROUP_METADATA_TOPIC);
  }

  /** The broker that coordinates a group, or `undefined` while there is none on that listener. */
  groupCoordinatorNode(groupId: string, listenerName: string): NodeEndpoint | undefined {
    const partition = this.groups.partitionFor(groupId);
    if (partition === undefined) return undefined;
    const state = this.image.partition(GROUP_METADATA_TOPIC, partition);
    if (state === undefined || state.leader < 0) return undefined;
    return this.endpoints(listenerName).find((node) => node.nodeId === state.leader);
  }

  /** Takes over a change of metadata, in the order that cluster.md 2.4 gives. */
  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    let brokerConfigsChanged = false;
    for (const { type } of delta.changedConfigs.values()) {
      if (type === ConfigResourceType.BROKER) brokerConfigsChanged = true;
    }
    if (brokerConfigsChanged) {
      this.applyBrokerConfigs(image);
      this.replicas.updateLogConfigs(image);
    }
    this.#coordinate(this.replicas.onMetadata(image, delta));
    const deleted = [...delta.deletedTopics.values()];
    if (deleted.length > 0) {
      this.groups.onTopicsDeleted(deleted.map(({ name, id }) => ({ name, topicId: id })));
    }
  }

  close(): void {
    this.groups.close();
    this.fetchMemory.close();
    this.replicas.close();
  }

  /** Brings the dynamic settings of this broker and of the cluster up to date. */
  applyBrokerConfigs(image: MetadataImage): void {
    const { BROKER } = ConfigResourceType;
    this.config.applyDynamic("", image.configsOf(BROKER, ""));
    const own = String(this.nodeId);
    this.config.applyDynamic(own, image.configsOf(BROKER, own));
  }

  #coordinate(changes: LeadershipChanges): void {
    for (const partition of changes.resigned) {
      const { topic, partition: index } = partition;
      if (topic !== GROUP_METADATA_TOPIC) continue;
      const isGone = this.replicas.partitionOf(topic, index) !== partition;
      this.groups.onResigned(index, isGone ? undefined : partition.leaderEpoch);
    }
    for (const partition of changes.elected) {
      if (partition.topic === GROUP_METADATA_TOPIC) {
        this.groups.onElected(partition.partition, partition.leaderEpoch);
      }
    }
  }
}
