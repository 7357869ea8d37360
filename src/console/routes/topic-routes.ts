import type { Hono } from "hono";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import type { ConfigPatch, MorePartitions, NewTopic, PartitionRow, TopicDetail } from "../api.ts";
import { configRows, patchConfig } from "../config-rows.ts";
import type { ConsoleState } from "../console-state.ts";
import { object, readBody, text, wholeIn } from "../request.ts";

const CALL_MAX_MS = 15_000;
const PARTITIONS_MAX = 10_000;
const REPLICAS_MAX = 100;

export function topicRoutes(app: Hono, state: ConsoleState): void {
  const { admin } = state.kafka;

  app.post("/api/topics", async (context) => {
    const topic = await readBody<NewTopic>(context, "name");
    const created = await admin.createTopic(
      {
        name: text(topic.name, "The name"),
        ...(topic.partitions === undefined
          ? {}
          : {
              partitions: wholeIn(topic.partitions, 1, PARTITIONS_MAX, "The number of partitions"),
            }),
        ...(topic.replicationFactor === undefined
          ? {}
          : {
              replicationFactor: wholeIn(
                topic.replicationFactor,
                1,
                REPLICAS_MAX,
                "The number of replicas",
              ),
            }),
        configs: configOf(topic.config),
      },
      { timeoutMs: CALL_MAX_MS },
    );
    return context.json(created, 201);
  });

  app.get("/api/topics/:name", async (context) =>
    context.json(await detailOf(state, context.req.param("name"))),
  );

  app.delete("/api/topics/:name", async (context) => {
    await admin.deleteTopic(context.req.param("name"), { timeoutMs: CALL_MAX_MS });
    return context.json({});
  });

  app.post("/api/topics/:name/partitions", async (context) => {
    const { count } = await readBody<MorePartitions>(context, "count");
    await admin.createPartitions(
      context.req.param("name"),
      wholeIn(count, 1, PARTITIONS_MAX, "The number of partitions"),
      { timeoutMs: CALL_MAX_MS },
    );
    return context.json({});
  });

  app.get("/api/topics/:name/config", async (context) =>
    context.json(
      await configRows(state.kafka, {
        type: ConfigResourceType.topic,
        name: context.req.param("name"),
      }),
    ),
  );
  app.patch("/api/topics/:name/config", async (context) => {
    const patch = await readBody<ConfigPatch>(context, "changes");
    const name = context.req.param("name");
    await patchConfig(state.kafka, { type: ConfigResourceType.topic, name }, patch);
    state.forgetRetention(name);
    return context.json({});
  });
}

function configOf(config: unknown): Record<string, string> {
  const checked: Record<string, string> = {};
  if (config === undefined) return checked;
  for (const [name, value] of Object.entries(object(config, '"config"'))) {
    checked[name] = text(value, `The value of ${name}`);
  }
  return checked;
}

async function detailOf(state: ConsoleState, name: string): Promise<TopicDetail> {
  const { admin } = state.kafka;
  const bounds = { timeoutMs: CALL_MAX_MS };
  const [described, offsets] = await Promise.all([
    admin.describeTopic(name, bounds),
    state.reader.bounds(name, undefined),
  ]);
  const partitions = described.partitions.map(({ partition }) => ({ topic: name, partition }));
  const sizes = await admin.replicaSizes({ ...bounds, partitions });
  const queries = described.partitions
    .filter(({ leader }) => leader !== null)
    .map(({ partition }) => ({ topic: name, partition, at: "maxTimestamp" as const }));
  const newest = await admin.listOffsets(queries, bounds);
  const newestMs = new Map(newest.map(({ partition, value }) => [partition, value?.timestamp]));
  const partitionRows = described.partitions.map((one): PartitionRow => {
    const lastRecordMs = newestMs.get(one.partition) ?? undefined;
    const { start = 0, end = 0 } = offsets.get(one.partition) ?? {};
    return {
      partition: one.partition,
      leader: one.leader ?? -1,
      leaderEpoch: one.leaderEpoch ?? -1,
      replicas: one.replicas,
      isr: one.isr,
      startOffset: start,
      endOffset: end,
      sizeBytes: sizes
        .filter(({ topic, partition }) => topic === name && partition === one.partition)
        .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      inRecords: Math.round(state.view.partitionRate(name, one.partition) * 10) / 10,
      ...(lastRecordMs === undefined || lastRecordMs < 0 ? {} : { lastRecordMs }),
    };
  });
  const row = state.view.topicRow(name);
  const groupRows = state.view.sample.groups
    .filter(({ committed }) => committed.has(name))
    .map((group) => ({
      name: group.name,
      state: group.state,
      lag: lagIn(group.committed.get(name), offsets),
    }))
    .sort((a, b) => b.lag - a.lag || (a.name < b.name ? -1 : 1));
  return {
    name,
    topicId: described.topicId ?? "",
    isInternal: described.isInternal,
    partitions: described.partitions.length,
    replicationFactor: described.replicationFactor,
    records: partitionRows.reduce((sum, one) => sum + one.endOffset - one.startOffset, 0),
    sizeBytes: partitionRows.reduce((sum, one) => sum + one.sizeBytes, 0),
    inRecords: row?.inRecords ?? 0,
    inBytes: row?.inBytes ?? 0,
    retentionMs: row?.retentionMs ?? -1,
    retentionBytes: row?.retentionBytes ?? -1,
    cleanupPolicy: row?.cleanupPolicy ?? "delete",
    groups: groupRows.length,
    lag: groupRows.reduce((sum, { lag }) => sum + lag, 0),
    underReplicated: partitionRows.filter((one) => one.isr.length < one.replicas.length).length,
    partitionRows,
    groupRows,
  };
}

function lagIn(
  committed: ReadonlyMap<number, number> | undefined,
  bounds: ReadonlyMap<number, { readonly start: number; readonly end: number }>,
): number {
  let lag = 0;
  for (const [partition, offset] of committed ?? []) {
    const { start = 0, end = 0 } = bounds.get(partition) ?? {};
    lag += Math.max(0, end - Math.max(offset, start));
  }
  return lag;
}
