import type {
  ClientMetrics,
  ConsumerMetrics,
  Distribution,
  NodeMetrics,
  ProducerMetrics,
} from "./client-metrics.ts";
import type { OtlpMetric, OtlpResource } from "./otlp-metrics.ts";

/**
 * The counters of a client as the metrics of KIP-714, under Kafka's names: those that every client is to
 * have, and some more. What is sent of sums is what came since they were sent last, or totals; averages,
 * rates and largest values are those since then.
 */

/** Which metrics are wanted: prefixes of their names. Both `""` and `"*"` are all. */
export function isWanted(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => prefix === "*" || name.startsWith(prefix));
}

export interface MeasureOptions {
  readonly wanted: readonly string[];
  readonly temporality: "delta" | "cumulative";
  /** Since it was measured last, for rates. */
  readonly elapsedMs: number;
  /** Labels of every resource, such as `client_rack`. */
  readonly common: Readonly<Record<string, string>>;
}

/** Readings of counters by the object that counts. */
type Readings = Map<object, ReadonlyMap<string, number>>;

type Kind = "producer" | "consumer";

/** Measures a client again and again; a measurement becomes the base of the next with {@link accept}. */
export class Measurer {
  readonly #metrics: ClientMetrics;
  #base: Readings = new Map();
  #latest: Readings = new Map();
  /** Largest values that were taken and have not reached the broker. */
  readonly #maxima = new Map<Distribution, number>();

  constructor(metrics: ClientMetrics) {
    this.#metrics = metrics;
  }

  /** What is known now, about each producer, each consumer, and the connections that they share. */
  measure(options: MeasureOptions): OtlpResource[] {
    const resources: OtlpResource[] = [];
    this.#latest = new Map();
    const { producers, consumers } = this.#metrics;
    for (const producer of producers) resources.push(this.#producer(producer, options));
    if (producers.size > 0) resources.push(this.#connections("producer", options));
    for (const consumer of consumers) resources.push(this.#consumer(consumer, options));
    if (consumers.size > 0) resources.push(this.#connections("consumer", options));
    return resources.filter(({ metrics }) => metrics.length > 0);
  }

  /** The last measurement has reached the broker. */
  accept(): void {
    this.#base = this.#latest;
    this.#maxima.clear();
    this.#metrics.dropDeparted();
  }

  #producer(producer: ProducerMetrics, options: MeasureOptions): OtlpResource {
    const { transactionalId: id } = producer;
    const list = this.#list(producer, "org.apache.kafka.producer.", options);
    list.distribution("produce.throttle.time", producer.throttleTimeMs);
    list.distribution("record.queue.time", producer.queueTimeMs);
    list.total("record.send", producer.recordsSent);
    list.total("record.error", producer.recordsFailed);
    list.total("record.retry", producer.recordsRetried);
    list.total("outgoing.byte", producer.bytesSent, "By");
    const labels = id === undefined ? {} : { transactional_id: id };
    return { attributes: { ...options.common, ...labels }, metrics: list.done() };
  }

  #consumer(consumer: ConsumerMetrics, options: MeasureOptions): OtlpResource {
    const { group, groupInstanceId, memberId } = consumer;
    const list = this.#list(consumer, "org.apache.kafka.consumer.", options);
    list.ratio("poll.idle.ratio.avg", consumer.waitedMs, consumer.workedMs);
    list.distribution("coordinator.commit.latency", consumer.commitLatencyMs);
    list.gauge("coordinator.assigned.partitions", consumer.assignedPartitions);
    list.distribution("coordinator.rebalance.latency", consumer.rebalanceLatencyMs);
    list.sum("coordinator.rebalance.latency.total", consumer.rebalanceLatencyMs.sum, "ms");
    list.sum("coordinator.rebalance.total", consumer.rebalanceLatencyMs.count);
    list.distribution("fetch.manager.fetch.latency", consumer.fetchLatencyMs);
    list.distribution("fetch.manager.fetch.throttle.time", consumer.fetchThrottleTimeMs);
    list.gauge("fetch.manager.records.lag.max", consumer.recordsLagMax);
    list.total("fetch.manager.records.consumed", consumer.recordsConsumed);
    list.total("fetch.manager.bytes.consumed", consumer.bytesConsumed, "By");
    const labels = {
      ...(group === undefined ? {} : { group_id: group }),
      ...(groupInstanceId === undefined ? {} : { group_instance_id: groupInstanceId }),
      ...(memberId === "" ? {} : { group_member_id: memberId }),
    };
    return { attributes: { ...options.common, ...labels }, metrics: list.done() };
  }

  /** Producers and consumers share connections: each kind tells of them once. */
  #connections(kind: Kind, options: MeasureOptions): OtlpResource {
    const prefix = `org.apache.kafka.${kind}.`;
    const list = this.#list(this.#metrics, prefix, options, kind);
    list.total("connection.creation", this.#metrics.connectionsCreated);
    const metrics = list.done();
    for (const node of this.#metrics.nodes.values()) {
      if (node.nodeId < 0) continue;
      const own = this.#list(node, prefix, options, kind, { node_id: String(node.nodeId) });
      own.distribution("node.request.latency", latencyOf(node, kind));
      metrics.push(...own.done());
    }
    return { attributes: options.common, metrics };
  }

  #list(
    source: object,
    prefix: string,
    options: MeasureOptions,
    kind = "",
    attributes: Readonly<Record<string, string>> = {},
  ): MetricList {
    const readings = new Map(this.#latest.get(source));
    this.#latest.set(source, readings);
    return new MetricList(prefix, options, attributes, {
      kind,
      before: this.#base.get(source) ?? NOTHING,
      now: readings,
      maxima: this.#maxima,
    });
  }
}

const NOTHING: ReadonlyMap<string, number> = new Map();

function latencyOf(node: NodeMetrics, kind: Kind): Distribution {
  return kind === "producer" ? node.producerLatencyMs : node.consumerLatencyMs;
}

interface SourceReadings {
  /** Tells readings of one source for producers from those for consumers. */
  readonly kind: string;
  readonly before: ReadonlyMap<string, number>;
  readonly now: Map<string, number>;
  readonly maxima: Map<Distribution, number>;
}

/** Metrics of one source as they are added. Those of which nothing happened are left out. */
class MetricList {
  readonly #prefix: string;
  readonly #options: MeasureOptions;
  readonly #attributes: Readonly<Record<string, string>>;
  readonly #readings: SourceReadings;
  readonly #metrics: OtlpMetric[] = [];

  constructor(
    prefix: string,
    options: MeasureOptions,
    attributes: Readonly<Record<string, string>>,
    readings: SourceReadings,
  ) {
    this.#prefix = prefix;
    this.#options = options;
    this.#attributes = attributes;
    this.#readings = readings;
  }

  done(): OtlpMetric[] {
    return this.#metrics;
  }

  gauge(name: string, value: number, unit?: string): void {
    this.#add(name, "gauge", value, unit);
  }

  /** A sum by its name. */
  sum(name: string, total: number, unit?: string): void {
    const change = this.#changeOf(name, total);
    this.#add(name, "sum", this.#options.temporality === "delta" ? change : total, unit);
  }

  /** A sum under `.total`, and how much of it came in a second under `.rate`. */
  total(name: string, total: number, unit?: string): void {
    const { elapsedMs } = this.#options;
    this.sum(`${name}.total`, total, unit);
    const change = this.#changeOf(`${name}.total`, total);
    if (elapsedMs > 0) this.gauge(`${name}.rate`, (change * 1000) / elapsedMs);
  }

  /** Average and largest, where something happened since the last time. */
  distribution(name: string, distribution: Distribution): void {
    const countChange = this.#changeOf(`${name}.count`, distribution.count);
    const sumChange = this.#changeOf(`${name}.sum`, distribution.sum);
    if (countChange === 0) return;
    const max = this.#takeMax(distribution);
    this.gauge(`${name}.avg`, sumChange / countChange, "ms");
    this.gauge(`${name}.max`, max, "ms");
  }

  /** Which part of the time was waited. */
  ratio(name: string, waitedMs: number, workedMs: number): void {
    const waited = this.#changeOf(`${name}.waited`, waitedMs);
    const worked = this.#changeOf(`${name}.worked`, workedMs);
    if (waited + worked > 0) this.gauge(name, waited / (waited + worked));
  }

  #takeMax(distribution: Distribution): number {
    const { maxima } = this.#readings;
    const max = Math.max(distribution.max, maxima.get(distribution) ?? 0);
    maxima.set(distribution, max);
    distribution.max = 0;
    return max;
  }

  #changeOf(name: string, value: number): number {
    const { kind, before, now } = this.#readings;
    const key = kind + name;
    now.set(key, value);
    return value - (before.get(key) ?? 0);
  }

  #add(name: string, kind: "sum" | "gauge", value: number, unit: string | undefined): void {
    const full = this.#prefix + name;
    if (!isWanted(full, this.#options.wanted)) return;
    this.#metrics.push({ name: full, kind, value, unit, attributes: this.#attributes });
  }
}
