/** What a process held at one time, after a collection of garbage; bytes. */
export interface MemorySample {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Memory of buffers and of native code, outside the heap. */
  readonly external: number;
}

/** How much may be more at the end than at the beginning; bytes. */
export interface GrowthBounds {
  /** Of heap and external memory together: what the program holds. */
  readonly heldBytes: number;
  /** Of the process, which the allocator rounds up and gives back late. */
  readonly rssBytes: number;
}

export interface MemoryTrend {
  /** Growth over the samples, by the line that fits them best; bytes. */
  readonly heldBytes: number;
  readonly rssBytes: number;
  readonly isFlat: boolean;
}

const SAMPLES_MIN = 5;

/** What the samples after the warm-up say: whether memory grows. */
export function trendOf(
  samples: readonly MemorySample[],
  warmUpMs: number,
  bounds: GrowthBounds,
): MemoryTrend {
  const warm = samples.filter(({ atMs }) => atMs >= warmUpMs);
  if (warm.length < SAMPLES_MIN) throw new Error(`${warm.length} samples say nothing`);
  const heldBytes = growth(warm, ({ heapUsed, external }) => heapUsed + external);
  const rssBytes = growth(warm, ({ rss }) => rss);
  const isFlat = heldBytes <= bounds.heldBytes && rssBytes <= bounds.rssBytes;
  return { heldBytes, rssBytes, isFlat };
}

/**
 * The median of the slopes between all pairs of samples (Theil and Sen), times the time between the first
 * and the last: single samples that stand out, because an answer was just being read, do not matter.
 */
function growth(samples: readonly MemorySample[], of: (sample: MemorySample) => number): number {
  const slopes: number[] = [];
  samples.forEach((one, index) => {
    for (const other of samples.slice(index + 1)) {
      slopes.push((of(other) - of(one)) / (other.atMs - one.atMs));
    }
  });
  slopes.sort((a, b) => a - b);
  const middle = slopes[Math.floor(slopes.length / 2)] ?? 0;
  return middle * ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0));
}
