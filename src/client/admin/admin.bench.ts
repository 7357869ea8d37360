/**
 * What an admin costs on a cluster with many topics and groups, by hand:
 * `node src/client/admin/admin.bench.ts [--bootstrap localhost:9092] [--topics 1000] [--groups 1000]`.
 * Makes the topics (10 partitions each) and groups (offsets in 100 partitions each) where they are not
 * there yet, and leaves them. A turn is what other work of the process waits for, as CPU of its thread.
 */

import { parseArgs } from "node:util";
import { nodePlatform } from "../../platform/node/platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { Admin } from "./admin.ts";
import { valuesOf } from "./outcome.ts";

const PARTITIONS = 10;
const TOPICS_PER_GROUP = 10;
const TOPICS_PER_REQUEST = 25;
const ROUNDS = 3;

const { values: options } = parseArgs({
  options: {
    bootstrap: { type: "string", default: "localhost:9092" },
    topics: { type: "string", default: "1000" },
    groups: { type: "string", default: "1000" },
  },
});
const topics = Array.from({ length: Number(options.topics) }, (_, i) => `admin-bench-${i}`);
const groups = Array.from({ length: Number(options.groups) }, (_, i) => `admin-bench-${i}`);

const cluster = await Cluster.connect({
  platform: nodePlatform,
  bootstrap: options.bootstrap.split(","),
});
const admin = new Admin(cluster);

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Time, CPU, and the longest turn of the loop while something goes on. */
async function measure(what: string, work: () => Promise<number>): Promise<void> {
  let longestMs = 0;
  let turnMs = cpuMs();
  let isOver = false;
  const tick = (): void => {
    const now = cpuMs();
    longestMs = Math.max(longestMs, now - turnMs);
    turnMs = now;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const before = performance.now();
  const count = await work();
  const tookMs = performance.now() - before;
  isOver = true;
  const text = [what.padEnd(24), `${tookMs.toFixed(0)} ms`.padStart(8)];
  console.log(`${text.join(" ")}  longest turn ${longestMs.toFixed(1)} ms  (${count})`);
}

async function prepare(): Promise<void> {
  const there = new Set((await admin.listTopics()).map(({ name }) => name));
  const missing = topics.filter((name) => !there.has(name));
  for (let at = 0; at < missing.length; at += TOPICS_PER_REQUEST) {
    const some = missing.slice(at, at + TOPICS_PER_REQUEST);
    const created = some.map((name) => ({ name, partitions: PARTITIONS }));
    valuesOf(await admin.createTopics(created, { timeoutMs: 120_000 }));
  }
  const known = new Set((await admin.listGroups()).map(({ group }) => group));
  for (const [index, group] of groups.entries()) {
    if (known.has(group)) continue;
    const offsets = Array.from({ length: PARTITIONS * TOPICS_PER_GROUP }, (_, i) => ({
      topic: topics[(index + Math.floor(i / PARTITIONS)) % topics.length] ?? "",
      partition: i % PARTITIONS,
      offset: 0,
    }));
    await admin.alterGroupOffsets(group, offsets);
  }
}

await prepare();
for (let round = 0; round < ROUNDS; round++) {
  await measure("listTopics", async () => (await admin.listTopics()).length);
  await measure("describeTopics", async () => (await admin.describeTopics(topics)).length);
  await measure("topicOffsetsOf", async () => (await admin.topicOffsetsOf(topics)).length);
  await measure("replicaSizes", async () => (await admin.replicaSizes()).length);
  await measure("listGroups", async () => (await admin.listGroups()).length);
  await measure("describeGroups", async () => (await admin.describeGroups(groups)).length);
  await measure("groupLagOf", async () =>
    valuesOf(await admin.groupLagOf(groups)).reduce((sum, one) => sum + one.partitions.length, 0),
  );
}
cluster.close();
