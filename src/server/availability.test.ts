import assert from "node:assert/strict";
import { once } from "node:events";
import type * as net from "node:net";
import { test } from "node:test";
import { nodeClock } from "../platform/node/clock.ts";
import { IN_FLIGHT_REQUESTS_MAX, type Exchange, type Reply } from "./connection.ts";
import { connect, echo, frameOf, hastyClock, listen, readBytes } from "./server-kit.test.ts";

/** A round trip, after which the server has handled all that was sent before it. */
async function roundTrip(port: number): Promise<void> {
  const socket = await connect(port);
  socket.write(frameOf(Buffer.from("?")));
  assert.equal((await readBytes(socket, 5)).length, 5);
  socket.destroy();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function closing(socket: net.Socket): Promise<unknown> {
  socket.resume();
  socket.on("error", () => undefined);
  return socket.closed ? Promise.resolve() : once(socket, "close");
}

test("who sends a byte at a time takes memory for what has come, and is served in the end", async (t) => {
  const { port, buffers } = await listen(t, { onFrame: echo });
  const frame = frameOf(Buffer.alloc(40, 5));
  const sockets = await Promise.all(Array.from({ length: 50 }, () => connect(port)));
  for (const socket of sockets) socket.setNoDelay(true);
  for (let at = 0; at < frame.length - 1; at++) {
    for (const socket of sockets) socket.write(frame.subarray(at, at + 1));
    if (at % 10 === 0) await roundTrip(port);
  }
  await roundTrip(port);
  assert.ok(buffers.usedBytes <= sockets.length * 1024, `${buffers.usedBytes}`);
  for (const socket of sockets) {
    socket.write(frame.subarray(-1));
    assert.ok((await readBytes(socket, frame.length)).equals(frame));
    socket.destroy();
  }
});

test("lengths without bytes cost nothing", async (t) => {
  const { port, buffers } = await listen(t, { onFrame: echo });
  const promise = Buffer.alloc(5);
  promise.writeInt32BE(8_000_000);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(port)));
  for (const socket of sockets) socket.write(promise);
  for (let i = 0; i < 5; i++) await roundTrip(port);
  assert.ok(buffers.usedBytes <= sockets.length * 1024, `${buffers.usedBytes}`);
  for (const socket of sockets) socket.destroy();
});

test("any number of requests may be sent ahead; they are answered one by one, in order", async (t) => {
  const { port } = await listen(t, { onFrame: echo });
  const socket = await connect(port);
  const count = 30_000;
  const frames = Buffer.alloc(count * 8);
  for (let i = 0; i < count; i++) {
    frames.writeInt32BE(4, i * 8);
    frames.writeInt32BE(i, i * 8 + 4);
  }
  socket.write(frames);
  assert.ok((await readBytes(socket, frames.length)).equals(frames));
  socket.destroy();
});

test("of requests that wait only so many are taken, and the rest when answers go", async (t) => {
  const waiting: Exchange[] = [];
  let handled = 0;
  const { port } = await listen(t, {
    onFrame: (frame, exchange) => {
      handled++;
      if (frame[0] === 63) echo(frame, exchange);
      else waiting.push(exchange);
    },
  });
  const socket = await connect(port);
  const count = IN_FLIGHT_REQUESTS_MAX + 500;
  const frame = frameOf(Buffer.from("w"));
  socket.write(Buffer.concat(Array.from({ length: count }, () => frame)));
  for (let i = 0; i < 5; i++) await roundTrip(port);
  assert.equal(handled - 5, IN_FLIGHT_REQUESTS_MAX);
  const reading = readBytes(socket, count * frame.length);
  const answer: Reply = { chunks: [frame], onSent: undefined };
  while (waiting.length > 0) {
    for (const exchange of waiting.splice(0)) exchange.respond(answer);
    await roundTrip(port);
  }
  assert.equal((await reading).length, count * frame.length);
  socket.destroy();
});

test("a connection that sends much does not keep the others waiting", async (t) => {
  const order: string[] = [];
  const { port } = await listen(t, {
    onFrame: (frame, exchange) => {
      order.push(frame.toString());
      const untilMs = nodeClock.monotonicMs() + 1;
      while (nodeClock.monotonicMs() < untilMs);
      echo(frame, exchange);
    },
  });
  const greedy = await connect(port);
  const modest = await connect(port);
  const many = Buffer.concat(Array.from({ length: 200 }, () => frameOf(Buffer.from("m"))));
  const reading = readBytes(greedy, many.length);
  greedy.write(many);
  modest.write(frameOf(Buffer.from("o")));
  await readBytes(modest, 5);
  await reading;
  assert.ok(order.indexOf("o") < 100, `its turn came after ${order.indexOf("o")}`);
  greedy.destroy();
  modest.destroy();
});

test("who waits for an answer is told when its connection goes, and what others hold is let go once", async (t) => {
  const exchanges: Exchange[] = [];
  const told: string[] = [];
  const { port } = await listen(t, {
    onFrame: (frame, exchange) => {
      if (frame[0] === 63) return echo(frame, exchange);
      const name = frame.toString();
      exchanges.push(exchange);
      exchange.onClosed = () => told.push(`closed ${name}`);
    },
  });
  const socket = await connect(port);
  const frames = ["a", "b", "c"].map((name) => frameOf(Buffer.from(name)));
  socket.write(Buffer.concat(frames));
  await roundTrip(port);
  const reply = (name: string): Reply => ({
    chunks: [Buffer.from(name)],
    onSent: () => told.push(`sent ${name}`),
  });
  exchanges[1]!.respond(reply("b"));
  assert.deepEqual(told, [], "an answer waits for the one before it");
  socket.destroy();
  while (told.length < 3) await roundTrip(port);
  assert.deepEqual(told, ["closed a", "sent b", "closed c"]);
  exchanges[0]!.respond(reply("a"));
  exchanges[0]!.respond(reply("a"));
  assert.deepEqual(told.slice(3), ["sent a"]);
});

test("an answer between the refusal and the end of a connection is let go once", async (t) => {
  const exchanges: Exchange[] = [];
  let released = 0;
  const { port } = await listen(t, {
    clock: hastyClock,
    onFrame: (_frame, exchange) => {
      exchanges.push(exchange);
    },
  });
  const socket = await connect(port);
  const closed = closing(socket);
  socket.write(Buffer.concat([frameOf(Buffer.from("a")), frameOf(Buffer.from("b"))]));
  while (exchanges.length < 2) await nextTurn();
  exchanges[0]!.respond("close");
  exchanges[1]!.respond({ chunks: [Buffer.from("b")], onSent: () => released++ });
  await closed;
  while (released === 0) await nextTurn();
  await nextTurn();
  assert.equal(released, 1);
});

test("a peer that is refused and does not go is cut off", async (t) => {
  const { acceptor, port } = await listen(t, {
    clock: hastyClock,
    onFrame: (_frame, exchange) => exchange.respond("close"),
  });
  const socket = await connect(port);
  socket.on("error", () => undefined);
  // Never reads, so it never sees the end, and never closes its side.
  socket.pause();
  socket.write(frameOf(Buffer.from("x")));
  while (acceptor.connectionCount === 0) await nextTurn();
  while (acceptor.connectionCount > 0) await nextTurn();
  socket.destroy();
});

test("idle connections are closed, busy ones are not", async (t) => {
  const waiting: Exchange[] = [];
  const { acceptor, port } = await listen(t, {
    clock: hastyClock,
    idleMaxMs: 2000,
    onFrame: (_frame, exchange) => void waiting.push(exchange),
  });
  const busy = await connect(port);
  busy.write(frameOf(Buffer.from("w")));
  const idle = await connect(port);
  await closing(idle);
  while (acceptor.connectionCount > 1) await nextTurn();
  assert.equal(busy.closed, false);
  const answer = frameOf(Buffer.from("done"));
  waiting[0]!.respond({ chunks: [answer], onSent: undefined });
  assert.ok((await readBytes(busy, answer.length)).equals(answer));
  await closing(busy);
});

test("of a storm of connections as many are served as may be, with one line about the others", async (t) => {
  const lines: string[] = [];
  const { acceptor, port } = await listen(t, {
    onFrame: echo,
    connectionsMax: 20,
    onWarning: (line) => lines.push(line),
  });
  for (let round = 0; round < 3; round++) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(port)));
    const outcomes = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<boolean>((resolve) => {
            socket.on("error", () => undefined);
            socket.on("data", () => resolve(true));
            socket.on("close", () => resolve(false));
            socket.write(frameOf(Buffer.from("x")));
          }),
      ),
    );
    assert.equal(outcomes.filter((isServed) => isServed).length, 20);
    for (const socket of sockets) socket.destroy();
    while (acceptor.connectionCount > 0) await nextTurn();
  }
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /max\.connections is reached/);
});

test("memory for requests that others hold for too long is taken from them", async (t) => {
  const lines: string[] = [];
  const { port, buffers } = await listen(t, {
    clock: hastyClock,
    bufferBytesMax: 1024 * 1024,
    onFrame: echo,
    onWarning: (line) => lines.push(line),
  });
  const content = Buffer.alloc(900_000, 9);
  const stuck = await Promise.all(Array.from({ length: 4 }, () => connect(port)));
  const ended = Promise.race(stuck.map(closing));
  for (const socket of stuck) socket.write(frameOf(content).subarray(0, -1));
  while (buffers.waitingCount === 0) await nextTurn();
  const honest = await connect(port);
  const frame = frameOf(content);
  honest.write(frame);
  assert.ok((await readBytes(honest, frame.length)).equals(frame));
  await ended;
  assert.ok(lines.some((line) => line.includes("takes too long")));
  honest.destroy();
  for (const socket of stuck) socket.destroy();
});
