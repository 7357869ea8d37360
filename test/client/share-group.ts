import assert from "node:assert/strict";
import type { Kafka } from "../../src/client/kafka.ts";

const LOOK_MS = 20;
const LOOKING_MAX_MS = 30_000;

/** Sets what a share group does, from its oldest record on, and waits until the brokers know: they learn of it later. */
export async function configureShareGroup(
  { admin }: Kafka,
  group: string,
  configs: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const wanted = { "share.auto.offset.reset": "earliest", ...configs };
  const resource = { type: "group", name: group } as const;
  await admin.alterConfigs(resource, wanted);
  const untilMs = performance.now() + LOOKING_MAX_MS;
  for (;;) {
    const known = new Map<string, string | null>();
    for (const { name, value } of await admin.describeConfigs(resource)) known.set(name, value);
    if (Object.entries(wanted).every(([name, value]) => known.get(name) === String(value))) return;
    assert.ok(performance.now() < untilMs, `the brokers know what ${group} does`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
