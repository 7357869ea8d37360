/**
 * `npm run bench -- client`: this client and others against one broker, in one run. Each load runs in a
 * process of its own; the clients take turns, so that what drifts on the machine meets all alike.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Broker, Product } from "../../test/interop/broker.ts";
import { root } from "../../test/interop/cache.ts";
import { startKafka } from "../../test/interop/kafka.ts";
import { startMoldau } from "../../test/interop/moldau.ts";
import { run } from "../../test/interop/processes.ts";
import { availableClients, candidates, moldauModule, type BenchClient } from "./clients.ts";
import { createTopic, fillTopic } from "./data.ts";
import { topOf } from "./profile.ts";
import { MEMORY_RATE, memoryRow, rows, type Outcome, type Row } from "./rows.ts";
import { ComparisonTable } from "./table.ts";

interface Options {
  readonly product: Product;
  readonly rounds: number;
  readonly quick: boolean;
  /** Where this client's profiles go, if they are wanted. */
  readonly profiles: string | undefined;
  readonly clients: readonly string[];
  readonly rows: readonly Row[];
}

const usageLine =
  "usage: npm run bench -- client [--quick] [--memory] [--rounds N] [--profile] [--target kafka|moldau] [--client NAME]… [--row TEXT]…";

function usage(problem: string): never {
  console.error(problem);
  console.error(usageLine);
  console.error(`clients: ${candidates.map((client) => client.name).join(" ")}`);
  process.exit(2);
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      memory: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      rounds: { type: "string" },
      target: { type: "string", default: "kafka" },
      client: { type: "string", multiple: true, default: [] },
      row: { type: "string", multiple: true, default: [] },
    },
  });
  const { quick, memory, profile, target, client, row } = values;
  const rounds = Number(values.rounds ?? (quick || memory ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds} is no count`);
  if (target !== "kafka" && target !== "moldau") usage(`no target ${target}`);
  const unknown = client.find((name) => !candidates.some((candidate) => candidate.name === name));
  if (unknown !== undefined) usage(`there is no client ${unknown}`);
  const all = memory ? [memoryRow] : [...rows, memoryRow];
  const chosen = all.filter(
    ({ measures }) =>
      row.length === 0 || measures.some(({ name }) => row.some((text) => name.includes(text))),
  );
  if (chosen.length === 0) usage(`no row is called ${row.join(" or ")}`);
  const profiles = profile ? join(root, ".cache", "bench", "profiles") : undefined;
  const picked = memory ? long(chosen) : chosen;
  return { product: target, rounds, quick, profiles, clients: client, rows: picked };
}

/** The long form of the memory row is asked for by `--memory`. */
const LONG_MEMORY_SECONDS = 600;
let memorySeconds = 20;

function long(chosen: readonly Row[]): readonly Row[] {
  memorySeconds = LONG_MEMORY_SECONDS;
  return chosen;
}

/** What stands in a topic that is read: enough to be warm before the end, also for the fastest client. */
const FILLED_BYTES = 500_000_000;

/** What goes into the broker before anybody is measured, so that nobody meets one that still compiles itself. */
const WARM_UP_RECORDS = 3_000_000;
const WARM_UP_VALUE_BYTES = 100;

interface Source {
  readonly topic: string;
  readonly records: number;
}

/** Runs the loads of one broker. */
class Comparison {
  readonly #broker: Broker;
  readonly #options: Options;
  readonly #sources = new Map<string, Promise<Source>>();
  #names = 0;

  constructor(broker: Broker, options: Options) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Lets the broker get warm. */
  async warmUp(): Promise<void> {
    const what = { valueBytes: WARM_UP_VALUE_BYTES, json: false, records: WARM_UP_RECORDS };
    await fillTopic(this.#broker.port, await this.#emptyTopic(), what);
  }

  async measure(client: BenchClient, row: Row): Promise<Outcome> {
    const { quick } = this.#options;
    const { load, valueBytes } = row;
    const reads = load === "consume" || load === "consume-json";
    const source = reads ? await this.#source(valueBytes, load === "consume-json") : undefined;
    const topic = source?.topic ?? (await this.#emptyTopic());
    const job = {
      load: reads ? "consume" : load,
      json: load === "consume-json",
      bootstrap: this.#broker.bootstrap,
      topic,
      group: `bench-${process.pid}-${this.#names++}`,
      valueBytes,
      // Some may still be on their way when the last one that counts is there.
      records: Math.floor((source?.records ?? 0) * 0.98),
      seconds: load === "memory" ? memorySeconds : quick ? 2 : 6,
      warmSeconds: quick ? 1 : 3,
      rate: MEMORY_RATE,
      moldau: moldauModule(),
    };
    const [program = "", ...args] = client.command;
    const timeoutMs = (job.seconds + 60) * 1000;
    const profile = client.kind === "own" ? this.#profileOf(row) : undefined;
    const all = [...(profile?.args ?? []), ...args, JSON.stringify(job)];
    const outcome = await run(program, all, { timeoutMs });
    if (profile !== undefined) for (const text of topOf(profile.path)) console.log(`#   ${text}`);
    const line = outcome.stdout.split("\n").find((text) => text.startsWith("{"));
    if (outcome.code !== 0 || line === undefined) {
      throw new Error(outcome.stderr.trim().split("\n").slice(0, 5).join(" | "));
    }
    return numbersIn(JSON.parse(line));
  }

  #profileOf({ load, valueBytes }: Row): { args: readonly string[]; path: string } | undefined {
    const { profiles } = this.#options;
    if (profiles === undefined) return undefined;
    const name = `${load}-${valueBytes}.cpuprofile`;
    const args = ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}`];
    return { args, path: join(profiles, name) };
  }

  async #emptyTopic(): Promise<string> {
    const topic = `bench-${process.pid}-${this.#names++}`;
    await createTopic(this.#broker.port, topic);
    return topic;
  }

  /** A topic that is filled once and read by all. */
  #source(valueBytes: number, json: boolean): Promise<Source> {
    const key = `${valueBytes} ${json}`;
    const made =
      this.#sources.get(key) ??
      this.#emptyTopic().then(async (topic) => {
        const records = Math.floor(FILLED_BYTES / valueBytes);
        return {
          topic,
          records: await fillTopic(this.#broker.port, topic, { valueBytes, json, records }),
        };
      });
    this.#sources.set(key, made);
    return made;
  }
}

function numbersIn(parsed: unknown): Outcome {
  if (typeof parsed !== "object" || parsed === null) return {};
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, Number(value)]));
}

function build(): void {
  if (process.env.MOLDAU_CLIENT !== undefined && process.env.MOLDAU_BIN !== undefined) return;
  if (process.env.MOLDAU_CLIENT !== undefined) return;
  execFileSync(process.execPath, [join(root, "scripts", "build.ts")], { stdio: "ignore" });
}

async function startBroker(product: Product, folder: string): Promise<Broker> {
  const settings = { "group.initial.rebalance.delay.ms": "0" };
  const options = { dataDir: join(folder, "data"), logPath: join(folder, "log"), settings };
  return product === "kafka" ? startKafka(options) : startMoldau(options);
}

/** The command, with what stands after `client`. */
export async function compareClients(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  build();
  const clients = await availableClients(options.clients);
  const base = join(root, ".cache", "bench");
  mkdirSync(base, { recursive: true });
  const folder = mkdtempSync(join(base, "client-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const load = readFileSync("/proc/loadavg", "utf8").split(" ")[0];
  console.log(
    `# ${new Date().toISOString()}, Node ${process.versions.node}, against ${options.product}`,
  );
  console.log(`# ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${load} before the run`);
  const broker = await startBroker(options.product, folder);
  const comparison = new Comparison(broker, options);
  const table = new ComparisonTable(clients);
  await comparison.warmUp();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const row of options.rows) {
      // Every second round goes the other way round.
      const turn = round % 2 === 1 ? clients : [...clients].reverse();
      for (const client of turn.filter(({ loads }) => loads.includes(row.load))) {
        const title = `${client.name.padEnd(12)} ${row.measures[0]?.name ?? ""}`;
        try {
          table.note(client, row, await comparison.measure(client, row));
          console.log(`# ${title}: ${table.last(client, row)}`);
        } catch (error) {
          console.log(`# ${title} failed: ${String(error)}`);
        }
      }
    }
  }
  await broker.stop().catch((error: unknown) => console.log(`# ${String(error)}`));
  table.print(options.rows);
}
