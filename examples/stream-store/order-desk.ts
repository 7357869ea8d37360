/** Takes orders: an order is an event, and accepted when it is handed to the producer. */
import type { Kafka, Producer } from "moldau/client";
import { catalog, priceOf } from "./catalog.ts";
import { orderId, orderNumber, OrderSet } from "./order-set.ts";
import { orders, PARTITIONS_PER_REGION, regions, type Order, type Region } from "./topics.ts";

/** How often generated orders are placed. */
const TRAFFIC_EVERY_MS = 50;
/** While so many bytes wait for the broker, no more customers are let in. */
const WAITING_BYTES_MAX = 24_000_000;
const PIECES_MAX = 10;

export class OrderDesk {
  /** Orders a second that are placed by themselves. */
  traffic = 0;
  readonly placed: OrderSet;
  readonly #producer: Producer;
  readonly #timer: NodeJS.Timeout;
  #next: number;
  #owed = 0;

  private constructor(producer: Producer, placed: OrderSet, next: number) {
    this.#producer = producer;
    this.placed = placed;
    this.#next = next;
    this.#timer = setInterval(() => this.#generate(), TRAFFIC_EVERY_MS);
  }

  /** Opens the desk; orders of earlier shows are still there when the broker's data is. */
  static async open(kafka: Kafka): Promise<OrderDesk> {
    const placed = new OrderSet();
    let last = 0;
    for await (const { value } of kafka.consume(orders, { from: "earliest", until: "end" })) {
      placed.add(value.id);
      last = Math.max(last, orderNumber(value.id) ?? 0);
    }
    const producer = kafka.producer({
      // Each region has partitions of its own.
      partitioner: ({ key, headers, partitionCount }) => {
        const region = headers.find((header) => header.key === "region")?.value?.toString() ?? "";
        const first = Math.max(0, regions.indexOf(region as Region)) * PARTITIONS_PER_REGION;
        return (first + ((key?.at(-1) ?? 0) % PARTITIONS_PER_REGION)) % partitionCount;
      },
      onError: (error) => console.error(`orders were lost: ${error.message}`),
    });
    return new OrderDesk(producer, placed, last + 1);
  }

  /** Accepts an order. Its event is kept, and tried, until a broker has it. */
  place(region: Region, item: string, quantity: number): Order {
    const order: Order = {
      id: orderId(this.#next++),
      region,
      item,
      quantity,
      amount: (priceOf(item) ?? 0) * quantity,
      placedMs: Date.now(),
    };
    this.#producer.post(orders, {
      key: order.id,
      value: order,
      headers: { source: "shop", traceparent: traceparent(), region },
    });
    this.placed.add(order.id);
    return order;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#producer.close();
  }

  #generate(): void {
    this.#owed += (this.traffic * TRAFFIC_EVERY_MS) / 1000;
    for (; this.#owed >= 1 && this.#producer.bufferedBytes < WAITING_BYTES_MAX; this.#owed--) {
      // Some regions and goods are more popular than others.
      const region = regions[Math.floor(Math.random() ** 1.4 * regions.length)] ?? "EU";
      const { item } = catalog[Math.floor(Math.random() ** 1.7 * catalog.length)] ?? catalog[0];
      this.place(region, item, 1 + Math.floor(Math.random() ** 3 * PIECES_MAX));
    }
  }
}

/** As W3C Trace Context writes it. */
function traceparent(): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join("");
  return `00-${hex(32)}-${hex(16)}-01`;
}
