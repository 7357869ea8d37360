/** The console is asked for nonsense: it says no with a reason, and goes on. */
import assert from "node:assert/strict";
import * as http from "node:http";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const RUNS = 120;
/** A stream of events is left after so long; that it was begun is enough. */
const STREAM_MS = 300;

let console_: ConsoleUnderTest;
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

before(async () => {
  console_ = await startConsole();
  await console_.kafka.admin.createTopic({ name: "orders", partitions: 2 });
  const producer = console_.kafka.producer();
  await producer.send("orders", { key: "k", value: "v" });
  await producer.close();
  const consumer = console_.kafka.consume("orders", { group: "billing", until: "end" });
  for await (const _record of consumer);
  await consumer.close();
});

after(async () => {
  agent.destroy();
  await console_.close();
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}

function ask({
  method,
  path,
  body,
  headers = {},
}: Asked): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(console_.address);
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const request = http.request(
      { hostname, port, method, path, agent, headers: { ...json, ...headers } },
      (response) => {
        let text = "";
        const done = (): void => resolve({ status: response.statusCode ?? 0, text });
        const isStream = response.headers["content-type"]?.startsWith("text/event-stream") === true;
        if (isStream) setTimeout(() => request.destroy(), STREAM_MS);
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", done);
        response.on("error", done);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** Says yes, or no with a reason; never that it failed. */
async function isSound(asked: Asked): Promise<void> {
  const { status, text } = await ask(asked);
  const what = `${asked.method} ${asked.path} ${asked.body ?? ""} → ${status} ${text.slice(0, 300)}`;
  assert.notEqual(status, 500, what);
  assert.ok(status >= 200 && status < 600, what);
  // Dots of a path are resolved before it is looked at: `/api/..` is the page.
  const isOfApi = new URL(asked.path, console_.address).pathname.startsWith("/api/");
  if (status >= 400 && isOfApi) {
    const { code, message } = JSON.parse(text) as { code: unknown; message: unknown };
    assert.equal(typeof code, "string", what);
    assert.equal(typeof message, "string", what);
  }
  assert.deepEqual(console_.errors.splice(0), [], what);
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    "",
    "x",
    "orders",
    "billing",
    "__proto__",
    "constructor",
    "\u0000",
    "a".repeat(300),
    "😀",
    -1,
    0,
    1,
    1.5,
    -1e308,
    1e308,
    2 ** 53,
    2 ** 31,
    [],
    {},
    [[]],
    [null],
    { toString: 1 },
    { length: -1 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const changes = fc.oneof(
  odd,
  fc.dictionary(fc.constantFrom("retention.ms", "x", "__proto__"), odd),
);
const place = fc.oneof(
  odd,
  fc.record({ offset: odd }),
  fc.record({ timeMs: odd }),
  fc.record({ shift: odd }),
  fc.record({
    offsets: fc.array(fc.oneof(odd, fc.record({ topic: odd, partition: odd, offset: odd })), {
      maxLength: 3,
    }),
  }),
  fc.constantFrom("earliest", "latest", "end"),
);
const name = fc.constantFrom(
  "orders",
  "billing",
  "nowhere",
  "",
  ".",
  "..",
  "%2e%2e",
  "%00",
  "a%2Fb",
  "%F0%9F%98%80",
  "%E0%A4%A",
  "x".repeat(300),
  "__consumer_offsets",
);

function bodyOf(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<string> {
  const record = fc.record(fields, { requiredKeys: [] });
  const broken = fc.constantFrom("", "{", "[", "null", "7", '"x"', '{"a":', "\u0000");
  return fc.oneof(
    { arbitrary: record.map((value) => JSON.stringify(value)), weight: 9 },
    { arbitrary: broken, weight: 1 },
  );
}

const bodies: Readonly<
  Record<
    string,
    readonly [method: string, path: (word: string) => string, body: fc.Arbitrary<string>]
  >
> = {
  "a new topic": [
    "POST",
    () => "/api/topics",
    bodyOf({ name: odd, partitions: odd, replicationFactor: odd, config: changes }),
  ],
  "more partitions": ["POST", (word) => `/api/topics/${word}/partitions`, bodyOf({ count: odd })],
  "settings of a topic": [
    "PATCH",
    (word) => `/api/topics/${word}/config`,
    bodyOf({ changes, dryRun: odd }),
  ],
  "settings of a broker": [
    "PATCH",
    (word) => `/api/brokers/${word}/config`,
    bodyOf({ changes, dryRun: odd }),
  ],
  "settings of a group": [
    "PATCH",
    (word) => `/api/groups/${word}/config`,
    bodyOf({ changes, dryRun: odd }),
  ],
  "a message": [
    "POST",
    (word) => `/api/topics/${word}/messages`,
    bodyOf({
      key: odd,
      value: odd,
      headers: changes,
      partition: odd,
      encoding: odd,
      repeat: fc.oneof(
        odd,
        fc.record({ count: fc.constantFrom(1, 3, -1, "x", null), perSecond: odd }),
      ),
    }),
  ],
  "a replay": [
    "POST",
    (word) => `/api/topics/${word}/replay`,
    bodyOf({ target: odd, partition: odd, from: place, to: place, perSecond: odd }),
  ],
  "a reset of offsets": [
    "POST",
    (word) => `/api/groups/${word}/offsets`,
    bodyOf({
      to: place,
      dryRun: odd,
      topics: fc.oneof(odd, fc.array(fc.record({ topic: odd, partitions: odd }), { maxLength: 2 })),
    }),
  ],
};

for (const [what, [method, path, body]] of Object.entries(bodies)) {
  test(`${what}: whatever the request holds, it is answered`, async () => {
    await fc.assert(
      fc.asyncProperty(name, body, (word, text) =>
        isSound({ method, path: path(word), body: text }),
      ),
      { numRuns: RUNS },
    );
  });
}

test("whatever a path and its query hold, they are answered", async () => {
  const paths = fc
    .tuple(
      fc.constantFrom(
        ...[
          "",
          "/messages",
          "/messages/0/0",
          "/timeline",
          "/tail",
          "/config",
          "/messages.ndjson",
        ].map((end) => (word: string) => `/api/topics/${word}${end}`),
        ...["", "/history", "/config"].map((end) => (word: string) => `/api/groups/${word}${end}`),
        (word: string) => `/api/topics/orders/messages/${word}/${word}`,
        (word: string) => `/api/brokers/${word}/config`,
        (word: string) => `/api/${word}`,
        (word: string) => `/${word}`,
        (word: string) => `/assets/${word}`,
      ),
      name,
      fc.dictionary(
        fc.constantFrom("from", "partition", "limit", "search", "before", "after", "buckets"),
        fc.oneof(
          fc.constantFrom(
            "newest",
            "oldest",
            "offset:0",
            "offset:-1",
            "offset:1e9",
            "time:0",
            "0:0,1:1",
            "0:9007199254740993",
            "",
            "0",
            "-1",
            "99999999999999999999",
          ),
          fc.string({ maxLength: 12 }),
        ),
      ),
    )
    .map(([path, word, query]) => `${path(word)}?${new URLSearchParams(query).toString()}`);
  await fc.assert(
    fc.asyncProperty(paths, (path) => isSound({ method: "GET", path })),
    { numRuns: 4 * RUNS },
  );
});

test("whatever headers say, no site but its own is served", async () => {
  const headers = fc.record(
    {
      host: fc.constantFrom(
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "[::1",
        "localhost:99999",
        "\u00e9",
      ),
      origin: fc.constantFrom("http://evil.example", "null", "http://localhost", "file://"),
      "sec-fetch-site": fc.constantFrom("cross-site", "same-site", "none", "same-origin", "x"),
      "content-type": fc.constantFrom("text/plain", "application/json; x", "application/jsonx", ""),
      "content-length": fc.constant("2"),
    },
    { requiredKeys: [] },
  );
  const before_ = await console_.kafka.admin.listTopics();
  await fc.assert(
    fc.asyncProperty(headers, async (given) => {
      const asked = { method: "POST", path: "/api/topics", body: "{}", headers: given };
      const { status } = await ask(asked).catch(() => ({ status: 400 }));
      assert.ok(status >= 400 && status < 500, JSON.stringify(given));
    }),
    { numRuns: RUNS },
  );
  assert.equal((await console_.kafka.admin.listTopics()).length, before_.length);
});

test("after all of it the console and its broker are as they were", async () => {
  assert.equal((await ask({ method: "GET", path: "/health" })).status, 200);
  assert.equal((await ask({ method: "GET", path: "/api/cluster" })).status, 200);
  assert.deepEqual(console_.errors, []);
});
