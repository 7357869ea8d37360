/**
 * The Stream Store beside its page: what its events carry, ports that are taken, Ctrl-C, another show on the same
 * folder, a service that is killed, a broker that is elsewhere, and requests of other sites.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as http from "node:http";
import * as net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { View } from "../../examples/stream-store/shop-window.ts";
import { connect } from "../../src/client/connect.ts";
import { scratchFolder, startBroker } from "../cli/moldau.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
const program = join(root, "examples", "stream-store", "run.ts");
const WAIT_MS = 90_000;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

interface Show {
  readonly process: ChildProcess;
  readonly address: string;
  readonly bootstrap: string;
  readonly output: () => string;
  readonly problems: () => string;
}

const scratch = scratchFolder();
const running = new Set<Show>();
let show: Show;

async function open(args: readonly string[]): Promise<Show> {
  const child = spawn(process.execPath, ["--import", hooks, program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as a terminal makes one.
    detached: true,
  });
  let output = "";
  let problems = "";
  child.stderr.on("data", (bytes: Buffer) => (problems += bytes.toString()));
  const [, address = "", bootstrap = ""] = await new Promise<readonly string[]>(
    (resolve, reject) => {
      child.stdout.on("data", (bytes: Buffer) => {
        output += bytes.toString();
        const match = /The shop is open: (\S+) +\(broker at ([^;]+);/.exec(output);
        if (match !== null) resolve(match);
      });
      child.on("exit", (code) => reject(new Error(`it ended with ${code}: ${output}${problems}`)));
    },
  );
  const opened = {
    process: child,
    address,
    bootstrap,
    output: () => output,
    problems: () => problems,
  };
  running.add(opened);
  return opened;
}

/** As Ctrl-C in a terminal: to every process of the group at once. */
async function interrupt(of: Show): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => of.process.once("exit", resolve));
  process.kill(-(of.process.pid ?? 0), "SIGINT");
  running.delete(of);
  return ended;
}

before(async () => {
  show = await open(["--port", "0", "--broker-port", "0", "--data", scratch.path]);
});

after(async () => {
  for (const one of running) await interrupt(one);
  scratch.remove();
});

function request(
  of: Show,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: http.OutgoingHttpHeaders;
    readonly body?: unknown;
  } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { method = "GET", headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = http.request(`${of.address}${path}`, { method, headers }, (response) => {
      let text = "";
      response.on("data", (bytes: Buffer) => (text += bytes.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function act(of: Show, action: object): Promise<void> {
  const { status } = await request(of, "/api/actions", { method: "POST", body: action });
  assert.equal(status, 202);
}

/** What the page is told, until it is what is waited for. */
async function until(of: Show, about: string, holds: (view: View) => boolean): Promise<View> {
  const abort = AbortSignal.timeout(WAIT_MS);
  let last = "";
  try {
    const response = await fetch(`${of.address}/api/events`, { signal: abort });
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        if (!event.startsWith("event: view")) continue;
        last = event.slice(event.indexOf("data: ") + 6);
        const view = JSON.parse(last) as View;
        if (holds(view)) return view;
      }
    }
  } catch (thrown) {
    if (!abort.aborted) throw thrown;
  }
  throw new Error(`it never came to this: ${about}: ${last.slice(0, 1500)} ${of.problems()}`);
}

const isEven = ({ check: { placed, paid, shipped, counted } }: View): boolean =>
  placed > 0 && placed === paid && paid === shipped && shipped === counted;

test("an order goes to a partition of its region, and what follows it carries its trace", async () => {
  await act(show, { kind: "traffic", perSecond: 0 });
  const catalog = (await request(show, "/api/catalog")).text;
  const { regions } = JSON.parse(catalog) as { readonly regions: readonly string[] };
  assert.deepEqual(regions, ["EU", "US", "Africa"]);
  const placed = new Map<string, string>();
  for (const region of regions) {
    for (let index = 0; index < 4; index++) {
      const body = { region, item: "Kettle", quantity: 9 };
      const { status, text } = await request(show, "/api/orders", { method: "POST", body });
      assert.equal(status, 202);
      placed.set((JSON.parse(text) as { id: string }).id, region);
    }
  }
  const view = await until(show, "all is shipped", isEven);
  assert.equal(view.sales?.alerts !== undefined && view.sales.alerts >= placed.size, true);
  const kafka = await connect(show.bootstrap, { clientId: "test" });
  const traces = new Map<string, Map<string, string>>();
  for (const topic of ["orders", "payments", "inventory", "notifications", "fraud-alerts"]) {
    for await (const { key, headers, partition } of kafka.consume(topic, { until: "end" })) {
      const id = key?.toString() ?? "";
      if (!placed.has(id)) continue;
      const trace = headers.text("traceparent") ?? "";
      assert.match(trace, TRACEPARENT, topic);
      traces.set(topic, (traces.get(topic) ?? new Map<string, string>()).set(id, trace));
      const source = { orders: "shop", "fraud-alerts": "fraud" }[topic] ?? topic;
      assert.equal(headers.text("source"), source);
      if (topic !== "orders") continue;
      const region = regions.findIndex((one) => one === placed.get(id));
      assert.equal(Math.floor(partition / 2), region, `${id} of ${placed.get(id)}`);
    }
  }
  await kafka.close();
  assert.equal(traces.get("orders")?.size, placed.size);
  assert.equal(new Set(traces.get("orders")?.values()).size, placed.size, "a trace for each");
  for (const [topic, of] of traces)
    assert.deepEqual([...of].sort(), [...traces.get("orders")!].sort(), topic);
});

test("a service that is killed in the middle of its work loses nothing", async () => {
  await act(show, { kind: "traffic", perSecond: 200 });
  for (const name of ["inventory", "payments-1"]) {
    const before_ = await until(
      show,
      `${name} runs`,
      ({ stage }) => stage?.services.some((service) => service.name === name) === true,
    );
    const pid = before_.stage?.services.find((service) => service.name === name)?.pid ?? 0;
    process.kill(pid, "SIGKILL");
    await until(show, `another ${name} runs`, ({ stage, check }) => {
      const service = stage?.services.find((one) => one.name === name);
      const isAnother = service !== undefined && service.pid !== pid;
      return isAnother && check.shipped > before_.check.shipped + 50;
    });
  }
  await act(show, { kind: "traffic", perSecond: 0 });
  await until(show, "the sums are even", isEven);
});

test("drivers are on the map, and move", async () => {
  const response = await fetch(`${show.address}/api/events`);
  const seen = new Map<string, Set<string>>();
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      if (!event.startsWith("event: drivers")) continue;
      const drivers = JSON.parse(event.slice(event.indexOf("data: ") + 6)) as {
        driver: string;
        x: number;
        y: number;
      }[];
      for (const { driver, x, y } of drivers) {
        assert.ok(x >= 0 && x <= 1000 && y >= 0 && y <= 400, `${driver} at ${x}, ${y}`);
        seen.set(driver, (seen.get(driver) ?? new Set()).add(`${x} ${y}`));
      }
    }
    const moved = [...seen.values()].filter((places) => places.size > 2);
    if (moved.length === 60) break;
  }
  assert.equal(seen.size, 60);
});

test("after Ctrl-C another show on the same folder goes on, and replays begin at the first order", async () => {
  const { check } = await until(show, "the sums are even", isEven);
  await act(show, { kind: "replay" });
  await until(show, "a replay", ({ replays }) => replays.length === 1);
  // The killed services of the test before said nothing; what is said now is wrong.
  const said = show.problems().length;
  await act(show, { kind: "traffic", perSecond: 100 });
  await until(show, "orders go on", (view) => view.check.placed > check.placed + 100);
  assert.equal(await interrupt(show), 0);
  assert.equal(show.problems().slice(said), "");

  show = await open(["--port", "0", "--broker-port", "0", "--data", scratch.path]);
  await act(show, { kind: "traffic", perSecond: 0 });
  const again = await until(show, "the sums are even again", isEven);
  assert.ok(again.check.placed > check.placed + 100, "what was placed before is there");
  for (const count of [2, 3]) {
    await act(show, { kind: "replay" });
    const { replays, sales } = await until(
      show,
      `replay ${count}`,
      (view) => view.replays.length === count,
    );
    const { name, sales: replayed } = replays.at(-1)!;
    assert.equal(name, `batch-analytics-${count}`);
    assert.deepEqual(
      [replayed.orders, replayed.revenue, replayed.alerts, replayed.byRegion, replayed.bestSellers],
      [sales?.orders, sales?.revenue, sales?.alerts, sales?.byRegion, sales?.bestSellers],
    );
    assert.equal(replayed.orders, again.check.placed);
  }
});

test("a broker that is killed in the rush comes back, and the sums are even", async () => {
  await act(show, { kind: "traffic", perSecond: 20 });
  await act(show, { kind: "black-friday", isOn: true });
  await act(show, { kind: "add-payments" });
  const before_ = await until(show, "the rush", ({ groups }) =>
    groups.some(({ group, lag }) => group === "payments" && lag > 300),
  );
  await act(show, { kind: "kill-broker" });
  await act(show, { kind: "kill-broker" });
  await until(show, "it is down", ({ stage }) => stage?.broker === "down");
  await until(show, "it is up", ({ stage }) => stage?.broker === "up");
  await act(show, { kind: "black-friday", isOn: false });
  await act(show, { kind: "traffic", perSecond: 0 });
  for (let more = 0; more < 4; more++) await act(show, { kind: "add-payments" });
  const after_ = await until(show, "the sums are even", isEven);
  assert.ok(after_.check.placed > before_.check.placed);
});

test("other sites neither look nor act, and nonsense is no action", async () => {
  const { host } = new URL(show.address);
  const action = { method: "POST", body: { kind: "kill-broker" } };
  for (const headers of [
    { origin: "http://evil.example" },
    { origin: "null" },
    { host: "evil.example" },
    { host: `127.0.0.1.evil.example:${new URL(show.address).port}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ]) {
    const { status } = await request(show, "/api/actions", { ...action, headers });
    assert.equal(status, 403, JSON.stringify(headers));
  }
  const rebound = await request(show, "/api/events", { headers: { host: "evil.example" } });
  assert.equal(rebound.status, 403);
  for (const body of [
    {},
    { kind: "x" },
    { kind: "traffic", perSecond: "x" },
    { kind: "traffic" },
    [],
  ]) {
    assert.equal((await request(show, "/api/actions", { method: "POST", body })).status, 400);
  }
  const orders = [
    { region: "EU" },
    { region: "EU", item: "Kettle", quantity: 1.5 },
    { region: "x" },
  ];
  for (const body of orders) {
    assert.equal((await request(show, "/api/orders", { method: "POST", body })).status, 400);
  }
  assert.equal((await request(show, "/../run.ts")).status, 404);
  assert.equal((await request(show, "/%2e%2e/run.ts")).status, 404);
  assert.equal((await request(show, "/api/catalog", { headers: { host } })).status, 200);
});

test("with a broker elsewhere and a port that is taken it opens all the same", async (t) => {
  const folder = scratchFolder();
  const broker = await startBroker(["dev", "--port", "0"], { folder: folder.path });
  const taken = net.createServer();
  t.after(async () => {
    taken.close();
    await broker.stop();
    folder.remove();
  });
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as net.AddressInfo;
  const elsewhere = await open(["--port", String(port), "--bootstrap", broker.ready.bootstrap]);
  assert.match(elsewhere.output(), new RegExp(`Port ${port} is taken`));
  await until(elsewhere, "orders are placed", ({ check }) => check.placed > 10);
  await act(elsewhere, { kind: "traffic", perSecond: 0 });
  const view = await until(elsewhere, "the sums are even", isEven);
  assert.equal(view.stage?.broker, "elsewhere");
  assert.equal(await interrupt(elsewhere), 0);
  assert.equal(elsewhere.problems(), "");
  const second = await open(["--port", "0", "--broker-port", String(port)]);
  assert.match(second.output(), new RegExp(`Port ${port} is taken`));
  assert.equal(await interrupt(second), 0);
});

test("where no broker answers it says so, and ends", async () => {
  await assert.rejects(open(["--port", "0", "--bootstrap", "127.0.0.1:1"]), (error: Error) => {
    assert.match(error.message, /it ended with 1: no broker answers/);
    assert.doesNotMatch(error.message, /\n\s+at /);
    return true;
  });
});
