import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { GroupHistory } from "../../api.ts";
import * as format from "../state/format.ts";

const HEIGHT = 240;

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

  const events = history?.events ?? [];
  return (
    <>
      {history !== undefined && history.samples.length < 2 ? (
        <p class="muted">The picture begins now; it grows by a point every few seconds.</p>
      ) : null}
      <div ref={place} class="chart" role="img" aria-label={summaryOf(history)} />
      {events.length === 0 ? null : (
        <ol class="small" aria-label="What happened" style={{ display: "grid", gap: "2px" }}>
          {events
            .slice(-6)
            .reverse()
            .map((event) => (
              <li key={`${event.atMs} ${event.text}`}>
                <span class="muted num">{format.time(event.atMs)}</span> {event.text}
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

function optionsFor(element: HTMLElement, history: () => GroupHistory | undefined): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { y: false },
    legend: { show: false },
    scales: { y: { range: (_chart, _min, max) => [0, Math.max(10, max * 1.1)] } },
    axes: [axis, { ...axis, size: 64, values: (_chart, values) => values.map(format.short) }],
    series: [
      {},
      { label: "lag", stroke: color("--accent"), width: 2, fill: color("--accent-soft") },
    ],
    hooks: {
      draw: [(chart) => drawEvents(chart, history()?.events ?? [], color)],
    },
  };
}

function drawEvents(
  chart: uPlot,
  events: GroupHistory["events"],
  color: (name: string) => string,
): void {
  const { ctx, bbox } = chart;
  const colors: Readonly<Record<string, string>> = {
    joined: color("--good"),
    left: color("--bad"),
    rebalance: color("--warn"),
    reset: color("--violet"),
    state: color("--muted"),
  };
  ctx.save();
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = 1.5;
  for (const { atMs, kind } of events) {
    const x = Math.round(chart.valToPos(atMs / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colors[kind] ?? color("--muted");
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
