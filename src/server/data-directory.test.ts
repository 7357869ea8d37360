import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { loadNodeConfig } from "../config/node-config.ts";
import type { Clock } from "../platform/clock.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from "../protocol/messages/describe-configs.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "../protocol/messages/describe-producers.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../protocol/messages/find-coordinator.ts";
import { listGroupsRequest, listGroupsResponse } from "../protocol/messages/list-groups.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../protocol/messages/list-offsets.ts";
import { metadataRequest, metadataResponse } from "../protocol/messages/metadata.ts";
import { offsetFetchRequest, offsetFetchResponse } from "../protocol/messages/offset-fetch.ts";
import { batchesIn } from "../records/record-batch.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { startNode, type RunningNode } from "./node.ts";
import { RawClient } from "./raw-client.ts";

const fixture = join(import.meta.dirname, "../../test/fixtures/data-directory");

interface Admin {
  readonly clusterId: string;
  readonly features: Readonly<Record<string, number>>;
  readonly topics: Readonly<
    Record<string, { id: string; partitions: number; configs: Record<string, string> }>
  >;
  readonly offsets: Offsets;
  readonly groupOffsets: GroupOffsets;
  readonly groups: Readonly<Record<string, { state: string; protocol: string; type: string }>>;
  readonly activeProducers: Producers;
}
type Offsets = Readonly<Record<string, Readonly<Record<string, number>>>>;
type GroupOffsets = Readonly<
  Record<string, Record<string, { offset: number; leaderEpoch: number; metadata: string }>>
>;
type Producers = Readonly<Record<string, readonly object[]>>;
interface RecordFacts {
  readonly o: number | string;
}
interface Tree {
  readonly lastWriteMs: number;
  readonly admin: Admin;
  readonly partitions: Readonly<
    Record<string, { batches: readonly { baseOffset: string; records?: readonly RecordFacts[] }[] }>
  >;
}
interface Facts {
  readonly trees: Readonly<Record<"clean" | "killed", Tree>>;
  readonly killedAfterRecovery: {
    readonly offsets: Offsets;
    readonly groupOffsets: GroupOffsets;
    readonly activeProducers: Producers;
  };
}

const facts = JSON.parse(readFileSync(join(fixture, "data-directory.json"), "utf8")) as Facts;

/** The machine's clock as it stood when the directory was left. */
function clockFrom(startMs: number): Clock {
  const { clock } = nodePlatform;
  const shiftMs = startMs - clock.nowMs();
  return { ...clock, nowMs: () => clock.nowMs() + shiftMs };
}

interface Opened {
  readonly node: RunningNode;
  readonly client: RawClient;
}

async function open(t: TestContext, name: "clean" | "killed"): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "moldau-sample-"));
  execFileSync("tar", ["xzf", join(fixture, "data-directory.tar.gz"), "-C", folder]);
  const { config } = loadNodeConfig({
    dataDirectory: join(folder, name),
    flags: { port: 0, set: ["node.id=1", "log.index.size.max.bytes=262144"] },
  });
  const node = await startNode({
    platform: { ...nodePlatform, clock: clockFrom(facts.trees[name].lastWriteMs) },
    config,
    logger: silentLogger,
  });
  const address = { host: "127.0.0.1", port: node.port };
  const client = await RawClient.connect(nodePlatform.network, address);
  t.after(async () => {
    client.close();
    await node.close();
    rmSync(folder, { recursive: true });
  });
  return { node, client };
}

function split(topicPartition: string): [topic: string, partition: number] {
  const dash = topicPartition.lastIndexOf("-");
  return [topicPartition.slice(0, dash), Number(topicPartition.slice(dash + 1))];
}

const offsetQueries = {
  earliest: { timestamp: -2, isolationLevel: 0 },
  latest: { timestamp: -1, isolationLevel: 0 },
  lastStable: { timestamp: -1, isolationLevel: 1 },
  maxTimestamp: { timestamp: -3, isolationLevel: 0 },
} as const;

async function offsetsOf(client: RawClient, expected: Offsets): Promise<Offsets> {
  const found: Record<string, Record<string, number>> = {};
  for (const [kind, partitions] of Object.entries(expected)) {
    const { timestamp, isolationLevel } = offsetQueries[kind as keyof typeof offsetQueries];
    found[kind] = {};
    for (const name of Object.keys(partitions)) {
      const [topic, partitionIndex] = split(name);
      const answer = await client.send(listOffsetsRequest, listOffsetsResponse, 7, {
        replicaId: -1,
        isolationLevel,
        topics: [{ name: topic, partitions: [{ partitionIndex, timestamp }] }],
      });
      found[kind][name] = answer.topics[0]!.partitions[0]!.offset;
    }
  }
  return found;
}

async function groupOffsetsOf(client: RawClient, groups: readonly string[]): Promise<GroupOffsets> {
  const found: Record<
    string,
    Record<string, { offset: number; leaderEpoch: number; metadata: string }>
  > = {};
  const answer = await client.send(offsetFetchRequest, offsetFetchResponse, 8, {
    groups: groups.map((groupId) => ({ groupId, topics: null })),
  });
  for (const group of answer.groups) {
    assert.equal(group.errorCode, ErrorCode.NONE);
    const offsets: (typeof found)[string] = {};
    for (const topic of group.topics) {
      for (const partition of topic.partitions) {
        offsets[`${topic.name}-${partition.partitionIndex}`] = {
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.metadata ?? "",
        };
      }
    }
    found[group.groupId] = offsets;
  }
  return found;
}

async function producersOf(client: RawClient, partitions: readonly string[]): Promise<Producers> {
  const found: Record<string, object[]> = {};
  for (const name of partitions) {
    const [topic, partition] = split(name);
    const answer = await client.send(describeProducersRequest, describeProducersResponse, 0, {
      topics: [{ name: topic, partitionIndexes: [partition] }],
    });
    const { activeProducers } = answer.topics[0]!.partitions[0]!;
    if (activeProducers.length === 0) continue;
    found[name] = activeProducers
      .map(({ currentTxnStartOffset, ...producer }) => ({
        ...producer,
        currentTransactionStartOffset: currentTxnStartOffset,
      }))
      .sort((a, b) => a.producerId - b.producerId);
  }
  return found;
}

/** Producer states expire by record time at every load: those of 2023 are gone. */
function withoutExpired(producers: Producers, nowMs: number): Producers {
  const day = 86_400_000;
  const kept: Record<string, object[]> = {};
  for (const [partition, states] of Object.entries(producers)) {
    const alive = states.filter(
      (state) => "lastTimestamp" in state && Number(state.lastTimestamp) > nowMs - day,
    );
    if (alive.length > 0) kept[partition] = alive;
  }
  return kept;
}

async function recordOffsetsOf(
  client: RawClient,
  { topicId, partition, start }: { topicId: string; partition: number; start: number },
) {
  const offsets: number[] = [];
  for (let fetchOffset = start; ;) {
    const answer = await client.send(fetchRequest, fetchResponse, 13, {
      maxWaitMs: 0,
      maxBytes: 10_000_000,
      topics: [
        { topicId, partitions: [{ partition, fetchOffset, partitionMaxBytes: 10_000_000 }] },
      ],
    });
    const part = answer.responses[0]!.partitions[0]!;
    assert.equal(part.errorCode, ErrorCode.NONE);
    if (part.records === null || part.records.length === 0) return offsets;
    for (const batch of batchesIn(part.records)) {
      assert.ok(batch.verifyChecksum());
      assert.ok(batch.lastOffset >= fetchOffset, "an answer that does not go on");
      fetchOffset = batch.lastOffset + 1;
      for (const record of batch.records()) {
        if (record.offset >= part.logStartOffset) offsets.push(record.offset);
      }
    }
  }
}

async function checkTopics(client: RawClient, tree: Tree): Promise<void> {
  const { topics, clusterId } = await client.send(metadataRequest, metadataResponse, 12, {
    topics: null,
  });
  assert.equal(clusterId, tree.admin.clusterId);
  const found = Object.fromEntries(
    topics.map((topic) => [topic.name, { id: topic.topicId, partitions: topic.partitions.length }]),
  );
  const expected = Object.fromEntries(
    Object.entries(tree.admin.topics).map(([name, { id, partitions }]) => [
      name,
      { id, partitions },
    ]),
  );
  assert.deepEqual(found, expected);
  for (const [name, { configs, id, partitions }] of Object.entries(tree.admin.topics)) {
    const described = await client.send(describeConfigsRequest, describeConfigsResponse, 4, {
      resources: [{ resourceType: 2, resourceName: name, configurationKeys: null }],
    });
    const explicit = described.results[0]!.configs.filter(({ configSource }) => configSource === 1);
    assert.deepEqual(
      Object.fromEntries(explicit.map((config) => [config.name, config.value])),
      configs,
    );
    for (let partition = 0; partition < partitions; partition++) {
      const batches = tree.partitions[`${name}-${partition}`]?.batches ?? [];
      const start = tree.admin.offsets["earliest"]![`${name}-${partition}`]!;
      const written = batches.flatMap(({ records }) => (records ?? []).map(({ o }) => Number(o)));
      assert.deepEqual(
        await recordOffsetsOf(client, { topicId: id, partition, start }),
        written.filter((offset) => offset >= start),
        `records of ${name}-${partition}`,
      );
    }
  }
}

test("a directory that Apache Kafka left cleanly opens and answers as Kafka did", async (t) => {
  const { client, node } = await open(t, "clean");
  const tree = facts.trees.clean;
  await checkTopics(client, tree);
  assert.deepEqual(await offsetsOf(client, tree.admin.offsets), tree.admin.offsets);
  const groups = Object.keys(tree.admin.groups);
  await client.send(findCoordinatorRequest, findCoordinatorResponse, 4, {
    coordinatorKeys: groups,
  });
  assert.deepEqual(await groupOffsetsOf(client, groups), tree.admin.groupOffsets);
  const listed = await client.send(listGroupsRequest, listGroupsResponse, 5, {});
  assert.deepEqual(
    Object.fromEntries(
      listed.groups.map((group) => [
        group.groupId,
        {
          state: group.groupState,
          protocol: group.protocolType,
          type: `${group.groupType.charAt(0).toUpperCase()}${group.groupType.slice(1)}`,
        },
      ]),
    ),
    tree.admin.groups,
  );
  assert.deepEqual(
    await producersOf(client, Object.keys(tree.admin.offsets["latest"]!)),
    withoutExpired(tree.admin.activeProducers, tree.lastWriteMs),
  );
  const { finalized } = node.broker.features();
  assert.deepEqual(
    Object.fromEntries(finalized.map(({ name, level }) => [name, level])),
    tree.admin.features,
  );
});

test("a directory that Apache Kafka was killed in recovers as in Kafka", async (t) => {
  const { client } = await open(t, "killed");
  const recovered = facts.killedAfterRecovery;
  await checkTopics(client, facts.trees.killed);
  assert.deepEqual(await offsetsOf(client, recovered.offsets), recovered.offsets);
  const groups = Object.keys(recovered.groupOffsets);
  assert.deepEqual(await groupOffsetsOf(client, groups), recovered.groupOffsets);
  assert.deepEqual(
    await producersOf(client, Object.keys(recovered.offsets["latest"]!)),
    recovered.activeProducers,
  );
});
