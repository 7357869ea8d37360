import type { NewField, NewHeader } from "../../records/build.ts";
import type { Delivery } from "./delivery.ts";

/** A record that cannot go into a batch yet: its topic is not known, there is no room, or its codec takes time. */
export class ParkedRecord {
  readonly kind = "record";
  key: NewField;
  value: NewField;
  headers: readonly NewHeader[];
  partition: number | undefined;
  readonly timestamp: number;
  readonly delivery: Delivery | undefined;
  /** By the monotonic clock: when it is given up. */
  readonly deadlineMs: number;
  /** Bytes of memory that count for it, 0 when there was no room for it. */
  countedBytes = 0;
  /** Whether its codec is still at work. */
  isEncoding = false;
  /** Settled before its turn: by its signal, or by its codec. */
  isGone = false;

  constructor(
    record: {
      readonly key: NewField;
      readonly value: NewField;
      readonly headers: readonly NewHeader[];
      readonly partition: number | undefined;
      readonly timestamp: number;
    },
    delivery: Delivery | undefined,
    deadlineMs: number,
  ) {
    this.key = record.key;
    this.value = record.value;
    this.headers = record.headers;
    this.partition = record.partition;
    this.timestamp = record.timestamp;
    this.delivery = delivery;
    this.deadlineMs = deadlineMs;
  }
}

/** A flush that waits for the records before it. */
export interface ParkedBarrier {
  readonly kind: "barrier";
  readonly reached: () => void;
}
