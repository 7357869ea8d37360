import type { Uuid } from "../core/uuid.ts";
import { ClientHistory, type ClientEvent } from "./client-history.ts";
import type { BatchDescription } from "./sent-records.ts";

/** How the node came back. */
export type RestartKind = "clean" | "kill" | "power loss";

/** What a client knows of a batch it sent. */
export type BatchState =
  /** Being sent, perhaps again. */
  | "open"
  | "acknowledged"
  /** Refused for good: it is not in the log. */
  | "refused"
  /** Nobody tries any more; it may be in the log. */
  | "given up"
  /** It was in the log, and a loss of power took it as its durability allows. */
  | "lost";

/** A batch that a producer sent. */
export interface SentBatch extends BatchDescription {
  readonly partition: PartitionHistory;
  /** Counts the batches of one producer to one partition. */
  readonly order: number;
  /** Names the producer; a new identity is a new one. */
  readonly producer: string;
  readonly sizeBytes: number;
  state: BatchState;
  /** Requests it went out in. */
  attempts: number;
  /** The process that it was sent to first. */
  sentTo: number;
  /** The node has refused it once, for a reason that may pass. */
  wasRefused: boolean;
  baseOffset: number;
}

export class TopicHistory {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: PartitionHistory[] = [];
  /** Everything is synced before it is acknowledged. */
  readonly isStrict: boolean;
  /** Bytes of records that a batch may have, for the smallest segments of the topic. */
  readonly batchBytesMax: number;
  /** `retention.ms` and `retention.bytes` that were in force at some time; -1 is no limit. */
  readonly retentionsMs = new Set<number>();
  readonly retentionsBytes = new Set<number>();
  state: "live" | "being deleted" | "deleted" = "live";

  constructor(
    name: string,
    id: Uuid,
    traits: { readonly isStrict: boolean; readonly batchBytesMax: number },
  ) {
    this.name = name;
    this.id = id;
    this.isStrict = traits.isStrict;
    this.batchBytesMax = traits.batchBytesMax;
  }

  get isLive(): boolean {
    return this.state === "live";
  }
}

/** What is known of one partition. */
export class PartitionHistory {
  readonly topic: TopicHistory;
  readonly index: number;
  readonly batches = new Map<number, SentBatch>();
  /** Greatest high watermark seen since the node started. */
  highWatermark = 0;
  /** Greatest start of the log seen. */
  logStart = 0;
  /** Up to where somebody asked to delete. */
  deletionAskedTo = 0;

  constructor(topic: TopicHistory, index: number) {
    this.topic = topic;
    this.index = index;
  }

  get name(): string {
    return `${this.topic.name}-${this.index}`;
  }

  get isLive(): boolean {
    return this.topic.state === "live";
  }
}

/** What was known of a partition when a request was sent; an answer may not fall behind it. */
export interface KnownMarks {
  readonly incarnation: number;
  readonly highWatermark: number;
  readonly logStart: number;
}

/** A batch as it was read. */
export interface ReadBatch {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly sizeBytes: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** The records that it holds, in order. */
  readonly ids: readonly number[];
}

/** What happens in a run, as far as somebody checks it. */
export type HistoryEvent =
  | {
      readonly kind: "acknowledged";
      readonly batch: SentBatch;
      readonly baseOffset: number;
      /** By the process that runs now. */
      readonly isCurrent: boolean;
    }
  | {
      readonly kind: "read";
      readonly partition: PartitionHistory;
      readonly batches: readonly ReadBatch[];
    }
  | {
      readonly kind: "marks";
      readonly partition: PartitionHistory;
      readonly known: KnownMarks;
      readonly incarnation: number;
      /** `undefined` where the answer does not tell. */
      readonly highWatermark: number | undefined;
      readonly logStart: number | undefined;
    }
  /** The node serves again; `found` follows for every partition. */
  | {
      readonly kind: "restarted";
      readonly how: RestartKind;
      readonly partitions: readonly PartitionHistory[];
    }
  | {
      readonly kind: "found";
      readonly partition: PartitionHistory;
      readonly how: RestartKind;
      readonly logStart: number;
      readonly logEnd: number;
    }
  /** Everything from `offset` on is gone, as it may be. */
  | { readonly kind: "cut"; readonly partition: PartitionHistory; readonly offset: number }
  /** All of a partition was read at one time. */
  | {
      readonly kind: "audited";
      readonly partition: PartitionHistory;
      readonly logStart: number;
      readonly batches: readonly ReadBatch[];
    }
  | {
      readonly kind: "deletion acknowledged";
      readonly partition: PartitionHistory;
      readonly lowWatermark: number;
    }
  | { readonly kind: "topic deleted"; readonly topic: TopicHistory }
  | ClientEvent;

/** Watches one invariant. */
export interface Checker {
  readonly name: string;
  on?(event: HistoryEvent): void;
}

/** An invariant that was broken. */
export interface Violation {
  readonly checker: string;
  readonly message: string;
}

/** How a checker says that its invariant is broken. */
export type Fail = (message: string) => void;

/** Everything that was seen in a run, handed to those who check it. The first violation counts. */
export class History {
  readonly topics = new Map<Uuid, TopicHistory>();
  readonly clients = new ClientHistory();
  readonly #checkers: Checker[] = [];
  #violation: Violation | undefined;

  get violation(): Violation | undefined {
    return this.#violation;
  }

  get checkers(): readonly Checker[] {
    return this.#checkers;
  }

  add<C extends Checker>(make: (fail: Fail) => C): C {
    const checker: C = make((message) => this.violate(checker.name, message));
    this.#checkers.push(checker);
    return checker;
  }

  emit(event: HistoryEvent): void {
    for (const checker of this.#checkers) checker.on?.(event);
  }

  violate(checker: string, message: string): void {
    this.#violation ??= { checker, message };
  }

  /** The topics that nobody has asked to delete. */
  liveTopics(): TopicHistory[] {
    return [...this.topics.values()].filter(({ state }) => state === "live");
  }

  livePartitions(): PartitionHistory[] {
    return this.liveTopics().flatMap(({ partitions }) => partitions);
  }

  /** The topic of that name that lives or is going. */
  topicNamed(name: string): TopicHistory | undefined {
    for (const topic of this.topics.values()) {
      if (topic.name === name && topic.state !== "deleted") return topic;
    }
    return undefined;
  }
}
