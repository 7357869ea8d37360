import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "../../simulator/sim-random.ts";
import {
  Acknowledgements,
  AcknowledgeType,
  batchesOf,
  halvesOf,
  type Acknowledgement,
} from "./acknowledgements.ts";
import { SharePartition } from "./share-partition.ts";

const { GAP, ACCEPT, RELEASE, REJECT, RENEW } = AcknowledgeType;
const topicId = "aaaaaaaaaaaaaaaaaaaaaA";
const zero = new SharePartition({ topic: "t", partition: 0 }, topicId, undefined);
const one = new SharePartition({ topic: "t", partition: 1 }, topicId, undefined);

function said(
  firstOffset: number,
  type: AcknowledgeType,
  lastOffset = firstOffset,
  answered?: Acknowledgement["answered"],
): Acknowledgement {
  return { firstOffset, lastOffset, type, lockedUntilMs: 1_000, answered };
}

function heard(): void {}

/** What requests say, one after the other, until nothing is left. */
function requestsOf(queue: Acknowledgements): string[] {
  const requests: string[] = [];
  while (!queue.isEmpty) {
    const parts = queue.take().map(({ partition, acknowledgements }) => {
      const batches = batchesOf(acknowledgements).map(
        ({ firstOffset, lastOffset, acknowledgeTypes }) =>
          `${firstOffset}-${lastOffset}:${acknowledgeTypes.join("")}`,
      );
      return `p${partition.partition} ${batches.join(" ")}`;
    });
    requests.push(parts.join(", "));
  }
  return requests;
}

test("what follows one another in a partition and is the same is said at once", () => {
  const queue = new Acknowledgements();
  for (const offset of [0, 1, 2]) queue.add(zero, said(offset, ACCEPT));
  queue.add(one, said(7, ACCEPT, 9));
  for (const offset of [5, 6]) queue.add(zero, said(offset, ACCEPT));
  assert.equal(queue.isUrgent, false);
  assert.deepEqual([...queue.keys], [zero.key, one.key]);
  assert.deepEqual(requestsOf(queue), ["p0 0-2:1 5-6:1, p1 7-9:1"]);
  assert.equal(queue.isEmpty, true);
});

test("neighbours of several types are one batch with a type for each, long runs are batches of their own", () => {
  const queue = new Acknowledgements();
  queue.add(zero, said(0, ACCEPT));
  queue.add(zero, said(1, RELEASE, 2));
  queue.add(zero, said(3, REJECT));
  queue.add(zero, said(4, GAP, 1_000_000));
  queue.add(zero, said(1_000_001, ACCEPT));
  assert.deepEqual(requestsOf(queue), ["p0 0-3:1223 4-1000000:0 1000001-1000001:1"]);
});

test("records come in order of their offsets, in whatever order they were acknowledged", () => {
  const queue = new Acknowledgements();
  for (const offset of [4, 2, 3, 0, 9]) queue.add(zero, said(offset, ACCEPT, offset, heard));
  assert.equal(queue.isUrgent, true);
  assert.deepEqual(requestsOf(queue), ["p0 0-0:1 2-4:1 9-9:1"]);
});

test("the answer reaches each who waits for it", () => {
  const queue = new Acknowledgements();
  const answers: number[] = [];
  for (const offset of [0, 1]) {
    queue.add(
      zero,
      said(offset, ACCEPT, offset, () => answers.push(offset)),
    );
  }
  for (const { acknowledgements } of queue.take()) {
    for (const { answered } of acknowledgements) answered?.(undefined);
  }
  assert.deepEqual(answers, [0, 1]);
});

test("a record that was delivered to the same member twice is not spoken of twice in one request", () => {
  const queue = new Acknowledgements();
  queue.add(zero, said(3, RELEASE));
  queue.add(zero, said(4, ACCEPT));
  queue.add(zero, said(3, ACCEPT, 3, heard));
  assert.deepEqual(requestsOf(queue), ["p0 3-4:21", "p0 3-3:1"]);
});

test("parts of what was refused go one by one, before what came since", () => {
  const queue = new Acknowledgements();
  queue.add(zero, said(0, ACCEPT, 3));
  const [refused] = queue.take();
  assert.ok(refused !== undefined);
  for (const half of halvesOf(refused.acknowledgements)) {
    queue.addPart({ partition: zero, acknowledgements: half });
  }
  queue.add(zero, said(4, ACCEPT));
  assert.equal(queue.isUrgent, true);
  assert.deepEqual(requestsOf(queue), ["p0 0-1:1", "p0 2-3:1", "p0 4-4:1"]);
});

test("halves of halves come to single records, of which there are none", () => {
  const pending: (readonly Acknowledgement[])[] = [[said(0, ACCEPT, 4), said(9, REJECT)]];
  const singles: string[] = [];
  for (let some = pending.pop(); some !== undefined; some = pending.pop()) {
    const halves = halvesOf(some);
    pending.push(...halves);
    if (halves.length > 0) continue;
    const [only] = some;
    singles.push(`${only?.firstOffset}-${only?.lastOffset}:${only?.type}`);
  }
  assert.deepEqual(singles.toSorted(), ["0-0:1", "1-1:1", "2-2:1", "3-3:1", "4-4:1", "9-9:3"]);
  assert.deepEqual(halvesOf([]), []);
});

test("locks that are to be renewed are known of as long as they are queued", () => {
  const queue = new Acknowledgements();
  queue.add(zero, said(0, RENEW, 0, heard));
  assert.equal(queue.hasRenewals, true);
  const [taken] = queue.take();
  assert.equal(queue.hasRenewals, false);
  queue.addPart(taken!);
  assert.equal(queue.hasRenewals, true);
});

test("whatever is acknowledged, requests say just that", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SimRandom(seed, "acknowledgements");
    const queue = new Acknowledgements();
    const expected = new Map<number, number>();
    const seen = new Map<number, number>();
    for (let round = 0; round < 20; round++) {
      const firstOffset = random.below(300);
      const lastOffset = firstOffset + (random.chance(0.2) ? random.below(40) : 0);
      const type = random.pick([GAP, ACCEPT, RELEASE, REJECT]);
      const offsets = Array.from(
        { length: lastOffset - firstOffset + 1 },
        (_, i) => firstOffset + i,
      );
      if (offsets.some((offset) => expected.has(offset))) continue;
      for (const offset of offsets) expected.set(offset, type);
      queue.add(zero, said(firstOffset, type, lastOffset, random.chance(0.3) ? heard : undefined));
    }
    while (!queue.isEmpty) {
      for (const { partition, acknowledgements } of queue.take()) {
        if (random.chance(0.3)) {
          const halves = halvesOf(acknowledgements);
          for (const half of halves) queue.addPart({ partition, acknowledgements: half });
          if (halves.length > 0) continue;
        }
        let before = -1;
        for (const { firstOffset, lastOffset, acknowledgeTypes } of batchesOf(acknowledgements)) {
          assert.ok(firstOffset > before, "batches do not overlap");
          before = lastOffset;
          const { length } = acknowledgeTypes;
          assert.ok(length === 1 || length === lastOffset - firstOffset + 1);
          for (let offset = firstOffset; offset <= lastOffset; offset++) {
            assert.ok(!seen.has(offset), "once");
            seen.set(offset, acknowledgeTypes[length === 1 ? 0 : offset - firstOffset]!);
          }
        }
      }
    }
    const sorted = (map: Map<number, number>) => [...map].sort(([a], [b]) => a - b);
    assert.deepEqual(sorted(seen), sorted(expected), `seed ${seed}`);
  }
});
