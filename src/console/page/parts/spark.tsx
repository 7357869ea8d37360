import type { JSX } from "preact";

const WIDTH = 240;
const HEIGHT = 52;
/** What the picture spans: what there is, within these bounds. */
const WINDOW_MS = { min: 30_000, max: 3 * 60_000 } as const;

/** The last minutes of a figure, without axes: the figure itself stands beside it. */
export function Spark({
  points,
  label,
}: {
  points: readonly { readonly atMs: number; readonly value: number }[];
  label: string;
}): JSX.Element {
  const endMs = points.at(-1)?.atMs ?? 0;
  const ageMs = endMs - (points[0]?.atMs ?? 0);
  const windowMs = Math.min(WINDOW_MS.max, Math.max(WINDOW_MS.min, ageMs));
  const shown = points.filter(({ atMs }) => endMs - atMs <= windowMs);
  const max = Math.max(1, ...shown.map(({ value }) => value));
  const places = shown.map(({ atMs, value }) => {
    const x = WIDTH * (1 - (endMs - atMs) / windowMs);
    return `${x.toFixed(1)} ${(HEIGHT - 2 - (value / max) * (HEIGHT - 6)).toFixed(1)}`;
  });
  const line = places.length < 2 ? "" : `M${places.join("L")}`;
  const beginX = places[0]?.split(" ")[0] ?? "0";
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="area" d={line === "" ? "" : `${line}L${WIDTH} ${HEIGHT}L${beginX} ${HEIGHT}Z`} />
      <path class="line" d={line} />
    </svg>
  );
}
