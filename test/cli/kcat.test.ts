import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { skipOnMoldau, uniqueName } from "../client/target.ts";
import { which } from "../interop/cache.ts";
import { run } from "../interop/processes.ts";
import { scratchFolder } from "./moldau.ts";
import { Session } from "./session.ts";

// The table in docs/command-line.md, row by row: what kcat does, and what stands beside it.

const kcat = which("kcat") ?? which("kafkacat");
const options = { skip: kcat === undefined && "there is no kcat" };
const scratch = scratchFolder();
let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(async () => {
  await moldau.close();
  scratch.remove();
});

async function runKcat(args: readonly string[], input = ""): Promise<string> {
  const all = ["-b", moldau.target.bootstrap, "-q", ...args];
  const outcome = await run(kcat ?? "kcat", all, { input, timeoutMs: 30_000 });
  assert.equal(outcome.code, 0, `kcat ${args.join(" ")}\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}

function file(name: string, text: string): string {
  const path = join(scratch.path, name);
  fs.writeFileSync(path, text);
  return path;
}

interface Sending {
  readonly kcat: readonly string[];
  readonly moldau: readonly string[];
  readonly input?: string;
}

const first = file("first.txt", "1\n2\n");
const second = file("second.txt", "3\n");
const sendings: readonly Sending[] = [
  { kcat: [], moldau: [], input: "1\n2\n" },
  { kcat: ["-K", ":"], moldau: ["-K", ":"], input: "a:1\nb:2:3\n" },
  { kcat: ["-K", "\\t"], moldau: ["-K", "\\t"], input: "a\t1\nb\t2\n" },
  { kcat: ["-k", "fixed"], moldau: ["-k", "fixed"], input: "1\n2\n" },
  { kcat: ["-k", "x", "-K", ":"], moldau: ["-k", "x", "-K", ":"], input: "a:1\n2\n" },
  { kcat: ["-D", ";"], moldau: ["-D", ";"], input: "1;2" },
  { kcat: ["-Z", "-K", ":"], moldau: ["-Z", "-K", ":"], input: "a:\nb:2\n" },
  { kcat: ["-H", "a=1", "-H", "b=2"], moldau: ["-H", "a=1", "-H", "b=2"], input: "1\n" },
  { kcat: ["-p", "1"], moldau: ["-p", "1"], input: "1\n2\n" },
  { kcat: ["-z", "gzip"], moldau: ["-z", "gzip"], input: "1\n2\n" },
  { kcat: ["-c", "1"], moldau: ["-n", "1"], input: "1\n2\n" },
  { kcat: ["-l", first], moldau: ["-l", first] },
  { kcat: [first, second], moldau: ["-f", "whole", "-l", first, "-l", second] },
  { kcat: ["-X", "acks=1"], moldau: ["-a", "1"], input: "1\n" },
  { kcat: ["-X", "linger.ms=1"], moldau: ["-X", "linger.ms=1"], input: "1\n" },
];

test("-P: produce", options, async () => {
  for (const { kcat: theirs, moldau: ours, input = "" } of sendings) {
    const theirTopic = await moldau.topic(2);
    const ourTopic = await moldau.topic(2);
    const theirOutput = await runKcat(["-P", "-t", theirTopic, ...theirs], input);
    const ourOutput = await moldau.ok(["produce", ourTopic, ...ours], { input });
    assert.equal(ourOutput, theirOutput, theirs.join(" "));
    assert.deepEqual(
      await contentOf(ourTopic, ours.includes("-p")),
      await contentOf(theirTopic, ours.includes("-p")),
      theirs.join(" "),
    );
  }
});

/** The records of a topic without where and when they are; partitions are chosen at random without a key. */
async function contentOf(topic: string, withPartition: boolean): Promise<unknown[]> {
  const records = await moldau.lines(["consume", topic, "-e"]);
  return records
    .map(({ key, value, headers, partition }) => ({
      key,
      value,
      headers,
      ...(withPartition ? { partition } : {}),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test("-P -X transactional.id: produce --transactional-id", options, async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const topic = await moldau.topic(1);
  const id = uniqueName("kcat");
  await runKcat(["-P", "-t", topic, "-X", `transactional.id=${id}`], "1\n2\n");
  await moldau.ok(["produce", topic, "--transactional-id", id], { input: "3\n4\n" });
  assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "1\n2\n3\n4\n");
});

const everything = "%t %p %o %k %s %S %K %T %h\\n";
const readings: readonly (readonly [kcat: readonly string[], moldau: readonly string[]])[] = [
  [[], ["-o", "raw"]],
  [
    ["-o", "beginning"],
    ["-o", "raw", "--from", "beginning"],
  ],
  [
    ["-o", "3"],
    ["-o", "raw", "--from", "3"],
  ],
  [
    ["-o", "-2"],
    ["-o", "raw", "--from", "-2"],
  ],
  [
    ["-o", "s@3000"],
    ["-o", "raw", "--from", "s@3000"],
  ],
  [
    ["-o", "s@2000", "-o", "e@4000"],
    ["-o", "raw", "--from", "s@2000", "--until", "e@4000"],
  ],
  [
    ["-o", "end"],
    ["-o", "raw", "--from", "end"],
  ],
  [
    ["-c", "2"],
    ["-o", "raw", "-n", "2"],
  ],
  [
    ["-p", "0"],
    ["-o", "raw", "-p", "0"],
  ],
  [
    ["-f", everything],
    ["-f", everything],
  ],
  [
    ["-f", everything],
    ["-t", everything],
  ],
  [
    ["-f", "%R%s"],
    ["-t", "%R%s\\c"],
  ],
  [
    ["-K", ":"],
    ["-t", "%k:%v"],
  ],
  [
    ["-D", ";"],
    ["-t", "%v;\\c"],
  ],
];

test("-C: consume", options, async () => {
  const topic = await moldau.topic(1);
  const records = [
    { key: "a", value: "one", timestamp: 1000, headers: [{ key: "h", value: "1" }] },
    { key: "b", value: "two", timestamp: 2000 },
    { key: "c", value: "", timestamp: 3000 },
    { key: null, value: "four", timestamp: 4000 },
    { key: "e", value: null, timestamp: 5000 },
  ];
  const input = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  await moldau.ok(["produce", topic, "-f", "ndjson"], { input });
  for (const [theirs, ours] of readings) {
    const theirOutput = await runKcat(["-C", "-t", topic, "-e", ...theirs]);
    const ourOutput = await moldau.ok(["consume", topic, "-e", ...ours]);
    assert.equal(ourOutput, theirOutput, theirs.join(" "));
  }
  // -J: the same things under other names.
  const envelopes = (await runKcat(["-C", "-t", topic, "-e", "-J"]))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const own = await moldau.lines(["consume", topic, "-e"]);
  assert.deepEqual(
    own.map((record) =>
      ["topic", "partition", "offset", "timestamp", "key", "value"].map((name) => record[name]),
    ),
    envelopes.map((record) =>
      ["topic", "partition", "offset", "ts", "key", "payload"].map((name) => record[name]),
    ),
  );
});

test("-s: consume --decode", options, async () => {
  const topic = await moldau.topic(1);
  const input = `{"keyBase64":"AAAAKg==","valueBase64":"//////////4="}\n`;
  await moldau.ok(["produce", topic, "-f", "ndjson"], { input });
  const format = "%k %s\\n";
  const cases: readonly (readonly [kcat: string, ...moldau: string[]][])[] = [
    [
      ["key=>i", "key=int32"],
      ["value=>q", "value=int64"],
    ],
    [
      ["key=i", "key=i"],
      ["value=q$", "value=q$"],
    ],
  ];
  for (const [[keySerdes, ...key] = [""], [valueSerdes, ...value] = [""]] of cases) {
    const theirs = ["-C", "-t", topic, "-e", "-f", format, "-s", keySerdes, "-s", valueSerdes];
    const expected = await runKcat(theirs);
    const flags = [...key, ...value].flatMap((type) => ["-d", type]);
    assert.equal(await moldau.ok(["consume", topic, "-e", "-t", format, ...flags]), expected);
    const asTheirs = ["-f", format, "-s", keySerdes, "-s", valueSerdes];
    assert.equal(await moldau.ok(["consume", topic, "-e", ...asTheirs]), expected);
  }
});

test("-Q: topic offsets", options, async () => {
  const topic = await moldau.topic(2);
  const input = [1000, 2000, 3000].map((timestamp) => JSON.stringify({ value: "v", timestamp }));
  await moldau.ok(["produce", topic, "-f", "ndjson", "-p", "0"], { input: input.join("\n") });
  for (const timestamp of [1500, 2000]) {
    const theirs = await runKcat(["-Q", "-t", `${topic}:0:${timestamp}`]);
    const [row] = await moldau.lines(["topic", "offsets", `${topic}:0`, "--at", `s@${timestamp}`]);
    assert.equal(theirs.trim(), `${topic} [0] offset ${String(row?.["offset"])}`);
  }
});

test("-L: cluster describe, topic list, topic describe", options, async () => {
  const topic = await moldau.topic(3);
  const theirs = JSON.parse(await runKcat(["-L", "-J", "-t", topic])) as {
    brokers: { id: number; name: string }[];
    topics: { partitions: { partition: number; leader: number }[] }[];
  };
  const [cluster] = await moldau.lines(["cluster", "describe"]);
  const brokers = cluster?.["brokers"] as { id: number; host: string; port: number }[];
  assert.deepEqual(
    brokers.map(({ id, host, port }) => ({ id, name: `${host}:${port}` })),
    theirs.brokers,
  );
  const [described] = await moldau.lines(["topic", "describe", topic]);
  const partitions = described?.["partitions"] as { partition: number; leader: number }[];
  assert.deepEqual(
    partitions.map(({ partition, leader }) => ({ partition, leader })),
    theirs.topics[0]?.partitions.map(({ partition, leader }) => ({ partition, leader })),
  );
});

test("-G: consume --group", options, async () => {
  const topic = await moldau.topic(1, ["1", "2"]);
  const group = uniqueName("kcat");
  const start = ["-X", "auto.offset.reset=earliest"];
  assert.equal(await runKcat([...start, "-e", "-G", group, topic]), "1\n2\n");
  await moldau.ok(["produce", topic, "3", "4"]);
  assert.equal(await moldau.ok(["consume", topic, "-g", group, "-e", "-o", "raw"]), "3\n4\n");
  assert.equal(await runKcat([...start, "-e", "-G", group, topic]), "");
});
