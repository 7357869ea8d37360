import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import { readmeBlock, runProgram } from "./readme-block.ts";
import { configureShareGroup } from "./share-group.ts";
import { skipOnMoldau, startTarget, uniqueName } from "./target.ts";

test("the share group of the README runs", async (t) => {
  if (skipOnMoldau(t, "share groups")) return;
  const target = await startTarget();
  const kafka = await connect(target.bootstrap);
  const [orders, group] = [uniqueName("readme-orders"), uniqueName("readme-mail")];
  // What the block sets as well, so that the brokers know it in time whatever else this machine does.
  await configureShareGroup(kafka, group);
  await kafka.close();
  const program = `import { connect, json, topic } from "moldau";
const orders = topic("${orders}", { key: "string", value: json(), partitions: 1 });
await using kafka = await connect("${target.bootstrap}");
await kafka.admin.ensure(orders);
for (const id of ["order-1", "order-2", "order-3"]) {
  await kafka.producer().send(orders, { key: "ada", value: { id } });
}
const tries = {};
let ended = 0;
async function sendMail({ id }) {
  tries[id] = (tries[id] ?? 0) + 1;
  // The second comes through when it is delivered again, the third never.
  const isSent = id === "order-1" || (id === "order-2" && tries[id] === 2);
  if (isSent || tries[id] === 3) ended++;
  if (ended === 3) void mail.close({ drainMs: 10_000 });
  if (!isSent) throw new Error("no answer");
}
${readmeBlock("share").replaceAll('"mail"', `"${group}"`)}
console.log(JSON.stringify(Object.entries(tries).toSorted()));
const { lag } = await kafka.admin.groupLag("${group}");
console.log(lag);
`;
  const output = runProgram("share", program);
  assert.equal(output, '[["order-1",1],["order-2",2],["order-3",3]]\n0\n');
});
