import type { Consumer } from "../../client/consumer/consumer.ts";
import type { ConsumeOptions } from "../../client/consumer/consumer-options.ts";
import type { ConsumerRecord } from "../../client/consumer/consumer-record.ts";
import type { ClientGroup } from "../checkers/client-reads.ts";
import { ClientReader } from "../checkers/client-reads.ts";
import type { ClientPartition, ClientTopic } from "../client-history.ts";
import type { Scene } from "../scene.ts";
import type { Assignor } from "../seed-plan.ts";
import { readRecordId } from "../sent-records.ts";
import { ClientActor, type ClientSession } from "./client-actor.ts";

const LONG_WORK_MS_MAX = 3000;
const LONG_WORK_PROBABILITY = 0.01;
const BREAK_PROBABILITY = 0.02;
const COMMIT_PROBABILITY = 0.2;
const SEEK_PROBABILITY = 0.1;
const PAUSE_MS_MAX = 2000;
const COMMIT_MS_MAX = 90_000;

/** What a commit by hand may be told: the member is out of its group, or nobody answers in time. */
const commitErrors = [
  "CLOSED",
  "TIMED_OUT",
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
  "CONNECTION_CLOSED",
] as const;

/** The ways to take records; those "by key" begin in any order. */
const loopKinds = ["records", "batches", "for each", "by key", "poll"] as const;
type LoopKind = (typeof loopKinds)[number];

interface Reading {
  readonly session: ClientSession;
  readonly consumer: Consumer<string[]>;
  readonly reader: ClientReader;
  readonly options: ConsumeOptions;
  /** How it reads at the moment. */
  kind: LoopKind;
}

/** What a consumer reads, and with whom. */
export interface ConsumerPlan {
  readonly topics: readonly ClientTopic[];
  readonly group: string | undefined;
  /** All members of a group have the same. */
  readonly assignors: readonly [Assignor] | undefined;
}

/** Reads through the client's consumer: as a member of a group, or by itself, in every way there is. */
export class ClientConsumer extends ClientActor {
  readonly group: ClientGroup | undefined;
  readonly topics: readonly ClientTopic[];
  readonly #assignors: ConsumerPlan["assignors"];
  #reading: Reading | undefined;

  /** Without a group it reads everything from the beginning, and goes wherever it likes. */
  constructor(scene: Scene, name: string, plan: ConsumerPlan) {
    super(scene, name);
    this.topics = plan.topics;
    this.#assignors = plan.assignors;
    const { groupProgress } = scene.checkers;
    this.group = plan.group === undefined ? undefined : groupProgress.group(plan.group);
  }

  /** The partitions that it has at the moment. */
  get assignment(): readonly ClientPartition[] {
    const assignment = this.#reading?.consumer.assignment ?? [];
    return assignment.map(({ topic, partition }) => this.#partitionOf(topic, partition));
  }

  /** Whether it has been handed all that is known to be there. */
  get isAtEnd(): boolean {
    const { consumer } = this.#reading ?? {};
    if (consumer === undefined) return false;
    return this.topics.every((topic) =>
      topic.partitions.every((partition) => {
        const place = { topic: topic.name, partition: partition.index };
        if (!consumer.assignment.some((one) => isSame(one, place))) return false;
        return (consumer.position(place) ?? 0) >= partition.end;
      }),
    );
  }

  protected opened(session: ClientSession): void {
    const { scene } = this;
    const options = this.#options();
    const names = this.topics.map(({ name }) => name);
    const consumer = session.kafka.consume(names, options);
    const reader = new ClientReader(`${this.name}#${session.number}`, this.group === undefined);
    const reading: Reading = { session, consumer, reader, options, kind: "records" };
    this.#reading = reading;
    void this.#watchRebalances(reading);
    this.#loop(reading).catch((thrown: unknown) => {
      scene.checkers.clientErrors.told(this.name, thrown, []);
    });
  }

  protected act({ process }: ClientSession): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { random } = this;
    const { consumer } = reading;
    const maySeek = this.group === undefined && reading.kind !== "by key";
    if (maySeek && random.chance(SEEK_PROBABILITY)) this.#seek(reading);
    else if (random.chance(0.05)) {
      const some = consumer.assignment.filter(() => random.chance(0.5));
      consumer.pause(some);
      process.platform.clock.setTimer(random.fraction() * PAUSE_MS_MAX, () => {
        const has = (one: (typeof some)[number]): boolean =>
          consumer.assignment.some((other) => isSame(one, other));
        consumer.resume(some.filter((one) => has(one)));
      });
    }
  }

  protected override ended(): void {
    this.#reading = undefined;
  }

  #options(): ConsumeOptions {
    const { random, group } = this;
    const sizes: ConsumeOptions = {
      fetchMinBytes: random.pick([1, 1, 1, 500]),
      fetchWaitMs: random.pick([10, 200, 500]),
      fetchMaxBytes: random.pick([1, 2000, 1_000_000]),
      fetchPartitionMaxBytes: random.pick([1, 500, 100_000]),
      prefetchMaxBytes: random.pick([100, 5000, 1_000_000]),
      prefetchPartitionBytes: random.pick([1, 1000, 100_000]),
      metadataMaxAgeMs: random.pick([500, 5000]),
    };
    if (group === undefined) return sizes;
    return {
      ...sizes,
      group: group.name,
      commit: random.pick(["processed", "processed", { everyMs: 0 }, { everyMs: 200 }, "manual"]),
      sessionTimeoutMs: random.pick([1500, 6000]),
      heartbeatIntervalMs: random.pick([200, 500]),
      rebalanceTimeoutMs: random.pick([2000, 8000]),
      ...(this.#assignors === undefined ? {} : { assignors: this.#assignors }),
      ...(random.chance(0.2) ? { instanceId: `instance of ${this.name}` } : {}),
    };
  }

  async #watchRebalances({ consumer, reader }: Reading): Promise<void> {
    for await (const { kind, partitions } of consumer.rebalances()) {
      for (const { topic, partition } of partitions) {
        this.scene.world.trace.note("client rebalances", reader.name, kind, topic, partition);
        this.scene.checkers.polls.rebalanced(reader, this.#partitionOf(topic, partition));
      }
    }
  }

  /** One loop after the other, until the consumer is closed. */
  async #loop(reading: Reading): Promise<void> {
    const { consumer, session } = reading;
    while (!consumer.isClosed) {
      try {
        await this.#iterate(reading);
      } catch (thrown) {
        // Loops end with the consumer; a call says that it is closed.
        const closed = consumer.isClosed && reading.kind === "poll" ? ["CLOSED"] : [];
        const isFenced = reading.options.instanceId !== undefined && this.scene.mayHaveLostGroups;
        const fenced = isFenced ? ["FENCED_INSTANCE_ID"] : [];
        const what = `${reading.kind} of ${reading.reader.name}`;
        this.scene.checkers.clientErrors.told(what, thrown, [...closed, ...fenced]);
        if (!consumer.isClosed) this.renew(session);
        return;
      }
      // A loop that was left by break; whoever was closed meanwhile is seen above.
      await this.sleepIn(session, this.random.fraction() * 20);
    }
  }

  async #iterate(reading: Reading): Promise<void> {
    const { random } = this;
    const { consumer } = reading;
    const kind = random.pick(loopKinds);
    reading.kind = kind;
    this.scene.world.trace.note("client reads on", reading.reader.name, kind);
    if (kind === "records") {
      for await (const record of consumer) {
        await this.#workOn(reading, record);
        if (random.chance(BREAK_PROBABILITY)) break;
      }
    } else if (kind === "batches") {
      const max = random.between(1, 20);
      for await (const records of consumer.batches({ max, withinMs: random.pick([0, 50]) })) {
        await this.#workOnAll(reading, records);
        if (random.chance(BREAK_PROBABILITY)) break;
      }
    } else if (kind !== "poll") {
      const concurrency = kind === "by key" ? "key" : random.pick(["partition", 1, 4] as const);
      await consumer.forEach((record) => this.#workOn(reading, record), { concurrency });
    } else {
      for (let polls = random.between(1, 20); polls > 0 && !consumer.isClosed; polls--) {
        const records = await consumer.poll(random.pick([10, 500]), { max: random.between(1, 20) });
        await this.#workOnAll(reading, records);
      }
    }
  }

  async #workOnAll(reading: Reading, records: readonly ConsumerRecord[]): Promise<void> {
    for (const record of records) this.#take(reading, record);
    await this.#work(reading);
    for (const record of records) this.#done(record);
    await this.#commit(reading);
  }

  async #workOn(reading: Reading, record: ConsumerRecord): Promise<void> {
    this.#take(reading, record);
    await this.#work(reading);
    this.#done(record);
    await this.#commit(reading);
  }

  #take(reading: Reading, record: ConsumerRecord): void {
    const { scene, group } = this;
    const { consumer, reader } = reading;
    const { topic, offset, value } = record;
    const partition = this.#partitionOf(topic, record.partition);
    const isAssigned = consumer.assignment.some((one) => isSame(one, record));
    const isOrdered = reading.kind !== "by key";
    if (group !== undefined && isOrdered && !reader.partitions.has(partition)) {
      scene.checkers.groupProgress.begins(group, partition, offset);
    }
    scene.checkers.polls.delivered(reader, { partition, offset, isAssigned, isOrdered });
    scene.world.trace.note("client reads", reader.name, partition.name, offset);
    scene.history.emit({ kind: "record seen", partition, offset, id: readRecordId({ value }) });
  }

  async #work({ session }: Reading): Promise<void> {
    const { random } = this;
    if (random.chance(LONG_WORK_PROBABILITY)) {
      await this.sleepIn(session, random.fraction() * LONG_WORK_MS_MAX);
    } else if (random.chance(0.3)) await this.sleepIn(session, random.fraction() * 10);
  }

  #done(record: ConsumerRecord): void {
    if (this.group === undefined) return;
    const partition = this.#partitionOf(record.topic, record.partition);
    this.scene.checkers.groupProgress.processed(this.group, partition, record.offset);
  }

  /** By hand, now and then, where nobody else does it. */
  async #commit({ consumer, reader, session, options }: Reading): Promise<void> {
    if (options.commit !== "manual" || !this.random.chance(COMMIT_PROBABILITY)) return;
    const { clientErrors, clientPromises } = this.scene.checkers;
    const what = `a commit of ${reader.name}`;
    const ask = clientPromises.asked(what, COMMIT_MS_MAX);
    void session.process.life.ended.then(() => clientPromises.ended(ask));
    try {
      await consumer.commit();
    } catch (thrown) {
      clientErrors.told(what, thrown, commitErrors);
    }
    clientPromises.ended(ask);
  }

  #seek({ consumer, reader }: Reading): void {
    const { random } = this;
    const { assignment } = consumer;
    if (assignment.length === 0) return;
    const place = random.pick(assignment);
    const partition = this.#partitionOf(place.topic, place.partition);
    const offset = random.below(partition.end + 1);
    consumer.seek(place, offset);
    this.scene.world.trace.note("client seeks", reader.name, partition.name, offset);
    this.scene.checkers.polls.seeked(reader, partition, offset);
  }

  #partitionOf(topic: string, partition: number): ClientPartition {
    const found = this.scene.history.clients.topicNamed(topic);
    if (found === undefined) throw new Error(`a record of ${topic}, which nobody has made`);
    return found.partition(partition);
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

function isSame(one: Place, other: Place): boolean {
  return one.topic === other.topic && one.partition === other.partition;
}
