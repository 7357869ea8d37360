import { Broker, type ListenerKind } from "../broker/broker.ts";
import { InternalTopicLog } from "../broker/coordinator-log.ts";
import { routes, type Route } from "../broker/handlers.ts";
import { GROUP_METADATA_TOPIC } from "../broker/internal-topics.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { nodeListeners, type Listener as ListenerSetting } from "../config/listeners.ts";
import { logConfigOf } from "../config/log-config.ts";
import { bootstrapContent, writeBootstrapSnapshot } from "../controller/format.ts";
import { assert } from "../core/assert.ts";
import { MoldauError } from "../core/errors.ts";
import { QuorumNode } from "../controller/quorum-node.ts";
import { groupCoordinatorSettingsOf } from "../coordinator/group-coordinator-settings.ts";
import { GroupCoordinator } from "../coordinator/group-coordinator.ts";
import { ConfigResourceType, type EndpointImage, type MetadataImage } from "../metadata/image.ts";
import type { Clock } from "../platform/clock.ts";
import type { Platform } from "../platform/platform.ts";
import { randomUuid } from "../platform/random.ts";
import type { FormatOptions } from "../storage/log-directories.ts";
import { LogManager } from "../storage/log-manager.ts";
import { storageSettingsOf } from "../storage/storage-settings.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Acceptor } from "./acceptor.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { makeDispatcher } from "./dispatch.ts";
import { ReceiveBuffers } from "./receive-buffers.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { RequestMetrics } from "./request-metrics.ts";

/** Bytes of requests being received when `queued.max.request.bytes` sets no bound. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024;
/** How long a stopping node waits for answers that are under way. */
const DRAIN_MAX_MS = 300;
/** How long it waits for clients that have been told everything to close their side. */
const CLOSING_MAX_MS = 50;
const DRAIN_CHECK_MS = 5;

export interface NodeOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  /** Of a new cluster, when its folders are empty (`CLUSTER_ID`); one is made up otherwise. */
  readonly clusterId?: string;
  /** The node cannot go on; what it promised is kept, but it promises nothing more. Default: throws. */
  readonly onFatal?: (error: Error) => void;
  /** Aborted, it ends the start, which rejects; later it means nothing. */
  readonly signal?: AbortSignal;
  /** Puts something in the place of a route: a test kit answers errors there. */
  readonly replaceRoute?: (route: Route) => Route;
}

/** A listener that is open. */
export interface OpenListener {
  readonly name: string;
  readonly kind: ListenerKind;
  readonly host: string;
  readonly port: number;
}

/** A node that serves. */
export interface RunningNode {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Of the first listener for clients. */
  readonly host: string;
  readonly port: number;
  readonly listeners: readonly OpenListener[];
  readonly broker: Broker;
  readonly metrics: RequestMetrics;
  /** Clients that are connected now, over all listeners. */
  readonly connectionCount: number;
  /**
   * Finishes what is under way, writes checkpoints and the mark of a clean stop, lets go of the folders.
   * Called again it gives the same promise. Rejects when the stop was no clean one; everything has been
   * let go then too.
   */
  close(): Promise<void>;
}

/**
 * Starts a combined node: takes its folders, opens its listeners, replays its metadata, loads its logs,
 * registers, leads, and serves. A start that fails leaves nothing open.
 *
 * @throws MoldauError when a folder, a port or a file stands in the way; `START_ABORTED` after the signal
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const node = new Node(options);
  try {
    await node.start();
    return node;
  } catch (error) {
    await node.letGo();
    throw error;
  }
}

class Node implements RunningNode {
  readonly nodeId: number;
  readonly metrics = new RequestMetrics();
  readonly #options: NodeOptions;
  readonly #logManager: LogManager;
  readonly #acceptors: { readonly acceptor: Acceptor; readonly listener: OpenListener }[] = [];
  readonly #buffers: ReceiveBuffers;
  readonly #lines: RepeatedLines;
  #quorum: QuorumNode | undefined;
  #broker: Broker | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: NodeOptions) {
    const { config, platform, logger } = options;
    this.#options = options;
    this.nodeId = config.nodeId;
    const { clock } = platform;
    this.#buffers = new ReceiveBuffers({ maxBytes: requestBytesMax(config), clock });
    this.#lines = new RepeatedLines(logger, clock);
    this.#logManager = LogManager.open({
      platform,
      logger,
      settings: storageSettingsOf(config),
      nodeId: this.nodeId,
      format: formatOptions(options),
      onDirectoryFailure: (directory) => {
        this.#quorum?.directoriesChanged().catch((error: unknown) => {
          // The metadata log may be in the same directory; then the node is about to end.
          if (this.#closing !== undefined) return;
          logger.error(`the quorum was not told that ${directory.path} is offline`, { error });
        });
      },
    });
  }

  get clusterId(): string {
    return this.#logManager.clusterId;
  }

  get broker(): Broker {
    if (this.#broker === undefined) throw new Error("the node has not started");
    return this.#broker;
  }

  get listeners(): readonly OpenListener[] {
    return this.#acceptors.map(({ listener }) => listener);
  }

  get connectionCount(): number {
    return this.#acceptors.reduce((sum, { acceptor }) => sum + acceptor.connectionCount, 0);
  }

  get host(): string {
    return this.#firstListener.host;
  }

  get port(): number {
    return this.#firstListener.port;
  }

  get #firstListener(): OpenListener {
    const first = this.listeners.find(({ kind }) => kind === "broker") ?? this.listeners[0];
    if (first === undefined) throw new Error("the node has no listener");
    return first;
  }

  async start(): Promise<void> {
    const { config } = this.#options;
    const settings = nodeListeners(config);
    this.#checkAborted();
    await this.#listen(settings.brokers, "broker");
    await this.#listen(settings.controllers, "controller");
    this.#checkAborted();
    const quorum = this.#openQuorum(settings.advertised);
    this.#quorum = quorum;
    const broker = this.#makeBroker(quorum);
    this.#broker = broker;
    broker.fetchMemory.whenShort(() => {
      for (const { acceptor } of this.#acceptors) acceptor.closeUnread();
    });
    broker.applyBrokerConfigs(quorum.head);
    await this.#logManager.loadLogs(({ topic, partition, topicId }) => {
      this.#checkAborted();
      const known = quorum.head.topicById(topicId);
      const replicas = known?.partitions[partition]?.replicas ?? [];
      if (known?.name !== topic || !replicas.includes(this.nodeId)) return undefined;
      return logConfigOf(config, quorum.head.configsOf(ConfigResourceType.TOPIC, topic));
    });
    this.#checkAborted();
    broker.groups.start(groupPartitions(config, quorum.head));
    quorum.onMetadata((image, delta) => broker.onMetadata(image, delta));
    await quorum.unfence();
    this.#checkAborted();
    for (const { acceptor, listener } of this.#acceptors) {
      acceptor.serve(this.#dispatcherFor(broker, listener));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  /** Lets go of everything without the promises of a clean stop. Does not throw. */
  async letGo(): Promise<void> {
    const { logger } = this.#options;
    const step = async (what: () => unknown): Promise<void> => {
      try {
        await what();
      } catch (error) {
        logger.error("what was open could not all be let go", { error });
      }
    };
    for (const { acceptor } of this.#acceptors) {
      await step(() => acceptor.stopListening());
      acceptor.closeConnections();
    }
    this.#buffers.close();
    this.#lines.close();
    await step(() => this.#broker?.close());
    await step(() => this.#quorum?.abandon());
    await step(() => this.#logManager.close({ clean: false }));
  }

  async #stop(): Promise<void> {
    try {
      await this.#stopInOrder();
    } catch (error) {
      await this.letGo();
      throw error;
    }
  }

  async #stopInOrder(): Promise<void> {
    const quorum = this.#quorum;
    for (const { acceptor } of this.#acceptors) await acceptor.stopListening();
    await quorum?.beginControlledShutdown();
    for (const { acceptor } of this.#acceptors) acceptor.finishConnections();
    this.#broker?.close();
    await this.#drain();
    for (const { acceptor } of this.#acceptors) acceptor.closeConnections();
    this.#buffers.close();
    this.#lines.close();
    const brokerEpoch = quorum?.brokerEpoch ?? -1;
    await quorum?.close();
    await this.#logManager.close({ brokerEpoch });
  }

  /** Waits until every answer that is under way has gone and the clients have too, for a short while. */
  async #drain(): Promise<void> {
    const { clock } = this.#options.platform;
    const acceptors = this.#acceptors.map(({ acceptor }) => acceptor);
    const startMs = clock.monotonicMs();
    for (;;) {
      const passedMs = clock.monotonicMs() - startMs;
      const isBusy = acceptors.some((acceptor) => acceptor.isBusy);
      if (passedMs >= (isBusy ? DRAIN_MAX_MS : CLOSING_MAX_MS)) return;
      if (acceptors.every(({ connectionCount }) => connectionCount === 0)) return;
      await delay(clock, DRAIN_CHECK_MS);
    }
  }

  #checkAborted(): void {
    if (this.#options.signal?.aborted !== true) return;
    throw new MoldauError("the start was ended before it was done", { code: "START_ABORTED" });
  }

  async #listen(settings: readonly ListenerSetting[], kind: ListenerKind): Promise<void> {
    const { config, platform } = this.#options;
    const limits = new ConnectionLimits({
      connectionsMax: config.get("max.connections"),
      connectionsPerIpMax: config.get("max.connections.per.ip"),
      perIpOverrides: perIpOverrides(config),
    });
    for (const setting of settings) {
      const acceptor = new Acceptor({
        network: platform.network,
        clock: platform.clock,
        lines: this.#lines,
        limits,
        buffers: this.#buffers,
        frameBytesMax: config.get("socket.request.max.bytes"),
        idleMaxMs: config.get("connections.max.idle.ms"),
      });
      const host = setting.host === "" ? ANY_INTERFACE : setting.host;
      const { port } = await acceptor.listen(host, setting.port);
      this.#acceptors.push({
        acceptor,
        listener: { name: setting.name, kind, host: setting.host, port },
      });
    }
  }

  #openQuorum(advertised: readonly ListenerSetting[]): QuorumNode {
    const { config, platform, logger } = this.#options;
    return QuorumNode.open({
      platform,
      logger,
      config,
      logManager: this.#logManager,
      brokerListeners: advertised.map((listener) => this.#endpoint(listener)),
      controllerListeners: this.listeners
        .filter(({ kind }) => kind === "controller")
        .map((listener) => this.#endpoint(listener)),
      onFatal: (error) => this.#fail(error),
    });
  }

  #endpoint(listener: { readonly name: string; readonly host: string; readonly port: number }) {
    const open = this.listeners.find(({ name }) => name === listener.name);
    const endpoint: EndpointImage = {
      name: listener.name,
      host: listener.host === "" ? LOCAL_HOST : listener.host,
      port: listener.port === 0 ? (open?.port ?? 0) : listener.port,
      securityProtocol: 0,
    };
    return endpoint;
  }

  #makeBroker(quorum: QuorumNode): Broker {
    const { config, platform, logger } = this.#options;
    return new Broker({
      nodeId: this.nodeId,
      clusterId: this.clusterId,
      config,
      clock: platform.clock,
      random: platform.random,
      logger,
      logManager: this.#logManager,
      quorum,
      servedApis: (listenerName) => routesFor(this.#kindOf(listenerName)),
      listenerKind: (listenerName) => this.#kindOf(listenerName),
      makeGroupCoordinator: (broker) =>
        new GroupCoordinator({
          clock: platform.clock,
          random: platform.random,
          logger,
          log: new InternalTopicLog(() => broker, GROUP_METADATA_TOPIC),
          topics: {
            nameOf: (topicId) => broker.topicName(topicId),
            idOf: (name) => broker.image.topic(name)?.id,
            partitionCountOf: (name) => broker.image.topic(name)?.partitions.length,
          },
          settings: groupCoordinatorSettingsOf(config),
        }),
    });
  }

  #kindOf(listenerName: string): ListenerKind {
    return this.listeners.find(({ name }) => name === listenerName)?.kind ?? "broker";
  }

  #dispatcherFor(broker: Broker, listener: OpenListener): ReturnType<typeof makeDispatcher> {
    const table: (Route | undefined)[] = [];
    const { replaceRoute } = this.#options;
    for (const route of routesFor(listener.kind)) table[route.key] = replaceRoute?.(route) ?? route;
    return makeDispatcher({
      broker,
      lines: this.#lines,
      metrics: this.metrics,
      routes: table,
      listenerName: listener.name,
      onDefect: (error) => this.#fail(error),
    });
  }

  #fail(error: Error): void {
    this.#closing ??= this.letGo();
    const { onFatal, platform } = this.#options;
    if (onFatal !== undefined) onFatal(error);
    else {
      // On its own, so that nobody who happens to be on the stack catches it.
      platform.clock.defer(() => {
        throw error;
      });
    }
  }
}

/** Both protocols' wildcard address. */
const ANY_INTERFACE = "::";
/** What is advertised for a listener on every interface when nobody says more. */
const LOCAL_HOST = "localhost";

function routesFor(kind: ListenerKind): readonly Route[] {
  return routes.filter(({ listeners }) => listeners.includes(kind));
}

function requestBytesMax(config: BrokerConfig): number {
  const configured = config.get("queued.max.request.bytes");
  return configured > 0 ? configured : REQUEST_BYTES_MAX;
}

function perIpOverrides(config: BrokerConfig): Map<string, number> {
  const overrides = new Map<string, number>();
  for (const entry of config.get("max.connections.per.ip.overrides").split(",")) {
    const [address = "", count = ""] = entry.split(":");
    if (address.trim() !== "") overrides.set(address.trim(), Number(count));
  }
  return overrides;
}

function groupPartitions(config: BrokerConfig, image: MetadataImage): number {
  const { length } = image.topic(GROUP_METADATA_TOPIC)?.partitions ?? [];
  return length > 0 ? length : config.get("offsets.topic.num.partitions");
}

/** An empty folder becomes that of a new cluster, whose id is the given one or made up. */
function formatOptions({ platform, config, clusterId }: NodeOptions): FormatOptions {
  const staticVoters = config.get("controller.quorum.voters").length > 0;
  const endpoints = nodeListeners(config).controllers.map(({ name, host, port }) => ({
    name,
    host: host === "" ? LOCAL_HOST : host,
    port,
  }));
  return {
    clusterId: clusterId ?? randomUuid(platform.random),
    prepare: ({ path, id }) => {
      assert(id !== undefined, "a directory is formatted without an id", { path });
      writeBootstrapSnapshot(
        platform,
        path,
        { nodeId: config.nodeId, directoryId: id },
        staticVoters ? { kind: "static" } : { kind: "standalone", endpoints },
        bootstrapContent({}),
      );
    },
  };
}

function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}
