import type { TimestampType } from "../../records/record-batch.ts";

/** A record as it is printed: bytes, and where they stood. */
export interface PrintableRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; -1 for none. */
  readonly timestamp: number;
  readonly timestampType: TimestampType;
  /** Of the batch; -1 where it is not known. */
  readonly leaderEpoch: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Iterable<PrintableHeader>;
}

export interface PrintableHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** The value of a header as text; empty for none. */
export function headerText({ value }: PrintableHeader): string {
  return value === null ? "" : Buffer.from(value).toString("utf8");
}
