import type { NewHeader } from "../../records/build.ts";

/** A record to produce. */
export interface ProducerRecord {
  readonly topic: string;
  /** Default: by the hash of the key; without a key the partitions take turns, batch by batch. */
  readonly partition?: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly NewHeader[];
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number;
}

/** Where a record went. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not say: acks 0, or a duplicate of something older. */
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}
