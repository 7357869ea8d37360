import type { Load } from "./clients.ts";

/** What is read from the outcome of a job. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Whether more or less is better. */
  readonly better: "more" | "less";
  /** Of this client's value, or its inverse where less is better: more is better, and 1 is equal. */
  readonly goal: { readonly ofJavaScript?: number; readonly ofNative?: number };
  readonly read: (outcome: Outcome) => number;
}

/** One line of JSON of a program. */
export type Outcome = Readonly<Record<string, number>>;

/** One load, run once a round by every client that can. */
export interface Row {
  readonly load: Load;
  readonly valueBytes: number;
  readonly measures: readonly Measure[];
}

const field = (outcome: Outcome, name: string): number => outcome[name] ?? Number.NaN;
const perSecond = (outcome: Outcome): number =>
  field(outcome, "records") / field(outcome, "seconds");
const cpuPerMillion = (outcome: Outcome): number =>
  (field(outcome, "cpu") / field(outcome, "records")) * 1e6;

/** Twice the best JavaScript client, half of librdkafka. */
const high = { ofJavaScript: 2, ofNative: 0.5 };
const ahead = { ofJavaScript: 1 };

function throughput(name: string, goal: Measure["goal"]): readonly Measure[] {
  const cpu = goal.ofJavaScript === undefined ? {} : ahead;
  return [
    { name, unit: "records/s", better: "more", goal, read: perSecond },
    { name: `${name}: CPU`, unit: "CPU-s/million", better: "less", goal: cpu, read: cpuPerMillion },
  ];
}

function sizes(load: Load, name: string, goal: Measure["goal"]): readonly Row[] {
  return [
    { load, valueBytes: 100, measures: throughput(`${name}, 100 B`, goal) },
    { load, valueBytes: 1000, measures: throughput(`${name}, 1 KB`, goal) },
  ];
}

/** The table, from top to bottom. */
export const rows: readonly Row[] = [
  ...sizes("batches", "produce in batches", high),
  ...sizes("fire", "produce, fire and flush", { ofJavaScript: 1, ofNative: 0.5 }),
  {
    load: "single",
    valueBytes: 100,
    measures: [
      { name: "one awaited send", unit: "sends/s", better: "more", goal: ahead, read: perSecond },
      {
        name: "one awaited send: p50",
        unit: "ms",
        better: "less",
        goal: ahead,
        read: (outcome) => field(outcome, "p50Ms"),
      },
      {
        name: "one awaited send: p99",
        unit: "ms",
        better: "less",
        goal: ahead,
        read: (outcome) => field(outcome, "p99Ms"),
      },
      {
        name: "one awaited send: CPU",
        unit: "CPU-s/million",
        better: "less",
        goal: ahead,
        read: cpuPerMillion,
      },
    ],
  },
  ...sizes("consume", "consume", high),
  ...sizes("consume-json", "consume JSON", { ofJavaScript: 2 }),
];

/** Resident memory after a time at a rate that everybody keeps. */
export const memoryRow: Row = {
  load: "memory",
  valueBytes: 1000,
  measures: [
    {
      name: "resident, 5,000 records/s in and out",
      unit: "MB",
      better: "less",
      goal: ahead,
      read: (outcome) => field(outcome, "residentMb"),
    },
  ],
};
/** Records a second of {@link memoryRow}. */
export const MEMORY_RATE = 5000;
