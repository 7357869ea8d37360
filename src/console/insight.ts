/**
 * What only the broker's own process knows. The console of a Moldau broker is given it; the console of any
 * other Kafka does without. Shapes are those of `broker/observer.ts`.
 */
export interface BrokerInsight {
  /** Of the broker that this process is. */
  readonly nodeId: number;
  /** When the process began, milliseconds since 1970. */
  readonly startedMs: number;
  /** Begins to count who does what; called when somebody opens the console or asks for metrics. */
  observe(): Observations;
  /** How many brokers the cluster has. */
  brokerCount(): number;
  /** Another object whenever topics or their partitions have changed. */
  topicsVersion(): unknown;
  /** Name and version of a client's software, where it gave them (KIP-511). */
  softwareOf(clientId: string, host: string): string | undefined;
  /** Member ids that a classic group waits for in a rebalance; empty outside of one. */
  waitedFor(group: string): readonly string[];
  /** Requests since the start by API key; a plain array that is counted up. */
  readonly requests: ArrayLike<number>;
  readonly requestBytes: ArrayLike<number>;
  /** Clients that are connected now. */
  connectionCount(): number;
  /** Shares and delays are since the last time that the same one has asked. */
  process(who: "page" | "scrape"): ProcessFacts;
}

/** Counted since {@link BrokerInsight.observe} was first called. */
export interface Observations {
  readonly produced: { values(): Iterable<ClientTraffic> };
  readonly fetched: { values(): Iterable<ClientTraffic> };
  /** Where consumers of a client id and host fetch in a partition. */
  placeOf(topic: string, partition: number, clientId: string, host: string): FetchPlace | undefined;
  readonly commits: ReadonlyMap<string, CommitPlace>;
  /** There were more groups and partitions than are told apart: not every commit is in {@link commits}. */
  readonly hasLostCommits: boolean;
  readonly latencies: readonly (ApiLatency | undefined)[];
  /** Upper bounds of the buckets of {@link ApiLatency}, in milliseconds. */
  readonly latencyBucketsMs: readonly number[];
}

export interface ClientTraffic {
  readonly clientId: string;
  readonly host: string;
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly lastMs: number;
}

export interface FetchPlace {
  readonly readers: readonly Reader[];
  readonly begunAt: number;
  readonly begins: number;
}

/** A consumer in a partition. */
export interface Reader {
  readonly offset: number;
  readonly lastMs: number;
  readonly sinceMs: number;
  readonly repeats: number;
  readonly backTo: number;
  readonly backs: number;
  readonly backLastMs: number;
}

export interface CommitPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly lastMs: number;
  /** Who committed last. */
  readonly clientId: string;
  readonly host: string;
}

export interface ApiLatency {
  readonly counts: ArrayLike<number>;
  readonly sumMs: number;
  readonly count: number;
}

export interface ProcessFacts {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly eventLoopP99Ms: number;
  readonly eventLoopMaxMs: number;
}
