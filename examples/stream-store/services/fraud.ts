/** Looks for orders that a person should look at: large ones, and many in a short time from one region. */
import { headersFrom, memberOf, runService } from "../service.ts";
import { fraudAlerts, orders, type Order } from "../topics.ts";

/** In cents. */
const LARGE_AMOUNT = 40_000;

await runService("fraud", async ({ kafka, stopping, tell }) => {
  const producer = kafka.producer();
  const consumer = kafka.consume(orders, memberOf("fraud", stopping));
  tell({ kind: "ready" });
  for await (const batch of consumer.batches({ max: 500 })) {
    const alerts = batch.flatMap(({ value, headers }) => {
      const reason = suspicion(value);
      if (reason === undefined) return [];
      const traceparent = headers.text("traceparent");
      return [
        {
          key: value.id,
          value: { orderId: value.id, reason, amount: value.amount },
          headers: headersFrom("fraud", { traceparent }),
        },
      ];
    });
    await producer.sendAll(fraudAlerts, alerts);
  }
  await producer.close();
});

function suspicion({ amount, quantity }: Order): string | undefined {
  if (amount >= LARGE_AMOUNT) return `unusually large: ${(amount / 100).toFixed(2)}`;
  return quantity >= 9 ? `${quantity} of the same` : undefined;
}
