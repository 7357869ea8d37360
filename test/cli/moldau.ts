import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { main } from "../../src/cli/main.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const bin = join(root, "src", "cli", "bin.ts");
/** A command that hangs is a failure, not a reason to wait for ever. */
const COMMAND_TIMEOUT_MS = 60_000;

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(KAFKA_|MOLDAU_|CLUSTER_ID$|NO_COLOR$|FORCE_COLOR$|NODE_TEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs the real command line to its end. */
export function moldau(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutcome> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: environment(options.env),
    cwd: options.cwd ?? root,
    timeout: COMMAND_TIMEOUT_MS,
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  return collect(child.stdout, child.stderr, (done) => child.on("close", done));
}

/**
 * The same within this process, where a command takes a twentieth of the time; for what does not depend
 * on being a process.
 */
export async function moldauHere(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutcome> {
  const stdout = new Collector();
  const stderr = new Collector();
  const stdin = Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]);
  const env = environment(options.env);
  const code = await main({ stdin, stdout, stderr, env }, args);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps what is written to it. */
class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

function collect(
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  onClose: (done: (code: number | null) => void) => void,
): Promise<CommandOutcome> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  stdout.on("data", (bytes: Buffer) => out.push(bytes));
  stderr.on("data", (bytes: Buffer) => err.push(bytes));
  return new Promise((resolve) => {
    onClose((code) => {
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ code: code ?? -1, stdout: text(out), stderr: text(err) });
    });
  });
}

/** What `--ready-file` says. */
export interface Ready {
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly dataDirectories: readonly string[];
}

/** A broker in a process of its own. */
export interface BrokerProcess {
  readonly ready: Ready;
  readonly readyFile: string;
  kill(signal: NodeJS.Signals): void;
  /** How it ended. */
  readonly ended: Promise<CommandOutcome>;
  /** SIGTERM, and the end. */
  stop(): Promise<CommandOutcome>;
}

/** A folder that is removed by `remove`. */
export function scratchFolder(): { readonly path: string; remove(): void } {
  const path = fs.mkdtempSync(join(tmpdir(), "moldau-test-"));
  return { path, remove: () => fs.rmSync(path, { recursive: true, force: true }) };
}

/**
 * Runs `moldau start` (or `dev`) until it says that it is ready; rejects with what it printed when it
 * ends before.
 */
export async function startBroker(
  args: readonly string[],
  options: CommandOptions & { readonly folder: string },
): Promise<BrokerProcess> {
  const readyFile = join(options.folder, `ready-${process.hrtime.bigint()}.json`);
  const child = spawn(process.execPath, [bin, ...args, "--ready-file", readyFile], {
    env: environment(options.env),
    cwd: options.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let over = false;
  const ended = collect(child.stdout, child.stderr, (done) => child.on("close", done));
  void ended.then(() => (over = true));
  while (!fs.existsSync(readyFile)) {
    if (over) {
      const { code, stdout, stderr } = await ended;
      throw new Error(`moldau ended with ${code}:\n${stdout}${stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const ready = JSON.parse(fs.readFileSync(readyFile, "utf8")) as Ready;
  return {
    ready,
    readyFile,
    ended,
    kill: (signal) => child.kill(signal),
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** The objects of ndjson. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
