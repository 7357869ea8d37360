import type { JSX } from "preact";

const WIDTH = 240;
const HEIGHT = 44;

/** The last minutes of a figure, without axes: the figure itself stands beside it. */
export function Spark({
  values,
  label,
}: {
  values: readonly number[];
  label: string;
}): JSX.Element {
  const max = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)} ${(HEIGHT - 2 - (value / max) * (HEIGHT - 6)).toFixed(1)}`,
  );
  const line = points.length === 0 ? "" : `M${points.join("L")}`;
  const area = points.length === 0 ? "" : `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="area" d={area} />
      <path class="line" d={line} />
    </svg>
  );
}
