import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createPlainServer, type AddressInfo, type Server } from "node:net";
import { after, test } from "node:test";
import { createServer, type TlsOptions as ServerOptions, type TLSSocket } from "node:tls";
import type { Connection, TlsOptions } from "../network.ts";
import { makeAuthority } from "./certificates.fixture.ts";
import { nodeNetwork } from "./network.ts";
import { tlsErrorOf } from "./tls-error.ts";

const authority = makeAuthority("Test CA");
const names = ["localhost", "127.0.0.1"];
const broker = authority.issue({ commonName: "broker", names });
const servers: Server[] = [];

after(() => {
  for (const server of servers) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A server that sends back what it gets. */
function startEcho(
  options: ServerOptions = {},
  onSocket: (socket: TLSSocket) => void = (socket) => socket.pipe(socket),
): Promise<number> {
  const server = createServer({ ...broker, ...options }, (socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  return listening(server);
}

function open(port: number, tls: TlsOptions, host = "127.0.0.1"): Promise<Connection> {
  return nodeNetwork.connect({ host, port, timeoutMs: 5000, tls });
}

/** Writes the chunks, and resolves with all that came back, `wanted` bytes of it, in pieces of the given size. */
function exchange(
  connection: Connection,
  chunks: readonly Buffer[],
  wanted: number,
  pieceBytes = 4096,
): Promise<Buffer> {
  const place = Buffer.alloc(pieceBytes);
  const parts: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    connection.start({
      receiveBuffer: () => place,
      received(length) {
        parts.push(Buffer.from(place.subarray(0, length)));
        size += length;
        if (size >= wanted) connection.end();
      },
      closed: (error) => (error === undefined ? resolve(Buffer.concat(parts)) : reject(error)),
    });
    connection.write(chunks);
  });
}

test("bytes written in chunks arrive in order, whatever place the receiver has for them", async () => {
  const port = await startEcho();
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  for (const pieceBytes of [1000, 16_384, 100_000]) {
    const connection = await open(port, { ca: authority.cert });
    const chunks = [sent.subarray(0, 100), sent.subarray(100, 200_000), sent.subarray(200_000)];
    const received = await exchange(connection, chunks, sent.length, pieceBytes);
    assert.ok(received.equals(sent));
  }
});

test("what the peer sends before the receiver starts is not lost", async () => {
  const early = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
  const port = await startEcho({}, (socket) => {
    socket.write(early);
    socket.pipe(socket);
  });
  const connection = await open(port, { ca: authority.cert });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const all = await exchange(connection, [Buffer.from("late")], early.length + 4);
  assert.ok(all.equals(Buffer.concat([early, Buffer.from("late")])));
});

test("a paused connection delivers nothing until it is resumed", async () => {
  const port = await startEcho();
  const connection = await open(port, { ca: authority.cert });
  let received = 0;
  let waiting: (() => void) | undefined;
  connection.start({
    receiveBuffer: () => Buffer.alloc(100),
    received(length) {
      received += length;
      waiting?.();
    },
    closed: () => undefined,
  });
  connection.pause();
  await new Promise<void>((done) => connection.write([Buffer.from("hello")], done));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(received, 0);
  const arrival = new Promise<void>((resolve) => (waiting = resolve));
  connection.resume();
  await arrival;
  assert.equal(received, 5);
  connection.destroy();
});

test("authorities and certificates may be text or bytes, and several", async () => {
  const port = await startEcho();
  const other = makeAuthority("Another CA");
  for (const ca of [Buffer.from(authority.cert), [other.cert, Buffer.from(authority.cert)]]) {
    const connection = await open(port, { ca });
    assert.equal(connection.remotePort, port);
    connection.destroy();
  }
});

test("a certificate that nobody trusted has signed is refused", async () => {
  const port = await startEcho();
  const refusal = { name: "TlsError", code: "TLS_UNKNOWN_CA", retriable: false };
  await assert.rejects(open(port, {}), refusal);
  await assert.rejects(open(port, { ca: makeAuthority("Test CA").cert }), refusal);
  await assert.rejects(open(port, { ca: makeAuthority("Other CA").cert }), refusal);
  const connection = await open(port, { rejectUnauthorized: false });
  connection.destroy();
});

test("a certificate for other names is refused, unless the name asked for is in it", async () => {
  const elsewhere = authority.issue({ commonName: "b", names: ["kafka.example", "10.0.0.1"] });
  const port = await startEcho(elsewhere);
  const ca = authority.cert;
  for (const host of ["127.0.0.1", "localhost"]) {
    await assert.rejects(open(port, { ca }, host), {
      code: "TLS_WRONG_HOST",
      retriable: false,
      message: new RegExp(`is not for ${host}; it is for DNS:kafka.example, IP Address:10.0.0.1`),
    });
  }
  await assert.rejects(open(port, { ca, serverName: "other.example" }), { code: "TLS_WRONG_HOST" });
  for (const serverName of ["kafka.example", "10.0.0.1"]) {
    (await open(port, { ca, serverName })).destroy();
  }
  (await open(port, { ca, verifyHost: false })).destroy();
});

test("without the check of names an authority must still have signed", async () => {
  const port = await startEcho();
  const ca = makeAuthority("Other CA").cert;
  await assert.rejects(open(port, { ca, verifyHost: false }), { code: "TLS_UNKNOWN_CA" });
});

test("a certificate out of its time is refused", async () => {
  const ca = authority.cert;
  const day = 24 * 3_600_000;
  const expired = authority.issue({
    commonName: "broker",
    names,
    notBefore: new Date(Date.now() - 2 * day),
    notAfter: new Date(Date.now() - day),
  });
  await assert.rejects(open(await startEcho(expired), { ca }), {
    code: "TLS_CERTIFICATE_EXPIRED",
    message: /has expired/,
  });
  const early = authority.issue({
    commonName: "broker",
    names,
    notBefore: new Date(Date.now() + day),
    notAfter: new Date(Date.now() + 2 * day),
  });
  await assert.rejects(open(await startEcho(early), { ca }), {
    code: "TLS_CERTIFICATE_EXPIRED",
    message: /not valid yet/,
  });
});

test("a server that asks for a certificate gets it", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const port = await startEcho(
      { requestCert: true, rejectUnauthorized: true, ca: authority.cert, maxVersion: version },
      (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    const client = authority.issue({ commonName: "alice" });
    const connection = await open(port, { ca: authority.cert, ...client });
    assert.equal((await exchange(connection, [Buffer.from("x")], 5)).toString(), "alice");
  }
});

test("what the peer says against a certificate, also when hands are shaken, is told as such", () => {
  for (const [code, number] of [
    ["ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE", 42],
    ["EPROTO", 48],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", 116],
  ] as const) {
    const message = `SSL routines:ssl3_read_bytes:an alert:SSL alert number ${number}`;
    const alert = Object.assign(new Error(message), { code });
    const error = tlsErrorOf("kafka:9093", "kafka", alert);
    assert.equal(error?.code, "TLS_CERTIFICATE_REFUSED");
    assert.equal(error.retriable, false);
    assert.equal(error.cause, alert);
  }
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  assert.equal(tlsErrorOf("kafka:9093", "kafka", reset), undefined);
});

test("versions that are not offered fail with a word about versions", async () => {
  const port = await startEcho({ maxVersion: "TLSv1.2" });
  await assert.rejects(open(port, { ca: authority.cert, minVersion: "TLSv1.3" }), {
    code: "TLS_FAILED",
    retriable: false,
    message: /no version or cipher/,
  });
});

test("a peer that speaks something else, hangs up, or is silent is told apart", async () => {
  const other = await listening(
    createPlainServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  );
  await assert.rejects(open(other, {}), { code: "TLS_NOT_SPOKEN", retriable: false });
  const rude = await listening(
    createPlainServer((socket) => socket.once("data", () => socket.destroy())),
  );
  await assert.rejects(open(rude, {}), { code: "TLS_INTERRUPTED", retriable: true });
  const silent = await listening(
    createPlainServer((socket) => socket.on("error", () => undefined)),
  );
  const address = { host: "127.0.0.1", port: silent, timeoutMs: 50, tls: {} };
  await assert.rejects(nodeNetwork.connect(address), {
    code: "ETIMEDOUT",
    message: /did not shake hands in TLS within 50 ms/,
  });
});

test("a refused connection has the system's code", async () => {
  const server = createPlainServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  await assert.rejects(open(port, {}), { code: "ECONNREFUSED", retriable: true });
});

test("options that cannot be used are told before anything is sent", async () => {
  const port = await startEcho();
  const one = authority.issue({ commonName: "one" });
  const two = authority.issue({ commonName: "two" });
  for (const options of [
    { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
    { ca: "/etc/ssl/ca.pem" },
    { cert: one.cert, key: two.key },
    { cert: one.cert, key: "no key" },
    { pfx: Buffer.from("no pfx"), passphrase: "secret word" },
    { ciphers: "NO-SUCH-CIPHER" },
  ] satisfies TlsOptions[]) {
    const error = await open(port, options).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error && "code" in error && "remedy" in error);
    assert.equal(error.code, "TLS_OPTIONS", error.message);
    assert.ok(!error.message.includes("secret word"));
  }
});
