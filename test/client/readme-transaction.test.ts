import assert from "node:assert/strict";
import { test } from "node:test";
import { readmeBlock, runProgram } from "./readme-block.ts";
import { onKafka, skipOnMoldau, startTarget, uniqueName } from "./target.ts";

test("the transaction of the README runs", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  assert.ok(onKafka);
  const target = await startTarget();
  const block = readmeBlock("transaction");
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
  assert.equal(runProgram("transaction", program), "ada invoice for order-1\n1\n");
});
