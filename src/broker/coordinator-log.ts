import type {
  CoordinatorAppendResult,
  CoordinatorLog,
  CoordinatorReadResult,
} from "../coordinator/log-port.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { Broker } from "./broker.ts";
import type { Partition } from "./partition.ts";

/** The partitions of one internal topic, as its coordinator sees them. */
export class InternalTopicLog implements CoordinatorLog {
  readonly #broker: () => Broker;
  readonly #topic: string;
  readonly #stopListening = new Map<number, () => void>();

  constructor(broker: () => Broker, topic: string) {
    this.#broker = broker;
    this.#topic = topic;
  }

  append(partition: number, batch: Buffer, leaderEpoch: number): CoordinatorAppendResult {
    const replica = this.#partition(partition);
    if (replica === undefined || !replica.isLeader || replica.leaderEpoch !== leaderEpoch) {
      return { kind: "failed", error: ErrorCode.NOT_LEADER_OR_FOLLOWER };
    }
    if (replica.isOffline) return { kind: "failed", error: ErrorCode.KAFKA_STORAGE_ERROR };
    const broker = this.#broker();
    const result = replica.appendAsLeader(batch, {
      origin: "coordinator",
      nowMs: broker.clock.nowMs(),
    });
    if (result.errorCode !== ErrorCode.NONE) return { kind: "failed", error: result.errorCode };
    if (result.flushRequired) {
      // The high watermark, and with it every answer, waits for the disk.
      replica.flush().catch((error: unknown) => {
        broker.logger.error(`cannot flush ${this.#topic}-${partition}`, { error });
      });
    }
    broker.replicas.readyFetches.run();
    return { kind: "appended", baseOffset: result.firstOffset, lastOffset: result.lastOffset };
  }

  read(partition: number, fromOffset: number, maxBytes: number): CoordinatorReadResult {
    const replica = this.#partition(partition);
    if (replica === undefined) return { kind: "failed", error: ErrorCode.NOT_LEADER_OR_FOLLOWER };
    if (fromOffset >= replica.log.logEndOffset) return { kind: "batches", bytes: Buffer.alloc(0) };
    const result = replica.log.read(fromOffset, {
      maxBytes,
      upToOffset: replica.log.logEndOffset,
      minOneBatch: true,
    });
    if (result.errorCode !== ErrorCode.NONE) return { kind: "failed", error: result.errorCode };
    const bytes = Buffer.concat(result.chunks);
    result.release?.();
    return { kind: "batches", bytes };
  }

  logStartOffset(partition: number): number {
    return this.#partition(partition)?.log.logStartOffset ?? -1;
  }

  logEndOffset(partition: number): number {
    return this.#partition(partition)?.log.logEndOffset ?? -1;
  }

  highWatermark(partition: number): number {
    return this.#partition(partition)?.highWatermark ?? -1;
  }

  maxMessageBytes(partition: number): number {
    return this.#partition(partition)?.log.config.maxMessageBytes ?? 0;
  }

  onHighWatermark(
    partition: number,
    listener: ((highWatermark: number) => void) | undefined,
  ): void {
    this.#stopListening.get(partition)?.();
    this.#stopListening.delete(partition);
    if (listener === undefined) return;
    const stop = this.#partition(partition)?.onHighWatermark(listener);
    if (stop !== undefined) this.#stopListening.set(partition, stop);
  }

  #partition(partition: number): Partition | undefined {
    return this.#broker().replicas.partitionOf(this.#topic, partition);
  }
}
