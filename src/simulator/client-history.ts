import type { RecordId } from "./sent-records.ts";

/** A producer of the client: one object in one process. */
export interface ClientSender {
  readonly name: string;
  /** Each of its records stands at one offset at most. */
  readonly isIdempotent: boolean;
}

/** What became of a record that a producer was given. */
export type ClientRecordState =
  | "open"
  | "acknowledged"
  /** The producer gave it up; it may be in the log. */
  | "failed"
  /** The process ended first; it may be in the log. */
  | "unknown";

/** A record that a producer of the client was given. */
export interface ClientRecord {
  readonly id: RecordId;
  readonly sender: ClientSender;
  /** Counts the calls of the sender. */
  readonly order: number;
  readonly topic: ClientTopic;
  /** Where it was told to go, or -1. */
  readonly wantedPartition: number;
  state: ClientRecordState;
  /** Where it was first seen, in an acknowledgement or by a reader. */
  place: ClientPlace | undefined;
  /** Where the broker said that it is. */
  acknowledgedAt: ClientPlace | undefined;
}

export interface ClientPlace {
  readonly partition: ClientPartition;
  readonly offset: number;
}

/** One partition of a topic that clients use. */
export class ClientPartition {
  readonly topic: ClientTopic;
  readonly index: number;
  readonly recordAt = new Map<number, ClientRecord>();
  /** Behind the last record that was acknowledged or read. */
  end = 0;

  constructor(topic: ClientTopic, index: number) {
    this.topic = topic;
    this.index = index;
  }

  get name(): string {
    return `${this.topic.name}-${this.index}`;
  }
}

/** A topic that clients alone use. It loses nothing: no retention, and synced before it is acknowledged. */
export class ClientTopic {
  readonly name: string;
  readonly partitions: ClientPartition[] = [];

  constructor(name: string, partitions: number) {
    this.name = name;
    this.growTo(partitions);
  }

  growTo(partitions: number): void {
    while (this.partitions.length < partitions) {
      this.partitions.push(new ClientPartition(this, this.partitions.length));
    }
  }

  /** The partition of that number, which somebody else may have made a moment ago. */
  partition(index: number): ClientPartition {
    this.growTo(index + 1);
    return this.partitions[index]!;
  }
}

/** What happens to the records of clients. */
export type ClientEvent =
  | {
      readonly kind: "record acknowledged";
      readonly record: ClientRecord;
      readonly partition: ClientPartition;
      /** -1 where the answer does not tell. */
      readonly offset: number;
    }
  | {
      readonly kind: "record seen";
      readonly partition: ClientPartition;
      readonly offset: number;
      /** `undefined` for bytes that nobody sent. */
      readonly id: RecordId | undefined;
    }
  /** All of a topic was read at one time, after everything was healed and settled. */
  | {
      readonly kind: "topic read whole";
      readonly topic: ClientTopic;
      readonly ids: ReadonlySet<RecordId>;
    };

/** Everything that clients were asked to do. */
export class ClientHistory {
  readonly topics: ClientTopic[] = [];
  readonly records = new Map<RecordId, ClientRecord>();

  topicNamed(name: string): ClientTopic | undefined {
    return this.topics.find((topic) => topic.name === name);
  }
}
