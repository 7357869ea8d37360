import assert from "node:assert/strict";
import { test } from "node:test";
import { SharePartition } from "./share-partition.ts";
import { nextEpoch, ShareSession, type ShareSessionRequest } from "./share-session.ts";

const topicId = "aaaaaaaaaaaaaaaaaaaaaA";
const [a, b, c] = [0, 1, 2].map(
  (partition) => new SharePartition({ topic: "t", partition }, topicId, undefined),
) as [SharePartition, SharePartition, SharePartition];

function told({ epoch, added, forgotten }: ShareSessionRequest): string {
  const numbers = (partitions: readonly SharePartition[]): string =>
    partitions.map(({ partition }) => partition).join("");
  return `${epoch} +${numbers(added)} -${numbers(forgotten)}`;
}

test("a session begins with all partitions, and then tells what came and what went", () => {
  const session = new ShareSession();
  assert.equal(session.isOpen, false);
  assert.equal(told(session.prepare([a, b])), "0 +01 -");
  session.answered();
  assert.equal(session.isOpen, true);
  assert.equal(told(session.prepare([a, b])), "1 + -");
  session.answered();
  assert.equal(told(session.prepare([b, c])), "2 +2 -0");
  session.answered();
  assert.equal(session.find(c.key), c);
  assert.equal(session.find(a.key), undefined);
  assert.equal(session.size, 2);
});

test("acknowledgements by themselves raise the epoch and change nothing else", () => {
  const session = new ShareSession();
  session.prepare([a]);
  session.answered();
  assert.equal(session.epoch, 1);
  session.answered();
  assert.equal(told(session.prepare([a])), "2 + -");
});

test("a session that is lost begins anew, and has nothing to forget", () => {
  const session = new ShareSession();
  session.prepare([a, b]);
  session.answered();
  session.lost();
  assert.equal(session.isOpen, false);
  assert.equal(session.find(a.key), undefined);
  assert.equal(told(session.prepare([b, c])), "0 +12 -");
});

test("a request that failed is not what the next one builds on", () => {
  const session = new ShareSession();
  session.prepare([a]);
  session.lost();
  assert.equal(told(session.prepare([a, b])), "0 +01 -");
});

test("behind the largest epoch comes 1, which is no beginning", () => {
  assert.deepEqual([0, 1, 2 ** 31 - 2, 2 ** 31 - 1].map(nextEpoch), [1, 2, 2 ** 31 - 1, 1]);
});

test("a partition that comes back as another object is the same to the broker", () => {
  const session = new ShareSession();
  session.prepare([a]);
  session.answered();
  const again = new SharePartition({ topic: "t", partition: 0 }, topicId, undefined);
  assert.equal(told(session.prepare([again])), "1 + -");
  assert.equal(session.find(a.key), again);
});
