import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How a program that ran to its end went. */
export interface Outcome {
  /** Exit code; -1 when it was ended by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** The program is killed after this time, and the outcome says so. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 120_000;

/** Every child that lives, so that an end of the runner leaves none behind. */
const living = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}

function remember(child: ChildProcess): void {
  living.add(child);
  child.once("exit", () => living.delete(child));
}

/** Runs a program to its end. Never rejects for what the program does. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    remember(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => {
      err.push(Buffer.from(`\n${program} did not end within ${timeoutMs} ms and was killed\n`));
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    const finish = (code: number): void => {
      clearTimeout(timer);
      living.delete(child);
      resolve({
        code,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      });
    };
    child.once("error", (error) => {
      err.push(Buffer.from(String(error)));
      finish(-1);
    });
    child.once("close", (code) => finish(code ?? -1));
  });
}

/** A program that goes on: a broker, or a member of a group. */
export interface Running {
  readonly pid: number;
  /** Settles with the exit code, -1 after a signal. */
  readonly ended: Promise<number>;
  readonly alive: boolean;
  /** Standard output and errors so far, as text. */
  output(): string;
  /** Sends the signal and waits for the end; after `killAfterMs` it is killed. */
  stop(signal?: NodeJS.Signals, killAfterMs?: number): Promise<number>;
}

/** Starts a program whose output goes to the file `logPath`. */
export function start(
  program: string,
  args: readonly string[],
  logPath: string,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Running {
  const log = openSync(logPath, "a");
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  remember(child);
  let alive = true;
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => {
      alive = false;
      resolve(-1);
    });
    child.once("exit", (code) => {
      alive = false;
      resolve(code ?? -1);
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    get alive() {
      return alive;
    },
    output: () => readFileSync(logPath, "utf8"),
    async stop(signal = "SIGTERM", killAfterMs = 60_000) {
      if (!alive) return ended;
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}

/** A port that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

/** Asks until the answer is not undefined. Rejects with `what` when `timeoutMs` is over. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(50);
  }
}
