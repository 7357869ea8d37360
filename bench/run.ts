import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Broker, BrokerOptions, Product } from "../test/interop/broker.ts";
import { root } from "../test/interop/cache.ts";
import { startKafka } from "../test/interop/kafka.ts";
import { startMoldau } from "../test/interop/moldau.ts";
import { goalText, reached, type Figure, type Metric, type Scale } from "./figures.ts";
import { javaFigures } from "./running-figures.ts";
import { restartFigure, startFigure } from "./start-figures.ts";
import { wireFigures } from "./wire-figures.ts";

/** In this order on one broker; those that start it themselves come first. */
const figures: readonly Figure[] = [
  startFigure,
  restartFigure,
  javaFigures.idle,
  javaFigures.create,
  wireFigures.latency,
  javaFigures.produce1k,
  javaFigures.consume,
  javaFigures.produce100b,
  javaFigures.produceSingle,
  wireFigures.wire,
  javaFigures.resident,
];

interface Options {
  readonly rounds: number;
  readonly keep: boolean;
  readonly scale: Scale;
  readonly chosen: readonly Figure[];
  readonly products: readonly Product[];
}

function usage(problem: string): never {
  console.error(problem);
  console.error(
    "usage: npm run bench [-- [--quick] [--keep] [--rounds N] [--target kafka|moldau|both] NAME…]",
  );
  console.error(`names: ${figures.map((figure) => figure.name).join(" ")}`);
  console.error("or: npm run bench -- client [OPTION…], which compares clients");
  console.error("or: npm run bench -- console [--quick] [PART…], which measures the console");
  process.exit(2);
}

function parseOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      rounds: { type: "string", default: "1" },
      target: { type: "string", default: "both" },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds} is no count`);
  const unknown = positionals.find((name) => !figures.some((figure) => figure.name === name));
  if (unknown !== undefined) usage(`there is no figure ${unknown}`);
  const chosen = figures.filter(
    (figure) => positionals.length === 0 || positionals.includes(figure.name),
  );
  const { keep } = values;
  const one = { quick: values.quick, factor: values.quick ? 0.25 : 1 };
  if (values.target === "kafka" || values.target === "moldau") {
    return { rounds, keep, scale: one, chosen, products: [values.target] };
  }
  if (values.target !== "both") usage(`no target ${values.target}`);
  // A B B A: what drifts on the machine meets both alike.
  return { rounds, keep, scale: one, chosen, products: ["kafka", "moldau", "moldau", "kafka"] };
}

type Samples = Map<string, Record<Product, number[]>>;

function note(
  samples: Samples,
  product: Product,
  measured: Readonly<Record<string, readonly number[]>>,
): void {
  for (const [name, values] of Object.entries(measured)) {
    const both = samples.get(name) ?? { kafka: [], moldau: [] };
    both[product].push(median(values));
    samples.set(name, both);
    console.log(`# ${product.padEnd(6)} ${name}: ${show(median(values))}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

function startBroker(product: Product, options: BrokerOptions): Promise<Broker> {
  return product === "kafka" ? startKafka(options) : startMoldau(options);
}

/** All chosen figures on one product, once. A figure that fails is told and left out. */
async function measure(
  product: Product,
  options: Options,
  folder: string,
  samples: Samples,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const attempt = async (
    figure: Figure,
    body: () => Promise<Readonly<Record<string, readonly number[]>>>,
  ): Promise<void> => {
    try {
      note(samples, product, await body());
    } catch (error) {
      console.log(`# ${product.padEnd(6)} ${figure.name} failed: ${String(error)}`);
    }
  };
  for (const figure of options.chosen) {
    if (figure.kind === "running") continue;
    await attempt(figure, () => figure.measure(product, folder, options.scale));
  }
  const running = options.chosen.filter((figure) => figure.kind === "running");
  if (running.length > 0) {
    const dataDir = join(folder, "data");
    const broker = await startBroker(product, { dataDir, logPath: join(folder, "log") });
    for (const figure of running) {
      await attempt(figure, () => figure.measure(broker, options.scale));
    }
    await broker.stop().catch((error: unknown) => console.log(`# ${String(error)}`));
  }
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
}

function show(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const low = Math.min(...values);
  const high = Math.max(...values);
  const range = values.length === 1 ? "" : ` (${show(low)}–${show(high)})`;
  return `${show(median(values))}${range}`;
}

function row(metric: Metric, both: Record<Product, number[]>): readonly string[] {
  const kafka = median(both.kafka);
  const moldau = median(both.moldau);
  const ratio = moldau / kafka;
  const ok = reached(metric.goal, kafka, moldau);
  return [
    metric.name,
    metric.unit,
    cell(both.kafka),
    cell(both.moldau),
    Number.isNaN(ratio) ? "–" : `${ratio.toPrecision(2)}×`,
    goalText(metric.goal, metric.unit),
    ok === undefined ? "" : ok ? "reached" : "missed",
  ];
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
  );
  for (const cells of rows) {
    const padded = cells.map((text, column) => {
      const width = widths[column] ?? 0;
      return column >= 2 && column <= 4 ? text.padStart(width) : text.padEnd(width);
    });
    console.log(padded.join("  ").trimEnd());
  }
}

function commit(): string {
  try {
    const git = (args: readonly string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const changed =
      git(["status", "--porcelain", "--untracked-files=no"]) === "" ? "" : ", changed";
    return `${git(["rev-parse", "--short=12", "HEAD"])}${changed}`;
  } catch {
    return "no commit";
  }
}

/** What is measured is what users get: the built command line, unless `MOLDAU_BIN` names another. */
function buildMoldau(): void {
  if (process.env.MOLDAU_BIN !== undefined) return;
  execFileSync(process.execPath, [join(root, "scripts", "build.ts")], { stdio: "ignore" });
  process.env.MOLDAU_BIN = join(root, "dist", "cli", "bin.js");
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options.products.includes("moldau")) buildMoldau();
  const base = join(root, ".cache", "bench");
  mkdirSync(base, { recursive: true });
  const folder = mkdtempSync(join(base, "run-"));
  const samples: Samples = new Map();
  console.log(`# ${new Date().toISOString()}, commit ${commit()}, Node ${process.versions.node}`);
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  console.log(`# ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${load} before the run`);
  console.log("# Kafka: Apache Kafka 4.4.0, 1 GB of heap; same disk, same loads, in turn");
  if (options.keep) console.log(`# kept: ${folder}`);
  else process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [turn, product] of options.products.entries()) {
      await measure(product, options, join(folder, `${round}-${turn}-${product}`), samples);
    }
  }
  const rows = [["figure", "unit", "Kafka", "Moldau", "ratio", "goal", ""]];
  for (const metric of options.chosen.flatMap((figure) => figure.metrics)) {
    rows.push([...row(metric, samples.get(metric.name) ?? { kafka: [], moldau: [] })]);
  }
  printTable(rows);
}

if (process.argv[2] === "client") {
  const { compareClients } = await import("./client/compare.ts");
  await compareClients(process.argv.slice(3));
} else if (process.argv[2] === "console") {
  const { measureConsole } = await import("./console/run.ts");
  await measureConsole(process.argv.slice(3));
} else {
  await main();
}
