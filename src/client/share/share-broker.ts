import type { Clock, Timer } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { brokerError, type KafkaError } from "../errors.ts";
import { Acknowledgements, type Acknowledgement } from "./acknowledgements.ts";
import type { Acquirer } from "./acquired-chunk.ts";
import type { SharePartition } from "./share-partition.ts";
import { ShareSession } from "./share-session.ts";

/** How long what nobody waits for may wait for others to go with it: for a ShareFetch, as a rule. */
const ACKNOWLEDGE_WITHIN_MS = 500;
/** Until a broker says how long its locks last. */
const LOCK_MS = 30_000;

/** What becomes of acknowledgements that a broker did not take. */
export type OnRefused = (
  partition: SharePartition,
  acknowledgement: Acknowledgement,
  refusal: KafkaError,
) => void;

/** A session with a broker as those see it who have records of it: when it is over their locks are. */
export class SessionAcquirer implements Acquirer {
  readonly queue = new Acknowledgements();
  /** By when what is queued is to go, by the monotonic clock. */
  dueAtMs = Infinity;
  ended: KafkaError | undefined;
  readonly #clock: Clock;
  readonly #broker: { lockMs: number };
  readonly #onAdded: () => void;
  readonly #onRefused: OnRefused;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, broker: { lockMs: number }, onAdded: () => void, onRefused: OnRefused) {
    this.#clock = clock;
    this.#broker = broker;
    this.#onAdded = onAdded;
    this.#onRefused = onRefused;
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.#clock.setTimer(delayMs, fire);
  }

  onEnded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  lockedUntilMs(): number {
    return this.nowMs() + this.#broker.lockMs;
  }

  add(partition: SharePartition, acknowledgement: Acknowledgement): void {
    if (this.ended !== undefined) {
      this.#onRefused(partition, acknowledgement, this.ended);
      return;
    }
    this.queue.add(partition, acknowledgement);
    if (this.dueAtMs === Infinity) this.dueAtMs = this.nowMs() + ACKNOWLEDGE_WITHIN_MS;
    this.#onAdded();
  }

  /** What it acquired is not this member's any more; what is queued cannot be said. */
  end(why: KafkaError): void {
    this.ended = why;
    for (const listener of this.#listeners) listener();
    while (!this.queue.isEmpty) {
      for (const { partition, acknowledgements } of this.queue.take()) {
        for (const one of acknowledgements) this.#onRefused(partition, one, why);
      }
    }
  }
}

/** One broker that leads partitions of this member. */
export class SharedBroker {
  readonly nodeId: number;
  readonly session = new ShareSession();
  acquirer: SessionAcquirer;
  /** As the broker said last. */
  lockMs = LOCK_MS;
  /** The request under way. */
  working: Promise<void> | undefined;
  retryAtMs = 0;
  /** Failures in a row. */
  failures = 0;
  readonly #clock: Clock;
  readonly #onAdded: () => void;
  readonly #onRefused: OnRefused;

  constructor(nodeId: number, clock: Clock, onAdded: () => void, onRefused: OnRefused) {
    this.nodeId = nodeId;
    this.#clock = clock;
    this.#onAdded = onAdded;
    this.#onRefused = onRefused;
    this.acquirer = this.#newAcquirer();
  }

  /** The next request begins a session anew. What the old one acquired is released by the broker. */
  lost(cause: KafkaError): void {
    this.session.lost();
    const why = brokerError(
      ErrorCode.SHARE_SESSION_NOT_FOUND,
      { nodeId: this.nodeId },
      "the session in which the record was acquired is over, and the record is delivered again",
      { cause, retriable: false },
    );
    const { acquirer } = this;
    this.acquirer = this.#newAcquirer();
    acquirer.end(why);
  }

  #newAcquirer(): SessionAcquirer {
    return new SessionAcquirer(this.#clock, this, this.#onAdded, this.#onRefused);
  }
}
