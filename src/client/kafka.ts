import { Admin } from "./admin/admin.ts";
import { Cluster, type CallOptions, type ClusterOptions } from "./cluster/cluster.ts";
import type { ConsumeOptions } from "./consumer/consumer-options.ts";
import { Consumer } from "./consumer/consumer.ts";
import type { TopicsToRead } from "./consumer/topic-selection.ts";
import type { ProducerOptions } from "./producer/options.ts";
import { Producer } from "./producer/producer.ts";
import {
  TransactionalProducer,
  type TransactionalProducerOptions,
  type TransactionOptions,
} from "./producer/transactional-producer.ts";
import type { Transaction } from "./producer/transaction.ts";
import { ShareConsumer, type TopicsToShare } from "./share/share-consumer.ts";
import type { ShareOptions } from "./share/share-options.ts";

/** What was made and closed since is forgotten when so much more has been made. */
const FORGET_EVERY = 32;

/** Something that a client made, and closes with itself. */
interface Made {
  readonly isClosed: boolean;
  close(): Promise<void>;
}

/** How a client reaches its cluster. Times are in milliseconds. */
export type KafkaOptions = ClusterOptions;

/**
 * A client of one cluster: connections and metadata that its producers, consumers and admin share.
 * Made by `connect`; closing it closes all that it made.
 */
export class Kafka implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly #made = new Set<Made>();
  #madeSinceForgetting = 0;
  /** The producers of {@link transaction}, by their transactional ids. */
  readonly #transactional = new Map<string, TransactionalProducer>();

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
    return this.#keep(new Producer(this.cluster, options));
  }

  /**
   * Reads topics: typed ones, topics by name, or all whose name matches a pattern; alone, or as a member
   * of a group. Nothing is asked for before the first record is.
   */
  consume<const T extends TopicsToRead>(topics: T, options: ConsumeOptions = {}): Consumer<T> {
    return this.#keep(new Consumer(this.cluster, topics, options));
  }

  /**
   * Takes records of topics as a member of a share group (KIP-932), which hands them out one by one like a queue.
   * Nothing is asked for before the first record is.
   */
  share<const T extends TopicsToShare>(topics: T, options: ShareOptions): ShareConsumer<T> {
    return this.#keep(new ShareConsumer(this.cluster, topics, options));
  }

  /**
   * Runs a function in a transaction of this id, and commits it: what it sends, and the offsets that it
   * commits, become visible together or not at all. It is aborted when the function rejects, and run again
   * from its beginning when the reason passes. Transactions of one id run one after the other; the id belongs
   * to one process at a time, and is taken over from an older one.
   *
   * @throws KafkaError `PRODUCER_FENCED` when another process has taken the id over
   */
  transaction<T>(
    transactionalId: string,
    run: (transaction: Transaction) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const known = this.#transactional.get(transactionalId);
    const isUsable = known !== undefined && !known.isClosed && known.fatalError === undefined;
    const producer = isUsable ? known : this.transactionalProducer(transactionalId);
    this.#transactional.set(transactionalId, producer);
    return producer.transaction(run, options);
  }

  /** The producer of a transactional id, for transactions by hand and options of one's own. */
  transactionalProducer(
    transactionalId: string,
    options: TransactionalProducerOptions = {},
  ): TransactionalProducer {
    return this.#keep(new TransactionalProducer(this.cluster, transactionalId, options));
  }

  /**
   * Closes what it made (consumers commit and leave their groups, producers send what they hold), then the
   * connections.
   */
  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#made, (made) => made.close()));
    this.#made.clear();
    await this.cluster.shutdown();
  }

  #keep<T extends Made>(made: T): T {
    this.#made.add(made);
    this.#madeSinceForgetting++;
    if (this.#madeSinceForgetting >= FORGET_EVERY) {
      this.#madeSinceForgetting = 0;
      for (const one of this.#made) if (one.isClosed) this.#made.delete(one);
    }
    return made;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
