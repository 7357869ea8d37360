import { assert } from "../core/assert.ts";
import { MoldauError, messageOf } from "../core/errors.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { BatchBuilder } from "../records/build.ts";
import { batchesIn, type RecordBatchView } from "../records/record-batch.ts";
import type { Log } from "../storage/log.ts";
import type { Logger } from "../telemetry/logger.ts";
import { buildControlRecords, readControlRecords, type ControlRecord } from "./control-records.ts";
import { LogOutline, type OffsetAndEpoch } from "./epochs.ts";
import { MetadataDirectory, missingSnapshot } from "./metadata-directory.ts";
import { describeQuorum, type QuorumDescription } from "./quorum-description.ts";
import { Raft, type Elected, type RaftTimeouts } from "./raft.ts";
import { BATCH_BYTES_MAX, type Snapshot } from "./snapshot.ts";
import { SnapshotCleaner, type SnapshotRetention } from "./snapshot-cleaner.ts";
import { VoterHistory, type ReplicaKey, type VoterEndpoint, type VoterSet } from "./voter-set.ts";

/** How records become bytes: the state machine's business. */
export interface RecordCodec<T> {
  encode(record: T): Buffer;
  decode(bytes: Buffer): T;
}

/** A batch of the log. Of a control batch, consensus' own, it has no records. */
export interface RaftBatch<T> {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  readonly appendTimestampMs: number;
  readonly sizeBytes: number;
  readonly records: readonly T[];
}

/** The state machine that the log feeds. */
export interface RaftListener<T> {
  /** Takes the place of everything before. */
  loadSnapshot(snapshot: {
    readonly id: OffsetAndEpoch;
    readonly timestampMs: number;
    readonly records: Iterable<T>;
  }): void;
  /**
   * A batch is in the log, or is about to be, in order; it may still be lost. What this throws is fatal,
   * and keeps it out of the log.
   */
  append(batch: RaftBatch<T>): void;
  /** All that the log had at the start was handed over. */
  replayed(): void;
  /** Goes back to what is committed; returns the offset from which the log is to be appended again. */
  revert(): number;
  /** All below `endOffset` can no longer be lost. */
  commit(endOffset: number): void;
  /** Who leads now. As a leader this node may propose from this call on. */
  leader(leaderId: number | undefined, epoch: number, isSelf: boolean): void;
}

export interface RaftDriverOptions<T> {
  readonly platform: { readonly disk: Disk; readonly clock: Clock; readonly random: Random };
  readonly logger: Logger;
  /** The metadata log, loaded and recovered. The driver closes it. */
  readonly log: Log;
  /** Its folder. */
  readonly folder: string;
  readonly self: ReplicaKey;
  readonly selfEndpoints: readonly VoterEndpoint[];
  /** Of `controller.quorum.voters`; empty when the log says who votes. */
  readonly staticVoters: VoterSet;
  readonly codec: RecordCodec<T>;
  readonly listener: RaftListener<T>;
  readonly timeouts?: RaftTimeouts;
  readonly retention: SnapshotRetention;
  /** The metadata log cannot be written, or says what cannot be: this process must end. */
  readonly onFatal: (error: Error) => void;
}

/** A proposal came to a node that does not lead; ask the leader. */
export class NotLeaderError extends MoldauError {
  override readonly name = "NotLeaderError";

  constructor(message: string) {
    super(message, { code: "NOT_LEADER", retriable: true });
  }
}

/** The metadata log failed: what was written to it may be lost, so nothing may be promised any more. */
export class MetadataLogError extends MoldauError {
  override readonly name = "MetadataLogError";

  constructor(message: string, cause?: unknown) {
    super(message, {
      code: "METADATA_LOG_FAILED",
      cause,
      remedy:
        "Look after the disk of metadata.log.dir (or the first of log.dirs), then start again.",
    });
  }
}

/** There is no room for a proposal; it was not made, and may be made again when there is. */
export class MetadataLogFullError extends MoldauError {
  override readonly name = "MetadataLogFullError";

  constructor(reason: string) {
    super(`the metadata log has no room for a change: ${reason}`, {
      code: "METADATA_LOG_FULL",
      retriable: true,
      remedy: "Make room on the disk of metadata.log.dir (or the first of log.dirs).",
    });
  }
}

/** Read at once while replaying. */
const REPLAY_CHUNK_BYTES = 1024 * 1024;

/**
 * Joins consensus with the log on disk and the clock. What it promises is on the device first: a vote
 * before it is given, an entry before it counts. Proposals of one turn share a sync.
 */
export class RaftDriver<T> {
  readonly #options: RaftDriverOptions<T>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #directory: MetadataDirectory;
  readonly #history: VoterHistory;
  readonly #raft: Raft;
  readonly #cleaner: SnapshotCleaner;
  readonly #bootstrap: Snapshot | undefined;
  #timer: Timer | undefined;
  #isFlushing = false;
  #flushing: Promise<void> = Promise.resolve();
  #snapshotting: Promise<void> = Promise.resolve();
  #pumping = false;
  #closed = false;
  #failure: Error | undefined;

  private constructor(options: RaftDriverOptions<T>) {
    this.#options = options;
    this.#clock = options.platform.clock;
    this.#log = options.log;
    this.#directory = new MetadataDirectory(options.platform, options.folder);
    this.#history = new VoterHistory(options.staticVoters);
    this.#bootstrap = this.#directory.readBootstrap();
    if (this.#bootstrap !== undefined) this.#noteSnapshotVoters(this.#bootstrap, -1);
    const latest = this.#loadSnapshot();
    this.#replay(Math.max(this.#log.logStartOffset, latest?.offset ?? 0));
    options.listener.replayed();
    this.#raft = new Raft({
      self: options.self,
      selfEndpoints: options.selfEndpoints,
      election: this.#directory.readElection(),
      voters: this.#history,
      log: new LogOutline({
        startOffset: this.#log.logStartOffset,
        endOffset: this.#log.logEndOffset,
        epochs: this.#log.leaderEpochs.entries,
        latestSnapshot: latest,
      }),
      random: (bound) => options.platform.random.below(bound),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    });
    this.#cleaner = new SnapshotCleaner(this.#directory, this.#log, {
      clock: this.#clock,
      retention: options.retention,
      onStartMoved: (offset) => this.#raft.log.advanceStart(offset),
    });
  }

  /**
   * Loads the newest snapshot and the log after it into the listener, and takes part in the quorum. An
   * only voter leads when this returns; what it had is committed once its first entry is on disk.
   * @throws MoldauError for damaged files, and for a quorum this node cannot take part in
   */
  static open<T>(options: RaftDriverOptions<T>): RaftDriver<T> {
    const driver = new RaftDriver(options);
    driver.#refuseOtherQuorums();
    driver.#raft.start(driver.#clock.monotonicMs());
    driver.#pump();
    if (driver.#failure !== undefined) throw driver.#failure;
    driver.#cleaner.start();
    return driver;
  }

  /** The content of the snapshot that formatting wrote: what a new cluster begins with. */
  get bootstrapRecords(): readonly T[] | undefined {
    return this.#bootstrap?.values.map((value) => this.#options.codec.decode(value));
  }

  get isLeader(): boolean {
    return this.#raft.state.kind === "leader" && this.#failure === undefined && !this.#closed;
  }

  get epoch(): number {
    return this.#raft.epoch;
  }

  get leaderId(): number | undefined {
    return this.#raft.leaderId;
  }

  /** All below can no longer be lost; 0 before that is known. */
  get highWatermark(): number {
    return this.#raft.highWatermark ?? 0;
  }

  /** The offset the next record gets. */
  get logEndOffset(): number {
    return this.#log.logEndOffset;
  }

  get kraftVersion(): number {
    return this.#history.kraftVersion;
  }

  get voters(): VoterSet {
    return this.#history.voters;
  }

  /**
   * Puts records into the log as one batch, hands it to the listener and returns it; it is committed
   * when the listener hears so. Nothing of it is in the log when this throws.
   * @throws NotLeaderError, MetadataLogFullError, MetadataLogError, and what the listener throws
   */
  propose(records: readonly T[]): RaftBatch<T> {
    assert(records.length > 0, "a proposal without records");
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.isLeader) throw new NotLeaderError("this node does not lead the quorum");
    const nowMs = this.#clock.nowMs();
    const baseOffset = this.#log.logEndOffset;
    const { epoch } = this.#raft;
    const builder = new BatchBuilder({ baseOffset, partitionLeaderEpoch: epoch });
    for (const record of records) {
      const value = this.#options.codec.encode(record);
      builder.append({ timestamp: nowMs, key: null, value });
    }
    const bytes = builder.finish();
    if (bytes.length > BATCH_BYTES_MAX) throw tooLarge(bytes.length);
    const batch: RaftBatch<T> = {
      baseOffset,
      lastOffset: baseOffset + records.length - 1,
      epoch,
      appendTimestampMs: nowMs,
      sizeBytes: bytes.length,
      records,
    };
    try {
      this.#options.listener.append(batch);
    } catch (thrown) {
      this.#fail(thrown);
      throw thrown;
    }
    const refusal = this.#tryAppend(bytes, epoch, nowMs);
    if (refusal !== undefined) {
      // The disk is full, and what was written of it is cut off again. Without it the state goes on.
      this.#replay(this.#options.listener.revert());
      throw new MetadataLogFullError(refusal);
    }
    this.#flush();
    return batch;
  }

  /** Resolves when all that was proposed before is committed or this node has failed. */
  async flushed(): Promise<void> {
    while (this.#isFlushing) await this.#flushing;
  }

  /**
   * Writes a snapshot of what the log says below `id.offset`, which must be committed and the end of a
   * batch. Does nothing when there is one.
   */
  async writeSnapshot(
    id: OffsetAndEpoch,
    timestampMs: number,
    records: Iterable<T>,
  ): Promise<void> {
    assert(id.offset <= this.highWatermark, "a snapshot of what may be lost", { ...id });
    const latest = this.#raft.log.latestSnapshot;
    if (latest !== undefined && latest.offset >= id.offset) return;
    const offset = id.offset - 1;
    const header = {
      id,
      lastContainedLogTimestampMs: timestampMs,
      kraftVersion: this.#history.kraftVersionAt(offset),
      voters: this.#history.votersAt(offset),
    };
    this.#snapshotting = this.#directory.write(header, this.#encoded(records));
    await this.#snapshotting;
    this.#raft.log.latestSnapshot = id;
    this.#cleaner.written(id, timestampMs);
    this.#options.logger.info(`wrote a metadata snapshot at offset ${id.offset}`);
  }

  /** The newest snapshot, that of formatting aside. */
  get latestSnapshot(): OffsetAndEpoch | undefined {
    return this.#raft.log.latestSnapshot;
  }

  describeQuorum(): QuorumDescription {
    return describeQuorum(this.#raft, this.#clock);
  }

  /** Ends taking part: everything on disk, files closed. Proposals fail from now on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.flushed();
    // One that fails is told to whoever asked for it; the log has everything.
    await this.#snapshotting.catch(() => undefined);
    this.#closed = true;
    this.#letGo();
    await this.#log.close({ keepIndexSize: true });
  }

  /** Lets go of timers and writes nothing more: the process ends as it would by a crash. */
  abandon(): void {
    this.#closed = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#timer?.cancel();
    this.#cleaner.close();
    this.#directory.close();
  }

  // ---- loading

  #loadSnapshot(): OffsetAndEpoch | undefined {
    const log = this.#log;
    this.#directory.cleanAtStart(log.logStartOffset);
    const latest = this.#directory.snapshots().at(-1);
    if (latest === undefined) {
      if (log.logStartOffset > 0) throw missingSnapshot(this.#directory.path, log.logStartOffset);
      return undefined;
    }
    const lastEpoch = log.latestEpoch ?? 0;
    const isBeyond = latest.epoch === lastEpoch && latest.offset > log.logEndOffset;
    if (latest.epoch > lastEpoch || isBeyond) {
      this.#options.logger.info(`the snapshot at ${latest.offset} takes the place of the log`);
      log.truncateFullyAndStartAt(latest.offset);
    }
    const snapshot = this.#directory.read(latest);
    this.#noteSnapshotVoters(snapshot, latest.offset - 1);
    this.#options.listener.loadSnapshot({
      id: latest,
      timestampMs: snapshot.lastContainedLogTimestampMs,
      records: this.#decoded(snapshot.values),
    });
    return latest;
  }

  #noteSnapshotVoters(snapshot: Snapshot, offset: number): void {
    const { voters, kraftVersion } = snapshot;
    if (kraftVersion > 0) this.#history.add({ offset, voters, kraftVersion });
  }

  /** Hands the log from `fromOffset` on to the listener. */
  #replay(fromOffset: number): void {
    let offset = fromOffset;
    while (offset < this.#log.logEndOffset) {
      const upToOffset = this.#log.logEndOffset;
      const options = { maxBytes: REPLAY_CHUNK_BYTES, upToOffset, minOneBatch: true };
      const read = this.#log.read(offset, options);
      if (read.errorCode !== ErrorCode.NONE || read.nextOffset <= offset) {
        throw new MetadataLogError(`the metadata log cannot be read at offset ${offset}`);
      }
      for (const chunk of read.chunks) {
        for (const batch of batchesIn(chunk)) {
          if (batch.lastOffset >= fromOffset) this.#replayBatch(batch);
        }
      }
      read.release?.();
      offset = read.nextOffset;
    }
  }

  #replayBatch(batch: RecordBatchView): void {
    const { baseOffset, lastOffset } = batch;
    if (!batch.verifyChecksum()) {
      throw new MetadataLogError(`the metadata log is damaged at offset ${baseOffset}`);
    }
    const records: T[] = [];
    if (batch.isControl) {
      this.#noteControl(readControlRecords(batch), lastOffset);
    } else {
      for (const { value, offset } of batch.records()) {
        if (value === null) throw new MetadataLogError(`the record at ${offset} has no value`);
        records.push(this.#options.codec.decode(value));
      }
    }
    this.#options.listener.append({
      baseOffset,
      lastOffset,
      epoch: batch.partitionLeaderEpoch,
      appendTimestampMs: batch.maxTimestamp,
      sizeBytes: batch.sizeBytes,
      records,
    });
  }

  #noteControl(records: readonly ControlRecord[], offset: number): void {
    // Known already when the log is replayed once more, after a change that was taken back.
    if (this.#history.notedUpTo >= offset) return;
    for (const record of records) {
      if (record.kind === "voters") {
        this.#history.add({ offset, voters: record.voters, kraftVersion: undefined });
      } else if (record.kind === "kraft-version") {
        const { kraftVersion } = record;
        this.#history.add({ offset, voters: undefined, kraftVersion });
      }
    }
  }

  /** There are no connections between controllers yet: only a quorum of one has all it needs. */
  #refuseOtherQuorums(): void {
    const { self } = this.#options;
    const { voters } = this.#history;
    if (voters.isOnlyVoter(self)) return;
    throw new MoldauError(
      `node ${self.id} is not the only voter of its quorum: the voters are ` +
        `${voters.size === 0 ? "not known" : voters.ids.join(", ")}`,
      {
        code: "QUORUM_NOT_SUPPORTED",
        remedy: "Run one node whose controller.quorum.voters names itself alone.",
      },
    );
  }

  // ---- doing what consensus says

  /** Does what is ready until nothing is; not re-entered by listeners that propose. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#doReady()) continue;
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.#pumping = false;
    }
    this.#schedule();
  }

  #doReady(): boolean {
    const ready = this.#raft.takeReady(this.#clock.monotonicMs());
    const { listener } = this.#options;
    let did = false;
    if (ready.election !== undefined) {
      const { staticVoters } = this.#options;
      this.#directory.writeElection(ready.election, this.kraftVersion, staticVoters.ids);
      did = true;
    }
    if (ready.truncateTo !== undefined) {
      this.#log.truncateTo(ready.truncateTo);
      this.#replay(listener.revert());
      did = true;
    }
    if (ready.elected !== undefined) {
      this.#beginEpoch(ready.elected);
      did = true;
    }
    if (ready.highWatermark !== undefined) {
      this.#log.advanceHighWatermark(ready.highWatermark);
      listener.commit(ready.highWatermark);
      did = true;
    }
    if (ready.leader !== undefined) {
      const { leaderId, epoch } = ready.leader;
      listener.leader(leaderId, epoch, leaderId === this.#options.self.id);
      did = true;
    }
    return did;
  }

  /**
   * The first batch of an epoch names its leader. Voters that only formatting knows of so far are
   * repeated in it, so that they reach everybody through the log.
   */
  #beginEpoch(elected: Elected): void {
    const nowMs = this.#clock.nowMs();
    const { leaderId, voters, grantingVoters } = elected;
    const records: ControlRecord[] = [{ kind: "leader-change", leaderId, voters, grantingVoters }];
    const { kraftVersion } = this.#history;
    if (kraftVersion > 0 && this.#history.votersOffset < 0) {
      records.push({ kind: "kraft-version", kraftVersion });
      records.push({ kind: "voters", voters: this.#ownEntryRefreshed() });
    }
    const baseOffset = this.#log.logEndOffset;
    const lastOffset = baseOffset + records.length - 1;
    const batch = { baseOffset, epoch: elected.epoch, timestampMs: nowMs };
    const bytes = buildControlRecords(records, batch);
    this.#options.listener.append({
      baseOffset,
      lastOffset,
      epoch: elected.epoch,
      appendTimestampMs: nowMs,
      sizeBytes: bytes.length,
      records: [],
    });
    this.#append(bytes, elected.epoch, nowMs);
    this.#noteControl(records, lastOffset);
    this.#flush();
  }

  /** The voters, with this node's addresses as they are now. */
  #ownEntryRefreshed(): VoterSet {
    const { self, selfEndpoints } = this.#options;
    const { voters } = this.#history;
    const own = voters.voter(self.id);
    if (own === undefined || selfEndpoints.length === 0) return voters;
    return voters.with({ ...own, endpoints: selfEndpoints });
  }

  #append(bytes: Buffer, epoch: number, nowMs: number): void {
    const refusal = this.#tryAppend(bytes, epoch, nowMs);
    if (refusal === undefined) return;
    const error = new MetadataLogError(`the metadata log cannot be written: ${refusal}`);
    this.#fail(error);
    throw error;
  }

  /** Appends, or says why there is no room. A log that failed in any other way is the end. */
  #tryAppend(bytes: Buffer, epoch: number, nowMs: number): string | undefined {
    const result = this.#log.appendAsLeader(bytes, epoch, { origin: "raft", nowMs });
    if (result.errorCode === ErrorCode.NONE) {
      this.#raft.appended(this.#log.logEndOffset);
      return undefined;
    }
    if (!this.#log.isOffline) return result.message;
    const error = new MetadataLogError(`the metadata log cannot be written: ${result.message}`);
    this.#fail(error);
    throw error;
  }

  /** Makes what was appended durable, then tells consensus; one sync at a time, for all who wait. */
  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#flushing = this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#failure === undefined && this.#log.recoveryPoint < this.#log.logEndOffset) {
        await this.#log.flush();
        this.#raft.persisted(Math.min(this.#log.recoveryPoint, this.#log.logEndOffset));
        this.#pump();
      }
    } catch (thrown) {
      this.#fail(new MetadataLogError(`the metadata log: ${messageOf(thrown)}`, thrown));
    } finally {
      this.#isFlushing = false;
    }
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const deadline = this.#raft.nextDeadlineMs;
    if (deadline === undefined || this.#closed || this.#failure !== undefined) return;
    const delayMs = Math.max(0, deadline - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#raft.tick(this.#clock.monotonicMs());
      this.#pump();
    });
  }

  /** Nothing more is promised; the process is told to end. */
  #fail(thrown: unknown): void {
    if (this.#failure !== undefined) return;
    const error = thrown instanceof Error ? thrown : new MetadataLogError(messageOf(thrown));
    this.#failure = error;
    this.#letGo();
    this.#options.logger.error(`the metadata quorum has failed: ${error.message}`, { error });
    this.#options.onFatal(error);
  }

  *#decoded(values: Iterable<Buffer>): IterableIterator<T> {
    for (const value of values) yield this.#options.codec.decode(value);
  }

  *#encoded(records: Iterable<T>): IterableIterator<Buffer> {
    for (const record of records) yield this.#options.codec.encode(record);
  }
}

function tooLarge(sizeBytes: number): MoldauError {
  return new MoldauError(
    `a change of ${sizeBytes} bytes does not fit into a batch of the metadata log`,
    { code: "METADATA_BATCH_TOO_LARGE", remedy: "Make the change in several smaller requests." },
  );
}
