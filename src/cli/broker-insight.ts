import { monitorEventLoopDelay } from "node:perf_hooks";
import { LATENCY_BUCKETS_MS } from "../broker/observer.ts";
import type { BrokerInsight, ProcessFacts } from "../console/insight.ts";
import type { RunningNode } from "../server/node.ts";

const LOOP_RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
/** Several may ask within a second; a share of the processor over less than this says nothing. */
const WINDOW_MS = 1000;

/** What the console learns of the broker in this process. */
export function insightOf(node: RunningNode): BrokerInsight {
  const startedMs = Date.now() - performance.now();
  const readers = new Map<string, ProcessReader>();
  return {
    nodeId: node.nodeId,
    startedMs,
    observe() {
      const observer = node.broker.observe();
      const { produced, fetched, commits, latencies } = observer;
      return {
        produced,
        fetched,
        placeOf: (...place) => observer.placeOf(...place),
        commits,
        latencies,
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
    process(who) {
      let reader = readers.get(who);
      if (reader === undefined) {
        reader = new ProcessReader();
        readers.set(who, reader);
      }
      return reader.read();
    },
  };
}

/** Delays of the event loop since it was last asked for. */
class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  read(): Pick<ProcessFacts, "eventLoopP99Ms" | "eventLoopMaxMs"> {
    const delayMs = (ns: number): number =>
      Math.max(0, Math.round((ns / NS_PER_MS - LOOP_RESOLUTION_MS) * 10) / 10);
    const delays = {
      eventLoopP99Ms: delayMs(this.#histogram.percentile(99)),
      eventLoopMaxMs: delayMs(this.#histogram.max),
    };
    this.#histogram.reset();
    return delays;
  }
}

/** Memory, processor and event loop of this process, for somebody who asks again and again. */
class ProcessReader {
  readonly #loop = new LoopDelay();
  #cpu = process.cpuUsage();
  #atMs = performance.now();
  #percent = 0;
  #delays = this.#loop.read();

  read(): ProcessFacts {
    const { rss, heapUsed, external } = process.memoryUsage();
    const nowMs = performance.now();
    if (nowMs - this.#atMs >= WINDOW_MS) {
      const { user, system } = process.cpuUsage(this.#cpu);
      this.#percent = (user + system) / 10 / (nowMs - this.#atMs);
      this.#cpu = process.cpuUsage();
      this.#atMs = nowMs;
      this.#delays = this.#loop.read();
    }
    return {
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      cpuPercent: Math.round(this.#percent * 10) / 10,
      ...this.#delays,
    };
  }
}
