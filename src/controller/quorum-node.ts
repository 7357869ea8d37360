import type { BrokerConfig } from "../config/broker-config.ts";
import { quorumVotersOf } from "../config/listeners.ts";
import { logConfigOf, type LogConfig } from "../config/log-config.ts";
import { assert } from "../core/assert.ts";
import { MoldauError } from "../core/errors.ts";
import { ZERO_UUID, type Uuid } from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { KRAFT_VERSION, METADATA_VERSION, supportedFeatures } from "../metadata/features.ts";
import { recordsOfImage } from "../metadata/image-writer.ts";
import type { EndpointImage, MetadataImage } from "../metadata/image.ts";
import { MetadataState, type MetadataListener } from "../metadata/metadata-state.ts";
import { decodeClusterRecord, encodeClusterRecord } from "../metadata/record-codec.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { randomUuid, type Random } from "../platform/random.ts";
import { ErrorCode, errorName } from "../protocol/error-code.ts";
import type { BrokerRegistrationResponse } from "../protocol/messages/broker-registration.ts";
import type { DescribeQuorumResponse } from "../protocol/messages/describe-quorum.ts";
import { NotLeaderError, RaftDriver, type RaftListener } from "../raft/driver.ts";
import { BATCH_BYTES_MAX } from "../raft/snapshot.ts";
import type { ReplicaDescription } from "../raft/quorum-description.ts";
import { VoterSet, type VoterEndpoint } from "../raft/voter-set.ts";
import type { LogManager } from "../storage/log-manager.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Controller } from "./controller.ts";
import { SnapshotTrigger } from "./snapshot-trigger.ts";

export interface QuorumNodeOptions {
  readonly platform: { readonly disk: Disk; readonly clock: Clock; readonly random: Random };
  readonly logger: Logger;
  readonly config: BrokerConfig;
  /** Opened, its logs not loaded yet: that takes the metadata. */
  readonly logManager: LogManager;
  /** Directories that take no new replicas. */
  readonly cordonedLogDirIds?: readonly Uuid[];
  /** What clients are told, with the ports that are really open. */
  readonly brokerListeners: readonly EndpointImage[];
  readonly controllerListeners: readonly EndpointImage[];
  /** The metadata log failed or cannot be followed: the process must end. */
  readonly onFatal: (error: Error) => void;
}

/** Size of the metadata log's index files, whatever the settings of topics say. */
const METADATA_INDEX_BYTES = 10_485_760;

/** The features that this software supports, and those that the cluster has finalised. */
export interface FeaturesView {
  readonly supported: readonly {
    readonly name: string;
    readonly minVersion: number;
    readonly maxVersion: number;
  }[];
  readonly finalized: readonly { readonly name: string; readonly level: number }[];
  readonly finalizedEpoch: number;
}

/**
 * A combined node: voter and active controller of its quorum, and the registered broker of it.
 *
 * 1. {@link open} replays the log, leads, and proposes what a start has to say: bootstrap records,
 *    registrations. `head` has it at once; nothing is durable yet.
 * 2. The caller opens its logs with `head`.
 * 3. {@link unfence} lets the broker lead, and resolves when all of it is committed. Listeners of
 *    {@link onMetadata} have heard by then.
 * 4. {@link beginControlledShutdown} gives leaderships up, {@link close} fences the broker and ends.
 */
export class QuorumNode {
  readonly controller: Controller;
  readonly incarnationId: Uuid;
  readonly #options: QuorumNodeOptions;
  readonly #state: MetadataState;
  readonly #driver: RaftDriver<ClusterRecord>;
  #registration: Promise<BrokerRegistrationResponse> | undefined;
  readonly #fail: (error: Error) => void;
  #closed = false;

  private constructor(options: QuorumNodeOptions) {
    const { config, platform } = options;
    const { clusterId } = options.logManager;
    this.#options = options;
    this.#state = new MetadataState();
    this.incarnationId = randomUuid(platform.random);
    const trigger = new SnapshotTrigger(platform.clock, {
      bytesMax: config.get("metadata.log.max.record.bytes.between.snapshots"),
      intervalMs: config.get("metadata.log.max.snapshot.interval.ms"),
    });
    let leads = false;
    // Consensus speaks to the controller from the first call on, before there is one.
    const later: { controller: Controller | undefined } = { controller: undefined };
    const listener: RaftListener<ClusterRecord> = {
      loadSnapshot: ({ id, timestampMs, records }) => {
        const provenance = { offset: id.offset - 1, epoch: id.epoch, timestampMs };
        this.#state.loadSnapshot(records, provenance);
      },
      append: (batch) => {
        this.#state.append(batch);
        trigger.appended(batch.sizeBytes);
      },
      replayed: () => this.#state.replayed(),
      revert: () => this.#state.revert(),
      commit: (endOffset) => {
        this.#state.commitTo(endOffset);
        later.controller?.committed(endOffset);
        trigger.committed(this.#state.committed, (image) => this.#writeSnapshot(image));
      },
      leader: (_leaderId, _epoch, isSelf) => {
        if (leads && !isSelf) later.controller?.deactivate(new NotLeaderError("leadership ended"));
        leads = isSelf;
      },
    };
    const onFatal = (error: Error): void => {
      later.controller?.deactivate(error);
      options.onFatal(error);
    };
    this.#fail = onFatal;
    this.#driver = RaftDriver.open(driverOptions(options, listener, onFatal));
    this.controller = new Controller({
      state: this.#state,
      proposer: this.#driver,
      clock: platform.clock,
      random: platform.random,
      config,
      clusterId,
    });
    later.controller = this.controller;
  }

  /**
   * Opens the quorum of one and registers this node. Runs to completion; see the class for what is left.
   * @throws MoldauError for damaged files, for records of a newer version, for a quorum of others
   */
  static open(options: QuorumNodeOptions): QuorumNode {
    const node = new QuorumNode(options);
    assert(node.controller.isActive, "an only voter does not lead");
    node.#register();
    return node;
  }

  /** What is committed. Empty until the first sync after {@link open}. */
  get image(): MetadataImage {
    return this.#state.committed;
  }

  /** With everything that is in the log or was proposed: what a start can go on with. */
  get head(): MetadataImage {
    return this.#state.head;
  }

  get clusterId(): string {
    return this.#options.logManager.clusterId;
  }

  /** Epoch of this broker's registration. */
  get brokerEpoch(): number {
    return this.#state.head.brokers.get(this.#nodeId)?.epoch ?? -1;
  }

  /** Calls back for every image, in order, when it is committed; at once with what is there already. */
  onMetadata(listener: MetadataListener): void {
    this.#state.onPublish(listener);
  }

  /** Lets the broker lead. Resolves when that and all before it is committed. */
  async unfence(): Promise<void> {
    const unfenced = this.controller.unfenceBroker(this.#nodeId);
    // What fails the one fails the other; the first that is awaited tells.
    unfenced.catch(() => undefined);
    const registered = await this.#registration;
    assert(registered !== undefined, "the broker was never registered");
    if (registered.errorCode !== ErrorCode.NONE) {
      throw new MoldauError(
        `the registration of this broker was refused: ${errorName(registered.errorCode)}`,
        { code: "BROKER_REGISTRATION_REFUSED" },
      );
    }
    await unfenced;
  }

  /** A log directory failed: partitions in it lose this broker as leader. */
  directoriesChanged(): Promise<void> {
    const online = onlineDirectoryIds(this.#options.logManager);
    return this.controller.onlineLogDirs(this.#nodeId, online);
  }

  /**
   * Gives up leaderships; resolves when that is committed and listeners have heard of it, or when it
   * cannot be said any more: a stop goes on all the same.
   */
  async beginControlledShutdown(): Promise<void> {
    await this.#lastWord(() => this.controller.beginControlledShutdown(this.#nodeId));
  }

  /** Fences the broker and ends, with everything on disk. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.beginControlledShutdown();
    await this.#lastWord(() => this.controller.fenceBroker(this.#nodeId));
    this.controller.deactivate(new NotLeaderError("this node stops"));
    await this.#driver.close();
  }

  /** A stop that cannot be written down, on a full disk say, is found out at the next start. */
  async #lastWord(say: () => Promise<void>): Promise<void> {
    if (!this.controller.isActive) return;
    try {
      await say();
    } catch (error) {
      this.#options.logger.warn("the stop of this broker could not be written down", { error });
    }
  }

  /** Ends at once, as a crash would: nothing more is written, nobody is answered. */
  abandon(): void {
    this.#closed = true;
    this.controller.deactivate(new NotLeaderError("this node is gone"));
    this.#driver.abandon();
  }

  features(): FeaturesView {
    const { features, provenance } = this.image;
    const finalized = [...features.levels].map(([name, level]) => ({ name, level }));
    if (features.metadataVersion !== undefined) {
      finalized.unshift({ name: METADATA_VERSION, level: features.metadataVersion });
    }
    const { kraftVersion } = this.#driver;
    if (kraftVersion > 0) finalized.push({ name: KRAFT_VERSION, level: kraftVersion });
    return {
      supported: supportedFeatures.map(({ name, min, max }) => {
        return { name, minVersion: min, maxVersion: max };
      }),
      finalized,
      finalizedEpoch: provenance.offset,
    };
  }

  /** The answer to DescribeQuorum of the metadata partition. */
  describeQuorum(): DescribeQuorumResponse {
    const quorum = this.#driver.describeQuorum();
    const partition = {
      partitionIndex: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      leaderId: quorum.leaderId,
      leaderEpoch: quorum.leaderEpoch,
      highWatermark: quorum.highWatermark,
      currentVoters: quorum.voters.map(replicaState),
      observers: quorum.observers.map(replicaState),
    };
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      topics: [{ topicName: "__cluster_metadata", partitions: [partition] }],
      nodes: quorum.nodes.map(({ id, endpoints }) => ({ nodeId: id, listeners: endpoints })),
    };
  }

  get #nodeId(): number {
    return this.#options.config.nodeId;
  }

  /** Says in one go what a start has to say; all of it shares one sync. */
  #register(): void {
    const { config, logManager, cordonedLogDirIds = [] } = this.#options;
    const failed = (error: unknown): void => {
      if (error instanceof NotLeaderError) return;
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    };
    const features = supportedFeatures.map(({ name, min, max }) => {
      return { name, minSupportedVersion: min, maxSupportedVersion: max };
    });
    const { incarnationId } = this;
    const isNew = !this.head.brokers.has(this.#nodeId);
    this.controller.activate(this.#driver.bootstrapRecords).catch(failed);
    this.controller
      .registerController({
        controllerId: this.#nodeId,
        incarnationId,
        zkMigrationReady: false,
        listeners: this.#options.controllerListeners,
        features,
      })
      .catch(failed);
    // Whoever was registered under this id before is gone: this process holds its directories.
    this.controller.fenceBroker(this.#nodeId).catch(failed);
    this.#registration = this.controller.registerBroker({
      brokerId: this.#nodeId,
      clusterId: logManager.clusterId,
      incarnationId,
      listeners: this.#options.brokerListeners,
      features,
      rack: config.get("broker.rack"),
      isMigratingZkBroker: false,
      logDirs: onlineDirectoryIds(logManager),
      previousBrokerEpoch: logManager.previousBrokerEpoch,
    });
    this.#registration.catch(failed);
    // That nothing is cordoned is said once, of a broker nobody knew, and is understood later.
    if (isNew || cordonedLogDirIds.length > 0) {
      this.controller.cordonLogDirs(this.#nodeId, cordonedLogDirIds).catch(failed);
    }
  }

  async #writeSnapshot(image: MetadataImage): Promise<void> {
    const { offset, epoch, timestampMs } = image.provenance;
    const id = { offset: offset + 1, epoch };
    try {
      await this.#driver.writeSnapshot(id, timestampMs, recordsOfImage(image));
    } catch (error) {
      // The log still has everything; the next one may succeed.
      this.#options.logger.error("a metadata snapshot could not be written", { error });
    }
  }
}

function driverOptions(
  options: QuorumNodeOptions,
  listener: RaftListener<ClusterRecord>,
  onFatal: (error: Error) => void,
) {
  const { config, platform, logger, logManager } = options;
  const selfEndpoints: VoterEndpoint[] = options.controllerListeners.map(
    ({ name, host, port }) => ({ name, host, port }),
  );
  return {
    platform,
    logger,
    log: logManager.openMetadataLog({ config: metadataLogConfig(config) }),
    folder: logManager.metadataFolder,
    self: { id: config.nodeId, directoryId: logManager.metadataDirectory.id ?? ZERO_UUID },
    selfEndpoints,
    staticVoters: staticVotersOf(config),
    codec: { encode: encodeClusterRecord, decode: decodeClusterRecord },
    listener,
    timeouts: {
      electionTimeoutMs: config.get("controller.quorum.election.timeout.ms"),
      fetchTimeoutMs: config.get("controller.quorum.fetch.timeout.ms"),
      electionBackoffMaxMs: config.get("controller.quorum.election.backoff.max.ms"),
      retryBackoffMs: config.get("controller.quorum.retry.backoff.ms"),
    },
    retention: {
      bytes: config.get("metadata.max.retention.bytes"),
      ms: config.get("metadata.max.retention.ms"),
    },
    onFatal,
  };
}

function onlineDirectoryIds(logManager: LogManager): Uuid[] {
  const ids: Uuid[] = [];
  for (const { id, isOffline } of logManager.directories()) {
    if (id !== undefined && !isOffline) ids.push(id);
  }
  return ids.sort();
}

/** Snapshots decide how long the metadata log is kept, and consensus when it is flushed. */
function metadataLogConfig(config: BrokerConfig): LogConfig {
  return {
    ...logConfigOf(config, new Map()),
    segmentBytes: config.get("metadata.log.segment.bytes"),
    segmentMs: config.get("metadata.log.segment.ms"),
    segmentJitterMs: 0,
    segmentIndexBytes: METADATA_INDEX_BYTES,
    retentionMs: -1,
    retentionBytes: -1,
    flushMessages: Number.MAX_SAFE_INTEGER,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: BATCH_BYTES_MAX,
    messageTimestampType: "CreateTime",
    compressionType: "producer",
    compact: false,
    delete: true,
    preallocate: false,
  };
}

/** The voters of `controller.quorum.voters`, whose directories nobody knows. */
export function staticVotersOf(config: BrokerConfig): VoterSet {
  const name = config.get("controller.listener.names")[0] ?? "CONTROLLER";
  return new VoterSet(
    quorumVotersOf(config).map(({ id, host, port }) => ({
      id,
      directoryId: ZERO_UUID,
      endpoints: [{ name, host, port }],
      kraftVersionMin: 0,
      kraftVersionMax: 0,
    })),
  );
}

function replicaState(replica: ReplicaDescription) {
  return {
    replicaId: replica.id,
    replicaDirectoryId: replica.directoryId,
    logEndOffset: replica.logEndOffset,
    lastFetchTimestamp: replica.lastFetchTimestampMs,
    lastCaughtUpTimestamp: replica.lastCaughtUpTimestampMs,
  };
}
