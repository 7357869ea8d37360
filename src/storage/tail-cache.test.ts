import assert from "node:assert/strict";
import { test } from "node:test";
import { POISON, ReadBuffers } from "./read-buffers.ts";
import { LogTail, TAIL_DISTANCE_BYTES, TailCache } from "./tail-cache.ts";

function bytes(size: number, value: number): Buffer {
  return Buffer.alloc(size, value);
}

test("a log at whose end nobody reads is not kept", () => {
  const cache = new TailCache();
  const tail = new LogTail(cache);
  tail.append(0, 0, bytes(100, 1));
  assert.equal(cache.bytes, 0);
  assert.equal(tail.read(0, 0, 100), undefined);
});

test("what is appended after somebody read at the end is served from memory", () => {
  const tail = new LogTail(new TailCache());
  tail.noteReader();
  for (let i = 0; i < 40; i++) tail.append(0, 1000 * i, bytes(1000, i));
  const found = tail.read(0, 500, 39_500);
  assert.ok(found !== undefined);
  assert.ok(found.views.length > 1, "over several chunks");
  const all = Buffer.concat(found.views);
  assert.equal(all.length, 39_000);
  for (let i = 0; i < all.length; i++) assert.equal(all[i], Math.floor((i + 500) / 1000));
  assert.equal(tail.read(0, 39_000, 41_000), undefined, "not all of it is there");
  assert.equal(tail.read(7, 0, 100), undefined, "another segment");
});

test("a log whose readers went away is forgotten", () => {
  const cache = new TailCache();
  const tail = new LogTail(cache);
  tail.noteReader();
  const size = 64 * 1024;
  for (let i = 0; i <= TAIL_DISTANCE_BYTES / size; i++) tail.append(0, i * size, bytes(size, i));
  assert.equal(cache.bytes, 0);
});

test("the oldest chunk of all logs makes room, and the bound holds", () => {
  const cache = new TailCache({ maxBytes: 100_000, poison: true });
  const tails = [new LogTail(cache), new LogTail(cache)];
  for (let i = 0; i < 50; i++) {
    for (const tail of tails) {
      tail.noteReader();
      tail.append(0, 5000 * i, bytes(5000, i));
      assert.ok(cache.bytes <= 100_000);
    }
  }
  for (const tail of tails) {
    assert.equal(tail.read(0, 0, 5000), undefined);
    assert.ok(tail.read(0, 49 * 5000, 50 * 5000) !== undefined);
  }
});

test("memory of a response that has not left is never used again", () => {
  const chunk = 256 * 1024;
  const cache = new TailCache({ maxBytes: 2 * chunk, poison: true });
  const tail = new LogTail(cache);
  let position = 0;
  const grow = (value: number): void => {
    tail.noteReader();
    tail.append(0, position, bytes(chunk, value));
    position += chunk;
  };
  grow(1);
  const pinned = tail.read(0, 0, chunk)!;
  for (let value = 2; value < 8; value++) grow(value);
  assert.ok(
    pinned.views.every((view) => view.every((byte) => byte === 1)),
    "bytes of a response changed",
  );
  pinned.release();
  assert.ok(pinned.views[0]!.every((byte) => byte === POISON));
  pinned.release();
  assert.equal(tail.read(0, 0, chunk), undefined);
});

test("buffers of reads are used again, within a bound, and only when they were given back", () => {
  const buffers = new ReadBuffers({ maxBytes: 200_000, poison: true });
  const first = buffers.take(60_000);
  assert.equal(first.length, 65_536);
  const second = buffers.take(60_000);
  assert.notEqual(first, second);
  buffers.give(first);
  assert.ok(first.every((byte) => byte === POISON));
  assert.equal(buffers.take(50_000), first);
  for (let i = 0; i < 10; i++) buffers.give(Buffer.allocUnsafeSlow(65_536));
  assert.ok(buffers.freeBytes <= 200_000);
  assert.equal(buffers.take(100).length, 100);
  assert.equal(buffers.take(3_000_000).length, 3_000_000);
});
