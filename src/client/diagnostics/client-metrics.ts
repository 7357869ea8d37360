import { ApiKey } from "../../protocol/apis.ts";

/**
 * What a client counts about itself: plain fields that rooms raise as things happen. Whoever reads them
 * (the push to the broker of KIP-714, a program's own metrics) computes rates and averages from two readings.
 */

/** How often something happened, how long it took together and at most. Milliseconds, or any other unit. */
export class Distribution {
  count = 0;
  sum = 0;
  /** The largest since it was set to 0 last, by whoever reads it. */
  max = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value > this.max) this.max = value;
  }
}

/** What one producer counts. Totals never fall. */
export class ProducerMetrics {
  readonly kind = "producer";
  readonly transactionalId: string | undefined;
  /** Records that brokers acknowledged (with acks 0: that were sent). */
  recordsSent = 0;
  /** Records that were given up. */
  recordsFailed = 0;
  /** Records that were sent again. */
  recordsRetried = 0;
  /** Batches that were sent, and their bytes on the wire. */
  batchesSent = 0;
  bytesSent = 0;
  /** Bytes of records that wait at the moment. */
  bufferedBytes = 0;
  /** From `send` until the batch is put into a request. */
  readonly queueTimeMs = new Distribution();
  /** `throttleTimeMs` of Produce responses. */
  readonly throttleTimeMs = new Distribution();

  constructor(transactionalId?: string) {
    this.transactionalId = transactionalId;
  }
}

/** What one consumer counts, and its group for it. Totals never fall. */
export class ConsumerMetrics {
  readonly kind = "consumer";
  readonly group: string | undefined;
  readonly groupInstanceId: string | undefined;
  /** Empty before the first join. */
  memberId = "";
  recordsConsumed = 0;
  bytesConsumed = 0;
  /** The largest lag of an assigned partition at the moment, in records. */
  recordsLagMax = 0;
  assignedPartitions = 0;
  /** `throttleTimeMs` of Fetch responses. */
  readonly fetchThrottleTimeMs = new Distribution();
  readonly fetchLatencyMs = new Distribution();
  readonly commitLatencyMs = new Distribution();
  readonly rebalanceLatencyMs = new Distribution();
  /** How long the program waited for records, and how long it worked on them. */
  waitedMs = 0;
  workedMs = 0;

  constructor(group?: string, groupInstanceId?: string) {
    this.group = group;
    this.groupInstanceId = groupInstanceId;
  }
}

/** What a client counts about one broker. */
export class NodeMetrics {
  readonly nodeId: number;
  /** From request to response, by who asks: Produce; Fetch and all that belongs to groups; the rest. */
  readonly producerLatencyMs = new Distribution();
  readonly consumerLatencyMs = new Distribution();
  readonly otherLatencyMs = new Distribution();

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  answered(apiKey: ApiKey, durationMs: number): void {
    this.#of(apiKey).add(durationMs);
  }

  #of(apiKey: ApiKey): Distribution {
    switch (apiKey) {
      case ApiKey.PRODUCE:
      case ApiKey.INIT_PRODUCER_ID:
      case ApiKey.ADD_PARTITIONS_TO_TXN:
      case ApiKey.ADD_OFFSETS_TO_TXN:
      case ApiKey.TXN_OFFSET_COMMIT:
      case ApiKey.END_TXN:
        return this.producerLatencyMs;
      case ApiKey.FETCH:
      case ApiKey.OFFSET_COMMIT:
      case ApiKey.OFFSET_FETCH:
      case ApiKey.JOIN_GROUP:
      case ApiKey.HEARTBEAT:
      case ApiKey.LEAVE_GROUP:
      case ApiKey.SYNC_GROUP:
      case ApiKey.CONSUMER_GROUP_HEARTBEAT:
      case ApiKey.SHARE_GROUP_HEARTBEAT:
      case ApiKey.SHARE_FETCH:
      case ApiKey.SHARE_ACKNOWLEDGE:
        return this.consumerLatencyMs;
      default:
        return this.otherLatencyMs;
    }
  }
}

/** Of those who left, how many are kept to be read once more. */
const DEPARTED_MAX = 100;

/** All that one client counts: its producers and consumers register here, and leave when closed. */
export class ClientMetrics {
  connectionsCreated = 0;
  /** Called when a producer or a consumer has come. */
  onAdded: (() => void) | undefined;
  /**
   * Whether those who left are kept until {@link dropDeparted}, so that their last counts are read. Only
   * where somebody reads.
   */
  keepsDeparted = false;
  readonly #departed = new Set<ProducerMetrics | ConsumerMetrics>();
  readonly #producers = new Set<ProducerMetrics>();
  readonly #consumers = new Set<ConsumerMetrics>();
  readonly #nodes = new Map<number, NodeMetrics>();

  get producers(): ReadonlySet<ProducerMetrics> {
    return this.#producers;
  }

  get consumers(): ReadonlySet<ConsumerMetrics> {
    return this.#consumers;
  }

  get nodes(): ReadonlyMap<number, NodeMetrics> {
    return this.#nodes;
  }

  addProducer(transactionalId?: string): ProducerMetrics {
    const metrics = new ProducerMetrics(transactionalId);
    this.#producers.add(metrics);
    this.onAdded?.();
    return metrics;
  }

  addConsumer(group?: string, groupInstanceId?: string): ConsumerMetrics {
    const metrics = new ConsumerMetrics(group, groupInstanceId);
    this.#consumers.add(metrics);
    this.onAdded?.();
    return metrics;
  }

  remove(metrics: ProducerMetrics | ConsumerMetrics): void {
    if (this.keepsDeparted && this.#departed.size < DEPARTED_MAX) this.#departed.add(metrics);
    else this.#delete(metrics);
  }

  /** Those who left have been read. */
  dropDeparted(): void {
    for (const metrics of this.#departed) this.#delete(metrics);
    this.#departed.clear();
  }

  #delete(metrics: ProducerMetrics | ConsumerMetrics): void {
    if (metrics.kind === "producer") this.#producers.delete(metrics);
    else this.#consumers.delete(metrics);
  }

  /** The counters of a broker, made when they are first asked for. */
  node(nodeId: number): NodeMetrics {
    let node = this.#nodes.get(nodeId);
    if (node === undefined) {
      node = new NodeMetrics(nodeId);
      this.#nodes.set(nodeId, node);
    }
    return node;
  }
}
