/** Figures of what was sold, made from events alone. The same code counts live and in a replay. */
import { OrderSet } from "./order-set.ts";
import { regions, type Order, type Region, type Sales } from "./topics.ts";

const MINUTE_MS = 60_000;
const MINUTES_MAX = 30;
const BEST_SELLERS = 5;

export class SalesFigures {
  /** Orders that were counted: an event that comes twice counts once. */
  readonly #seen = new OrderSet();
  readonly #byRegion = new Map<Region, { orders: number; revenue: number }>();
  readonly #minutes = new Map<number, number>();
  readonly #items = new Map<string, number>();
  readonly #alerts = new OrderSet();
  #revenue = 0;

  count(order: Order): void {
    if (!this.#seen.add(order.id)) return;
    this.#revenue += order.amount;
    const region = this.#byRegion.get(order.region) ?? { orders: 0, revenue: 0 };
    this.#byRegion.set(order.region, {
      orders: region.orders + 1,
      revenue: region.revenue + order.amount,
    });
    const minute = Math.floor(order.placedMs / MINUTE_MS) * MINUTE_MS;
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1);
    this.#items.set(order.item, (this.#items.get(order.item) ?? 0) + order.quantity);
  }

  alert(orderId: string): void {
    this.#alerts.add(orderId);
  }

  sales(isComplete: boolean): Sales {
    const byRegion = Object.fromEntries(
      regions.map((region) => [region, this.#byRegion.get(region) ?? { orders: 0, revenue: 0 }]),
    ) as Sales["byRegion"];
    return {
      atMs: Date.now(),
      orders: this.#seen.size,
      revenue: this.#revenue,
      byRegion,
      minutes: [...this.#minutes]
        .sort(([a], [b]) => a - b)
        .slice(-MINUTES_MAX)
        .map(([startMs, orders]) => ({ startMs, orders })),
      bestSellers: [...this.#items]
        .sort(([, a], [, b]) => b - a)
        .slice(0, BEST_SELLERS)
        .map(([item, quantity]) => ({ item, quantity })),
      alerts: this.#alerts.size,
      isComplete,
    };
  }
}
