/** Tells customers what happens to their orders. */
import { headersFrom, memberOf, runService } from "../service.ts";
import { inventory, notifications, payments } from "../topics.ts";

await runService("notifications", async ({ kafka, stopping, tell }) => {
  const producer = kafka.producer();
  const consumer = kafka.consume([payments, inventory], memberOf("notifications", stopping));
  tell({ kind: "ready" });
  for await (const batch of consumer.batches({ max: 500 })) {
    await producer.sendAll(
      notifications,
      batch.map((record) => {
        const { orderId } = record.value;
        const text =
          record.topic === "payments"
            ? `Thank you: order ${orderId} is paid.`
            : `Order ${orderId} is on its way.`;
        const traceparent = record.headers.text("traceparent");
        return {
          key: orderId,
          value: { orderId, text },
          headers: headersFrom("notifications", { traceparent }),
        };
      }),
    );
  }
  await producer.close();
});
