import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../platform/platform.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { buildBatch } from "../records/build.ts";
import { batchesIn } from "../records/record-batch.ts";
import { SimWorld, type SimHost } from "../simulator/sim-platform.ts";
import type { SimRandom } from "../simulator/sim-random.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { OpenFiles } from "./log-file.ts";
import { LogManager } from "./log-manager.ts";
import { LogSegment } from "./log-segment.ts";
import type { Log } from "./log.ts";
import { logConfig, settings, TOPIC_ID } from "./storage-kit.test.ts";

/**
 * A log against a list, through appends, reads, cuts, deletions, clean stops, kills and losses of
 * power at any moment, on the simulated disk.
 */

const SEEDS = 60;
const LIVES = 5;
const STEPS = 40;
const BATCH_RECORDS_MAX = 4;
const FOLDER = "/data";
const SCRATCH = "/scratch";
const topicPartition = { topic: "orders", partition: 0 };
const config = logConfig({
  segmentBytes: 2500,
  indexIntervalBytes: 300,
  segmentIndexBytes: 400,
  fileDeleteDelayMs: 1000,
});

interface ModelRecord {
  readonly value: string;
  readonly timestamp: number;
  readonly producerId: number;
  readonly sequence: number;
}

/** What the log must be: the record of each offset, and what may not be lost. */
class Model {
  records: ModelRecord[] = [];
  logStartOffset = 0;
  /** Below this everything was flushed. */
  durable = 0;
  epoch = 0;
  /** Records of an append or a cut in the middle of which the process ended. */
  uncertain: ModelRecord[] = [];
  /** A cut is under way, at this offset or at the beginning of its batch. */
  cutting = Infinity;
  readonly sequences = new Map<number, number>();

  get end(): number {
    return this.records.length;
  }

  cut(offset: number): void {
    this.records.length = offset;
    this.durable = Math.min(this.durable, offset);
    this.logStartOffset = Math.min(this.logStartOffset, offset);
    this.#countSequences();
  }

  #countSequences(): void {
    this.sequences.clear();
    for (const { producerId, sequence } of this.records) {
      if (producerId >= 0) this.sequences.set(producerId, sequence);
    }
  }
}

class Life {
  readonly world: SimWorld;
  readonly host: SimHost;
  readonly random: SimRandom;
  readonly model: Model;
  manager!: LogManager;
  log!: Log;

  constructor(world: SimWorld, host: SimHost, model: Model) {
    this.world = world;
    this.host = host;
    this.random = world.random;
    this.model = model;
  }

  async open(platform: Platform): Promise<void> {
    this.manager = LogManager.open({
      platform,
      logger: silentLogger,
      settings: settings(FOLDER),
      nodeId: 1,
      format: { clusterId: "c" },
      poisonReleasedMemory: true,
      bounds: { openFiles: 3, tailCacheBytes: 100_000, unflushedBytes: 5000 },
    });
    await this.world.clock.wait(this.manager.loadLogs(() => config));
    this.log =
      this.manager.logOf(topicPartition) ??
      this.manager.createLog(topicPartition, { topicId: TOPIC_ID, config });
    this.log.assignLeaderEpoch(++this.model.epoch);
  }

  /** After a crash the log is a beginning of what it was, and nothing that was promised is missing. */
  async checkSurvival(lostPower: boolean): Promise<void> {
    const { log, model } = this;
    const wasCutting = model.cutting < Infinity;
    const end = log.logEndOffset;
    const promised = lostPower ? model.durable : model.end;
    const least = Math.min(promised, model.cutting - BATCH_RECORDS_MAX);
    model.cutting = Infinity;
    assert.ok(end >= least, `${end} records are left, ${least} were promised`);
    assert.ok(end <= model.end + model.uncertain.length, "records appeared from nowhere");
    model.records.push(...model.uncertain);
    model.uncertain = [];
    model.cut(end);
    // Raising the start is promised only with the next checkpoint.
    assert.ok(log.logStartOffset <= Math.max(model.logStartOffset, end));
    model.logStartOffset = log.logStartOffset;
    log.advanceHighWatermark(end);
    // What a process did not live to cut for good may come back with a loss of power.
    if (wasCutting) await this.world.clock.wait(log.flush());
  }

  /** Everything can be read, by offset and by time, and the indexes are those of the records. */
  checkContent(): void {
    const { log, model } = this;
    assert.equal(log.logEndOffset, model.end);
    assert.equal(log.logStartOffset, model.logStartOffset);
    let offset = log.logStartOffset;
    while (offset < model.end) offset = this.#readFrom(offset);
    for (const segment of log.segments) {
      const want = entriesOf(this.#rebuilt(segment));
      assert.deepEqual(entriesOf(segment), want, `index of segment ${segment.baseOffset}`);
    }
    if (log.logStartOffset === 0) this.#checkProducers();
  }

  /** The segment with indexes that were never anything but built from its records. */
  #rebuilt(segment: LogSegment): LogSegment {
    const { disk } = this.host;
    disk.makeDirectory(SCRATCH);
    const place = {
      disk,
      openFiles: new OpenFiles(),
      logger: silentLogger,
      folder: SCRATCH,
      config,
    };
    const rebuilt = new LogSegment(place, segment.baseOffset, { createdMs: 0, rollJitterMs: 0 });
    const bytes = disk.readFile(segment.file.path);
    rebuilt.file.truncate(0);
    rebuilt.file.write(bytes, 0, bytes.length, 0);
    rebuilt.loadFile(bytes.length);
    rebuilt.rebuildIndexes();
    rebuilt.close();
    return rebuilt;
  }

  #checkProducers(): void {
    const known = new Map(
      this.log.activeProducers().map((producer) => [producer.producerId, producer.lastSequence]),
    );
    assert.deepEqual(
      [...known].sort(([a], [b]) => a - b),
      [...this.model.sequences].sort(([a], [b]) => a - b),
    );
  }

  async step(): Promise<void> {
    const { log, model, random } = this;
    const dice = random.below(100);
    if (dice < 50) this.append();
    else if (dice < 68) {
      if (model.end > model.logStartOffset) {
        this.#readFrom(model.logStartOffset + random.below(model.end - model.logStartOffset));
      }
    } else if (dice < 76) {
      const end = model.end;
      await this.world.clock.wait(log.flush({ complete: random.below(2) === 0 }));
      model.durable = Math.max(model.durable, Math.min(end, model.end));
    } else if (dice < 80) this.#checkTime();
    else if (dice < 84) {
      log.advanceLogStartOffset(random.between(model.logStartOffset, model.end));
      model.logStartOffset = log.logStartOffset;
      log.deleteOldSegments(this.world.clock.nowMs());
      model.logStartOffset = log.logStartOffset;
    } else if (dice < 87) log.roll();
    else if (dice < 90) await this.world.clock.wait(this.manager.checkpoint());
    else if (dice < 93) await this.#cut();
    else await this.world.clock.advance(random.below(3000));
  }

  append(): void {
    const { log, model, random } = this;
    const count = 1 + random.below(BATCH_RECORDS_MAX);
    const producerId = random.below(4) - 1;
    const first = producerId < 0 ? -1 : (model.sequences.get(producerId) ?? -1) + 1;
    const records = Array.from({ length: count }, (_, index): ModelRecord => ({
      value: `${this.world.seed}-${random.below(1e9)}`.padEnd(random.below(200), "."),
      timestamp: this.world.clock.nowMs() + random.below(2000) - 1000,
      producerId,
      sequence: producerId < 0 ? -1 : first + index,
    }));
    const batch = buildBatch(
      records.map(({ value, timestamp }) => ({ timestamp, key: null, value: Buffer.from(value) })),
      {
        compression: random.below(4) === 0 ? "gzip" : "none",
        producerId,
        producerEpoch: producerId < 0 ? -1 : 0,
        baseSequence: first,
      },
    );
    model.uncertain = records;
    const nowMs = this.world.clock.nowMs();
    const again = Buffer.from(batch);
    const result = log.appendAsLeader(batch, model.epoch, { origin: "client", nowMs });
    if (result.errorCode !== ErrorCode.NONE) return;
    model.uncertain = [];
    assert.equal(result.firstOffset, model.end);
    model.records.push(...records);
    if (producerId >= 0) {
      model.sequences.set(producerId, first + count - 1);
      const repeated = log.appendAsLeader(again, model.epoch, { origin: "client", nowMs });
      assert.ok(repeated.errorCode === ErrorCode.NONE && repeated.duplicate);
      assert.equal(repeated.firstOffset, result.firstOffset);
    }
    assert.equal(log.logEndOffset, model.end);
    log.advanceHighWatermark(model.end);
  }

  async #cut(): Promise<void> {
    const { log, model, random } = this;
    const offset = random.between(model.logStartOffset, model.end);
    const start = log.logStartOffset;
    model.cutting = offset;
    log.truncateTo(offset);
    // A batch goes as a whole.
    const batchStart = log.logEndOffset;
    assert.ok(batchStart <= offset);
    model.uncertain = model.records.slice(batchStart);
    model.cut(batchStart);
    model.logStartOffset = Math.min(start, batchStart);
    // A cut that is not on the device may be undone by a loss of power.
    await this.world.clock.wait(log.flush());
    model.durable = model.end;
    model.uncertain = [];
    model.cutting = Infinity;
    log.advanceHighWatermark(model.end);
  }

  #checkTime(): void {
    const { log, model } = this;
    const timestamp = this.world.clock.nowMs() - this.random.below(5000);
    let want = -1;
    for (let offset = model.logStartOffset; offset < model.end && want < 0; offset++) {
      if (model.records[offset]!.timestamp >= timestamp) want = offset;
    }
    assert.equal(log.offsetForTimestamp(timestamp)?.offset ?? -1, want, "offset for a time");
  }

  #readFrom(offset: number): number {
    const { log, model, random } = this;
    const result = log.read(offset, {
      maxBytes: random.below(3) === 0 ? random.below(1500) : 100_000,
      upToOffset: random.below(3) === 0 ? random.between(offset, model.end) + 1 : model.end,
      minOneBatch: true,
    });
    assert.equal(result.errorCode, ErrorCode.NONE);
    const bytes = Buffer.concat(result.chunks);
    assert.equal(bytes.length, result.sizeBytes);
    let next = offset;
    let first = true;
    for (const batch of batchesIn(bytes)) {
      assert.ok(batch.verifyChecksum());
      assert.ok(first ? batch.baseOffset <= offset : batch.baseOffset === next);
      for (const record of batch.records()) {
        const want = model.records[record.offset]!;
        assert.equal(record.value?.toString(), want.value);
        assert.equal(record.timestamp, want.timestamp);
      }
      next = batch.nextOffset;
      first = false;
    }
    assert.equal(result.nextOffset, next);
    if (random.below(4) > 0) result.release?.();
    return Math.max(next, offset + 1);
  }
}

function entriesOf({ offsetIndex }: LogSegment): unknown[] {
  return Array.from({ length: offsetIndex.file.count }, (_, n) => offsetIndex.entry(n));
}

async function run(seed: number): Promise<string> {
  const world = new SimWorld({ seed });
  const host = world.host("a");
  const model = new Model();
  const { random } = world;
  let lostPower = false;
  for (let number = 0; number < LIVES; number++) {
    const process = host.start(() => undefined);
    const life = new Life(world, host, model);
    const crash = (): void => {
      lostPower = random.below(2) === 0;
      if (lostPower) host.losePower();
      else host.kill();
    };
    await life.open(process.platform);
    await life.checkSurvival(lostPower);
    life.checkContent();
    const ending = random.below(4);
    if (ending === 1) host.disk.interruptAfter(random.below(150), crash);
    try {
      for (let step = 0; step < STEPS && process.life.isAlive; step++) await life.step();
      if (process.life.isAlive) life.checkContent();
      if (ending === 0 && process.life.isAlive) {
        await world.clock.wait(life.manager.close({ brokerEpoch: number }));
      }
    } catch (error) {
      // A process that ended in the middle of something may say anything.
      if (process.life.isAlive) throw error;
    }
    host.disk.clearInterruption();
    if (process.life.isAlive && ending === 0) {
      host.kill();
      lostPower = false;
      model.durable = model.end;
      if (random.below(2) === 0) {
        host.losePower();
        lostPower = true;
      }
    } else if (process.life.isAlive) crash();
  }
  return String(world.trace.hash);
}

test(`a log is the list of its records, through ${SEEDS} seeds of use and crashes`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
