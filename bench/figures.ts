import type { Broker, Product } from "../test/interop/broker.ts";

/** What a figure should reach, as ratio of Moldau to Apache Kafka or as absolute number of Moldau. */
export interface Goal {
  readonly ratioAtLeast?: number;
  readonly ratioAtMost?: number;
  readonly atMost?: number;
}

/** One row of the table. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly goal: Goal;
}

/** Sizes of a run. */
export interface Scale {
  readonly quick: boolean;
  /** Scales counts of records and seconds: 1, or less for a quick look. */
  readonly factor: number;
}

export type Measured = Readonly<Record<string, readonly number[]>>;

/** Measures on a broker that runs, one figure after the other on the same one. */
export interface RunningFigure {
  readonly kind: "running";
  readonly name: string;
  readonly metrics: readonly Metric[];
  measure(broker: Broker, scale: Scale): Promise<Measured>;
}

/** Starts the broker by itself. */
export interface StartingFigure {
  readonly kind: "starting";
  readonly name: string;
  readonly metrics: readonly Metric[];
  measure(product: Product, folder: string, scale: Scale): Promise<Measured>;
}

export type Figure = RunningFigure | StartingFigure;

/** Whether the goal is reached; undefined where there is none or a value is missing. */
export function reached(goal: Goal, kafka: number, moldau: number): boolean | undefined {
  if (Number.isNaN(moldau)) return undefined;
  const ratio = moldau / kafka;
  const checks: boolean[] = [];
  if (goal.atMost !== undefined) checks.push(moldau <= goal.atMost);
  if (!Number.isNaN(kafka)) {
    if (goal.ratioAtLeast !== undefined) checks.push(ratio >= goal.ratioAtLeast);
    if (goal.ratioAtMost !== undefined) checks.push(ratio <= goal.ratioAtMost);
  }
  return checks.length === 0 ? undefined : checks.every(Boolean);
}

export function goalText(goal: Goal, unit: string): string {
  const parts: string[] = [];
  if (goal.atMost !== undefined) parts.push(`≤ ${goal.atMost} ${unit}`);
  if (goal.ratioAtLeast !== undefined) parts.push(`≥ ${goal.ratioAtLeast}×`);
  if (goal.ratioAtMost !== undefined) parts.push(`≤ ${goal.ratioAtMost}×`);
  return parts.join(", ");
}
