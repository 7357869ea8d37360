import { ErrorCode } from "../../protocol/error-code.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import {
  produceRequest,
  produceResponse,
  type ProduceResponse,
} from "../../protocol/messages/produce.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import type { KnownMarks, PartitionHistory, SentBatch } from "../history.ts";
import { bytesOfBatch } from "../sent-records.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";
import { Actor } from "./actor.ts";
import { PartitionStream, type NewBatch, type ProducerIdentity } from "./partition-stream.ts";

const REQUESTS_MAX = 6;
const TIMEOUT_MS = 5000;
const RETRY_PAUSE_MS = 50;
const ANONYMOUS = { producerId: -1, producerEpoch: -1 };
/** From here on a batch may have any codec that Kafka knows. */
const ZSTD_VERSION = 7;
const TOPIC_ID_VERSION = 13;

export interface ProducerKind {
  readonly isIdempotent: boolean;
  /** Whether a batch whose fate is not known is sent again. */
  readonly retries: boolean;
}

interface Shipment {
  readonly stream: PartitionStream;
  readonly batch: SentBatch;
  readonly known: KnownMarks;
}

type PartitionAnswer = ElementOf<ElementOf<ProduceResponse["responses"]>["partitionResponses"]>;

/** Writes to partitions of its choice, several requests at a time. */
export class Producer extends Actor {
  readonly #kind: ProducerKind;
  readonly #streams = new Map<PartitionHistory, PartitionStream>();
  readonly #underWay = new Set<Promise<void>>();
  #identities = 0;
  #identity: ProducerIdentity | undefined;

  constructor(scene: Scene, name: string, kind: ProducerKind) {
    super(scene, name);
    this.#kind = kind;
  }

  protected async act(): Promise<void> {
    const client = await this.client();
    if (client === undefined) return;
    const identity = this.#identity ?? (await this.#obtainIdentity(client));
    if (identity === undefined) return;
    this.#identity = identity;
    if (this.#underWay.size >= REQUESTS_MAX) await Promise.race(this.#underWay);
    // Meanwhile the connection may be gone, and the identity too.
    if (client.isClosed || this.#identity !== identity) return;
    this.#send(client, identity, true);
  }

  /** Sends what must be sent again, until everything is settled or cannot be. */
  async finish(untilMs: number): Promise<void> {
    while (this.scene.world.clock.monotonicMs() < untilMs) {
      await this.settle();
      const identity = this.#identity;
      if (identity === undefined || this.#unsettled() === 0) return;
      const client = await this.client();
      if (client !== undefined) this.#send(client, identity, false);
      await this.scene.sleep(RETRY_PAUSE_MS);
    }
  }

  /** Batches of which it is not known what became of them, save those of topics that are gone. */
  #unsettled(): number {
    let count = 0;
    for (const stream of this.#streams.values()) {
      if (stream.partition.isLive) count += stream.unresolved.length;
      else stream.giveUp();
    }
    return count;
  }

  protected override async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #obtainIdentity(client: ActorConnection): Promise<ProducerIdentity | undefined> {
    const name = `${this.name}#${this.#identities}`;
    if (!this.#kind.isIdempotent) {
      this.#identities++;
      return { name, ...ANONYMOUS };
    }
    const answer = await client.call(initProducerIdRequest, initProducerIdResponse, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    });
    if (answer === LOST) return undefined;
    this.scene.checkers.errors.told("InitProducerId", answer.errorCode);
    if (answer.errorCode !== ErrorCode.NONE) return undefined;
    this.scene.checkers.producerIds.given(answer.producerId, answer.producerEpoch);
    this.#identities++;
    return { name, producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  #send(client: ActorConnection, identity: ProducerIdentity, withNew: boolean): void {
    const { random, scene } = this;
    const shipments: Shipment[] = [];
    for (const partition of scene.history.livePartitions()) {
      if (withNew && !random.chance(0.5)) continue;
      const stream = this.#streamOf(partition, identity);
      if (!stream.canSend || (!withNew && !stream.hasWaiting)) continue;
      const batch = stream.next(scene.broker.incarnation, () => this.#describeBatch(partition));
      shipments.push({ stream, batch, known: scene.marksOf(partition) });
      if (shipments.length === 4) break;
    }
    if (shipments.length === 0) return;
    const acks = this.#kind.isIdempotent ? -1 : random.pick([0, 1, 1, -1]);
    const request = this.#ship(client, acks, shipments).finally(() => {
      this.#underWay.delete(request);
    });
    this.#underWay.add(request);
  }

  #streamOf(partition: PartitionHistory, identity: ProducerIdentity): PartitionStream {
    let stream = this.#streams.get(partition);
    if (stream === undefined) {
      stream = new PartitionStream(partition, identity);
      this.#streams.set(partition, stream);
    }
    return stream;
  }

  #describeBatch(partition: PartitionHistory): NewBatch {
    const { random, scene } = this;
    const { plan, world } = scene;
    const count = random.chance(0.05) ? random.between(1, 60) : random.between(1, 8);
    const valueSizes: number[] = [];
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const size = random.between(8, plan.valueBytesMax);
      bytes += size + 30;
      if (i > 0 && bytes > partition.topic.batchBytesMax) break;
      valueSizes.push(Math.min(size, partition.topic.batchBytesMax));
    }
    return {
      id: scene.batchId(),
      valueSizes,
      timestampMs: world.clock.nowMs(),
      compression: random.pick(plan.codecs),
    };
  }

  async #ship(
    client: ActorConnection,
    acks: number,
    shipments: readonly Shipment[],
  ): Promise<void> {
    // A request that names a topic may come late, to another topic of that name.
    const byId = this.scene.plan.reusesNames;
    const version = client.versionOf(produceRequest, byId ? TOPIC_ID_VERSION : ZSTD_VERSION);
    const body = {
      acks,
      timeoutMs: TIMEOUT_MS,
      topicData: shipments.map(({ batch }) => ({
        name: batch.partition.topic.name,
        topicId: batch.partition.topic.id,
        partitionData: [{ index: batch.partition.index, records: bytesOfBatch(batch) }],
      })),
    };
    if (acks === 0) {
      client.post(produceRequest, produceResponse, body, version);
      for (const { stream, batch } of shipments) stream.resolved(batch, "given up");
      return;
    }
    const answer = await client.call(produceRequest, produceResponse, body, {
      version,
      waitMs: TIMEOUT_MS,
    });
    if (answer === LOST) {
      for (const shipment of shipments) this.#lost(shipment);
      return;
    }
    let failed = false;
    for (const shipment of shipments) {
      const { topic, index } = shipment.batch.partition;
      const found = answer.responses
        .filter((one) =>
          version >= TOPIC_ID_VERSION ? one.topicId === topic.id : one.name === topic.name,
        )
        .flatMap(({ partitionResponses }) => partitionResponses)
        .find((one) => one.index === index);
      if (found === undefined) {
        this.scene.history.violate("expected-errors", "Produce answers without a partition");
        return;
      }
      failed = !this.#answered(shipment, found) || failed;
    }
    if (failed) await this.scene.sleep(RETRY_PAUSE_MS);
  }

  /** Takes note of what became of a batch; false when it must be sent again. */
  #answered({ stream, batch, known }: Shipment, answer: PartitionAnswer): boolean {
    const { history, checkers, broker } = this.scene;
    const { partition } = batch;
    const { errorCode, baseOffset, logStartOffset } = answer;
    if (errorCode === ErrorCode.NONE) {
      batch.baseOffset = baseOffset;
      stream.resolved(batch, "acknowledged");
      if (!partition.isLive) return true;
      const isCurrent = known.incarnation === broker.incarnation;
      history.emit({ kind: "acknowledged", batch, baseOffset, isCurrent });
      if (logStartOffset >= 0) this.scene.tellMarks(partition, known, { logStart: logStartOffset });
      return true;
    }
    if (checkers.sequences.isSequenceError(errorCode)) {
      if (!stream.isFirst(batch)) {
        stream.failed();
        return false;
      }
      if (partition.isLive) checkers.sequences.refused(batch, errorCode);
      this.#beginAnew(stream);
      stream.resolved(batch, "given up");
      return false;
    }
    checkers.errors.told("Produce", errorCode, partition.topic, [
      ErrorCode.INVALID_TIMESTAMP,
      // What was sent by name has come to a new topic, whose segments are smaller.
      ...(partition.isLive ? [] : [ErrorCode.RECORD_LIST_TOO_LARGE]),
    ]);
    if (errorCode === ErrorCode.INVALID_TIMESTAMP) {
      this.#beginAnew(stream);
      stream.resolved(batch, "refused");
      return true;
    }
    batch.wasRefused = true;
    if (!partition.isLive || !this.#kind.retries) stream.resolved(batch, "given up");
    else stream.failed();
    return false;
  }

  #lost({ stream, batch }: Shipment): void {
    if (this.#kind.retries && batch.partition.isLive) stream.failed();
    else stream.resolved(batch, "given up");
  }

  /** The stream cannot go on: its batches are given up, and those to come have another identity. */
  #beginAnew(stream: PartitionStream): void {
    stream.giveUp();
    this.#streams.delete(stream.partition);
    if (!this.#kind.isIdempotent) return;
    for (const other of this.#streams.values()) other.giveUp();
    this.#streams.clear();
    this.#identity = undefined;
  }
}
