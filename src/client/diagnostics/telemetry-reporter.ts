import { messageOf, MoldauError } from "../../core/errors.ts";
import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import { moldauVersion } from "../../core/version.ts";
import type { Timer } from "../../platform/clock.ts";
import type { Platform } from "../../platform/platform.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode, errorName } from "../../protocol/error-code.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
  type GetTelemetrySubscriptionsResponse,
} from "../../protocol/messages/get-telemetry-subscriptions.ts";
import {
  pushTelemetryRequest,
  pushTelemetryResponse,
} from "../../protocol/messages/push-telemetry.ts";
import {
  codecId,
  compress,
  compressionCodecs,
  type CompressionCodec,
} from "../../records/compression.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { ClientMetrics } from "./client-metrics.ts";
import { Measurer } from "./measurements.ts";
import { encodeMetrics } from "./otlp-metrics.ts";

const subscriptionsCall = apiCall(
  ApiKey.GET_TELEMETRY_SUBSCRIPTIONS,
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
);
const pushCall = apiCall(ApiKey.PUSH_TELEMETRY, pushTelemetryRequest, pushTelemetryResponse);

/** Where the broker says no interval, and until a broker that does not serve this is asked again. */
const INTERVAL_DEFAULT_MS = 5 * 60 * 1000;
/** The first push comes after this part of the interval at least, and after the rest on top at most. */
const JITTER_MIN = 0.5;
const JITTER_STEPS = 1_000;
/** Closing a client does not wait longer for its last push. */
const LAST_PUSH_TIMEOUT_MS = 1_000;

export interface TelemetryReporterOptions {
  readonly platform: Pick<Platform, "clock" | "random">;
  readonly logger: Logger;
  readonly metrics: ClientMetrics;
  readonly rack: string | undefined;
  readonly requestTimeoutMs: number;
  /** A connection to any broker. Throws when there is none. */
  readonly connect: () => Promise<BrokerConnection>;
  /** A connection to any broker that is open already, for the last push. */
  readonly openConnection: () => BrokerConnection | undefined;
}

/** What the broker wants to be told, and how. */
interface Subscription {
  readonly id: number;
  readonly wanted: readonly string[];
  readonly intervalMs: number;
  readonly bytesMax: number;
  readonly temporality: "delta" | "cumulative";
  readonly compression: CompressionCodec;
}

/**
 * Tells brokers about this client, as far as their operator has asked for it (KIP-714): asks what is wanted, and
 * pushes that in the interval that the broker says, once more when the client is closed. Never in the way:
 * whatever fails is tried again an interval later.
 */
export class TelemetryReporter {
  readonly #options: TelemetryReporterOptions;
  readonly #measurer: Measurer;
  #instanceId: Uuid = ZERO_UUID;
  #subscription: Subscription | undefined;
  #timer: Timer | undefined;
  #state: "idle" | "running" | "closed" = "idle";
  /** By the wall clock: since when sums count. */
  #startMs = 0;
  #measuredMs = 0;

  constructor(options: TelemetryReporterOptions) {
    this.#options = options;
    this.#measurer = new Measurer(options.metrics);
  }

  /** The id by which the broker knows this client (KIP-714); the zero uuid before it gave one. */
  get clientInstanceId(): Uuid {
    return this.#instanceId;
  }

  /** Begins, with the first producer or consumer. */
  start(): void {
    if (this.#state !== "idle") return;
    this.#state = "running";
    this.#startMs = this.#options.platform.clock.nowMs();
    this.#measuredMs = this.#startMs;
    this.#after(0);
  }

  /** Stops, after a last push where one was asked for. Never rejects. */
  async close(): Promise<void> {
    const isSubscribed = this.#state === "running" && this.#subscription !== undefined;
    this.stop();
    const subscription = this.#subscription;
    const connection = this.#options.openConnection();
    if (!isSubscribed || subscription === undefined || connection === undefined) return;
    try {
      await this.#push(connection, subscription, true);
    } catch (thrown) {
      this.#note("the last metrics could not be pushed", thrown);
    }
  }

  /** Stops at once. */
  stop(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#options.metrics.keepsDeparted = false;
  }

  #after(delayMs: number): void {
    if (this.#state !== "running") return;
    this.#timer = this.#options.platform.clock.setTimer(delayMs, () => void this.#turn());
  }

  /** One step: learn what is wanted, or tell it; then wait for the next. */
  async #turn(): Promise<void> {
    try {
      const connection = await this.#options.connect();
      const subscription = this.#subscription;
      const delayMs =
        subscription === undefined
          ? await this.#subscribe(connection)
          : await this.#push(connection, subscription, false);
      this.#after(delayMs);
    } catch (thrown) {
      // A defect of this program is not to be kept quiet.
      if (!(thrown instanceof MoldauError)) throw thrown;
      this.#note("metrics could not be pushed", thrown);
      this.#after(this.#subscription?.intervalMs ?? INTERVAL_DEFAULT_MS);
    }
  }

  async #subscribe(connection: BrokerConnection): Promise<number> {
    if (connection.versionOf(subscriptionsCall) === undefined) return INTERVAL_DEFAULT_MS;
    const response = await connection.request(
      subscriptionsCall,
      { clientInstanceId: this.#instanceId },
      { timeoutMs: this.#options.requestTimeoutMs },
    );
    const intervalMs = response.pushIntervalMs > 0 ? response.pushIntervalMs : INTERVAL_DEFAULT_MS;
    if (response.errorCode !== ErrorCode.NONE) {
      return this.#afterError(response.errorCode, intervalMs);
    }
    this.#instanceId = response.clientInstanceId;
    const isWanted = response.requestedMetrics.length > 0;
    this.#options.metrics.keepsDeparted = isWanted;
    if (!isWanted) return intervalMs;
    this.#subscription = subscriptionOf(response, intervalMs);
    // Clients that start together do not push together.
    const part = JITTER_MIN + this.#options.platform.random.below(JITTER_STEPS) / JITTER_STEPS;
    return intervalMs * part;
  }

  async #push(
    connection: BrokerConnection,
    subscription: Subscription,
    terminating: boolean,
  ): Promise<number> {
    const nowMs = this.#options.platform.clock.nowMs();
    const bytes = this.#measure(subscription, nowMs);
    const metrics = compress(subscription.compression, bytes);
    if (metrics.length > subscription.bytesMax) {
      this.#options.logger.debug("more metrics than the broker takes", { bytes: metrics.length });
      return subscription.intervalMs;
    }
    const { errorCode } = await connection.request(
      pushCall,
      {
        clientInstanceId: this.#instanceId,
        subscriptionId: subscription.id,
        terminating,
        compressionType: codecId(subscription.compression),
        metrics,
      },
      { timeoutMs: terminating ? LAST_PUSH_TIMEOUT_MS : this.#options.requestTimeoutMs },
    );
    if (errorCode !== ErrorCode.NONE) return this.#afterError(errorCode, subscription.intervalMs);
    this.#measurer.accept();
    this.#measuredMs = nowMs;
    return subscription.intervalMs;
  }

  #measure({ wanted, temporality }: Subscription, nowMs: number): Buffer {
    const { rack } = this.#options;
    const resources = this.#measurer.measure({
      wanted,
      temporality,
      elapsedMs: nowMs - this.#measuredMs,
      common: rack === undefined ? {} : { client_rack: rack },
    });
    return encodeMetrics(resources, {
      startMs: temporality === "delta" ? this.#measuredMs : this.#startMs,
      nowMs,
      temporality,
      scope: { name: "moldau", version: moldauVersion },
    });
  }

  /** What the broker did not take; when to come back. */
  #afterError(errorCode: number, intervalMs: number): number {
    this.#options.logger.debug("the broker did not take metrics", { code: errorName(errorCode) });
    switch (errorCode) {
      case ErrorCode.UNKNOWN_SUBSCRIPTION_ID:
      case ErrorCode.UNSUPPORTED_COMPRESSION_TYPE:
        // What is wanted has changed: ask again at once.
        this.#subscription = undefined;
        return 0;
      case ErrorCode.INVALID_REQUEST:
      case ErrorCode.INVALID_RECORD:
      case ErrorCode.UNSUPPORTED_VERSION:
        this.stop();
        return 0;
      default:
        return intervalMs;
    }
  }

  #note(message: string, thrown: unknown): void {
    this.#options.logger.debug(message, { reason: messageOf(thrown) });
  }
}

function subscriptionOf(
  response: GetTelemetrySubscriptionsResponse,
  intervalMs: number,
): Subscription {
  return {
    id: response.subscriptionId,
    wanted: response.requestedMetrics,
    intervalMs,
    bytesMax: response.telemetryMaxBytes > 0 ? response.telemetryMaxBytes : Infinity,
    temporality: response.deltaTemporality ? "delta" : "cumulative",
    compression: firstKnown(response.acceptedCompressionTypes),
  };
}

/** The broker lists what it takes, what it likes best first. */
function firstKnown(types: readonly number[]): CompressionCodec {
  for (const type of types) {
    const codec = compressionCodecs[type];
    if (codec !== undefined) return codec;
  }
  return "none";
}
