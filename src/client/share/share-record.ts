import { kafkaError, type KafkaError } from "../errors.ts";
import {
  ConsumerRecord,
  type RecordOrigin,
  type RecordPlace,
} from "../consumer/consumer-record.ts";
import { AcknowledgeType } from "./acknowledgements.ts";
import { ShareLease, type LeaseSession } from "./share-lease.ts";

/** Who tells the broker what becomes of a record. */
export interface RecordHolder extends LeaseSession {
  /** Why the record is this member's no more; `undefined` while it is. */
  readonly ended: KafkaError | undefined;
  nowMs(): number;
  /**
   * Tells the broker, together with others. `answered` is called once, with what the broker has against it, if
   * anything; for a lock that was renewed with when it runs out now.
   */
  acknowledge(
    offset: number,
    type: AcknowledgeType,
    lockedUntilMs: number,
    answered?: (refusal: KafkaError | undefined, lockedUntilMs: number) => void,
  ): void;
}

/** What ends the lock of a record. */
export type FinalType = Exclude<
  AcknowledgeType,
  typeof AcknowledgeType.RENEW | typeof AcknowledgeType.GAP
>;

/**
 * A record of a share group: it is locked for this member, until the member says what became of it or its lock
 * runs out. What is neither accepted nor rejected is delivered again, also to others.
 *
 * Calls resolve when the broker has confirmed; they need not be waited for. They reject with a `KafkaError`:
 * `INVALID_RECORD_STATE` when the lock had run out or it was acknowledged before, `SHARE_SESSION_NOT_FOUND` when the
 * connection was lost under it, `NOT_LEADER_OR_FOLLOWER` when the partition has moved. The record is delivered
 * again then, if it was not accepted meanwhile.
 */
export class ShareRecord<
  K = Buffer | null,
  V = Buffer | null,
  H = Readonly<Record<never, never>>,
  N extends string = string,
> extends ConsumerRecord<K, V, H, N> {
  readonly #holder: RecordHolder;
  #deliveryCount = 1;
  #lockedUntilMs = 0;
  #isAcknowledged = false;
  #renewing: Promise<void> | undefined;
  #lease: ShareLease | undefined;

  constructor(origin: RecordOrigin, at: RecordPlace, holder: RecordHolder) {
    super(origin, at);
    this.#holder = holder;
  }

  /** How often it has been delivered to members of the group, this time included. */
  get deliveryCount(): number {
    return this.#deliveryCount;
  }

  /** Milliseconds that its lock still lasts, as this side counts; 0 when it has run out. */
  get lockRemainingMs(): number {
    if (this.#holder.ended !== undefined) return 0;
    return Math.max(0, this.#lockedUntilMs - this.#holder.nowMs());
  }

  /** Whether it was said what became of it. */
  get isAcknowledged(): boolean {
    return this.#isAcknowledged;
  }

  /** It is done: nobody gets it again. */
  accept(): Promise<void> {
    return this.#acknowledge(AcknowledgeType.ACCEPT);
  }

  /** It could not be done this time: it is delivered again, to whichever member, until the limit of deliveries. */
  release(): Promise<void> {
    return this.#acknowledge(AcknowledgeType.RELEASE);
  }

  /** It cannot be done at all: nobody gets it again. */
  reject(): Promise<void> {
    return this.#acknowledge(AcknowledgeType.REJECT);
  }

  /**
   * It takes longer: its lock begins anew (KIP-1222). Rejects with `UNSUPPORTED_VERSION` on brokers before 4.2, and
   * with `INVALID_RECORD_STATE` where the group does not allow it (`share.renew.acknowledge.enable`).
   */
  renew(): Promise<void> {
    if (this.#renewing !== undefined) return this.#renewing;
    const refusal = this.#refusal();
    if (refusal !== undefined) return refused(refusal);
    const renewing = heard<void>((resolve, reject) => {
      this.#tell(AcknowledgeType.RENEW, (error, lockedUntilMs) => {
        this.#renewing = undefined;
        if (error !== undefined) {
          reject(error);
          return;
        }
        this.#lockedUntilMs = lockedUntilMs;
        resolve();
      });
    });
    this.#renewing = renewing;
    return renewing;
  }

  /**
   * Renews its lock again and again from now on, until the record is acknowledged or the lease is ended: for work
   * whose time is not known. The lease tells by its signal when the lock is lost all the same.
   */
  lease(): ShareLease {
    this.#lease?.end();
    this.#lease = new ShareLease(this, this.#holder);
    return this.#lease;
  }

  /** The consumer tells how it was delivered. */
  delivered(deliveryCount: number, lockedUntilMs: number): void {
    this.#deliveryCount = deliveryCount;
    this.#lockedUntilMs = lockedUntilMs;
  }

  /** The consumer says what becomes of it, unless the program has; nobody waits for the answer. */
  settle(type: FinalType): void {
    if (this.#refusal() !== undefined) return;
    this.#isAcknowledged = true;
    this.#lease?.end();
    this.#afterRenewal(() => this.#tell(type));
  }

  #acknowledge(type: FinalType): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refused(refusal);
    this.#isAcknowledged = true;
    this.#lease?.end();
    return heard((resolve, reject) => {
      this.#afterRenewal(() =>
        this.#tell(type, (error) => {
          if (error === undefined) resolve();
          else reject(error);
        }),
      );
    });
  }

  #tell(
    type: AcknowledgeType,
    answered?: (refusal: KafkaError | undefined, lockedUntilMs: number) => void,
  ): void {
    this.#holder.acknowledge(this.offset, type, this.#lockedUntilMs, answered);
  }

  /** One request must not say two things of one record. */
  #afterRenewal(send: () => void): void {
    if (this.#renewing === undefined) send();
    else this.#renewing.then(send, send);
  }

  #refusal(): KafkaError | undefined {
    const { ended } = this.#holder;
    if (ended !== undefined) return ended;
    if (!this.#isAcknowledged) return undefined;
    const { topic, partition, offset } = this;
    const message = `record ${offset} of ${topic}-${partition} was acknowledged before`;
    const context = { topic, partition, offset };
    return kafkaError(message, { code: "INVALID_RECORD_STATE", context });
  }
}

/** A promise whose rejection nobody need listen to. */
function heard<T>(
  executor: (resolve: (value: T) => void, reject: (error: KafkaError) => void) => void,
): Promise<T> {
  const promise = new Promise<T>(executor);
  promise.catch(() => undefined);
  return promise;
}

function refused(error: KafkaError): Promise<never> {
  return heard((_resolve, reject) => reject(error));
}
