import type { Timer } from "../../platform/clock.ts";
import type { Platform } from "../../platform/platform.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  metadataRequest,
  metadataResponse,
  type MetadataResponse,
} from "../../protocol/messages/metadata.ts";
import { messageOf, MoldauError } from "../../core/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { brokerError } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { backoffMs, RETRY_BACKOFF } from "./backoff.ts";
import { Coalesced } from "./coalesced.ts";
import type { BrokerConnection } from "./connection.ts";
import type { MetadataCache } from "./metadata-cache.ts";

const metadataCall = apiCall(ApiKey.METADATA, metadataRequest, metadataResponse);
/** Since this version a request for all topics says null, and an empty list means none. */
const NULL_IS_ALL_VERSION = 1;
const AUTO_CREATE_VERSION = 4;
/** Until what is known is asked for again (`metadata.max.age.ms`). */
export const METADATA_MAX_AGE_MS = 5 * 60 * 1000;
/** How long known brokers may fail to answer before the first addresses are tried again (KIP-1102). */
export const REBOOTSTRAP_TRIGGER_MS = 5 * 60 * 1000;

export interface MetadataRefresherOptions {
  readonly platform: Pick<Platform, "clock" | "random">;
  readonly logger: Logger;
  readonly cache: MetadataCache;
  /** For the answer of one broker. */
  readonly timeoutMs: () => number;
  readonly maxAgeMs: number;
  readonly rebootstrapTriggerMs: number;
  /** A connection to any broker, for one question. */
  readonly connect: () => Promise<BrokerConnection>;
  /** An answer is there, and in the cache. */
  readonly onLearned: (response: MetadataResponse) => void;
  readonly onFailed: (error: unknown) => void;
  /** The brokers that are known are not to be asked any more. */
  readonly onRebootstrap: () => void;
}

/** Asks for metadata: when somebody wants some, when what is known has become old, and when it turned out wrong. */
export class MetadataRefresher {
  readonly #options: MetadataRefresherOptions;
  readonly #some = new Coalesced<string, MetadataResponse>((names) => this.#ask([...names]));
  readonly #all = new Coalesced<never, MetadataResponse>(() => this.#ask(null));
  readonly #creating = new Coalesced<string, MetadataResponse>((names) =>
    this.#ask([...names], true),
  );
  #ageTimer: Timer | undefined;
  /** A refresh that nobody waits for: under way, or waiting for its next try. */
  #isBusy = false;
  #retryTimer: Timer | undefined;
  #failures = 0;
  #failingSinceMs: number | undefined;
  #isClosed = false;

  constructor(options: MetadataRefresherOptions) {
    this.#options = options;
  }

  /** Topics by name, none for brokers alone, `null` for all there are; those asked at the same time go together. */
  ask(names: readonly string[] | null, create = false): Promise<MetadataResponse> {
    if (names === null) return this.#all.join([]);
    return create ? this.#creating.join(names) : this.#some.join(names);
  }

  /** Refreshes what is known as soon as it can be, again and again until a broker answers. Nobody waits. */
  soon(): void {
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    void this.#refresh();
  }

  close(): void {
    this.#isClosed = true;
    this.#ageTimer?.cancel();
    this.#retryTimer?.cancel();
  }

  async #refresh(): Promise<void> {
    const { cache, logger, platform } = this.#options;
    try {
      await this.#some.join(cache.topicNames());
      this.#failures = 0;
      this.#isBusy = false;
    } catch (thrown) {
      // A defect of this program is not to be kept quiet.
      if (!(thrown instanceof MoldauError)) throw thrown;
      if (this.#isClosed) return;
      this.#failures++;
      logger.debug("metadata could not be refreshed", { reason: messageOf(thrown) });
      const pauseMs = backoffMs(platform.random, this.#failures, RETRY_BACKOFF);
      this.#retryTimer = platform.clock.setTimer(pauseMs, () => void this.#refresh());
    }
  }

  async #ask(names: readonly string[] | null, create = false): Promise<MetadataResponse> {
    const { cache, onLearned, onFailed } = this.#options;
    try {
      const response = await this.#exchange(names, create);
      this.#failingSinceMs = undefined;
      cache.learn(response, names === null);
      this.#watchAge();
      onLearned(response);
      return response;
    } catch (thrown) {
      onFailed(thrown);
      this.#noteFailure();
      throw thrown;
    }
  }

  async #exchange(names: readonly string[] | null, create: boolean): Promise<MetadataResponse> {
    const { cache, connect, timeoutMs, onRebootstrap } = this.#options;
    const connection = await connect();
    const version = connection.versionOf(metadataCall) ?? 0;
    const everything = version < NULL_IS_ALL_VERSION ? [] : null;
    // Whatever is known to be out of date comes along.
    const wanted =
      names === null ? null : new Set([...names, ...(create ? [] : cache.staleTopicNames())]);
    const body = {
      topics: wanted === null ? everything : [...wanted].map((name) => ({ name })),
      allowAutoTopicCreation: version < AUTO_CREATE_VERSION || create,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    const response = await connection.request(metadataCall, body, { timeoutMs: timeoutMs() });
    if (response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) onRebootstrap();
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, {
        api: metadataCall.api.name,
        broker: connection.where,
      });
    }
    return response;
  }

  /** Brokers that take requests and do not answer, for so long, may be the wrong ones by now. */
  #noteFailure(): void {
    const { platform, rebootstrapTriggerMs, onRebootstrap } = this.#options;
    const nowMs = platform.clock.monotonicMs();
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#failingSinceMs < rebootstrapTriggerMs) return;
    this.#failingSinceMs = undefined;
    onRebootstrap();
  }

  /** One timer, which is set once and looks how old everything is when it fires. */
  #watchAge(): void {
    if (this.#ageTimer !== undefined || this.#isClosed) return;
    const { platform, cache, maxAgeMs } = this.#options;
    this.#ageTimer = platform.clock.setTimer(maxAgeMs, () => {
      this.#ageTimer = undefined;
      cache.dropUnused();
      this.soon();
      this.#watchAge();
    });
  }
}
