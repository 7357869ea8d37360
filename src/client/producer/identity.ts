import type { Clock, Timer } from "../../platform/clock.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import { apiCall } from "../cluster/api-call.ts";
import { backoffMs, type BackoffBounds } from "../cluster/backoff.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { isRetriableError, KafkaError, throwOnError } from "../errors.ts";
import { errorOf } from "./producer-error.ts";

/** Who writes, to brokers (KIP-98). Sequences of a partition begin anew under another one. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** The last epoch of a producer id that may be used. */
export const PRODUCER_EPOCH_MAX = 0x7fff - 1;

export const initProducerIdCall = apiCall(
  ApiKey.INIT_PRODUCER_ID,
  initProducerIdRequest,
  initProducerIdResponse,
);
/** Without a transactional id the broker does not look at it. */
const NO_TRANSACTION_TIMEOUT_MS = 0x7fff_ffff;

/** What the sender wants to know of who writes. */
export interface IdentitySource {
  /** Whether batches carry an identity and sequences at all. */
  readonly isIdempotent: boolean;
  /** Whether all partitions change over to a new identity at once, as between transactions. */
  readonly isTransactional: boolean;
  /** `undefined` until there is one, and for ever without idempotence. */
  readonly current: ProducerIdentity | undefined;
  /** Why there will never be one again. */
  readonly fatal: Error | undefined;
  /** Why nothing of what waits will be written: there is none, or the transaction can only be aborted. */
  readonly doom: Error | undefined;
  readonly transactionalId: string | null;
  /** Whether partitions join a transaction by being written to (KIP-890). */
  readonly addsImplicitly: boolean;
  /** Gets one if there is none. */
  want(): void;
  /** Another identity in place of one under which sequences were lost; it may take a while. */
  renew(from: ProducerIdentity): void;
  /** Whether the partition may be written to now; if not, what is missing is asked for. */
  mayWrite(topic: string, partition: number): boolean;
  /** Records of a partition were given up. */
  gaveUp(error: Error): void;
}

/** Of a producer without idempotence. */
export const anonymous: IdentitySource = {
  isIdempotent: false,
  isTransactional: false,
  current: undefined,
  fatal: undefined,
  doom: undefined,
  transactionalId: null,
  addsImplicitly: true,
  want: () => undefined,
  renew: () => undefined,
  mayWrite: () => true,
  gaveUp: () => undefined,
};

/**
 * Identity of an idempotent producer. Its epoch is raised here, without asking a broker, whenever a
 * partition has to begin its sequence anew: the broker then refuses what still comes under the epoch
 * before (KIP-360).
 */
export class IdempotentIdentity implements IdentitySource {
  isIdempotent = true;
  readonly isTransactional = false;
  readonly transactionalId = null;
  readonly addsImplicitly = true;
  current: ProducerIdentity | undefined;
  fatal: Error | undefined;
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #mayDoWithout: boolean;
  readonly #onChange: () => void;
  readonly #backoff: BackoffBounds;
  #failures = 0;
  #isAsking = false;
  #timer: Timer | undefined;

  /** `mayDoWithout`: a broker that has no producer ids is written to without. */
  constructor(
    cluster: Cluster,
    options: { readonly mayDoWithout: boolean; readonly retryBackoff: BackoffBounds },
    onChange: () => void,
  ) {
    this.#cluster = cluster;
    this.#clock = cluster.platform.clock;
    this.#mayDoWithout = options.mayDoWithout;
    this.#backoff = options.retryBackoff;
    this.#onChange = onChange;
  }

  get doom(): Error | undefined {
    return this.fatal;
  }

  want(): void {
    const isAtHand = this.current !== undefined || !this.isIdempotent;
    if (isAtHand || this.fatal !== undefined || this.#isAsking) return;
    this.#isAsking = true;
    this.#ask().then(
      (identity) => {
        this.#isAsking = false;
        this.#failures = 0;
        this.current = identity;
        this.#onChange();
      },
      (thrown: unknown) => this.#failed(thrown),
    );
  }

  renew(from: ProducerIdentity): void {
    if (this.current !== from) return;
    const { producerId, producerEpoch } = from;
    const next = producerEpoch + 1;
    this.current = next > PRODUCER_EPOCH_MAX ? undefined : { producerId, producerEpoch: next };
    this.want();
  }

  mayWrite(): boolean {
    return true;
  }

  gaveUp(): void {
    // What it means for the sequence its partition knows.
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #ask(): Promise<ProducerIdentity> {
    const response = await this.#cluster.ask(
      initProducerIdCall,
      {
        transactionalId: null,
        transactionTimeoutMs: NO_TRANSACTION_TIMEOUT_MS,
        producerId: -1,
        producerEpoch: -1,
      },
      this.#cluster.deadline(),
    );
    throwOnError(response.errorCode, { api: initProducerIdCall.api.name });
    const { producerId, producerEpoch } = response;
    return { producerId, producerEpoch };
  }

  #failed(thrown: unknown): void {
    if (isRetriableError(thrown)) {
      this.#failures++;
      const pauseMs = backoffMs(this.#cluster.platform.random, this.#failures, this.#backoff);
      this.#timer = this.#clock.setTimer(pauseMs, () => {
        this.#isAsking = false;
        this.want();
      });
      return;
    }
    this.#isAsking = false;
    if (this.#mayDoWithout && isNotServed(thrown)) {
      this.#cluster.logger.warn(
        "the broker knows no idempotent producers: retries may write twice",
      );
      this.isIdempotent = false;
    } else {
      this.fatal = errorOf(thrown);
    }
    this.#onChange();
  }
}

function isNotServed(thrown: unknown): boolean {
  if (!(thrown instanceof KafkaError)) return false;
  return thrown.code === "UNSUPPORTED_API" || thrown.errorCode === ErrorCode.UNSUPPORTED_VERSION;
}
