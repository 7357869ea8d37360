import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { onKafka, skipOnMoldau, startTarget, uniqueName } from "./target.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the transaction of the README runs", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  assert.ok(onKafka);
  const target = await startTarget();
  const readme = fs.readFileSync(join(root, "README.md"), "utf8");
  const block = /<!-- run: transaction -->\n```ts\n([^]*?)\n```/.exec(readme)?.[1];
  assert.ok(block !== undefined);
  const [orders, invoices] = [uniqueName("readme-orders"), uniqueName("readme-invoices")];
  const program = `import { connect, json, topic } from "moldau";
const orders = topic("${orders}", { key: "string", value: json(), partitions: 1 });
await using kafka = await connect("${target.bootstrap}");
await kafka.admin.ensure(orders);
await kafka.admin.createTopic({ name: "${invoices}", partitions: 1 });
await kafka.producer().send(orders, { key: "ada", value: { id: "order-1" } });
const billing = kafka.consume(orders, { group: "${orders}", commit: "manual" });
${block.replaceAll('"invoices"', `"${invoices}"`).replaceAll("poll(1_000)", "poll(10_000)")}
for await (const { key, value } of kafka.consume("${invoices}", { until: "end" })) {
  console.log(key?.toString(), value?.toString());
}
const [place] = await kafka.admin.groupOffsets("${orders}");
console.log(place?.offset);
`;
  const file = join(root, ".cache", `readme-transaction-${process.pid}.mjs`);
  fs.mkdirSync(join(root, ".cache"), { recursive: true });
  fs.writeFileSync(file, program);
  try {
    const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
    const output = execFileSync(process.execPath, ["--import", hooks, file], { encoding: "utf8" });
    assert.equal(output, "ada invoice for order-1\n1\n");
  } finally {
    fs.rmSync(file);
  }
});
