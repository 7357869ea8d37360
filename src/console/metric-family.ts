/** One metric in Prometheus' text format, version 0.0.4. */
export class MetricFamily {
  readonly name: string;
  readonly kind: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];

  constructor(name: string, kind: MetricFamily["kind"], help: string, labels: readonly string[]) {
    this.name = name;
    this.kind = kind;
    this.help = help;
    this.labels = labels;
  }

  /** What comes before its lines. */
  get head(): string {
    return `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${this.kind}\n`;
  }

  /** A value; those of the labels are in their order. */
  line(labels: readonly (string | number)[], value: number, suffix = ""): string {
    return `${this.name}${suffix}${this.#labelText(labels)} ${value}\n`;
  }

  /** How many values of a histogram are at most as large as a bound. */
  bucket(labels: readonly (string | number)[], bound: string, count: number): string {
    const text = this.#labelText(labels).slice(0, -1);
    return `${this.name}_bucket${text}${text === "" ? "{" : ","}le="${bound}"} ${count}\n`;
  }

  #labelText(values: readonly (string | number)[]): string {
    if (values.length === 0) return "";
    let text = "{";
    for (const [index, value] of values.entries()) {
      const shown = typeof value === "number" ? value : escaped(value);
      text += `${index === 0 ? "" : ","}${this.labels[index]}="${shown}"`;
    }
    return `${text}}`;
  }
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;
}
