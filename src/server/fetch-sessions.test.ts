import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Pending } from "../broker/answer.ts";
import { handleFetch } from "../broker/handlers/fetch.ts";
import { ANONYMOUS, type RequestContext } from "../broker/request-context.ts";
import { ApiKey } from "../protocol/apis.ts";
import { codecOf } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from "../protocol/messages/delete-records.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "../protocol/messages/delete-topics.ts";
import {
  fetchRequest,
  fetchResponse,
  type FetchRequestInput,
  type FetchResponse,
  type FetchResponseInput,
} from "../protocol/messages/fetch.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { Reader } from "../protocol/reader.ts";
import { Writer } from "../protocol/writer.ts";
import { buildBatch } from "../records/build.ts";
import type { RunningNode } from "./node.ts";
import type { RawClient } from "./raw-client.ts";
import { startTestNode, type TestNode } from "./server-kit.test.ts";

/** What incremental fetches tell is what full ones would (KIP-227). */

let running: TestNode;
let node: RunningNode;
let client: RawClient;

before(async () => {
  running = await startTestNode();
  ({ node, client } = running);
});

after(() => running.close());

const PARTITIONS = 3;
const NAMES_VERSION = 12;
const IDS_VERSION = 13;

async function createTopic(name: string): Promise<string> {
  const { topics } = await client.send(createTopicsRequest, createTopicsResponse, 7, {
    topics: [{ name, numPartitions: PARTITIONS, replicationFactor: 1 }],
  });
  assert.equal(topics[0]!.errorCode, ErrorCode.NONE);
  return topics[0]!.topicId;
}

async function append(name: string, index: number, count: number): Promise<void> {
  const record = { key: null, value: Buffer.from("x"), timestamp: Date.now() };
  const records = buildBatch(Array.from({ length: count }, () => record));
  await client.send(produceRequest, produceResponse, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index, records }] }],
  });
}

async function deleteRecords(name: string, partitionIndex: number, offset: number): Promise<void> {
  await client.send(deleteRecordsRequest, deleteRecordsResponse, 2, {
    timeoutMs: 1000,
    topics: [{ name, partitions: [{ partitionIndex, offset }] }],
  });
}

/** The answer of the handler as a client reads it. */
function fetch(version: number, input: FetchRequestInput): FetchResponse {
  const writer = new Writer();
  codecOf(fetchRequest, version).encode(writer, { maxWaitMs: 0, ...input });
  const request = codecOf(fetchRequest, version).decode(new Reader(writer.toBuffer()));
  const context: RequestContext = {
    apiKey: ApiKey.FETCH,
    apiVersion: version,
    correlationId: 1,
    clientId: "test",
    listenerName: "PLAINTEXT",
    clientAddress: "127.0.0.1",
    principal: ANONYMOUS,
    onSent: undefined,
    onClosed: undefined,
  };
  const answer = handleFetch(node.broker, context, request);
  assert.ok(!(answer instanceof Pending) && !(answer instanceof Promise));
  return decoded(version, answer as FetchResponseInput, context);
}

function decoded(
  version: number,
  answer: FetchResponseInput,
  context: RequestContext,
): FetchResponse {
  const writer = new Writer();
  codecOf(fetchResponse, version).encode(writer, answer);
  const bytes = Buffer.concat(writer.chunks().map((chunk) => Buffer.from(chunk)));
  context.onSent?.();
  return codecOf(fetchResponse, version).decode(new Reader(bytes));
}

interface Topic {
  readonly name: string;
  id: string;
}

/** Where the client stands in a partition. */
interface Position {
  readonly topic: Topic;
  readonly partition: number;
  fetchOffset: number;
  currentLeaderEpoch: number;
}

/** What a client knows of a partition from answers. */
interface Told {
  readonly error: "none" | "unknown topic" | number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

type PartitionAnswer = FetchResponse["responses"][number]["partitions"][number];

/** A topic that is gone is told of in one of several ways, by what was known of it before. */
const goneCodes: readonly number[] = [
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
];

function toldBy({ errorCode, highWatermark, logStartOffset }: PartitionAnswer): Told {
  if (goneCodes.includes(errorCode)) {
    return { error: "unknown topic", highWatermark: -1, logStartOffset: -1 };
  }
  const error = errorCode === ErrorCode.NONE ? "none" : errorCode;
  return { error, highWatermark, logStartOffset };
}

/** A client with a session, which compares all it is told with what a full fetch tells. */
class SessionClient {
  readonly #version: number;
  readonly #positions = new Map<string, Position>();
  readonly #told = new Map<string, Told>();
  #sessionId = 0;
  #epoch = 0;

  constructor(version: number) {
    this.#version = version;
  }

  /** Fetches with what is new or moved in it, and without what is to be forgotten. */
  fetch(changed: readonly Position[], forgotten: readonly Position[]): void {
    const wanted = this.#epoch === 0 ? [...this.#positions.values(), ...changed] : [...changed];
    for (const position of changed) this.#positions.set(this.#keyOf(position), { ...position });
    for (const position of forgotten) {
      this.#positions.delete(this.#keyOf(position));
      this.#told.delete(this.#keyOf(position));
    }
    const kept = wanted.filter((position) => this.#positions.has(this.#keyOf(position)));
    const answer = fetch(this.#version, {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: this.#topicsOf(kept),
      forgottenTopicsData: forgotten.map(({ topic, partition }) => ({
        topic: topic.name,
        topicId: topic.id,
        partitions: [partition],
      })),
    });
    assert.equal(answer.errorCode, ErrorCode.NONE);
    this.#compare(answer);
    if (answer.sessionId === 0) this.restart();
    else {
      this.#sessionId = answer.sessionId;
      this.#epoch++;
    }
  }

  /** Begins a new session with the next fetch. */
  restart(): void {
    this.#epoch = 0;
    this.#told.clear();
  }

  get positions(): readonly Position[] {
    return [...this.#positions.values()];
  }

  #compare(answer: FetchResponse): void {
    const full = fetch(this.#version, {
      sessionEpoch: -1,
      topics: this.#topicsOf(this.positions),
    });
    const expected = this.#byKey(full);
    const found = this.#byKey(answer);
    for (const key of found.keys()) assert.ok(expected.has(key), `${key} was not asked for`);
    for (const [key, whole] of expected) {
      const part = found.get(key);
      const records = part?.records ?? Buffer.alloc(0);
      assert.ok(records.equals(whole.records ?? Buffer.alloc(0)), `records of ${key}`);
      if (part !== undefined) this.#told.set(key, toldBy(part));
      assert.deepEqual(this.#told.get(key), toldBy(whole), key);
    }
  }

  #byKey({ responses }: FetchResponse): Map<string, PartitionAnswer> {
    const answers = new Map<string, PartitionAnswer>();
    for (const { topic, topicId, partitions } of responses) {
      for (const partition of partitions) {
        const key = `${this.#version >= IDS_VERSION ? topicId : topic}:${partition.partitionIndex}`;
        assert.ok(!answers.has(key), `${key} is answered once`);
        answers.set(key, partition);
      }
    }
    return answers;
  }

  #keyOf({ topic, partition }: Position): string {
    return `${this.#version >= IDS_VERSION ? topic.id : topic.name}:${partition}`;
  }

  #topicsOf(positions: readonly Position[]): NonNullable<FetchRequestInput["topics"]> {
    return positions.map(({ topic, partition, fetchOffset, currentLeaderEpoch }) => ({
      topic: topic.name,
      topicId: topic.id,
      partitions: [{ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1_000_000 }],
    }));
  }
}

const place = fc.record({ topic: fc.nat(1), partition: fc.nat(PARTITIONS) });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), place }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("fetch" as const),
      changed: fc.array(
        fc.record({ place, fetchOffset: fc.integer({ min: -1, max: 6 }), epoch: fc.nat(9) }),
        { maxLength: 3 },
      ),
      forgotten: fc.array(fc.nat(20), { maxLength: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("delete records" as const), place, to: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete topic" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("create topic" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

let run = 0;

for (const version of [NAMES_VERSION, IDS_VERSION]) {
  test(`what a session tells in version ${version} is what full fetches tell`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        run++;
        const topics: Topic[] = [];
        for (const name of [`a${run}`, `b${run}`])
          topics.push({ name, id: await createTopic(name) });
        const [, second] = topics;
        const session = new SessionClient(version);
        let isThere = true;
        for (const one of steps) {
          switch (one.kind) {
            case "append":
              await append(topics[one.place.topic]!.name, one.place.partition, 2);
              break;
            case "delete records":
              await deleteRecords(topics[one.place.topic]!.name, one.place.partition, one.to);
              break;
            case "delete topic":
              if (!isThere) break;
              isThere = false;
              await client.send(deleteTopicsRequest, deleteTopicsResponse, 5, {
                topicNames: [second!.name],
                timeoutMs: 1000,
              });
              break;
            case "create topic":
              if (isThere) break;
              isThere = true;
              topics[1] = { name: second!.name, id: await createTopic(second!.name) };
              break;
            case "restart":
              session.restart();
              break;
            case "fetch": {
              const changed = one.changed.map(({ place: { topic, partition }, ...rest }) => ({
                topic: topics[topic]!,
                partition,
                fetchOffset: rest.fetchOffset,
                // Now and then one that the leader does not know.
                currentLeaderEpoch: rest.epoch === 0 ? 99 : -1,
              }));
              const forgotten = one.forgotten.flatMap((n) => session.positions[n] ?? []);
              session.fetch(changed, forgotten);
              break;
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
}

test("under a small bound of bytes every partition of a session gets its turn", async () => {
  const topic = { name: "turns", id: await createTopic("turns") };
  for (let partition = 0; partition < PARTITIONS; partition++) await append("turns", partition, 3);
  const seen: number[] = [];
  let sessionId = 0;
  for (let sessionEpoch = 0; sessionEpoch < 2 * PARTITIONS; sessionEpoch++) {
    const answer = fetch(IDS_VERSION, {
      maxBytes: 1,
      sessionId,
      sessionEpoch,
      topics:
        sessionEpoch > 0
          ? []
          : [
              {
                topicId: topic.id,
                partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({
                  partition,
                  fetchOffset: 0,
                  partitionMaxBytes: 1000,
                })),
              },
            ],
    });
    ({ sessionId } = answer);
    const withRecords = answer.responses
      .flatMap(({ partitions }) => partitions)
      .filter(({ records }) => (records?.length ?? 0) > 0);
    assert.equal(withRecords.length, 1);
    seen.push(withRecords[0]!.partitionIndex);
  }
  assert.deepEqual(seen, [0, 1, 2, 0, 1, 2]);
});

test("fetches that find no memory wait for it, or give nothing when they may not wait", async () => {
  const topic = { name: "short", id: await createTopic("short") };
  await append(topic.name, 0, 3);
  const { fetchMemory } = node.broker;
  const ask = (maxWaitMs: number): Promise<FetchResponse> =>
    client.send(fetchRequest, fetchResponse, IDS_VERSION, {
      maxWaitMs,
      minBytes: 1,
      topics: [
        {
          topicId: topic.id,
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
        },
      ],
    });
  const taken = 1e9;
  fetchMemory.hold(taken);
  const [nothing] = (await ask(0)).responses[0]!.partitions;
  assert.equal(nothing!.errorCode, ErrorCode.NONE);
  assert.equal(nothing!.records?.length ?? 0, 0);
  const waiting = ask(60_000);
  const partition = node.broker.replicas.partitionOf(topic.name, 0)!;
  while (!partition.hasWaiting) await new Promise((resolve) => setImmediate(resolve));
  fetchMemory.release(taken);
  const [something] = (await waiting).responses[0]!.partitions;
  assert.ok(something!.records!.length > 0);
  while (fetchMemory.heldBytes > 0) await new Promise((resolve) => setImmediate(resolve));
});
