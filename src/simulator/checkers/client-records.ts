import type { ClientHistory, ClientPartition, ClientRecord } from "../client-history.ts";
import type { Checker, Fail, HistoryEvent } from "../history.ts";

/**
 * An offset holds one record, whoever tells of it; it was sent, to this topic, and to this partition where
 * somebody chose one.
 */
export class ClientValues implements Checker {
  readonly name = "client-values";
  readonly #fail: Fail;
  readonly #history: ClientHistory;

  constructor(fail: Fail, history: ClientHistory) {
    this.#fail = fail;
    this.#history = history;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "record acknowledged") {
      const { record, partition, offset } = event;
      if (record.topic !== partition.topic) {
        this.#fail(`record ${record.id} was acknowledged in another topic: ${partition.name}`);
      }
      if (offset >= 0) {
        record.acknowledgedAt = { partition, offset };
        this.#note(partition, offset, record);
      }
    }
    if (event.kind !== "record seen") return;
    const { partition, offset, id } = event;
    const record = id === undefined ? undefined : this.#history.records.get(id);
    if (record === undefined) {
      this.#fail(`${partition.name} offset ${offset} holds what nobody sent`);
      return;
    }
    this.#note(partition, offset, record);
  }

  #note(partition: ClientPartition, offset: number, record: ClientRecord): void {
    const { id, topic, wantedPartition } = record;
    const isElsewhere = wantedPartition >= 0 && wantedPartition !== partition.index;
    if (topic !== partition.topic || isElsewhere) {
      this.#fail(
        `record ${id} was sent to ${topic.name}-${wantedPartition} and stands in ${partition.name}`,
      );
    }
    const before = partition.recordAt.get(offset);
    if (before !== undefined && before !== record) {
      this.#fail(`${partition.name} offset ${offset} holds records ${before.id} and ${id}`);
    }
    partition.recordAt.set(offset, record);
    partition.end = Math.max(partition.end, offset + 1);
  }
}

/** A record stands at one offset; without idempotence a retry may write it again. */
export class ClientDuplicates implements Checker {
  readonly name = "client-duplicates";
  readonly #fail: Fail;
  readonly #history: ClientHistory;

  constructor(fail: Fail, history: ClientHistory) {
    this.#fail = fail;
    this.#history = history;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "record acknowledged") {
      if (event.offset >= 0) this.#note(event.partition, event.offset, event.record);
    } else if (event.kind === "record seen" && event.id !== undefined) {
      const record = this.#history.records.get(event.id);
      if (record !== undefined) this.#note(event.partition, event.offset, record);
    }
  }

  #note(partition: ClientPartition, offset: number, record: ClientRecord): void {
    const { place } = record;
    if (place === undefined) record.place = { partition, offset };
    else if (place.partition !== partition || place.offset !== offset) {
      if (!record.sender.isIdempotent) return;
      this.#fail(
        `record ${record.id} of ${record.sender.name} stands at ${place.offset} of ` +
          `${place.partition.name} and at ${offset} of ${partition.name}`,
      );
    }
  }
}

/**
 * Acknowledged records of one producer to one partition stand in the order of its calls. Without idempotence
 * they may also stand elsewhere; where they were acknowledged counts.
 */
export class ClientOrder implements Checker {
  readonly name = "client-order";
  readonly #fail: Fail;
  readonly #history: ClientHistory;
  /** Records whose place is known, by the order of the calls; of each producer and partition. */
  readonly #placed = new Map<string, ClientRecord[]>();
  readonly #isPlaced = new Set<ClientRecord>();

  constructor(fail: Fail, history: ClientHistory) {
    this.#fail = fail;
    this.#history = history;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "record acknowledged") this.#note(event.record);
    else if (event.kind === "record seen" && event.id !== undefined) {
      const record = this.#history.records.get(event.id);
      if (record !== undefined) this.#note(record);
    }
  }

  #note(record: ClientRecord): void {
    const { sender, state } = record;
    const place = placeOf(record);
    if (place === undefined || state !== "acknowledged") return;
    if (this.#isPlaced.has(record)) return;
    this.#isPlaced.add(record);
    const key = `${sender.name} ${place.partition.name}`;
    const placed = this.#placed.get(key) ?? [];
    this.#placed.set(key, placed);
    let at = placed.length;
    while (at > 0 && placed[at - 1]!.order > record.order) at--;
    placed.splice(at, 0, record);
    for (const other of [placed[at - 1], placed[at + 1]]) {
      const otherPlace = other === undefined ? undefined : placeOf(other);
      if (other === undefined || otherPlace === undefined) continue;
      const isBefore = other.order < record.order;
      if (otherPlace.offset < place.offset === isBefore) continue;
      this.#fail(
        `${sender.name} sent record ${record.id} ${isBefore ? "after" : "before"} ${other.id}, and they ` +
          `stand at ${place.offset} and ${otherPlace.offset} of ${place.partition.name}`,
      );
    }
  }
}

function placeOf({ sender, place, acknowledgedAt }: ClientRecord): ClientRecord["place"] {
  return sender.isIdempotent ? place : acknowledgedAt;
}

/** At the end every record that was acknowledged is there. */
export class LostWrites implements Checker {
  readonly name = "lost-writes";
  readonly #fail: Fail;
  readonly #history: ClientHistory;

  constructor(fail: Fail, history: ClientHistory) {
    this.#fail = fail;
    this.#history = history;
  }

  on(event: HistoryEvent): void {
    if (event.kind !== "topic read whole") return;
    for (const record of this.#history.records.values()) {
      const { id, topic, state, sender } = record;
      if (topic !== event.topic || state !== "acknowledged" || event.ids.has(id)) continue;
      this.#fail(`record ${id} of ${sender.name} was acknowledged in ${topic.name}, and is gone`);
    }
  }
}
