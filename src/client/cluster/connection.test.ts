import assert from "node:assert/strict";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { fetchRequest, fetchResponse } from "../../protocol/messages/fetch.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import { produceRequest, produceResponse } from "../../protocol/messages/produce.ts";
import type { Network } from "../../platform/network.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import type { ConnectionEvent, RequestTrace } from "../diagnostics/channels.ts";
import { ClientMetrics } from "../diagnostics/client-metrics.ts";
import { KafkaError } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { BrokerConnection, type ConnectOptions } from "./connection.ts";
import { FakeBroker } from "./fake-broker.fixture.ts";

const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const fetchCall = apiCall(ApiKey.FETCH, fetchRequest, fetchResponse);
const produceCall = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 12);
const beat = { groupId: "g", memberId: "m", generationId: 1 };
const patient = { timeoutMs: 30_000 };

interface Scene {
  readonly world: SimWorld;
  readonly broker: FakeBroker;
  readonly counts: { writes: number };
  open(options?: Partial<ConnectOptions>): Promise<BrokerConnection>;
}

async function scene(seed = 1): Promise<Scene> {
  const world = new SimWorld({ seed });
  const counts = { writes: 0 };
  const broker = await FakeBroker.start(world.host("broker").start().platform.network, "broker");
  broker.serve(heartbeatRequest, heartbeatResponse, ({ generationId }) => ({
    throttleTimeMs: generationId,
  }));
  const { network, clock } = world.host("client").start().platform;
  const counting: Network = {
    ...network,
    listen: (...args) => network.listen(...args),
    async connect(address) {
      const connection = await network.connect(address);
      const write = connection.write.bind(connection);
      connection.write = (...args) => {
        counts.writes++;
        write(...args);
      };
      return connection;
    },
  };
  return {
    world,
    broker,
    counts,
    open: (options = {}) =>
      world.clock.wait(
        BrokerConnection.open(
          { host: "broker", port: 9092 },
          { network: counting, clock, clientId: "c", timeoutMs: 5_000, ...options },
        ),
      ),
  };
}

function failureOf(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => assert.fail("it should have failed"),
    (thrown: unknown) => {
      assert.ok(thrown instanceof KafkaError, String(thrown));
      return thrown;
    },
  );
}

test("requests of one tick leave together, and each gets its own answer", async () => {
  const { world, counts, open } = await scene();
  const connection = await open();
  const before = counts.writes;
  const answers = Promise.all(
    Array.from({ length: 50 }, (_, generationId) =>
      connection.request(heartbeatCall, { ...beat, generationId }, patient),
    ),
  );
  assert.equal(connection.inFlight, 50);
  const throttles = (await world.clock.wait(answers)).map(({ throttleTimeMs }) => throttleTimeMs);
  assert.deepEqual(
    throttles,
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.equal(counts.writes - before, 1);
  assert.equal(connection.inFlight, 0);
});

test("an older broker is asked again in a version that it speaks (KIP-511)", async () => {
  const { broker, open } = await scene();
  broker.limit(ApiKey.API_VERSIONS, [0, 2]);
  const connection = await open();
  assert.deepEqual(broker.asked, ["ApiVersions", "ApiVersions"]);
  assert.deepEqual(connection.versions.get(ApiKey.API_VERSIONS), [0, 2]);
});

test("what the broker does not serve is refused here, with a name", async () => {
  const { broker, open } = await scene();
  broker.limit(ApiKey.HEARTBEAT, undefined);
  broker.limit(ApiKey.FETCH, [90, 99]);
  const connection = await open();
  assert.equal(connection.versionOf(heartbeatCall), undefined);
  const absent = await failureOf(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual([absent.code, absent.context.api], ["UNSUPPORTED_API", "Heartbeat"]);
  const newer = await failureOf(connection.request(fetchCall, {}, patient));
  assert.match(newer.message, /serves versions 90 to 99: Fetch/);
});

test("a missing answer ends the connection: the late request timed out, the others lost it", async () => {
  const { world, broker, open } = await scene();
  broker.serve(heartbeatRequest, heartbeatResponse, () => "silent");
  const connection = await open();
  const late = failureOf(connection.request(heartbeatCall, beat, { timeoutMs: 1_000 }));
  const behind = failureOf(connection.request(heartbeatCall, beat, patient));
  const startedMs = world.clock.monotonicMs();
  const [first, second] = await world.clock.wait(Promise.all([late, behind]));
  assert.deepEqual([first.code, first.retriable], ["TIMED_OUT", true]);
  assert.deepEqual([second.code, second.retriable], ["CONNECTION_CLOSED", true]);
  assert.deepEqual(
    [first.context.api, first.context.broker, first.context.correlationId],
    ["Heartbeat", "broker:9092", 2],
  );
  assert.ok(Math.abs(world.clock.monotonicMs() - startedMs - 1_000) < 1);
  assert.equal(connection.isOpen, false);
  const after = await failureOf(connection.request(heartbeatCall, beat, patient));
  assert.equal(after.code, "CONNECTION_CLOSED");
});

test("a later request with less time is not kept waiting by the timer of the one before", async () => {
  const { world, broker, open } = await scene();
  broker.serve(heartbeatRequest, heartbeatResponse, () => "silent");
  const connection = await open();
  const slow = failureOf(connection.request(heartbeatCall, beat, patient));
  const quick = failureOf(connection.request(heartbeatCall, beat, { timeoutMs: 100 }));
  const startedMs = world.clock.monotonicMs();
  assert.equal((await world.clock.wait(quick)).code, "TIMED_OUT");
  assert.ok(world.clock.monotonicMs() - startedMs < 101);
  assert.equal((await world.clock.wait(slow)).code, "CONNECTION_CLOSED");
});

test("a broker that makes the client wait for a quota is not given up (KIP-219)", async () => {
  const { world, broker, open } = await scene();
  const throttleMs = 40_000;
  const { clock } = world;
  let mutedUntilMs = 0;
  broker.serve(heartbeatRequest, heartbeatResponse, async ({ generationId }) => {
    const waitMs = mutedUntilMs - clock.monotonicMs();
    if (waitMs > 0) await new Promise<void>((resolve) => void clock.schedule(waitMs, "", resolve));
    if (generationId === 0) mutedUntilMs = clock.monotonicMs() + throttleMs;
    return { throttleTimeMs: generationId === 0 ? throttleMs : 0 };
  });
  const connection = await open();
  await clock.wait(connection.request(heartbeatCall, { ...beat, generationId: 0 }, patient));
  const impatient = failureOf(connection.request(heartbeatCall, beat, { timeoutMs: 1_000 }));
  const later = connection.request(heartbeatCall, beat, { timeoutMs: 60_000 });
  assert.equal((await clock.wait(impatient)).code, "TIMED_OUT");
  assert.equal(connection.isOpen, true);
  assert.equal((await clock.wait(later)).errorCode, ErrorCode.NONE);
  assert.equal(connection.isOpen, true);
});

test("a caller that goes away does not disturb the others", async () => {
  const { world, open } = await scene();
  const connection = await open();
  const stop = new AbortController();
  const given = failureOf(
    connection.request(heartbeatCall, beat, { ...patient, signal: stop.signal }),
  );
  const other = connection.request(heartbeatCall, { ...beat, generationId: 2 }, patient);
  stop.abort(new Error("enough"));
  const error = await world.clock.wait(given);
  assert.deepEqual([error.code, error.cause], ["CANCELLED", stop.signal.reason]);
  assert.equal((await world.clock.wait(other)).throttleTimeMs, 2);
  const late = { ...patient, signal: AbortSignal.abort() };
  assert.equal((await failureOf(connection.request(heartbeatCall, beat, late))).code, "CANCELLED");
  assert.equal(connection.isOpen, true);
});

test("an unused connection is closed, a used one is not", async () => {
  const { world, open } = await scene();
  const ends: (string | undefined)[] = [];
  const connection = await open({
    idleMaxMs: 60_000,
    onClosed: (_, lostBy) => ends.push(lostBy?.code),
  });
  await world.clock.advance(50_000);
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  await world.clock.advance(50_000);
  assert.equal(connection.isOpen, true);
  await world.clock.advance(10_001);
  assert.equal(connection.isOpen, false);
  assert.deepEqual(ends, [undefined]);
  const late = await failureOf(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual([late.code, late.retriable], ["CONNECTION_CLOSED", true]);
});

test("a retired connection ends with its last answer", async () => {
  const { world, open } = await scene();
  const connection = await open();
  const answer = connection.request(heartbeatCall, beat, patient);
  connection.retire();
  assert.equal(connection.isOpen, true);
  await world.clock.wait(answer);
  assert.equal(connection.isOpen, false);
  const idle = await open();
  idle.retire();
  assert.equal(idle.isOpen, false);
});

test("posts have no answers; whoever sends many can wait until they have left", async () => {
  const { world, broker, open } = await scene();
  broker.serve(produceRequest, produceResponse, () => "none");
  const connection = await open();
  await connection.posted();
  for (let i = 0; i < 3; i++) connection.post(produceCall, { acks: 0, timeoutMs: 1 });
  assert.equal(connection.inFlight, 0);
  await world.clock.wait(connection.posted());
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual(broker.asked.slice(1), ["Produce", "Produce", "Produce", "Heartbeat"]);
  connection.post(produceCall, { acks: 0, timeoutMs: 1 });
  const left = connection.posted();
  connection.close();
  await left;
  assert.throws(() => connection.post(produceCall, { acks: 0 }), { code: "CLOSED" });
});

test("received records stay as they are while other answers come", async () => {
  const { world, broker, open } = await scene();
  let size = 0;
  broker.serve(fetchRequest, fetchResponse, ({ maxBytes }) => ({
    responses: [
      {
        topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
        partitions: [{ partitionIndex: 0, records: Buffer.alloc(maxBytes, maxBytes % 251) }],
      },
    ],
  }));
  const connection = await open();
  const kept: Buffer[] = [];
  for (let i = 0; i < 60; i++) {
    size = (size * 7 + 1_013) % 400_000;
    const answer = connection.request(fetchCall, { maxBytes: size }, patient);
    const { responses } = await world.clock.wait(answer);
    kept.push(responses[0]!.partitions[0]!.records!);
    await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  }
  for (const records of kept) {
    const value = records.length % 251;
    assert.ok(records.every((byte) => byte === value));
  }
});

test("a broker that is another one than was meant says so (ApiVersions 5)", async () => {
  const { broker, open } = await scene();
  const { apiVersionsRequest, apiVersionsResponse } =
    await import("../../protocol/messages/api-versions.ts");
  broker.serve(apiVersionsRequest, apiVersionsResponse, ({ clusterId, nodeId }) => {
    const isRight = clusterId === null || (clusterId === "mine" && nodeId === 7);
    const errorCode = isRight ? ErrorCode.NONE : ErrorCode.REBOOTSTRAP_REQUIRED;
    return { errorCode, apiKeys: [{ apiKey: ApiKey.HEARTBEAT, minVersion: 0, maxVersion: 4 }] };
  });
  await open();
  await open({ nodeId: 7, clusterId: "mine" });
  const error = await failureOf(open({ nodeId: 8, clusterId: "mine" }));
  assert.deepEqual([error.code, error.retriable], ["REBOOTSTRAP_REQUIRED", true]);
});

test("nobody at the address, a peer that hangs up, and one that says nonsense", async () => {
  const { world, broker, open } = await scene();
  const connection = await open();
  broker.serve(heartbeatRequest, heartbeatResponse, () => "close");
  await world.clock.wait(connection.request(fetchCall, {}, patient).catch(() => undefined));
  const hungUp = await open();
  const closed = await world.clock.wait(failureOf(hungUp.request(heartbeatCall, beat, patient)));
  assert.deepEqual([closed.code, closed.retriable], ["CONNECTION_CLOSED", true]);
  const talker = await open();
  const nonsense = failureOf(talker.request(heartbeatCall, beat, patient));
  broker.connections.at(-1)!.write([Buffer.from("0000000800000001deadbeef", "hex")]);
  assert.equal((await world.clock.wait(nonsense)).code, "NOT_KAFKA");
  await broker.stop();
  const refused = await failureOf(open());
  assert.deepEqual([refused.code, refused.retriable], ["CONNECTION_FAILED", true]);
});

test("connections and requests are told to those who listen, and counted", async () => {
  const { world, open } = await scene();
  const events: ConnectionEvent[] = [];
  const traces: RequestTrace[] = [];
  const listen = (event: unknown): void => void events.push(event as ConnectionEvent);
  const subscribers = { asyncEnd: (trace: object) => void traces.push(trace as RequestTrace) };
  subscribe("moldau:client:connection", listen);
  const requests = tracingChannel("moldau:client:request");
  requests.subscribe(subscribers as never);
  const metrics = new ClientMetrics();
  const connection = await open({ nodeId: 3, metrics });
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  connection.close();
  unsubscribe("moldau:client:connection", listen);
  requests.unsubscribe(subscribers as never);
  assert.deepEqual(
    events.map(({ kind, broker, nodeId }) => [kind, broker, nodeId]),
    [
      ["opened", "broker:9092", 3],
      ["closed", "broker:9092", 3],
    ],
  );
  const heartbeat = traces.at(-1)!;
  assert.deepEqual([heartbeat.api, heartbeat.nodeId], ["Heartbeat", 3]);
  assert.ok(heartbeat.durationMs! > 0 && heartbeat.responseBytes! > 0);
  assert.equal(metrics.connectionsCreated, 1);
  assert.equal(metrics.node(3).consumerLatencyMs.count, 1);
});
