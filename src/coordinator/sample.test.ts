/** The partitions of `__consumer_offsets` that Apache Kafka 4.4 wrote. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { batchesIn } from "../records/record-batch.ts";
import { decodeGroupRecord, encodeGroupRecord } from "./group/group-records.ts";
import { MemoryLog, World } from "./world.test.ts";

const PARTITIONS = 3;
const fixture = join(import.meta.dirname, "../../test/fixtures/data-directory");

interface Tree {
  readonly admin: {
    readonly groupOffsets: Readonly<
      Record<string, Record<string, { offset: number; leaderEpoch: number; metadata: string }>>
    >;
    readonly groups: Readonly<Record<string, { state: string; protocol: string; type: string }>>;
  };
}

const facts: { readonly trees: Readonly<Record<string, Tree>> } = JSON.parse(
  readFileSync(join(fixture, "data-directory.json"), "utf8"),
);

const folder = mkdtempSync(join(tmpdir(), "moldau-groups-"));
after(() => rmSync(folder, { recursive: true }));

function pathOf(tree: string, partition: number): string {
  return `${tree}/__consumer_offsets-${partition}/${"0".repeat(20)}.log`;
}

const paths = Object.keys(facts.trees).flatMap((tree) =>
  Array.from({ length: PARTITIONS }, (_, partition) => pathOf(tree, partition)),
);
execFileSync("tar", ["xzf", join(fixture, "data-directory.tar.gz"), "-C", folder, ...paths]);

function logOf(tree: string, partition: number): Buffer {
  return readFileSync(join(folder, pathOf(tree, partition)));
}

function open(tree: string): World {
  const log = new MemoryLog();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const batch of batchesIn(logOf(tree, partition))) log.put(partition, batch.slice());
  }
  return new World({ log, partitionCount: PARTITIONS });
}

for (const [name, { admin }] of Object.entries(facts.trees)) {
  test(`the groups and offsets of the ${name} directory are what Kafka told of them`, () => {
    const world = open(name);
    const groups = Object.fromEntries(
      world.list().groups.map((group) => [
        group.groupId,
        {
          state: group.groupState,
          protocol: group.protocolType,
          type: group.groupType.replace(/^./, (first) => first.toUpperCase()),
        },
      ]),
    );
    assert.deepEqual(groups, admin.groups);
    for (const [groupId, expected] of Object.entries(admin.groupOffsets)) {
      const call = world.fetch(groupId, { requireStable: true });
      const found = call.response.groups[0]!.topics.flatMap((topic) =>
        topic.partitions.map((partition) => [
          `${topic.name}-${partition.partitionIndex}`,
          {
            offset: partition.committedOffset,
            leaderEpoch: partition.committedLeaderEpoch,
            metadata: partition.metadata,
          },
        ]),
      );
      assert.deepEqual(Object.fromEntries(found), expected, groupId);
    }
  });
}

test("records are written as Kafka writes them, byte by byte", () => {
  let compared = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const batch of batchesIn(logOf("clean", partition))) {
      if (batch.isControl) continue;
      for (const { key, value } of batch.records()) {
        const record = decodeGroupRecord(key!, value);
        assert.ok(record !== undefined);
        if (record.kind === "epoch-group" && record.fact !== null) continue;
        assert.deepEqual(encodeGroupRecord(record), { key, value });
        compared++;
      }
    }
  }
  assert.equal(compared, 11);
});

test("groups of the directory can be joined, committed to, and deleted", () => {
  const world = open("clean");
  const { ids, generation } = world.stableGroup(1, { groupId: "g.classic" });
  assert.equal(generation, 3, "it was left at generation 2");
  const commit = { groupId: "g.classic", memberId: ids[0]!, generation };
  assert.equal(world.commitError(commit), ErrorCode.NONE);
  const deleted = world.deleteGroups("g.consumer", "g.txn");
  world.clock.advance();
  for (const { errorCode } of deleted.response.results) assert.equal(errorCode, ErrorCode.NONE);
  assert.deepEqual(
    world
      .reloaded()
      .list()
      .groups.map((group) => group.groupId),
    ["g.classic"],
  );
});
