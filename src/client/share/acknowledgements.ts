import type { KafkaError } from "../errors.ts";
import type { SharePartition } from "./share-partition.ts";

/** What an acknowledgement says of a record, as on the wire. */
export const AcknowledgeType = {
  /** There is no such record: compaction removed it, or it is a marker. */
  GAP: 0,
  ACCEPT: 1,
  RELEASE: 2,
  REJECT: 3,
  /** It is worked on still: its lock begins anew (KIP-1222). */
  RENEW: 4,
} as const;
export type AcknowledgeType = (typeof AcknowledgeType)[keyof typeof AcknowledgeType];

/** What a broker is to be told of records that follow one another in a partition. */
export interface Acknowledgement {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly type: AcknowledgeType;
  /** When the lock of the records runs out at the latest, by the monotonic clock. */
  readonly lockedUntilMs: number;
  /** Called once, when the broker has answered or cannot any more. For records that somebody waits for. */
  readonly answered: ((refusal: KafkaError | undefined) => void) | undefined;
}

/** What goes into one request for one partition. A broker takes all of it or nothing. */
export interface PartitionAcknowledgements {
  readonly partition: SharePartition;
  /** In order of offsets. */
  readonly acknowledgements: readonly Acknowledgement[];
}

export interface AcknowledgementBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** One for all of the records, or one for each. */
  readonly acknowledgeTypes: AcknowledgeType[];
}

/** Longer runs of one type are a batch of their own; shorter ones are put together with a type for each record. */
const LISTED_RUN_MAX = 16;

/** An acknowledgement that grows as those that follow it are the same. */
type Growing = { -readonly [Field in keyof Acknowledgement]: Acknowledgement[Field] };

interface Queued {
  readonly partition: SharePartition;
  /** Parts of what was refused, each to be tried without the others. */
  readonly parts: (readonly Acknowledgement[])[];
  fresh: Growing[];
}

/** What one broker is yet to be told, by partition. */
export class Acknowledgements {
  readonly #queued = new Map<string, Queued>();
  #isUrgent = false;
  #hasRenewals = false;

  get isEmpty(): boolean {
    return this.#queued.size === 0;
  }

  /** Whether somebody waits for the answer, so that it should go soon. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** Whether locks are to be renewed, which a ShareFetch that asks for records cannot say. */
  get hasRenewals(): boolean {
    return this.#hasRenewals;
  }

  /** Partitions about which there is something to say, by their keys. */
  get keys(): Iterable<string> {
    return this.#queued.keys();
  }

  add(partition: SharePartition, acknowledgement: Acknowledgement): void {
    const { fresh } = this.#of(partition);
    if (acknowledgement.answered !== undefined) this.#isUrgent = true;
    if (acknowledgement.type === AcknowledgeType.RENEW) this.#hasRenewals = true;
    const last = fresh.at(-1);
    if (last === undefined || !continues(last, acknowledgement)) {
      fresh.push({ ...acknowledgement });
      return;
    }
    last.lastOffset = acknowledgement.lastOffset;
    last.lockedUntilMs = Math.min(last.lockedUntilMs, acknowledgement.lockedUntilMs);
  }

  /** What was not taken, to be tried again alone. */
  addPart({ partition, acknowledgements }: PartitionAcknowledgements): void {
    this.#of(partition).parts.push(acknowledgements);
    this.#isUrgent = true;
    if (acknowledgements.some(isRenewal)) this.#hasRenewals = true;
  }

  /** What the next request is to say: of each partition what may go together. */
  take(): PartitionAcknowledgements[] {
    const taken: PartitionAcknowledgements[] = [];
    this.#isUrgent = false;
    this.#hasRenewals = false;
    for (const [key, queued] of this.#queued) {
      const { partition, parts, fresh } = queued;
      let acknowledgements = parts.shift();
      if (acknowledgements === undefined) {
        queued.fresh = [];
        acknowledgements = inOrder(fresh, parts);
      }
      taken.push({ partition, acknowledgements });
      if (parts.length === 0 && queued.fresh.length === 0) this.#queued.delete(key);
      else {
        this.#isUrgent = true;
        this.#hasRenewals ||= parts.some((left) => left.some(isRenewal));
        this.#hasRenewals ||= queued.fresh.some(isRenewal);
      }
    }
    return taken;
  }

  #of(partition: SharePartition): Queued {
    let queued = this.#queued.get(partition.key);
    if (queued === undefined) {
      queued = { partition, parts: [], fresh: [] };
      this.#queued.set(partition.key, queued);
    }
    return queued;
  }
}

export function isRenewal({ type }: Acknowledgement): boolean {
  return type === AcknowledgeType.RENEW;
}

function continues(before: Acknowledgement, next: Acknowledgement): boolean {
  return (
    before.answered === undefined &&
    next.answered === undefined &&
    before.type === next.type &&
    before.lastOffset + 1 === next.firstOffset
  );
}

/**
 * In order of offsets. A record whose lock ran out may have been delivered to the same member again, which says
 * something of it twice then: what comes second goes into a part of its own.
 */
function inOrder(
  acknowledgements: readonly Acknowledgement[],
  parts: (readonly Acknowledgement[])[],
): Acknowledgement[] {
  const sorted = acknowledgements.toSorted((a, b) => a.firstOffset - b.firstOffset);
  let lastOffset = -1;
  return sorted.filter((one) => {
    const isFirst = one.firstOffset > lastOffset;
    if (isFirst) lastOffset = one.lastOffset;
    else parts.push([one]);
    return isFirst;
  });
}

/** Acknowledgements, in order of offsets, as a request says them. */
export function batchesOf(acknowledgements: readonly Acknowledgement[]): AcknowledgementBatch[] {
  const batches: GrowingBatch[] = [];
  for (const run of runsOf(acknowledgements)) {
    const last = batches.at(-1);
    const isListed =
      last !== undefined &&
      last.lastOffset + 1 === run.firstOffset &&
      lengthOf(run) <= LISTED_RUN_MAX &&
      (last.acknowledgeTypes.length > 1 || lengthOf(last) <= LISTED_RUN_MAX);
    if (!isListed) {
      const { firstOffset, lastOffset, type } = run;
      batches.push({ firstOffset, lastOffset, acknowledgeTypes: [type] });
      continue;
    }
    const types = last.acknowledgeTypes;
    const [first = AcknowledgeType.GAP] = types;
    while (types.length < lengthOf(last)) types.push(first);
    last.lastOffset = run.lastOffset;
    while (types.length < lengthOf(last)) types.push(run.type);
  }
  return batches;
}

type GrowingBatch = {
  -readonly [Field in keyof AcknowledgementBatch]: AcknowledgementBatch[Field];
};

/** Neighbours of one type, put together. */
function runsOf(acknowledgements: readonly Acknowledgement[]): Growing[] {
  const runs: Growing[] = [];
  for (const acknowledgement of acknowledgements) {
    const last = runs.at(-1);
    const { type, firstOffset, lastOffset } = acknowledgement;
    if (last !== undefined && last.type === type && last.lastOffset + 1 === firstOffset) {
      last.lastOffset = lastOffset;
    } else runs.push({ ...acknowledgement });
  }
  return runs;
}

function lengthOf({
  firstOffset,
  lastOffset,
}: Pick<Acknowledgement, "firstOffset" | "lastOffset">) {
  return lastOffset - firstOffset + 1;
}

/**
 * Two halves of what a broker refused together, so that records about which it is right are told from the
 * others; none of a single record.
 */
export function halvesOf(
  acknowledgements: readonly Acknowledgement[],
): readonly (readonly Acknowledgement[])[] {
  const [only] = acknowledgements;
  if (only === undefined) return [];
  if (acknowledgements.length > 1) {
    const middle = Math.ceil(acknowledgements.length / 2);
    return [acknowledgements.slice(0, middle), acknowledgements.slice(middle)];
  }
  if (only.firstOffset === only.lastOffset) return [];
  const middle = Math.floor((only.firstOffset + only.lastOffset) / 2);
  return [[{ ...only, lastOffset: middle }], [{ ...only, firstOffset: middle + 1 }]];
}
