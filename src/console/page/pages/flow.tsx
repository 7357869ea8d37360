import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FlowSample } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { GettingStarted } from "../parts/getting-started.tsx";
import { Card, Page, Waiting } from "../parts/page.tsx";
import { flowSnippets } from "../parts/snippets.ts";
import { boxesOf, idleLeftOut, touchedBy, type Box, type BoxKind } from "../state/flow-boxes.ts";
import * as format from "../state/format.ts";
import { cluster, flow, followFlow, groups } from "../state/live.ts";
import { linkTo, place, setQuery } from "../state/router.ts";

const BOX_PX = { height: 50, gap: 12, widthMin: 84, widthMax: 250 } as const;
/** Between two columns at least, for the lines. */
const BETWEEN_PX = { wide: 90, narrow: 18 } as const;
const NARROW_PX = 560;
const titles = ["Producers", "Topics", "Groups"] as const;

/** The live picture: who writes where, and who reads it. */
export function Flow(): JSX.Element {
  useEffect(followFlow, []);
  const sample = flow.value;
  const { query } = place.value;
  const chosen = query.get("only") ?? undefined;
  const hidesIdle = query.get("idle") === "0";
  return (
    <Page
      title="Flow"
      about="Who writes to which topic, and which groups read it. Click one to see only what it touches."
      actions={
        <>
          {chosen === undefined ? null : (
            <button type="button" class="button" onClick={() => setQuery({ only: undefined })}>
              Show everything
            </button>
          )}
          <AsCode of={flowSnippets()} />
        </>
      }
    >
      {sample === undefined ? (
        <Waiting what="the picture" />
      ) : sample.topics.length === 0 ? (
        <GettingStarted />
      ) : (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={hidesIdle}
              onChange={() => setQuery({ idle: hidesIdle ? undefined : 0 })}
            />
            Only what moves
          </label>
          <Card>
            <Picture sample={hidesIdle ? idleLeftOut(sample) : sample} chosen={chosen} />
          </Card>
          {chosen === undefined ? null : <Chosen sample={sample} id={chosen} />}
        </>
      )}
      {cluster.value?.product === "other" ? (
        <p class="muted">Which clients produce, this broker does not tell; a Moldau broker does.</p>
      ) : null}
    </Page>
  );
}

/** How wide the picture may be; it follows the window. */
function useWidth(): readonly [{ current: HTMLDivElement | null }, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

interface Placed extends Box {
  readonly x: number;
  readonly y: number;
}

function Picture({
  sample,
  chosen,
}: {
  sample: FlowSample;
  chosen: string | undefined;
}): JSX.Element {
  const [ref, width] = useWidth();
  const columns = boxesOf(sample, (name) => groups.value.get(name)?.isStuck === true);
  const between = width < NARROW_PX ? BETWEEN_PX.narrow : BETWEEN_PX.wide;
  const boxWidth = Math.max(
    BOX_PX.widthMin,
    Math.min(BOX_PX.widthMax, Math.floor((width - 2 * between) / 3)),
  );
  const step = BOX_PX.height + BOX_PX.gap;
  const height = Math.max(...columns.map(({ length }) => length), 1) * step;
  const boxes = columns.flatMap((column, index) =>
    column.map((box, row): Placed => ({
      ...box,
      x: Math.round(((width - boxWidth) / 2) * index),
      y: Math.round((height - column.length * step) / 2) + row * step,
    })),
  );
  const touched = chosen === undefined ? undefined : touchedBy(sample, chosen);
  const isUntold = cluster.value?.product === "other";
  const { totals } = sample;
  const left = [
    totals.producers - sample.producers.length,
    totals.topics - sample.topics.length,
    totals.groups - sample.groups.length,
  ];
  return (
    <div class="flow" ref={ref}>
      <div class="flow-titles" aria-hidden="true">
        {titles.map((title, index) => (
          <span key={title} style={{ width: `${boxWidth}px` }}>
            {title}
            {index === 0 && isUntold ? ": not told" : ""}
            {(left[index] ?? 0) > 0 ? ` and ${format.count(left[index] ?? 0)} more` : ""}
          </span>
        ))}
      </div>
      <div class="flow-picture" role="group" aria-label="Flow" style={{ height: `${height}px` }}>
        {width === 0 ? null : (
          <>
            <Edges
              sample={sample}
              boxes={boxes}
              boxWidth={boxWidth}
              size={{ width, height }}
              touched={touched}
            />
            {boxes.map((box) => (
              <BoxView
                key={box.id}
                box={box}
                width={boxWidth}
                isDimmed={touched !== undefined && !touched.has(box.id)}
                isChosen={box.id === chosen}
              />
            ))}
          </>
        )}
      </div>
    </div>
  );
}

function Edges({
  sample,
  boxes,
  boxWidth,
  size,
  touched,
}: {
  sample: FlowSample;
  boxes: readonly Placed[];
  boxWidth: number;
  size: { readonly width: number; readonly height: number };
  touched: ReadonlySet<string> | undefined;
}): JSX.Element {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const busiest = Math.max(1, ...sample.edges.map(({ records }) => records));
  return (
    <svg width={size.width} height={size.height} aria-hidden="true">
      {sample.edges.map((edge) => {
        const from = byId.get(edge.from);
        const to = byId.get(edge.to);
        if (from === undefined || to === undefined) return null;
        const isDimmed = touched !== undefined && !(touched.has(edge.from) && touched.has(edge.to));
        const share = Math.sqrt(edge.records / busiest);
        const line = curve(from, to, boxWidth);
        return (
          <g key={`${edge.from} ${edge.to}`} class={isDimmed ? "dimmed" : ""}>
            <path
              class={edge.records > 0 ? "edge" : "edge idle"}
              d={line}
              stroke-width={1.5 + 5 * share}
            />
            {edge.records > 0 ? (
              <path
                class="edge moving"
                d={line}
                stroke-width={1.5 + 2 * share}
                style={{ animationDuration: `${(1.8 - share).toFixed(2)}s` }}
              />
            ) : null}
          </g>
        );
      })}
    </svg>
  );
}

function curve(from: Placed, to: Placed, boxWidth: number): string {
  const x1 = from.x + boxWidth;
  const y1 = from.y + BOX_PX.height / 2;
  const y2 = to.y + BOX_PX.height / 2;
  const middle = (x1 + to.x) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${to.x} ${y2}`;
}

const nouns: Readonly<Record<BoxKind, string>> = {
  producer: "producer",
  topic: "topic",
  group: "group",
};

function BoxView({
  box,
  width,
  isDimmed,
  isChosen,
}: {
  box: Placed;
  width: number;
  isDimmed: boolean;
  isChosen: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      class={`node ${box.kind}${box.isStuck ? " stuck" : ""}${isDimmed ? " dimmed" : ""}`}
      style={{
        left: `${box.x}px`,
        top: `${box.y}px`,
        width: `${width}px`,
        height: `${BOX_PX.height}px`,
      }}
      aria-pressed={isChosen}
      title={`${box.title}\n${box.sub}`}
      onClick={() => setQuery({ only: isChosen ? undefined : box.id }, false)}
    >
      <span class="visually-hidden">{nouns[box.kind]} </span>
      <strong>{box.title}</strong> <span>{box.sub}</span>
    </button>
  );
}

/** What goes through the box that was clicked, in figures. */
function Chosen({ sample, id }: { sample: FlowSample; id: string }): JSX.Element | null {
  const kind = id.slice(0, id.indexOf(":"));
  const name = id.slice(id.indexOf(":") + 1);
  const edges = sample.edges
    .filter(({ from, to }) => from === id || to === id)
    .sort((a, b) => b.records - a.records);
  const other = (link: string): string => link.slice(link.indexOf(":") + 1);
  return (
    <Card
      title={`${kind} ${name}`}
      actions={
        kind === "producer" ? null : (
          <a class="button" href={linkTo([`${kind}s`, name])}>
            Open the {kind}
          </a>
        )
      }
      flush
    >
      {edges.length === 0 ? (
        <div class="empty">
          <p>Nothing flows through it now.</p>
        </div>
      ) : (
        <div class="table-wrap">
          <table>
            <thead>
              <tr>
                <th>From</th>
                <th>To</th>
                <th class="num">Records/s</th>
                <th class="num">Bytes/s</th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => (
                <tr key={`${edge.from} ${edge.to}`}>
                  <td class="cell-name">{other(edge.from)}</td>
                  <td class="cell-name">{other(edge.to)}</td>
                  <td class="num">{format.rate(edge.records)}</td>
                  <td class="num">{format.bytes(edge.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
