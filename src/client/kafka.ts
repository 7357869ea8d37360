import { Admin } from "./admin/admin.ts";
import { Cluster, type CallOptions, type ClusterOptions } from "./cluster/cluster.ts";
import type { ProducerOptions } from "./producer/options.ts";
import { Producer } from "./producer/producer.ts";

/** How a client reaches its cluster. Times are in milliseconds. */
export type KafkaOptions = ClusterOptions;

/**
 * A client of one cluster: connections and metadata that its producers, consumers and admin share.
 * Made by `connect`; closing it closes all that it made.
 */
export class Kafka implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly #made = new Set<Producer>();

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.admin = new Admin(cluster);
  }

  /** Throws a {@link KafkaError} `BOOTSTRAP_FAILED` when no address answers. */
  static async connect(options: KafkaOptions, call: CallOptions = {}): Promise<Kafka> {
    return new Kafka(await Cluster.connect(options, call));
  }

  /** A producer of its own; close it, or this client, when done. */
  producer(options: ProducerOptions = {}): Producer {
    const producer = new Producer(this.cluster, options);
    this.#made.add(producer);
    return producer;
  }

  /** Closes what it made (producers send what they hold), then the connections. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#made].map((made) => made.close()));
    this.#made.clear();
    this.cluster.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
