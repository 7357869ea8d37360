import type { BrokerConfig } from "../config/broker-config.ts";
import { MoldauError } from "../core/errors.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type { MetadataState } from "../metadata/metadata-state.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode, errorName } from "../protocol/error-code.ts";
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from "../protocol/messages/allocate-producer-ids.ts";
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from "../protocol/messages/alter-configs.ts";
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from "../protocol/messages/broker-registration.ts";
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from "../protocol/messages/controller-registration.ts";
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from "../protocol/messages/create-partitions.ts";
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from "../protocol/messages/create-topics.ts";
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from "../protocol/messages/delete-topics.ts";
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../protocol/messages/incremental-alter-configs.ts";
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from "../protocol/messages/update-features.ts";
import { NotLeaderError, type RaftBatch } from "../raft/driver.ts";
import { decideAllocateProducerIds } from "./allocate-producer-ids.ts";
import { decideAssignDirectories, type DirectoryAssignment } from "./assign-directories.ts";
import { decideAlterConfigs } from "./alter-configs.ts";
import { decideAbortTransaction, decideBootstrap } from "./bootstrap.ts";
import {
  decideControlledShutdown,
  decideCordonLogDirs,
  decideFenceBroker,
  decideOnlineLogDirs,
  decideRegisterBroker,
  decideUnfenceBroker,
} from "./broker-registration.ts";
import { decideCreatePartitions } from "./create-partitions.ts";
import { decideCreateTopics } from "./create-topics.ts";
import type { ControllerState, Decision } from "./decision.ts";
import { decideDeleteTopics } from "./delete-topics.ts";
import { decideIncrementalAlterConfigs } from "./incremental-alter-configs.ts";
import { decideRegisterController } from "./register-controller.ts";
import { decideUpdateFeatures } from "./update-features.ts";

/** Where decisions are put down: the leader of the quorum. */
export interface Proposer {
  readonly isLeader: boolean;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /** Appends one batch; the metadata state has it when this returns. */
  propose(records: readonly ClusterRecord[]): RaftBatch<ClusterRecord>;
}

export interface ControllerOptions {
  readonly state: MetadataState;
  readonly proposer: Proposer;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: BrokerConfig;
  readonly clusterId: string;
}

/** Who asks, as far as decisions look at it. */
export interface ControllerContext {
  /** Version of the request; the newest one when left out. */
  readonly apiVersion?: number;
  readonly principal?: { readonly type: string; readonly name: string };
}

/** A block of producer ids. */
export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly size: number;
}

/** A reply that waits until all below an offset is committed. */
interface WaitingReply {
  readonly endOffset: number;
  readonly release: () => void;
  readonly fail: (error: Error) => void;
}

const NEWEST_VERSION = 0x7fff;
/** A change of many partitions that need not be whole is written in batches of so many records. */
export const RECORDS_PER_BATCH_MAX = 10_000;

/**
 * The active controller: decides one request after the other on the newest state, puts the records into
 * the metadata log, and answers when they are committed. What reads waits for what was decided before
 * it, so nobody is told of things that may still be lost.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #waiting: WaitingReply[] = [];
  #idleTimer: Timer | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#options.proposer.isLeader;
  }

  /**
   * Decides, records, and gives the reply when it is committed. The decision is one step: no other
   * comes between its reading and its records.
   * @throws NotLeaderError, also when leadership ends before the commit; then nobody knows the outcome
   */
  submit<R>(decide: (state: ControllerState) => Decision<R>): Promise<R> {
    const { proposer } = this.#options;
    try {
      if (!proposer.isLeader) throw new NotLeaderError("this node is not the active controller");
      const { records, reply } = decide(this.#state());
      if (records.length > 0) proposer.propose(records);
      return this.#whenCommitted(reply);
    } catch (thrown) {
      return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** The same for a decision whose records mean something one by one, and may be very many. */
  submitInParts(decide: (state: ControllerState) => Decision<void>): Promise<void> {
    return this.submit((state) => {
      const { records } = decide(state);
      let from = 0;
      for (; records.length - from > RECORDS_PER_BATCH_MAX; from += RECORDS_PER_BATCH_MAX) {
        this.#options.proposer.propose(records.slice(from, from + RECORDS_PER_BATCH_MAX));
      }
      return { records: from === 0 ? records : records.slice(from), reply: undefined };
    });
  }

  createTopics(
    request: CreateTopicsRequest,
    _context?: ControllerContext,
  ): Promise<CreateTopicsResponse> {
    return this.submit((state) => decideCreateTopics(state, request));
  }

  deleteTopics(
    request: DeleteTopicsRequest,
    context?: ControllerContext,
  ): Promise<DeleteTopicsResponse> {
    return this.submit((state) => decideDeleteTopics(state, request, versionOf(context)));
  }

  createPartitions(
    request: CreatePartitionsRequest,
    _context?: ControllerContext,
  ): Promise<CreatePartitionsResponse> {
    return this.submit((state) => decideCreatePartitions(state, request));
  }

  alterConfigs(
    request: AlterConfigsRequest,
    _context?: ControllerContext,
  ): Promise<AlterConfigsResponse> {
    return this.submit((state) => decideAlterConfigs(state, request));
  }

  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
    _context?: ControllerContext,
  ): Promise<IncrementalAlterConfigsResponse> {
    return this.submit((state) => decideIncrementalAlterConfigs(state, request));
  }

  updateFeatures(
    request: UpdateFeaturesRequest,
    context?: ControllerContext,
  ): Promise<UpdateFeaturesResponse> {
    return this.submit((state) => decideUpdateFeatures(state, request, versionOf(context)));
  }

  allocateProducerIdsFor(
    request: AllocateProducerIdsRequest,
  ): Promise<AllocateProducerIdsResponse> {
    return this.submit((state) => decideAllocateProducerIds(state, request));
  }

  /**
   * A block for the broker of this very process.
   * @throws MoldauError when it is not registered
   */
  async allocateProducerIds(): Promise<ProducerIdBlock> {
    const { config } = this.#options;
    const reply = await this.submit((state) => {
      const brokerEpoch = state.image.brokers.get(config.nodeId)?.epoch ?? -1;
      return decideAllocateProducerIds(state, { brokerId: config.nodeId, brokerEpoch });
    });
    if (reply.errorCode !== ErrorCode.NONE) {
      throw new MoldauError(`no producer ids: ${errorName(reply.errorCode)}`, {
        code: "PRODUCER_IDS_REFUSED",
        retriable: true,
      });
    }
    return { firstProducerId: reply.producerIdStart, size: reply.producerIdLen };
  }

  registerController(
    request: ControllerRegistrationRequest,
  ): Promise<ControllerRegistrationResponse> {
    return this.submit((state) => decideRegisterController(state, request));
  }

  registerBroker(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponse> {
    const { clusterId } = this.#options;
    return this.submit((state) => decideRegisterBroker(state, clusterId, request));
  }

  fenceBroker(brokerId: number): Promise<void> {
    return this.submitInParts((state) => decideFenceBroker(state, brokerId));
  }

  unfenceBroker(brokerId: number): Promise<void> {
    return this.submitInParts((state) => decideUnfenceBroker(state, brokerId));
  }

  beginControlledShutdown(brokerId: number): Promise<void> {
    return this.submitInParts((state) => decideControlledShutdown(state, brokerId));
  }

  cordonLogDirs(brokerId: number, logDirs: readonly string[]): Promise<void> {
    return this.submit((state) => decideCordonLogDirs(state, brokerId, logDirs));
  }

  /** These are the directories that a broker still has, after one failed. */
  onlineLogDirs(brokerId: number, logDirs: readonly string[]): Promise<void> {
    return this.submitInParts((state) => decideOnlineLogDirs(state, brokerId, logDirs));
  }

  /** Notes where a broker put replicas that had no directory of their own yet. */
  assignDirectories(brokerId: number, assignments: readonly DirectoryAssignment[]): Promise<void> {
    return this.submitInParts((state) => decideAssignDirectories(state, brokerId, assignments));
  }

  /** Begins to lead: puts in order what another controller left, bootstraps an empty cluster. */
  activate(bootstrapRecords: readonly ClusterRecord[] | undefined): Promise<void> {
    const { state } = this.#options;
    if (state.inTransaction) void this.submit(decideAbortTransaction).catch(() => undefined);
    const done = this.submit((now) => decideBootstrap(now, bootstrapRecords));
    this.#scheduleNoOp();
    return done;
  }

  /** Loses leadership or ends: nobody will hear of what was not committed. */
  deactivate(error: Error): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }

  /** All below `endOffset` is committed: gives the replies that waited for it. */
  committed(endOffset: number): void {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.endOffset <= endOffset) count++;
    if (count === 0) return;
    for (const { release } of this.#waiting.splice(0, count)) release();
  }

  #state(): ControllerState {
    const { state, proposer, clock, random, config } = this.#options;
    return {
      image: state.head,
      nextOffset: proposer.logEndOffset,
      nowMs: clock.nowMs(),
      random,
      config,
    };
  }

  #whenCommitted<R>(reply: R): Promise<R> {
    const { proposer } = this.#options;
    const endOffset = proposer.logEndOffset;
    if (endOffset <= proposer.highWatermark) return Promise.resolve(reply);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ endOffset, release: () => resolve(reply), fail: reject });
    });
  }

  /** Followers see by a record now and then that the log moves, and how far it is committed. */
  #scheduleNoOp(): void {
    const { clock, config } = this.#options;
    const intervalMs = config.get("metadata.max.idle.interval.ms");
    if (intervalMs <= 0) return;
    this.#idleTimer?.cancel();
    this.#idleTimer = clock.setTimer(intervalMs, () => {
      if (!this.isActive) return;
      // Whoever loses this record learns of it in other ways.
      void this.submit(decideNoOp).catch(() => undefined);
      this.#scheduleNoOp();
    });
  }
}

function decideNoOp(): Decision<void> {
  return { records: [{ kind: "NoOpRecord", version: 0, value: {} }], reply: undefined };
}

function versionOf(context: ControllerContext | undefined): number {
  return context?.apiVersion ?? NEWEST_VERSION;
}
