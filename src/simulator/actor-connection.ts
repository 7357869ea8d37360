import { apiCall, type ApiCall } from "../client/cluster/api-call.ts";
import { BrokerConnection } from "../client/cluster/connection.ts";
import { KafkaError } from "../client/errors.ts";
import { assert } from "../core/assert.ts";
import type { Network } from "../platform/network.ts";
import { apiOf } from "../protocol/apis.ts";
import type { Fields, InputOf, Message, ValueOf } from "../protocol/schema.ts";
import { BROKER_HOST, BROKER_PORT } from "./broker-under-test.ts";
import type { Liveness } from "./checkers/liveness.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimRandom } from "./sim-random.ts";

const CONNECT_TIMEOUT_MS = 1000;
/** Whoever waits longer is missed by liveness first. */
const ANSWER_TIMEOUT_MS = 60 * 60_000;

/** Why there is no answer: the connection ended first. */
export const LOST = Symbol("lost");
export type Lost = typeof LOST;

export interface ActorConnectionOptions {
  readonly network: Network;
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly liveness: Liveness;
  readonly clientId: string;
}

/**
 * A client's connection to the broker in the hands of an actor, which sends any request in any version
 * that both sides know, as many at a time as it likes. What is never answered is reported.
 */
export class ActorConnection {
  readonly #options: ActorConnectionOptions;
  readonly #connection: BrokerConnection;

  private constructor(options: ActorConnectionOptions, connection: BrokerConnection) {
    this.#options = options;
    this.#connection = connection;
  }

  /** Connects, and learns what the broker serves; gives nothing when nobody is there. */
  static async connect(options: ActorConnectionOptions): Promise<ActorConnection | undefined> {
    const { network, clock, clientId } = options;
    const address = { host: BROKER_HOST, port: BROKER_PORT };
    const timeoutMs = CONNECT_TIMEOUT_MS;
    try {
      const connection = await BrokerConnection.open(address, {
        network,
        clock,
        clientId,
        timeoutMs,
      });
      return new ActorConnection(options, connection);
    } catch (thrown) {
      if (isGone(thrown)) return undefined;
      throw thrown;
    }
  }

  get isClosed(): boolean {
    return !this.#connection.isOpen;
  }

  /** Some version of an API that both sides know, `from` on and `to` at most. */
  versionOf<F extends Fields>(request: Message<F>, from = 0, to = Infinity): number {
    const key = request.traits.apiKey ?? -1;
    const [min, max] = this.#connection.versions.get(key) ?? [0, 0];
    const stable = apiOf(key)?.maxStableVersion ?? max;
    return this.#options.random.between(Math.max(min, from), Math.min(max, to, stable));
  }

  /** Sends a request; gives its answer, or that the connection ended before it came. */
  async call<Q extends Fields, R extends Fields>(
    request: Message<Q>,
    response: Message<R>,
    body: InputOf<Message<Q>>,
    options: { readonly version?: number; readonly waitMs?: number } = {},
  ): Promise<ValueOf<Message<R>> | Lost> {
    if (this.isClosed) return LOST;
    const version = options.version ?? this.versionOf(request);
    const { liveness } = this.#options;
    const ask = liveness.asked(`${request.name} v${version}`, options.waitMs ?? 0);
    const call = callOf(request, response, version);
    try {
      return await this.#connection.request(call, body, { timeoutMs: ANSWER_TIMEOUT_MS });
    } catch (thrown) {
      if (isGone(thrown)) return LOST;
      throw thrown;
    } finally {
      liveness.answered(ask);
    }
  }

  /** Sends a request that has no answer. */
  post<Q extends Fields, R extends Fields>(
    request: Message<Q>,
    response: Message<R>,
    body: InputOf<Message<Q>>,
    version: number,
  ): void {
    if (!this.isClosed) this.#connection.post(callOf(request, response, version), body);
  }

  close(): void {
    this.#connection.close();
  }
}

/** An API as it is called in one version. */
function callOf<Q extends Fields, R extends Fields>(
  request: Message<Q>,
  response: Message<R>,
  version: number,
): ApiCall<Q, R> {
  const api = apiOf(request.traits.apiKey ?? -1);
  assert(api !== undefined, "a request of an API", { name: request.name });
  const call = apiCall(api.key, request, response);
  return { ...call, minVersion: version, maxVersion: version };
}

/** Whether nobody is there (any more), as against an answer that cannot be read. */
function isGone(thrown: unknown): boolean {
  if (!(thrown instanceof KafkaError)) return false;
  return ["CONNECTION_FAILED", "CONNECTION_CLOSED", "CLOSED", "TIMED_OUT"].includes(thrown.code);
}
