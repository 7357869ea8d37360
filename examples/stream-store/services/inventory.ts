/**
 * Ships what is paid, and keeps the stock.
 *
 * Exactly once by offsets: where it is in `payments` is written in the same transaction as the stock. When
 * partitions come to it, it goes on where its database says, whatever the group has stored.
 */
import { join } from "node:path";
import { openDatabase, transaction } from "../database.ts";
import { headersFrom, runService } from "../service.ts";
import { inventory, payments, type Shipment } from "../topics.ts";

/** What a delivery from the supplier brings; it comes when less than a tenth is left. */
const DELIVERY = 10_000;
const BATCH_MAX = 500;

await runService("inventory", async ({ kafka, stopping, folder, tell }) => {
  const database = openDatabase(
    join(folder, "inventory.db"),
    `CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, quantity INTEGER);
     CREATE TABLE IF NOT EXISTS shipments (order_id TEXT PRIMARY KEY, shipped_ms INTEGER);
     CREATE TABLE IF NOT EXISTS places (
       topic TEXT, partition INTEGER, next_offset INTEGER, PRIMARY KEY (topic, partition))`,
  );
  const ship = database.prepare("INSERT OR IGNORE INTO shipments VALUES (?, ?)");
  const take = database.prepare(
    `INSERT INTO stock VALUES (?, ?) ON CONFLICT (item) DO UPDATE
     SET quantity = quantity - ? + CASE WHEN quantity - ? < ${DELIVERY / 10} THEN ${DELIVERY} ELSE 0 END
     RETURNING quantity`,
  );
  const keep = database.prepare("INSERT OR REPLACE INTO places VALUES (?, ?, ?)");
  const place = database.prepare(
    "SELECT next_offset FROM places WHERE topic = ? AND partition = ?",
  );
  const producer = kafka.producer();
  const consumer = kafka.consume(payments, {
    group: "inventory",
    from: "earliest",
    commit: "manual",
    signal: stopping,
  });
  const nextOf = (topic: string, partition: number): number =>
    Number(place.get(topic, partition)?.["next_offset"] ?? 0);
  tell({ kind: "ready" });

  for await (const batch of consumer.batches({ max: BATCH_MAX })) {
    // What the database has done already, it does not do again, wherever the group believes to be.
    const news = batch.filter((record) => record.offset >= nextOf(record.topic, record.partition));
    const shipped = transaction(database, () =>
      news.map((record) => {
        const { orderId, item, quantity } = record.value;
        keep.run(record.topic, record.partition, record.offset + 1);
        const isNew = ship.run(orderId, Date.now()).changes === 1;
        const row = isNew
          ? take.get(item, DELIVERY - quantity, quantity, quantity)
          : { quantity: 0 };
        const shipment: Shipment = {
          orderId,
          item,
          quantity,
          stock: Number(row?.["quantity"] ?? 0),
          shippedMs: Date.now(),
        };
        return { shipment, traceparent: record.headers.text("traceparent") };
      }),
    );
    await producer.sendAll(
      inventory,
      shipped.map(({ shipment, traceparent }) => ({
        key: shipment.orderId,
        value: shipment,
        headers: headersFrom("inventory", { traceparent }),
      })),
    );
    // For those who watch the lag; the database does not need it.
    await consumer.commit();
  }
  await producer.close();
  database.close();
});
