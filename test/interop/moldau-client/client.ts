// Moldau's own client at work in groups with others: create, feed, member.
import { parseArgs } from "node:util";
import { connect } from "../../../src/client/connect.ts";
import type { ConsumeOptions } from "../../../src/client/consumer/consumer-options.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: { type: "string", default: "127.0.0.1:9092" },
    topic: { type: "string", default: "" },
    group: { type: "string", default: "" },
    assignor: { type: "string", default: "range" },
    count: { type: "string", default: "0" },
    rate: { type: "string", default: "1000" },
  },
});
const TICK_MS = 20;
const count = Number(values.count);

function emit(...fields: readonly (string | number)[]): void {
  process.stdout.write(`${fields.join("\t")}\n`);
}

/** How a member takes part: an assignor of the classic protocol, `new` for the new protocol, `default`. */
function way(assignor: string): Pick<ConsumeOptions, "groupProtocol" | "assignors"> {
  switch (assignor) {
    case "range":
    case "roundrobin":
    case "sticky":
    case "cooperative-sticky":
      return { groupProtocol: "classic", assignors: [assignor] };
    case "default":
      return {};
    case "new":
      return { groupProtocol: "consumer" };
    default:
      throw new Error(`no assignor ${assignor}`);
  }
}

async function create(): Promise<void> {
  const kafka = await connect(values.bootstrap);
  await kafka.admin.createTopics([{ name: values.topic, partitions: count }]);
  await kafka.close();
}

/** So many records, so many a second. */
async function feed(): Promise<void> {
  const kafka = await connect(values.bootstrap);
  const producer = kafka.producer();
  const beganAtMs = performance.now();
  for (let i = 0; i < count; i++) {
    const dueMs = beganAtMs + (i * 1000) / Number(values.rate);
    if (dueMs > performance.now() + TICK_MS) {
      await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
    }
    producer.post(values.topic, { value: Buffer.from(`record ${i}`) });
  }
  await kafka.close();
}

/** Joins the group, prints each record, commits what it printed; leaves at SIGTERM. */
async function member(): Promise<void> {
  const kafka = await connect(values.bootstrap);
  const consumer = kafka.consume(values.topic, {
    group: values.group,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
    fetchWaitMs: 100,
    ...way(values.assignor),
  });
  process.once("SIGTERM", () => void consumer.close());
  void (async () => {
    for await (const change of consumer.rebalances()) {
      if (change.kind === "assigned") emit("assigned", change.partitions.length);
    }
  })();
  for await (const { partition, offset } of consumer) emit("record", partition, offset);
  await kafka.close();
}

const modes: Readonly<Record<string, () => Promise<void>>> = { create, feed, member };
const mode = modes[positionals[0] ?? ""];
if (mode === undefined) throw new Error(`no mode ${positionals[0] ?? ""}`);
await mode();
