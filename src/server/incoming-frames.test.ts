import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nodeClock } from "../platform/node/clock.ts";
import { IncomingFrames } from "./incoming-frames.ts";
import { frameOf } from "./server-kit.test.ts";
import { ReceiveBuffers, SHARED_BUFFER_BYTES } from "./receive-buffers.ts";

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

function makeBuffers(): ReceiveBuffers {
  return new ReceiveBuffers({ maxBytes: 256 * 1024 * 1024, clock: nodeClock });
}

/** A beginning of a frame that promises `promised` bytes. */
function beginning(promised: number, sent: number): Buffer {
  const bytes = Buffer.alloc(4 + sent, 7);
  bytes.writeInt32BE(promised);
  return bytes;
}

/** Puts bytes where the connection would receive them; returns how many there was room for. */
function receive(frames: IncomingFrames, bytes: Uint8Array, isPaused = false): number {
  const place = frames.place(isPaused);
  const count = Math.min(place.length, bytes.length);
  place.set(bytes.subarray(0, count));
  frames.arrived(count);
  return count;
}

test("frames cut anywhere come out whole and in order, whenever they are taken", () => {
  const buffers = makeBuffers();
  const sizes = fc.oneof(
    { weight: 3, arbitrary: fc.nat(60) },
    { weight: 2, arbitrary: fc.nat(5000) },
    { weight: 1, arbitrary: fc.nat(700_000) },
  );
  const step = fc.record({
    bytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300_000 })),
    /** How many frames are taken before the connection is held back. */
    taken: fc.oneof(fc.constant(Infinity), fc.nat(3)),
  });
  fc.assert(
    fc.property(
      fc.array(sizes, { minLength: 1, maxLength: 20 }),
      fc.array(step, { minLength: 1, maxLength: 40 }),
      (frameSizes, steps) => {
        const frames = new IncomingFrames(buffers, FRAME_BYTES_MAX);
        const contents = frameSizes.map((size, i) => Buffer.alloc(size, (i * 37 + 1) & 0xff));
        const sent = Buffer.concat(contents.map(frameOf));
        const got: Buffer[] = [];
        const take = (most: number): boolean => {
          for (let count = 0; count < most; count++) {
            const frame = frames.next();
            if (frame === undefined) return true;
            assert.ok(frame !== "bad");
            got.push(Buffer.from(frame));
          }
          return false;
        };
        for (let position = 0, i = 0; position < sent.length; i++) {
          const { bytes, taken } = steps[i % steps.length]!;
          position += receive(frames, sent.subarray(position, position + bytes));
          let isThrough = take(taken);
          frames.settle();
          while (!isThrough) {
            // Held back: what is held may have been moved when the rest is taken.
            frames.place(true);
            isThrough = take(2);
            frames.settle();
          }
        }
        assert.equal(got.length, contents.length);
        for (const [i, content] of contents.entries()) assert.ok(got[i]!.equals(content));
        assert.equal(frames.isHolding, false);
        assert.equal(buffers.usedBytes, 0);
      },
    ),
    { numRuns: 60 },
  );
});

test("a length gets memory for a few times what has arrived, whatever it promises", () => {
  const buffers = makeBuffers();
  const held: IncomingFrames[] = [];
  for (let i = 0; i < 1000; i++) {
    const frames = new IncomingFrames(buffers, FRAME_BYTES_MAX);
    receive(frames, beginning(FRAME_BYTES_MAX, 1));
    assert.equal(frames.next(), undefined);
    frames.settle();
    held.push(frames);
  }
  assert.ok(buffers.usedBytes <= 1000 * 1024, `${buffers.usedBytes} bytes for 5 bytes each`);
  for (const frames of held) frames.clear();
  assert.equal(buffers.usedBytes, 0);

  const frames = new IncomingFrames(buffers, FRAME_BYTES_MAX);
  const bytes = beginning(FRAME_BYTES_MAX, 8_000_000);
  for (let position = 0; position < bytes.length;) {
    position += receive(frames, bytes.subarray(position, position + 100_000));
    assert.equal(frames.next(), undefined);
    frames.settle();
    assert.ok(buffers.usedBytes <= 4 * position, `${buffers.usedBytes} at ${position}`);
  }
  frames.clear();
});

test("a length is believed of a connection that has sent such frames, and received in place", () => {
  const buffers = makeBuffers();
  const frames = new IncomingFrames(buffers, FRAME_BYTES_MAX);
  const frame = frameOf(Buffer.alloc(900_000, 3));
  const send = (bytes: Buffer): void => {
    for (let position = 0; position < bytes.length;) {
      position += receive(frames, bytes.subarray(position));
      frames.next();
      frames.settle();
    }
  };
  send(frame);
  assert.equal(frames.isHolding, false);
  receive(frames, frame.subarray(0, 100));
  assert.equal(frames.next(), undefined);
  frames.settle();
  assert.ok(frames.place(false).length >= frame.length - 100, "room for the rest of it");
  assert.equal(frames.place(true).length, SHARED_BUFFER_BYTES, "which may be moved while paused");
  frames.clear();
  assert.equal(buffers.usedBytes, 0);
});

test("negative lengths and those above the bound are bad, wherever they are found", () => {
  const buffers = makeBuffers();
  for (const length of [-1, -2147483648, FRAME_BYTES_MAX + 1, 0x7fffffff]) {
    const frames = new IncomingFrames(buffers, FRAME_BYTES_MAX);
    const bytes = Buffer.concat([frameOf(Buffer.from("ok")), beginning(length, 0)]);
    for (const byte of bytes) {
      receive(frames, Uint8Array.of(byte));
      const frame = frames.next();
      if (frame === "bad") break;
      frames.settle();
    }
    assert.equal(frames.next(), "bad");
    assert.equal(frames.peek().readInt32BE(0), length);
    frames.clear();
  }
  assert.equal(buffers.usedBytes, 0);
});
