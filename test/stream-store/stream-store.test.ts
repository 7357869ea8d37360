/** The Stream Store as a person uses it: everything from its page, in a real browser, and the sums in the end. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, withoutBrowser } from "../browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Everything waits for a condition; this bounds how long. */
const WAIT_MS = 90_000;

let store: ChildProcess;
let browser: Browser;
let page: Page;
const problems: string[] = [];

const skip = { skip: withoutBrowser };

before(async () => {
  if (withoutBrowser !== false) return;
  const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
  const file = join(root, "examples", "stream-store", "run.ts");
  const args = ["--import", hooks, file, "--port", "0", "--broker-port", "0"];
  store = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  store.stderr?.on("data", (bytes: Buffer) => problems.push(bytes.toString()));
  const address = await new Promise<string>((resolve, reject) => {
    store.stdout?.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      const match = /The shop is open: (\S+)/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    store.on("exit", (code) => reject(new Error(`it ended with ${code}: ${problems.join("")}`)));
  });
  browser = await launchBrowser();
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(address);
});

after(async () => {
  await browser?.close();
  if (store === undefined || store.exitCode !== null) return;
  const ended = new Promise((resolve) => store.once("exit", resolve));
  store.kill("SIGTERM");
  await ended;
});

const click = (name: string | RegExp) => page.getByRole("button", { name }).click();

async function numberOf(id: string): Promise<number> {
  return Number((await page.locator(`#${id}`).innerText()).replaceAll(",", ""));
}

function lagOf(group: string): Promise<number> {
  return page
    .locator(`.group[data-group="${group}"] strong`)
    .innerText()
    .then((text) => Number(text.replaceAll(",", "")));
}

/** Waits until something holds; what it is about is told when it never does. */
async function until(about: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${about}`);
    await page.waitForTimeout(100);
  }
}

async function setTraffic(perSecond: number): Promise<void> {
  await page.locator("#traffic").fill(String(perSecond));
  await page.locator("#traffic").dispatchEvent("change");
}

test("an order is accepted, paid, shipped and counted", skip, async () => {
  await page.locator("#item").selectOption("Kettle");
  await click("Place an order");
  await until("accepted", async () =>
    /order-\d+ is accepted/.test(await page.locator("#placed-order").innerText()),
  );
  await until("it is shipped", async () => (await numberOf("shipped")) > 0);
  await until("it is counted", async () => (await numberOf("counted")) > 0);
});

test(
  "without payments orders go on and only their lag grows; then it catches up",
  skip,
  async () => {
    await setTraffic(20);
    await click("Stop payments");
    await until("nobody pays", async () =>
      /No instance runs/.test(await page.locator("#partitions").innerText()),
    );
    const counted = await numberOf("counted");
    await until("the lag grows", async () => (await lagOf("payments")) >= 60);
    await until("sales stay live", async () => (await numberOf("counted")) > counted + 20);
    assert.ok((await lagOf("fraud")) < 60, "fraud keeps up");
    await click("Start payments");
    await until("it catches up", async () => (await lagOf("payments")) < 30);
  },
);

test("on Black Friday another instance takes partitions, and the lag falls", skip, async () => {
  await setTraffic(5);
  await click(/Black Friday/);
  await until("one instance is not enough", async () => (await lagOf("payments")) > 300);
  await click("Add a payments instance");
  await until("two share the partitions", async () => {
    const rows = await page.locator(".instance").all();
    const counts = await Promise.all(rows.map((row) => row.locator(".partition").count()));
    return rows.length === 2 && counts.every((count) => count === 3);
  });
  await click(/Black Friday/);
  await until("the lag falls", async () => (await lagOf("payments")) < 30);
  await click("Remove one");
  await until("one has all of them", async () => {
    const rows = page.locator(".instance");
    return (await rows.count()) === 1 && (await rows.first().locator(".partition").count()) === 6;
  });
});

test("a slow gateway holds up payments alone", skip, async () => {
  await setTraffic(20);
  await click(/Slow payment gateway/);
  await until("payments lag", async () => (await lagOf("payments")) > 60);
  assert.ok((await lagOf("fraud")) < 60, "fraud keeps up");
  await click(/Slow payment gateway/);
  await until("payments catch up", async () => (await lagOf("payments")) < 30);
});

test("a broker that is killed loses nothing: orders are accepted meanwhile", skip, async () => {
  const placed = await numberOf("placed");
  await click("Kill the broker");
  await until(
    "it is down",
    async () => (await page.locator("#broker").innerText()) === "the broker is down",
  );
  const atDeath = await numberOf("placed");
  await until(
    "orders go on",
    async () => (await numberOf("placed")) > Math.max(placed, atDeath) + 20,
  );
  await until(
    "it is up again",
    async () => (await page.locator("#broker").innerText()) === "broker up",
  );
  await until("payments catch up", async () => (await lagOf("payments")) < 30);
});

test("placed = paid = shipped = counted, and a replay comes to the same", skip, async () => {
  await setTraffic(0);
  await until("the sums are even", async () =>
    /placed = paid/.test(await page.locator("#verdict").innerText()),
  );
  const sums = await Promise.all(["placed", "paid", "shipped", "counted"].map(numberOf));
  assert.equal(new Set(sums).size, 1, `placed, paid, shipped, counted: ${sums.join(", ")}`);
  assert.ok((sums[0] ?? 0) > 500, `${sums[0]} orders`);
  const revenue = Number((await page.locator("#revenue").innerText()).replaceAll(",", ""));
  await click("Replay everything");
  const replay = page.locator(".replay").last();
  await replay.waitFor({ timeout: WAIT_MS });
  assert.equal(Number(await replay.getAttribute("data-orders")), sums[0]);
  assert.equal(Number(await replay.getAttribute("data-revenue")) / 100, revenue);
  assert.deepEqual(problems, []);
});
