import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { MessagePage, MessageRow, TailEvents } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { Icon } from "../parts/icons.tsx";
import { MessageDialog } from "../parts/message-dialog.tsx";
import { PayloadLine } from "../parts/payload.tsx";
import { ProduceDialog } from "../parts/produce-dialog.tsx";
import { ReplayDialog } from "../parts/replay-dialog.tsx";
import { TimeSlider } from "../parts/time-slider.tsx";
import { Card } from "../parts/page.tsx";
import { at, literal, program, word } from "../parts/snippets.ts";
import { sayProblem } from "../parts/toast.tsx";
import { apiPath, call } from "../state/api.ts";
import { MessageFilter } from "../state/filter.ts";
import * as format from "../state/format.ts";
import { place, setQuery } from "../state/router.ts";

const PAGE = 50;
/** Records of one request while a filter looks for matches. */
const FILTER_PAGE = 500;
/** Rows that stay while the end of the topic is watched. */
const TAIL_MAX = 500;

/** What the address of the page says is to be shown. */
interface Wanted {
  readonly from: string;
  readonly partition: string;
  readonly search: string;
  readonly filter: string;
  readonly isTail: boolean;
}

function wantedOf(query: URLSearchParams): Wanted {
  return {
    from: query.get("from") ?? "newest",
    partition: query.get("partition") ?? "",
    search: query.get("search") ?? "",
    filter: query.get("filter") ?? "",
    isTail: query.get("tail") === "1",
  };
}

interface Shown {
  readonly messages: readonly MessageRow[];
  readonly older: string | undefined;
  readonly newer: string | undefined;
  readonly scanned: number;
  readonly isPartial: boolean;
}

const NOTHING: Shown = {
  messages: [],
  older: undefined,
  newer: undefined,
  scanned: 0,
  isPartial: false,
};

export function Messages({
  topic,
  partitions,
}: {
  topic: string;
  partitions: number;
}): JSX.Element {
  const wanted = wantedOf(place.value.query);
  const [open, setOpen] = useState<MessageRow | undefined>(undefined);
  const [dialog, setDialog] = useState<"produce" | "replay" | undefined>(undefined);
  const paged = usePages(topic, wanted);
  const tail = useTail(topic, wanted);
  // The newest stands first: what one looks for is what just happened.
  const rows = wanted.isTail ? tail.rows : [...paged.shown.messages].reverse();
  return (
    <>
      <Controls
        topic={topic}
        partitions={partitions}
        wanted={wanted}
        onReload={paged.reload}
        onProduce={() => setDialog("produce")}
        onReplay={() => setDialog("replay")}
      />
      {wanted.isTail ? null : <TimeSlider topic={topic} />}
      <Card flush>
        <p class="card-head muted small" role="status" style={{ margin: 0 }}>
          {wanted.isTail ? tail.status : statusOf(paged.shown, paged.isBusy, wanted)}
        </p>
        <Rows rows={rows} onOpen={setOpen} />
        {rows.length === 0 && !paged.isBusy ? (
          <NoRows wanted={wanted} onProduce={() => setDialog("produce")} />
        ) : null}
        {wanted.isTail ? null : (
          <div class="card-head" style={{ borderBottom: 0 }}>
            <button
              type="button"
              class="button"
              disabled={paged.shown.older === undefined || paged.isBusy}
              onClick={() => paged.more("older")}
            >
              Older
            </button>
            {paged.isBusy && wanted.filter !== "" ? (
              <button type="button" class="button" onClick={paged.stop}>
                Stop searching
              </button>
            ) : null}
            <button
              type="button"
              class="button"
              disabled={paged.shown.newer === undefined || paged.isBusy}
              onClick={() => paged.more("newer")}
            >
              Newer
            </button>
          </div>
        )}
      </Card>
      {open === undefined ? null : (
        <MessageDialog
          topic={topic}
          message={open}
          onClose={() => setOpen(undefined)}
          onStep={(step) => {
            const index = rows.findIndex(
              (row) => row.partition === open.partition && row.offset === open.offset,
            );
            setOpen(rows[index + step] ?? open);
          }}
        />
      )}
      {dialog === "produce" ? (
        <ProduceDialog
          topic={topic}
          partitions={partitions}
          onClose={() => setDialog(undefined)}
          onDone={paged.reload}
        />
      ) : null}
      {dialog === "replay" ? (
        <ReplayDialog topic={topic} partitions={partitions} onClose={() => setDialog(undefined)} />
      ) : null}
    </>
  );
}

function statusOf(shown: Shown, isBusy: boolean, wanted: Wanted): string {
  const looked =
    wanted.search !== "" || wanted.filter !== ""
      ? ` found among ${format.count(shown.scanned)} looked at`
      : "";
  const state = isBusy ? "Reading … " : "";
  const partial = shown.isPartial ? "; there is more, go on with Older" : "";
  return `${state}${format.plural(shown.messages.length, "message")}${looked}${partial}`;
}

/** Pages of messages by the address; with a filter it goes on until enough match. */
function usePages(topic: string, wanted: Wanted) {
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [isBusy, setBusy] = useState(false);
  const [times, setTimes] = useState(0);
  const running = useRef<AbortController | undefined>(undefined);

  const load = useCallback(
    async (cursor: { readonly older: string } | { readonly newer: string } | undefined) => {
      running.current?.abort();
      const abort = new AbortController();
      running.current = abort;
      setBusy(true);
      try {
        await read(topic, wanted, cursor, abort.signal, setShown);
      } catch (thrown) {
        if (!abort.signal.aborted) sayProblem(thrown);
      }
      if (running.current === abort) setBusy(false);
    },
    [topic, wanted.from, wanted.partition, wanted.search, wanted.filter],
  );
  useEffect(() => {
    if (!wanted.isTail) void load(undefined);
    return () => running.current?.abort();
  }, [load, wanted.isTail, times]);
  return {
    shown,
    isBusy,
    reload: () => setTimes(times + 1),
    stop: () => {
      running.current?.abort();
      setBusy(false);
    },
    more: (direction: "older" | "newer") => {
      const cursor = shown[direction];
      if (cursor === undefined) return;
      void load(direction === "older" ? { older: cursor } : { newer: cursor });
    },
  };
}

async function read(
  topic: string,
  wanted: Wanted,
  cursor: { readonly older: string } | { readonly newer: string } | undefined,
  signal: AbortSignal,
  show: (shown: Shown) => void,
): Promise<void> {
  const filter = wanted.filter === "" ? undefined : new MessageFilter(wanted.filter);
  let next = cursor;
  let found: readonly MessageRow[] = [];
  let scanned = 0;
  let edge: Pick<Shown, "older" | "newer"> | undefined;
  try {
    for (;;) {
      const page = await call<MessagePage>(
        "GET",
        pathOf(topic, wanted, next, filter),
        undefined,
        signal,
      );
      const kept = filter === undefined ? page.messages : await filter.keep(page.messages);
      if (signal.aborted) return;
      const forwards = next !== undefined && "newer" in next;
      found = forwards ? [...found, ...kept] : [...kept, ...found];
      scanned += page.scanned;
      edge = {
        older: forwards ? (edge?.older ?? page.older) : page.older,
        newer: forwards ? page.newer : (edge?.newer ?? page.newer),
      };
      show({ messages: found, ...edge, scanned, isPartial: page.partial === true });
      const on = forwards ? page.newer : page.older;
      if (filter === undefined || found.length >= PAGE || on === undefined) return;
      next = forwards ? { newer: on } : { older: on };
    }
  } finally {
    filter?.close();
  }
}

function pathOf(
  topic: string,
  wanted: Wanted,
  cursor: { readonly older: string } | { readonly newer: string } | undefined,
  filter: MessageFilter | undefined,
): string {
  return apiPath(["topics", topic, "messages"], {
    from: wanted.from,
    partition: wanted.partition,
    search: wanted.search,
    limit: filter === undefined ? PAGE : FILTER_PAGE,
    ...(cursor === undefined
      ? {}
      : "older" in cursor
        ? { before: cursor.older }
        : { after: cursor.newer }),
  });
}

/** The end of the topic as it grows. */
function useTail(topic: string, wanted: Wanted) {
  const [rows, setRows] = useState<readonly MessageRow[]>([]);
  const [seen, setSeen] = useState({ records: 0, shown: 0 });
  useEffect(() => {
    if (!wanted.isTail) return undefined;
    setRows([]);
    setSeen({ records: 0, shown: 0 });
    const { partition, search } = wanted;
    const source = new EventSource(apiPath(["topics", topic, "tail"], { partition, search }));
    const filter = wanted.filter === "" ? undefined : new MessageFilter(wanted.filter);
    source.addEventListener("message", (event: MessageEvent<string>) => {
      const news = JSON.parse(event.data) as TailEvents["message"];
      const add = (kept: readonly MessageRow[]): void =>
        setRows((before) => [...[...kept].reverse(), ...before].slice(0, TAIL_MAX));
      if (filter === undefined) add(news);
      else filter.keep(news).then(add, sayProblem);
    });
    source.addEventListener("rate", (event: MessageEvent<string>) => {
      const { records, shown } = JSON.parse(event.data) as TailEvents["rate"];
      setSeen((before) => ({ records: before.records + records, shown: before.shown + shown }));
    });
    return () => {
      source.close();
      filter?.close();
    };
  }, [topic, wanted.isTail, wanted.partition, wanted.search, wanted.filter]);
  const left = seen.records - seen.shown;
  const status =
    `Watching the end: ${format.plural(seen.records, "record")} so far` +
    (left > 0 ? `, ${format.count(left)} of them came too fast to be shown` : "");
  return { rows, status };
}

function Controls({
  topic,
  partitions,
  wanted,
  onReload,
  onProduce,
  onReplay,
}: {
  topic: string;
  partitions: number;
  wanted: Wanted;
  onReload: () => void;
  onProduce: () => void;
  onReplay: () => void;
}): JSX.Element {
  const [search, setSearch] = useState(wanted.search);
  const [filter, setFilter] = useState(wanted.filter);
  const [kind, detail = ""] = wanted.from.split(":", 2);
  const submit = (event: Event): void => {
    event.preventDefault();
    setQuery({ search, filter }, false);
    onReload();
  };
  const partition = wanted.partition === "" ? "" : ` --partition ${wanted.partition}`;
  return (
    <form class="row" onSubmit={submit} role="search" aria-label="Messages">
      <select
        class="input"
        aria-label="Where to begin"
        value={kind}
        onChange={(event) => {
          const value = event.currentTarget.value;
          const begin =
            value === "offset"
              ? "offset:0"
              : value === "time"
                ? `time:${Date.now() - 3_600_000}`
                : value;
          setQuery({ from: begin, tail: undefined }, false);
        }}
      >
        <option value="newest">Newest</option>
        <option value="oldest">Oldest</option>
        <option value="offset">From offset</option>
        <option value="time">From time</option>
      </select>
      {kind === "offset" ? (
        <input
          class="input"
          type="number"
          min={0}
          aria-label="Offset"
          style={{ width: "120px" }}
          value={detail}
          onChange={(event) => setQuery({ from: `offset:${event.currentTarget.value}` }, false)}
        />
      ) : null}
      {kind === "time" ? (
        <input
          class="input"
          type="datetime-local"
          step={1}
          aria-label="Time"
          value={localTime(Number(detail))}
          onChange={(event) =>
            setQuery({ from: `time:${Date.parse(event.currentTarget.value)}` }, false)
          }
        />
      ) : null}
      <select
        class="input"
        aria-label="Partition"
        value={wanted.partition}
        onChange={(event) => setQuery({ partition: event.currentTarget.value }, false)}
      >
        <option value="">All partitions</option>
        {Array.from({ length: partitions }, (_, index) => (
          <option key={index} value={index}>
            Partition {index}
          </option>
        ))}
      </select>
      <input
        type="search"
        class="input search"
        placeholder="Search key, value and headers"
        aria-label="Search key, value and headers"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <input
        class="input search mono"
        placeholder="value.total > 100"
        aria-label="Filter in JavaScript over key, value, headers, partition, offset, timestamp"
        title="JavaScript over key, value, headers, partition, offset and timestamp"
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <button type="submit" class="button">
        Find
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={wanted.isTail}
        onClick={() => setQuery({ tail: wanted.isTail ? undefined : 1 }, false)}
      >
        <Icon name={wanted.isTail ? "pause" : "play"} size={16} /> Live
      </button>
      <button type="button" class="button primary" onClick={onProduce}>
        <Icon name="plus" size={16} /> Produce
      </button>
      <button type="button" class="button" onClick={onReplay}>
        Replay
      </button>
      <a
        class="button"
        href={apiPath(["topics", topic, "messages.ndjson"], {
          from: wanted.from,
          partition: wanted.partition,
          search: wanted.search,
        })}
        download={`${topic}.ndjson`}
      >
        Download
      </a>
      <AsCode
        cli={
          wanted.isTail
            ? `moldau tail ${word(topic)}${partition}${at()}`
            : `moldau consume ${word(topic)} --from ${kind === "newest" ? "-50" : wanted.from}${partition}${at()}`
        }
        typescript={program(
          `const consumer = kafka.consume(${literal(topic)}, { from: ${fromLiteral(wanted)} });
for await (const record of consumer) {
  console.log(record.partition, record.offset, record.value?.toString());
}`,
        )}
      />
    </form>
  );
}

function fromLiteral({ from, isTail }: Wanted): string {
  const [kind, detail = "0"] = from.split(":", 2);
  if (isTail) return '"latest"';
  if (kind === "oldest") return '"earliest"';
  if (kind === "offset") return `{ offset: ${detail} }`;
  return kind === "time" ? `{ time: ${detail} }` : "{ last: 50 }";
}

/** As an input for local times takes it. */
function localTime(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 19);
}

function Rows({
  rows,
  onOpen,
}: {
  rows: readonly MessageRow[];
  onOpen: (row: MessageRow) => void;
}): JSX.Element {
  const [selected, select] = useState(-1);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      if (target instanceof HTMLElement && ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
        return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "j") select((index) => Math.min(rows.length - 1, index + 1));
      else if (event.key === "k") select((index) => Math.max(0, index - 1));
      else if (event.key === "Enter" && target === document.body) {
        const row = rows[selected];
        if (row !== undefined) onOpen(row);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [rows, selected]);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Messages">
      <table style={{ tableLayout: "fixed", minWidth: "560px" }}>
        <thead>
          <tr>
            <th class="num" style={{ width: "58px" }}>
              Part.
            </th>
            <th class="num" style={{ width: "92px" }}>
              Offset
            </th>
            <th style={{ width: "128px" }}>Time</th>
            <th style={{ width: "18%" }}>Key</th>
            <th>Value</th>
            <th class="hide-narrow" style={{ width: "16%" }}>
              Headers
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={`${row.partition} ${row.offset}`}
              class="link-row"
              aria-selected={index === selected}
              onClick={() => onOpen(row)}
              style={{ cursor: "pointer" }}
            >
              <td class="num">{row.partition}</td>
              <td class="num">
                <button
                  type="button"
                  class="button quiet"
                  style={{ minHeight: "auto", padding: 0 }}
                  aria-label={`Open message ${row.offset} of partition ${row.partition}`}
                >
                  {format.count(row.offset)}
                </button>
              </td>
              <td class="num" title={format.fullTime(row.timestamp)}>
                {format.time(row.timestamp)}
              </td>
              <td>
                <PayloadLine payload={row.key} />
              </td>
              <td>
                <PayloadLine payload={row.value} isValue />
              </td>
              <td class="hide-narrow">
                <span class="message-value muted">
                  {row.headers.map(({ key, value }) => `${key}: ${value.text}`).join(", ")}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NoRows({ wanted, onProduce }: { wanted: Wanted; onProduce: () => void }): JSX.Element {
  const isNarrowed = wanted.search !== "" || wanted.filter !== "" || wanted.partition !== "";
  if (wanted.isTail) {
    return (
      <div class="empty">
        <p>Nothing new yet. What is produced from now on appears here within a second.</p>
        <button type="button" class="button" onClick={onProduce}>
          Produce a message
        </button>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>
        {isNarrowed
          ? "No message matches here. Take the search back, or go on with Older."
          : "No messages here. Records that are older than the topic keeps them are gone."}
      </p>
      {isNarrowed ? (
        <button
          type="button"
          class="button"
          onClick={() =>
            setQuery({ search: undefined, filter: undefined, partition: undefined }, false)
          }
        >
          Show all
        </button>
      ) : (
        <button type="button" class="button" onClick={onProduce}>
          Produce a message
        </button>
      )}
    </div>
  );
}
