/**
 * Counts what is sold as it is sold, and tells others every half a second. Its figures are in memory: when it
 * starts it reads everything from the first event on, and comes to the same.
 */
import { memberOf, runService } from "../service.ts";
import { SalesFigures } from "../sales-figures.ts";
import { fraudAlerts, orders, sales } from "../topics.ts";

const TELL_EVERY_MS = 500;

await runService("analytics", async ({ kafka, stopping, tell }) => {
  const figures = new SalesFigures();
  const producer = kafka.producer({ onError: () => undefined });
  const consumer = kafka.consume([orders, fraudAlerts], memberOf("analytics", stopping));
  // What was counted before went with the process that counted it.
  await consumer.ready();
  await consumer.seekToBeginning();
  const timer = setInterval(() => {
    producer.post(sales, { key: "live", value: figures.sales(false) });
  }, TELL_EVERY_MS);
  tell({ kind: "ready" });
  for await (const batch of consumer.batches({ max: 1000 })) {
    for (const record of batch) {
      if (record.topic === "orders") figures.count(record.value);
      else figures.alert(record.value.orderId);
    }
  }
  clearInterval(timer);
  await producer.close();
});
