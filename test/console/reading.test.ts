/** Messages are read within bounds, and what a bound stops goes on where it stopped: nothing is passed over. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parseRecordJson } from "../../src/cli/records/record-json.ts";
import type { MessageRow } from "../../src/console/api.ts";
import { readCursor } from "../../src/console/message-cursor.ts";
import { MessageReader, SCAN_BOUNDS, type PageRequest } from "../../src/console/message-reader.ts";
import { LINE_BYTES_MAX } from "../../src/console/payload.ts";
import { startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const RECORDS = 3000;
/** One in so many is what is looked for. */
const NEEDLE_EVERY = 100;
const LARGE_BYTES = 300_000;

let console_: ConsoleUnderTest;

before(async () => {
  console_ = await startConsole();
  const { admin } = console_.kafka;
  await admin.createTopic({ name: "hay", partitions: 2 });
  await admin.createTopic({ name: "large", partitions: 1 });
  const producer = console_.kafka.producer();
  for (let index = 0; index < RECORDS; index++) {
    producer.post("hay", {
      // Nearly all are in one partition: the other one is read through at once.
      partition: index % 50 === 0 ? 1 : 0,
      key: `key-${index}`,
      value: index % NEEDLE_EVERY === 7 ? `needle ${index}` : "hay",
      timestamp: 1_700_000_000_000 + index,
    });
  }
  await producer.flush();
  for (let index = 0; index < 6; index++) {
    const value = JSON.stringify({ number: index, filling: "x".repeat(LARGE_BYTES) });
    await producer.send("large", { key: "same", value });
  }
  await producer.close();
});

after(() => console_.close());

function requestOf(topic: string, changes: Partial<PageRequest> = {}): PageRequest {
  return {
    topic,
    partition: undefined,
    beginning: { kind: "newest" },
    before: undefined,
    after: undefined,
    limit: 5,
    search: "",
    bytesMax: LINE_BYTES_MAX,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** All that the pages hold, going on with the cursor until there is none. */
async function readAll(
  reader: MessageReader,
  request: PageRequest,
  direction: "older" | "newer",
): Promise<{ readonly rows: MessageRow[]; readonly pages: number; readonly scanned: number }> {
  const rows: MessageRow[] = [];
  let scanned = 0;
  let next = request;
  for (let pages = 1; ; pages++) {
    const page = await reader.page(next);
    rows.push(...page.messages);
    scanned += page.scanned;
    const cursor = page[direction] === undefined ? undefined : readCursor(page[direction]);
    if (cursor === undefined) return { rows, pages, scanned };
    next = { ...request, ...(direction === "older" ? { before: cursor } : { after: cursor }) };
  }
}

const needles = Array.from({ length: RECORDS / NEEDLE_EVERY }, (_, at) => at * NEEDLE_EVERY + 7);

for (const [direction, beginning] of [
  ["older", { kind: "newest" }],
  ["newer", { kind: "oldest" }],
] as const) {
  test(`a search that is stopped by its bound misses nothing, going to ${direction} ones`, async () => {
    const reader = new MessageReader(console_.kafka, { ...SCAN_BOUNDS, recordsMax: 700 });
    const request = requestOf("hay", { beginning, search: "needle" });
    const { rows, pages, scanned } = await readAll(reader, request, direction);
    const found = rows.map(({ value }) => Number(value.text.slice("needle ".length)));
    assert.deepEqual(
      found.sort((a, b) => a - b),
      needles,
    );
    assert.ok(pages > RECORDS / 700, `${pages} pages`);
    assert.ok(scanned >= RECORDS, `${scanned} were looked at`);
  });
}

test("records that are too large to be kept together come on pages of their own", async () => {
  const bounds = { ...SCAN_BOUNDS, bytesMax: 2 * LARGE_BYTES };
  const reader = new MessageReader(console_.kafka, bounds);
  for (const [direction, kind] of [
    ["older", "newest"],
    ["newer", "oldest"],
  ] as const) {
    const request = requestOf("large", { beginning: { kind }, bytesMax: 2 ** 20, limit: 100 });
    const { rows, pages } = await readAll(reader, request, direction);
    assert.deepEqual(
      rows.map(({ offset }) => offset).sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
    assert.ok(
      rows.every(({ value }) => value.truncated === undefined && value.bytes > LARGE_BYTES),
    );
    assert.ok(pages >= 2, `${pages} pages`);
  }
});

test("the record of a key before another is the last one, however far the search may go at once", async () => {
  const reader = new MessageReader(console_.kafka, { ...SCAN_BOUNDS, recordsMax: 40 });
  const before_ = await reader.previousOf("large", 0, 5, Buffer.from("same"));
  assert.equal(before_.record?.offset, 4);
  const none = await reader.previousOf("hay", 0, 2900, Buffer.from("no such key"));
  assert.equal(none.record, undefined);
  assert.ok(none.scanned <= 600, `${none.scanned} were looked at`);
});

test("a download has whole records, as the command line takes them back", async () => {
  const producer = console_.kafka.producer();
  await console_.kafka.admin.createTopic({ name: "odd", partitions: 1 });
  const sent = [
    { key: null, value: "x".repeat(3 * LINE_BYTES_MAX), headers: [] },
    {
      key: Buffer.from([0, 255]),
      value: null,
      headers: [["a", "1"] as const, ["a", null] as const],
    },
    { key: "ключ", value: Buffer.from([1, 2, 254]), headers: [["b", Buffer.from([200])] as const] },
  ];
  for (const record of sent) await producer.send("odd", record);
  await producer.close();
  for (const from of ["newest", "oldest"]) {
    const path = `/api/topics/odd/messages.ndjson?from=${from}`;
    const text = await (await fetch(`${console_.address}${path}`)).text();
    const lines = text.trimEnd().split("\n");
    const read = lines.map((line, index) => parseRecordJson(line, index + 1));
    assert.deepEqual(
      read.map(({ key, value, headers }) => ({ key, value, headers })),
      sent.map(({ key, value, headers }) => ({
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: headers.map(([name, one]) => ({
          key: name,
          value: one === null ? null : Buffer.from(one),
        })),
      })),
      from,
    );
  }
});
