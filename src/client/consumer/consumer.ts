import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { clientError } from "../errors.ts";
import { createMembership } from "../group/create-membership.ts";
import type { GroupMetadata, MembershipOptions, OffsetToCommit } from "../group/membership.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import { BatchIterator, type BatchesOptions } from "./batch-iterator.ts";
import { Committer } from "./committer.ts";
import { ConsumerCore } from "./consumer-core.ts";
import { resolveOptions, type ConsumeOptions, type Position } from "./consumer-options.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { DeadLetterTopic } from "./dead-letters.ts";
import { ForEach, type ForEachOptions } from "./for-each.ts";
import { GroupAssignment } from "./group-assignment.ts";
import { Poller, type PollOptions } from "./poller.ts";
import { RebalanceEvents, type Rebalance } from "./rebalance-events.ts";
import { RecordDecoding } from "./record-decoding.ts";
import { RecordIterator } from "./record-iterator.ts";
import type { TakingOwner } from "./record-taker.ts";
import { seekToEnds, seekToTime } from "./seeking.ts";
import { nodeReadable, webReadable, type ReadableOptions } from "./streams.ts";
import { assignTopics, checkGroupTopics } from "./topic-assignment.ts";
import { TopicSelection, type RecordOf, type TopicsToRead } from "./topic-selection.ts";

/** Partitions stay where they are through a rebalance. */
const ASSIGNORS: MembershipOptions["assignors"] = ["cooperative-sticky"];
/** What clients of others offer unless told otherwise is among these. */
const OTHER_ASSIGNORS: MembershipOptions["assignors"] = ["range", "roundrobin", "sticky"];
const SESSION_TIMEOUT_MS = 45_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const MAX_POLL_INTERVAL_MS = 300_000;

/** What the records of a partition are behind. */
export interface PartitionLag extends TopicPartition {
  /** The record to be handed out next. */
  readonly position: number;
  /** The end of what this consumer may see, as of the last answer. */
  readonly end: number;
  /** Offsets between them. */
  readonly lag: number;
}

/** How far a consumer is behind. */
export interface Lag {
  /** Over all partitions that are known. */
  readonly total: number;
  /** Partitions of which a broker has answered since they were assigned. */
  readonly partitions: readonly PartitionLag[];
}

/** What a consumer is made with besides its options; tests bring their own. */
export interface ConsumerParts {
  readonly createMembership?: typeof createMembership | undefined;
}

/**
 * Reads topics: alone, or as a member of a group. Records of a partition come in order, each once; failures
 * that pass are waited out, and what does not pass ends the loop with a `KafkaError`.
 *
 * It begins when records are asked for first, or with {@link ready}. One loop takes records at a time: record
 * by record (`for await (const record of consumer)`), in {@link batches}, with {@link forEach}, as a stream,
 * or call by call with {@link poll}. A loop that was left can be followed by another, which goes on behind it.
 *
 * In a group a record counts as done when the next one is asked for: when the body of the loop has returned.
 * What is done is stored for the group once a second (see `commit` of the options), before partitions go to
 * another member, at the end of the iteration and on {@link close}. So after a crash at most the last second
 * is processed again, and nothing is left out. A record at which a loop is left by `break` or an error is not
 * done. Offsets that are stored never go back, unless the program seeks.
 */
export class Consumer<const T extends TopicsToRead = TopicsToRead>
  implements AsyncIterable<RecordOf<T>>, AsyncDisposable
{
  readonly #core: ConsumerCore;
  readonly #options: ConsumeOptions;
  readonly #committer: Committer;
  readonly #events = new RebalanceEvents();
  readonly #owner: TakingOwner;
  readonly #poller: Poller;
  readonly #deadLetters: DeadLetterTopic | undefined;
  readonly #createMembership: typeof createMembership;
  readonly #onAbort = (): void => this.#stop();
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Throws `INVALID_ARGUMENT` for topics and options that contradict one another or mean nothing. */
  constructor(
    cluster: Cluster,
    topics: T,
    options: ConsumeOptions = {},
    parts: ConsumerParts = {},
  ) {
    const selection = new TopicSelection(topics);
    const resolved = resolveOptions(options, cluster.rack);
    const metrics = cluster.metrics.addConsumer(options.group, options.instanceId);
    this.#options = options;
    this.#core = new ConsumerCore(cluster, selection, resolved, metrics);
    this.#committer = new Committer(this.#core);
    this.#createMembership = parts.createMembership ?? createMembership;
    const { onDecodeError } = resolved;
    this.#deadLetters =
      typeof onDecodeError === "object"
        ? new DeadLetterTopic(cluster, onDecodeError.deadLetter)
        : undefined;
    this.#owner = {
      core: this.#core,
      decoding: new RecordDecoding(this.#core, this.#deadLetters),
      start: () => this.#start(),
      finish: () => this.#finish(),
    };
    this.#poller = new Poller(this.#owner);
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted === true) this.#onAbort();
  }

  // Taking records

  /** Record by record. */
  [Symbol.asyncIterator](): AsyncIterableIterator<RecordOf<T>> {
    // The records are of these topics, decoded by their codecs: what RecordOf says of them.
    return new RecordIterator(
      this.#owner,
    ) as AsyncIterableIterator<unknown> as AsyncIterableIterator<RecordOf<T>>;
  }

  /** Several records at a time. They are done when the next batch is asked for. */
  batches(options: BatchesOptions = {}): AsyncIterableIterator<RecordOf<T>[]> {
    return new BatchIterator(this.#owner, options) as AsyncIterableIterator<
      unknown[]
    > as AsyncIterableIterator<RecordOf<T>[]>;
  }

  /**
   * Calls `work` for each record, several at a time if wanted; a record is done when what `work` gave has
   * resolved, and so have all before it. Resolves at the end of the iteration; rejects with the first failure
   * of `work`, or with what ended the iteration, when all that was begun has ended.
   */
  forEach(work: (record: RecordOf<T>) => unknown, options: ForEachOptions = {}): Promise<void> {
    return new ForEach(this.#owner, work as (record: ConsumerRecord) => unknown, options).run();
  }

  /**
   * A stream of Node in object mode, of the same records. One is done when it has left the stream and another
   * is asked for: by whoever reads this very stream. Where more streams follow, which hold records themselves,
   * `commit: "manual"` is the way.
   */
  readable(options: ReadableOptions = {}): Readable {
    return nodeReadable(this.#owner, options);
  }

  /** The same as a stream of the Web. */
  readableStream(): ReadableStream<RecordOf<T>> {
    return webReadable(this.#owner) as ReadableStream<unknown> as ReadableStream<RecordOf<T>>;
  }

  /**
   * Up to `max` records, or none after `maxWaitMs`: the call that loops are made of. None at once when there is
   * nothing more to read.
   */
  async poll(maxWaitMs: number, options: PollOptions = {}): Promise<RecordOf<T>[]> {
    this.#checkOpen();
    const records: unknown[] = await this.#poller.poll(maxWaitMs, options);
    return records as RecordOf<T>[];
  }

  // What is read

  /** Joins the group, or finds the partitions; resolves when it is known where each of them is read from. */
  async ready(): Promise<void> {
    this.#checkOpen();
    await this.#start();
    await this.#core.placed();
  }

  /** The partitions that are read at the moment. */
  get assignment(): readonly TopicPartition[] {
    return [...this.#core.partitions.values()].map(({ topic, partition }) => ({
      topic,
      partition,
    }));
  }

  /** Assignments and revocations from now on. Ends when the consumer is closed. */
  rebalances(): AsyncIterableIterator<Rebalance> {
    return this.#events.subscribe();
  }

  /** Offset of the record to be handed out next; `undefined` while it is not known. */
  position(partition: TopicPartition): number | undefined {
    const { wanted, position } = this.#core.assigned(partition);
    return wanted?.kind === "start" ? undefined : position;
  }

  /** How far it is behind, as of the last answers of the brokers. */
  lag(): Lag {
    const { readCommitted } = this.#core.options;
    const partitions: PartitionLag[] = [];
    let total = 0;
    for (const assigned of this.#core.partitions.values()) {
      const end = assigned.readableEnd(readCommitted);
      if (end < 0) continue;
      const { topic, partition, position } = assigned;
      const lag = Math.max(0, end - position);
      partitions.push({ topic, partition, position, end, lag });
      total += lag;
    }
    return { total, partitions };
  }

  /** Whether all there is has been handed out, as of the last answers of the brokers. */
  get atEnd(): boolean {
    return this.#core.isAtEnd;
  }

  /** Bytes that were fetched and not handed out yet, and those that answers on their way may bring at most. */
  get bufferedBytes(): number {
    return this.#core.heldBytes;
  }

  /** Hands nothing out of these partitions, or of all, until {@link resume}. The group keeps them here. */
  pause(partitions?: readonly TopicPartition[]): void {
    for (const partition of this.#these(partitions)) this.#core.pause(partition);
  }

  resume(partitions?: readonly TopicPartition[]): void {
    for (const partition of this.#these(partitions)) this.#core.resume(partition);
  }

  /** The partitions that are paused. */
  get paused(): readonly TopicPartition[] {
    const paused = [...this.#core.partitions.values()].filter(({ isPaused }) => isPaused);
    return paused.map(({ topic, partition }) => ({ topic, partition }));
  }

  // Moving

  /** Reads a partition on from this offset. What is committed afterwards follows, also back. */
  seek(partition: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw clientError("INVALID_ARGUMENT", `${offset} is no offset`);
    }
    this.#core.seek(this.#core.assigned(partition), offset);
  }

  /** Reads on from the first record that has the timestamp (milliseconds since 1970) or a later one. */
  async seekToTime(
    time: number | Date,
    partitions?: readonly TopicPartition[],
  ): Promise<readonly Position[]> {
    await this.ready();
    return seekToTime(this.#core, this.#these(partitions), Number(time));
  }

  /** Reads on from the oldest record there is. */
  async seekToBeginning(partitions?: readonly TopicPartition[]): Promise<readonly Position[]> {
    await this.ready();
    return seekToEnds(this.#core, this.#these(partitions), "earliest");
  }

  /** Reads on with what comes from now on. */
  async seekToEnd(partitions?: readonly TopicPartition[]): Promise<readonly Position[]> {
    await this.ready();
    return seekToEnds(this.#core, this.#these(partitions), "latest");
  }

  // Committing

  /**
   * Stores offsets for the group, and waits for it: those that are given, or where the program is. Called in
   * the body of a loop, the record or batch that it works on counts as done; in {@link forEach} with several
   * at a time only what has ended does.
   */
  async commit(offsets?: readonly (Position | OffsetToCommit)[]): Promise<void> {
    this.#checkOpen();
    this.#inGroup();
    await this.#start();
    this.#checkOpen();
    const wanted = offsets?.map((offset) => ({ leaderEpoch: -1, ...offset }));
    await this.#committer.commit(wanted ?? this.#positions());
  }

  /** Who this consumer is to its group: what goes with its offsets into a transaction (KIP-447). */
  groupMetadata(): GroupMetadata {
    const group = this.#inGroup();
    const instanceId = this.#options.instanceId ?? null;
    return this.#core.membership?.metadata ?? { group, memberId: "", generationId: -1, instanceId };
  }

  /**
   * Where the program is, for a transaction to commit. Throws `INVALID_ARGUMENT` unless the consumer leaves
   * committing to the program: offsets that it stored by itself would stand though the transaction is aborted.
   */
  positionsToCommit(): readonly OffsetToCommit[] {
    this.#inGroup();
    if (this.#options.commit !== "manual") {
      throw clientError(
        "INVALID_ARGUMENT",
        "offsets that go through a transaction must not be committed beside it as well",
        { remedy: 'Consume with { commit: "manual" }.' },
      );
    }
    return this.#positions();
  }

  // The end

  /**
   * Hands nothing more out, stores what is done, leaves the group. Loops over it end. A record that a loop is
   * at work on is waited for up to `drainMs` (default 0: it is read again by whoever is next); the signal of
   * the options waits for it as long as it takes. Rejects when offsets could not be stored; it is closed then
   * all the same.
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

  #checkOpen(): void {
    if (this.#closing !== undefined) throw clientError("CLOSED", "the consumer was closed");
  }

  #inGroup(): string {
    const { group } = this.#options;
    if (group !== undefined) return group;
    throw clientError("INVALID_ARGUMENT", "this consumer is not in a group, which keeps offsets");
  }

  #these(partitions: readonly TopicPartition[] | undefined): AssignedPartition[] {
    if (partitions === undefined) return [...this.#core.partitions.values()];
    return partitions.map((partition) => this.#core.assigned(partition));
  }

  #positions(): OffsetToCommit[] {
    const positions: OffsetToCommit[] = [];
    for (const partition of this.#core.partitions.values()) {
      if (partition.wanted?.kind === "start" || partition.isRevoked) continue;
      positions.push(partition.offsetToCommit(this.#core.handedOutOffset(partition)));
    }
    return positions;
  }

  #start(): Promise<void> {
    if (this.#closing !== undefined || this.#core.isStopping) return Promise.resolve();
    this.#starting ??= this.#begin().catch((thrown: unknown) => {
      // The next loop tries again.
      this.#starting = undefined;
      // A consumer that is closed meanwhile is at its end, which is no failure.
      if (this.#closing !== undefined || this.#core.isStopping) return;
      throw thrown;
    });
    if (this.#core.membership !== undefined) this.#committer.start();
    return this.#starting;
  }

  async #begin(): Promise<void> {
    const { group, partitions } = this.#options;
    const core = this.#core;
    if (group === undefined) {
      await assignTopics(core, partitions, core.options.metadataMaxAgeMs);
      return;
    }
    await checkGroupTopics(core);
    const options = this.#membershipOptions(group);
    const assignment = new GroupAssignment(
      core,
      this.#committer,
      this.#events,
      options.rebalanceTimeoutMs,
      (error) => {
        core.membership = undefined;
        this.#starting = undefined;
        this.#committer.stop();
        core.fail(error);
      },
    );
    core.membership = await this.#createMembership(core.cluster, options, assignment);
    assignment.onJoining();
    await core.membership.join(
      core.cluster.deadline({ timeoutMs: Infinity, signal: core.closing }),
    );
    this.#committer.start();
  }

  #membershipOptions(group: string): MembershipOptions {
    const options = this.#options;
    return {
      group,
      protocol: options.groupProtocol ?? "auto",
      subscription: this.#core.selection.subscription(),
      instanceId: options.instanceId,
      rack: options.rack ?? this.#core.cluster.rack,
      assignors: options.assignors ?? ASSIGNORS,
      otherAssignors: options.assignors === undefined ? OTHER_ASSIGNORS : undefined,
      remoteAssignor: options.remoteAssignor,
      sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? REBALANCE_TIMEOUT_MS,
      maxPollIntervalMs: options.maxPollIntervalMs ?? MAX_POLL_INTERVAL_MS,
      metadataMaxAgeMs: this.#core.options.metadataMaxAgeMs,
    };
  }

  /** A loop has come to the end: of what is to be read, or because the consumer is to be closed. */
  async #finish(): Promise<void> {
    if (this.#core.isStopping) await this.close();
    else await this.#committer.flush();
  }

  /** The signal of the options was aborted. */
  #stop(): void {
    // Whoever is at the end of a loop gets to know what goes wrong here.
    this.#core.stopThen(() => void this.close().catch(() => undefined));
  }

  async #close(drainMs: number): Promise<void> {
    const core = this.#core;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    core.isStopping = true;
    core.wakeTakers();
    await core.drained(drainMs);
    this.#committer.stop();
    let failure: { readonly thrown: unknown } | undefined;
    try {
      if (core.membership !== undefined) await this.#committer.flush();
    } catch (thrown) {
      failure = { thrown };
    }
    await core.membership?.leave(core.cluster.deadline());
    await core.close();
    await this.#deadLetters?.close();
    core.cluster.metrics.remove(core.metrics);
    this.#events.close();
    if (failure !== undefined) throw failure.thrown;
  }
}
