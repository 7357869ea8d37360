import type { CompressionCodec } from "../../records/compression.ts";
import { compressionCodecs, compressionLevels } from "../../records/compression.ts";
import type { NewHeader } from "../../records/build.ts";
import { RETRY_BACKOFF, type BackoffBounds } from "../cluster/backoff.ts";
import type { FailedRecords } from "./failed-records.ts";
import { invalidOption } from "./producer-error.ts";

/** 0: not acknowledged; 1: by the leader; -1 or `all`: by all replicas in sync. */
export type Acks = 0 | 1 | -1 | "all";

/** What a partitioner is told of a record. */
export interface PartitionerInput {
  readonly topic: string;
  /** As encoded. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly NewHeader[];
  readonly partitionCount: number;
}

/** Chooses the partition of a record that names none. */
export type Partitioner = (record: PartitionerInput) => number;

/** How a producer works. Times are in milliseconds; the names of Apache Kafka's settings in brackets. */
export interface ProducerOptions {
  /** Default -1, which is also what an idempotent producer needs [`acks`]. */
  readonly acks?: Acks | undefined;
  /** Sequence numbers, so that a retry never writes twice. Default: with acks -1 [`enable.idempotence`]. */
  readonly idempotent?: boolean | undefined;
  /** Default `none` [`compression.type`]. */
  readonly compression?: CompressionCodec | undefined;
  /** Default: that of the codec, as Kafka's [`compression.gzip.level`, `compression.zstd.level`]. */
  readonly compressionLevel?: number | undefined;
  /**
   * How long a batch waits for more records. By default a record goes out in the same tick unless a
   * request is on its way to the broker: then records gather until the answer is there [`linger.ms`].
   */
  readonly lingerMs?: number | undefined;
  /** Bytes of the records of a batch, before compression. Default 64 KB [`batch.size`]. */
  readonly batchBytes?: number | undefined;
  /** Bytes of one request, and so of a record. Default 1 MB [`max.request.size`]. */
  readonly requestBytesMax?: number | undefined;
  /** Memory of records that wait. Default 32 MB [`buffer.memory`]. */
  readonly bufferBytes?: number | undefined;
  /** How long `send` waits for room and for metadata. Default one minute [`max.block.ms`]. */
  readonly blockTimeoutMs?: number | undefined;
  /** How long a record is tried. Default two minutes [`delivery.timeout.ms`]. */
  readonly deliveryTimeoutMs?: number | undefined;
  /** How long a broker may take for one answer. Default: the client's [`request.timeout.ms`]. */
  readonly requestTimeoutMs?: number | undefined;
  /** Pause before the first retry; it doubles up to a second. Default 100 [`retry.backoff.ms`]. */
  readonly retryBackoffMs?: number | undefined;
  /** Requests to one broker without an answer. Default 5 [`max.in.flight.requests.per.connection`]. */
  readonly inFlightRequestsMax?: number | undefined;
  /** Chooses partitions; default: murmur2 of the key as Kafka, sticky without a key (KIP-794). */
  readonly partitioner?: Partitioner | undefined;
  /** Fewer records without a key for partitions whose queues are longer. Default true. */
  readonly adaptivePartitioning?: boolean | undefined;
  /** Whether a topic that is not there may be created by the broker. Default false. */
  readonly createTopics?: boolean | undefined;
  /** Told of posted records that were given up. Without it the next `flush` rejects. */
  readonly onError?: ((error: Error, records: FailedRecords) => void) | undefined;
}

/** Options with their defaults. */
export interface ResolvedOptions {
  readonly acks: 0 | 1 | -1;
  readonly idempotent: boolean;
  /** Whether somebody asked for idempotence; else a broker that has none is taken as it is. */
  readonly idempotentByDefault: boolean;
  readonly compression: CompressionCodec;
  readonly compressionLevel: number | undefined;
  /** `undefined`: as long as a request is on its way. */
  readonly lingerMs: number | undefined;
  readonly batchBytes: number;
  readonly requestBytesMax: number;
  readonly bufferBytes: number;
  readonly blockTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryBackoff: BackoffBounds;
  readonly inFlightRequestsMax: number;
  readonly partitioner: Partitioner | undefined;
  readonly adaptivePartitioning: boolean;
  readonly createTopics: boolean;
  readonly onError: ((error: Error, records: FailedRecords) => void) | undefined;
}

const BATCH_BYTES = 64 * 1024;
const REQUEST_BYTES_MAX = 1024 * 1024;
const BUFFER_BYTES = 32 * 1024 * 1024;
const BLOCK_TIMEOUT_MS = 60_000;
const DELIVERY_TIMEOUT_MS = 120_000;
/** What the broker remembers of a producer's batches per partition, so what may be on its way. */
export const IN_FLIGHT_REQUESTS_MAX = 5;

/** Fills in defaults. Throws `INVALID_ARGUMENT` for what contradicts itself. */
export function resolveOptions(
  options: ProducerOptions,
  requestTimeoutMs: number,
): ResolvedOptions {
  const acks = options.acks === "all" ? -1 : (options.acks ?? -1);
  const inFlightRequestsMax = options.inFlightRequestsMax ?? IN_FLIGHT_REQUESTS_MAX;
  const batchBytes = options.batchBytes ?? BATCH_BYTES;
  const requestBytesMax = options.requestBytesMax ?? REQUEST_BYTES_MAX;
  const resolved: ResolvedOptions = {
    acks,
    idempotent: options.idempotent ?? acks === -1,
    idempotentByDefault: options.idempotent === undefined,
    compression: options.compression ?? "none",
    compressionLevel: options.compressionLevel,
    lingerMs: options.lingerMs,
    batchBytes: Math.min(batchBytes, requestBytesMax),
    requestBytesMax,
    // One request at least, or the largest record would wait for ever.
    bufferBytes: Math.max(options.bufferBytes ?? BUFFER_BYTES, requestBytesMax + batchBytes),
    blockTimeoutMs: options.blockTimeoutMs ?? BLOCK_TIMEOUT_MS,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
    requestTimeoutMs: options.requestTimeoutMs ?? requestTimeoutMs,
    retryBackoff: { ...RETRY_BACKOFF, firstMs: options.retryBackoffMs ?? RETRY_BACKOFF.firstMs },
    inFlightRequestsMax,
    partitioner: options.partitioner,
    adaptivePartitioning: options.adaptivePartitioning ?? true,
    createTopics: options.createTopics ?? false,
    onError: options.onError,
  };
  check(resolved);
  return resolved;
}

function check(options: ResolvedOptions): void {
  checkWords(options);
  if (options.idempotent && options.acks !== -1) {
    throw invalidOption(
      `an idempotent producer cannot have acks ${options.acks}`,
      "Leave acks at -1, or set idempotent to false.",
    );
  }
  if (options.idempotent && options.inFlightRequestsMax > IN_FLIGHT_REQUESTS_MAX) {
    throw invalidOption(
      `brokers remember ${IN_FLIGHT_REQUESTS_MAX} batches of an idempotent producer, not ${options.inFlightRequestsMax}`,
      `Set inFlightRequestsMax to ${IN_FLIGHT_REQUESTS_MAX} or fewer.`,
    );
  }
  const bounded: readonly (keyof ResolvedOptions)[] = [
    "batchBytes",
    "requestBytesMax",
    "blockTimeoutMs",
    "deliveryTimeoutMs",
    "requestTimeoutMs",
    "inFlightRequestsMax",
  ];
  for (const name of bounded) {
    if (!(Number(options[name]) > 0)) {
      throw invalidOption(`${name} cannot be ${String(options[name])}`, "Give a number above 0.");
    }
  }
  const { lingerMs } = options;
  if (lingerMs !== undefined && !(lingerMs >= 0)) {
    throw invalidOption(
      `lingerMs cannot be ${lingerMs}`,
      "Give milliseconds from 0, or leave it out.",
    );
  }
  checkLevel(options);
}

/** What would only be refused with the first record, and there in other words. */
function checkWords({ acks, compression }: ResolvedOptions): void {
  if (acks !== -1 && acks !== 0 && acks !== 1) {
    throw invalidOption(`acks cannot be ${String(acks)}`, 'Give 0, 1, -1 or "all".');
  }
  if (!compressionCodecs.includes(compression)) {
    const known = compressionCodecs.join(", ");
    throw invalidOption(`there is no codec ${String(compression)}`, `Give one of ${known}.`);
  }
}

function checkLevel({ compression, compressionLevel }: ResolvedOptions): void {
  if (compressionLevel === undefined) return;
  if (compression === "none" || compression === "snappy") {
    throw invalidOption(`${compression} has no compression levels`, "Leave out compressionLevel.");
  }
  const { min, max } = compressionLevels[compression];
  if (compressionLevel >= min && compressionLevel <= max) return;
  throw invalidOption(
    `${compression} has no compression level ${compressionLevel}`,
    `Give one from ${min} to ${max}.`,
  );
}
