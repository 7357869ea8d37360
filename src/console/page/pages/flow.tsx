import type { JSX } from "preact";
import type { FlowSample } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { GettingStarted } from "../parts/getting-started.tsx";
import { Card, Page, Waiting } from "../parts/page.tsx";
import { at, program } from "../parts/snippets.ts";
import * as format from "../state/format.ts";
import { cluster, flow, groups } from "../state/live.ts";
import { linkTo, place, setQuery } from "../state/router.ts";

const NODE_WIDTH = 210;
const NODE_HEIGHT = 46;
const GAP = 14;
const WIDTH = 980;
const COLUMNS_X = [0, (WIDTH - NODE_WIDTH) / 2, WIDTH - NODE_WIDTH] as const;
/** Boxes of one column; what moves most comes first, the rest is counted. */
const COLUMN_MAX = 40;

interface Box {
  readonly id: string;
  readonly kind: "producer" | "topic" | "group";
  readonly title: string;
  readonly sub: string;
  readonly isBad: boolean;
  readonly link: string | undefined;
  readonly x: number;
  readonly y: number;
}

/** The live picture: who writes where, and who reads it. */
export function Flow(): JSX.Element {
  const sample = flow.value;
  const chosen = place.value.query.get("only") ?? undefined;
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
          <AsCode
            cli={`moldau lag${at()}\nmoldau group list${at()}`}
            typescript={program(
              `for (const group of await kafka.admin.listGroups()) {\n  console.log(group);\n}`,
            )}
          />
        </>
      }
    >
      {sample === undefined ? (
        <Waiting what="the picture" />
      ) : sample.topics.length === 0 ? (
        <GettingStarted />
      ) : (
        <Card>
          <Picture sample={sample} chosen={chosen} />
        </Card>
      )}
      {cluster.value?.product === "other" ? (
        <p class="muted">Which clients produce, this broker does not tell; a Moldau broker does.</p>
      ) : null}
    </Page>
  );
}

function boxesOf(sample: FlowSample): Box[] {
  const boxes: Box[] = [];
  const column = <T,>(
    rows: readonly T[],
    x: number,
    box: (row: T) => Omit<Box, "x" | "y">,
  ): void => {
    for (const [index, row] of rows.slice(0, COLUMN_MAX).entries()) {
      boxes.push({ ...box(row), x, y: index * (NODE_HEIGHT + GAP) });
    }
  };
  column(sample.producers, COLUMNS_X[0], ({ id, clientId, host, software }) => ({
    id,
    kind: "producer",
    title: clientId === "" ? "(no client id)" : clientId,
    sub: software === undefined ? host : `${software} · ${host}`,
    isBad: false,
    link: undefined,
  }));
  column(sample.topics, COLUMNS_X[1], ({ id, name, inRecords, skew }) => ({
    id,
    kind: "topic",
    title: name,
    sub: `${format.rate(inRecords)}/s${skew > 2 ? ` · uneven ×${skew.toFixed(1)}` : ""}`,
    isBad: false,
    link: linkTo(["topics", name]),
  }));
  column(sample.groups, COLUMNS_X[2], ({ id, name, state, members, lag }) => ({
    id,
    kind: "group",
    title: name,
    sub: `lag ${format.short(lag)} · ${format.plural(members, "member")} · ${state}`,
    isBad: groups.value.get(name)?.isStuck === true,
    link: linkTo(["groups", name]),
  }));
  return boxes;
}

function Picture({
  sample,
  chosen,
}: {
  sample: FlowSample;
  chosen: string | undefined;
}): JSX.Element {
  const boxes = boxesOf(sample);
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const touched = chosen === undefined ? undefined : touchedBy(sample, chosen);
  const height = Math.max(...boxes.map(({ y }) => y + NODE_HEIGHT), NODE_HEIGHT) + 34;
  const busiest = Math.max(1, ...sample.edges.map(({ records }) => records));
  const rest = [sample.producers, sample.topics, sample.groups].map((rows) =>
    Math.max(0, rows.length - COLUMN_MAX),
  );
  return (
    <div class="flow" tabIndex={0} role="region" aria-label="Flow picture, scrolls">
      <svg
        width="100%"
        viewBox={`-2 -30 ${WIDTH + 4} ${height}`}
        role="group"
        aria-label="Producers, topics and groups"
      >
        {["Producers", "Topics", "Groups"].map((title, index) => (
          <text key={title} x={COLUMNS_X[index]} y={-12} class="sub" fill="currentColor">
            {title}
            {(rest[index] ?? 0) > 0 ? ` (and ${rest[index]} more)` : ""}
          </text>
        ))}
        {sample.edges.map((edge) => {
          const from = byId.get(edge.from);
          const to = byId.get(edge.to);
          if (from === undefined || to === undefined) return null;
          const isDimmed =
            touched !== undefined && !(touched.has(edge.from) && touched.has(edge.to));
          const moving = edge.records > 0 ? "moving" : "idle";
          return (
            <path
              key={`${edge.from} ${edge.to}`}
              class={`edge ${moving}${isDimmed ? " dimmed" : ""}`}
              d={curve(from, to)}
              stroke-width={1.2 + 5 * Math.sqrt(edge.records / busiest)}
            >
              <title>{`${format.rate(edge.records)} records/s, ${format.bytes(edge.bytes)}/s`}</title>
            </path>
          );
        })}
        {boxes.map((box) => (
          <BoxView
            key={box.id}
            box={box}
            isDimmed={touched !== undefined && !touched.has(box.id)}
            isChosen={box.id === chosen}
          />
        ))}
      </svg>
    </div>
  );
}

function curve(from: Box, to: Box): string {
  const x1 = from.x + NODE_WIDTH;
  const y1 = from.y + NODE_HEIGHT / 2;
  const y2 = to.y + NODE_HEIGHT / 2;
  const middle = (x1 + to.x) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${to.x} ${y2}`;
}

/** What is connected with a box, over both steps. */
function touchedBy({ edges }: FlowSample, chosen: string): ReadonlySet<string> {
  const touched = new Set([chosen]);
  const walk = (id: string, forwards: boolean): void => {
    for (const edge of edges) {
      const [here, there] = forwards ? [edge.from, edge.to] : [edge.to, edge.from];
      if (here !== id || touched.has(there)) continue;
      touched.add(there);
      walk(there, forwards);
    }
  };
  walk(chosen, true);
  walk(chosen, false);
  return touched;
}

function cut(text: string): string {
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}

function BoxView({
  box,
  isDimmed,
  isChosen,
}: {
  box: Box;
  isDimmed: boolean;
  isChosen: boolean;
}): JSX.Element {
  const choose = (): void => setQuery({ only: isChosen ? undefined : box.id }, false);
  return (
    <g
      class={`node ${box.kind}${box.isBad ? " stuck" : ""}${isDimmed ? " dimmed" : ""}`}
      transform={`translate(${box.x} ${box.y})`}
      role="button"
      tabIndex={0}
      aria-pressed={isChosen}
      aria-label={`${box.kind} ${box.title}, ${box.sub}`}
      style={{ cursor: "pointer" }}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      }}
      onDblClick={() => {
        if (box.link !== undefined) location.hash = box.link;
      }}
    >
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={8} />
      <text x={12} y={19} font-weight="600">
        {cut(box.title)}
      </text>
      <text x={12} y={35} class="sub">
        {cut(box.sub)}
      </text>
      <title>{`${box.title}: ${box.sub}`}</title>
    </g>
  );
}
