/** The events of the shop. Services know these topics, and nothing of one another. */
import { json, topic } from "moldau/client";

export const regions = ["EU", "US", "Africa"] as const;
export type Region = (typeof regions)[number];

/** Placed by a customer. */
export interface Order {
  readonly id: string;
  readonly region: Region;
  readonly item: string;
  readonly quantity: number;
  /** In cents. */
  readonly amount: number;
  readonly placedMs: number;
}

/** Each region has two partitions of its own. */
export const PARTITIONS_PER_REGION = 2;

export const orders = topic("orders", {
  key: "string",
  value: json<Order>(),
  headers: { source: "string", traceparent: "string" },
  partitions: regions.length * PARTITIONS_PER_REGION,
});

export interface Payment {
  readonly orderId: string;
  readonly region: Region;
  readonly item: string;
  readonly quantity: number;
  readonly amount: number;
  readonly paidMs: number;
}

export const payments = topic("payments", {
  key: "string",
  value: json<Payment>(),
  headers: { source: "string", traceparent: "string" },
  partitions: 3,
});

export interface Shipment {
  readonly orderId: string;
  readonly item: string;
  readonly quantity: number;
  /** What is left in the store. */
  readonly stock: number;
  readonly shippedMs: number;
}

export const inventory = topic("inventory", {
  key: "string",
  value: json<Shipment>(),
  headers: { source: "string", traceparent: "string" },
  partitions: 3,
});

export interface Notification {
  readonly orderId: string;
  readonly text: string;
}

export const notifications = topic("notifications", {
  key: "string",
  value: json<Notification>(),
  headers: { source: "string", traceparent: "string" },
  partitions: 3,
});

export interface FraudAlert {
  readonly orderId: string;
  readonly reason: string;
  readonly amount: number;
}

export const fraudAlerts = topic("fraud-alerts", {
  key: "string",
  value: json<FraudAlert>(),
  headers: { source: "string", traceparent: "string" },
  partitions: 1,
});

/** What has been sold, as one of the analyses sees it. */
export interface Sales {
  readonly atMs: number;
  readonly orders: number;
  /** In cents. */
  readonly revenue: number;
  readonly byRegion: Readonly<
    Record<Region, { readonly orders: number; readonly revenue: number }>
  >;
  /** The minutes that were sold in last, oldest first. */
  readonly minutes: readonly { readonly startMs: number; readonly orders: number }[];
  readonly bestSellers: readonly { readonly item: string; readonly quantity: number }[];
  readonly alerts: number;
  /** All orders have been looked at that there were when it began; for analyses that end. */
  readonly isComplete: boolean;
}

/** Newest figures of each analysis: `live`, and one for each replay. */
export const sales = topic("sales", {
  key: "string",
  value: json<Sales>(),
  partitions: 1,
});

/** Where a driver is, on a map of 1000 by 400. */
export interface Location {
  readonly driver: string;
  readonly x: number;
  readonly y: number;
  readonly isBusy: boolean;
}

export const driverLocations = topic("driver-locations", {
  key: "string",
  value: json<Location>(),
  partitions: 3,
  config: { "retention.ms": 600_000 },
});

export const allTopics = [
  orders,
  payments,
  inventory,
  notifications,
  fraudAlerts,
  sales,
  driverLocations,
] as const;
