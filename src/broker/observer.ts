import type { Clock } from "../platform/clock.ts";
import { ClientTable } from "./client-table.ts";
import type { RequestContext } from "./request-context.ts";

/** Pairs of clients and topics, and of clients and partitions, that are told apart; more of them are one. */
export const OBSERVED_PAIRS_MAX = 20_000;
/** Clients whose software is remembered. */
const CLIENTS_NAMED_MAX = 10_000;
/** Upper bounds of the latency histogram, in milliseconds; the last bucket has none. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000,
];
/** Requests of one API that come this far apart are measured each; of closer ones up to one in sixteen is. */
const APART_MS = 0.2;
const SKIPS_MAX = 15;
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

/** Consumers of one client id and host that are told apart in a partition, the newest of them. */
const READERS_MAX = 4;

/** Where a consumer, which a fetch session is, fetched last in a partition. */
export interface Reader {
  /** 0 for all that fetch without a session. */
  readonly sessionId: number;
  offset: number;
  lastMs: number;
  /** Since when the offset is the same. */
  sinceMs: number;
  /** Fetches at this same offset that were given records. */
  repeats: number;
  /** Whether the last fetch was given records. */
  hadRecords: boolean;
  /** The offset that it went back to last, and how often it did so in a row; -1 and 0: never. */
  backTo: number;
  backs: number;
  backLastMs: number;
}

/** Where consumers of a client id and host fetch in a partition. */
export interface FetchPlace {
  readonly clientId: string;
  readonly host: string;
  readonly topic: string;
  readonly partition: number;
  /** The newest last. */
  readonly readers: Reader[];
  /** The offset that the newest began at, and how many in a row did: a client that fails and is started again. */
  begunAt: number;
  begins: number;
}

/** When a group committed last for a partition, and where. */
export interface CommitPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  offset: number;
  lastMs: number;
  /** Who committed last. */
  clientId: string;
  host: string;
}

/** Latencies of one API: counts per bucket of {@link LATENCY_BUCKETS_MS} and one more, and their sum. */
export interface ApiLatency {
  readonly counts: Float64Array;
  sumMs: number;
  count: number;
  /** When a request that was measured arrived last. */
  measuredMs: number;
  /** Requests that are not measured between two that are; of those after the last one, done and to come. */
  skips: number;
  skipped: number;
  toSkip: number;
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
  readonly produced = new ClientTable<string, ClientTraffic>();
  readonly fetched = new ClientTable<string, ClientTraffic>();
  readonly commits = new Map<string, CommitPlace>();
  /** Commits came for more pairs than are told apart. */
  hasLostCommits = false;
  /** By API key. */
  readonly latencies: (ApiLatency | undefined)[] = new Array<ApiLatency | undefined>(API_KEYS_MAX);
  readonly #clock: Clock;
  /** By topic, then by partition. */
  readonly #places = new Map<string, ClientTable<number, FetchPlace>>();
  #placeCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.sinceMs = clock.nowMs();
  }

  appended(
    context: RequestContext,
    topic: string,
    records: number,
    bytes: number,
    nowMs: number,
  ): void {
    const traffic = this.#traffic(this.produced, context, topic);
    traffic.records += records;
    traffic.bytes += bytes;
    traffic.lastMs = nowMs;
  }

  /** A fetch of a session (0: of none) was answered for a partition; `bytes` may be 0. */
  answered(
    context: RequestContext,
    sessionId: number,
    { topic, partition, offset }: { topic: string; partition: number; offset: number },
    bytes: number,
  ): void {
    const nowMs = this.#clock.nowMs();
    const traffic = this.#traffic(this.fetched, context, topic);
    traffic.bytes += bytes;
    traffic.lastMs = nowMs;
    const place = this.#place(context, topic, partition);
    if (place === undefined) return;
    const { readers } = place;
    const known = readers.find((reader) => reader.sessionId === sessionId);
    if (known === undefined) {
      if (place.begunAt === offset) place.begins++;
      else {
        place.begunAt = offset;
        place.begins = 1;
      }
      if (readers.length >= READERS_MAX) readers.shift();
      readers.push(newReader(sessionId, offset, nowMs, bytes > 0));
      return;
    }
    if (offset > known.offset) traffic.records += offset - known.offset;
    move(known, offset, nowMs, bytes > 0);
  }

  committed(
    { clientId, clientAddress: host }: RequestContext,
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
          known.clientId = clientId;
          known.host = host;
        } else if (this.commits.size < OBSERVED_PAIRS_MAX) {
          this.commits.set(key, { group, topic, partition, offset, lastMs, clientId, host });
        } else {
          this.hasLostCommits = true;
        }
      }
    }
  }

  /**
   * A request has arrived; the time, when it is one whose latency is measured. Of many in a millisecond one stands
   * for those after it: to read the clock twice for each would cost more than it tells.
   */
  arrived(apiKey: number): number | undefined {
    const latency = this.latencies[apiKey];
    if (latency === undefined || latency.toSkip === 0) return this.#clock.monotonicMs();
    latency.toSkip--;
    latency.skipped++;
    return undefined;
  }

  /** A request that arrived at a time that was measured is answered now, after whatever it waited for. */
  answeredRequest(apiKey: number, arrivedMs: number): void {
    let latency = this.latencies[apiKey];
    if (latency === undefined) {
      latency = newLatency();
      this.latencies[apiKey] = latency;
    }
    const ms = this.#clock.monotonicMs() - arrivedMs;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && ms > LATENCY_BUCKETS_MS[bucket]!) bucket++;
    const weight = 1 + latency.skipped;
    latency.counts[bucket]! += weight;
    latency.sumMs += ms * weight;
    latency.count += weight;
    latency.skipped = 0;
    const apartMs = (arrivedMs - latency.measuredMs) / weight;
    latency.measuredMs = arrivedMs;
    if (apartMs >= APART_MS) latency.skips = 0;
    else if (latency.skips < SKIPS_MAX) latency.skips = latency.skips * 2 + 1;
    latency.toSkip = latency.skips;
  }

  /** Where consumers of a client id and host fetch in a partition. */
  placeOf(
    topic: string,
    partition: number,
    clientId: string,
    host: string,
  ): FetchPlace | undefined {
    return this.#places.get(topic)?.find(partition, clientId, host);
  }

  #place(
    { clientId, clientAddress: host }: RequestContext,
    topic: string,
    partition: number,
  ): FetchPlace | undefined {
    const known = this.placeOf(topic, partition, clientId, host);
    if (known !== undefined || this.#placeCount >= OBSERVED_PAIRS_MAX) return known;
    const news = { clientId, host, topic, partition };
    const place: FetchPlace = { ...news, readers: [], begunAt: -1, begins: 0 };
    let places = this.#places.get(topic);
    if (places === undefined) {
      places = new ClientTable();
      this.#places.set(topic, places);
    }
    places.add(partition, place);
    this.#placeCount++;
    return place;
  }

  #traffic(
    into: ClientTable<string, ClientTraffic>,
    { clientId, clientAddress: host }: RequestContext,
    topic: string,
  ): ClientTraffic {
    const known = into.find(topic, clientId, host);
    if (known !== undefined) return known;
    const isFull = into.size >= OBSERVED_PAIRS_MAX;
    if (isFull) {
      const others = into.find(OTHERS, OTHERS, "");
      if (others !== undefined) return others;
    }
    const traffic = isFull
      ? { clientId: OTHERS, host: "", topic: "", records: 0, bytes: 0, lastMs: 0 }
      : { clientId, host, topic, records: 0, bytes: 0, lastMs: 0 };
    into.add(isFull ? OTHERS : topic, traffic);
    return traffic;
  }
}

function newLatency(): ApiLatency {
  return {
    counts: new Float64Array(LATENCY_BUCKETS_MS.length + 1),
    sumMs: 0,
    count: 0,
    measuredMs: -Infinity,
    skips: 0,
    skipped: 0,
    toSkip: 0,
  };
}

function newReader(sessionId: number, offset: number, nowMs: number, hadRecords: boolean): Reader {
  return {
    sessionId,
    offset,
    lastMs: nowMs,
    sinceMs: nowMs,
    repeats: 0,
    hadRecords,
    backTo: -1,
    backs: 0,
    backLastMs: 0,
  };
}

function move(reader: Reader, offset: number, nowMs: number, hasRecords: boolean): void {
  if (offset !== reader.offset) {
    if (offset < reader.offset) {
      reader.backs = offset === reader.backTo ? reader.backs + 1 : 1;
      reader.backTo = offset;
      reader.backLastMs = nowMs;
    }
    reader.offset = offset;
    reader.sinceMs = nowMs;
    reader.repeats = 0;
  } else if (reader.hadRecords && hasRecords) {
    reader.repeats++;
  }
  reader.hadRecords = hasRecords;
  reader.lastMs = nowMs;
}
