import type { Hono } from "hono";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import type { ConfigPatch, OffsetsPlan, OffsetsReset } from "../api.ts";
import { configRows, patchConfig } from "../config-rows.ts";
import type { ConsoleState } from "../console-state.ts";
import { groupDetail } from "../group-detail.ts";
import { BadRequest, list, object, readBody, text, wholeIn } from "../request.ts";

const CALL_MAX_MS = 15_000;
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;
const PARTITION_MAX = 2 ** 31 - 1;

export function groupRoutes(app: Hono, state: ConsoleState): void {
  const { admin } = state.kafka;

  app.get("/api/groups/:name", async (context) =>
    context.json(await groupDetail(state, context.req.param("name"))),
  );
  app.delete("/api/groups/:name", async (context) => {
    await admin.deleteGroup(context.req.param("name"), { timeoutMs: CALL_MAX_MS });
    return context.json({});
  });
  app.get("/api/groups/:name/history", (context) =>
    context.json(state.history.of(context.req.param("name"))),
  );
  app.post("/api/groups/:name/offsets", async (context) => {
    const reset = await readBody<OffsetsReset>(context, "to", "dryRun");
    return context.json(await resetOffsets(state, context.req.param("name"), reset));
  });

  app.get("/api/groups/:name/config", async (context) =>
    context.json(
      await configRows(state.kafka, {
        type: ConfigResourceType.group,
        name: context.req.param("name"),
      }),
    ),
  );
  app.patch("/api/groups/:name/config", async (context) => {
    const patch = await readBody<ConfigPatch>(context, "changes");
    const name = context.req.param("name");
    await patchConfig(state.kafka, { type: ConfigResourceType.group, name }, patch);
    return context.json({});
  });
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Sets where a group goes on, or tells what that would do. */
async function resetOffsets(
  state: ConsoleState,
  group: string,
  reset: OffsetsReset,
): Promise<OffsetsPlan> {
  const { admin } = state.kafka;
  const bounds = { timeoutMs: CALL_MAX_MS };
  const committed = await admin.groupOffsets(group, bounds);
  const before = new Map(committed.map((one) => [`${one.topic}-${one.partition}`, one.offset]));
  const places = await placesOf(state, committed, reset);
  if (places.length === 0) {
    throw new BadRequest(
      `The group ${group} has no offsets there.`,
      "Name a topic; its partitions are taken then.",
    );
  }
  const ask = async (at: "earliest" | "latest" | { readonly timestamp: number }) => {
    const queries = places.map((place) => ({ ...place, at }));
    const found = await admin.listOffsets(queries, bounds);
    return new Map(
      found.map((one) => [`${one.topic}-${one.partition}`, one.value?.offset ?? undefined]),
    );
  };
  const [starts, ends] = await Promise.all([ask("earliest"), ask("latest")]);
  const wanted = await targetsOf(reset, before, starts, ends, ask);
  const rows = places.map((place) => {
    const key = `${place.topic}-${place.partition}`;
    const start = starts.get(key) ?? 0;
    const endOffset = ends.get(key) ?? 0;
    const now = before.get(key);
    // What lies outside of the log would be put right by the consumer, each in its own way.
    const after = Math.max(start, Math.min(endOffset, wanted(key) ?? now ?? endOffset));
    return { ...place, ...(now === undefined ? {} : { before: now }), after, endOffset };
  });
  if (reset.dryRun) return { applied: false, rows };
  const outcomes = await admin.alterGroupOffsets(
    group,
    rows.map(({ topic, partition, after }) => ({ topic, partition, offset: after })),
    bounds,
  );
  for (const { error } of outcomes) if (error !== undefined) throw error;
  return { applied: true, rows };
}

async function placesOf(
  { kafka }: ConsoleState,
  committed: readonly Place[],
  { topics }: OffsetsReset,
): Promise<Place[]> {
  if (topics === undefined) return committed.map(({ topic, partition }) => ({ topic, partition }));
  const places: Place[] = [];
  for (const item of list(topics, '"topics"')) {
    const chosen = object(item, "A topic");
    const topic = text(chosen["topic"], "The name of a topic");
    const { partitions } = chosen;
    const wanted = partitions === undefined ? undefined : list(partitions, '"partitions"');
    const described = await kafka.admin.describeTopic(topic, { timeoutMs: CALL_MAX_MS });
    for (const { partition } of described.partitions) {
      if (wanted === undefined || wanted.includes(partition)) places.push({ topic, partition });
    }
  }
  return places;
}

type Offsets = ReadonlyMap<string, number | undefined>;

/** Where the reset puts a partition. */
async function targetsOf(
  { to }: OffsetsReset,
  before: ReadonlyMap<string, number>,
  starts: Offsets,
  ends: Offsets,
  ask: (at: { readonly timestamp: number }) => Promise<Offsets>,
): Promise<(key: string) => number | undefined> {
  if (to === "earliest") return (key) => starts.get(key);
  if (to === "latest") return (key) => ends.get(key);
  if (typeof to !== "object" || to === null)
    throw new BadRequest('"to" names no place to go on at.');
  if ("timeMs" in to) {
    const found = await ask({ timestamp: wholeIn(to.timeMs, 0, OFFSET_MAX, "The time") });
    return (key) => found.get(key) ?? ends.get(key);
  }
  if ("shift" in to) {
    const shift = wholeIn(to.shift, -OFFSET_MAX, OFFSET_MAX, "The shift");
    return (key) => (before.get(key) ?? starts.get(key) ?? 0) + shift;
  }
  const own = new Map<string, number>();
  for (const item of list(to.offsets, '"offsets"')) {
    const { topic, partition, offset } = object(item, "An offset");
    const name = text(topic, "The name of a topic");
    const number = wholeIn(partition, 0, PARTITION_MAX, "The partition");
    own.set(`${name}-${number}`, wholeIn(offset, 0, OFFSET_MAX, "The offset"));
  }
  return (key) => own.get(key);
}
