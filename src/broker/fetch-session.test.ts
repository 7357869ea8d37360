import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { SimRandom } from "../simulator/sim-random.ts";
import {
  EVICTION_MS,
  FetchSessions,
  SESSION_PARTITIONS_MAX,
  fetchPartitionKey,
  nextSessionEpoch,
  type FetchPartition,
  type FetchSession,
} from "./fetch-session.ts";

const TOPIC_ID = "HE14e3UeSH6ELAgpE2hYkQ";

function partitionsOf(count: number): Map<string, FetchPartition> {
  const partitions = new Map<string, FetchPartition>();
  for (let partition = 0; partition < count; partition++) {
    partitions.set(fetchPartitionKey("t", partition), {
      topic: "t",
      topicId: TOPIC_ID,
      partition,
      fetchOffset: 0,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1,
      toldHighWatermark: -1,
      toldLogStartOffset: -1,
    });
  }
  return partitions;
}

function sessionsWith(slots: number): FetchSessions {
  return new FetchSessions(slots, new SimRandom(1));
}

function create(sessions: FetchSessions, size: number, nowMs: number): FetchSession {
  const session = sessions.create(true, partitionsOf(size), nowMs);
  assert.ok(session !== undefined);
  return session;
}

/** Uses a session as a fetch that changes nothing. */
function use(sessions: FetchSessions, session: FetchSession, nowMs: number): void {
  assert.ok(sessions.update(session, new Map(), [], nowMs));
}

function isKnown(sessions: FetchSessions, { id, epoch }: FetchSession): boolean {
  return sessions.find(id, epoch, true).kind === "session";
}

test("a session is found under its id, with the epoch that comes next, by those that name topics alike", () => {
  const sessions = sessionsWith(10);
  const session = create(sessions, 3, 0);
  const errorOf = (id: number, epoch: number, usesTopicIds: boolean): ErrorCode => {
    const found = sessions.find(id, epoch, usesTopicIds);
    return found.kind === "error" ? found.errorCode : ErrorCode.NONE;
  };
  assert.equal(errorOf(session.id, 1, true), ErrorCode.NONE);
  assert.equal(errorOf(session.id + 1, 1, true), ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  assert.equal(errorOf(session.id, 2, true), ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  assert.equal(errorOf(session.id, 1, false), ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
  use(sessions, session, 1);
  assert.equal(errorOf(session.id, 1, true), ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  assert.equal(errorOf(session.id, 2, true), ErrorCode.NONE);
  assert.equal(nextSessionEpoch(2 ** 31 - 1), 1, "0 and -1 have meanings of their own");
});

test("when all slots are taken by sessions in use, there is none for a new one", () => {
  const sessions = sessionsWith(3);
  const all = [1, 1, 1].map((size) => create(sessions, size, 0));
  for (const session of all) use(sessions, session, EVICTION_MS);
  assert.equal(sessions.create(true, partitionsOf(1), EVICTION_MS + 1), undefined);
  assert.equal(sessions.size, 3);
});

test("one that nobody used for two minutes goes first, the longest unused of them", () => {
  const sessions = sessionsWith(3);
  const [first, second, third] = [9, 9, 9].map((size) => create(sessions, size, 0));
  use(sessions, first!, 10);
  use(sessions, third!, 20);
  create(sessions, 1, EVICTION_MS + 1);
  assert.equal(isKnown(sessions, second!), false);
  assert.equal(sessions.create(true, partitionsOf(1), EVICTION_MS + 10), undefined);
  create(sessions, 1, EVICTION_MS + 11);
  assert.equal(isKnown(sessions, first!), false);
  assert.equal(isKnown(sessions, third!), true);
});

test("else a larger one takes the place of the smallest that has had its two minutes", () => {
  const sessions = sessionsWith(3);
  const [large, small, young] = [8, 3, 1].map((size, i) =>
    create(sessions, size, i === 2 ? EVICTION_MS : 0),
  );
  const nowMs = EVICTION_MS + 1;
  for (const session of [large, small, young]) use(sessions, session!, nowMs);
  assert.equal(sessions.create(true, partitionsOf(3), nowMs), undefined, "it is no larger");
  create(sessions, 4, nowMs);
  assert.equal(isKnown(sessions, small!), false);
  assert.equal(isKnown(sessions, large!), true);
  assert.equal(isKnown(sessions, young!), true, "however small, it was made lately");
});

test("partitions of all sessions together have a bound, whichever way they come", () => {
  const sessions = sessionsWith(1000);
  const half = SESSION_PARTITIONS_MAX / 2;
  const first = create(sessions, half, 0);
  const second = create(sessions, half - 1, 0);
  assert.equal(sessions.create(true, partitionsOf(2), 0), undefined);
  const third = create(sessions, 1, 0);
  assert.equal(sessions.partitionCount, SESSION_PARTITIONS_MAX);
  assert.equal(sessions.update(third, partitionsOf(2), [], 1), false, "no room to grow");
  assert.equal(isKnown(sessions, third), false);
  assert.ok(sessions.update(second, new Map(), [fetchPartitionKey("t", 0)], 1));
  assert.equal(sessions.partitionCount, 2 * half - 2);
  sessions.remove(first.id);
  sessions.remove(first.id);
  assert.equal(sessions.partitionCount, half - 2);
});

test("a session whose last partition is forgotten is no more", () => {
  const sessions = sessionsWith(10);
  const session = create(sessions, 2, 0);
  const [one, two] = session.partitions.keys();
  assert.ok(sessions.update(session, new Map(), [one!], 1));
  assert.equal(sessions.update(session, new Map(), [two!, two!, "x:1"], 2), false);
  assert.equal(sessions.size, 0);
  assert.equal(sessions.partitionCount, 0);
});

test("what a partition was told stays when the client moves on in it", () => {
  const sessions = sessionsWith(10);
  const session = create(sessions, 1, 0);
  const key = fetchPartitionKey("t", 0);
  const partition = session.partitions.get(key)!;
  partition.toldHighWatermark = 7;
  const moved = new Map([[key, { ...partition, fetchOffset: 5, toldHighWatermark: -1 }]]);
  assert.ok(sessions.update(session, moved, [], 1));
  assert.equal(partition.fetchOffset, 5);
  assert.equal(partition.toldHighWatermark, 7);
});
