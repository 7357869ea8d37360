/** What the page shows: figures from the topics, and where each group is. */
import type { Kafka } from "moldau/client";
import type { Stage } from "./messages.ts";
import { OrderSet } from "./order-set.ts";
import { pause } from "./service.ts";
import {
  driverLocations,
  fraudAlerts,
  inventory,
  notifications,
  orders,
  payments,
  sales,
  type Location,
  type Sales,
} from "./topics.ts";

const FEED_MAX = 14;
const LAG_EVERY_MS = 500;
const LAG_SAMPLES_MAX = 240;
const CALL_MAX_MS = 2000;

const groups = ["payments", "inventory", "notifications", "fraud", "analytics"] as const;

export interface GroupView {
  readonly group: string;
  readonly lag: number;
  readonly members: readonly {
    readonly client: string;
    readonly partitions: readonly number[];
  }[];
}

/** One event for the list of what happens. */
export interface FeedEntry {
  readonly atMs: number;
  readonly topic: string;
  readonly text: string;
}

export interface View {
  readonly atMs: number;
  readonly stage: Stage | undefined;
  /** Placed, paid, shipped and counted have to come to the same. */
  readonly check: {
    readonly placed: number;
    readonly paid: number;
    readonly shipped: number;
    readonly counted: number;
  };
  readonly notified: number;
  readonly groups: readonly GroupView[];
  readonly lagHistory: readonly {
    readonly atMs: number;
    readonly lags: Readonly<Record<string, number>>;
  }[];
  readonly sales: Sales | undefined;
  readonly replays: readonly { readonly name: string; readonly sales: Sales }[];
  readonly feed: readonly FeedEntry[];
}

/** Follows all topics, without a group: it only looks. */
export class ShopWindow {
  stage: Stage | undefined;
  readonly #kafka: Kafka;
  readonly #stopping: AbortSignal;
  readonly #placed: OrderSet;
  readonly #paid = new OrderSet();
  readonly #shipped = new OrderSet();
  #notified = 0;
  #groups: readonly GroupView[] = [];
  readonly #lagHistory: View["lagHistory"][number][] = [];
  readonly #sales = new Map<string, Sales>();
  readonly #feed: FeedEntry[] = [];
  readonly #drivers = new Map<string, Location>();

  constructor(kafka: Kafka, stopping: AbortSignal, placed: OrderSet) {
    this.#kafka = kafka;
    this.#stopping = stopping;
    this.#placed = placed;
  }

  /** Goes on until the service stops. */
  async watch(): Promise<void> {
    await Promise.all([this.#followEvents(), this.#followDrivers(), this.#followLag()]);
  }

  view(): View {
    return {
      atMs: Date.now(),
      stage: this.stage,
      check: {
        placed: this.#placed.size,
        paid: this.#paid.size,
        shipped: this.#shipped.size,
        counted: this.#sales.get("live")?.orders ?? 0,
      },
      notified: this.#notified,
      groups: this.#groups,
      lagHistory: this.#lagHistory,
      sales: this.#sales.get("live"),
      replays: [...this.#sales]
        .filter(([name]) => name !== "live")
        .map(([name, of]) => ({ name, sales: of })),
      feed: this.#feed,
    };
  }

  drivers(): readonly Location[] {
    return [...this.#drivers.values()];
  }

  async #followEvents(): Promise<void> {
    const consumer = this.#kafka.consume(
      [orders, payments, inventory, notifications, fraudAlerts, sales],
      { from: "earliest", signal: this.#stopping },
    );
    for await (const record of consumer) {
      const { topic } = record;
      switch (topic) {
        case "orders":
          this.#placed.add(record.value.id);
          this.#tell(record, `${record.value.id}: ${record.value.quantity} × ${record.value.item}`);
          break;
        case "payments":
          if (this.#paid.add(record.value.orderId))
            this.#tell(record, `${record.value.orderId} paid`);
          break;
        case "inventory":
          if (this.#shipped.add(record.value.orderId)) {
            const left = record.value.stock.toLocaleString("en");
            this.#tell(record, `${record.value.orderId} shipped, ${left} left`);
          }
          break;
        case "notifications":
          this.#notified++;
          break;
        case "fraud-alerts":
          this.#tell(record, `${record.value.orderId}: ${record.value.reason}`);
          break;
        case "sales":
          this.#sales.set(record.key ?? "", record.value);
          break;
      }
    }
  }

  #tell({ topic, timestamp }: { topic: string; timestamp: number }, text: string): void {
    this.#feed.unshift({ atMs: timestamp, topic, text });
    if (this.#feed.length > FEED_MAX) this.#feed.pop();
  }

  async #followDrivers(): Promise<void> {
    const consumer = this.#kafka.consume(driverLocations, {
      from: "latest",
      signal: this.#stopping,
    });
    for await (const batch of consumer.batches({ max: 500 })) {
      for (const { value } of batch) this.#drivers.set(value.driver, value);
    }
  }

  async #followLag(): Promise<void> {
    const { admin } = this.#kafka;
    while (!this.#stopping.aborted) {
      try {
        const found = await admin.groupLagOf([...groups], {
          withMembers: true,
          timeoutMs: CALL_MAX_MS,
        });
        this.#groups = found.map(({ name, value }) => ({
          group: name,
          lag: value?.lag ?? 0,
          members: (value?.description?.members ?? []).map(({ clientId, assignment }) => ({
            client: clientId,
            partitions: assignment.map(({ partition }) => partition).sort((a, b) => a - b),
          })),
        }));
        const lags = Object.fromEntries(this.#groups.map(({ group, lag }) => [group, lag]));
        this.#lagHistory.push({ atMs: Date.now(), lags });
        if (this.#lagHistory.length > LAG_SAMPLES_MAX) this.#lagHistory.shift();
      } catch {
        // While the broker is away there is nothing to tell; the page says that it is.
      }
      await pause(LAG_EVERY_MS);
    }
  }
}
