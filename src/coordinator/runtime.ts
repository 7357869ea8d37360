import { ErrorCode } from "../protocol/error-code.ts";
import type { CoordinatorMachine, WriteOperation } from "./machine.ts";
import { partitionOfKey } from "./partition-of-key.ts";
import { Shard, type ShardParts } from "./shard.ts";

/**
 * The shards of one coordinator: one per partition of its internal topic that this broker leads.
 * Knows nothing of what the machines keep.
 */
export class CoordinatorRuntime<M extends CoordinatorMachine<R>, R> {
  readonly #parts: ShardParts<M, R>;
  readonly #shards = new Map<number, Shard<M, R>>();
  #partitionCount: number | undefined;

  constructor(parts: ShardParts<M, R>) {
    this.#parts = parts;
  }

  /**
   * Begins to serve. The count of partitions decides where every key belongs, so it stays what it is
   * now, whatever becomes of the topic.
   */
  start(partitionCount: number): void {
    this.#partitionCount ??= partitionCount;
  }

  get isStarted(): boolean {
    return this.#partitionCount !== undefined;
  }

  /** The partition that a key belongs to; `undefined` before {@link start}. */
  partitionFor(key: string): number | undefined {
    return this.#partitionCount === undefined
      ? undefined
      : partitionOfKey(key, this.#partitionCount);
  }

  /** Partitions that are led here, in whatever state. */
  get partitions(): number[] {
    return [...this.#shards.keys()].sort((a, b) => a - b);
  }

  /** This broker leads the partition now. An epoch that is not newer is old news. */
  elected(partition: number, leaderEpoch: number): void {
    const current = this.#shards.get(partition);
    if (current !== undefined && current.leaderEpoch >= leaderEpoch) return;
    current?.unload();
    const shard = new Shard<M, R>(this.#parts, partition, leaderEpoch);
    this.#shards.set(partition, shard);
    shard.load();
  }

  /**
   * This broker leads the partition no more: `leaderEpoch` is the epoch of its successor, or
   * `undefined` when the partition is gone.
   */
  resigned(partition: number, leaderEpoch: number | undefined): void {
    const shard = this.#shards.get(partition);
    if (shard === undefined) return;
    if (leaderEpoch !== undefined && shard.leaderEpoch >= leaderEpoch) return;
    this.#shards.delete(partition);
    shard.unload();
  }

  /** Gives up all shards. */
  close(): void {
    for (const shard of this.#shards.values()) shard.unload();
    this.#shards.clear();
    this.#partitionCount = undefined;
  }

  /** Why a request to this partition cannot be served now, or NONE. */
  availability(partition: number): ErrorCode {
    if (!this.isStarted) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const shard = this.#shards.get(partition);
    return shard === undefined ? ErrorCode.NOT_COORDINATOR : shard.availability;
  }

  /** Runs an operation on the shard of a partition; without one it fails at once. */
  write<T>(partition: number, operation: WriteOperation<M, R, T>): void {
    const shard = this.#shards.get(partition);
    if (shard !== undefined && this.isStarted) shard.write(operation);
    else operation.fail(this.availability(partition));
  }

  /** The machine of an active shard, for its committed state; else the reason why there is none. */
  read(partition: number): M | ErrorCode {
    const error = this.availability(partition);
    const shard = this.#shards.get(partition);
    return error !== ErrorCode.NONE || shard === undefined ? error : shard.machine;
  }
}
