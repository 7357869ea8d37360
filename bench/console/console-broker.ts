import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { binary, root, run } from "../../scripts/lib.ts";

const source = fileURLToPath(new URL("broker.ts", import.meta.url));
/** Beside `dist`, where the bundle looks for the page. */
const bundle = join(root, ".cache", "console-broker");

/** The longest time in which an event loop did not turn. */
export interface Pause {
  readonly wallMs: number;
  /** What of it was spent computing: on a busy machine a process waits for a processor besides. */
  readonly cpuMs: number;
}

const bundleFlags = [
  "--bundle",
  "--splitting",
  "--platform=node",
  "--format=esm",
  "--target=node22.15",
  "--minify-whitespace",
  "--minify-syntax",
  "--packages=external",
  "--log-level=warning",
];

/** Bundles `broker.ts` as `npm run build` does the command line: what is measured is what users get. */
export async function bundleBroker(): Promise<void> {
  rmSync(bundle, { recursive: true, force: true });
  const outcome = await run(binary("esbuild"), [source, ...bundleFlags, `--outdir=${bundle}`]);
  if (outcome.code !== 0) throw new Error(outcome.output);
}

/** A broker of `broker.ts`. */
export class ConsoleBroker {
  readonly pid: number;
  readonly port: number;
  readonly address: string;
  /** From the start of the process until it was ready. */
  readonly startedInMs: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #folder: string;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    folder: string,
    ready: { readonly port: number; readonly consolePort?: number },
    startedInMs: number,
  ) {
    this.pid = child.pid ?? 0;
    this.port = ready.port;
    this.address = `http://127.0.0.1:${ready.consolePort ?? 0}`;
    this.startedInMs = startedInMs;
    this.#child = child;
    this.#lines = lines;
    this.#folder = folder;
  }

  static async start(hasConsole: boolean): Promise<ConsoleBroker> {
    const folder = mkdtempSync(join(root, ".cache", "bench", "console-"));
    const beganMs = performance.now();
    const args = [
      ...(process.env["BROKER_ARGS"]?.split(" ") ?? []),
      join(bundle, "broker.js"),
      "--folder",
      folder,
      "--console",
      hasConsole ? "on" : "off",
    ];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    const tookMs = performance.now() - beganMs;
    const ready = JSON.parse(String(first.value)) as { port: number; consolePort?: number };
    return new ConsoleBroker(child, lines, folder, ready, tookMs);
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Of its event loop since this was last asked. */
  async longestPause(): Promise<Pause> {
    this.#child.stdin.write("\n");
    return JSON.parse(String((await this.#lines.next()).value)) as Pause;
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.stdin.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
