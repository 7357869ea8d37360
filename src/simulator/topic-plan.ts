import type { SeedPlan } from "./seed-plan.ts";
import type { SimRandom } from "./sim-random.ts";

/** How a topic is to be made. */
export interface TopicPlan {
  readonly partitions: number;
  readonly configs: ReadonlyMap<string, string>;
  readonly isStrict: boolean;
  readonly batchBytesMax: number;
}

/** What a batch takes besides its records' values, generously. */
const BATCH_OVERHEAD_BYTES = 200;
const DEFAULT_SEGMENT_BYTES = 1_048_576;

export function planTopic(plan: SeedPlan, random: SimRandom): TopicPlan {
  const configs = new Map<string, string>();
  const set = (name: string, value: number | string): void => {
    configs.set(name, String(value));
  };
  let segmentBytes = DEFAULT_SEGMENT_BYTES;
  if (random.chance(0.7)) {
    segmentBytes = random.pick([700, 3000, 20_000]);
    set("internal.segment.bytes", segmentBytes);
  }
  set("index.interval.bytes", random.pick([0, 100, 1000, 4096]));
  if (random.chance(0.2)) set("segment.index.bytes", random.pick([64, 240]));
  if (random.chance(0.2)) set("segment.ms", random.pick([2000, 60_000]));
  if (random.chance(0.3)) set("file.delete.delay.ms", random.pick([0, 1000]));
  if (random.chance(0.2)) set("message.timestamp.type", "LogAppendTime");
  if (random.chance(0.05)) set("compression.type", random.pick(["gzip", "lz4", "uncompressed"]));
  const retention = random.fraction();
  if (retention < 0.15) set("retention.ms", random.pick([60_000, 600_000]));
  else if (retention < 0.3) set("retention.bytes", random.pick([1000, 10_000]));
  const isStrict = plan.isStrict || random.chance(0.25);
  if (isStrict && !plan.isStrict) set("flush.messages", 1);
  return {
    partitions: random.between(1, 3),
    configs,
    isStrict,
    batchBytesMax: segmentBytes - BATCH_OVERHEAD_BYTES,
  };
}

/** A change of a topic's settings that does not weaken what it promises. */
export function planConfigChange(random: SimRandom): readonly [name: string, value: string] {
  const changes: readonly (readonly [string, readonly (number | string)[]])[] = [
    ["index.interval.bytes", [0, 50, 2000]],
    ["segment.ms", [1000, 30_000, 604_800_000]],
    ["retention.ms", [-1, 120_000, 3_600_000]],
    ["retention.bytes", [-1, 5000]],
    ["max.message.bytes", [1_048_588, 2_000_000]],
    ["file.delete.delay.ms", [0, 60_000]],
  ];
  const [name, values] = random.pick(changes);
  return [name, String(random.pick(values))];
}
