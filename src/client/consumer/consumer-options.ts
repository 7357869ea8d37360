import type { TopicPartition } from "../../core/topic-partition.ts";
import { clientError, type KafkaError } from "../errors.ts";
import type { MembershipOptions } from "../group/membership.ts";

/** Where to read on. */
export interface Position extends TopicPartition {
  /** The record to be read next. */
  readonly offset: number;
}

/** Where to begin in a partition for which the group has no offset, or there is no group. */
export type StartPlace =
  /** The oldest record there is. */
  | "earliest"
  /** What comes after the start. */
  | "latest"
  /** Nowhere: `NO_OFFSET` ends the iteration. */
  | "none"
  /** The first record with this timestamp (milliseconds since 1970, or a Date) or a later one, else the end. */
  | { readonly time: number | Date }
  /** As `time`, counted back from now (KIP-1106). */
  | { readonly durationMs: number }
  /** This offset in every partition. */
  | { readonly offset: number }
  /** These offsets; partitions that are not among them begin at the earliest record. */
  | { readonly offsets: readonly Position[] }
  /** As many offsets before the end of each partition, or all there are. Markers and gaps count as well. */
  | { readonly last: number };

/** Where to go on when an offset is not (any more) in the log. */
export type OutOfRangePolicy = "earliest" | "latest" | "fail" | { readonly durationMs: number };

/** When offsets are stored for the group. */
export type CommitMode =
  /** By itself, what the program is done with: at most once a second, when partitions go, and on close. */
  | "processed"
  /** Only by `commit()`, or through a transaction. */
  | "manual"
  /** As `processed`, at another interval. 0 stores as soon as something is done and the last commit is answered. */
  | { readonly everyMs: number };

/** What becomes of records that the codecs of their topic refuse. */
export type DecodeErrorPolicy =
  /** A `RecordDecodeError` ends the iteration; it stands at the record again when it is taken up anew. */
  | "throw"
  /** It is passed over, with a warning in the log. */
  | "skip"
  /**
   * It is produced to another topic as it is, with headers that tell where it is from and what was wrong
   * (`moldau.deadletter.topic`, `.partition`, `.offset`, `.timestamp`, `.part`, `.error`). It counts as done
   * once that topic has it.
   */
  | { readonly deadLetter: string };

/** How a consumer reads. Times are in milliseconds, sizes in bytes. */
export interface ConsumeOptions {
  /** Reads as a member of this group, which divides the partitions among its members. */
  readonly group?: string | undefined;
  /** Reads these partitions of each topic, without a group. Default: all, following the topics as they grow. */
  readonly partitions?: readonly number[] | undefined;
  /** Default `earliest`. */
  readonly from?: StartPlace | undefined;
  /**
   * Default: as `from` where that is `earliest`, `latest` or a duration; `fail` with offsets and `none`; else
   * `earliest`.
   */
  readonly onOutOfRange?: OutOfRangePolicy | undefined;
  /** Default `processed`. */
  readonly commit?: CommitMode | undefined;
  /** Stops where each partition ended when reading it began. Default: reads on for ever. */
  readonly until?: "end" | undefined;
  /** `read_committed` leaves out records of open and aborted transactions. Default. */
  readonly isolation?: "read_committed" | "read_uncommitted" | undefined;
  /** Closes the consumer; loops over it end as if there was nothing more. */
  readonly signal?: AbortSignal | undefined;
  /** Default `throw`. */
  readonly onDecodeError?: DecodeErrorPolicy | undefined;

  /** Bytes that a broker waits for before it answers. Default 1. */
  readonly fetchMinBytes?: number | undefined;
  /** How long it may wait for them. Default 500. */
  readonly fetchWaitMs?: number | undefined;
  /** Bytes of one answer, unless its first batch is larger. Default 50 MiB. */
  readonly fetchMaxBytes?: number | undefined;
  /** Bytes of one partition in one answer, unless its first batch is larger. Default 1 MiB. */
  readonly fetchPartitionMaxBytes?: number | undefined;
  /** Bytes that are fetched ahead, over all partitions, answers on their way included. Default 64 MiB. */
  readonly prefetchMaxBytes?: number | undefined;
  /** Bytes of one partition that are fetched ahead: no more is asked for beyond it. Default 1 MiB. */
  readonly prefetchPartitionBytes?: number | undefined;
  /** Whether checksums of batches are verified. Default true. */
  readonly checkCrcs?: boolean | undefined;
  /** Where this consumer is, so that it may read from a replica nearby (KIP-392). Default: that of the client. */
  readonly rack?: string | undefined;
  /** How often topics are looked at anew, for partitions and topics that were added. Default 60,000. */
  readonly metadataMaxAgeMs?: number | undefined;

  /** Makes the member a static one (KIP-345): it may be away for a session without a rebalance. */
  readonly instanceId?: string | undefined;
  /** Default `auto`: the new protocol (KIP-848) where the broker serves it. */
  readonly groupProtocol?: MembershipOptions["protocol"] | undefined;
  /**
   * Classic protocol, in order of preference. Default `cooperative-sticky` alone, for with others beside it
   * members give everything up in each rebalance (KIP-429); a group that does not share it is offered all four.
   * A client of others that knows neither it nor what is named here cannot join a group of such members.
   */
  readonly assignors?: MembershipOptions["assignors"] | undefined;
  /** New protocol: `uniform` or `range`. Default: the broker's first. */
  readonly remoteAssignor?: string | undefined;
  /** Classic protocol. Default 45,000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Classic protocol. Default 3,000. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** How long the group waits for records under way when partitions move. Default 60,000. */
  readonly rebalanceTimeoutMs?: number | undefined;
  /** The longest time without asking for records before the member leaves. Default 300,000. */
  readonly maxPollIntervalMs?: number | undefined;
}

const FETCH_MIN_BYTES = 1;
const FETCH_WAIT_MS = 500;
const FETCH_MAX_BYTES = 50 * 1024 * 1024;
const FETCH_PARTITION_MAX_BYTES = 1024 * 1024;
const PREFETCH_MAX_BYTES = 64 * 1024 * 1024;
/**
 * One answer waits while the next is on its way. Much more than that, and what was received outlives the collector's
 * short collections, so that only long ones free it.
 */
const PREFETCH_PARTITION_BYTES = FETCH_PARTITION_MAX_BYTES;
const METADATA_MAX_AGE_MS = 60_000;
/** How often offsets are stored that nobody asked to store. */
const COMMIT_INTERVAL_MS = 1_000;

/** {@link ConsumeOptions} with their defaults. */
export interface ResolvedOptions {
  readonly group: string | undefined;
  readonly from: StartPlace;
  readonly onOutOfRange: OutOfRangePolicy;
  /** `undefined` for manual commits. */
  readonly commitEveryMs: number | undefined;
  readonly untilEnd: boolean;
  readonly readCommitted: boolean;
  readonly onDecodeError: DecodeErrorPolicy;
  readonly fetchMinBytes: number;
  readonly fetchWaitMs: number;
  readonly fetchMaxBytes: number;
  readonly fetchPartitionMaxBytes: number;
  readonly prefetchMaxBytes: number;
  readonly prefetchPartitionBytes: number;
  readonly checkCrcs: boolean;
  readonly rack: string;
  readonly metadataMaxAgeMs: number;
}

/** Throws a `KafkaError` `INVALID_ARGUMENT` for options that contradict one another or mean nothing. */
export function resolveOptions(options: ConsumeOptions, rack: string | undefined): ResolvedOptions {
  checkOptions(options);
  const from = options.from ?? "earliest";
  return {
    group: options.group,
    from,
    onOutOfRange: options.onOutOfRange ?? policyOf(from),
    commitEveryMs: options.group === undefined ? undefined : commitInterval(options.commit),
    untilEnd: options.until === "end",
    readCommitted: options.isolation !== "read_uncommitted",
    onDecodeError: options.onDecodeError ?? "throw",
    fetchMinBytes: options.fetchMinBytes ?? FETCH_MIN_BYTES,
    fetchWaitMs: options.fetchWaitMs ?? FETCH_WAIT_MS,
    fetchMaxBytes: options.fetchMaxBytes ?? FETCH_MAX_BYTES,
    fetchPartitionMaxBytes: options.fetchPartitionMaxBytes ?? FETCH_PARTITION_MAX_BYTES,
    prefetchMaxBytes: options.prefetchMaxBytes ?? PREFETCH_MAX_BYTES,
    prefetchPartitionBytes: options.prefetchPartitionBytes ?? PREFETCH_PARTITION_BYTES,
    checkCrcs: options.checkCrcs ?? true,
    rack: options.rack ?? rack ?? "",
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
  };
}

function commitInterval(mode: CommitMode = "processed"): number | undefined {
  if (mode === "manual") return undefined;
  return mode === "processed" ? COMMIT_INTERVAL_MS : mode.everyMs;
}

function policyOf(from: StartPlace): OutOfRangePolicy {
  if (from === "earliest" || from === "latest") return from;
  if (from === "none") return "fail";
  if ("durationMs" in from) return from;
  return "offset" in from || "offsets" in from ? "fail" : "earliest";
}

function checkOptions(options: ConsumeOptions): void {
  const { group, partitions, from } = options;
  if (group !== undefined && partitions !== undefined) {
    throw invalid(
      "a group divides the partitions itself: `group` and `partitions` exclude each other",
    );
  }
  if (group === "") throw invalid("a group needs a name");
  const inGroup = ["commit", "instanceId", "groupProtocol", "assignors", "remoteAssignor"] as const;
  for (const name of inGroup) {
    if (group === undefined && options[name] !== undefined) {
      throw invalid(`\`${name}\` means something only together with \`group\``);
    }
  }
  checkWords(options);
  if (partitions?.some((number) => !Number.isInteger(number) || number < 0) === true) {
    throw invalid("partitions are whole numbers from 0");
  }
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "number" && !(value >= 0)) throw invalid(`\`${name}\` is ${value}`);
  }
  if (typeof from === "object") checkPlace(from);
}

/** What options may be that are words; those marked may be objects, too. */
const words = {
  from: { words: ["earliest", "latest", "none"], orObject: true },
  onOutOfRange: { words: ["earliest", "latest", "fail"], orObject: true },
  commit: { words: ["processed", "manual"], orObject: true },
  onDecodeError: { words: ["throw", "skip"], orObject: true },
  until: { words: ["end"], orObject: false },
  isolation: { words: ["read_committed", "read_uncommitted"], orObject: false },
  groupProtocol: { words: ["auto", "classic", "consumer"], orObject: false },
} as const;
const placeNames = ["time", "durationMs", "offset", "offsets", "last"];

/** A word that means nothing would be taken for the default. */
function checkWords(options: ConsumeOptions): void {
  for (const [name, allowed] of Object.entries(words)) {
    const value: unknown = options[name as keyof typeof words];
    if (value === undefined || allowed.words.some((word) => word === value)) continue;
    if (allowed.orObject && typeof value === "object" && value !== null) continue;
    const shown = typeof value === "string" ? `"${value}"` : String(value);
    const known = allowed.words.map((word) => `"${word}"`).join(", ");
    throw invalid(`\`${name}\` is ${shown}; the words for it are ${known}`);
  }
}

function checkPlace(from: Exclude<StartPlace, string>): void {
  if (!placeNames.some((name) => name in from)) {
    throw invalid(`\`from\` tells none of ${placeNames.join(", ")}`);
  }
  const numbers =
    "time" in from
      ? [Number(from.time)]
      : "offsets" in from
        ? from.offsets.map(({ offset }) => offset)
        : Object.values(from);
  for (const number of numbers) {
    if (!(number >= 0)) throw invalid(`\`from\` tells ${number}, which is no place in a log`);
  }
}

function invalid(message: string): KafkaError {
  return clientError("INVALID_ARGUMENT", message);
}
