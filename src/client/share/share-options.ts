import { clientError, type KafkaError } from "../errors.ts";

/** When records that the program has said nothing about are acknowledged. */
export type AcknowledgeMode =
  /**
   * By themselves: a record is accepted when the program asks for the next one, and released when it leaves
   * the loop at it. What the program says itself (`accept`, `release`, `reject`) comes first.
   */
  | "implicit"
  /** Only by what the program says. What it says nothing about is somebody else's when its lock runs out. */
  | "explicit";

/** How many records an answer may bring (KIP-1206). */
export type AcquireMode =
  /** As they lie in batches: the last one may bring more than `maxRecords`. The fastest. */
  | "batch_optimized"
  /** Never more than `maxRecords`. For work that takes long. Brokers before 4.2 give whole batches all the same. */
  | "record_limit";

/** What becomes of records that the codecs of their topic refuse. */
export type ShareDecodeErrorPolicy =
  /**
   * A `RecordDecodeError` ends the iteration. Its `record` is a `ShareRecord`, which may be acknowledged; it is
   * released when a loop goes on without that.
   */
  | "throw"
  /** It is for another member to try, until the group's limit of deliveries (`share.delivery.count.limit`). */
  | "release"
  /** Nobody gets it any more; with a warning in the log. */
  | "reject"
  /** It is produced to another topic as it is, with headers that tell where it is from, and then accepted. */
  | { readonly deadLetter: string };

/** How a member of a share group takes records. Times are in milliseconds, sizes in bytes. */
export interface ShareOptions {
  /** The share group, whose members get records one by one, of all partitions. */
  readonly group: string;
  /** Default `implicit`. */
  readonly acknowledge?: AcknowledgeMode | undefined;
  /**
   * Records of one answer, which are locked for this member from then on: no more than it can work on before the
   * locks run out (`share.record.lock.duration.ms` of the group, 30 s by default). Default 500.
   */
  readonly maxRecords?: number | undefined;
  /** Default `batch_optimized`. */
  readonly acquireMode?: AcquireMode | undefined;
  /** Closes the consumer; loops over it end as if there was nothing more. */
  readonly signal?: AbortSignal | undefined;
  /** Default `throw`. */
  readonly onDecodeError?: ShareDecodeErrorPolicy | undefined;
  /** Bytes that a broker waits for before it answers. Default 1. */
  readonly fetchMinBytes?: number | undefined;
  /** How long it may wait for them. Default 500. */
  readonly fetchWaitMs?: number | undefined;
  /** Bytes of one answer, unless its first batch is larger. Default 50 MiB. */
  readonly fetchMaxBytes?: number | undefined;
  /** Whether checksums of batches are verified. Default true. */
  readonly checkCrcs?: boolean | undefined;
  /** Where this member is. Default: that of the client. */
  readonly rack?: string | undefined;
  /** The longest time without asking for records before the member leaves. Default 300,000. */
  readonly maxPollIntervalMs?: number | undefined;
}

const MAX_RECORDS = 500;
const FETCH_MIN_BYTES = 1;
const FETCH_WAIT_MS = 500;
const FETCH_MAX_BYTES = 50 * 1024 * 1024;
const MAX_POLL_INTERVAL_MS = 300_000;

/** {@link ShareOptions} with their defaults. */
export interface ResolvedShareOptions {
  readonly group: string;
  readonly isImplicit: boolean;
  readonly maxRecords: number;
  readonly acquireMode: AcquireMode;
  readonly onDecodeError: ShareDecodeErrorPolicy;
  readonly fetchMinBytes: number;
  readonly fetchWaitMs: number;
  readonly fetchMaxBytes: number;
  readonly checkCrcs: boolean;
  readonly rack: string | undefined;
  readonly maxPollIntervalMs: number;
}

/** Throws a `KafkaError` `INVALID_ARGUMENT` for options that mean nothing. */
export function resolveShareOptions(
  options: ShareOptions,
  rack: string | undefined,
): ResolvedShareOptions {
  if (options.group === "") throw invalid("a group needs a name");
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "number" && !(value >= 0)) throw invalid(`\`${name}\` is ${value}`);
  }
  const maxRecords = options.maxRecords ?? MAX_RECORDS;
  if (!Number.isInteger(maxRecords) || maxRecords < 1) {
    throw invalid(`\`maxRecords\` is ${maxRecords}; an answer brings one record at least`);
  }
  return {
    group: options.group,
    isImplicit: options.acknowledge !== "explicit",
    maxRecords,
    acquireMode: options.acquireMode ?? "batch_optimized",
    onDecodeError: options.onDecodeError ?? "throw",
    fetchMinBytes: options.fetchMinBytes ?? FETCH_MIN_BYTES,
    fetchWaitMs: options.fetchWaitMs ?? FETCH_WAIT_MS,
    fetchMaxBytes: options.fetchMaxBytes ?? FETCH_MAX_BYTES,
    checkCrcs: options.checkCrcs ?? true,
    rack: options.rack ?? rack,
    maxPollIntervalMs: options.maxPollIntervalMs ?? MAX_POLL_INTERVAL_MS,
  };
}

function invalid(message: string): KafkaError {
  return clientError("INVALID_ARGUMENT", message);
}
