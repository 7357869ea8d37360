/** Reads every order there is, once, in a group of its own, and tells what it came to. */
import { memberOf, runService } from "../service.ts";
import { SalesFigures } from "../sales-figures.ts";
import { fraudAlerts, orders, sales } from "../topics.ts";

const name = process.env["CLIENT_ID"] ?? "batch-analytics";

await runService(name, async ({ kafka, stopping, tell }) => {
  const figures = new SalesFigures();
  const consumer = kafka.consume([orders, fraudAlerts], {
    ...memberOf(name, stopping),
    until: "end",
  });
  tell({ kind: "ready" });
  for await (const batch of consumer.batches({ max: 1000 })) {
    for (const record of batch) {
      if (record.topic === "orders") figures.count(record.value);
      else figures.alert(record.value.orderId);
    }
  }
  const producer = kafka.producer();
  await producer.send(sales, { key: name, value: figures.sales(true) });
  await producer.close();
});
