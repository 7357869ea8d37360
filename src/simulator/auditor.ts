import { ErrorCode } from "../protocol/error-code.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "../protocol/messages/describe-producers.ts";
import { fetchRequest } from "../protocol/messages/fetch.ts";
import { FetchSession } from "./actors/fetch-session.ts";
import { fetchFrom } from "./actors/fetching.ts";
import { findCoordinator } from "./actors/find-coordinator.ts";
import { EARLIEST, LATEST, listOffsets, MAX_TIMESTAMP } from "./actors/list-offsets.ts";
import { fetchOffsets } from "./actors/offsets.ts";
import type { ToldState } from "./checkers/replayed-state.ts";
import type { PartitionHistory, ReadBatch, RestartKind } from "./history.ts";
import type { Scene } from "./scene.ts";
import type { ActorConnection } from "./actor-connection.ts";
import type { SimRandom } from "./sim-random.ts";

const NAME = "auditor";
const RETRY_MS = 100;
/** Tries of one look; the node may be ended in between, or a disk be broken. */
const TRIES_MAX = 20;
const PARTITION_BYTES = 20_000;

/** Whether a batch of the producer is in the log: of others nothing need be known after a crash. */
function isInLog({ batches, logStart }: PartitionHistory, producerId: number): boolean {
  for (const { producerId: of, state, baseOffset } of batches.values()) {
    if (of === producerId && state === "acknowledged" && baseOffset >= logStart) return true;
  }
  return false;
}

/** Looks at everything the node holds: after restarts, at the end, and before and after quiet restarts. */
export class Auditor {
  readonly #scene: Scene;
  readonly #random: SimRandom;
  #client: ActorConnection | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#random = scene.random(NAME);
  }

  /**
   * After a restart: where every log begins and ends. What a loss of power was allowed to take is cut
   * from what is known.
   */
  async findAfter(how: RestartKind): Promise<boolean> {
    const { scene } = this;
    for (const partition of scene.history.livePartitions()) {
      const { batches } = partition;
      const before = new Set(batches.keys());
      const starts = await this.#list(partition, EARLIEST);
      const ends = await this.#list(partition, LATEST);
      if (!partition.isLive) continue;
      if (starts === undefined || ends === undefined) return false;
      scene.history.emit({ kind: "found", partition, how, logStart: starts, logEnd: ends });
      if (how !== "power loss") continue;
      for (const batch of partition.batches.values()) {
        if (batch.baseOffset < ends || !before.has(batch.id)) continue;
        if (batch.state === "acknowledged") batch.state = "lost";
      }
      scene.history.emit({ kind: "cut", partition, offset: ends });
    }
    return true;
  }

  /** Reads all of every partition. */
  async readEverything(): Promise<void> {
    for (const partition of this.scene.history.livePartitions()) await this.#readAll(partition);
  }

  /** Everything the node tells of its state, for comparison. Nothing when it cannot be asked now. */
  async stateOf(groups: readonly string[]): Promise<ToldState | undefined> {
    const { scene } = this;
    const replayed = new Map<string, string>();
    const noted = new Map<string, string>();
    // Retention goes on meanwhile.
    const partitions = scene.history
      .livePartitions()
      .filter(({ topic }) => topic.retentionsMs.size === 0 && topic.retentionsBytes.size === 0);
    for (const timestamp of [EARLIEST, LATEST, MAX_TIMESTAMP]) {
      const client = await this.#connect();
      const offsets =
        client === undefined ? undefined : await listOffsets(scene, client, partitions, timestamp);
      if (offsets === undefined) return undefined;
      for (const [{ name }, { offset, timestampMs }] of offsets) {
        const state = timestamp === EARLIEST ? noted : replayed;
        state.set(`offset ${timestamp} of ${name}`, `${offset} at ${timestampMs}`);
      }
    }
    const client = await this.#connect();
    if (client === undefined || !(await this.#addProducers(client, partitions, replayed))) {
      return undefined;
    }
    for (const group of groups) {
      const offsets = await fetchOffsets(scene, client, group, partitions);
      if (offsets === undefined) return undefined;
      for (const [{ name }, offset] of offsets) replayed.set(`${group} in ${name}`, String(offset));
    }
    return { replayed, noted };
  }

  /** Every group is served: its offsets can be committed and read. */
  async checkGroups(groups: readonly string[]): Promise<void> {
    for (const group of groups) {
      let isServed = false;
      for (let tries = 0; tries < TRIES_MAX && !isServed; tries++) {
        const client = await this.#connect();
        isServed = client !== undefined && (await this.#isServed(client, group));
        if (!isServed) await this.scene.sleep(RETRY_MS);
      }
      if (!isServed) this.scene.history.violate("liveness", `${group} is not served`);
    }
  }

  async #isServed(client: ActorConnection, group: string): Promise<boolean> {
    if (!(await findCoordinator(this.scene, client, group))) return false;
    const partitions = this.scene.history.livePartitions();
    return (await fetchOffsets(this.scene, client, group, partitions)) !== undefined;
  }

  close(): void {
    this.#client?.close();
  }

  get scene(): Scene {
    return this.#scene;
  }

  async #addProducers(
    client: ActorConnection,
    partitions: readonly PartitionHistory[],
    state: Map<string, string>,
  ): Promise<boolean> {
    const answer = await client.call(describeProducersRequest, describeProducersResponse, {
      topics: partitions.map(({ topic, index }) => ({
        name: topic.name,
        partitionIndexes: [index],
      })),
    });
    if (typeof answer === "symbol") return false;
    for (const { name, partitions: told } of answer.topics) {
      for (const { partitionIndex, errorCode, activeProducers } of told) {
        const topic = this.scene.history.topicNamed(name);
        this.scene.checkers.errors.told("DescribeProducers", errorCode, topic);
        if (errorCode !== ErrorCode.NONE) return false;
        const partition = topic?.partitions[partitionIndex];
        for (const { producerId, producerEpoch, lastSequence, lastTimestamp } of activeProducers) {
          if (partition === undefined || !isInLog(partition, producerId)) continue;
          const about = `producer ${producerId} of ${partition.name}`;
          state.set(about, `epoch ${producerEpoch} at ${lastSequence} of ${lastTimestamp}`);
        }
      }
    }
    return true;
  }

  async #connect(): Promise<ActorConnection | undefined> {
    if (this.#client?.isClosed === false) return this.#client;
    this.#client = await this.scene.connect(NAME, this.#random);
    if (this.#client === undefined) await this.scene.sleep(RETRY_MS);
    return this.#client;
  }

  async #list(partition: PartitionHistory, timestamp: number): Promise<number | undefined> {
    const { incarnation } = this.scene.broker;
    for (let tries = 0; tries < TRIES_MAX && partition.isLive; tries++) {
      if (this.scene.broker.incarnation !== incarnation || !this.scene.broker.isUp)
        return undefined;
      const client = await this.#connect();
      if (client === undefined) continue;
      const found = await listOffsets(this.scene, client, [partition], timestamp);
      const offset = found?.get(partition)?.offset;
      if (offset !== undefined) return offset;
      await this.scene.sleep(RETRY_MS);
    }
    return undefined;
  }

  async #readAll(partition: PartitionHistory): Promise<void> {
    const { scene } = this;
    const { incarnation } = scene.broker;
    const logStart = await this.#list(partition, EARLIEST);
    const logEnd = await this.#list(partition, LATEST);
    if (logStart === undefined || logEnd === undefined) return;
    const batches: ReadBatch[] = [];
    let position = logStart;
    for (let tries = 0; position < logEnd && tries < TRIES_MAX;) {
      if (!partition.isLive || scene.broker.incarnation !== incarnation) return;
      if (scene.history.violation !== undefined) return;
      const client = await this.#connect();
      if (client === undefined) return;
      const session = new FetchSession(client.versionOf(fetchRequest, 4), false);
      const wanted = [{ partition, fetchOffset: position }];
      const outcome = await fetchFrom(scene, client, session, wanted, {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1_000_000,
        partitionMaxBytes: this.#random.between(1, PARTITION_BYTES),
      });
      const fetched = outcome.kind === "answered" ? outcome.fetched[0] : undefined;
      // Retention or a deletion takes the beginning away under the reader.
      if (fetched?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return;
      const last = fetched?.batches.at(-1);
      if (fetched === undefined || last === undefined) {
        tries++;
        await scene.sleep(RETRY_MS);
        continue;
      }
      batches.push(...fetched.batches);
      position = last.nextOffset;
    }
    if (position < logEnd) {
      if (!scene.isDiskHurt && scene.broker.incarnation === incarnation && partition.isLive) {
        scene.history.violate("liveness", `${partition.name} cannot be read from ${position} on`);
      }
      return;
    }
    scene.history.emit({ kind: "audited", partition, logStart, batches });
  }
}
