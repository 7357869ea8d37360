import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { HttpPost } from "../http.ts";
import { makeAuthority } from "./certificates.fixture.ts";
import { nodeHttp } from "./http.ts";

const authority = makeAuthority("Test CA");
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const echo: RequestListener = (request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (chunk: Buffer) => parts.push(chunk));
  request.on("end", () => {
    response.statusCode = 201;
    const body = Buffer.concat(parts).toString();
    response.end(`${request.method} ${request.url} ${String(request.headers["x-test"])} ${body}`);
  });
};

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function post(url: string, options: Partial<HttpPost> = {}): HttpPost {
  const defaults = {
    headers: { "x-test": "here" },
    body: "grüße",
    timeoutMs: 5000,
    answerBytesMax: 1000,
  };
  return { url: new URL(url), ...defaults, ...options };
}

test("a request and its answer, in plaintext and in TLS", async () => {
  const plain = await listening(createPlainServer(echo));
  const answer = await nodeHttp.post(post(`http://127.0.0.1:${plain}/token?a=1`));
  assert.equal(answer.status, 201);
  assert.equal(answer.body.toString(), "POST /token?a=1 here grüße");
  const credential = authority.issue({ commonName: "idp", names: ["127.0.0.1"] });
  const secure = await listening(createServer(credential, echo));
  const url = `https://127.0.0.1:${secure}/`;
  const secured = await nodeHttp.post(post(url, { tls: { ca: authority.cert } }));
  assert.equal(secured.body.toString(), "POST / here grüße");
  await assert.rejects(nodeHttp.post(post(url)), { code: "TLS_UNKNOWN_CA", retriable: false });
});

test("an answer that is late, too long, cut off or not there is a NetworkError", async () => {
  const silent = await listening(createPlainServer(() => undefined));
  await assert.rejects(nodeHttp.post(post(`http://127.0.0.1:${silent}/`, { timeoutMs: 50 })), {
    code: "ETIMEDOUT",
    retriable: true,
  });
  const long = await listening(
    createPlainServer((_, response) => response.end("x".repeat(100_000))),
  );
  await assert.rejects(nodeHttp.post(post(`http://127.0.0.1:${long}/`)), {
    name: "NetworkError",
    code: "EMSGSIZE",
    retriable: false,
  });
  const cut = await listening(
    createPlainServer((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    }),
  );
  await assert.rejects(nodeHttp.post(post(`http://127.0.0.1:${cut}/`)), { name: "NetworkError" });
  const nobody = createPlainServer(echo);
  const port = await listening(nobody);
  nobody.close();
  await once(nobody, "close");
  await assert.rejects(nodeHttp.post(post(`http://127.0.0.1:${port}/`)), { code: "ECONNREFUSED" });
});

test("a request can be given up", async () => {
  const silent = await listening(createPlainServer(() => undefined));
  const abort = new AbortController();
  const request = nodeHttp.post(post(`http://127.0.0.1:${silent}/`, { signal: abort.signal }));
  abort.abort();
  await assert.rejects(request, { name: "NetworkError", code: "ABORT_ERR" });
});
