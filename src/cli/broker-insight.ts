import { monitorEventLoopDelay } from "node:perf_hooks";
import { LATENCY_BUCKETS_MS } from "../broker/observer.ts";
import type { BrokerInsight, ProcessFacts } from "../console/insight.ts";
import type { RunningNode } from "../server/node.ts";

const LOOP_RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
/** Several ask within a second; a share of the processor over less says nothing. */
const CPU_WINDOW_MS = 500;

/** What the console learns of the broker in this process. */
export function insightOf(node: RunningNode): BrokerInsight {
  const startedMs = Date.now() - performance.now();
  const facts = new ProcessReader();
  return {
    nodeId: node.nodeId,
    startedMs,
    observe() {
      facts.begin();
      const observer = node.broker.observe();
      const { produced, fetched, fetchPlaces, commits, latencies } = observer;
      return {
        ...{ produced, fetched, fetchPlaces, commits, latencies },
        latencyBucketsMs: LATENCY_BUCKETS_MS,
        get hasLostCommits() {
          return observer.hasLostCommits;
        },
      };
    },
    brokerCount: () => node.broker.image.brokers.size,
    topicsVersion: () => node.broker.image.topicsByName,
    softwareOf: (clientId, host) => node.broker.clientSoftware.of(clientId, host),
    waitedFor: (group) => node.broker.groups.waitedFor(group),
    requests: node.metrics.requests,
    requestBytes: node.metrics.requestBytes,
    connectionCount: () => node.connectionCount,
    process: () => facts.read(),
  };
}

/** Memory, processor and event loop of this process. */
class ProcessReader {
  #loop: ReturnType<typeof monitorEventLoopDelay> | undefined;
  #cpu = process.cpuUsage();
  #atMs = performance.now();
  #percent = 0;

  begin(): void {
    if (this.#loop !== undefined) return;
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    this.#loop.enable();
  }

  read(): ProcessFacts {
    const { rss, heapUsed, external } = process.memoryUsage();
    const nowMs = performance.now();
    if (nowMs - this.#atMs >= CPU_WINDOW_MS) {
      const { user, system } = process.cpuUsage(this.#cpu);
      this.#percent = (user + system) / 10 / (nowMs - this.#atMs);
      this.#cpu = process.cpuUsage();
      this.#atMs = nowMs;
    }
    const delayMs = (ns: number): number =>
      Math.max(0, Math.round((ns / NS_PER_MS - LOOP_RESOLUTION_MS) * 10) / 10);
    const loop = this.#loop;
    return {
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      cpuPercent: Math.round(this.#percent * 10) / 10,
      eventLoopP99Ms: loop === undefined ? 0 : delayMs(loop.percentile(99)),
      eventLoopMaxMs: loop === undefined ? 0 : delayMs(loop.max),
    };
  }
}
