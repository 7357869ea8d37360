/** `docs/metrics.md` and what `/metrics` prints say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { brokerFamilies, clusterFamilies } from "../../src/console/metrics.ts";
import { eventually, startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const documented = new Map(
  Array.from(
    readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8").matchAll(
      /^\| `(moldau_\w+)` \| (\w+) \|([^|]*)\|[^|]+\|$/gm,
    ),
    ([, name = "", kind = "", labels = ""]) => [
      name,
      { kind, labels: labels.split(",").flatMap((label) => label.trim() || []) },
    ],
  ),
);

let console_: ConsoleUnderTest;

before(async () => {
  console_ = await startConsole();
  await console_.kafka.admin.createTopic({ name: "orders", partitions: 2 });
});

after(() => console_.close());

async function scrape(): Promise<{
  readonly kinds: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}> {
  const text = await (await fetch(`${console_.address}/metrics`)).text();
  const kinds = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\w+) (\w+)$/.exec(line);
    if (type !== null) kinds.set(type[1] ?? "", type[2] ?? "");
    const sample = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? [-+.\deE]+$/.exec(line);
    if (sample === null) continue;
    const [, name = "", inside = ""] = sample;
    const names = Array.from(
      inside.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g),
      ([, label = ""]) => label,
    );
    labels.set(
      name,
      new Set([...(labels.get(name) ?? []), ...names.filter((one) => one !== "le")]),
    );
  }
  return { kinds, labels };
}

test("every metric is documented with its kind and labels, and there are no others", () => {
  const families = [...Object.values(clusterFamilies), ...Object.values(brokerFamilies)];
  assert.deepEqual(
    Object.fromEntries(documented),
    Object.fromEntries(
      families.map(({ name, kind, labels }) => [name, { kind, labels: [...labels] }]),
    ),
  );
});

test("what a scrape prints is what is documented", async () => {
  // Who writes and reads is counted from the first scrape on.
  await scrape();
  const producer = console_.kafka.producer();
  await producer.send("orders", { value: "x" });
  await producer.close();
  const consumer = console_.kafka.consume("orders", { group: "billing", until: "end" });
  for await (const _record of consumer);
  await consumer.close();
  const { kinds, labels } = await eventually("figures of the group", scrape, (found) =>
    found.labels.has("moldau_group_lag_records"),
  );
  for (const [name, { kind, labels: wanted }] of documented) {
    assert.equal(kinds.get(name), kind, name);
    // A volume does not tell its free bytes everywhere.
    if (name === "moldau_log_dir_free_bytes") continue;
    assert.deepEqual([...(labels.get(name) ?? ["nothing printed"])], wanted, name);
  }
  assert.deepEqual(
    [...kinds.keys()].filter((name) => !documented.has(name)),
    [],
  );
});
