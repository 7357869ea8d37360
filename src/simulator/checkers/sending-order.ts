import { addSequence } from "../../records/record-batch.ts";
import type { Checker, Fail, HistoryEvent, PartitionHistory, ReadBatch } from "../history.ts";
import { batchOfRecord } from "../sent-records.ts";

/**
 * The batches of one producer stand in a partition in the order they were sent in; those of an
 * idempotent one without a gap in their sequences.
 */
export class SendingOrder implements Checker {
  readonly name = "sending-order";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "audited") this.#check(event.partition, event.batches);
  }

  #check(partition: PartitionHistory, batches: readonly ReadBatch[]): void {
    const lastOrders = new Map<string, number>();
    const nextSequences = new Map<string, number>();
    for (const { baseOffset, baseSequence, ids } of batches) {
      const sent = partition.batches.get(batchOfRecord(ids[0] ?? -1));
      if (sent === undefined) continue;
      const isIdempotent = sent.producerId >= 0;
      const { producer } = sent;
      const last = lastOrders.get(producer) ?? -1;
      if (sent.order <= last && (isIdempotent || sent.attempts <= 1)) {
        this.#fail(
          `${partition.name} offset ${baseOffset}: batch ${sent.order} of ${producer} after ${last}`,
        );
      }
      lastOrders.set(producer, Math.max(last, sent.order));
      if (!isIdempotent) continue;
      const next = nextSequences.get(producer);
      if (next !== undefined && next !== baseSequence) {
        this.#fail(
          `${partition.name} offset ${baseOffset}: ${producer} goes on at sequence ${baseSequence}, not ${next}`,
        );
      }
      nextSequences.set(producer, addSequence(baseSequence, ids.length));
    }
  }
}
