import type { BenchClient } from "./clients.ts";
import type { Measure, Outcome, Row } from "./rows.ts";

/** Collects what was measured, and shows it with ratios and goals. */
export class ComparisonTable {
  readonly #clients: readonly BenchClient[];
  readonly #samples = new Map<string, number[]>();

  constructor(clients: readonly BenchClient[]) {
    this.#clients = clients;
  }

  note(client: BenchClient, row: Row, outcome: Outcome): void {
    for (const measure of row.measures) {
      const samples = this.#of(client, measure);
      samples.push(measure.read(outcome));
      this.#samples.set(keyOf(client, measure), samples);
    }
  }

  /** The newest values of a row. */
  last(client: BenchClient, row: Row): string {
    return row.measures
      .map((measure) => `${show(this.#of(client, measure).at(-1) ?? Number.NaN)} ${measure.unit}`)
      .join(", ");
  }

  print(rows: readonly Row[]): void {
    const names = this.#clients.map((client) => client.name);
    const lines = [["figure", "unit", ...names, "of the best JS", "of librdkafka", "goal", ""]];
    for (const measure of rows.flatMap((row) => row.measures)) lines.push(this.#line(measure));
    const widths = lines[0]!.map((_, column) =>
      Math.max(...lines.map((cells) => (cells[column] ?? "").length)),
    );
    for (const cells of lines) {
      const padded = cells.map((text, column) => text.padEnd(widths[column] ?? 0));
      console.log(padded.join("  ").trimEnd());
    }
  }

  #line(measure: Measure): string[] {
    const ofJavaScript = this.#ratio(measure, "javascript");
    const ofNative = this.#ratio(measure, "native");
    const { goal } = measure;
    const checks: boolean[] = [];
    const goals: string[] = [];
    if (goal.ofJavaScript !== undefined) {
      goals.push(`≥ ${goal.ofJavaScript}× JS`);
      if (!Number.isNaN(ofJavaScript)) checks.push(ofJavaScript >= goal.ofJavaScript);
    }
    if (goal.ofNative !== undefined) {
      goals.push(`≥ ${goal.ofNative}× librdkafka`);
      if (!Number.isNaN(ofNative)) checks.push(ofNative >= goal.ofNative);
    }
    return [
      measure.name,
      measure.unit,
      ...this.#clients.map((client) => cell(this.#of(client, measure))),
      ratioText(ofJavaScript),
      ratioText(ofNative),
      goals.join(", "),
      checks.length === 0 ? "" : checks.every(Boolean) ? "reached" : "missed",
    ];
  }

  /** How many times better this client is than the best of a kind. */
  #ratio(measure: Measure, kind: BenchClient["kind"]): number {
    const own = this.#clients.filter((client) => client.kind === "own");
    const ours = this.#best(measure, own);
    const theirs = this.#best(
      measure,
      this.#clients.filter((client) => client.kind === kind),
    );
    return measure.better === "more" ? ours / theirs : theirs / ours;
  }

  #best(measure: Measure, clients: readonly BenchClient[]): number {
    const values = clients
      .map((client) => median(this.#of(client, measure)))
      .filter((value) => !Number.isNaN(value));
    if (values.length === 0) return Number.NaN;
    return measure.better === "more" ? Math.max(...values) : Math.min(...values);
  }

  #of(client: BenchClient, measure: Measure): number[] {
    return this.#samples.get(keyOf(client, measure)) ?? [];
  }
}

function keyOf(client: BenchClient, measure: Measure): string {
  return `${client.name} ${measure.name}`;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

function show(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const range =
    values.length === 1 ? "" : ` (${show(Math.min(...values))}–${show(Math.max(...values))})`;
  return `${show(median(values))}${range}`;
}

function ratioText(ratio: number): string {
  return Number.isNaN(ratio) ? "–" : `${ratio.toPrecision(2)}×`;
}
