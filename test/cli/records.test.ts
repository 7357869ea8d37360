import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { uniqueName } from "../client/target.ts";
import { jsonLines, scratchFolder } from "./moldau.ts";
import { differencesIn, Session } from "./session.ts";

const scratch = scratchFolder();
let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(async () => {
  await moldau.close();
  scratch.remove();
});

/** A file of these tests with a text in it. */
function file(name: string, text: string): string {
  const path = join(scratch.path, name);
  fs.writeFileSync(path, text);
  return path;
}

test("lines go in and come out, with keys, headers and every codec", async () => {
  const topic = await moldau.topic(1);
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    const args = ["produce", topic, "-K", "\\t", "-H", `codec=${codec}`, "-z", codec];
    assert.equal(await moldau.ok(args, { input: `k1\t${codec} one\nk2\t${codec} two` }), "");
  }
  const raw = await moldau.ok(["consume", topic, "-e", "-o", "raw"]);
  assert.match(raw, /^none one\nnone two\ngzip one\n/);
  assert.equal(raw.split("\n").length, 11);
  const [eighth] = await moldau.lines(["consume", topic, "--from", "-2", "-e"]);
  const { offset, key, value, headers } = eighth ?? {};
  assert.deepEqual(
    [offset, key, value, headers],
    [8, "k1", "zstd one", [{ key: "codec", value: "zstd" }]],
  );
  const template = [
    "consume",
    topic,
    "-n",
    "2",
    "--from",
    "4",
    "-t",
    "%p/%o %k=%v %{header:codec}",
  ];
  assert.equal(await moldau.ok(template), "0/4 k1=snappy one snappy\n0/5 k2=snappy two snappy\n");
});

test("what consume prints as ndjson, produce takes: bytes, nulls, times and headers survive", async () => {
  const [from, to] = [await moldau.topic(), await moldau.topic()];
  const input = [
    { key: "k", value: null, timestamp: 1_700_000_000_000 },
    { keyBase64: "/wA=", value: "ä\n\u0000", headers: [{ key: "h", valueBase64: "/w==" }] },
    { value: "", headers: [{ key: "n", value: null }] },
  ];
  await moldau.ok(["produce", from, "-f", "ndjson"], {
    input: input.map((one) => JSON.stringify(one)).join("\n"),
  });
  const first = await moldau.ok(["consume", from, "-e", "-o", "ndjson"]);
  await moldau.ok(["produce", to, "-f", "ndjson"], { input: first });
  const second = await moldau.ok(["consume", to, "-e", "-o", "ndjson"]);
  const without = (lines: string) => jsonLines(lines).map(({ topic: _topic, ...rest }) => rest);
  assert.deepEqual(without(second), without(first));
  assert.deepEqual(without(first)[0], {
    partition: 0,
    offset: 0,
    timestamp: 1_700_000_000_000,
    key: "k",
    value: null,
    headers: [],
  });
  assert.equal(without(first)[1]?.["keyBase64"], "/wA=");
  assert.match(
    await moldau.fails(["produce", to, "-f", "ndjson"], 2, { input: "{}\n{oops" }),
    /line 2/,
  );
});

test("produce: values as arguments, files, fixed parts, where each went", async () => {
  const topic = await moldau.topic(3);
  const sent = await moldau.lines([
    "produce",
    topic,
    "a",
    "b",
    "-p",
    "1",
    "--timestamp",
    "2026-01-31T12:00Z",
  ]);
  const where = sent.map(({ partition, offset, timestamp }) => [partition, offset, timestamp]);
  assert.deepEqual(where, [
    [1, 0, Date.UTC(2026, 0, 31, 12)],
    [1, 1, Date.UTC(2026, 0, 31, 12)],
  ]);
  const path = file("lines.txt", "1;2;3;");
  await moldau.ok(["produce", topic, "-l", path, "-D", ";", "-p", "2"]);
  await moldau.ok(["produce", topic, "-f", "whole", "-l", path, "-p", "2", "-k", "file"]);
  assert.equal(
    await moldau.ok(["consume", topic, "-e", "-p", "2", "-t", "%k|%v"]),
    "|1\n|2\n|3\nfile|1;2;3;\n",
  );
  assert.equal(await moldau.ok(["produce", topic, "-T", "tee", "-p", "0"]), "tee\n");
  assert.equal((await moldau.lines(["produce", topic, "-n", "1", "x", "y", "-p", "0"])).length, 1);
  const dry = await moldau.run(["produce", topic, "a", "b", "--dry-run"]);
  assert.equal(dry.stderr, `would send 2 records to ${topic}, 2 bytes of keys and values\n`);
  await moldau.fails(["produce", topic, "-l", join(scratch.path, "none")], 3);
  await moldau.fails(["produce", uniqueName("nowhere"), "x"], 3);
  await moldau.fails(["produce", topic, "x", "-a", "2"], 2);
});

test("produce: tombstones, empty values and markers that mean null, a topic that is made on the way", async () => {
  const topic = await moldau.topic();
  await moldau.ok(["produce", topic, "-k", "gone", "--tombstone"]);
  await moldau.ok(["produce", topic, "-K", "=", "-Z"], { input: "a=\n=b\n" });
  await moldau.ok(["produce", topic, "--null", "NULL", "NULL", ""]);
  const records = await moldau.lines(["consume", topic, "-e"]);
  assert.deepEqual(
    records.map(({ key, value }) => [key, value]),
    [
      ["gone", null],
      ["a", null],
      [null, "b"],
      [null, null],
      [null, ""],
    ],
  );
  await moldau.fails(["produce", topic, "--tombstone"], 2);
});

test("numbers are written and read as numbers", async () => {
  const topic = await moldau.topic();
  const encode = ["--encode", "key=int64", "--encode", "value=float32"];
  await moldau.ok(["produce", topic, "-K", ":", ...encode], { input: "7:0.5\n-1:2\n" });
  const decode = ["consume", topic, "-e", "-d", "key=int64", "-d", "value=float32"];
  const records = await moldau.lines(decode);
  assert.deepEqual(
    records.map(({ key, value }) => [key, value]),
    [
      [7, 0.5],
      [-1, 2],
    ],
  );
  assert.equal(await moldau.ok([...decode, "-t", "%k:%v"]), "7:0.5\n-1:2\n");
  assert.equal(await moldau.ok(["consume", topic, "-e", "-s", "key=>q$", "-t", "%k"]), "7\n-1\n");
  const [wrong] = await moldau.lines(["consume", topic, "-n", "1", "-d", "int32"]);
  assert.equal(wrong?.["keyError"], "int32 has 4 bytes, not 8");
  assert.equal(wrong?.["keyBase64"], "AAAAAAAAAAc=");
  assert.match(
    await moldau.fails(["produce", topic, "--encode", "int8", "many"], 2),
    /"many" is no whole number/,
  );
  assert.match(await moldau.fails(["consume", topic, "-d", "int31"], 2), /did you mean: int32/);
});

test("a place says where to begin, and another where to stop", async () => {
  const topic = await moldau.topic();
  const lines = [1000, 2000, 3000, 4000].map((timestamp) =>
    JSON.stringify({ value: `at ${timestamp}`, timestamp }),
  );
  await moldau.ok(["produce", topic, "-f", "ndjson"], { input: lines.join("\n") });
  const read = async (...args: string[]): Promise<string> =>
    (await moldau.ok(["consume", topic, "-e", "-o", "raw", ...args]))
      .replaceAll("at ", "")
      .replaceAll("\n", " ");
  assert.equal(await read("--from", "1970-01-01T00:00:02Z"), "2000 3000 4000 ");
  assert.equal(await read("--from", "s@3000"), "3000 4000 ");
  assert.equal(await read("--from", "2"), "3000 4000 ");
  assert.equal(await read("--from", "-1"), "4000 ");
  assert.equal(await read("--from", "latest"), "");
  assert.equal(await read("--from", "15m"), "");
  assert.equal(await read("--until", "2"), "1000 2000 ");
  assert.equal(await read("--until", "e@4000", "--from", "1"), "2000 3000 ");
  assert.equal(await read("--until", "-1"), "1000 2000 3000 ");
  assert.equal((await moldau.run(["consume", topic, "-e", "--from", "99"])).code, 1);
  assert.match(
    await moldau.fails(["consume", topic, "--from", "soon"], 2),
    /--from does not understand "soon"/,
  );
});

test("records are found by what is in them", async () => {
  const topic = await moldau.topic();
  await moldau.ok(["produce", topic, "-K", ":", "-H", "kind=fruit"], {
    input: "1:apple\n2:banana\n3:cherry\n",
  });
  const found = async (...args: string[]): Promise<string> =>
    moldau.ok(["consume", topic, "-e", "-t", "%v", ...args]);
  assert.equal(await found("--grep", "an|err"), "banana\ncherry\n");
  assert.equal(await found("--grep", "fruit"), "apple\nbanana\ncherry\n");
  assert.equal(await found("--key-is", "2"), "banana\n");
  assert.equal(await found("--grep", "an|err", "-n", "1"), "banana\n");
  await moldau.fails(["consume", topic, "--grep", "("], 2);
});

test("every format of a record", async () => {
  const topic = await moldau.topic(1);
  await moldau.ok(["produce", topic, "-k", "k", "-H", "h=1", 'say "hi"']);
  const print = (...args: string[]): Promise<string> =>
    moldau.ok(["consume", topic, "-e", "-o", ...args]);
  assert.match(await print("table"), /^0@0 {5}\d\d:\d\d:\d\d\.\d{3} {2}k → say "hi" {2}\[h=1\]\n$/);
  assert.match(await print("wide"), new RegExp(`^${topic}-0@0 {2}\\d{4}-.*Z {2}k → `));
  const [json] = JSON.parse(await print("json")) as Record<string, unknown>[];
  assert.equal(json?.["value"], 'say "hi"');
  assert.match(await print("yaml"), new RegExp(`^- topic: ${topic}\n {2}partition: 0\n`));
  assert.match(
    await print("csv"),
    new RegExp(`^topic,.*,headers\r\n${topic},0,0,\\d+,k,"say ""hi""",h=1\r\n$`),
  );
  assert.equal(await print("id"), `${topic}-0@0\n`);
  assert.equal(await print("raw"), 'say "hi"\n');
  assert.equal(await moldau.ok(["consume", topic, "-e", "-f", "%k %s\\n"]), 'k say "hi"\n');
});

test("tail shows the newest of all partitions in the order of their times", async () => {
  const topic = await moldau.topic(3);
  const lines = Array.from({ length: 12 }, (_, index) => ({
    value: String(index),
    timestamp: 1000 + index,
  }));
  for (const [index, line] of lines.entries()) {
    await moldau.ok(["produce", topic, "-f", "ndjson", "-p", String(index % 3)], {
      input: JSON.stringify(line),
    });
  }
  const last = await moldau.ok(["tail", topic, "-e", "-o", "raw"]);
  assert.equal(last, "2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
  const three = await moldau.ok(["tail", topic, "--from", "-3", "-e", "-o", "raw"]);
  assert.equal(three, "9\n10\n11\n");
  const found = await moldau.ok(["tail", "-r", `${topic}|none`, "-e", "-n", "2", "-o", "id"]);
  assert.equal(found.split("\n").length, 3);
});

test("replay copies records with their times, to topics and files and back", async () => {
  const source = await moldau.topic(2);
  const lines = [1, 2, 3].map((number) =>
    JSON.stringify({
      key: `k${number}`,
      value: `v${number}`,
      timestamp: number * 1000,
      headers: [{ key: "n", value: String(number) }],
    }),
  );
  await moldau.ok(["produce", source, "-f", "ndjson"], { input: lines.join("\n") });
  const copy = uniqueName("copy");
  const shown = async (topic: string): Promise<string> =>
    (await moldau.ok(["consume", topic, "-e", "-t", "%k %v %T %h"])).split("\n").sort().join("\n");
  await moldau.fails(["replay", source, copy], 3);
  const [done] = await moldau.lines(["replay", source, copy, "--create"]);
  assert.deepEqual(differencesIn(done), ["records null>+3"]);
  assert.equal(await shown(copy), await shown(source));
  assert.equal((await moldau.lines(["topic", "list", copy]))[0]?.["partitions"], 2);
  const [plan] = await moldau.lines(["replay", source, copy, "--grep", "v2", "--dry-run"]);
  assert.deepEqual(differencesIn(plan), ["records null>1"]);
  const path = join(scratch.path, "records.ndjson");
  const told = await moldau.run(["replay", source, "--to-file", path, "-n", "2"]);
  assert.equal(told.stderr, `wrote 2 records of ${source} to ${path}\n`);
  assert.equal(fs.readFileSync(path, "utf8").split("\n").length, 3);
  const back = await moldau.topic();
  await moldau.ok(["replay", "--from-file", path, back]);
  assert.equal((await moldau.lines(["consume", back, "-e"])).length, 2);
  const ownEnd = await moldau.lines(["replay", back, back]);
  assert.deepEqual(differencesIn(ownEnd[0]), ["records null>+2"]);
  await moldau.fails(["replay", source], 2);
});

test("record delete: up to an offset, a time, or all but the last", async () => {
  const topic = await moldau.topic(2, ["a", "b", "c", "d"]);
  const [plan, other] = await moldau.lines([
    "record",
    "delete",
    topic,
    "--before",
    "2",
    "--dry-run",
  ]);
  assert.deepEqual(differencesIn(plan), ["first offset 0>2", "records up to 2>null"]);
  assert.equal(other?.["result"], "unchanged");
  await moldau.fails(["record", "delete", topic, "--before", "2"], 2);
  await moldau.ok(["record", "delete", `${topic}:0`, "--before", "2", "-y"]);
  assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "c\nd\n");
  await moldau.ok(["record", "delete", `${topic}:0`, "--before", "-1", "-y"]);
  assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "d\n");
  const json = file(
    "delete.json",
    JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: -1 }] }),
  );
  await moldau.ok(["record", "delete", topic, "--offset-json-file", json, "-y"]);
  assert.equal(await moldau.ok(["consume", topic, "-e", "-o", "raw"]), "");
  await moldau.fails(["record", "delete", `${topic}:7`, "--before", "2", "-y"], 2);
});

test("record produce and record consume are the same as without the noun", async () => {
  const topic = await moldau.topic();
  await moldau.ok(["record", "produce", topic, "x"]);
  assert.equal(await moldau.ok(["record", "consume", topic, "-e", "-o", "raw"]), "x\n");
});
