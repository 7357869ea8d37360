import type { Platform } from "../../platform/platform.ts";
import type { ClientMetrics } from "../diagnostics/client-metrics.ts";
import { clientError, type KafkaError } from "../errors.ts";
import { addressText, type BrokerAddress } from "./address.ts";
import type { ClientSecurity } from "./authentication.ts";
import { backoffMs, RECONNECT_BACKOFF } from "./backoff.ts";
import type { BrokerVersions } from "./broker-versions.ts";
import { BrokerConnection, UNKNOWN_NODE_ID } from "./connection.ts";
import type { Deadline } from "./deadline.ts";

/** The connection of everything that is answered at once. */
export const SHARED_CHANNEL = "";
/** For the first attempt to connect, and the longest (`socket.connection.setup.timeout.ms`, `….max.ms`). */
const SETUP_TIMEOUT_MS = 10_000;
const SETUP_TIMEOUT_MAX_MS = 30_000;

export interface ConnectionPoolOptions {
  readonly platform: Pick<Platform, "clock" | "network" | "random">;
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly security: ClientSecurity;
  readonly metrics: ClientMetrics;
  readonly idleMaxMs?: number | undefined;
  /** The cluster that brokers should belong to, once that is known. */
  readonly clusterId: () => string | null;
  /** A connection was lost that nobody closed. */
  readonly onLost: (nodeId: number, reason: KafkaError) => void;
}

/** A connection, or the attempt to make it. */
interface Channel {
  readonly opening: Promise<BrokerConnection>;
  connection: BrokerConnection | undefined;
  hasFailed: boolean;
}

/** One address: a broker, or a place where one is hoped for; and the connections to it. */
export class Endpoint {
  readonly address: BrokerAddress;
  nodeId: number;
  readonly channels = new Map<string, Channel>();
  /** Attempts that failed since the last one that did not. */
  failures = 0;
  /** When it may be tried again, by the monotonic clock. */
  retryAtMs = 0;
  /** What the broker said last that it serves. */
  versions: BrokerVersions | undefined;

  constructor(address: BrokerAddress, nodeId: number) {
    this.address = address;
    this.nodeId = nodeId;
  }

  /** The open connection of a channel, if there is one now. */
  open(channel: string): BrokerConnection | undefined {
    const connection = this.channels.get(channel)?.connection;
    return connection?.isOpen === true ? connection : undefined;
  }
}

/**
 * The connections of a client: to brokers by id, of which each has an address that may change, and to the
 * addresses that it was given. One that cannot be reached is tried again after a pause that grows.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #nodes = new Map<number, Endpoint>();
  readonly #bootstrap = new Map<string, Endpoint>();
  /** Ends the pauses that attempts wait for. */
  readonly #pauses = new Set<() => void>();
  #isClosed = false;

  constructor(bootstrap: readonly BrokerAddress[], options: ConnectionPoolOptions) {
    this.#options = options;
    for (const address of bootstrap) {
      this.#bootstrap.set(addressText(address), new Endpoint(address, UNKNOWN_NODE_ID));
    }
  }

  /** The broker with this id, if it is known. */
  node(nodeId: number): Endpoint | undefined {
    return this.#nodes.get(nodeId);
  }

  /** Brokers to ask something that all can answer, best first: those that failed last come last. */
  candidates(): Endpoint[] {
    return this.#inOrder([...this.#nodes.values()]);
  }

  /** The addresses that the client was given, best first. */
  bootstrapCandidates(): Endpoint[] {
    return this.#inOrder([...this.#bootstrap.values()]);
  }

  #inOrder(endpoints: Endpoint[]): Endpoint[] {
    const { clock, random } = this.#options.platform;
    const nowMs = clock.monotonicMs();
    for (let i = endpoints.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [endpoints[i], endpoints[j]] = [endpoints[j]!, endpoints[i]!];
    }
    const waitMs = ({ retryAtMs }: Endpoint): number => Math.max(0, retryAtMs - nowMs);
    return endpoints.sort((a, b) => waitMs(a) - waitMs(b));
  }

  /** An open shared connection with the fewest requests under way, `undefined` when there is none. */
  leastLoaded(): BrokerConnection | undefined {
    let best: BrokerConnection | undefined;
    for (const endpoints of [this.#nodes, this.#bootstrap]) {
      for (const endpoint of endpoints.values()) {
        const connection = endpoint.open(SHARED_CHANNEL);
        if (connection === undefined) continue;
        if (best === undefined || connection.inFlight < best.inFlight) best = connection;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  /** These are all the brokers there are. Connections to others, or to older addresses, end when they are answered. */
  setNodes(brokers: Iterable<BrokerAddress & { readonly nodeId: number }>): void {
    const seen = new Set<number>();
    for (const broker of brokers) {
      seen.add(broker.nodeId);
      this.setNode(broker);
    }
    for (const [nodeId, endpoint] of this.#nodes) {
      if (seen.has(nodeId)) continue;
      this.#nodes.delete(nodeId);
      retire(endpoint);
    }
  }

  /** A broker and its address, which may be a new one. */
  setNode({ nodeId, host, port }: BrokerAddress & { readonly nodeId: number }): void {
    const known = this.#nodes.get(nodeId);
    if (known !== undefined && known.address.host === host && known.address.port === port) return;
    if (known !== undefined) retire(known);
    const address = { host, port };
    const name = addressText(address);
    const first = this.#bootstrap.get(name);
    if (first === undefined) {
      this.#nodes.set(nodeId, new Endpoint(address, nodeId));
      return;
    }
    // The connection that the first metadata came through goes on as this broker's.
    first.nodeId = nodeId;
    for (const { connection } of first.channels.values()) {
      if (connection !== undefined) connection.nodeId = nodeId;
    }
    this.#nodes.set(nodeId, first);
    this.#bootstrap.set(name, new Endpoint(address, UNKNOWN_NODE_ID));
  }

  /** A connection of the channel, opened if there is none. Throws {@link KafkaError}. */
  async connect(
    endpoint: Endpoint,
    channel: string,
    deadline: Deadline,
  ): Promise<BrokerConnection> {
    const open = endpoint.open(channel);
    if (open !== undefined) return open;
    const { opening } = this.#channelOf(endpoint, channel);
    return deadline.within(opening);
  }

  #channelOf(endpoint: Endpoint, channel: string): Channel {
    const known = endpoint.channels.get(channel);
    const isUsable = known?.hasFailed === false && known.connection?.isOpen !== false;
    if (known !== undefined && isUsable) return known;
    const opening = this.#open(endpoint, channel);
    const made: Channel = { opening, connection: undefined, hasFailed: false };
    endpoint.channels.set(channel, made);
    opening.then(
      (connection) => {
        made.connection = connection;
        connection.nodeId = endpoint.nodeId;
        if (this.#isClosed) connection.close();
      },
      () => {
        made.hasFailed = true;
      },
    );
    return made;
  }

  async #open(endpoint: Endpoint, channel: string): Promise<BrokerConnection> {
    const { platform, clientId, security, metrics, idleMaxMs } = this.#options;
    const { clock, network } = platform;
    await this.#pause(endpoint);
    const { failures, nodeId, address } = endpoint;
    const versions = endpoint.versions ?? this.anyVersions();
    const timeoutMs = Math.min(
      this.#options.requestTimeoutMs,
      SETUP_TIMEOUT_MS * 2 ** Math.min(failures, 10),
      SETUP_TIMEOUT_MAX_MS,
    );
    // Asked of brokers that are known to understand it: others would have to be asked twice.
    const clusterId =
      (versions?.namesItsTarget === true ? this.#options.clusterId() : null) ?? undefined;
    try {
      const connection = await BrokerConnection.open(address, {
        network,
        clock,
        clientId,
        security,
        metrics,
        timeoutMs,
        nodeId,
        clusterId,
        idleMaxMs,
        onClosed: (ended, lostBy) => this.#onClosed(ended, channel, lostBy),
      });
      endpoint.failures = 0;
      endpoint.retryAtMs = 0;
      endpoint.versions = connection.brokerVersions;
      return connection;
    } catch (thrown) {
      this.#failed(endpoint);
      throw thrown;
    }
  }

  #failed(endpoint: Endpoint): void {
    const { clock, random } = this.#options.platform;
    // Connections that are lost together count as one failure.
    if (endpoint.retryAtMs > clock.monotonicMs()) return;
    endpoint.failures++;
    endpoint.retryAtMs =
      clock.monotonicMs() + backoffMs(random, endpoint.failures, RECONNECT_BACKOFF);
  }

  /** Waits until the endpoint may be tried again. */
  async #pause(endpoint: Endpoint): Promise<void> {
    const { clock } = this.#options.platform;
    const waitMs = endpoint.retryAtMs - clock.monotonicMs();
    if (waitMs > 0) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          timer.cancel();
          this.#pauses.delete(end);
          resolve();
        };
        const timer = clock.setTimer(waitMs, end);
        this.#pauses.add(end);
      });
    }
    if (this.#isClosed) throw closed();
  }

  #onClosed(connection: BrokerConnection, channel: string, lostBy: KafkaError | undefined): void {
    const endpoint =
      this.#nodes.get(connection.nodeId) ?? this.#bootstrap.get(addressText(connection.address));
    if (endpoint?.channels.get(channel)?.connection === connection) {
      endpoint.channels.delete(channel);
      if (lostBy !== undefined) this.#failed(endpoint);
    }
    if (lostBy !== undefined) this.#options.onLost(connection.nodeId, lostBy);
  }

  /** No broker is known any more; connections end when they are answered. */
  forgetNodes(): void {
    for (const endpoint of this.#nodes.values()) retire(endpoint);
    this.#nodes.clear();
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#pauses) end();
    for (const endpoints of [this.#nodes, this.#bootstrap]) {
      for (const endpoint of endpoints.values()) {
        for (const { connection } of endpoint.channels.values()) connection?.close();
        endpoint.channels.clear();
      }
    }
  }

  /** What some broker said that it serves, for choices before connecting; brokers of a cluster are alike. */
  anyVersions(): BrokerVersions | undefined {
    for (const endpoints of [this.#nodes, this.#bootstrap]) {
      for (const { versions } of endpoints.values()) if (versions !== undefined) return versions;
    }
    return undefined;
  }
}

function retire(endpoint: Endpoint): void {
  for (const { opening } of endpoint.channels.values()) {
    opening.then(
      (connection) => connection.retire(),
      () => undefined,
    );
  }
  endpoint.channels.clear();
}

function closed(): KafkaError {
  return clientError("CLOSED", "the client was closed");
}
