import { anyBatchesIn, LegacyBatchView, type AnyBatchView } from "../../records/legacy.ts";
import type { RecordBatchView } from "../../records/record-batch.ts";
import type { RecordHeader } from "../../records/record-cursor.ts";

/** A record that was consumed. Key, value and header values are views of the received bytes. */
export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970, or -1. */
  readonly timestamp: number;
  readonly timestampType: "CreateTime" | "LogAppendTime" | "NoTimestampType";
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  /** Where to begin: batches may hold earlier records. */
  readonly fromOffset: number;
  /** Aborted transactions in these bytes, or `undefined` where all records are wanted. */
  readonly aborted:
    | readonly { readonly producerId: number; readonly firstOffset: number }[]
    | undefined;
}

const ABORT_MARKER_TYPE = 0;
/** Where the type stands in the key of a control record, after its version. */
const CONTROL_TYPE_AT = 2;

/**
 * The records of one partition of a Fetch response, and the offset to go on with. Control records are
 * left out, and so are those of aborted transactions where the response names them.
 */
export function recordsOf(fetched: FetchedPartition): {
  readonly records: ConsumedRecord[];
  readonly nextOffset: number;
} {
  const records: ConsumedRecord[] = [];
  let nextOffset = fetched.fromOffset;
  const aborts = [...(fetched.aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  for (const batch of anyBatchesIn(fetched.bytes)) {
    if (batch.nextOffset <= fetched.fromOffset) continue;
    nextOffset = batch.nextOffset;
    while (aborts[0] !== undefined && aborts[0].firstOffset <= batch.lastOffset) {
      aborting.add(aborts[0].producerId);
      aborts.shift();
    }
    // Before format 2 there were neither transactions nor control records.
    if (!(batch instanceof LegacyBatchView)) {
      if (batch.isControl) {
        if (isAbortMarker(batch)) aborting.delete(batch.producerId);
        continue;
      }
      if (batch.isTransactional && aborting.has(batch.producerId)) continue;
    }
    takeRecords(fetched, batch, records);
  }
  return { records, nextOffset };
}

function takeRecords(
  { topic, partition, fromOffset }: FetchedPartition,
  batch: AnyBatchView,
  into: ConsumedRecord[],
): void {
  const { timestampType } = batch;
  for (const { offset, timestamp, key, value, headers } of batch.records()) {
    if (offset < fromOffset) continue;
    into.push({ topic, partition, offset, timestamp, timestampType, key, value, headers });
  }
}

function isAbortMarker(batch: RecordBatchView): boolean {
  const [marker] = batch.records();
  const key = marker?.key ?? null;
  return (
    key !== null &&
    key.length >= CONTROL_TYPE_AT + 2 &&
    key.readInt16BE(CONTROL_TYPE_AT) === ABORT_MARKER_TYPE
  );
}
