import type { Kafka } from "../client/kafka.ts";
import type { Logger } from "../telemetry/logger.ts";
import { moldauVersion } from "../core/version.ts";
import type { BrokerInfo, ClusterInfo, FlowSample, OverviewSample } from "./api.ts";
import { ClusterView, type ClusterSample } from "./cluster-view.ts";
import { OpenStreams } from "./event-stream.ts";
import { Flow } from "./flow.ts";
import type { BrokerInsight, Observations } from "./insight.ts";
import { LagHistory } from "./lag-history.ts";
import { Live } from "./live.ts";
import { MessageReader } from "./message-reader.ts";
import { Sampler } from "./sampler.ts";
import { warningsOf } from "./warnings.ts";
import { whatMoved } from "./what-moved.ts";

const BROKERS_EVERY_MS = 10_000;
const CALL_MAX_MS = 10_000;
/** A scrape tells figures that are no older; it waits so long for newer ones, then it tells what is known. */
const FRESH_MS = 1000;
const FRESH_WAIT_MAX_MS = 3000;

export interface ConsoleStateOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  /** What clients are to be told; `host:port`. */
  readonly bootstrap: string;
  readonly insight: BrokerInsight | undefined;
}

/** A reading of the counters of the broker's process, to make rates of. */
interface Counters {
  readonly atMs: number;
  readonly requests: number;
  readonly outBytes: number;
}

/** What the console knows: one cluster, looked at for everybody who has the page open. */
export class ConsoleState {
  readonly kafka: Kafka;
  readonly view = new ClusterView();
  readonly live: Live;
  readonly history = new LagHistory();
  readonly reader: MessageReader;
  readonly streams = new OpenStreams();
  readonly insight: BrokerInsight | undefined;
  readonly observed: Observations | undefined;
  /** When it began to look. */
  readonly sinceMs: number;
  readonly #options: ConsoleStateOptions;
  readonly #sampler: Sampler;
  readonly #flow = new Flow();
  /** Resolved with the next sample. */
  #next = Promise.withResolvers<void>();
  #brokers: { readonly atMs: number; readonly value: Promise<readonly BrokerInfo[]> } | undefined;
  #knownBrokers: readonly BrokerInfo[] = [];
  #counters: Counters | undefined;

  constructor(options: ConsoleStateOptions) {
    const { kafka, logger, insight } = options;
    const { clock } = kafka.cluster.platform;
    this.#options = options;
    this.kafka = kafka;
    this.insight = insight;
    this.observed = insight?.observe();
    this.sinceMs = clock.nowMs();
    this.live = new Live(this.view, clock);
    this.reader = new MessageReader(kafka);
    this.#sampler = new Sampler({
      kafka,
      clock,
      logger,
      whatMoved: (sinceMs, periodMs) => whatMoved(insight, this.observed, sinceMs, periodMs),
      onSample: (sample) => this.#take(sample),
      onRetention: (retention) => this.view.learnRetention(retention),
      onTrouble: (reason) => this.live.publishTrouble(reason),
    });
  }

  /** Somebody looks, until what is returned is called. */
  watch(): () => void {
    return this.#sampler.watch();
  }

  /** The settings of a topic were changed. */
  forgetRetention(topic: string): void {
    this.#sampler.forgetRetention(topic);
  }

  /** Resolves when what is known is no older than a second, or cannot be had; somebody has to watch meanwhile. */
  async fresh(): Promise<void> {
    const { clock } = this.kafka.cluster.platform;
    if (clock.nowMs() - this.view.sample.atMs < FRESH_MS) return;
    const patience = Promise.withResolvers<void>();
    const timer = clock.setTimer(FRESH_WAIT_MAX_MS, patience.resolve);
    await Promise.race([this.#next.promise, patience.promise]);
    timer.cancel();
  }

  /** When a group's offset was last seen to move: by its commit, or by two samples that differ. */
  movedMs(group: string, topic: string, partition: number): number | undefined {
    return this.view.movedMs(group, topic, partition);
  }

  async cluster(): Promise<ClusterInfo> {
    const described = await this.kafka.admin.describeCluster({ timeoutMs: CALL_MAX_MS });
    const brokers = await this.brokers();
    const version = described.features.find(({ name }) => name === "metadata.version");
    const level = version?.level;
    return {
      clusterId: described.clusterId ?? "",
      controllerId: described.controllerId ?? -1,
      brokers,
      moldauVersion,
      product: this.insight === undefined ? "other" : "moldau",
      ...(level === undefined || level === null ? {} : { metadataVersion: String(level) }),
      bootstrap: this.#options.bootstrap,
      ...(this.insight === undefined ? {} : { startedMs: this.insight.startedMs }),
    };
  }

  /** The brokers with their disks; asked for at most once in a while. */
  brokers(): Promise<readonly BrokerInfo[]> {
    const nowMs = this.kafka.cluster.platform.clock.monotonicMs();
    const known = this.#brokers;
    if (known !== undefined && nowMs - known.atMs < BROKERS_EVERY_MS) return known.value;
    const value = this.#askBrokers();
    this.#brokers = { atMs: nowMs, value };
    value.then(
      (brokers) => {
        this.#knownBrokers = brokers;
      },
      () => {
        this.#brokers = undefined;
      },
    );
    return value;
  }

  /** As {@link brokers}, or what was known of them last when the cluster does not answer soon. */
  async brokersSoon(): Promise<readonly BrokerInfo[]> {
    const { clock } = this.kafka.cluster.platform;
    const patience = Promise.withResolvers<readonly BrokerInfo[]>();
    const timer = clock.setTimer(FRESH_WAIT_MAX_MS, () => patience.resolve(this.#knownBrokers));
    const asked = this.brokers().catch(() => this.#knownBrokers);
    const found = await Promise.race([asked, patience.promise]);
    timer.cancel();
    return found;
  }

  close(): Promise<void> {
    this.#sampler.close();
    return this.kafka.close();
  }

  async #askBrokers(): Promise<readonly BrokerInfo[]> {
    const { admin } = this.kafka;
    const bounds = { timeoutMs: CALL_MAX_MS };
    const [described, dirs, topics] = await Promise.all([
      admin.describeCluster(bounds),
      admin.describeLogDirs(null, bounds),
      admin.listTopics({ ...bounds, includeInternal: true }),
    ]);
    this.view.learnSizes(sizesOf(dirs));
    const dirsOf = new Map(dirs.map(({ value }) => [value?.brokerId, value?.logDirs ?? []]));
    return described.brokers.map(({ id, host, port, rack }) => {
      const replicas = topics.flatMap(({ partitions }) =>
        partitions.filter((partition) => partition.replicas.includes(id)),
      );
      return {
        id,
        host,
        port,
        ...(rack === null ? {} : { rack }),
        isController: id === described.controllerId,
        partitions: replicas.length,
        leaders: replicas.filter(({ leader }) => leader === id).length,
        logDirs: (dirsOf.get(id) ?? []).map((dir) => ({
          path: dir.path,
          usedBytes: dir.replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
          ...(dir.totalBytes === null ? {} : { totalBytes: dir.totalBytes }),
          ...(dir.usableBytes === null ? {} : { freeBytes: dir.usableBytes }),
          ...(dir.error === undefined ? {} : { error: dir.error.message }),
        })),
      };
    });
  }

  #take(sample: ClusterSample): void {
    const changes = this.view.apply(sample, this.#producedBytes());
    for (const group of sample.groups) {
      this.history.take(sample.atMs, group, this.view.groupRow(group.name)?.lag ?? 0);
    }
    this.history.forget(changes.groups.removed);
    this.brokers().catch(() => undefined);
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
    this.live.publish(changes, this.#overview(sample));
    if (this.live.wantsFlow) this.live.publishFlow(this.flow());
  }

  /** The picture as it is now. */
  flow(): FlowSample {
    return this.#flow.next(this.view, this.observed, this.insight);
  }

  /** Bytes written to each topic so far, where the broker counts them. */
  #producedBytes(): ReadonlyMap<string, number> | undefined {
    if (this.observed === undefined) return undefined;
    const sums = new Map<string, number>();
    for (const { topic, bytes } of this.observed.produced.values()) {
      sums.set(topic, (sums.get(topic) ?? 0) + bytes);
    }
    return sums;
  }

  #overview(sample: ClusterSample): OverviewSample {
    const rows = this.view.topicRows;
    const own = rows.filter((row) => !row.isInternal);
    const groups = this.view.groupRows;
    const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
    const offline = sample.topics.flatMap(({ partitions }) =>
      partitions.filter(({ leader }) => leader < 0),
    );
    const { outBytes, process } = this.#processSample(sample.atMs);
    return {
      atMs: sample.atMs,
      topics: own.length,
      partitions: sum(own.map(({ partitions }) => partitions)),
      groups: groups.length,
      clients: this.insight?.connectionCount() ?? 0,
      inRecords: sum(own.map(({ inRecords }) => inRecords)),
      inBytes: sum(own.map(({ inBytes }) => inBytes)),
      ...(outBytes === undefined ? {} : { outBytes }),
      diskBytes: sum(rows.map(({ sizeBytes }) => sizeBytes)),
      totalLag: sum(groups.map(({ lag }) => lag)),
      underReplicated: sum(rows.map(({ underReplicated }) => underReplicated)),
      offline: offline.length,
      warnings: warningsOf(this.view, this.#knownBrokers),
      ...(process === undefined ? {} : { process }),
    };
  }

  #processSample(atMs: number): Pick<OverviewSample, "outBytes" | "process"> {
    const { insight, observed } = this;
    if (insight === undefined || observed === undefined) return {};
    const requests = Array.from(insight.requests).reduce((sum, count) => sum + count, 0);
    let outBytes = 0;
    for (const { bytes } of observed.fetched.values()) outBytes += bytes;
    const before = this.#counters ?? { atMs, requests, outBytes };
    this.#counters = { atMs, requests, outBytes };
    const seconds = Math.max(0.001, (atMs - before.atMs) / 1000);
    const { residentBytes, heapUsedBytes, cpuPercent, eventLoopP99Ms } = insight.process("page");
    return {
      outBytes: Math.max(0, Math.round((outBytes - before.outBytes) / seconds)),
      process: {
        residentBytes,
        heapUsedBytes,
        cpuPercent,
        eventLoopP99Ms,
        requests: Math.max(0, Math.round((requests - before.requests) / seconds)),
        connections: insight.connectionCount(),
      },
    };
  }
}

/** Bytes of each topic over all its replicas. */
function sizesOf(
  dirs: Awaited<ReturnType<Kafka["admin"]["describeLogDirs"]>>,
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { value } of dirs) {
    for (const { replicas } of value?.logDirs ?? []) {
      for (const { topic, sizeBytes } of replicas) {
        sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes);
      }
    }
  }
  return sizes;
}
