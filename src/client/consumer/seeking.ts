import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { Position } from "./consumer-options.ts";
import { listOffsets, OffsetSpec } from "./list-offsets.ts";

/** Moves partitions to their first record that is not older; to their end where there is none. */
export async function seekToTime(
  core: ConsumerCore,
  partitions: readonly AssignedPartition[],
  timestamp: number,
): Promise<readonly Position[]> {
  const found = await find(core, partitions, timestamp);
  const younger = found.filter(({ offset }) => offset < 0);
  const ends = younger.length === 0 ? [] : await find(core, younger, OffsetSpec.latest);
  return moveTo(core, [...found.filter(({ offset }) => offset >= 0), ...ends]);
}

/** Moves partitions to their beginning, or to their end. */
export async function seekToEnds(
  core: ConsumerCore,
  partitions: readonly AssignedPartition[],
  end: "earliest" | "latest",
): Promise<readonly Position[]> {
  return moveTo(core, await find(core, partitions, OffsetSpec[end]));
}

function find(
  core: ConsumerCore,
  partitions: readonly Pick<Position, "topic" | "partition">[],
  timestamp: number,
): Promise<readonly Position[]> {
  const { readCommitted } = core.options;
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }));
  return listOffsets(core.cluster, wanted, timestamp, { readCommitted, signal: core.closing });
}

/** Partitions that went meanwhile are left alone. */
function moveTo(core: ConsumerCore, found: readonly Position[]): readonly Position[] {
  const moved: Position[] = [];
  for (const { topic, partition, offset } of found) {
    const assigned = core.find(topic, partition);
    if (assigned === undefined) continue;
    core.seek(assigned, offset);
    moved.push({ topic, partition, offset });
  }
  return moved;
}
