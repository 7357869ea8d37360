import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { banner, type NodeFacts } from "./banner.ts";

const facts: NodeFacts = {
  version: "0.1.0",
  pid: 1,
  clusterId: "5L6g3nShT-eMCtK--X86sw",
  nodeId: 1,
  dataDirectories: ["/data"],
  isTemporary: false,
  bootstrap: [{ host: "127.0.0.1", port: 9092 }],
  readyMs: 62,
};

function bannerFor(changes: Partial<NodeFacts>, env: Record<string, string> = {}): string {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  return banner({ stdin, stdout, stderr, env }, { ...facts, ...changes });
}

test("the banner has at most twelve lines, with address, data and what to do next", () => {
  const text = bannerFor({});
  assert.ok(text.split("\n").length <= 13);
  assert.match(text, /ready in 62 ms \(process start → first request\)/);
  assert.match(text, /clients +127\.0\.0\.1:9092 {2}from this machine/);
  assert.match(text, /data +\/data/);
  assert.match(text, /echo hello \| moldau produce greetings --create/);
});

test("another port stands in the commands, which begin as this one was called", () => {
  const text = bannerFor(
    { bootstrap: [{ host: "box", port: 9192 }], isTemporary: true },
    { npm_lifecycle_event: "start" },
  );
  assert.match(text, /npm run -s moldau -- consume greetings -b box:9192/);
  assert.match(text, /data +gone when it stops/);
});
