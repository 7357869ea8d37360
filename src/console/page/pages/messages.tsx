import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { MessagePage, MessageRow, TailEvents } from "../../api.ts";
import { Icon } from "../parts/icons.tsx";
import { isTyping } from "../parts/keys.tsx";
import { MessageDialog } from "../parts/message-dialog.tsx";
import { headerText, PayloadLine } from "../parts/payload.tsx";
import { TimeSlider } from "../parts/time-slider.tsx";
import { Card } from "../parts/page.tsx";
import { sayProblem } from "../parts/toast.tsx";
import { messageLine } from "../../message-line.ts";
import { apiPath, call } from "../state/api.ts";
import { comebacks } from "../state/link.ts";
import { follow } from "../state/live.ts";
import { MessageFilter } from "../state/filter.ts";
import * as format from "../state/format.ts";
import { place, setQuery } from "../state/router.ts";

const PAGE = 50;
/** Records of one request while a filter looks for matches: more when they are small. */
const FILTER_PAGE = { min: 10, max: 500 } as const;
/** A filter sees keys and values whole, up to this; of one request about so many bytes. */
const FILTER_BYTES_MAX = 1024 * 1024;
const FILTER_PAGE_BYTES = 4 * 1024 * 1024;
/** Rows that stay while the end of the topic is watched. */
const TAIL_MAX = 500;

/** What the address of the page says is to be shown. */
export interface Wanted {
  readonly from: string;
  readonly partition: string;
  readonly search: string;
  readonly filter: string;
  readonly isTail: boolean;
}

export function wantedOf(query: URLSearchParams): Wanted {
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
  written,
  onProduce,
}: {
  topic: string;
  partitions: number;
  /** Goes up when something was written here: it is to be seen at once. */
  written: number;
  onProduce: () => void;
}): JSX.Element {
  const wanted = wantedOf(place.value.query);
  const [open, setOpen] = useState<MessageRow | undefined>(undefined);
  const paged = usePages(topic, wanted, written);
  const tail = useTail(topic, wanted);
  // The newest stands first: what one looks for is what just happened.
  const rows = wanted.isTail ? tail.rows : [...paged.shown.messages].reverse();
  return (
    <>
      <Controls partitions={partitions} wanted={wanted} onReload={paged.reload} />
      {wanted.isTail ? null : <TimeSlider topic={topic} />}
      <Card flush>
        <div class="card-head">
          <p class="muted small" role="status">
            {wanted.isTail ? tail.status : statusOf(paged.shown, paged.isBusy, wanted)}
          </p>
          <ListActions
            topic={topic}
            wanted={wanted}
            found={paged.shown.messages}
            onReload={paged.reload}
          />
        </div>
        {rows.length === 0 ? (
          <NoRows
            wanted={wanted}
            isBusy={paged.isBusy}
            hasOlder={paged.shown.older !== undefined}
            onProduce={onProduce}
          />
        ) : (
          <Rows rows={rows} onOpen={setOpen} />
        )}
        {wanted.isTail ? null : <Pager paged={paged} />}
      </Card>
      {open === undefined ? null : (
        <MessageDialog
          topic={topic}
          partitions={partitions}
          message={open}
          onClose={() => setOpen(undefined)}
          onOpen={setOpen}
          onStep={(step) => {
            const index = rows.findIndex(
              (row) => row.partition === open.partition && row.offset === open.offset,
            );
            setOpen(rows[index + step] ?? open);
          }}
        />
      )}
    </>
  );
}

function ListActions({
  topic,
  wanted,
  found,
  onReload,
}: {
  topic: string;
  wanted: Wanted;
  found: readonly MessageRow[];
  onReload: () => void;
}): JSX.Element {
  return (
    <div class="row">
      <button
        type="button"
        class="button"
        aria-pressed={wanted.isTail}
        onClick={() => setQuery({ tail: wanted.isTail ? undefined : 1 }, false)}
      >
        <Icon name={wanted.isTail ? "pause" : "play"} size={16} /> Live
      </button>
      {wanted.isTail ? null : (
        <>
          <button type="button" class="button" onClick={onReload}>
            <Icon name="refresh" size={16} /> Refresh
          </button>
          {wanted.filter === "" ? (
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
          ) : (
            <button type="button" class="button" onClick={() => save(topic, found)}>
              Download
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** What a filter has found is known here alone. */
function save(topic: string, found: readonly MessageRow[]): void {
  const lines = found.map((message) => `${messageLine(topic, message)}\n`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
  link.download = `${topic}.ndjson`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Pager({ paged }: { paged: ReturnType<typeof usePages> }): JSX.Element | null {
  const { older, newer } = paged.shown;
  if (older === undefined && newer === undefined && !paged.isBusy) return null;
  return (
    <div class="card-foot">
      <button
        type="button"
        class="button"
        disabled={newer === undefined || paged.isBusy}
        onClick={() => paged.more("newer")}
      >
        ← Newer
      </button>
      {paged.isBusy ? (
        <button type="button" class="button" onClick={paged.stop}>
          Stop
        </button>
      ) : null}
      <button
        type="button"
        class="button"
        disabled={older === undefined || paged.isBusy}
        onClick={() => paged.more("older")}
      >
        Older →
      </button>
    </div>
  );
}

function statusOf(shown: Shown, isBusy: boolean, wanted: Wanted): string {
  const looked =
    wanted.search !== "" || wanted.filter !== ""
      ? ` found among ${format.count(shown.scanned)} looked at`
      : "";
  const state = isBusy ? "Reading … " : "";
  const direction = wanted.from === "newest" ? "Older" : "Newer";
  const partial = shown.isPartial ? `; there is more, go on with ${direction}` : "";
  return `${state}${format.plural(shown.messages.length, "message")}${looked}${partial}`;
}

/** Pages of messages by the address; with a filter it goes on until enough match. */
function usePages(topic: string, wanted: Wanted, written: number) {
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [isBusy, setBusy] = useState(false);
  const [times, setTimes] = useState(0);
  const running = useRef<AbortController | undefined>(undefined);
  const comeback = comebacks.value;

  const load = useCallback(
    async (cursor: { readonly older: string } | { readonly newer: string } | undefined) => {
      running.current?.abort();
      const abort = new AbortController();
      running.current = abort;
      setBusy(true);
      try {
        await read(topic, wanted, cursor, abort.signal, setShown);
      } catch (thrown) {
        if (!abort.signal.aborted) {
          // What was there before is no answer to this.
          if (cursor === undefined) setShown(NOTHING);
          sayProblem(thrown);
        }
      }
      if (running.current === abort) setBusy(false);
    },
    [topic, wanted.from, wanted.partition, wanted.search, wanted.filter],
  );
  useEffect(() => {
    if (!wanted.isTail) void load(undefined);
    return () => running.current?.abort();
  }, [load, wanted.isTail, times, written, comeback]);
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
  let limit: number = FILTER_PAGE.min;
  let next = cursor;
  let found: readonly MessageRow[] = [];
  let scanned = 0;
  let edge: Pick<Shown, "older" | "newer"> | undefined;
  try {
    for (;;) {
      const page = await call<MessagePage>(
        "GET",
        pathOf(topic, wanted, next, filter === undefined ? {} : { limit, bytes: FILTER_BYTES_MAX }),
        undefined,
        signal,
      );
      const kept = filter === undefined ? page.messages : await filter.keep(page.messages);
      if (signal.aborted) return;
      limit = nextLimit(limit, page.messages);
      const forwards = next === undefined ? wanted.from !== "newest" : "newer" in next;
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

/** How many to ask for next: no more at once than the last ones say that a request may hold. */
function nextLimit(limit: number, messages: readonly MessageRow[]): number {
  let bytes = 0;
  for (const { key, value } of messages) bytes += key.text.length + value.text.length;
  const fitting = Math.floor(FILTER_PAGE_BYTES / Math.max(1, bytes / Math.max(1, messages.length)));
  return Math.max(FILTER_PAGE.min, Math.min(FILTER_PAGE.max, limit * 4, fitting));
}

function pathOf(
  topic: string,
  wanted: Wanted,
  cursor: { readonly older: string } | { readonly newer: string } | undefined,
  bounds: { readonly limit?: number; readonly bytes?: number },
): string {
  return apiPath(["topics", topic, "messages"], {
    from: wanted.from,
    partition: wanted.partition,
    search: wanted.search,
    limit: PAGE,
    ...bounds,
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
  const [seen, setSeen] = useState<TailEvents["rate"] | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (!wanted.isTail) return undefined;
    setRows([]);
    setSeen(undefined);
    setTrouble(undefined);
    const { partition, search } = wanted;
    const filter = wanted.filter === "" ? undefined : new MessageFilter(wanted.filter);
    const bytes = filter === undefined ? undefined : FILTER_BYTES_MAX;
    const path = apiPath(["topics", topic, "tail"], { partition, search, bytes });
    // Not while nobody sees it: a browser allows only so many connections.
    const stop = follow(path, (source) => {
      source.addEventListener("message", (event: MessageEvent<string>) => {
        const news = JSON.parse(event.data) as TailEvents["message"];
        const add = (kept: readonly MessageRow[]): void =>
          setRows((before) => [...[...kept].reverse(), ...before].slice(0, TAIL_MAX));
        if (filter === undefined) add(news);
        else filter.keep(news).then(add, sayProblem);
      });
      source.addEventListener("problem", (event: MessageEvent<string>) => {
        setTrouble((JSON.parse(event.data) as TailEvents["problem"]).message);
      });
      source.addEventListener("error", () => setTrouble("Waiting for the broker …"));
      source.addEventListener("rate", (event: MessageEvent<string>) => {
        const { records, shown, left } = JSON.parse(event.data) as TailEvents["rate"];
        setTrouble(undefined);
        setSeen((before = { records: 0, shown: 0, left: 0 }) => ({
          records: before.records + records,
          shown: before.shown + shown,
          left: before.left + left,
        }));
      });
    });
    return () => {
      stop();
      filter?.close();
    };
  }, [topic, wanted.isTail, wanted.partition, wanted.search, wanted.filter]);
  if (trouble !== undefined) return { rows, status: trouble };
  if (seen === undefined) return { rows, status: "Going to the end …" };
  const isNarrowed = wanted.search !== "" || wanted.filter !== "";
  const status =
    `Watching the end: ${format.plural(seen.records, "record")} so far` +
    (isNarrowed ? `, ${format.count(rows.length)} found` : "") +
    (seen.left > 0 ? `, ${format.count(seen.left)} of them came too fast to be shown` : "");
  return { rows, status };
}

function Controls({
  partitions,
  wanted,
  onReload,
}: {
  partitions: number;
  wanted: Wanted;
  onReload: () => void;
}): JSX.Element {
  const [search, setSearch] = useState(wanted.search);
  const [filter, setFilter] = useState(wanted.filter);
  const submit = (event: Event): void => {
    event.preventDefault();
    setQuery({ search, filter }, false);
    onReload();
  };
  return (
    <form class="row" onSubmit={submit} role="search" aria-label="Messages">
      <BeginControls from={wanted.from} />
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
        placeholder="Search key, value, headers"
        aria-label="Search key, value and headers"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <input
        class="input search mono"
        placeholder="Filter: value.total > 100"
        aria-label="Filter in JavaScript over key, value, headers, partition, offset, timestamp"
        title="JavaScript over key, value, headers, partition, offset and timestamp"
        spellcheck={false}
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <button type="submit" class="button">
        Find
      </button>
    </form>
  );
}

const HOUR_MS = 3_600_000;

/** Where the list begins. */
function BeginControls({ from }: { from: string }): JSX.Element {
  const [kind, detail = ""] = from.split(":", 2);
  return (
    <>
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
                ? `time:${Date.now() - HOUR_MS}`
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
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (/^\d+$/.test(value)) setQuery({ from: `offset:${value}` }, false);
          }}
        />
      ) : null}
      {kind === "time" ? (
        <input
          class="input"
          type="datetime-local"
          step={1}
          aria-label="Time"
          value={localTime(Number(detail))}
          onChange={(event) => {
            const atMs = Date.parse(event.currentTarget.value);
            if (!Number.isNaN(atMs)) setQuery({ from: `time:${atMs}` }, false);
          }}
        />
      ) : null}
    </>
  );
}

/** As an input for local times takes it. */
function localTime(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().slice(0, 19);
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
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "j") select((index) => Math.min(rows.length - 1, index + 1));
      else if (event.key === "k") select((index) => Math.max(0, index - 1));
      else if (event.key === "Enter" && target === document.body) {
        const row = rows[selected];
        if (row === undefined) return;
        // The dialog takes the focus at once: the key must not press its first button.
        event.preventDefault();
        onOpen(row);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [rows, selected]);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    body.current?.children[selected]?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const hasHeaders = rows.some(({ headers }) => headers.length > 0);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Messages">
      <table class="messages">
        <thead>
          <tr>
            <th class="num">
              Part<span class="visually-hidden">ition</span>.
            </th>
            <th class="num">Offset</th>
            <th>Time</th>
            <th>Key</th>
            <th>Value</th>
            {hasHeaders ? <th class="hide-narrow">Headers</th> : null}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={`${row.partition} ${row.offset}`}
              class={index === selected ? "link-row selected" : "link-row"}
              onClick={() => onOpen(row)}
            >
              <td class="num">{row.partition}</td>
              <td class="num">
                <button
                  type="button"
                  class="button bare"
                  aria-label={`Open message ${row.offset} of partition ${row.partition}`}
                >
                  {format.count(row.offset)}
                </button>
              </td>
              <td class="time" title={format.fullTime(row.timestamp)}>
                {format.time(row.timestamp)}
              </td>
              <td class="key">
                <PayloadLine payload={row.key} />
              </td>
              <td>
                <PayloadLine payload={row.value} isValue />
              </td>
              {hasHeaders ? (
                <td class="hide-narrow">
                  <span class="message-value muted">
                    {row.headers.map(({ key, value }) => `${key}: ${headerText(value)}`).join(", ")}
                  </span>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NoRows({
  wanted,
  isBusy,
  hasOlder,
  onProduce,
}: {
  wanted: Wanted;
  isBusy: boolean;
  hasOlder: boolean;
  onProduce: () => void;
}): JSX.Element | null {
  if (isBusy && !wanted.isTail) return null;
  const isNarrowed = wanted.search !== "" || wanted.filter !== "" || wanted.partition !== "";
  if (!wanted.isTail && isNarrowed) {
    return (
      <div class="empty">
        <p>
          No message matches here.
          {hasOlder ? " Older ones were not looked at yet." : ""}
        </p>
        <button
          type="button"
          class="button"
          onClick={() =>
            setQuery({ search: undefined, filter: undefined, partition: undefined }, false)
          }
        >
          Show all
        </button>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>
        {wanted.isTail
          ? "Nothing new yet. What is produced from now on appears here within a second."
          : wanted.from === "newest"
            ? "No messages here. Nothing was written yet, or what was is older than the topic keeps."
            : "No messages from there on."}
      </p>
      <button type="button" class="button" onClick={onProduce}>
        Produce a message
      </button>
    </div>
  );
}
