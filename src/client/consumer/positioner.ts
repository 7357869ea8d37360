import { messageOf } from "../../core/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { isRetriableError, kafkaError, KafkaError } from "../errors.ts";
import type { Membership } from "../group/membership.ts";
import { groupBy } from "../partitions.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { OutOfRangePolicy, StartPlace } from "./consumer-options.ts";
import { leaderEpochOf, leaderOf } from "./leaders.ts";
import { askOffsets, OffsetSpec, type PartitionOffset } from "./list-offsets.ts";
import { askEpochEnds, type EpochEnd } from "./offset-epochs.ts";
import { retryPauseMs, type ReadingContext } from "./reading-context.ts";

const NO_EPOCH = -1;
const NO_OFFSET = -1;

/** A partition, and the timestamp or `OffsetSpec` to look for in it. */
interface Lookup {
  readonly partition: AssignedPartition;
  readonly timestamp: number;
}

/**
 * Finds out where partitions are to be read: what the group committed, what the options say, where to go on
 * after an offset that is not in the log, and whether what was read is still there under another leader.
 * Retries what may pass; the rest fails the partition.
 */
export class Positioner {
  readonly #context: ReadingContext;
  readonly #membership: () => Membership | undefined;
  #isRunning = false;
  /** Whether some partition wants a place once its records are handed out. */
  #holdsBack = false;
  #isWoken = false;

  constructor(context: ReadingContext, membership: () => Membership | undefined) {
    this.#context = context;
    this.#membership = membership;
  }

  /** Something that was fetched has been handed out: partitions may have waited for that. */
  wakeForDrained(): void {
    if (this.#holdsBack) this.wake();
  }

  /** Looks for partitions that want a place. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isRunning || this.#context.closing.aborted) return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
      // Who asked after the last look, and before this, would not be heard.
      if (this.#isWoken && !this.#context.isFailing) this.wake();
    });
  }

  async #run(): Promise<void> {
    const { cluster, closing } = this.#context;
    for (let failures = 0; !closing.aborted && !this.#context.isFailing;) {
      const waiting = this.#waiting();
      this.#isWoken = false;
      if (waiting.length === 0) return;
      let isProgress = false;
      try {
        isProgress = await this.#place(waiting);
      } catch (thrown) {
        if (closing.aborted) return;
        if (!isPassing(thrown)) {
          this.#context.fail(thrown);
          return;
        }
        cluster.logger.debug("places of partitions are looked for again", {
          reason: messageOf(thrown),
        });
        cluster.forget(thrown);
        for (const { topic } of waiting) this.#context.wantLeaders(topic);
      }
      this.#context.wantRecords();
      failures = isProgress ? 0 : failures + 1;
      if (failures > 0) {
        const pauseMs = retryPauseMs(failures, cluster);
        await cluster.deadline({ timeoutMs: Infinity, signal: closing }).wait(pauseMs);
      } else if (!this.#isWoken && this.#waiting().length === 0) return;
    }
  }

  #waiting(): AssignedPartition[] {
    const waiting: AssignedPartition[] = [];
    this.#holdsBack = false;
    for (const partition of this.#context.partitions.values()) {
      const { wanted } = partition;
      if (wanted === undefined || partition.failure !== undefined) continue;
      // What was fetched before the place that is not there is handed out first.
      if (wanted.kind === "reset" && partition.chunks.length > 0) {
        this.#holdsBack = true;
        continue;
      }
      waiting.push(partition);
    }
    return waiting;
  }

  /** One round; whether it got any partition further. */
  async #place(waiting: readonly AssignedPartition[]): Promise<boolean> {
    const started = await this.#start(waiting.filter(({ wanted }) => wanted?.kind === "start"));
    const reset = await this.#reset(waiting.filter(({ wanted }) => wanted?.kind === "reset"));
    const valid = await this.#validate(waiting.filter(({ wanted }) => wanted?.kind === "validate"));
    return started || reset || valid;
  }

  async #start(partitions: readonly AssignedPartition[]): Promise<boolean> {
    if (partitions.length === 0) return false;
    const { options } = this.#context;
    const ends = options.untilEnd ? await this.#lookUp(partitions.map(endOf)) : undefined;
    const ready = ends === undefined ? partitions : partitions.filter((one) => ends.has(one));
    for (const [partition, { offset }] of ends ?? []) partition.untilOffset = offset;
    const left = await this.#startAtCommitted(ready);
    const byPlace = groupBy(left, (partition) => partition.startsAt ?? options.from);
    for (const [place, group] of byPlace) {
      for (const [partition, found] of await this.#find(group, place)) {
        if (isStill(partition, "start")) this.#begin(partition, found.offset, NO_EPOCH);
      }
    }
    return ready.some(({ wanted }) => wanted === undefined);
  }

  /** Begins where the group stopped; gives those that it knows nothing of. */
  async #startAtCommitted(
    partitions: readonly AssignedPartition[],
  ): Promise<readonly AssignedPartition[]> {
    const membership = this.#membership();
    const asked = partitions.filter(({ startsAt }) => startsAt === undefined);
    if (membership === undefined || asked.length === 0) return partitions;
    const { cluster, closing } = this.#context;
    const committed = await membership.fetchCommitted(asked, cluster.deadline({ signal: closing }));
    for (const { topic, partition, offset, leaderEpoch } of committed) {
      const found = asked.find((one) => one.topic === topic && one.partition === partition);
      if (found === undefined || !isStill(found, "start")) continue;
      found.committedOffset = offset;
      this.#begin(found, offset, leaderEpoch);
    }
    return partitions.filter((partition) => isStill(partition, "start"));
  }

  /** Offsets of a place; partitions without a leader, and those that failed, are missing. */
  async #find(
    partitions: readonly AssignedPartition[],
    place: StartPlace,
  ): Promise<Map<AssignedPartition, { readonly offset: number }>> {
    if (place === "none") {
      for (const partition of partitions) this.#context.buffer.fail(partition, noOffset(partition));
      return new Map();
    }
    if (typeof place === "string") return this.#lookUp(at(partitions, OffsetSpec[place]));
    if ("offset" in place) return new Map(partitions.map((one) => [one, place]));
    if ("offsets" in place) return this.#findAmong(partitions, place.offsets);
    if ("last" in place) return this.#findLast(partitions, place.last);
    const { nowMs } = this.#context.cluster.platform.clock;
    const timestamp =
      "time" in place ? Number(place.time) : Math.max(0, nowMs() - place.durationMs);
    return this.#findTime(partitions, timestamp);
  }

  async #findAmong(
    partitions: readonly AssignedPartition[],
    offsets: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
    }[],
  ): Promise<Map<AssignedPartition, { readonly offset: number }>> {
    const found = new Map<AssignedPartition, { readonly offset: number }>();
    for (const one of partitions) {
      const given = offsets.find(
        ({ topic, partition }) => topic === one.topic && partition === one.partition,
      );
      if (given !== undefined) found.set(one, given);
    }
    const others = partitions.filter((partition) => !found.has(partition));
    const earliest = await this.#lookUp(at(others, OffsetSpec.earliest));
    return new Map([...found, ...earliest]);
  }

  async #findLast(
    partitions: readonly AssignedPartition[],
    count: number,
  ): Promise<Map<AssignedPartition, { readonly offset: number }>> {
    const starts = await this.#lookUp(at(partitions, OffsetSpec.earliest));
    const ends = await this.#lookUp(at(partitions, OffsetSpec.latest));
    const found = new Map<AssignedPartition, { readonly offset: number }>();
    for (const [partition, { offset: end }] of ends) {
      const start = starts.get(partition);
      if (start !== undefined)
        found.set(partition, { offset: Math.max(start.offset, end - count) });
    }
    return found;
  }

  /** The first record that is not older, else the end. */
  async #findTime(
    partitions: readonly AssignedPartition[],
    timestamp: number,
  ): Promise<Map<AssignedPartition, { readonly offset: number }>> {
    const found = await this.#lookUp(at(partitions, timestamp));
    const younger = [...found].flatMap(([one, { offset }]) => (offset === NO_OFFSET ? [one] : []));
    for (const partition of younger) found.delete(partition);
    return new Map([...found, ...(await this.#lookUp(at(younger, OffsetSpec.latest)))]);
  }

  async #reset(partitions: readonly AssignedPartition[]): Promise<boolean> {
    if (partitions.length === 0) return false;
    const { onOutOfRange } = this.#context.options;
    if (onOutOfRange === "fail") {
      for (const partition of partitions)
        this.#context.buffer.fail(partition, outOfRange(partition));
      return true;
    }
    const found = await this.#find(partitions, placeOf(onOutOfRange));
    for (const [partition, { offset }] of found) {
      if (!isStill(partition, "reset")) continue;
      const { topic, partition: index, fetchOffset } = partition;
      const { logger } = this.#context.cluster;
      const told = { topic, partition: index, offset: fetchOffset, goesOnAt: offset };
      logger.warn("offset is not in the log", told);
      this.#begin(partition, offset, NO_EPOCH);
    }
    return found.size > 0;
  }

  async #validate(partitions: readonly AssignedPartition[]): Promise<boolean> {
    const { cluster, closing } = this.#context;
    const deadline = cluster.deadline({ signal: closing });
    let isProgress = false;
    for (const [nodeId, group] of this.#byLeader(partitions)) {
      const queries = group.map(({ topic, partition, fetchEpoch }) => {
        const leaderEpoch = leaderEpochOf(cluster, { topic, partition });
        return { topic, partition, epoch: fetchEpoch, leaderEpoch };
      });
      const answers = await askEpochEnds(cluster, nodeId, queries, deadline);
      for (const [index, partition] of group.entries()) {
        if (!isStill(partition, "validate")) continue;
        const { topic, partition: number } = partition;
        const answer = answers?.find((one) =>
          one instanceof KafkaError
            ? one.context.topic === topic && one.context.partition === number
            : one.topic === topic && one.partition === number,
        );
        const leaderEpoch = queries[index]?.leaderEpoch ?? NO_EPOCH;
        if (answers !== undefined && answer === undefined) continue;
        if (this.#judge(partition, answer, leaderEpoch)) isProgress = true;
      }
    }
    return isProgress;
  }

  /** What an answer about the end of an epoch means for a partition; false when it has to be asked for again. */
  #judge(
    partition: AssignedPartition,
    answer: EpochEnd | KafkaError | undefined,
    leaderEpoch: number,
  ): boolean {
    const { buffer, options } = this.#context;
    if (answer instanceof KafkaError) {
      if (!answer.retriable) buffer.fail(partition, answer);
      else this.#context.wantLeaders(partition.topic);
      return !answer.retriable;
    }
    const isKnown = answer !== undefined && answer.epoch >= 0 && answer.endOffset >= 0;
    if (answer === undefined || (isKnown && answer.endOffset >= partition.fetchOffset)) {
      partition.leaderEpoch = leaderEpoch;
      partition.wanted = undefined;
      return true;
    }
    buffer.drop(partition);
    if (isKnown && answer.endOffset >= partition.position) {
      // Only what was fetched ahead is gone.
      partition.moveTo(partition.position, answer.epoch);
      partition.leaderEpoch = leaderEpoch;
      partition.wanted = undefined;
      return true;
    }
    if (options.onOutOfRange === "fail") {
      buffer.fail(partition, truncated(partition, isKnown ? answer.endOffset : undefined));
      return true;
    }
    const { topic, partition: index, position: offset } = partition;
    const goesOnAt = isKnown ? answer.endOffset : "reset";
    const { logger } = this.#context.cluster;
    logger.warn("records that were read are not in the log any more", {
      topic,
      partition: index,
      offset,
      goesOnAt,
    });
    if (isKnown) this.#begin(partition, answer.endOffset, answer.epoch);
    else partition.wanted = { kind: "reset", offset };
    if (isKnown) partition.leaderEpoch = leaderEpoch;
    return true;
  }

  #begin(partition: AssignedPartition, offset: number, epoch: number): void {
    const { cluster, buffer } = this.#context;
    buffer.drop(partition);
    partition.moveTo(offset, epoch);
    // An offset that the leader named needs no validation under it; a committed one has an epoch to judge by.
    partition.leaderEpoch = epoch < 0 ? leaderEpochOf(cluster, partition) : NO_EPOCH;
    partition.wanted = undefined;
  }

  /** Asks all leaders. Partitions that have none, and those whose answer may be another later, are missing. */
  async #lookUp(lookups: readonly Lookup[]): Promise<Map<AssignedPartition, PartitionOffset>> {
    const { cluster, options, closing, buffer } = this.#context;
    const deadline = cluster.deadline({ signal: closing });
    const found = new Map<AssignedPartition, PartitionOffset>();
    const timestamps = new Map(lookups.map(({ partition, timestamp }) => [partition, timestamp]));
    const asking = [...this.#byLeader(timestamps.keys())].map(async ([nodeId, group]) => {
      const queries = group.map(({ topic, partition }, index) => ({
        topic,
        partition,
        timestamp: timestamps.get(group[index]!)!,
        leaderEpoch: leaderEpochOf(cluster, { topic, partition }),
      }));
      const answers = await askOffsets(cluster, nodeId, queries, options.readCommitted, deadline);
      for (const answer of answers) {
        const { topic, partition: index } = answer instanceof KafkaError ? answer.context : answer;
        const partition = group.find((one) => one.topic === topic && one.partition === index);
        if (partition === undefined) continue;
        if (!(answer instanceof KafkaError)) found.set(partition, answer);
        else if (answer.retriable) this.#context.wantLeaders(partition.topic);
        else buffer.fail(partition, answer);
      }
    });
    await Promise.all(asking);
    return found;
  }

  #byLeader(partitions: Iterable<AssignedPartition>): Map<number, AssignedPartition[]> {
    const { cluster } = this.#context;
    const led: AssignedPartition[] = [];
    for (const partition of partitions) {
      if (leaderOf(cluster, partition) !== undefined) led.push(partition);
      else this.#context.wantLeaders(partition.topic);
    }
    return groupBy(led, (partition) => leaderOf(cluster, partition)?.leaderId ?? -1);
  }
}

function at(partitions: readonly AssignedPartition[], timestamp: number): Lookup[] {
  return partitions.map((partition) => ({ partition, timestamp }));
}

function endOf(partition: AssignedPartition): Lookup {
  return { partition, timestamp: OffsetSpec.latest };
}

function placeOf(policy: Exclude<OutOfRangePolicy, "fail">): StartPlace {
  return policy;
}

function isStill(partition: AssignedPartition, kind: "start" | "reset" | "validate"): boolean {
  return !partition.isGone && partition.failure === undefined && partition.wanted?.kind === kind;
}

/** Also what only says that the group is about to give the partitions to others. */
function isPassing(thrown: unknown): boolean {
  return isRetriableError(thrown) || (thrown instanceof KafkaError && thrown.needsRejoin);
}

function noOffset({ topic, partition, name }: AssignedPartition): KafkaError {
  return kafkaError(`partition ${name}: the group has no offset for it, and none is to be chosen`, {
    code: "NO_OFFSET",
    context: { topic, partition },
    remedy: 'Commit one for the group, or consume with another `from` than "none".',
  });
}

function outOfRange({
  topic,
  partition,
  name,
  fetchOffset: offset,
}: AssignedPartition): KafkaError {
  return kafkaError(`partition ${name}: offset ${offset} is not in the log`, {
    code: "OFFSET_OUT_OF_RANGE",
    errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
    context: { topic, partition, offset },
    remedy: "Seek to an offset that is, or consume with `onOutOfRange`.",
  });
}

function truncated(partition: AssignedPartition, divergesAt: number | undefined): KafkaError {
  const { topic, name, position: offset } = partition;
  const since = divergesAt === undefined ? "" : ` from offset ${divergesAt} on`;
  const what = `records before offset ${offset} that were read are not in the log any more${since}`;
  return kafkaError(`partition ${name}: ${what}`, {
    code: "LOG_TRUNCATED",
    context: { topic, partition: partition.partition, offset: divergesAt ?? offset },
    remedy: "Seek to where to go on, or consume with `onOutOfRange`.",
  });
}
