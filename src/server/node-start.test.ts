import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrokerConfig } from "../config/broker-config.ts";
import { loadNodeConfig } from "../config/node-config.ts";
import { MoldauError } from "../core/errors.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { writeFileAtomically } from "../platform/disk.ts";
import type { Platform } from "../platform/platform.ts";
import type { DiskOperation } from "../simulator/sim-faults.ts";
import { SimWorld, type SimHost } from "../simulator/sim-platform.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { startNode, type RunningNode } from "./node.ts";
import { OpenThings } from "./open-things.test.ts";
import { RawClient } from "./raw-client.ts";

const HOST = "broker";
const PORT = 9092;
const FOLDER = "/data";
/** No start or stop takes so many events of the world; one that does never ends. */
const EVENTS_MAX = 20_000;

function configOf(folder: string, port: number): BrokerConfig {
  const { config } = loadNodeConfig({
    dataDirectory: folder,
    flags: {
      set: [
        "process.roles=broker,controller",
        "node.id=1",
        `listeners=PLAINTEXT://${HOST}:${port},CONTROLLER://${HOST}:${port + 1}`,
        "controller.listener.names=CONTROLLER",
        `controller.quorum.voters=1@${HOST}:${port + 1}`,
        "offsets.topic.replication.factor=1",
      ],
    },
  });
  return config;
}

interface Outcome {
  readonly open: OpenThings;
  readonly node: RunningNode | undefined;
  readonly error: unknown;
}

interface StartOptions {
  readonly signal?: AbortSignal;
  readonly folder?: string;
  readonly port?: number;
}

/** Starts a node in a new process of the host. */
function start(world: SimWorld, host: SimHost, options: StartOptions = {}): Promise<Outcome> {
  return startIn(world, host.start(() => undefined).platform, options);
}

async function startIn(
  world: SimWorld,
  platform: Platform,
  options: StartOptions,
): Promise<Outcome> {
  const open = new OpenThings(platform);
  const { folder = FOLDER, port = PORT, signal } = options;
  const starting = startNode({
    platform: open.platform,
    config: configOf(folder, port),
    logger: silentLogger,
    onFatal: () => undefined,
    ...(signal === undefined ? {} : { signal }),
  }).then(
    (node) => ({ node, error: undefined }),
    (error: unknown) => ({ node: undefined, error }),
  );
  return { open, ...(await world.clock.wait(starting, EVENTS_MAX)) };
}

async function stop(world: SimWorld, { node, error, open }: Outcome): Promise<void> {
  assert.ok(node !== undefined, String(error));
  await world.clock.wait(node.close(), EVENTS_MAX);
  assert.deepEqual(open.names, []);
}

/** A host whose node has run, with a topic of some partitions, and was stopped in good order. */
async function usedHost(seed: number): Promise<{ world: SimWorld; host: SimHost }> {
  const world = new SimWorld({ seed });
  const host = world.host(HOST);
  const { node } = await start(world, host);
  assert.ok(node !== undefined);
  const { network } = world.host("client").start().platform;
  const work = async (): Promise<void> => {
    const client = await RawClient.connect(network, { host: HOST, port: PORT });
    await client.send(createTopicsRequest, createTopicsResponse, 7, {
      topics: [{ name: "orders", numPartitions: 5, replicationFactor: 1 }],
    });
    client.close();
    await node.close();
  };
  await world.clock.wait(work());
  return { world, host };
}

const operations: readonly DiskOperation[] = ["open", "read", "write", "truncate", "sync", "name"];
/** How many of them succeed before: no start has more than the last of these says. */
const skips = [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 60];

for (const operation of operations) {
  test(`a start during which a disk fails to ${operation} leaves nothing open`, async () => {
    const { world, host } = await usedHost(7);
    for (const skip of skips) {
      host.disk.faults.plan({ operation, skip });
      const outcome = await start(world, host);
      host.disk.faults.clear();
      if (outcome.node === undefined) {
        assert.ok(outcome.error instanceof MoldauError, `${skip}: ${String(outcome.error)}`);
        assert.deepEqual(outcome.open.names, [], `after ${skip}`);
      } else {
        // It goes on without what failed, or will stop for it; either way it can be ended.
        const closing = outcome.node.close().catch(() => undefined);
        await world.clock.wait(closing, EVENTS_MAX);
        assert.deepEqual(outcome.open.names, [], `after ${skip}`);
      }
      await stop(world, await start(world, host));
    }
  });
}

test("a start can be ended at any time, and leaves nothing open", async () => {
  const { world, host } = await usedHost(8);
  let ended = 0;
  for (let events = 0; ; events++) {
    const abort = new AbortController();
    const { platform } = host.start(() => undefined);
    const starting = startIn(world, platform, { signal: abort.signal });
    await world.clock.run({ eventsMax: events });
    abort.abort();
    const outcome = await starting;
    if (outcome.node !== undefined) {
      await stop(world, outcome);
      break;
    }
    assert.ok(outcome.error instanceof MoldauError);
    assert.equal(outcome.error.code, "START_ABORTED");
    // A sync that was under way is let end first.
    await world.clock.run({ eventsMax: 20 });
    assert.deepEqual(outcome.open.names, []);
    ended++;
  }
  assert.ok(ended > 0);
  await stop(world, await start(world, host));
});

test("a port that is taken, and a folder that is, end the start with a name and a remedy", async () => {
  const { world, host } = await usedHost(9);
  const { platform } = host.start(() => undefined);
  const first = await startIn(world, platform, {});
  const samePort = await startIn(world, platform, { folder: "/other" });
  assertRefused(samePort, "EADDRINUSE", /cannot listen on broker:9092/);
  const sameFolder = await startIn(world, platform, { port: 19_092 });
  assertRefused(sameFolder, "LOG_DIRECTORY_LOCKED", /in use by another/);
  await stop(world, first);
});

test("a damaged meta.properties ends the start with a name and a remedy, until it is mended", async () => {
  const { world, host } = await usedHost(10);
  const path = `${FOLDER}/meta.properties`;
  const { disk } = host.start().platform;
  const sound = disk.readFile(path);
  const damaged = ["version=1\n", "version=7\n", "node.id=x\n", "", "\u0000\u0001"];
  for (const text of damaged) {
    writeFileAtomically(host.start().platform.disk, path, Buffer.from(text));
    const outcome = await start(world, host);
    assert.ok(outcome.error instanceof MoldauError, JSON.stringify(text));
    assert.ok(outcome.error.remedy !== undefined, JSON.stringify(text));
    assert.match(outcome.error.message, /meta\.properties|\/data/);
    assert.deepEqual(outcome.open.names, []);
  }
  writeFileAtomically(host.start().platform.disk, path, sound);
  await stop(world, await start(world, host));
});

function assertRefused({ error, open }: Outcome, code: string, message: RegExp): void {
  assert.ok(error instanceof MoldauError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  assert.deepEqual(open.names, []);
}
