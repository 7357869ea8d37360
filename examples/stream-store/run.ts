/**
 * `npm run stream-store [-- --bootstrap HOST:PORT] [--port PORT] [--orders-per-second N] [--data FOLDER]`: starts a
 * broker and the services of the shop, each a process of its own, and looks after them until Ctrl-C. With
 * `--bootstrap` any Kafka takes the broker's place.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "moldau/client";
import type { Action, FromService, Stage, ToService } from "./messages.ts";
import { pause } from "./service.ts";
import { allTopics } from "./topics.ts";

const { values } = parseArgs({
  options: {
    bootstrap: { type: "string" },
    port: { type: "string", default: "8090" },
    "broker-port": { type: "string", default: "9092" },
    "orders-per-second": { type: "string", default: "5" },
    data: { type: "string" },
  },
});

const PAYMENTS_MAX = 6;
const BLACK_FRIDAY = 100;
/** What the gateway takes for a payment: usually, and on a slow day. */
const GATEWAY_MS = 4;
const SLOW_GATEWAY_MS = 250;
/** A service that ended by itself starts again after so long; a broker that was killed too. */
const RESTART_MS = 1000;
const BROKER_AWAY_MS = 3000;
const TRAFFIC_MAX = 1000;
/** Each replay is a group of its own, also on a cluster where others were before. */
const REPLAY_PREFIX = "batch-analytics-";
const STOP_MAX_MS = 10_000;

const cli = fileURLToPath(new URL("../../src/cli/bin.ts", import.meta.url));
const scratch = values.data ?? mkdtempSync(join(tmpdir(), "stream-store-"));
mkdirSync(scratch, { recursive: true });
let bootstrap = values.bootstrap ?? "";
let broker: ChildProcess | undefined;
/** Under way; two brokers must not have one folder. */
let starting: Promise<void> | undefined;
let isStopping = false;
let isGatewaySlow = false;
let isBlackFriday = false;
let perSecond = Number(values["orders-per-second"]);
let replays = 0;
let address = "";
/** Where the broker's console is. */
let console_: string | undefined;
/** Names of services that should run, and their processes. */
const wanted = new Set<string>();
const running = new Map<string, ChildProcess>();

// The broker

/** Starts the broker as a process, on the same folder and port as before. */
function startBroker(): Promise<void> {
  starting ??= launchBroker().finally(() => {
    starting = undefined;
  });
  return starting;
}

async function launchBroker(): Promise<void> {
  const ready = join(scratch, "broker.json");
  rmSync(ready, { force: true });
  const port = bootstrap === "" ? await freePort() : (bootstrap.split(":").at(-1) ?? "9092");
  const args = ["start", "--port", port, "--data", join(scratch, "broker"), "--ready-file", ready];
  // In a clone the broker is a source beside this one, installed it is the command of the package.
  const [file, before] = existsSync(cli) ? [process.execPath, [cli]] : ["moldau", []];
  const child = spawn(file, [...before, ...args, "--log-level", "warn"], {
    stdio: ["ignore", "ignore", "inherit"],
    // A terminal's Ctrl-C is not for it: services still have something to write when they are told to stop.
    detached: true,
  });
  broker = child;
  let isReady = false;
  child.on("exit", () => {
    if (broker === child) broker = undefined;
    tellStage();
    // However it ended, it comes back.
    if (isReady) setTimeout(bringBack, BROKER_AWAY_MS);
  });
  while (!existsSync(ready)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error("The broker could not be started; what it said stands above.");
    }
    await pause(20);
  }
  isReady = true;
  const told = JSON.parse(readFileSync(ready, "utf8")) as { bootstrap: string; console?: string };
  bootstrap = told.bootstrap;
  console_ = told.console;
  tellStage();
}

function bringBack(): void {
  if (isStopping) return;
  startBroker().catch((thrown: unknown) => {
    report(thrown);
    setTimeout(bringBack, BROKER_AWAY_MS);
  });
}

/** The port that was asked for, or any where somebody has it, such as a broker that runs beside the show. */
async function freePort(): Promise<string> {
  const port = values["broker-port"];
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(Number(port), "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  if (isFree) return port;
  console.log(`Port ${port} is taken: the broker of the shop takes another one.`);
  return "0";
}

// The services

/** `payments-2` runs `services/payments.ts`. */
function fileOf(name: string): string {
  return fileURLToPath(new URL(`services/${name.replace(/-\d+$/, "")}.ts`, import.meta.url));
}

function startService(name: string): Promise<void> {
  wanted.add(name);
  const child = fork(fileOf(name), {
    env: {
      ...process.env,
      BOOTSTRAP: bootstrap,
      CLIENT_ID: name,
      STATE_FOLDER: scratch,
      SHOP_PORT: values.port,
    },
    // SQLite and the types of the page are what Node calls experimental.
    execArgv: [...process.execArgv, "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  running.set(name, child);
  tellStage();
  return new Promise((resolve) => {
    child.on("message", (message) => {
      const told = message as FromService;
      if (told.kind === "action") void act(told.action).catch(report);
      else {
        if (told.address !== undefined) address = told.address;
        tellAll(name);
        resolve();
      }
    });
    child.on("exit", (code) => {
      if (running.get(name) === child) running.delete(name);
      tellStage();
      resolve();
      if (!wanted.has(name) || isStopping) return;
      if (code === 0) wanted.delete(name);
      else setTimeout(() => void startService(name), RESTART_MS);
    });
  });
}

async function stopService(name: string): Promise<void> {
  wanted.delete(name);
  const child = running.get(name);
  if (child === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
  await ended;
  clearTimeout(timer);
}

function send(name: string, message: ToService): void {
  const child = running.get(name);
  if (child?.connected === true) child.send(message);
}

function paymentsRunning(): string[] {
  return [...running.keys()].filter((name) => name.startsWith("payments-")).sort();
}

/** Tells a service that has just begun how things are. */
function tellAll(name: string): void {
  send(name, { kind: "gateway", delayMs: isGatewaySlow ? SLOW_GATEWAY_MS : GATEWAY_MS });
  if (name === "shop") tellTraffic();
  tellStage();
}

function tellTraffic(): void {
  send("shop", { kind: "traffic", perSecond: perSecond * (isBlackFriday ? BLACK_FRIDAY : 1) });
}

function tellStage(): void {
  const stage: Stage = {
    services: [...running].map(([name, child]) => ({ name, pid: child.pid ?? 0 })),
    payments: paymentsRunning().length,
    isGatewaySlow,
    isBlackFriday,
    perSecond,
    broker: values.bootstrap !== undefined ? "elsewhere" : broker === undefined ? "down" : "up",
    replays,
    ...(console_ === undefined ? {} : { console: console_ }),
  };
  send("shop", { kind: "stage", stage });
}

// What somebody does from the page

async function act(action: Action): Promise<void> {
  switch (action.kind) {
    case "stop-payments":
      await Promise.all(paymentsRunning().map(stopService));
      break;
    case "start-payments":
      if (paymentsRunning().length === 0) await startService("payments-1");
      break;
    case "add-payments": {
      const next = Array.from({ length: PAYMENTS_MAX }, (_, index) => `payments-${index + 1}`).find(
        (name) => !running.has(name),
      );
      if (next !== undefined) await startService(next);
      break;
    }
    case "remove-payments": {
      const last = paymentsRunning().at(-1);
      if (last !== undefined) await stopService(last);
      break;
    }
    case "slow-gateway":
      isGatewaySlow = action.isOn;
      for (const name of paymentsRunning()) {
        send(name, { kind: "gateway", delayMs: isGatewaySlow ? SLOW_GATEWAY_MS : GATEWAY_MS });
      }
      break;
    case "black-friday":
      isBlackFriday = action.isOn;
      tellTraffic();
      break;
    case "traffic":
      perSecond = Math.min(TRAFFIC_MAX, Math.max(0, action.perSecond));
      tellTraffic();
      break;
    case "replay":
      replays++;
      await startService(`${REPLAY_PREFIX}${replays}`);
      break;
    case "kill-broker":
      broker?.kill("SIGKILL");
      break;
  }
  tellStage();
}

function report(thrown: unknown): void {
  const { message, remedy } = thrown as { readonly message?: string; readonly remedy?: string };
  console.error([message ?? thrown, remedy ?? ""].join("\n").trim());
}

/** Ends everything in good order: services first, for they need the broker. */
async function stop(exitCode = 0): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  // Orders that the shop has accepted are written before it closes: for that there has to be a broker.
  if (values.bootstrap === undefined && broker === undefined && bootstrap !== "") {
    await startBroker().catch(report);
  }
  await Promise.all([...running.keys()].map(stopService));
  const child = broker;
  if (child !== undefined) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  if (values.data === undefined) rmSync(scratch, { recursive: true, force: true });
  process.exit(exitCode);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop());
}

// The show

async function open(): Promise<void> {
  if (bootstrap === "") await startBroker();
  const kafka = await connect(bootstrap, { clientId: "stream-store" });
  for (const topic of allTopics) await kafka.admin.ensure(topic);
  for (const { group } of await kafka.admin.listGroups()) {
    const number = group.startsWith(REPLAY_PREFIX) ? group.slice(REPLAY_PREFIX.length) : "";
    if (/^\d+$/.test(number)) replays = Math.max(replays, Number(number));
  }
  await kafka.close();
  await startService("shop");
  await Promise.all(
    ["payments-1", "inventory", "notifications", "fraud", "analytics", "rides"].map(startService),
  );
  if (isStopping) return;
  console.log(`The shop is open: ${address}   (broker at ${bootstrap}; Ctrl-C closes all)`);
  if (console_ !== undefined) console.log(`Its events, live:  ${console_}`);
}

try {
  await open();
} catch (thrown) {
  report(thrown);
  await stop(1);
}
