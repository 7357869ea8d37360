import { ErrorCode } from "../../protocol/error-code.ts";
import { fetchRequest } from "../../protocol/messages/fetch.ts";
import type { PartitionHistory } from "../history.ts";
import { Actor } from "./actor.ts";
import { FetchSession } from "./fetch-session.ts";
import { fetchFrom, type FetchOptions } from "./fetching.ts";

/** Reads partitions of its choice: on and on at the end, and now and then from somewhere in the past. */
export class Reader extends Actor {
  readonly #positions = new Map<PartitionHistory, number>();
  #session: FetchSession | undefined;

  protected async act(): Promise<void> {
    const client = await this.client();
    if (client === undefined) return;
    const { random, scene } = this;
    this.#choose();
    if (random.chance(0.03)) this.#session = undefined;
    this.#session ??= new FetchSession(client.versionOf(fetchRequest, 4), random.chance(0.7));
    const wanted = [...this.#positions].map(([partition, fetchOffset]) => ({
      partition,
      fetchOffset,
    }));
    const outcome = await fetchFrom(scene, client, this.#session, wanted, this.#sizes());
    if (outcome.kind !== "answered") {
      this.#session = undefined;
      return;
    }
    for (const { partition, fetchOffset, errorCode, batches } of outcome.fetched) {
      if (this.#positions.get(partition) !== fetchOffset) continue;
      const last = batches.at(-1);
      if (last !== undefined) this.#positions.set(partition, last.nextOffset);
      else if (errorCode !== ErrorCode.NONE) this.#forget(partition);
    }
  }

  protected override connected(): void {
    if (this.random.chance(0.5)) this.#session = undefined;
  }

  /** Changes what is read, sometimes. */
  #choose(): void {
    const { random, scene } = this;
    const live = scene.history.livePartitions();
    for (const partition of this.#positions.keys()) {
      const isLive = live.includes(partition);
      if (isLive && !random.chance(0.01)) continue;
      this.#forget(partition);
    }
    for (const partition of live) {
      const isRead = this.#positions.has(partition);
      if (isRead ? !random.chance(0.05) : !random.chance(0.5)) continue;
      const { logStart, highWatermark } = partition;
      const end = Math.max(highWatermark, logStart);
      this.#positions.set(partition, random.chance(0.3) ? end : random.between(logStart, end));
    }
  }

  #forget(partition: PartitionHistory): void {
    this.#positions.delete(partition);
    // Where topics go by name, a new one of that name would be taken for it.
    if (!partition.isLive) this.#session = undefined;
  }

  #sizes(): FetchOptions {
    const { random } = this;
    return {
      maxWaitMs: random.pick([0, 10, 200, 1000]),
      minBytes: random.pick([0, 1, 1, 1000]),
      maxBytes: random.pick([1, 3000, 1_000_000]),
      partitionMaxBytes: random.pick([1, 500, 100_000]),
    };
  }
}
