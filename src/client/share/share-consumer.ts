import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { BatchesOptions } from "../consumer/batch-iterator.ts";
import { DeadLetterTopic } from "../consumer/dead-letters.ts";
import { RecordIterator } from "../consumer/record-iterator.ts";
import type { LoopOwner } from "../consumer/record-taker.ts";
import { TopicSelection, type TopicLike } from "../consumer/topic-selection.ts";
import { clientError } from "../errors.ts";
import { EpochMember } from "../group/epoch/epoch-member.ts";
import type { MembershipOptions } from "../group/membership.ts";
import type { Topic } from "../topics/topic.ts";
import { AcknowledgeType } from "./acknowledgements.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import { ShareBatches } from "./share-batches.ts";
import { ShareCore, type RefusedAcknowledgement } from "./share-core.ts";
import { ShareDecoding } from "./share-decoding.ts";
import { ShareForEach, type ShareForEachOptions } from "./share-for-each.ts";
import { shareGroups } from "./share-heartbeats.ts";
import { resolveShareOptions, type ShareOptions } from "./share-options.ts";
import type { ShareRecord } from "./share-record.ts";

/** What brokers use by default (`share.session.timeout.ms`, `share.heartbeat.interval.ms` of the group decide). */
const SESSION_TIMEOUT_MS = 45_000;
const HEARTBEAT_INTERVAL_MS = 5_000;

/** What a share group reads: a topic, as it is declared or by its name, or several. */
export type TopicsToShare = TopicLike | readonly TopicLike[];

/** The records of topics that are shared; of several of them a union that `topic` tells apart. */
export type ShareRecordOf<T> = T extends readonly (infer Each)[]
  ? ShareRecordOf<Each>
  : T extends Topic<infer _KIn, infer KOut, infer _VIn, infer VOut, infer H, infer N>
    ? ShareRecord<KOut | null, VOut, H, N>
    : T extends string
      ? ShareRecord<Buffer | null, Buffer | null, Readonly<Record<never, never>>, T>
      : ShareRecord;

/**
 * A member of a share group (KIP-932): records of all partitions go to whichever member asks, one by one and without
 * order, like those of a queue. Each is locked for the member that got it, which accepts, releases or rejects it;
 * what is released, or locked for too long, is delivered again, so each is delivered at least once. Where a group
 * begins is a setting of it, `share.auto.offset.reset`: at the end, unless it says `earliest`.
 *
 * It joins when records are asked for first, or with {@link ready}. One loop takes records at a time: record by
 * record (`for await (const record of consumer)`), in {@link batches}, or with {@link forEach}. Failures that pass are
 * waited out, and what does not pass ends the loop with a `KafkaError`.
 *
 * Unless `acknowledge` is `explicit`, a record of which the program has said nothing is accepted when the next one is
 * asked for, and released when a loop is left at it, by `break` or an error.
 */
export class ShareConsumer<const T extends TopicsToShare = TopicsToShare>
  implements AsyncIterable<ShareRecordOf<T>>, AsyncDisposable
{
  readonly #core: ShareCore;
  readonly #options: ShareOptions;
  readonly #owner: LoopOwner<AcquiredChunk, ShareRecord>;
  readonly #deadLetters: DeadLetterTopic | undefined;
  readonly #onAbort = (): void => this.#stop();
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Throws `INVALID_ARGUMENT` for topics and options that mean nothing. */
  constructor(cluster: Cluster, topics: T, options: ShareOptions) {
    const selection = new TopicSelection(topics);
    if (selection.names === undefined) {
      const message = "a share group reads topics by their names, not by a pattern";
      throw clientError("INVALID_ARGUMENT", message);
    }
    const resolved = resolveShareOptions(options, cluster.rack);
    const metrics = cluster.metrics.addConsumer(options.group);
    const core = new ShareCore(cluster, selection, resolved, metrics);
    const { onDecodeError } = resolved;
    this.#options = options;
    this.#core = core;
    core.onMembershipFailed = () => {
      this.#starting = undefined;
    };
    this.#deadLetters =
      typeof onDecodeError === "object"
        ? new DeadLetterTopic(cluster, onDecodeError.deadLetter)
        : undefined;
    const decoding = new ShareDecoding(core, this.#deadLetters);
    this.#owner = {
      core,
      decoding,
      start: () => {
        decoding.goOn();
        return this.#start();
      },
      finish: () => (core.isStopping ? this.close() : Promise.resolve()),
      ...(resolved.isImplicit
        ? {
            done: (record: ShareRecord) => record.settle(AcknowledgeType.ACCEPT),
            left: (record: ShareRecord) => record.settle(AcknowledgeType.RELEASE),
          }
        : {}),
    };
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted === true) this.#onAbort();
  }

  // Taking records

  /** Record by record. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ShareRecordOf<T>> {
    // The records are of these topics, decoded by their codecs: what ShareRecordOf says of them.
    return new RecordIterator(
      this.#owner,
    ) as AsyncIterableIterator<unknown> as AsyncIterableIterator<ShareRecordOf<T>>;
  }

  /** Several records at a time. */
  batches(options: BatchesOptions = {}): AsyncIterableIterator<ShareRecordOf<T>[]> {
    return new ShareBatches(this.#owner, options) as AsyncIterableIterator<
      unknown[]
    > as AsyncIterableIterator<ShareRecordOf<T>[]>;
  }

  /**
   * Calls `work` for each record, several at a time if wanted. Resolves at the end of the iteration; rejects with the
   * first failure of `work`, or with what ended the iteration, when all that was begun has ended.
   */
  forEach(
    work: (record: ShareRecordOf<T>) => unknown,
    options: ShareForEachOptions = {},
  ): Promise<void> {
    return new ShareForEach(this.#owner, work as (record: ShareRecord) => unknown, options).run();
  }

  // The group

  /** Joins the group. It may take a moment until the group gives partitions. */
  async ready(): Promise<void> {
    if (this.#closing !== undefined) throw clientError("CLOSED", "the consumer was closed");
    await this.#start();
    this.#core.throwFailure();
  }

  /** The partitions that the group has this member take records of; others may take of them too. */
  get assignment(): readonly TopicPartition[] {
    return [...this.#core.partitions.values()].map(({ topic, partition }) => ({
      topic,
      partition,
    }));
  }

  /** The id of this member in its group; empty before it has joined. */
  get memberId(): string {
    return this.#core.member.memberId;
  }

  /**
   * Acknowledgements that the group did not take from now on, whoever gave them: for those that nobody waits for.
   * Ends when the consumer is closed.
   */
  refusals(): AsyncIterableIterator<RefusedAcknowledgement> {
    return this.#core.refusals.subscribe();
  }

  // The end

  /**
   * Hands nothing more out, sends what is acknowledged, releases what it holds, leaves the group. Loops over it end.
   * Records that a loop is at work on are waited for up to `drainMs` (default 0: they are delivered again); the signal
   * of the options waits for them as long as it takes.
   */
  close(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0);
    return this.#closing;
  }

  /** Whether {@link close} was called, or the signal was aborted. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): Promise<void> {
    if (this.#closing !== undefined || this.#core.isStopping) return Promise.resolve();
    this.#starting ??= this.#begin().catch((thrown: unknown) => {
      // The next loop tries again.
      this.#starting = undefined;
      this.#core.membership = undefined;
      // A consumer that is closed meanwhile is at its end, which is no failure.
      if (this.#closing !== undefined || this.#core.isStopping) return;
      throw thrown;
    });
    return this.#starting;
  }

  async #begin(): Promise<void> {
    const core = this.#core;
    core.membership = new EpochMember(core.cluster, this.#membershipOptions(), core, shareGroups);
    await core.membership.join(
      core.cluster.deadline({ timeoutMs: Infinity, signal: core.closing }),
    );
  }

  #membershipOptions(): MembershipOptions {
    const { options, selection } = this.#core;
    return {
      group: options.group,
      protocol: "consumer",
      subscription: selection.subscription(),
      rack: options.rack,
      assignors: [],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      maxPollIntervalMs: options.maxPollIntervalMs,
    };
  }

  /** The signal of the options was aborted. */
  #stop(): void {
    this.#core.stopThen(() => void this.close().catch(() => undefined));
  }

  async #close(drainMs: number): Promise<void> {
    const core = this.#core;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    core.isStopping = true;
    core.wakeTakers();
    await core.drained(drainMs);
    // Brokers know the member by its sessions, and need not know it as one of the group any more.
    const leaving = core.membership?.leave(core.cluster.deadline());
    await Promise.all([core.close(core.cluster.deadline()), leaving]);
    await this.#deadLetters?.close();
    core.cluster.metrics.remove(core.metrics);
  }
}
