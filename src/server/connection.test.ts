import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { UNREAD_RESPONSE_BYTES_MAX } from "./connection.ts";
import { connect, echo, frameOf, listen, readBytes } from "./server-kit.test.ts";

test("frames of any size, cut anywhere, are handled whole and answered in order", async (t) => {
  const { port } = await listen(t, { onFrame: echo });
  const sizes = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 900_000 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(sizes, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 20 }),
      async (frameSizes, cuts) => {
        const socket = await connect(port);
        const sent = Buffer.concat(
          frameSizes.map((size, i) => frameOf(Buffer.alloc(size, (i * 37 + 1) & 0xff))),
        );
        const reading = readBytes(socket, sent.length);
        let position = 0;
        for (let i = 0; position < sent.length; i++) {
          const next = Math.min(sent.length, position + cuts[i % cuts.length]!);
          await new Promise<void>((written) => {
            socket.write(sent.subarray(position, next), () => written());
          });
          position = next;
        }
        assert.ok((await reading).equals(sent));
        socket.destroy();
      },
    ),
    { numRuns: 40 },
  );
});

test("an answer that comes early waits for those before it", async (t) => {
  const waiting: (() => void)[] = [];
  const { port } = await listen(t, {
    onFrame: (frame, exchange) => {
      const copy = frameOf(frame);
      const answer = (): void => exchange.respond({ chunks: [copy], onSent: undefined });
      if (frame[0] === 1) waiting.push(answer);
      else answer();
      if (frame[0] === 3) for (const late of waiting.splice(0)) late();
    },
  });
  const socket = await connect(port);
  const frames = [1, 2, 1, 2, 3].map((kind, i) => frameOf(Buffer.from([kind, i])));
  socket.write(Buffer.concat(frames));
  const received = await readBytes(socket, Buffer.concat(frames).length);
  assert.ok(received.equals(Buffer.concat(frames)));
  socket.destroy();
});

test("a peer that does not read its answers is not read from any more", async (t) => {
  let handled = 0;
  const answer = Buffer.alloc(256 * 1024);
  const { port } = await listen(t, {
    onFrame: (_frame, exchange) => {
      handled++;
      exchange.respond({ chunks: [frameOf(answer)], onSent: undefined });
    },
  });
  const socket = await connect(port);
  socket.pause();
  const requests = 400;
  socket.write(Buffer.concat(Array.from({ length: requests }, () => frameOf(Buffer.alloc(10)))));
  const received = new Promise<number>((resolve) => {
    let size = 0;
    const total = requests * (answer.length + 4);
    socket.on("data", (part) => {
      size += part.length;
      if (size === total) resolve(size);
    });
  });
  // Round trips of another client give the server every chance to go on, if it would.
  const other = await connect(port);
  for (let i = 0; i < 50; i++) {
    other.write(frameOf(Buffer.alloc(10)));
    await readBytes(other, answer.length + 4);
  }
  other.destroy();
  const handledForOther = 50;
  assert.ok(handled - handledForOther < requests, `handled ${handled}`);
  assert.ok((handled - handledForOther) * answer.length >= UNREAD_RESPONSE_BYTES_MAX);
  socket.resume();
  assert.equal(await received, requests * (answer.length + 4));
  assert.equal(handled, requests + handledForOther);
  socket.destroy();
});

test("when memory for requests runs out, connections wait for it and none is lost", async (t) => {
  const { port } = await listen(t, { onFrame: echo, bufferBytesMax: 512 * 1024 });
  const content = Buffer.alloc(700_000, 7);
  const sockets = await Promise.all(Array.from({ length: 6 }, () => connect(port)));
  const reading = sockets.map((socket) => readBytes(socket, content.length + 4));
  const frame = frameOf(content);
  for (const socket of sockets) socket.write(frame);
  for (const bytes of await Promise.all(reading)) assert.ok(bytes.equals(frame));
  for (const socket of sockets) socket.destroy();
});

test("HTTP, TLS and impossible lengths end the connection with one line", async (t) => {
  const lines: string[] = [];
  const { port } = await listen(t, { onFrame: echo, onWarning: (line) => lines.push(line) });
  const tlsHello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]);
  const negative = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), tlsHello, negative]) {
    const socket = await connect(port);
    socket.write(bytes);
    socket.resume();
    await once(socket, "close");
  }
  assert.equal(lines.length, 3);
  assert.match(lines[0]!, /HTTP/);
  assert.match(lines[1]!, /TLS/);
  assert.match(lines[2]!, /does not speak the Kafka protocol/);
});

test("an address with its share of connections gets no more, and one that closes makes room", async (t) => {
  const { port } = await listen(t, { onFrame: echo, connectionsPerIpMax: 1 });
  const first = await connect(port);
  first.write(frameOf(Buffer.from([1])));
  await readBytes(first, 5);
  const second = await connect(port);
  second.resume();
  await once(second, "close");
  first.destroy();
  for (;;) {
    const third = await connect(port);
    third.write(frameOf(Buffer.from([2])));
    const [part] = (await Promise.race([once(third, "data"), once(third, "close")])) as [unknown];
    third.destroy();
    if (Buffer.isBuffer(part)) break;
  }
});
