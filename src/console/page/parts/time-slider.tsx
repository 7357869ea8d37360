import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Timeline } from "../../api.ts";
import { apiPath, useGet } from "../state/api.ts";
import * as format from "../state/format.ts";
import { place, setQuery } from "../state/router.ts";

const BUCKETS = 80;
const STEPS = 400;

/** Records over time; moving the slider shows the messages from that time on. */
export function TimeSlider({ topic }: { topic: string }): JSX.Element | null {
  const { state } = useGet<Timeline>(apiPath(["topics", topic, "timeline"], { buckets: BUCKETS }));
  const timeline = state.value.value;
  const from = place.value.query.get("from") ?? "newest";
  const [moving, setMoving] = useState<number | undefined>(undefined);
  if (timeline === undefined || timeline.toMs <= timeline.fromMs) return null;
  const { fromMs, toMs, counts } = timeline;
  const most = Math.max(1, ...counts);
  const asked = from.startsWith("time:") ? Number(from.slice(5)) : toMs;
  const chosenMs = Number.isNaN(asked) ? toMs : asked;
  const step = Math.round(((chosenMs - fromMs) / (toMs - fromMs)) * STEPS);
  const shownMs = fromMs + ((moving ?? step) / STEPS) * (toMs - fromMs);
  return (
    <div class="slider">
      <svg viewBox={`0 0 ${counts.length} 20`} preserveAspectRatio="none" aria-hidden="true">
        {counts.map((count, index) => (
          <rect
            key={index}
            x={index + 0.1}
            width={0.8}
            y={20 - (count / most) * 20}
            height={(count / most) * 20}
            opacity={fromMs + ((index + 1) / counts.length) * (toMs - fromMs) < shownMs ? 0.3 : 1}
          />
        ))}
      </svg>
      <input
        type="range"
        min={0}
        max={STEPS}
        aria-label="Messages from this time on"
        aria-valuetext={format.time(shownMs)}
        value={moving ?? Math.min(STEPS, Math.max(0, step))}
        onInput={(event) => setMoving(Number(event.currentTarget.value))}
        onChange={(event) => {
          const value = Number(event.currentTarget.value);
          setMoving(undefined);
          const atMs = Math.round(fromMs + (value / STEPS) * (toMs - fromMs));
          setQuery({ from: value >= STEPS ? "newest" : `time:${atMs}` }, false);
        }}
      />
      <div class="row spread muted small">
        <span>{format.time(fromMs)}</span>
        <strong>
          {from === "newest" && moving === undefined ? "newest" : `from ${format.time(shownMs)}`}
        </strong>
        <span>{format.time(toMs)}</span>
      </div>
    </div>
  );
}
