import { Counter, Gauge, Registry } from "prom-client";
import { apiName } from "../protocol/apis.ts";
import type { ConsoleState } from "./console-state.ts";

/**
 * Figures in Prometheus' text, made anew for each scrape: hot paths count plain numbers, and nothing is
 * kept twice. Names and labels are in `docs/metrics.md`.
 */
export async function metricsText(state: ConsoleState): Promise<string> {
  const registry = new Registry();
  topicMetrics(registry, state);
  groupMetrics(registry, state);
  brokerMetrics(registry, await state.brokers().catch(() => []));
  if (state.insight !== undefined) processMetrics(registry, state);
  const text = await registry.metrics();
  return `${text}${requestHistograms(state)}`;
}

function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): Gauge<L> {
  return new Gauge<L>({ name, help, labelNames, registers: [registry] });
}

function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): Counter<L> {
  return new Counter<L>({ name, help, labelNames, registers: [registry] });
}

function topicMetrics(registry: Registry, { view }: ConsoleState): void {
  const labels = ["topic", "partition"] as const;
  const ends = gauge(
    registry,
    "moldau_topic_partition_end_offset",
    "Offset of the next record.",
    labels,
  );
  const starts = gauge(
    registry,
    "moldau_topic_partition_start_offset",
    "Offset of the first record there is.",
    labels,
  );
  const inSync = gauge(
    registry,
    "moldau_topic_partition_in_sync_replicas",
    "Replicas in sync.",
    labels,
  );
  const sizes = gauge(registry, "moldau_topic_size_bytes", "Bytes of all replicas of the topic.", [
    "topic",
  ]);
  const lags = gauge(registry, "moldau_topic_lag_records", "Lag of all groups in the topic.", [
    "topic",
  ]);
  for (const { name: topic, partitions } of view.sample.topics) {
    for (const { partition, startOffset, endOffset, isr } of partitions) {
      const where = { topic, partition: String(partition) };
      ends.set(where, endOffset);
      starts.set(where, startOffset);
      inSync.set(where, isr.length);
    }
  }
  for (const { name: topic, sizeBytes, lag } of view.topicRows) {
    sizes.set({ topic }, sizeBytes);
    lags.set({ topic }, lag);
  }
}

function groupMetrics(registry: Registry, { view }: ConsoleState): void {
  const labels = ["group", "topic", "partition"] as const;
  const offsets = gauge(
    registry,
    "moldau_group_committed_offset",
    "Offset that the group goes on at.",
    labels,
  );
  const lags = gauge(
    registry,
    "moldau_group_lag_records",
    "Records that the group has yet to read.",
    labels,
  );
  const members = gauge(registry, "moldau_group_members", "Members of the group.", ["group"]);
  const stuck = gauge(
    registry,
    "moldau_group_stuck",
    "1 while a group with lag does not move on.",
    ["group"],
  );
  const ends = new Map(
    view.sample.topics.map(({ name, partitions }) => [
      name,
      new Map(partitions.map((one) => [one.partition, one])),
    ]),
  );
  for (const { name: group, committed, members: count } of view.sample.groups) {
    members.set({ group }, count);
    stuck.set({ group }, view.groupRow(group)?.isStuck === true ? 1 : 0);
    for (const [topic, of] of committed) {
      for (const [partition, offset] of of) {
        const where = { group, topic, partition: String(partition) };
        offsets.set(where, offset);
        const end = ends.get(topic)?.get(partition);
        if (end === undefined) continue;
        lags.set(where, Math.max(0, end.endOffset - Math.max(offset, end.startOffset)));
      }
    }
  }
}

function brokerMetrics(
  registry: Registry,
  brokers: Awaited<ReturnType<ConsoleState["brokers"]>>,
): void {
  const partitions = gauge(registry, "moldau_broker_partitions", "Replicas on the broker.", [
    "broker",
  ]);
  const leaders = gauge(registry, "moldau_broker_leaders", "Partitions that the broker leads.", [
    "broker",
  ]);
  const labels = ["broker", "path"] as const;
  const used = gauge(
    registry,
    "moldau_log_dir_used_bytes",
    "Bytes of replicas in the directory.",
    labels,
  );
  const free = gauge(
    registry,
    "moldau_log_dir_free_bytes",
    "Bytes that are free on its volume.",
    labels,
  );
  const offline = gauge(
    registry,
    "moldau_log_dir_offline",
    "1 while the directory cannot be used.",
    labels,
  );
  for (const { id, partitions: count, leaders: led, logDirs } of brokers) {
    const broker = String(id);
    partitions.set({ broker }, count);
    leaders.set({ broker }, led);
    for (const { path, usedBytes, freeBytes, error } of logDirs) {
      used.set({ broker, path }, usedBytes);
      if (freeBytes !== undefined) free.set({ broker, path }, freeBytes);
      offline.set({ broker, path }, error === undefined ? 0 : 1);
    }
  }
}

function processMetrics(registry: Registry, { insight, observed }: ConsoleState): void {
  if (insight === undefined) return;
  const facts = insight.process();
  const set = (name: string, help: string, value: number): void =>
    gauge(registry, name, help, []).set(value);
  set("moldau_process_resident_bytes", "Resident memory of the process.", facts.residentBytes);
  set("moldau_process_heap_used_bytes", "Heap that is in use.", facts.heapUsedBytes);
  set(
    "moldau_process_external_bytes",
    "Memory of buffers outside of the heap.",
    facts.externalBytes,
  );
  set(
    "moldau_process_start_time_seconds",
    "Start of the process since 1970.",
    insight.startedMs / 1000,
  );
  set(
    "moldau_event_loop_delay_p99_seconds",
    "Delay of the event loop, 99th percentile.",
    facts.eventLoopP99Ms / 1000,
  );
  set(
    "moldau_event_loop_delay_max_seconds",
    "Longest delay of the event loop.",
    facts.eventLoopMaxMs / 1000,
  );
  set("moldau_connections", "Clients that are connected.", insight.connectionCount());
  const requests = counter(registry, "moldau_requests_total", "Requests that were received.", [
    "api",
  ]);
  const bytes = counter(registry, "moldau_request_bytes_total", "Bytes of requests.", ["api"]);
  for (let key = 0; key < insight.requests.length; key++) {
    const count = insight.requests[key] ?? 0;
    if (count === 0) continue;
    const api = apiName(key);
    requests.inc({ api }, count);
    bytes.inc({ api }, insight.requestBytes[key] ?? 0);
  }
  if (observed === undefined) return;
  const into = counter(
    registry,
    "moldau_topic_bytes_in_total",
    "Bytes produced, since metrics are read.",
    ["topic"],
  );
  const records = counter(
    registry,
    "moldau_topic_records_in_total",
    "Records produced, since metrics are read.",
    ["topic"],
  );
  const out = counter(
    registry,
    "moldau_topic_bytes_out_total",
    "Bytes fetched, since metrics are read.",
    ["topic"],
  );
  for (const traffic of observed.produced.values()) {
    into.inc({ topic: traffic.topic }, traffic.bytes);
    records.inc({ topic: traffic.topic }, traffic.records);
  }
  for (const traffic of observed.fetched.values()) out.inc({ topic: traffic.topic }, traffic.bytes);
}

/** Histograms are counted in the broker already, so they are written as they stand. */
function requestHistograms({ observed }: ConsoleState): string {
  if (observed === undefined) return "";
  const name = "moldau_request_duration_seconds";
  const lines = [
    `# HELP ${name} From the arrival of a request to its answer, waiting included, since metrics are read.`,
    `# TYPE ${name} histogram`,
  ];
  for (const [key, latency] of observed.latencies.entries()) {
    if (latency === undefined) continue;
    const api = `api="${apiName(key)}"`;
    let sum = 0;
    for (const [index, boundMs] of observed.latencyBucketsMs.entries()) {
      sum += latency.counts[index] ?? 0;
      lines.push(`${name}_bucket{${api},le="${boundMs / 1000}"} ${sum}`);
    }
    lines.push(`${name}_bucket{${api},le="+Inf"} ${latency.count}`);
    lines.push(`${name}_sum{${api}} ${latency.sumMs / 1000}`);
    lines.push(`${name}_count{${api}} ${latency.count}`);
  }
  return `\n${lines.join("\n")}\n`;
}
