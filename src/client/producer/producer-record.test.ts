import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { json } from "../topics/codec.ts";
import { topic } from "../topics/topic.ts";
import type { Producer } from "./producer.ts";
import type { RecordFor } from "./producer-record.ts";

const orders = topic("orders", {
  key: "string",
  value: json(z.object({ id: z.string(), total: z.number() })),
  headers: { source: "string", trace: "string?" },
});
const users = topic("users", {
  value: json(z.object({ name: z.string() })),
  config: { "cleanup.policy": "compact" },
});

/** What compiles, and what does not; never called. */
function types(producer: Producer): void {
  const value = { id: "a", total: 1 };
  const headers = { source: "shop" };
  void producer.send(orders, { key: "k", value, headers });
  void producer.send(orders, { key: null, value, headers: { ...headers, trace: "t", more: null } });
  // @ts-expect-error the value is another one
  void producer.send(orders, { value: { id: 1 }, headers });
  // @ts-expect-error a header is missing
  void producer.send(orders, { value });
  // @ts-expect-error headers that are needed cannot be told among pairs
  void producer.send(orders, { value, headers: [["source", "shop"]] });
  // @ts-expect-error tombstones are for topics that are compacted
  void producer.send(orders, { value: null, headers });
  // @ts-expect-error the key is text
  void producer.send(orders, { key: 1, value, headers });
  void producer.send(users, { key: Buffer.from("k"), value: null });
  void producer.send(users, { value: { name: "n" }, headers: [["h", "1"]] });
  producer.post(users, { value: { name: "n" } });
  void producer.sendAll(users, [{ value: { name: "n" } }, { value: null }]);
  // @ts-expect-error one of them is another one
  void producer.sendAll(users, [{ value: { name: "n" } }, { value: 1 }]);
  void producer.send("raw", { value: "text", key: new Uint8Array(1) });
  void producer.send("raw", { value: null, headers: { a: ["1", "2"] } });
  // @ts-expect-error text, bytes or null
  void producer.send("raw", { value: { id: "a" } });
  // @ts-expect-error there is always a value, be it null
  void producer.send("raw", { key: "k" });
  const writer = producer.writableStream(users).getWriter();
  void writer.write({ value: { name: "n" } });
  // @ts-expect-error the value is another one
  void writer.write({ value: "n" });
}

test("what a topic takes follows from its declaration", () => {
  assert.equal(typeof types, "function");
  const record: RecordFor<typeof users> = { value: { name: "n" }, partition: 1, timestamp: 2 };
  const either: RecordFor<typeof users | string> = { value: "raw" };
  assert.deepEqual([record.partition, either.value], [1, "raw"]);
});
