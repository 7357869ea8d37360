import type { Clock } from "../platform/clock.ts";
import type { RequestContext } from "./request-context.ts";

/** Pairs of clients and topics, and of clients and partitions, that are told apart; more of them are one. */
export const OBSERVED_PAIRS_MAX = 20_000;
/** Clients whose software is remembered. */
const CLIENTS_NAMED_MAX = 10_000;
/** Upper bounds of the latency histogram, in milliseconds; the last bucket has none. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000,
];
const OTHERS = "(others)";
const API_KEYS_MAX = 128;

/** Records that a client has written to a topic, or read from it, since somebody looks. */
export interface ClientTraffic {
  readonly clientId: string;
  readonly host: string;
  readonly topic: string;
  records: number;
  bytes: number;
  lastMs: number;
}

/** Where a client fetched last in a partition. */
export interface FetchPlace {
  readonly clientId: string;
  readonly host: string;
  readonly topic: string;
  readonly partition: number;
  offset: number;
  lastMs: number;
  /** Since when the offset is the same. */
  sinceMs: number;
  /** Fetches at this same offset that were given records. */
  repeats: number;
  bytes: number;
}

/** When a group committed last for a partition, and where. */
export interface CommitPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  offset: number;
  lastMs: number;
}

/** Latencies of one API: counts per bucket of {@link LATENCY_BUCKETS_MS} and one more, and their sum. */
export interface ApiLatency {
  readonly counts: Float64Array;
  sumMs: number;
  count: number;
}

/** Names and versions that clients give for their software (KIP-511), by client id and host; bounded. */
export class ClientSoftware {
  readonly #names = new Map<string, string>();

  named(context: RequestContext, name: string, version: string): void {
    const key = `${context.clientId}\0${context.clientAddress}`;
    this.#names.delete(key);
    this.#names.set(key, `${name} ${version}`);
    if (this.#names.size <= CLIENTS_NAMED_MAX) return;
    const [oldest] = this.#names.keys();
    if (oldest !== undefined) this.#names.delete(oldest);
  }

  of(clientId: string, host: string): string | undefined {
    return this.#names.get(`${clientId}\0${host}`);
  }
}

/**
 * Who does what on this broker. Made when somebody looks for the first time (the console, a scrape of
 * the metrics); before that nothing is counted, and requests cost what they cost.
 */
export class Observer {
  readonly sinceMs: number;
  readonly produced = new Map<string, ClientTraffic>();
  readonly fetched = new Map<string, ClientTraffic>();
  readonly fetchPlaces = new Map<string, FetchPlace>();
  readonly commits = new Map<string, CommitPlace>();
  /** By API key. */
  readonly latencies: (ApiLatency | undefined)[] = new Array<ApiLatency | undefined>(API_KEYS_MAX);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.sinceMs = clock.nowMs();
  }

  appended(context: RequestContext, topic: string, records: number, bytes: number): void {
    const traffic = this.#traffic(this.produced, context, topic);
    traffic.records += records;
    traffic.bytes += bytes;
    traffic.lastMs = this.#clock.nowMs();
  }

  /** A fetch was answered for a partition; `bytes` may be 0. */
  answered(
    context: RequestContext,
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    bytes: number,
  ): void {
    const { topic, partition, offset } = place;
    const { clientId, clientAddress: host } = context;
    const nowMs = this.#clock.nowMs();
    const traffic = this.#traffic(this.fetched, context, topic);
    traffic.bytes += bytes;
    traffic.lastMs = nowMs;
    const key = `${clientId}\0${host}\0${topic}\0${partition}`;
    const known = this.fetchPlaces.get(key);
    if (known === undefined) {
      if (this.fetchPlaces.size >= OBSERVED_PAIRS_MAX) return;
      const news = { clientId, host, topic, partition, offset, lastMs: nowMs };
      this.fetchPlaces.set(key, { ...news, sinceMs: nowMs, repeats: 0, bytes });
      return;
    }
    if (offset !== known.offset) {
      if (offset > known.offset) traffic.records += offset - known.offset;
      known.offset = offset;
      known.sinceMs = nowMs;
      known.repeats = 0;
    } else if (known.bytes > 0 && bytes > 0) {
      known.repeats++;
    }
    known.bytes = bytes;
    known.lastMs = nowMs;
  }

  committed(
    group: string,
    topics: readonly {
      readonly name: string;
      readonly partitions: readonly {
        readonly partitionIndex: number;
        readonly committedOffset: number;
      }[];
    }[],
  ): void {
    const lastMs = this.#clock.nowMs();
    for (const { name: topic, partitions } of topics) {
      for (const { partitionIndex: partition, committedOffset: offset } of partitions) {
        const key = `${group}\0${topic}\0${partition}`;
        const known = this.commits.get(key);
        if (known !== undefined) {
          known.offset = offset;
          known.lastMs = lastMs;
        } else if (this.commits.size < OBSERVED_PAIRS_MAX) {
          this.commits.set(key, { group, topic, partition, offset, lastMs });
        }
      }
    }
  }

  /** A request was answered `ms` after it had arrived, waiting included. */
  took(apiKey: number, ms: number): void {
    let latency = this.latencies[apiKey];
    if (latency === undefined) {
      latency = { counts: new Float64Array(LATENCY_BUCKETS_MS.length + 1), sumMs: 0, count: 0 };
      this.latencies[apiKey] = latency;
    }
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && ms > LATENCY_BUCKETS_MS[bucket]!) bucket++;
    latency.counts[bucket]!++;
    latency.sumMs += ms;
    latency.count++;
  }

  #traffic(
    into: Map<string, ClientTraffic>,
    { clientId, clientAddress: host }: RequestContext,
    topic: string,
  ): ClientTraffic {
    const key = `${clientId}\0${host}\0${topic}`;
    const known = into.get(key);
    if (known !== undefined) return known;
    const isFull = into.size >= OBSERVED_PAIRS_MAX;
    if (isFull) {
      const others = into.get(OTHERS);
      if (others !== undefined) return others;
    }
    const traffic = isFull
      ? { clientId: OTHERS, host: "", topic: "", records: 0, bytes: 0, lastMs: 0 }
      : { clientId, host, topic, records: 0, bytes: 0, lastMs: 0 };
    into.set(isFull ? OTHERS : key, traffic);
    return traffic;
  }
}
