/** The console's answers over HTTP: what is told, what is changed, and who may ask. */
import assert from "node:assert/strict";
import * as http from "node:http";
import { after, before, test } from "node:test";
import type {
  ConfigRow,
  GroupDetail,
  MessageDetail,
  MessagePage,
  OffsetsPlan,
  OverviewSample,
  Problem,
  ReplayProgress,
  Timeline,
  TopicDetail,
} from "../../src/console/api.ts";
import { OpenStreams } from "../../src/console/event-stream.ts";
import { eventually, startConsole, type ConsoleUnderTest } from "./console-kit.ts";

let console_: ConsoleUnderTest;

before(async () => {
  console_ = await startConsole();
  const { admin } = console_.kafka;
  await admin.createTopic({ name: "orders", partitions: 3 });
  const producer = console_.kafka.producer();
  for (let index = 0; index < 120; index++) {
    await producer.send("orders", {
      key: `customer-${index % 10}`,
      value: JSON.stringify({ number: index, region: ["EU", "US"][index % 2] }),
      headers: { source: index === 77 ? "needle" : "shop" },
      timestamp: 1_700_000_000_000 + index * 1000,
    });
  }
});

after(() => console_.close());

async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; value: T }> {
  const response = await fetch(`${console_.address}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, value: (text === "" ? undefined : JSON.parse(text)) as T };
}

/** Sends any headers, which `fetch` would not. */
function raw(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: http.OutgoingHttpHeaders;
    readonly body?: string;
  },
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const request = http.request(`${console_.address}${path}`, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The events of a stream, until one is the last that is waited for. */
async function eventsOf<T>(
  path: string,
  kind: string,
  init: RequestInit,
  isLast: (data: T) => boolean,
): Promise<T[]> {
  const response = await fetch(`${console_.address}${path}`, init);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader !== undefined);
  const found: T[] = [];
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return found;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      if (!lines.includes(`event: ${kind}`)) continue;
      const data = JSON.parse(lines.find((line) => line.startsWith("data:"))?.slice(5) ?? "") as T;
      found.push(data);
      if (!isLast(data)) continue;
      await reader.cancel();
      return found;
    }
  }
}

test("pages of messages go back to the first record and forward to the last, each once, in order of time", async () => {
  const seen: number[] = [];
  let query = "limit=25";
  for (;;) {
    const { value } = await ask<MessagePage>("GET", `/api/topics/orders/messages?${query}`);
    seen.unshift(
      ...value.messages.map(
        ({ value: { text } }) => (JSON.parse(text) as { number: number }).number,
      ),
    );
    if (value.older === undefined) break;
    query = `limit=25&before=${value.older}`;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 120 }, (_, index) => index),
  );

  const forwards: number[] = [];
  query = "from=oldest&limit=33";
  for (;;) {
    const { value } = await ask<MessagePage>("GET", `/api/topics/orders/messages?${query}`);
    forwards.push(
      ...value.messages.map(
        ({ value: { text } }) => (JSON.parse(text) as { number: number }).number,
      ),
    );
    if (value.newer === undefined) break;
    query = `limit=33&after=${value.newer}`;
  }
  assert.deepEqual(forwards, seen);
});

test("a search looks into keys, values and headers; a time and an offset begin there", async () => {
  const find = async (query: string) =>
    (await ask<MessagePage>("GET", `/api/topics/orders/messages?${query}`)).value;
  assert.equal((await find("search=NEEDLE")).messages.length, 1);
  assert.equal((await find("search=customer-3&limit=500")).messages.length, 12);
  assert.equal((await find("search=nothing-of-that-kind")).messages.length, 0);
  const [first] = (await find(`from=time:${1_700_000_000_000 + 60_000}&limit=1`)).messages;
  assert.equal(first?.value.text, '{"number":60,"region":"EU"}');
  const { messages } = await find("from=offset:5&partition=0&limit=1");
  assert.deepEqual([messages[0]?.partition, messages[0]?.offset], [0, 5]);
});

test("a message is told whole, with the one of its key before it", async () => {
  const { value: page } = await ask<MessagePage>("GET", "/api/topics/orders/messages?limit=1");
  const { partition, offset } = page.messages[0]!;
  const { value } = await ask<MessageDetail>(
    "GET",
    `/api/topics/orders/messages/${partition}/${offset}`,
  );
  assert.equal(value.message.value.text, '{"number":119,"region":"US"}');
  assert.equal(value.previous?.value.text, '{"number":109,"region":"US"}');
  const missing = await ask<Problem>("GET", "/api/topics/orders/messages/0/100000");
  assert.equal(missing.status, 400);
});

test("the timeline counts every record once", async () => {
  const { value } = await ask<Timeline>("GET", "/api/topics/orders/timeline?buckets=12");
  assert.equal(value.fromMs, 1_700_000_000_000);
  assert.equal(value.toMs, 1_700_000_119_000);
  assert.equal(
    value.counts.reduce((sum, count) => sum + count, 0),
    120,
  );
  assert.ok(Math.max(...value.counts) <= 12);
});

test("topics are made, described, configured, given partitions and deleted", async () => {
  const created = await ask("POST", "/api/topics", {
    name: "made",
    partitions: 2,
    config: { "retention.ms": "1000" },
  });
  assert.equal(created.status, 201);
  const again = await ask<Problem>("POST", "/api/topics", { name: "made" });
  assert.deepEqual([again.status, again.value.code], [409, "TOPIC_ALREADY_EXISTS"]);
  const retention = async () =>
    (await ask<ConfigRow[]>("GET", "/api/topics/made/config")).value.find(
      ({ name }) => name === "retention.ms",
    );
  assert.deepEqual([(await retention())?.value, (await retention())?.source], ["1000", "topic"]);
  await ask("PATCH", "/api/topics/made/config", { changes: { "segment.bytes": "2000000" } });
  const { value: rows } = await ask<ConfigRow[]>("GET", "/api/topics/made/config");
  const segment = rows.find(({ name }) => name === "segment.bytes");
  assert.deepEqual([segment?.value, segment?.defaultValue], ["2000000", "1073741824"]);
  assert.ok(((await retention())?.doc.length ?? 0) > 10);
  const tried = await ask<Problem>("PATCH", "/api/topics/made/config", {
    changes: { "retention.ms": "much" },
    dryRun: true,
  });
  assert.deepEqual([tried.status, tried.value.code], [400, "INVALID_CONFIG"]);
  await ask("PATCH", "/api/topics/made/config", { changes: { "retention.ms": null } });
  assert.equal((await retention())?.source, "default");
  await ask("POST", "/api/topics/made/partitions", { count: 5 });
  const { value: detail } = await ask<TopicDetail>("GET", "/api/topics/made");
  assert.equal(detail.partitionRows.length, 5);
  assert.equal((await ask("DELETE", "/api/topics/made")).status, 200);
  assert.equal((await ask<Problem>("GET", "/api/topics/made")).status, 404);
});

test("what is produced has key, value, headers and place; repeated messages are numbered", async () => {
  await ask("POST", "/api/topics", { name: "written", partitions: 2 });
  const one = await ask("POST", "/api/topics/written/messages", {
    key: "k",
    value: null,
    headers: [{ key: "a", value: "b" }],
    partition: 1,
  });
  assert.equal(one.status, 200);
  const many = await ask<{ count: number }>("POST", "/api/topics/written/messages", {
    key: null,
    value: '{"i":{{i}},"id":"{{uuid}}"}',
    repeat: { count: 20, perSecond: 1000 },
  });
  assert.equal(many.value.count, 20);
  const { value } = await ask<MessagePage>(
    "GET",
    "/api/topics/written/messages?from=oldest&limit=100",
  );
  const tombstone = value.messages.find(({ key }) => key.text === "k");
  assert.deepEqual(
    [tombstone?.partition, tombstone?.value.kind, tombstone?.headers[0]?.value.text],
    [1, "null", "b"],
  );
  const numbers = value.messages
    .filter(({ value: { kind } }) => kind === "json")
    .map((message) => (JSON.parse(message.value.text) as { i: number }).i);
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test("a range is replayed into another topic as it was", async () => {
  const progress = await eventsOf<ReplayProgress>(
    "/api/topics/orders/replay",
    "progress",
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        target: "orders-again",
        from: { timeMs: 1_700_000_100_000 },
        to: "end",
      }),
    },
    ({ done }) => done,
  );
  assert.deepEqual(progress.at(-1), { copied: 20, total: 20, done: true });
  const { value } = await ask<MessagePage>("GET", "/api/topics/orders-again/messages?from=oldest");
  assert.equal(value.messages.length, 20);
  assert.equal(value.messages[0]?.timestamp, 1_700_000_100_000);
  assert.equal(value.messages[0]?.headers[0]?.key, "source");
  const itself = await eventsOf<ReplayProgress>(
    "/api/topics/orders/replay",
    "progress",
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ target: "orders", from: "earliest", to: "end" }),
    },
    ({ done }) => done,
  );
  assert.match(itself.at(-1)?.error ?? "", /into itself/);
});

test("a group is told with its members and verdicts, reset after a dry run, and deleted", async () => {
  const consumer = console_.kafka.consume("orders", { group: "billing", from: "earliest" });
  let read = 0;
  for await (const _record of consumer) if (++read === 120) break;
  const detail = await eventually(
    "a member that reads",
    async () => (await ask<GroupDetail>("GET", "/api/groups/billing")).value,
    ({ memberRows }) => memberRows.length === 1,
  );
  assert.equal(detail.memberRows[0]?.clientId, "shop");
  assert.match(detail.memberRows[0]?.software ?? "", /^moldau /);
  assert.equal(detail.memberRows[0]?.assignment.length, 3);
  const busy = await ask<Problem>("POST", "/api/groups/billing/offsets", {
    to: "earliest",
    dryRun: false,
  });
  assert.equal(busy.status >= 400, true);
  await consumer.close();

  const dry = await ask<OffsetsPlan>("POST", "/api/groups/billing/offsets", {
    to: { shift: -5 },
    dryRun: true,
  });
  assert.equal(dry.value.applied, false);
  assert.ok(dry.value.rows.every(({ before = 0, after }) => after === before - 5));
  const done = await ask<OffsetsPlan>("POST", "/api/groups/billing/offsets", {
    to: "earliest",
    dryRun: false,
  });
  assert.equal(done.value.applied, true);
  const reset = (await ask<GroupDetail>("GET", "/api/groups/billing")).value;
  assert.equal(reset.lag, 120);
  assert.ok(reset.partitionRows.every(({ verdict }) => verdict.kind === "no-member"));
  assert.equal((await ask("DELETE", "/api/groups/billing")).status, 200);
  assert.equal((await ask("GET", "/api/groups/billing")).status, 404);
});

test("live figures begin at once and follow what happens within about a second", async () => {
  const producer = console_.kafka.producer();
  const posting = setInterval(() => producer.post("orders", { value: "x" }), 10);
  const samples = await eventsOf<OverviewSample>(
    "/api/live",
    "overview",
    {},
    ({ inRecords }) => inRecords > 20,
  );
  clearInterval(posting);
  await producer.close();
  const last = samples.at(-1);
  assert.ok((last?.process?.residentBytes ?? 0) > 10_000_000);
  assert.ok((last?.topics ?? 0) >= 2);
  assert.ok(Math.abs((last?.atMs ?? 0) - Date.now()) < 5000);
});

test("the end of a topic is followed", async () => {
  const producer = console_.kafka.producer();
  const posting = setInterval(() => producer.post("orders", { value: "tail me" }), 50);
  const rows = await eventsOf<{ value: { text: string } }[]>(
    "/api/topics/orders/tail",
    "message",
    {},
    () => true,
  );
  clearInterval(posting);
  await producer.close();
  assert.equal(rows[0]?.[0]?.value.text, "tail me");
});

test("metrics are Prometheus text, and the health is told", async () => {
  const { text, headers } = await raw("/metrics", {});
  assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^moldau_topic_partition_end_offset\{topic="orders",partition="0"\} \d+$/m);
  assert.match(text, /^moldau_request_duration_seconds_bucket\{api="Fetch",le="\+Inf"\} \d+$/m);
  assert.match(text, /^moldau_process_resident_bytes \d+$/m);
  for (const line of text.split("\n")) {
    assert.match(line, /^$|^# (?:HELP|TYPE) \w+ .+$|^\w+(?:\{[^}]*\})? [-+.\deE]+(?:Inf|NaN)?$/);
  }
  const health = await raw("/health", {});
  assert.deepEqual([health.status, health.text], [200, '{"status":"ok"}']);
});

test("another site can neither read nor change anything", async () => {
  const host = new URL(console_.address).host;
  const change = (headers: http.OutgoingHttpHeaders, body = '{"name":"evil"}') =>
    raw("/api/topics", { method: "POST", headers, body });
  const json = { "content-type": "application/json" };
  for (const headers of [
    { ...json, origin: "http://evil.example" },
    { ...json, origin: "null" },
    { ...json, "sec-fetch-site": "cross-site" },
    { ...json, "sec-fetch-site": "same-site" },
    { ...json, host: "evil.example" },
  ]) {
    assert.equal((await change(headers)).status, 403, JSON.stringify(headers));
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    assert.equal((await change({ "content-type": type })).status, 415, type);
  }
  assert.equal((await raw("/api/cluster", { headers: { host: "evil.example" } })).status, 403);
  assert.equal(
    (await raw("/api/cluster", { headers: { "sec-fetch-site": "cross-site" } })).status,
    403,
  );
  assert.equal((await raw("/api/cluster", { headers: { host } })).status, 200);
  // Another port of this machine is the same site, and another page all the same.
  const sameSite = { "sec-fetch-site": "same-site" };
  assert.equal((await raw("/api/cluster", { headers: sameSite })).status, 403);
  assert.equal((await raw("/metrics", { headers: sameSite })).status, 403);
  // A link in a chat leads to the page; a frame, or a fetch that says it was one, does not.
  const visit = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  };
  const page = await raw("/", { headers: visit });
  assert.notEqual(page.status, 403);
  assert.match(String(page.headers["content-security-policy"]), /frame-ancestors 'none'/);
  for (const [path, changes] of [
    ["/api/cluster", {}],
    ["/metrics", {}],
    ["/", { "sec-fetch-dest": "iframe" }],
    ["/", { "sec-fetch-mode": "no-cors" }],
  ] as const) {
    assert.equal((await raw(path, { headers: { ...visit, ...changes } })).status, 403, path);
  }
  const posted = await raw("/", { method: "POST", headers: { ...visit, ...json }, body: "{}" });
  assert.equal(posted.status, 403);
  const rebound = { host: `console.evil.example:${new URL(console_.address).port}` };
  assert.equal((await raw("/", { headers: rebound })).status, 403);
  const topics = await console_.kafka.admin.listTopics();
  assert.ok(topics.every(({ name }) => name !== "evil"));
});

test("requests that make no sense are refused with a reason, and large ones before they are read", async () => {
  for (const path of [
    "/api/topics/orders/messages?from=yesterday",
    "/api/topics/orders/messages?partition=x",
    "/api/topics/orders/messages?before=1",
    "/api/topics/orders/messages/0/-1",
  ]) {
    const { status, value } = await ask<Problem>("GET", path);
    assert.deepEqual([status, value.code], [400, "BAD_REQUEST"], path);
  }
  for (const body of ["[]", "{", '"x"', "{}", '{"name":7}']) {
    const answer = await raw("/api/topics", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    assert.equal(answer.status, 400, body);
  }
  const large = await new Promise<{ readonly status: number }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": 3_000_000 };
    const request = http.request(
      `${console_.address}/api/topics`,
      { method: "POST", headers },
      (response) => {
        resolve({ status: response.statusCode ?? 0 });
        request.destroy();
      },
    );
    request.on("error", reject);
    request.write("{");
  });
  assert.equal(large.status, 413);
  assert.equal((await raw("/api/nothing", {})).status, 404);
  assert.equal((await raw("/../package.json", {})).status, 404);
  assert.equal((await raw("/assets/..%2f..%2fpackage.json", {})).status, 404);
  assert.deepEqual(console_.errors, []);
});

test("streams of events are bounded, and one that is closed makes room", async () => {
  const streams = new OpenStreams(2);
  const aborts = [new AbortController(), new AbortController()];
  const open = ({ signal }: AbortController): Promise<unknown> => {
    const stream = streams.open();
    const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
    stream.events(() => ended.then(() => undefined));
    return ended;
  };
  for (const abort of aborts) void open(abort);
  assert.throws(() => streams.open(), { code: "TOO_MANY_STREAMS", retriable: true });
  aborts[0]?.abort();
  await eventually(
    "room for one more",
    async () => streams.count,
    (count) => count === 1,
  );
  void open(new AbortController());
});

test("pages that are closed leave nothing open", async () => {
  const aborts = Array.from({ length: 40 }, () => new AbortController());
  const connections = async (): Promise<number> => {
    const [sample] = await eventsOf<OverviewSample>("/api/live", "overview", {}, () => true);
    return sample?.process?.connections ?? 0;
  };
  const before_ = await connections();
  const bodies = await Promise.all(
    aborts.map(async ({ signal }, index) => {
      const path = ["/api/live", "/api/flow", "/api/topics/orders/tail"][index % 3] ?? "";
      const response = await fetch(`${console_.address}${path}`, { signal });
      assert.equal(response.status, 200);
      return response;
    }),
  );
  assert.equal(bodies.length, aborts.length);
  for (const abort of aborts) abort.abort();
  await eventually("as many clients as before", connections, (now) => now <= before_);
});

test("a console of any Kafka does without what only a broker knows", async () => {
  const other = await startConsole(false);
  try {
    const response = await fetch(`${other.address}/api/cluster`);
    const cluster = (await response.json()) as { product: string; startedMs?: number };
    assert.deepEqual([cluster.product, cluster.startedMs], ["other", undefined]);
    const metrics = await (await fetch(`${other.address}/metrics`)).text();
    assert.doesNotMatch(metrics, /moldau_process/);
  } finally {
    await other.close();
  }
});
