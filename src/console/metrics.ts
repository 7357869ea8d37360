import { apiName } from "../protocol/apis.ts";
import type { BrokerInfo } from "./api.ts";
import type { PartitionSample } from "./cluster-view.ts";
import type { ConsoleState } from "./console-state.ts";
import { MetricFamily } from "./metric-family.ts";

const partitionLabels = ["topic", "partition"] as const;
const groupPartitionLabels = ["group", "topic", "partition"] as const;
const dirLabels = ["broker", "path"] as const;

/** Figures of the whole cluster, which any Kafka tells. */
export const clusterFamilies = {
  up: new MetricFamily(
    "moldau_cluster_up",
    "gauge",
    "1 while the cluster answers; else figures are the last known.",
    [],
  ),
  end: new MetricFamily(
    "moldau_topic_partition_end_offset",
    "gauge",
    "Offset of the next record.",
    partitionLabels,
  ),
  start: new MetricFamily(
    "moldau_topic_partition_start_offset",
    "gauge",
    "Offset of the first record there is.",
    partitionLabels,
  ),
  inSync: new MetricFamily(
    "moldau_topic_partition_in_sync_replicas",
    "gauge",
    "Replicas in sync.",
    partitionLabels,
  ),
  size: new MetricFamily(
    "moldau_topic_size_bytes",
    "gauge",
    "Bytes of all replicas of the topic.",
    ["topic"],
  ),
  topicLag: new MetricFamily(
    "moldau_topic_lag_records",
    "gauge",
    "Lag of all groups in the topic.",
    ["topic"],
  ),
  committed: new MetricFamily(
    "moldau_group_committed_offset",
    "gauge",
    "Offset that the group goes on at.",
    groupPartitionLabels,
  ),
  groupLag: new MetricFamily(
    "moldau_group_lag_records",
    "gauge",
    "Records that the group has yet to read.",
    groupPartitionLabels,
  ),
  members: new MetricFamily("moldau_group_members", "gauge", "Members of the group.", ["group"]),
  stuck: new MetricFamily(
    "moldau_group_stuck",
    "gauge",
    "1 while a group with lag does not move on.",
    ["group"],
  ),
  replicas: new MetricFamily("moldau_broker_partitions", "gauge", "Replicas on the broker.", [
    "broker",
  ]),
  leaders: new MetricFamily("moldau_broker_leaders", "gauge", "Partitions that the broker leads.", [
    "broker",
  ]),
  dirUsed: new MetricFamily(
    "moldau_log_dir_used_bytes",
    "gauge",
    "Bytes of replicas in the directory.",
    dirLabels,
  ),
  dirFree: new MetricFamily(
    "moldau_log_dir_free_bytes",
    "gauge",
    "Bytes that are free on its volume.",
    dirLabels,
  ),
  dirOffline: new MetricFamily(
    "moldau_log_dir_offline",
    "gauge",
    "1 while the directory cannot be used.",
    dirLabels,
  ),
} as const;

/** Figures of the broker that serves the console. */
export const brokerFamilies = {
  resident: new MetricFamily(
    "moldau_process_resident_bytes",
    "gauge",
    "Resident memory of the process.",
    [],
  ),
  heap: new MetricFamily("moldau_process_heap_used_bytes", "gauge", "Heap that is in use.", []),
  external: new MetricFamily(
    "moldau_process_external_bytes",
    "gauge",
    "Memory of buffers outside of the heap.",
    [],
  ),
  started: new MetricFamily(
    "moldau_process_start_time_seconds",
    "gauge",
    "Start of the process since 1970.",
    [],
  ),
  loopP99: new MetricFamily(
    "moldau_event_loop_delay_p99_seconds",
    "gauge",
    "Delay of the event loop since the last scrape, 99th percentile.",
    [],
  ),
  loopMax: new MetricFamily(
    "moldau_event_loop_delay_max_seconds",
    "gauge",
    "Longest delay of the event loop since the last scrape.",
    [],
  ),
  connections: new MetricFamily("moldau_connections", "gauge", "Clients that are connected.", []),
  requests: new MetricFamily("moldau_requests_total", "counter", "Requests that were received.", [
    "api",
  ]),
  requestBytes: new MetricFamily("moldau_request_bytes_total", "counter", "Bytes of requests.", [
    "api",
  ]),
  duration: new MetricFamily(
    "moldau_request_duration_seconds",
    "histogram",
    "From the arrival of a request to its answer, waiting included, since metrics are read.",
    ["api"],
  ),
  bytesIn: new MetricFamily(
    "moldau_topic_bytes_in_total",
    "counter",
    "Bytes produced, since metrics are read.",
    ["topic"],
  ),
  recordsIn: new MetricFamily(
    "moldau_topic_records_in_total",
    "counter",
    "Records produced, since metrics are read.",
    ["topic"],
  ),
  bytesOut: new MetricFamily(
    "moldau_topic_bytes_out_total",
    "counter",
    "Bytes fetched, since metrics are read.",
    ["topic"],
  ),
} as const;

/**
 * Figures in Prometheus' text, a line at a time and made anew for each scrape: hot paths count plain numbers,
 * and nothing is kept twice. Names and labels are in `docs/metrics.md`.
 */
export function* metricLines(
  state: ConsoleState,
  brokers: readonly BrokerInfo[],
): Generator<string, void, undefined> {
  yield clusterFamilies.up.head;
  yield clusterFamilies.up.line([], state.live.isAnswered ? 1 : 0);
  yield* topicLines(state);
  yield* groupLines(state);
  yield* brokerLines(brokers);
  yield* processLines(state);
  yield* requestLines(state);
  yield* trafficLines(state);
}

function* topicLines({ view }: ConsoleState): Generator<string, void, undefined> {
  const { end, start, inSync, size, topicLag } = clusterFamilies;
  const figures: readonly (readonly [MetricFamily, (one: PartitionSample) => number])[] = [
    [end, ({ endOffset }) => endOffset],
    [start, ({ startOffset }) => startOffset],
    [inSync, ({ isr }) => isr.length],
  ];
  for (const [family, valueOf] of figures) {
    yield family.head;
    for (const { name, partitions } of view.sample.topics) {
      for (const one of partitions) yield family.line([name, one.partition], valueOf(one));
    }
  }
  yield size.head;
  for (const row of view.topicRows) yield size.line([row.name], row.sizeBytes);
  yield topicLag.head;
  for (const row of view.topicRows) yield topicLag.line([row.name], row.lag);
}

function* groupLines({ view }: ConsoleState): Generator<string, void, undefined> {
  const { committed, groupLag, members, stuck } = clusterFamilies;
  const { topics, groups } = view.sample;
  yield committed.head;
  for (const group of groups) {
    for (const [topic, offsets] of group.committed) {
      for (const [partition, offset] of offsets) {
        yield committed.line([group.name, topic, partition], offset);
      }
    }
  }
  const byName = new Map(topics.map((topic) => [topic.name, topic.partitions]));
  yield groupLag.head;
  for (const group of groups) {
    for (const [topic, offsets] of group.committed) {
      const partitions = byName.get(topic);
      for (const [partition, offset] of offsets) {
        const one = partitions?.[partition];
        if (one?.partition !== partition) continue;
        const lag = Math.max(0, one.endOffset - Math.max(offset, one.startOffset));
        yield groupLag.line([group.name, topic, partition], lag);
      }
    }
  }
  yield members.head;
  for (const group of groups) yield members.line([group.name], group.members);
  yield stuck.head;
  for (const row of view.groupRows) yield stuck.line([row.name], row.isStuck ? 1 : 0);
}

function* brokerLines(brokers: readonly BrokerInfo[]): Generator<string, void, undefined> {
  const { replicas, leaders, dirUsed, dirFree, dirOffline } = clusterFamilies;
  yield replicas.head;
  for (const { id, partitions } of brokers) yield replicas.line([id], partitions);
  yield leaders.head;
  for (const broker of brokers) yield leaders.line([broker.id], broker.leaders);
  yield dirUsed.head;
  for (const { id, logDirs } of brokers) {
    for (const { path, usedBytes } of logDirs) yield dirUsed.line([id, path], usedBytes);
  }
  yield dirFree.head;
  for (const { id, logDirs } of brokers) {
    for (const { path, freeBytes } of logDirs) {
      if (freeBytes !== undefined) yield dirFree.line([id, path], freeBytes);
    }
  }
  yield dirOffline.head;
  for (const { id, logDirs } of brokers) {
    for (const { path, error } of logDirs) {
      yield dirOffline.line([id, path], error === undefined ? 0 : 1);
    }
  }
}

function* processLines({ insight }: ConsoleState): Generator<string, void, undefined> {
  if (insight === undefined) return;
  const facts = insight.process("scrape");
  const { resident, heap, external, started, loopP99, loopMax, connections } = brokerFamilies;
  const figures: readonly (readonly [MetricFamily, number])[] = [
    [resident, facts.residentBytes],
    [heap, facts.heapUsedBytes],
    [external, facts.externalBytes],
    [started, insight.startedMs / 1000],
    [loopP99, facts.eventLoopP99Ms / 1000],
    [loopMax, facts.eventLoopMaxMs / 1000],
    [connections, insight.connectionCount()],
  ];
  for (const [family, value] of figures) {
    yield family.head;
    yield family.line([], value);
  }
}

function* requestLines({ insight, observed }: ConsoleState): Generator<string, void, undefined> {
  if (insight === undefined) return;
  const { requests, requestBytes, duration } = brokerFamilies;
  for (const [family, counts] of [
    [requests, insight.requests],
    [requestBytes, insight.requestBytes],
  ] as const) {
    yield family.head;
    for (let key = 0; key < counts.length; key++) {
      const count = counts[key] ?? 0;
      if (count > 0) yield family.line([apiName(key)], count);
    }
  }
  if (observed === undefined) return;
  yield duration.head;
  for (const [key, latency] of observed.latencies.entries()) {
    if (latency === undefined) continue;
    const labels = [apiName(key)];
    let sum = 0;
    for (const [index, boundMs] of observed.latencyBucketsMs.entries()) {
      sum += latency.counts[index] ?? 0;
      yield duration.bucket(labels, String(boundMs / 1000), sum);
    }
    yield duration.bucket(labels, "+Inf", latency.count);
    yield duration.line(labels, latency.sumMs / 1000, "_sum");
    yield duration.line(labels, latency.count, "_count");
  }
}

function* trafficLines({ observed }: ConsoleState): Generator<string, void, undefined> {
  if (observed === undefined) return;
  const { bytesIn, recordsIn, bytesOut } = brokerFamilies;
  const produced = new Map<string, { bytes: number; records: number }>();
  for (const { topic, bytes, records } of observed.produced.values()) {
    const so = produced.get(topic) ?? { bytes: 0, records: 0 };
    produced.set(topic, { bytes: so.bytes + bytes, records: so.records + records });
  }
  yield bytesIn.head;
  for (const [topic, { bytes }] of produced) yield bytesIn.line([topic], bytes);
  yield recordsIn.head;
  for (const [topic, { records }] of produced) yield recordsIn.line([topic], records);
  const fetched = new Map<string, number>();
  for (const { topic, bytes } of observed.fetched.values()) {
    fetched.set(topic, (fetched.get(topic) ?? 0) + bytes);
  }
  yield bytesOut.head;
  for (const [topic, bytes] of fetched) yield bytesOut.line([topic], bytes);
}
