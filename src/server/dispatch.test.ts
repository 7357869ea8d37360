import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test, type TestContext } from "node:test";
import { Pending, type Answer } from "../broker/answer.ts";
import { routes, type Route } from "../broker/handlers.ts";
import type { RequestContext } from "../broker/request-context.ts";
import { AssertionError } from "../core/assert.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { ApiKey } from "../protocol/apis.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../protocol/messages/api-versions.ts";
import { metadataRequest, metadataResponse } from "../protocol/messages/metadata.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { makeDispatcher } from "./dispatch.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { RequestMetrics } from "./request-metrics.ts";
import type { RawClient } from "./raw-client.ts";
import {
  connect,
  connectTo,
  frameOf,
  listen,
  startTestNode,
  type TestNode,
} from "./server-kit.test.ts";

let running: TestNode;

before(async () => {
  running = await startTestNode();
});

after(() => running.close());

interface Dispatching {
  readonly port: number;
  readonly lines: string[];
  readonly defects: AssertionError[];
}

/** A listener whose Metadata is answered by `handle`, and ApiVersions as ever. */
async function dispatching(
  t: TestContext,
  handle: (context: RequestContext) => Answer<unknown>,
): Promise<Dispatching> {
  const lines: string[] = [];
  const defects: AssertionError[] = [];
  const say = (message: string): void => void lines.push(message);
  const repeated = new RepeatedLines({ ...silentLogger, warn: say, error: say }, nodeClock);
  t.after(() => repeated.close());
  const table: (Route | undefined)[] = [];
  for (const route of routes) {
    if (route.key === ApiKey.API_VERSIONS) table[route.key] = route;
    if (route.key !== ApiKey.METADATA) continue;
    table[route.key] = { ...route, handle: (_broker, context) => handle(context) };
  }
  const { port } = await listen(t, {
    onFrame: makeDispatcher({
      broker: running.node.broker,
      lines: repeated,
      metrics: new RequestMetrics(),
      routes: table,
      listenerName: "PLAINTEXT",
      onDefect: (error) => defects.push(error),
    }),
  });
  return { port, lines, defects };
}

const askMetadata = (client: RawClient) =>
  client.send(metadataRequest, metadataResponse, 12, { topics: [] });
const askVersions = (client: RawClient) =>
  client.send(apiVersionsRequest, apiVersionsResponse, 0, {});

/** What does not fit its schema. */
const unencodable = { brokers: [{ nodeId: "one" }], topics: [] };
const ways: Readonly<Record<string, () => Answer<unknown>>> = {
  throws: () => {
    throw new Error("oh no");
  },
  rejects: () => Promise.reject(new Error("oh no")),
  "fails later": () => {
    const pending = new Pending<unknown>();
    setImmediate(() => pending.fail(new Error("oh no")));
    return pending;
  },
  "answers what cannot be said": () => unencodable,
  "answers later what cannot be said": () => {
    const pending = new Pending<unknown>();
    setImmediate(() => pending.complete(unencodable));
    return pending;
  },
  "resolves with what cannot be said": () => Promise.resolve(unencodable),
};

for (const [way, handle] of Object.entries(ways)) {
  test(`a handler that ${way} ends its connection with a line, and nothing else`, async (t) => {
    const { port, lines, defects } = await dispatching(t, handle);
    const [failing, other] = [await connectTo(port), await connectTo(port)];
    await assert.rejects(askMetadata(failing), /connection closed by MetadataRequest/);
    await askVersions(other);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^closing a connection: METADATA v12 failed: /i);
    assert.deepEqual(defects, []);
    other.close();
  });
}

test("memory that a failing answer holds is let go", async (t) => {
  let released = 0;
  const { port } = await dispatching(t, (context) => {
    context.onSent = () => released++;
    return unencodable;
  });
  await assert.rejects(askMetadata(await connectTo(port)));
  assert.equal(released, 1);
});

test("a broken invariant is handed on, so that the process ends", async (t) => {
  const { port, defects } = await dispatching(t, () => {
    throw new AssertionError("two leaders", { epoch: 7 });
  });
  await assert.rejects(askMetadata(await connectTo(port)));
  assert.deepEqual(
    defects.map((defect) => defect.message),
    ['two leaders {"epoch":7}'],
  );
});

test("a handler that waits is told when its client has gone", async (t) => {
  const closed = new Promise<void>((resolve) => {
    void dispatching(t, (context) => {
      context.onClosed = resolve;
      return new Pending<unknown>();
    }).then(async ({ port }) => {
      const client = await connectTo(port);
      askMetadata(client).catch(() => undefined);
      await askVersions(await connectTo(port));
      client.close();
    });
  });
  await closed;
});

test("what is not served and what nobody understands ends the connection with one line for all", async (t) => {
  const { port, lines } = await dispatching(t, () => "none");
  const header = (key: number, version: number): Buffer => {
    const frame = Buffer.alloc(11);
    frame.writeInt16BE(key, 0);
    frame.writeInt16BE(version, 2);
    frame.writeInt16BE(-1, 8);
    return frameOf(frame);
  };
  const frames = [
    header(ApiKey.PRODUCE, 9),
    header(9999, 0),
    header(-1, 0),
    header(ApiKey.METADATA, 99),
    header(ApiKey.METADATA, -1),
    header(ApiKey.METADATA, 12),
    frameOf(Buffer.alloc(0)),
    frameOf(Buffer.alloc(7)),
  ];
  for (const frame of frames) {
    const socket = await connect(port);
    socket.resume();
    socket.write(frame);
    await once(socket, "close");
  }
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0]!, /PRODUCE v9 cannot be served: this listener does not serve it/i);
});
