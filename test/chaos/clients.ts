import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { here as interop, javaClassPath, python, root } from "../interop/cache.ts";
import { run, start, type Running } from "../interop/processes.ts";
import { FactReader } from "./facts.ts";

const here = join(root, "test", "chaos");
const COMPILE_MS_MAX = 120_000;

/** The command of each kind of client. */
export interface ClientCommands {
  readonly java: readonly [string, ...string[]];
  readonly librdkafka: readonly [string, ...string[]];
}

export type ClientKind = keyof ClientCommands;

/** Fetches and compiles what clients need. Throws `Missing`. */
export async function prepareClients(scratch: string): Promise<ClientCommands> {
  const classPath = await javaClassPath();
  const classes = join(scratch, "classes");
  mkdirSync(classes, { recursive: true });
  const source = join(here, "clients", "ChaosClient.java");
  const compiled = await run("javac", ["-cp", classPath, "-d", classes, source], {
    timeoutMs: COMPILE_MS_MAX,
  });
  if (compiled.code !== 0) throw new Error(`javac failed:\n${compiled.stderr}`);
  const logging = `-Dlog4j2.configurationFile=${join(interop, "java", "tools", "log4j2.properties")}`;
  return {
    java: [
      "java",
      "-Xmx128M",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      logging,
      "-cp",
      `${classes}${delimiter}${classPath}`,
      "ChaosClient",
    ],
    librdkafka: [await python(), join(here, "clients", "chaos_client.py")],
  };
}

/** A client at work. */
export interface Client {
  readonly name: string;
  readonly running: Running;
  readonly facts: FactReader;
}

export interface ClientOptions {
  readonly commands: ClientCommands;
  readonly kind: ClientKind;
  readonly mode: "produce" | "consume";
  readonly name: string;
  readonly scratch: string;
  readonly args: Readonly<Record<string, string>>;
}

export function startClient(options: ClientOptions): Client {
  const { commands, kind, mode, name, scratch } = options;
  const [program, ...first] = commands[kind];
  const args = Object.entries({ ...options.args, name }).flatMap(([key, value]) => [
    `--${key}`,
    value,
  ]);
  const log = join(scratch, `${name}.log`);
  const running = start(program, [...first, mode, ...args], log);
  return { name, running, facts: new FactReader(log) };
}
