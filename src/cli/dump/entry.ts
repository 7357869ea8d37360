import type { RecordJson } from "../records/record-json.ts";
import type { StoredRecord } from "./stored-record.ts";

/** A batch of a segment or a snapshot. */
export interface BatchEntry {
  readonly kind: "batch";
  readonly position: number;
  readonly sizeBytes: number;
  readonly magic: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly isValid: boolean;
  readonly crc: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly maxTimestamp: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

export interface RecordEntry extends RecordJson {
  readonly kind: "record";
  readonly sequence: number;
  /** What it says, where it is one of Kafka's own. */
  readonly content?: StoredRecord;
}

/** Where the whole batches of a file end before the file does, or damage. */
export interface TailEntry {
  readonly kind: "tail";
  readonly position: number;
  readonly sizeBytes: number;
  readonly reason: string;
}

/** Any other thing in a file, with its fields as they are. */
export interface FactEntry {
  readonly kind:
    | "offset"
    | "time"
    | "aborted-transaction"
    | "producer"
    | "epoch"
    | "checkpoint"
    | "properties"
    | "state";
  readonly fields: Readonly<Record<string, string | number | null>>;
}

export type Entry = BatchEntry | RecordEntry | TailEntry | FactEntry;

export interface DumpOptions {
  readonly withRecords: boolean;
  /** Batches that end before it are left out. */
  readonly fromOffset: number;
}
