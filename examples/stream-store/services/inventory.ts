/**
 * Ships what is paid, and keeps the stock.
 *
 * Exactly once by offsets: where it is in `payments` is written in the same transaction as the stock, and what the
 * database has done it does not do again, whatever the group has stored. The events about it are written in that
 * transaction too, and leave it once the broker has them: who dies in between sends them when it is back.
 */
import { join } from "node:path";
import { openDatabase, transaction } from "../database.ts";
import { headersFrom, memberOf, runService } from "../service.ts";
import { inventory, payments, type Shipment } from "../topics.ts";

/** What a delivery from the supplier brings; it comes when less than a tenth is left. */
const DELIVERY = 10_000;
const BATCH_MAX = 500;

await runService("inventory", async ({ kafka, stopping, folder, tell }) => {
  const database = openDatabase(
    join(folder, "inventory.db"),
    `CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, quantity INTEGER);
     CREATE TABLE IF NOT EXISTS shipments (order_id TEXT PRIMARY KEY, shipped_ms INTEGER);
     CREATE TABLE IF NOT EXISTS outbox (order_id TEXT PRIMARY KEY, shipment TEXT, traceparent TEXT);
     CREATE TABLE IF NOT EXISTS places (
       topic TEXT, partition INTEGER, next_offset INTEGER, PRIMARY KEY (topic, partition))`,
  );
  const ship = database.prepare("INSERT OR IGNORE INTO shipments VALUES (?, ?)");
  const take = database.prepare(
    `INSERT INTO stock VALUES (?, ?) ON CONFLICT (item) DO UPDATE
     SET quantity = quantity - ? + CASE WHEN quantity - ? < ${DELIVERY / 10} THEN ${DELIVERY} ELSE 0 END
     RETURNING quantity`,
  );
  const note = database.prepare("INSERT OR REPLACE INTO outbox VALUES (?, ?, ?)");
  const noted = database.prepare("SELECT order_id, shipment, traceparent FROM outbox");
  const done = database.prepare("DELETE FROM outbox WHERE order_id = ?");
  const keep = database.prepare("INSERT OR REPLACE INTO places VALUES (?, ?, ?)");
  const place = database.prepare(
    "SELECT next_offset FROM places WHERE topic = ? AND partition = ?",
  );
  const producer = kafka.producer();
  const consumer = kafka.consume(payments, {
    ...memberOf("inventory", stopping),
    commit: "manual",
  });
  const nextOf = (topic: string, partition: number): number =>
    Number(place.get(topic, partition)?.["next_offset"] ?? 0);
  /** Sends what is noted, and forgets it when it is acknowledged. */
  const sendNoted = async (): Promise<void> => {
    const rows = noted.all();
    await producer.sendAll(
      inventory,
      rows.map((row) => ({
        key: String(row["order_id"]),
        value: JSON.parse(String(row["shipment"])) as Shipment,
        headers: headersFrom("inventory", { traceparent: String(row["traceparent"]) }),
      })),
    );
    transaction(database, () => rows.forEach((row) => done.run(String(row["order_id"]))));
  };
  await sendNoted();
  tell({ kind: "ready" });

  for await (const batch of consumer.batches({ max: BATCH_MAX })) {
    // What the database has done already, it does not do again, wherever the group believes to be.
    const news = batch.filter((record) => record.offset >= nextOf(record.topic, record.partition));
    transaction(database, () => {
      for (const record of news) {
        const { orderId, item, quantity } = record.value;
        keep.run(record.topic, record.partition, record.offset + 1);
        // An order that was paid twice is shipped once.
        if (ship.run(orderId, Date.now()).changes === 0) continue;
        const row = take.get(item, DELIVERY - quantity, quantity, quantity);
        const stock = Number(row?.["quantity"] ?? 0);
        const shipment: Shipment = { orderId, item, quantity, stock, shippedMs: Date.now() };
        note.run(orderId, JSON.stringify(shipment), record.headers.text("traceparent") ?? "");
      }
    });
    await sendNoted();
    // For those who watch the lag; the database does not need it.
    await consumer.commit();
  }
  await producer.close();
  database.close();
});
