/** Why a group does not move on: each reason made to happen, and told by the console. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import type { GroupDetail, GroupPartition, Verdict } from "../../src/console/api.ts";
import { eventually, startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const TOPIC = "orders";
const RECORDS = 50;
/** The record that nobody can process. */
const POISON = 20;

let console_: ConsoleUnderTest;
const clients: Kafka[] = [];
/** Ends what still runs. */
const stop = new AbortController();

before(async () => {
  console_ = await startConsole();
  await console_.kafka.admin.createTopic({ name: TOPIC, partitions: 1 });
  const producer = console_.kafka.producer();
  for (let index = 0; index < RECORDS; index++) {
    await producer.send(TOPIC, { key: "k", value: JSON.stringify({ number: index }) });
  }
  await producer.close();
  // It begins to look when it is opened, as it would for a person.
  await fetch(`${console_.address}/api/cluster`);
});

after(async () => {
  stop.abort();
  await Promise.all(clients.map((client) => client.close()));
  await console_.close();
});

async function clientOf(clientId: string): Promise<Kafka> {
  const client = await connect(console_.bootstrap, { clientId });
  clients.push(client);
  return client;
}

/** Runs beside the test, until all is closed. */
function beside(work: Promise<unknown>, end: AbortSignal = stop.signal): void {
  work.catch((thrown: unknown) => {
    if (!end.aborted) throw thrown;
  });
}

async function verdictOf(group: string, kind: Verdict["kind"]): Promise<GroupPartition> {
  const rows = await eventually(
    `the verdict ${kind} of ${group}`,
    async () => {
      const response = await fetch(`${console_.address}/api/groups/${group}`);
      return response.ok ? ((await response.json()) as GroupDetail).partitionRows : [];
    },
    (found) => found[0]?.verdict.kind === kind,
    60_000,
  );
  assert.ok(rows[0] !== undefined);
  return rows[0];
}

test("no member; a member that is paused, never commits, goes back, fails and is started again, or is at the end", async () => {
  const gone = (await clientOf("gone")).consume(TOPIC, { group: "gone" });
  for await (const record of gone) if (record.offset === 9) break;
  await gone.close();

  const paused = (await clientOf("paused-1")).consume(TOPIC, { group: "paused" });
  beside(
    (async () => {
      for await (const record of paused) if (record.offset === 5) paused.pause();
    })(),
  );

  const silent = (await clientOf("silent-1")).consume(TOPIC, { group: "silent", commit: "manual" });
  beside(
    (async () => {
      for await (const _record of silent);
    })(),
  );

  const seeker = (await clientOf("seeker-1")).consume(TOPIC, { group: "seeker" });
  beside(
    (async () => {
      for await (const record of seeker) {
        if (record.offset !== POISON) continue;
        seeker.seek({ topic: TOPIC, partition: 0 }, POISON);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })(),
  );

  const client = await clientOf("starter-1");
  beside(
    (async () => {
      while (!stop.signal.aborted) {
        const starter = client.consume(TOPIC, { group: "starter", commit: "manual" });
        for await (const record of starter) {
          if (record.offset === POISON) break;
          await starter.commit();
        }
        await starter.close();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    })(),
  );

  const done = (await clientOf("done-1")).consume(TOPIC, { group: "done" });
  beside(
    (async () => {
      for await (const _record of done);
    })(),
  );

  const nobody = await verdictOf("gone", "no-member");
  assert.equal(nobody.lag, RECORDS - 9);
  assert.match((await verdictOf("done", "well")).verdict.text, /read and committed/);
  assert.match((await verdictOf("paused", "never-fetches")).verdict.text, /does not ask/);
  const seeking = await verdictOf("seeker", "same-offset");
  assert.match(seeking.verdict.text, /goes back to offset 20 again and again/);
  assert.equal(seeking.verdict.record?.offset, POISON);
  assert.equal(seeking.verdict.record?.value.text, `{"number":${POISON}}`);
  const starting = await verdictOf("starter", "same-offset");
  assert.match(starting.verdict.text, /was started \d+ times at offset 20/);
  assert.equal(starting.verdict.record?.offset, POISON);
  const quiet = await verdictOf("silent", "never-commits");
  assert.match(quiet.verdict.text, /has read up to offset 50 but does not commit/);
});

test("a rebalance names the member that holds it up", async () => {
  const options = { group: "held", groupProtocol: "classic", assignors: ["range"] } as const;
  const first = (await clientOf("busy-1")).consume(TOPIC, options);
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  beside(
    (async () => {
      for await (const _record of first) {
        reached.resolve();
        // What it does with the record takes its time: until then it keeps its partitions.
        await held.promise;
      }
    })(),
  );
  await reached.promise;
  const second = (await clientOf("newcomer-1")).consume(TOPIC, options);
  beside(
    (async () => {
      for await (const _record of second);
    })(),
  );
  const row = await verdictOf("held", "rebalancing");
  assert.deepEqual(row.verdict.waitingFor, ["busy-1 (127.0.0.1)"]);
  assert.match(row.verdict.text, /waits for busy-1/);
  held.resolve();
  await verdictOf("held", "well");
});

test("the history of a group marks who came, that partitions moved, and offsets that were set back", async () => {
  const group = "marked";
  const first = (await clientOf("marked-1")).consume(TOPIC, { group });
  beside(
    (async () => {
      for await (const _record of first);
    })(),
  );
  const kinds = async (): Promise<readonly string[]> => {
    const response = await fetch(`${console_.address}/api/groups/${group}/history`);
    const { events } = (await response.json()) as { events: { kind: string }[] };
    return events.map(({ kind }) => kind);
  };
  const unwatch = new AbortController();
  beside(
    fetch(`${console_.address}/api/live`, { signal: unwatch.signal }).then(async ({ body }) => {
      const reader = body?.getReader();
      while ((await reader?.read())?.done === false);
    }),
    unwatch.signal,
  );
  await verdictOf(group, "well");
  await eventually("a sample of it", async () => (await sampled(group)) > 0, Boolean);
  const second = (await clientOf("marked-2")).consume(TOPIC, { group });
  beside(
    (async () => {
      for await (const _record of second);
    })(),
  );
  await eventually("somebody joined", kinds, (found) => found.includes("joined"));
  await second.close();
  await eventually("somebody left", kinds, (found) => found.includes("left"));
  await first.close();
  await fetch(`${console_.address}/api/groups/${group}/offsets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ to: "earliest", dryRun: false }),
  });
  await eventually("offsets were set back", kinds, (found) => found.includes("reset"));
  unwatch.abort();
});

async function sampled(group: string): Promise<number> {
  const response = await fetch(`${console_.address}/api/groups/${group}/history`);
  return ((await response.json()) as { samples: unknown[] }).samples.length;
}
