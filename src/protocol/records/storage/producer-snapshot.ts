import { array, int16, int32, int64, message, struct, uint32 } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const producerSnapshot = message(
  "ProducerSnapshot",
  { kind: "data", versions: "1", flexibleVersions: "none" },
  {
    crc: uint32("1"),
    producerEntries: array(
      "1",
      struct("ProducerEntry", {
        producerId: int64("1"),
        epoch: int16("1"),
        lastSequence: int32("1"),
        lastOffset: int64("1"),
        offsetDelta: int32("1"),
        timestamp: int64("1"),
        coordinatorEpoch: int32("1"),
        currentTxnFirstOffset: int64("1"),
      }),
    ),
  },
);
export type ProducerSnapshot = ValueOf<typeof producerSnapshot>;
export type ProducerSnapshotInput = InputOf<typeof producerSnapshot>;
