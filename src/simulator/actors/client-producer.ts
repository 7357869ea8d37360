import type { Producer } from "../../client/producer/producer.ts";
import type { ProducerOptions } from "../../client/producer/options.ts";
import type { RecordMetadata } from "../../client/producer/producer-record.ts";
import type { ClientRecord, ClientSender, ClientTopic } from "../client-history.ts";
import { readRecordId, recordIdOf, valueOfRecord } from "../sent-records.ts";
import { ClientActor, type ClientSession } from "./client-actor.ts";

const BURST_MAX = 12;
const KEYS = 5;
/** Beyond the time that a record is tried: for room and metadata before, and for the answer under way. */
const SEND_SLACK_MS = 10_000;
const BLOCK_TIMEOUT_MS = 30_000;

/** What a record may be given up for. */
const sendErrors = [
  "TIMED_OUT",
  "CLOSED",
  "BUFFER_FULL",
  // A clock that was set back makes records of the future.
  "INVALID_TIMESTAMP",
  // After a restart the broker knows the newest batch of each producer alone.
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
] as const;

interface Sending {
  readonly producer: Producer;
  readonly sender: ClientSender;
  readonly options: ProducerOptions;
  readonly deliveryTimeoutMs: number;
  order: number;
}

/** Sends records through the client's producer, several at a time, in every way there is. */
export class ClientProducer extends ClientActor {
  #sending: Sending | undefined;
  #producers = 0;
  /** Records of the process that nobody has heard of yet. */
  readonly #open = new Set<ClientRecord>();
  /** Records that the next flush settles. */
  readonly #posted = new Set<ClientRecord>();

  /** Resolves when every record that was sent is settled. */
  async settled(): Promise<void> {
    while (this.#open.size > 0 && this.scene.history.violation === undefined) {
      const { session } = this;
      if (session !== undefined && this.#sending !== undefined && this.#posted.size > 0) {
        this.#flush(session, this.#sending);
      }
      await this.scene.sleep(50);
    }
  }

  protected opened(session: ClientSession): void {
    this.#sending = this.#begin(session);
  }

  /** A producer with options of its own. */
  #begin({ kafka }: ClientSession): Sending {
    const { random, scene } = this;
    const isIdempotent = random.chance(0.8);
    const deliveryTimeoutMs = random.pick([3000, 20_000, 120_000]);
    const inFlightRequestsMax = random.between(1, 5);
    const options: ProducerOptions = {
      acks: isIdempotent ? -1 : random.pick([1, -1]),
      idempotent: isIdempotent,
      compression: random.pick(scene.plan.codecs),
      lingerMs: random.pick([undefined, undefined, 0, 5, 50]),
      batchBytes: random.pick([200, 1000, 20_000]),
      inFlightRequestsMax,
      deliveryTimeoutMs,
      blockTimeoutMs: BLOCK_TIMEOUT_MS,
      retryBackoffMs: random.pick([1, 20, 100]),
      onError: (error, records) => {
        scene.checkers.clientErrors.told(`a post of ${this.name}`, error, sendErrors);
        for (const record of records) {
          const id = readRecordId({ value: Buffer.from(record.value ?? []) });
          const found = id === undefined ? undefined : scene.history.clients.records.get(id);
          if (found !== undefined) this.#settle(found, "failed");
        }
      },
    };
    const sender: ClientSender = {
      name: `${this.name}#${this.#producers++}`,
      isIdempotent,
    };
    const producer = kafka.producer(options);
    return { producer, sender, options, deliveryTimeoutMs, order: 0 };
  }

  protected act(session: ClientSession): void {
    const sending = this.#sending;
    if (sending === undefined) return;
    const { random, scene } = this;
    const topic = random.pick(scene.history.clients.topics);
    const what = random.fraction();
    if (what < 0.6) this.#send(session, sending, topic);
    else if (what < 0.75) this.#sendAll(session, sending, topic);
    else if (what < 0.9) this.#post(sending, topic);
    else if (what < 0.98) this.#flush(session, sending);
    else this.#renew(session, sending);
  }

  protected override ended(): void {
    for (const record of this.#open) this.#settle(record, "unknown");
    this.#posted.clear();
    this.#sending = undefined;
  }

  #send(session: ClientSession, sending: Sending, topic: ClientTopic): void {
    for (let i = this.random.between(1, BURST_MAX); i > 0; i--) {
      const record = this.#make(sending, topic);
      const sent = sending.producer.send(topic.name, this.#toSend(record));
      void this.#outcome(
        session,
        sending,
        [record],
        sent.then((metadata) => [metadata]),
      );
    }
  }

  #sendAll(session: ClientSession, sending: Sending, topic: ClientTopic): void {
    const records: ClientRecord[] = [];
    for (let i = this.random.between(1, BURST_MAX); i > 0; i--) {
      records.push(this.#make(sending, topic));
    }
    const sent = sending.producer.sendAll(
      topic.name,
      records.map((record) => this.#toSend(record)),
    );
    void this.#outcome(session, sending, records, sent);
  }

  /** Posted records are settled by the next flush, or by `onError` before. */
  #post(sending: Sending, topic: ClientTopic): void {
    for (let i = this.random.between(1, BURST_MAX); i > 0; i--) {
      const record = this.#make(sending, topic);
      try {
        sending.producer.post(topic.name, this.#toSend(record));
        this.#posted.add(record);
      } catch (thrown) {
        this.scene.checkers.clientErrors.told(`a post of ${this.name}`, thrown, sendErrors);
        this.#settle(record, "failed");
      }
    }
  }

  #flush(session: ClientSession, sending: Sending): void {
    const posted = [...this.#posted];
    this.#posted.clear();
    void this.#outcome(session, sending, posted, sending.producer.flush());
  }

  /** The producer is closed, in no time or in some, and another one takes its place. */
  #renew(session: ClientSession, sending: Sending): void {
    const posted = [...this.#posted];
    this.#posted.clear();
    const drainMs = this.random.pick([0, 50, 1000]);
    void this.#outcome(session, sending, posted, sending.producer.close({ drainMs }));
    this.#sending = this.#begin(session);
  }

  #make(sending: Sending, topic: ClientTopic): ClientRecord {
    const { random, scene } = this;
    const id = recordIdOf(scene.batchId(), 0);
    const record: ClientRecord = {
      id,
      sender: sending.sender,
      order: sending.order++,
      topic,
      wantedPartition: random.chance(0.5) ? random.below(topic.partitions.length) : -1,
      state: "open",
      place: undefined,
      acknowledgedAt: undefined,
    };
    scene.history.clients.records.set(id, record);
    this.#open.add(record);
    return record;
  }

  #toSend({ id, wantedPartition }: ClientRecord) {
    const { random, scene } = this;
    return {
      key: random.chance(0.5) ? `key ${id % KEYS}` : null,
      value: valueOfRecord(id, random.between(8, scene.plan.valueBytesMax)),
      ...(wantedPartition < 0 ? {} : { partition: wantedPartition }),
    };
  }

  /** Waits for what becomes of records; those that the process takes with it stay unknown. */
  async #outcome(
    { process }: ClientSession,
    sending: Sending,
    records: readonly ClientRecord[],
    sent: Promise<readonly RecordMetadata[] | void>,
  ): Promise<void> {
    const { clientPromises, clientErrors } = this.scene.checkers;
    const atMostMs = sending.deliveryTimeoutMs + BLOCK_TIMEOUT_MS + SEND_SLACK_MS;
    const ask = clientPromises.asked(`a send of ${sending.sender.name}`, atMostMs);
    void process.life.ended.then(() => clientPromises.ended(ask));
    try {
      const metadata = await sent;
      records.forEach((record, index) => this.#acknowledged(record, metadata?.[index]));
    } catch (thrown) {
      clientErrors.told(`a send of ${sending.sender.name}`, thrown, sendErrors);
      for (const record of records) this.#settle(record, "failed");
    }
    clientPromises.ended(ask);
  }

  #acknowledged(record: ClientRecord, metadata: RecordMetadata | undefined): void {
    if (!this.#settle(record, "acknowledged") || metadata === undefined) return;
    const { history } = this.scene;
    const topic = history.clients.topicNamed(metadata.topic) ?? record.topic;
    const partition = topic.partition(metadata.partition);
    history.emit({ kind: "record acknowledged", record, partition, offset: metadata.offset });
  }

  /** False when it was settled before. */
  #settle(record: ClientRecord, state: ClientRecord["state"]): boolean {
    if (record.state !== "open") return false;
    record.state = state;
    this.#open.delete(record);
    return true;
  }
}
