import type { Page } from "playwright-core";
import { connect } from "../../src/client/connect.ts";
import { run } from "../../test/interop/processes.ts";
import { launchBrowser } from "../../test/browser.ts";
import { costOf, cpuSeconds, residentMegabytes } from "../processes.ts";
import { ConsoleBroker, type Pause } from "./console-broker.ts";

const IDLE_MS = 3000;
const TOPICS = 1000;
const PARTITIONS = 10;
const GROUPS = 1000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Values of one figure, over several turns. */
export type Note = (name: string, value: number) => void;

/** Start and idle memory, with a console that nobody has opened and without one, in turn. */
export async function idle(note: Note, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const hasConsole of turn % 2 === 0 ? [false, true] : [true, false]) {
      const broker = await ConsoleBroker.start(hasConsole);
      await sleep(IDLE_MS);
      const name = hasConsole ? "with" : "without";
      note(`start, console ${name}`, broker.startedInMs);
      note(`idle memory, console ${name}`, residentMegabytes(broker.pid));
      await broker.stop();
    }
  }
}

/** The page's first load, in a browser that knows nothing of it yet. */
export async function firstLoad(note: Note, turns: number): Promise<void> {
  const browser = await launchBrowser();
  const broker = await ConsoleBroker.start(true);
  await fillWithOrders(broker, 200);
  for (let turn = 0; turn <= turns; turn++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    let bytes = 0;
    await session.send("Network.enable");
    session.on("Network.dataReceived", (event) => (bytes += event.encodedDataLength));
    session.on("Network.responseReceived", ({ response }) => (bytes += response.encodedDataLength));
    const beganMs = performance.now();
    await page.goto(broker.address);
    await page.getByRole("link", { name: "orders", exact: true }).waitFor();
    const tookMs = performance.now() - beganMs;
    // The first visit finds a console that is not loaded yet.
    note(turn === 0 ? "first load, console not loaded yet" : "first load", tookMs);
    note("bytes of the first screen", bytes / 1000);
    await context.close();
  }
  await broker.stop();
  await browser.close();
}

/** Until the broker has nothing left to do: what it was filled with is on disk. */
async function settle(pid: number): Promise<void> {
  for (let quiet = 0; quiet < 4;) {
    const before = cpuSeconds(pid);
    await sleep(1000);
    quiet = cpuSeconds(pid) - before < 0.1 ? quiet + 1 : 0;
  }
}

/** From the acknowledgement of a record to the page that counts it. */
export async function liveness(note: Note, records: number): Promise<void> {
  const browser = await launchBrowser();
  const broker = await ConsoleBroker.start(true);
  await fillWithOrders(broker, 200);
  const page = await browser.newPage();
  await page.goto(`${broker.address}/#/topics`);
  await page.getByRole("link", { name: "orders", exact: true }).waitFor();
  const kafka = await connect(broker.bootstrap, { clientId: "bench" });
  const producer = kafka.producer();
  for (let index = 0; index < records; index++) {
    await sleep(300 + Math.random() * 1000);
    await producer.send("orders", { value: "one more" });
    const beganMs = performance.now();
    await page.getByText(String(201 + index), { exact: true }).waitFor();
    note("figures behind", performance.now() - beganMs);
  }
  await kafka.close();
  await broker.stop();
  await browser.close();
}

async function fillWithOrders(broker: ConsoleBroker, records: number): Promise<void> {
  const kafka = await connect(broker.bootstrap, { clientId: "bench" });
  await kafka.admin.createTopic({ name: "orders", partitions: 3 });
  const producer = kafka.producer();
  for (let index = 0; index < records; index++) producer.post("orders", { value: "{}" });
  await producer.flush();
  await kafka.close();
}

/** A large cluster: topics and groups are listed, sorted, searched and scrolled. */
export async function large(note: Note): Promise<void> {
  const browser = await launchBrowser();
  const broker = await ConsoleBroker.start(true);
  await fillLarge(broker);
  await settle(broker.pid);
  await broker.longestPause();
  await sleep(5000);
  notePause(note, "nobody looks", await broker.longestPause());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(`
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    }).observe({ type: "longtask", buffered: true });
  `);
  const beganMs = performance.now();
  await page.goto(`${broker.address}/#/topics`);
  await page.getByText("1,000 topics", { exact: true }).waitFor();
  note("1,000 topics are listed after", performance.now() - beganMs);
  notePause(note, "console is loaded and learns all", await broker.longestPause());
  await useList(page, "Topics", "topic-0777");
  await page.goto(`${broker.address}/#/groups`);
  await page.getByText("1,000 groups", { exact: true }).waitFor();
  await useList(page, "Groups", "group-0777");
  await page.goto(`${broker.address}/#/flow`);
  await page.getByText("Only what moves").waitFor();
  await sleep(5000);
  notePause(note, "page open", await broker.longestPause());
  const scrapeMs = performance.now();
  const text = await (await fetch(`${broker.address}/metrics`)).text();
  note("scrape of /metrics with 1,000 topics", performance.now() - scrapeMs);
  note("lines of /metrics with 1,000 topics", text.split("\n").length);
  notePause(note, "scrape", await broker.longestPause());
  note("page: longest task", Number(await page.evaluate("longest")));
  note("broker with 1,000 topics: memory", residentMegabytes(broker.pid));
  const { cpu, seconds } = await costOf(broker.pid, () => sleep(10_000));
  note("broker with 1,000 topics, page open: CPU", (cpu / seconds) * 100);
  await broker.stop();
  await browser.close();
}

function notePause(note: Note, when: string, { wallMs, cpuMs }: Pause): void {
  note(`broker, ${when}: longest pause`, wallMs);
  note(`broker, ${when}: longest pause, computing`, cpuMs);
}

async function useList(page: Page, label: string, wanted: string): Promise<void> {
  const rows = page.getByLabel(`${label}, rows`);
  for (let step = 1; step <= 10; step++) {
    await rows.evaluate((element, top) => element.scrollTo(0, top), step * 4000);
    await sleep(100);
  }
  await page.getByRole("button", { name: /^Lag/ }).click();
  await page.getByRole("button", { name: /^Lag/ }).click();
  await page.getByRole("searchbox").fill(wanted);
  await page.getByRole("link", { name: wanted }).waitFor();
  await page.getByRole("searchbox").fill("");
  await sleep(2000);
}

async function fillLarge(broker: ConsoleBroker): Promise<void> {
  const kafka = await connect(broker.bootstrap, { clientId: "bench" });
  const name = (kind: string, index: number): string => `${kind}-${String(index).padStart(4, "0")}`;
  for (let from = 0; from < TOPICS; from += 100) {
    await kafka.admin.createTopics(
      Array.from({ length: 100 }, (_, index) => ({
        name: name("topic", from + index),
        partitions: PARTITIONS,
      })),
      { timeoutMs: 120_000 },
    );
  }
  const producer = kafka.producer();
  for (let topic = 0; topic < TOPICS; topic++) {
    for (let index = 0; index < 5; index++) producer.post(name("topic", topic), { value: "x" });
    await producer.ready();
  }
  await producer.flush();
  for (let index = 0; index < GROUPS; index++) {
    await kafka.admin.alterGroupOffsets(
      name("group", index),
      Array.from({ length: PARTITIONS }, (_, partition) => ({
        topic: name("topic", index % TOPICS),
        partition,
        offset: 0,
      })),
    );
  }
  await kafka.close();
}

/** Ten million records: what a person does with them stays quick. */
export async function messages(note: Note, records: number): Promise<void> {
  const broker = await ConsoleBroker.start(true);
  const kafka = await connect(broker.bootstrap, { clientId: "bench" });
  await kafka.admin.createTopic({ name: "large", partitions: 6 });
  await kafka.close();
  const perBatch = 2000;
  const load = { topic: "large", partitions: 6, records: perBatch, "record-bytes": 20 };
  await produce(broker, { ...load, count: Math.ceil(records / perBatch) });
  await settle(broker.pid);
  const half = Math.floor(records / 12);
  for (const [name, path] of [
    ["newest messages", "messages"],
    ["oldest messages", "messages?from=oldest"],
    ["messages from an offset", `messages?from=offset:${half}&partition=0`],
    ["a message with the one of its key before it", `messages/0/${half}`],
    ["records over time", "timeline?buckets=80"],
    ["a search of one request, in vain", "messages?search=nothing-like-it"],
  ] as const) {
    for (let turn = 0; turn < 5; turn++) {
      const beganMs = performance.now();
      const answer = await fetch(`${broker.address}/api/topics/large/${path}`);
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      if (turn > 0) note(`${name}, of ${records / 1e6} million`, performance.now() - beganMs);
    }
  }
  note(`memory after that`, residentMegabytes(broker.pid));
  await broker.stop();
}

const wireLoad = new URL("../wire-load.ts", import.meta.url).pathname;

/** What producers get through while a page is open, and while the console was never opened: A B B A. */
export async function throughput(note: Note, rounds: number, requests: number): Promise<void> {
  const browser = await launchBrowser();
  for (let round = 0; round < rounds; round++) {
    for (const isOpen of [false, true, true, false]) {
      const broker = await ConsoleBroker.start(true);
      const kafka = await connect(broker.bootstrap, { clientId: "bench" });
      for (const topic of ["big", "small"])
        await kafka.admin.createTopic({ name: topic, partitions: 6 });
      await kafka.close();
      const page = isOpen ? await browser.newPage() : undefined;
      await page?.goto(broker.address);
      await page?.getByText("Live", { exact: true }).waitFor();
      const how = isOpen ? "console open" : "console never opened";
      const big = {
        topic: "big",
        partitions: 6,
        records: 64,
        "record-bytes": 1000,
        count: requests,
      };
      await produce(broker, { ...big, count: requests / 4 });
      const batches = await costOf(broker.pid, () => produce(broker, big));
      note(`64 KB batches, ${how}`, batches.result["megabytesPerSecond"] ?? Number.NaN);
      note(
        `64 KB batches, ${how}: CPU`,
        batches.cpu / ((batches.result["bytes"] ?? Number.NaN) / 1e9),
      );
      const small = { topic: "small", partitions: 6, "record-bytes": 200, "in-flight": 2 };
      const count = requests * 30;
      await produce(broker, { ...small, count: count / 8 });
      const single = await costOf(broker.pid, () => produce(broker, { ...small, count }));
      note(`200 B requests, ${how}`, single.result["requestsPerSecond"] ?? Number.NaN);
      note(`200 B requests, ${how}: CPU`, (single.cpu / count) * 1e6);
      await page?.close();
      await broker.stop();
    }
  }
  await browser.close();
}

async function produce(
  broker: ConsoleBroker,
  args: Readonly<Record<string, string | number>>,
): Promise<Record<string, number>> {
  const flags = Object.entries({ port: broker.port, ...args });
  const all = [wireLoad, "produce", ...flags.map(([name, value]) => `--${name}=${value}`)];
  const { code, stdout, stderr } = await run(process.execPath, all, { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, number>;
}
