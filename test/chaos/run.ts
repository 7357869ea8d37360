/**
 * `npm run chaos -- [--cycles N] [--seed N] [--keep]`: a real node, killed again and again at random moments while
 * Kafka's Java client and librdkafka write (idempotent, acks=all) and a consumer group reads. Prints a table as it
 * goes, and ends with the count of invariants that held.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { printResult } from "../../scripts/lib.ts";
import { connect } from "../../src/client/index.ts";
import { SimRandom } from "../../src/simulator/sim-random.ts";
import type { Broker } from "../interop/broker.ts";
import { startMoldau } from "../interop/moldau.ts";
import { freePort, waitFor } from "../interop/processes.ts";
import { prepareClients, startClient, type Client, type ClientKind } from "./clients.ts";
import { Ledger } from "./ledger.ts";
import { readTopic } from "./reading.ts";

const TOPIC = "chaos";
const GROUP = "chaos-readers";
const PARTITIONS = 4;
const RATE = 200;
/** The node lives so long between two kills. */
const LIFE_MS: readonly [min: number, max: number] = [300, 1600];
const READY_MS_MAX = 5000;
const DRAIN_MS_MAX = 90_000;
const AUDIT_EVERY = 20;
const ROW_EVERY = 10;

const invariants = [
  "nothing acknowledged is lost",
  "nothing twice",
  "order is kept",
  "one value at each offset",
  "the group sees every record",
  "committed offsets never go back",
  "no send fails",
  `every start serves within ${READY_MS_MAX} ms`,
  "no process ends by itself",
] as const;

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    keep: { type: "boolean", default: false },
  },
});

/** A run of so many kills. */
class Chaos {
  readonly ledger = new Ledger(invariants);
  readonly #scratch: string;
  readonly #random: SimRandom;
  readonly #port: number;
  readonly #controllerPort: number;
  readonly #clients: Client[] = [];
  readonly #startsMs: number[] = [];
  #broker: Broker | undefined;

  constructor(scratch: string, seed: number, ports: readonly [number, number]) {
    this.#scratch = scratch;
    this.#random = new SimRandom(seed, "chaos");
    [this.#port, this.#controllerPort] = ports;
  }

  get #bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async run(cycles: number): Promise<void> {
    const commands = await prepareClients(this.#scratch);
    await this.#start();
    await this.#createTopic();
    const writers: readonly ClientKind[] = ["java", "librdkafka"];
    const at = { bootstrap: this.#bootstrap, topic: TOPIC };
    for (const kind of writers) {
      const args = { ...at, partitions: String(PARTITIONS), rate: String(RATE) };
      const common = { commands, kind, scratch: this.#scratch };
      const name = `writer-${kind}`;
      this.#clients.push(startClient({ ...common, mode: "produce", name, args }));
      const reader = { mode: "consume", name: `reader-${kind}`, args: { ...at, group: GROUP } };
      this.#clients.push(startClient({ ...common, ...reader, mode: "consume" }));
    }
    await waitFor("the first records", 30_000, () => {
      this.#gather();
      return this.ledger.consumedCount > 0 ? true : undefined;
    });
    console.log(
      rowOf("kills", "acknowledged", "consumed", "start p50 ms", "start max ms", "broken"),
    );
    for (let cycle = 1; cycle <= cycles; cycle++) await this.#cycle(cycle);
    await this.#end();
  }

  /** Lets go of everything. */
  async stop(): Promise<void> {
    for (const { running } of this.#clients) await running.stop("SIGKILL");
    await this.#broker?.kill();
  }

  async #cycle(cycle: number): Promise<void> {
    await sleep(this.#random.between(...LIFE_MS));
    this.#checkAlive();
    await this.#broker?.kill();
    await this.#start();
    if (cycle % AUDIT_EVERY === 0) await this.#audit();
    if (cycle % ROW_EVERY === 0) {
      this.#gather();
      this.#printRow(cycle);
    }
  }

  async #start(): Promise<void> {
    const startedMs = performance.now();
    this.#broker = await startMoldau({
      dataDir: join(this.#scratch, "data"),
      port: this.#port,
      controllerPort: this.#controllerPort,
      logPath: join(this.#scratch, "broker.log"),
      settings: { "offsets.topic.num.partitions": "5", "group.initial.rebalance.delay.ms": "100" },
    });
    const tookMs = performance.now() - startedMs;
    this.#startsMs.push(tookMs);
    if (tookMs > READY_MS_MAX) this.ledger.fail(invariants[7], `${Math.round(tookMs)} ms`);
  }

  #checkAlive(): void {
    const { ledger } = this;
    if (this.#broker?.process.alive === false) ledger.fail(invariants[8], "the node");
    for (const { name, running } of this.#clients) {
      if (!running.alive) ledger.fail(invariants[8], name);
    }
  }

  async #createTopic(): Promise<void> {
    const kafka = await connect(this.#bootstrap);
    await kafka.admin.createTopic({
      name: TOPIC,
      partitions: PARTITIONS,
      replicationFactor: 1,
      configs: { "segment.bytes": "1048576" },
    });
    await kafka.close();
  }

  #gather(): void {
    for (const { name, facts } of this.#clients) {
      for (const fact of facts.next()) this.ledger.take(name, fact);
    }
  }

  /** Reads everything: what was acknowledged before the reading began must be there. */
  async #audit(): Promise<void> {
    this.#gather();
    this.ledger.audit(await readTopic(this.#bootstrap, TOPIC, PARTITIONS));
  }

  #printRow(cycle: number): void {
    const sorted = [...this.#startsMs].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const broken = [...this.ledger.failures.values()].reduce((sum, { length }) => sum + length, 0);
    const { acknowledgedCount, consumedCount } = this.ledger;
    console.log(rowOf(cycle, acknowledgedCount, consumedCount, median, sorted.at(-1) ?? 0, broken));
  }

  /** Writers finish, readers catch up, and everything is compared. */
  async #end(): Promise<void> {
    const writers = this.#clients.filter(({ name }) => name.startsWith("writer"));
    await Promise.all(writers.map(({ running }) => running.stop("SIGTERM", DRAIN_MS_MAX)));
    const records = await readTopic(this.#bootstrap, TOPIC, PARTITIONS);
    await waitFor("the group to have read everything", DRAIN_MS_MAX, () => {
      this.#gather();
      return this.ledger.unseen(records) === 0 ? true : undefined;
    }).catch(() => {
      const message = `${this.ledger.unseen(records)} of ${records.length} were not read`;
      this.ledger.fail("the group sees every record", message);
    });
    await Promise.all(this.#clients.map(({ running }) => running.stop("SIGTERM", DRAIN_MS_MAX)));
    this.#gather();
    this.ledger.audit(records);
    this.ledger.auditCommits();
    console.log(`${records.length} records in the log; ${this.ledger.failedSends} sends failed`);
  }
}

function rowOf(...cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => (typeof cell === "number" ? String(Math.round(cell)) : cell).padStart(13))
    .join("");
}

const scratch = mkdtempSync(join(tmpdir(), "moldau-chaos-"));
mkdirSync(join(scratch, "data"));
const chaos = new Chaos(scratch, Number(values.seed), [await freePort(), await freePort()]);
let problem: unknown;
try {
  await chaos.run(Number(values.cycles));
} catch (thrown) {
  problem = thrown;
} finally {
  await chaos.stop();
}
let failed = 0;
for (const [name, failures] of chaos.ledger.failures) {
  console.log(`${failures.length === 0 ? "ok    " : "FAILED"} ${name}`);
  if (failures.length > 0) failed++;
  for (const failure of failures.slice(0, 10)) console.log(`         ${failure}`);
}
if (problem !== undefined) {
  console.error(problem);
  failed++;
}
if (values.keep || failed > 0) console.log(`kept: ${scratch}`);
else rmSync(scratch, { recursive: true });
printResult(invariants.length + (problem === undefined ? 0 : 1) - failed, failed);
process.exit();
