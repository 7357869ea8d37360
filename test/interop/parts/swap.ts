import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Broker, Product } from "../broker.ts";
import { javaClient } from "../cache.ts";
import { javaProgram } from "../java.ts";
import type { Context, Part } from "../part.ts";
import { freePort, run } from "../processes.ts";

const name = "swap";
const cutPartition = "swap.none-1";
const cutBelow = 120;

type End = "clean stop" | "kill -9";

async function java(broker: Broker, args: readonly string[]): Promise<string> {
  const [program, ...first] = await javaProgram.command();
  const all = [...first, ...args, "--bootstrap", broker.bootstrap];
  const outcome = await run(program, all, { timeoutMs: 90_000 });
  if (outcome.code !== 0) {
    const tail = outcome.stderr.trim().split("\n").slice(0, 8).join("\n");
    throw new Error(`${args.join(" ")} against ${broker.product}:\n${tail}`);
  }
  return outcome.stdout;
}

/**
 * Hashes of the users' segments as they lie after the end of a broker. After a clean stop the closed
 * segments' indexes are among them; after a kill they are built anew for what was not flushed.
 */
function segmentHashes(dataDir: string, how: End): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const folder of readdirSync(dataDir)) {
    if (!/^swap\..*-\d+$/.test(folder)) continue;
    const files = readdirSync(join(dataDir, folder)).sort();
    const active = files.findLast((file) => file.endsWith(".log"))?.slice(0, 20);
    for (const file of files) {
      const isActive = file.startsWith(active ?? "none");
      // The active segment's indexes are sized anew on open; its records are not touched.
      const settled = how === "clean stop" && !isActive && /\.(index|timeindex)$/.test(file);
      if (!file.endsWith(".log") && !settled) continue;
      const hash = createHash("sha256").update(readFileSync(join(dataDir, folder, file)));
      hashes.set(`${folder}/${file}`, hash.digest("hex"));
    }
  }
  return hashes;
}

/** Says which lines differ, shortly. */
function sameText(actual: string, expected: string, what: string): void {
  if (actual === expected) return;
  const got = actual.split("\n");
  const wanted = expected.split("\n");
  const gotSet = new Set(got);
  const wantedSet = new Set(wanted);
  const missing = wanted.filter((line) => !gotSet.has(line));
  const added = got.filter((line) => !wantedSet.has(line));
  const show = (lines: readonly string[]): string =>
    lines
      .slice(0, 6)
      .map((line) => `  ${line.slice(0, 200)}`)
      .join("\n");
  throw new Error(
    `${what}: ${missing.length} lines are missing, ${added.length} are new\nmissing:\n${show(missing)}\nnew:\n${show(added)}`,
  );
}

function sameFiles(now: Map<string, string>, before: Map<string, string>, what: string): void {
  const changed = [...before]
    .filter(([file, hash]) => now.get(file) !== hash)
    .map(([file]) => file);
  if (changed.length > 0) {
    const shown = changed.slice(0, 8).join(", ");
    throw new Error(`${what} changed ${changed.length} of ${before.size} files: ${shown}`);
  }
}

/** One data directory under one broker after another. */
class Directory {
  readonly #context: Context;
  readonly #dataDir: string;
  readonly #logPath: string;
  #port = 0;
  #controllerPort = 0;
  #starts = 0;

  constructor(context: Context, label: string) {
    this.#context = context;
    this.#dataDir = join(context.scratch, label);
    this.#logPath = join(context.scratch, `${label}.log`);
  }

  async open(product: Product): Promise<Broker> {
    if (this.#port === 0) {
      this.#port = await freePort();
      this.#controllerPort = await freePort();
    }
    this.#starts += 1;
    return this.#context.start(product, {
      dataDir: this.#dataDir,
      port: this.#port,
      controllerPort: this.#controllerPort,
      logPath: `${this.#logPath}.${this.#starts}.${product}`,
      // A killed broker's old incarnation is fenced after this time; the default of 9 s only costs time.
      settings: { "broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500" },
    });
  }

  hashes(how: End): Map<string, string> {
    return segmentHashes(this.#dataDir, how);
  }

  get cleanMark(): boolean {
    return existsSync(join(this.#dataDir, ".kafka_cleanshutdown"));
  }
}

/**
 * What has to be the same. Apache Kafka writes the start of a log down once a minute, so that after
 * `kill -9` records deleted lately may be back; only for the partition where some were deleted, and
 * only below the offset of the last deletion.
 */
function comparable(dump: string, how: End): string {
  if (how === "clean stop") return dump;
  const lines = dump.split("\n").filter((line) => {
    const [kind, partition, offset] = line.split("\t");
    if (partition !== cutPartition) return true;
    return kind !== "partition" && !(kind === "record" && Number(offset) < cutBelow);
  });
  return lines.join("\n");
}

async function end(broker: Broker, how: End): Promise<void> {
  if (how === "clean stop") await broker.stop();
  else await broker.kill();
}

/** `first` writes, `second` takes over and writes, `first` takes over again. */
async function there(context: Context, first: Product, second: Product, how: End): Promise<void> {
  const label = `${first}-${second}-${how.replaceAll(" ", "")}`;
  const test = (what: string, body: () => Promise<void>): Promise<boolean> =>
    context.report.test(name, `${first} to ${second} and back, ${how}: ${what}`, body);
  const directory = new Directory(context, label);
  let broker: Broker | undefined;
  let dump = "";
  let hashes = new Map<string, string>();
  const takeOver = async (product: Product): Promise<void> => {
    hashes = directory.hashes(how);
    if (hashes.size < 20) throw new Error(`only ${hashes.size} files to compare`);
    if (how === "clean stop" && !directory.cleanMark) throw new Error("no mark of a clean stop");
    broker = await directory.open(product);
    const served = await java(broker, ["dump"]);
    sameText(comparable(served, how), comparable(dump, how), `what ${product} serves`);
    sameFiles(directory.hashes(how), hashes, `opening by ${product}`);
  };
  const write = async (round: number): Promise<void> => {
    if (broker === undefined) throw new Error("no broker");
    await java(broker, ["swap-write", "--count", String(round)]);
    dump = await java(broker, ["dump"]);
    await end(broker, how);
    broker = undefined;
  };
  try {
    const steps: [string, () => Promise<void>][] = [
      [
        `${first} writes`,
        async () => {
          broker = await directory.open(first);
          await write(1);
        },
      ],
      [`${second} opens it, serves all of it, rewrites nothing`, () => takeOver(second)],
      [`${second} writes more`, () => write(2)],
      [`${first} opens it again and serves all of it`, () => takeOver(first)],
      [`${first} writes more`, () => write(3)],
    ];
    for (const [what, body] of steps) if (!(await test(what, body))) return;
  } finally {
    await broker?.kill();
  }
}

/** The data directory changes hands. Against Apache Kafka as target, it changes between its own kind. */
export const swapPart: Part = {
  name,
  about: "one data directory under Moldau, then Apache Kafka, then Moldau; and the other way round",
  async run(context) {
    await javaClient();
    const directions: readonly (readonly [Product, Product])[] =
      context.product === "kafka"
        ? [["kafka", "kafka"]]
        : [
            ["moldau", "kafka"],
            ["kafka", "moldau"],
          ];
    for (const [first, second] of directions) {
      await there(context, first, second, "clean stop");
      await there(context, first, second, "kill -9");
    }
  },
};
