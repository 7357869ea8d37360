import type { Context, Hono } from "hono";
import type {
  MessageDetail,
  MessageRow,
  Produced,
  ProduceProgress,
  ProduceRequest,
  ReplayProgress,
  ReplayRequest,
  TailEvents,
} from "../api.ts";
import type { ConsoleState } from "../console-state.ts";
import { TextStream } from "../event-stream.ts";
import { readBeginning, readCursor, type Cursor } from "../message-cursor.ts";
import { messageLine } from "../message-line.ts";
import { matches, rowOf, type PageRequest } from "../message-reader.ts";
import { LINE_BYTES_MAX, WHOLE_BYTES_MAX } from "../payload.ts";
import { problemOf } from "../problem.ts";
import { produce } from "../produce.ts";
import { replay } from "../replay.ts";
import { BadRequest, numberIn, readBody, text, wholeNumber } from "../request.ts";

const LIMIT = 50;
const LIMIT_MAX = 500;
const BUCKETS_MAX = 200;
/** Rows a second that a watched end shows; what comes faster is counted. */
const TAIL_ROWS_MAX = 200;
const TAIL_EVERY_MS = 250;
const TAIL_BYTES_MAX = 8 * 1024 * 1024;
/** What is told of a key or a value there, at most. */
const TAIL_ROW_BYTES_MAX = 64 * 1024;
/** A download ends after so many records; of the newest it has so many. */
const DOWNLOAD_MAX = 1_000_000;
const DOWNLOAD_NEWEST = 500;
const DOWNLOAD_PAGE = 5000;
/** What a download has of each key and value: whole ones, whatever a topic allows. */
const DOWNLOAD_BYTES_MAX = 2 ** 31;

export function messageRoutes(app: Hono, state: ConsoleState): void {
  app.get("/api/topics/:name/messages", async (context) => {
    const request = pageRequestOf(context, context.req.param("name"));
    return context.json(await state.reader.page(request));
  });

  app.get("/api/topics/:name/messages.ndjson", async (context) => {
    const asked = pageRequestOf(context, context.req.param("name"));
    const limit = asked.beginning.kind === "newest" ? DOWNLOAD_NEWEST : DOWNLOAD_PAGE;
    const request = { ...asked, limit, bytesMax: DOWNLOAD_BYTES_MAX };
    // A topic that is not there is told before the answer begins.
    await state.reader.bounds(request.topic, request.partition);
    const out = new TextStream();
    return out.response(
      "application/x-ndjson; charset=utf-8",
      () =>
        download(state, request, async (lines) => {
          await out.write(lines);
          return !out.signal.aborted;
        }),
      (error) => `${JSON.stringify({ error })}\n`,
    );
  });

  app.get("/api/topics/:name/messages/:partition/:offset", async (context) => {
    const { name, partition, offset } = context.req.param();
    return context.json(
      await detailOf(
        state,
        name,
        wholeNumber(partition, "partition"),
        wholeNumber(offset, "offset"),
      ),
    );
  });

  app.get("/api/topics/:name/timeline", async (context) => {
    const buckets = Math.min(
      BUCKETS_MAX,
      wholeNumber(context.req.query("buckets") ?? "60", "number"),
    );
    return context.json(
      await state.reader.timeline(context.req.param("name"), Math.max(2, buckets)),
    );
  });

  app.get("/api/topics/:name/tail", (context) => tail(context, state, context.req.param("name")));

  changeRoutes(app, state);
}

/** What writes messages. */
function changeRoutes(app: Hono, state: ConsoleState): void {
  app.post("/api/topics/:name/messages", async (context) => {
    const request = await readBody<ProduceRequest>(context, "key", "value");
    const { kafka } = state;
    const name = context.req.param("name");
    if (context.req.header("accept") !== "text/event-stream") {
      const done: Produced = await produce(kafka, name, request, context.req.raw.signal);
      return context.json(done);
    }
    const out = state.streams.open();
    return out.events(async () => {
      try {
        const tell = (progress: ProduceProgress): Promise<void> => out.send("progress", progress);
        await out.send("done", await produce(kafka, name, request, out.signal, tell));
      } catch (thrown) {
        await out.send("problem", problemOf(thrown).body);
      }
    });
  });

  app.post("/api/topics/:name/replay", async (context) => {
    const request = await readBody<ReplayRequest>(context, "target", "from", "to");
    const target = text(request.target, "The target");
    if (request.perSecond !== undefined) numberIn(request.perSecond, 1, 1_000_000, "The rate");
    const out = state.streams.open();
    return out.events(async () => {
      const tell = (progress: ReplayProgress): Promise<void> => out.send("progress", progress);
      try {
        const name = context.req.param("name");
        await replay(state, name, { ...request, target }, tell, out.signal);
      } catch (thrown) {
        await tell({ copied: 0, total: 0, done: true, error: problemOf(thrown).body.message });
      }
    });
  });
}

function pageRequestOf(context: Context, topic: string): PageRequest {
  const {
    from = "newest",
    partition,
    limit,
    search = "",
    before,
    after,
    bytes,
  } = context.req.query();
  const beginning = readBeginning(from);
  if (beginning === undefined) {
    const remedy = "newest, oldest, offset:N and time:MILLISECONDS are.";
    throw new BadRequest(`"${from}" is no place to begin.`, remedy);
  }
  return {
    topic,
    partition: partition === undefined ? undefined : wholeNumber(partition, "partition"),
    beginning,
    before: cursorOf(before),
    after: cursorOf(after),
    limit:
      limit === undefined ? LIMIT : Math.max(1, Math.min(LIMIT_MAX, wholeNumber(limit, "limit"))),
    search: search.toLowerCase(),
    bytesMax:
      bytes === undefined
        ? LINE_BYTES_MAX
        : Math.min(WHOLE_BYTES_MAX, wholeNumber(bytes, "number of bytes")),
    signal: context.req.raw.signal,
  };
}

function cursorOf(query: string | undefined): Cursor | undefined {
  if (query === undefined) return undefined;
  const cursor = readCursor(query);
  if (cursor === undefined) throw new BadRequest("The cursor is none of a page before.");
  return cursor;
}

async function detailOf(
  { reader }: ConsoleState,
  topic: string,
  partition: number,
  offset: number,
): Promise<MessageDetail> {
  const record = await reader.record(topic, partition, offset);
  if (record === undefined) {
    throw new BadRequest(
      `There is no record at offset ${offset} of partition ${partition}.`,
      "It may have been deleted by the topic's retention since.",
    );
  }
  const message = rowOf(record, WHOLE_BYTES_MAX);
  if (record.key === null) return { message, scanned: 0 };
  const before = await reader.previousOf(topic, partition, offset, record.key);
  return {
    message,
    ...(before.record === undefined ? {} : { previous: rowOf(before.record, WHOLE_BYTES_MAX) }),
    scanned: before.scanned,
  };
}

/** All messages from the place on, whole, a line each, until `write` says that nobody reads on. */
async function download(
  { reader }: ConsoleState,
  request: PageRequest,
  write: (lines: string) => Promise<boolean>,
): Promise<void> {
  const backwards = request.beginning.kind === "newest";
  // The newest are what is wanted when nothing else is said: a page of them, in order.
  let next: PageRequest = request;
  for (let written = 0; written < DOWNLOAD_MAX;) {
    const page = await reader.page(next);
    written += page.messages.length;
    const lines = page.messages.map((message) => `${messageLine(request.topic, message)}\n`);
    const goesOn = await write(lines.join(""));
    const cursor = page.newer === undefined ? undefined : readCursor(page.newer);
    if (!goesOn || backwards || cursor === undefined) return;
    next = { ...request, after: cursor };
  }
}

/** The end of a topic as it grows, no faster than somebody can look. */
async function tail(context: Context, state: ConsoleState, topic: string): Promise<Response> {
  const { partition, search = "", bytes } = context.req.query();
  const bytesMax =
    bytes === undefined
      ? LINE_BYTES_MAX
      : Math.min(TAIL_ROW_BYTES_MAX, wholeNumber(bytes, "number of bytes"));
  const wanted = search.toLowerCase();
  const chosen =
    partition === undefined || partition === "" ? undefined : wholeNumber(partition, "partition");
  const bounds = await state.reader.bounds(topic, chosen);
  const out = state.streams.open();
  return out.events(async () => {
    const consumer = state.kafka.consume(topic, {
      ...(chosen === undefined ? {} : { partitions: [chosen] }),
      // The end as it is now: nothing is missed that comes after the page was told that it watches.
      from: {
        offsets: [...bounds].map(([number, { end }]) => ({
          topic,
          partition: number,
          offset: end,
        })),
      },
      isolation: "read_uncommitted",
      onOutOfRange: "latest",
      prefetchMaxBytes: TAIL_BYTES_MAX,
      signal: out.signal,
    });
    const perBatch = (TAIL_ROWS_MAX * TAIL_EVERY_MS) / 1000;
    try {
      const told = (rate: TailEvents["rate"]): Promise<void> => out.send("rate", rate);
      await told({ records: 0, shown: 0, left: 0 });
      for await (const batch of consumer.batches({ max: 10_000, withinMs: TAIL_EVERY_MS })) {
        const found = batch.filter((record) => matches(record, wanted));
        const rows: MessageRow[] = found.slice(-perBatch).map((record) => rowOf(record, bytesMax));
        if (rows.length > 0) await out.send("message", rows);
        const shown = rows.length;
        await told({ records: batch.length, shown, left: found.length - shown });
      }
    } finally {
      await consumer.close();
    }
  });
}
