import type { TopicPartition } from "../../core/topic-partition.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import {
  describeGroups,
  groupName,
  type AnyGroupDescription,
  type GroupSelector,
} from "./describe-groups.ts";
import type { GroupMember } from "./group-descriptions.ts";
import { listGroupOffsets, type GroupOffset } from "./group-offsets.ts";
import { listOffsets, type OffsetQuery } from "./offsets.ts";
import type { Outcome, Settled } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { callOptions, turn } from "./routes.ts";
import { listShareGroupOffsets, type ShareGroupOffset } from "./share-offsets.ts";

/** Partitions that are reckoned up before other work of this process has its turn. */
const PARTITIONS_PER_TURN = 5_000;

/** How far a group is behind in one partition. */
export interface GroupPartitionLag extends TopicPartition {
  /** The record that the group reads next; null when it has committed nothing. */
  readonly committed: number | null;
  /** Where the next record is written; null when the partition is not there any more. */
  readonly end: number | null;
  /** Records between the two; null when one of them is not known. */
  readonly lag: number | null;
  /** Who reads it, where members were asked for and one does. */
  readonly member: GroupMember | null;
}

/** How far a group is behind. */
export interface GroupLag {
  readonly group: string;
  /** Over all partitions where it is known. */
  readonly lag: number;
  /** Sorted by topic and partition. */
  readonly partitions: readonly GroupPartitionLag[];
  /** Where members were asked for. */
  readonly description: AnyGroupDescription | null;
}

/** How lag is reckoned. */
export interface GroupLagOptions extends CallOptions {
  /**
   * Describes the groups too: tells who reads which partition, and adds partitions that are read and
   * have no offset yet. Default false.
   */
  readonly withMembers?: boolean | undefined;
  /** Reckons to the last stable offset, beyond which transactions are open. Default false. */
  readonly readCommitted?: boolean | undefined;
}

/**
 * How far groups are behind; one outcome for each. It takes one request for a hundred groups of a
 * coordinator and one for two thousand partitions of a leader. Share groups have to be told by
 * their `type` (a listing has it), unless `withMembers` finds it out.
 */
export async function groupLagOf(
  cluster: Cluster,
  groups: readonly GroupSelector[],
  options: GroupLagOptions = {},
): Promise<readonly Outcome<GroupLag>[]> {
  const deadline = cluster.deadline(options);
  const descriptions = new Map<string, Settled<AnyGroupDescription>>();
  if (options.withMembers === true) {
    for (const outcome of await describeGroups(cluster, groups, callOptions(deadline))) {
      descriptions.set(outcome.name, outcome);
    }
  }
  const names = [...new Set(groups.map(groupName))];
  const shares = new Set(groups.filter((group) => isShare(group, descriptions)).map(groupName));
  const [committed, shared] = await Promise.all([
    listGroupOffsets(
      cluster,
      names.filter((name) => !shares.has(name)),
      callOptions(deadline),
    ),
    listShareGroupOffsets(cluster, [...shares], callOptions(deadline)),
  ]);
  const ends = await endsOf({ cluster, deadline, options }, committed, descriptions);
  const lags = new Map<string, Settled<GroupLag>>();
  const reckoning = new Reckoning(cluster, ends);
  for (const outcome of committed) {
    const description = descriptions.get(outcome.name);
    lags.set(outcome.name, await reckoning.lagOf(outcome, description));
  }
  for (const outcome of shared) lags.set(outcome.name, shareLagOf(outcome, descriptions));
  return groups.flatMap((group) => {
    const name = groupName(group);
    const lag = lags.get(name);
    return lag === undefined ? [] : [{ name, ...lag }];
  });
}

function isShare(
  group: GroupSelector,
  descriptions: ReadonlyMap<string, Settled<AnyGroupDescription>>,
): boolean {
  if (typeof group !== "string") return group.type === "Share";
  return descriptions.get(group)?.value?.type === "Share";
}

interface Asking {
  readonly cluster: Cluster;
  readonly deadline: Deadline;
  readonly options: GroupLagOptions;
}

interface PartitionEnd extends TopicPartition {
  readonly end: number | null;
}

/** The ends of all partitions that some group has an offset in or reads, each asked for once. */
async function endsOf(
  { cluster, deadline, options }: Asking,
  committed: readonly Outcome<readonly GroupOffset[]>[],
  descriptions: ReadonlyMap<string, Settled<AnyGroupDescription>>,
): Promise<PartitionIndex<PartitionEnd>> {
  const pace = new Pace(cluster);
  const wanted = new PartitionIndex<OffsetQuery>();
  const want = ({ topic, partition }: TopicPartition): void => {
    if (wanted.get(topic, partition) !== undefined) return;
    wanted.add({ topic, partition, at: "latest" });
  };
  for (const { value: offsets = [] } of committed) {
    for (const offset of offsets) want(offset);
    await pace.after(offsets.length);
  }
  for (const { value: description } of descriptions.values()) {
    if (description === undefined || description.type === "Share") continue;
    for (const { assignment } of description.members) for (const one of assignment) want(one);
  }
  const found = await listOffsets(cluster, [...wanted], {
    ...callOptions(deadline),
    readCommitted: options.readCommitted,
  });
  const ends = new PartitionIndex<PartitionEnd>();
  for (const { topic, partition, value } of found) {
    ends.add({ topic, partition, end: value?.offset ?? null });
  }
  return ends;
}

/** Lets other work of this process have its turn now and then. */
class Pace {
  readonly #cluster: Cluster;
  #sinceTurn = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async after(partitions: number): Promise<void> {
    this.#sinceTurn += partitions;
    if (this.#sinceTurn < PARTITIONS_PER_TURN) return;
    this.#sinceTurn = 0;
    await turn(this.#cluster.platform.clock);
  }
}

/** Reckons lags up. */
class Reckoning {
  readonly #pace: Pace;
  readonly #ends: PartitionIndex<PartitionEnd>;

  constructor(cluster: Cluster, ends: PartitionIndex<PartitionEnd>) {
    this.#pace = new Pace(cluster);
    this.#ends = ends;
  }

  async lagOf(
    { name: group, ...committed }: Outcome<readonly GroupOffset[]>,
    described: Settled<AnyGroupDescription> | undefined,
  ): Promise<Settled<GroupLag>> {
    if (committed.error !== undefined) return committed;
    if (described?.error !== undefined) return described;
    const offsets = new PartitionIndex(committed.value);
    const description = described?.value ?? null;
    const readers = readersOf(description);
    const partitions: GroupPartitionLag[] = [];
    for (const { topic, partition, offset } of offsets) {
      const member = readers.get(topic, partition)?.member ?? null;
      partitions.push(this.#partitionLag({ topic, partition }, offset, member));
    }
    for (const { topic, partition, member } of readers) {
      if (offsets.get(topic, partition) !== undefined) continue;
      partitions.push(this.#partitionLag({ topic, partition }, null, member));
    }
    await this.#pace.after(partitions.length);
    return { value: lagFrom(group, partitions, description), error: undefined };
  }

  #partitionLag(
    { topic, partition }: TopicPartition,
    committed: number | null,
    member: GroupMember | null,
  ): GroupPartitionLag {
    const end = this.#ends.get(topic, partition)?.end ?? null;
    const lag = committed === null || end === null ? null : Math.max(0, end - committed);
    return { topic, partition, committed, end, lag, member };
  }
}

interface Reader extends TopicPartition {
  readonly member: GroupMember;
}

function readersOf(description: AnyGroupDescription | null): PartitionIndex<Reader> {
  const readers = new PartitionIndex<Reader>();
  for (const member of description?.members ?? []) {
    for (const { topic, partition } of member.assignment) readers.add({ topic, partition, member });
  }
  return readers;
}

/** Several members of a share group read a partition, so none is named. */
function shareLagOf(
  { name: group, ...shared }: Outcome<readonly ShareGroupOffset[]>,
  descriptions: ReadonlyMap<string, Settled<AnyGroupDescription>>,
): Settled<GroupLag> {
  if (shared.error !== undefined) return shared;
  const partitions = shared.value.map(({ topic, partition, startOffset, lag }) => ({
    topic,
    partition,
    committed: startOffset,
    end: null,
    lag,
    member: null,
  }));
  const description = descriptions.get(group)?.value ?? null;
  return { value: lagFrom(group, partitions, description), error: undefined };
}

function lagFrom(
  group: string,
  partitions: GroupPartitionLag[],
  description: AnyGroupDescription | null,
): GroupLag {
  partitions.sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
  const lag = partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0);
  return { group, lag, partitions, description };
}
