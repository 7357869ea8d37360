import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReceiver } from "./frame-receiver.ts";

function frameOf(body: Buffer): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Gives the receiver the bytes in pieces of the given sizes, round and round. */
function feed(receiver: FrameReceiver, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const place = receiver.receiveBuffer();
    const size = Math.min(sizes[turn % sizes.length]!, place.length, bytes.length - at);
    place.set(bytes.subarray(at, at + size));
    at += size;
    receiver.received(size);
  }
}

test("frames come out as they went in, however the bytes are cut, and those kept stay as they are", () => {
  const bodySize = fc.oneof(
    fc.integer({ min: 4, max: 50 }),
    fc.integer({ min: 1_000, max: 20_000 }),
    fc.integer({ min: 60_000, max: 70_000 }),
    fc.integer({ min: 100_000, max: 300_000 }),
  );
  fc.assert(
    fc.property(
      fc.array(bodySize, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      (bodySizes, pieces, keeps) => {
        const bodies = bodySizes.map((size, i) => Buffer.alloc(size, i + 1));
        const frames: Buffer[] = [];
        const receiver = new FrameReceiver({
          frame(bytes, start, end) {
            const isKept = keeps[frames.length % keeps.length]!;
            const frame = bytes.subarray(start, end);
            frames.push(isKept ? frame : Buffer.from(frame));
            return isKept;
          },
          badFrame: () => assert.fail("no frame is bad"),
          closed: () => undefined,
        });
        // One tiny piece alone would take very many steps.
        feed(receiver, Buffer.concat(bodies.map(frameOf)), [...pieces, 40_000]);
        assert.equal(frames.length, bodies.length);
        for (const [i, frame] of frames.entries()) assert.ok(frame.equals(bodies[i]!));
      },
    ),
    { numRuns: 200 },
  );
});

test("a length that no broker sends is told, and nothing after it is looked at", () => {
  const lengths: number[] = [];
  const receiver = new FrameReceiver({
    frame: () => assert.fail("no frame is whole"),
    badFrame: (length) => lengths.push(length),
    closed: () => undefined,
  });
  feed(receiver, Buffer.from("HTTP/1.1 400 Bad Request\r\n"), [5, 100]);
  assert.deepEqual(lengths, [0x48545450]);
});

test("memory is used again as long as nothing of it is kept", () => {
  const places = new Set<Buffer>();
  const receiver = new FrameReceiver({
    frame(bytes) {
      places.add(bytes);
      return false;
    },
    badFrame: () => assert.fail("no frame is bad"),
    closed: () => undefined,
  });
  const frames = Buffer.concat(Array.from({ length: 5_000 }, () => frameOf(Buffer.alloc(100, 1))));
  feed(receiver, frames, [3_000]);
  assert.equal(places.size, 1);
});

test("a frame that fits where it is received is not copied", () => {
  const kept: Buffer[] = [];
  const receiver = new FrameReceiver({
    frame(bytes, start, end) {
      kept.push(bytes.subarray(start, end));
      return true;
    },
    badFrame: () => assert.fail("no frame is bad"),
    closed: () => undefined,
  });
  const place = receiver.receiveBuffer();
  const bytes = Buffer.concat([frameOf(Buffer.alloc(1_000, 1)), frameOf(Buffer.alloc(2_000, 2))]);
  place.set(bytes);
  receiver.received(bytes.length);
  assert.ok(kept.every((frame) => frame.buffer === place.buffer));
  receiver.receiveBuffer().fill(9);
  assert.deepEqual([kept[0]![999], kept[1]![1_999]], [1, 2]);
});
