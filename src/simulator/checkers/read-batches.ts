import { measureBatches, RecordBatchView } from "../../records/record-batch.ts";
import type { Checker, Fail, KnownMarks, PartitionHistory, ReadBatch } from "../history.ts";
import { batchOfRecord, indexOfRecord, readRecordId } from "../sent-records.ts";

/** What was asked of a partition, and what came. */
export interface FetchedBytes {
  readonly partition: PartitionHistory;
  readonly known: KnownMarks;
  readonly fetchOffset: number;
  readonly highWatermark: number;
  readonly records: Buffer;
}

/**
 * What a reader gets is whole batches as they were sent, without a gap, from the one that holds the
 * offset asked for, and below the high watermark.
 */
export class ReadBatches implements Checker {
  readonly name = "read-batches";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** Checks the bytes, and gives what stands in them; nothing when they are broken. */
  read(fetched: FetchedBytes): readonly ReadBatch[] {
    const { partition, records, fetchOffset, highWatermark } = fetched;
    const { rowEnd, validEnd } = measureBatches(records, 0, records.length, true);
    if (rowEnd !== "whole") {
      this.#fail(
        `${partition.name} from ${fetchOffset}: the bytes are ${rowEnd} at ${validEnd} of ${records.length}`,
      );
      return [];
    }
    const batches: ReadBatch[] = [];
    let expected: number | undefined;
    for (let at = 0; at < records.length;) {
      const view = new RecordBatchView(records, at);
      at += view.sizeBytes;
      const { baseOffset, nextOffset } = view;
      const holds = baseOffset <= fetchOffset && fetchOffset < nextOffset;
      if (expected === undefined ? !holds : baseOffset !== expected) {
        this.#fail(
          `${partition.name} from ${fetchOffset}: a batch of [${baseOffset}, ${nextOffset}) ` +
            (expected === undefined ? "comes first" : `follows one that ends at ${expected}`),
        );
        return [];
      }
      if (nextOffset > highWatermark) {
        this.#fail(`${partition.name}: [${baseOffset}, ${nextOffset}) is beyond ${highWatermark}`);
      }
      expected = nextOffset;
      const batch = this.#readOne(partition, view);
      if (batch === undefined) return [];
      batches.push(batch);
    }
    return batches;
  }

  #readOne(partition: PartitionHistory, view: RecordBatchView): ReadBatch | undefined {
    const { baseOffset, nextOffset, sizeBytes } = view;
    const { producerId, producerEpoch, baseSequence } = view;
    const ids: number[] = [];
    for (const record of view.records()) {
      const id = readRecordId(record);
      const sent = id === undefined ? undefined : partition.batches.get(batchOfRecord(id));
      const place = record.offset - baseOffset;
      if (id === undefined || sent === undefined || indexOfRecord(id) !== place) {
        this.#fail(`${partition.name} offset ${record.offset}: not a record that was sent there`);
        return undefined;
      }
      if (sent.state === "refused") {
        this.#fail(`${partition.name} offset ${record.offset}: batch ${sent.id} was refused`);
      }
      const isAsSent =
        sent.producerId === producerId &&
        sent.producerEpoch === producerEpoch &&
        sent.baseSequence === baseSequence &&
        record.value?.length === Math.max(8, sent.valueSizes[place] ?? -1);
      if (!isAsSent) {
        this.#fail(`${partition.name} offset ${record.offset}: not as batch ${sent.id} was sent`);
      }
      ids.push(id);
    }
    const sent = partition.batches.get(batchOfRecord(ids[0] ?? -1));
    if (sent === undefined || sent.valueSizes.length !== ids.length) {
      this.#fail(`${partition.name} offset ${baseOffset}: a batch of ${ids.length} records`);
      return undefined;
    }
    return { baseOffset, nextOffset, sizeBytes, producerId, producerEpoch, baseSequence, ids };
  }
}
