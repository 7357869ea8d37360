import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  benchClients,
  benchConfluent,
  kcat,
  Missing,
  python,
  root,
} from "../../test/interop/cache.ts";

/** One of the compared clients, ready to be started with a job. */
export interface BenchClient {
  readonly name: string;
  /** Native ones are a reference, not a competitor; the limit is no client at all. */
  readonly kind: "own" | "javascript" | "native" | "limit";
  /** What it can do; other rows are left empty. */
  readonly loads: readonly Load[];
  readonly command: readonly string[];
}

export type Load = "batches" | "fire" | "single" | "consume" | "consume-json" | "memory";

/** How to get at a client, which may not be possible here. */
export interface Candidate {
  readonly name: string;
  readonly kind: BenchClient["kind"];
  readonly loads: readonly Load[];
  /** Throws {@link Missing}. */
  readonly command: () => Promise<readonly string[]>;
}

const all: readonly Load[] = ["batches", "fire", "single", "consume", "consume-json", "memory"];
const programs = join(root, "bench", "client", "programs");

/** In this order in the table. */
export const candidates: readonly Candidate[] = [
  {
    name: "moldau",
    kind: "own",
    loads: all,
    command: () => Promise.resolve([process.execPath, join(programs, "moldau.mjs")]),
  },
  {
    name: "platformatic",
    kind: "javascript",
    loads: all,
    command: async () => [process.execPath, join(await benchClients(), "platformatic.mjs")],
  },
  {
    name: "kafkajs",
    kind: "javascript",
    loads: all,
    command: async () => [process.execPath, join(await benchClients(), "kafkajs.mjs")],
  },
  {
    name: "confluent",
    kind: "javascript",
    loads: all,
    command: async () => [process.execPath, join(await benchConfluent(), "confluent.mjs")],
  },
  {
    name: "librdkafka",
    kind: "native",
    loads: ["batches", "fire", "single", "consume"],
    command: async () => [await python(), join(programs, "librdkafka.py")],
  },
  {
    name: "kcat",
    kind: "native",
    loads: ["consume"],
    async command() {
      kcat();
      return [await python(), join(programs, "kcat.py")];
    },
  },
  {
    name: "wire",
    kind: "limit",
    loads: ["batches", "consume", "consume-json"],
    command: () => Promise.resolve([process.execPath, join(programs, "wire.mjs")]),
  },
];

/** Those that are to be had here; who is not is told, with the reason. */
export async function availableClients(wanted: readonly string[]): Promise<readonly BenchClient[]> {
  const found: BenchClient[] = [];
  for (const { name, kind, loads, command } of candidates) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      found.push({ name, kind, loads, command: await command() });
    } catch (thrown) {
      if (!(thrown instanceof Missing)) throw thrown;
      console.log(`# ${name} is left out: ${thrown.message}`);
    }
  }
  return found;
}

/** Where this client is imported from: what users get, or what `MOLDAU_CLIENT` names. */
export function moldauModule(): string {
  return pathToFileURL(process.env.MOLDAU_CLIENT ?? join(root, "dist", "index.js")).href;
}
