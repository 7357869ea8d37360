import { FrameReceiver } from "../client/cluster/frame-receiver.ts";
import type { Connection, Network } from "../platform/network.ts";
import { apiOf } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { correlationIdOf, decodeResponse, encodeRequest } from "../protocol/framing.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../protocol/messages/api-versions.ts";
import type { AnyMessage, InputOf, ValueOf } from "../protocol/schema.ts";
import { BROKER_HOST, BROKER_PORT } from "./broker-under-test.ts";
import type { Liveness } from "./checkers/liveness.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimRandom } from "./sim-random.ts";

const CONNECT_TIMEOUT_MS = 1000;
const API_VERSIONS_VERSION = 3;

/** Why there is no answer: the connection ended first. */
export const LOST = Symbol("lost");
export type Lost = typeof LOST;

export interface SimClientOptions {
  readonly network: Network;
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly liveness: Liveness;
  readonly clientId: string;
}

/**
 * One connection to the broker: any request in any version both sides know, answers by correlation
 * id, as many at a time as the caller likes. What is never answered is reported.
 */
export class SimClient {
  readonly #options: SimClientOptions;
  readonly #connection: Connection;
  readonly #versions = new Map<number, readonly [min: number, max: number]>();
  readonly #waiting = new Map<number, (frame: Buffer | undefined) => void>();
  #nextId = 1;
  #isClosed = false;

  private constructor(options: SimClientOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    connection.start(
      new FrameReceiver({
        frame: (bytes) => this.#received(bytes),
        badFrame: () => this.close(),
        closed: () => this.#closed(),
      }),
    );
  }

  /** Connects, and learns what the broker serves; gives nothing when nobody is there. */
  static async connect(options: SimClientOptions): Promise<SimClient | undefined> {
    let connection: Connection;
    try {
      connection = await options.network.connect({
        host: BROKER_HOST,
        port: BROKER_PORT,
        timeoutMs: CONNECT_TIMEOUT_MS,
      });
    } catch {
      return undefined;
    }
    const client = new SimClient(options, connection);
    const told = await client.call(
      apiVersionsRequest,
      apiVersionsResponse,
      { clientSoftwareName: "simulator", clientSoftwareVersion: "1" },
      { version: API_VERSIONS_VERSION },
    );
    if (told === LOST || told.errorCode !== ErrorCode.NONE) {
      client.close();
      return undefined;
    }
    for (const { apiKey, minVersion, maxVersion } of told.apiKeys) {
      client.#versions.set(apiKey, [minVersion, maxVersion]);
    }
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Some version of an API that both sides know, `from` on and `to` at most. */
  versionOf(request: AnyMessage, from = 0, to = Infinity): number {
    const key = request.traits.apiKey ?? -1;
    const [min, max] = this.#versions.get(key) ?? [0, 0];
    const stable = apiOf(key)?.maxStableVersion ?? max;
    return this.#options.random.between(Math.max(min, from), Math.min(max, to, stable));
  }

  /** Sends a request; gives its answer, or that the connection ended before it came. */
  async call<Q extends AnyMessage, R extends AnyMessage>(
    request: Q,
    response: R,
    body: InputOf<Q>,
    options: { readonly version?: number; readonly waitMs?: number } = {},
  ): Promise<ValueOf<R> | Lost> {
    if (this.#isClosed) return LOST;
    const version = options.version ?? this.versionOf(request);
    const id = this.#send(request, version, body);
    const { liveness } = this.#options;
    const ask = liveness.asked(`${request.name} v${version}`, options.waitMs ?? 0);
    const frame = await new Promise<Buffer | undefined>((settle) => {
      this.#waiting.set(id, settle);
    });
    liveness.answered(ask);
    return frame === undefined ? LOST : decodeResponse(response, version, frame).body;
  }

  /** Sends a request that has no answer. */
  post<Q extends AnyMessage>(request: Q, body: InputOf<Q>, version: number): void {
    if (!this.#isClosed) this.#send(request, version, body);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#connection.destroy();
    this.#closed();
  }

  #send<Q extends AnyMessage>(request: Q, version: number, body: InputOf<Q>): number {
    const correlationId = this.#nextId++;
    const { clientId } = this.#options;
    this.#connection.write(encodeRequest(request, version, { correlationId, clientId }, body));
    return correlationId;
  }

  #received(bytes: Buffer): void {
    const id = correlationIdOf(bytes, 0);
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(bytes);
  }

  #closed(): void {
    this.#isClosed = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const settle of waiting) settle(undefined);
  }
}
