import { ErrorCode, errorName } from "../../protocol/error-code.ts";
import type { Checker, Fail, HistoryEvent, PartitionHistory, SentBatch } from "../history.ts";

const sequenceErrors: ReadonlySet<number> = new Set<number>([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
]);

/**
 * When the first batch of all was refused for the disk's sake, the next one is taken: of a producer that
 * a partition does not know, it takes any sequence, as Kafka does.
 */
function wasOvertaken({ partition, producer, order, wasRefused }: SentBatch): boolean {
  if (!wasRefused) return false;
  for (const other of partition.batches.values()) {
    if (other.producer !== producer || other.state !== "acknowledged") continue;
    if (other.order > order) return true;
  }
  return false;
}

/**
 * An idempotent producer whose earlier batches were all acknowledged is never told that it left some
 * out, unless a loss of power took them.
 */
export class Sequences implements Checker {
  readonly name = "sequences";
  readonly #fail: Fail;
  readonly #view: { incarnation(): number };
  /** Producers of which a partition has lost batches. */
  readonly #robbed = new Map<PartitionHistory, Set<string>>();

  constructor(fail: Fail, view: { incarnation(): number }) {
    this.#fail = fail;
    this.#view = view;
  }

  isSequenceError(code: number): boolean {
    return sequenceErrors.has(code);
  }

  on(event: HistoryEvent): void {
    if (event.kind !== "cut") return;
    const { partition, offset } = event;
    for (const batch of partition.batches.values()) {
      if (batch.producerId < 0 || batch.baseOffset < offset) continue;
      const robbed = this.#robbed.get(partition) ?? new Set();
      this.#robbed.set(partition, robbed.add(batch.producer));
    }
  }

  /** The first batch that is not acknowledged was refused for its sequence. */
  refused(batch: SentBatch, code: number): void {
    const { partition, producer, baseSequence } = batch;
    if (this.#robbed.get(partition)?.has(producer) === true) return;
    if (wasOvertaken(batch)) return;
    // Of what was written before a restart a snapshot knows the newest batch of each producer alone, so
    // that an older one is not recognised when it is sent again.
    if (batch.attempts > 1 && batch.sentTo !== this.#view.incarnation()) return;
    this.#fail(
      `${partition.name}: ${producer} goes on at sequence ${baseSequence} and is told ${errorName(code)}`,
    );
  }
}
