/**
 * Takes the money for orders. It is the slow one: each payment waits for a gateway. Several instances share the
 * partitions of `orders`.
 *
 * Exactly once by keys: a payment is a row with the id of its order. An order that comes again (after a crash,
 * or when partitions move) finds its row, is not paid twice, and its event is sent again, which others tell by
 * the same id.
 */
import { join } from "node:path";
import { openDatabase, transaction } from "../database.ts";
import { headersFrom, memberOf, pause, runService } from "../service.ts";
import { orders, payments, type Payment } from "../topics.ts";

/** What the gateway takes for one payment when all is well. */
const GATEWAY_MS = 4;

await runService("payments", async ({ kafka, stopping, folder, onMessage, tell }) => {
  let gatewayMs = GATEWAY_MS;
  onMessage((message) => {
    if (message.kind === "gateway") gatewayMs = message.delayMs;
  });
  const database = openDatabase(
    join(folder, "payments.db"),
    "CREATE TABLE IF NOT EXISTS payments (order_id TEXT PRIMARY KEY, amount INTEGER, paid_ms INTEGER)",
  );
  const insert = database.prepare("INSERT OR IGNORE INTO payments VALUES (?, ?, ?)");
  const producer = kafka.producer();
  const consumer = kafka.consume(orders, memberOf("payments", stopping));
  tell({ kind: "ready" });
  for await (const { value: order, headers } of consumer) {
    await pause(gatewayMs);
    const payment: Payment = {
      orderId: order.id,
      region: order.region,
      item: order.item,
      quantity: order.quantity,
      amount: order.amount,
      paidMs: Date.now(),
    };
    transaction(database, () => insert.run(order.id, order.amount, payment.paidMs));
    const traceparent = headers.text("traceparent");
    // Acknowledged before the next order is asked for: only then is this one done.
    await producer.send(payments, {
      key: order.id,
      value: payment,
      headers: headersFrom("payments", { traceparent }),
    });
  }
  await producer.close();
  database.close();
});
