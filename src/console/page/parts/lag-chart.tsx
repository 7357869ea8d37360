import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { GroupHistory } from "../../api.ts";
import * as format from "../state/format.ts";

const HEIGHT = 220;
const EVENTS_SHOWN_MAX = 6;
/** Marks of the time axis that are closer than this are told with their seconds. */
const MINUTE_S = 60;

type Event = GroupHistory["events"][number];

/** A colour of the style sheet, and a badge's, for each kind of event. */
const colors: Readonly<Record<Event["kind"], readonly [variable: string, badge: string]>> = {
  joined: ["--good", "good"],
  left: ["--bad", "bad"],
  rebalance: ["--warn", "warn"],
  reset: ["--violet", "violet"],
  state: ["--muted", ""],
};

/** The lag of a group over time, with what happened to the group marked on it. */
export function LagChart({ history }: { history: GroupHistory | undefined }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(history);
  latest.current = history;

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let isGone = false;
    const observer = new ResizeObserver(() => {
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    void Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([module]) => {
      if (isGone) return;
      chart.current = new module.default(
        optionsFor(element, () => latest.current),
        dataOf(latest.current),
        element,
      );
      observer.observe(element);
    });
    return () => {
      isGone = true;
      observer.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => chart.current?.setData(dataOf(history)), [history]);

  const events = (history?.events ?? []).slice(-EVENTS_SHOWN_MAX).reverse();
  return (
    <>
      {history !== undefined && history.samples.length < 2 ? (
        <p class="muted">The picture begins now; it grows by a point every few seconds.</p>
      ) : null}
      <div ref={place} class="chart" role="img" aria-label={summaryOf(history)} />
      {events.length === 0 ? null : (
        <ol class="events" aria-label="What happened">
          {events.map(({ atMs, kind, text }) => (
            <li key={`${atMs} ${kind} ${text}`}>
              <span class="muted num">{format.time(atMs)}</span>
              <span class={`badge ${colors[kind][1]}`}>{kind}</span>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function summaryOf(history: GroupHistory | undefined): string {
  const last = history?.samples.at(-1);
  return last === undefined ? "Lag over time" : `Lag over time, now ${format.count(last.lag)}`;
}

function dataOf(history: GroupHistory | undefined): [number[], number[]] {
  const samples = history?.samples ?? [];
  return [samples.map(({ atMs }) => atMs / 1000), samples.map(({ lag }) => lag)];
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionsFor(element: HTMLElement, history: () => GroupHistory | undefined): uPlot.Options {
  const axis = {
    // Asked for at each drawing: the theme may have changed.
    stroke: () => colorOf("--muted"),
    grid: { stroke: () => colorOf("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { y: false, points: { size: 7 } },
    legend: { show: false },
    padding: [8, 28, 0, 0],
    scales: {
      x: { range: (_chart, min, max) => [Math.min(min, max - MINUTE_S), max] },
      y: { range: (_chart, _min, max) => [0, Math.max(10, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        size: 28,
        values: (_chart, splits) => {
          const step = (splits[1] ?? 0) - (splits[0] ?? 0);
          return splits.map((at) => format.axisTime(at * 1000, step < MINUTE_S));
        },
      },
      { ...axis, size: 56, values: (_chart, values) => values.map(format.short) },
    ],
    series: [
      {},
      {
        label: "lag",
        stroke: () => colorOf("--accent"),
        width: 2,
        fill: () => colorOf("--accent-soft"),
        points: { show: false },
      },
    ],
    hooks: { draw: [(chart) => drawEvents(chart, history()?.events ?? [])] },
  };
}

function drawEvents(chart: uPlot, events: readonly Event[]): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = 1.5;
  for (const { atMs, kind } of events) {
    const x = Math.round(chart.valToPos(atMs / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colorOf(colors[kind][0]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
