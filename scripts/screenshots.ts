/**
 * `npm run screenshots`: starts the Stream Store with its broker, drives both pages in a browser, and makes the
 * pictures of `docs/images`.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, withoutBrowser } from "../test/browser.ts";
import { connect } from "../src/client/connect.ts";
import type { Kafka } from "../src/client/kafka.ts";
import { buildConsolePage } from "./console-page.ts";
import { root } from "./lib.ts";

const images = join(root, "docs", "images");
const VIEW = { width: 1280, height: 800 };
/** The offset of the record that a group stays at. */
const POISON = 120;
const NARROW = { width: 360, height: 780 };
const WAIT_MS = 180_000;

if (withoutBrowser !== false) {
  console.error(`no pictures: ${withoutBrowser}`);
  process.exit(1);
}
await buildConsolePage();
fs.mkdirSync(images, { recursive: true });
const data = fs.mkdtempSync(join(tmpdir(), "screenshots-"));
const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
const shop = spawn(
  process.execPath,
  [
    "--import",
    hooks,
    join(root, "examples", "stream-store", "run.ts"),
    "--port",
    "0",
    "--broker-port",
    "0",
    "--data",
    data,
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const address = await new Promise<string>((resolve, reject) => {
  let output = "";
  shop.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString();
    const match = /The shop is open: (\S+)/.exec(output);
    if (match?.[1] !== undefined) resolve(match[1]);
  });
  shop.on("exit", (code) => reject(new Error(`the shop ended with ${code}`)));
});
const browser = await launchBrowser();
const { console: consoleAddress, bootstrap } = JSON.parse(
  fs.readFileSync(join(data, "broker.json"), "utf8"),
) as { readonly console: string; readonly bootstrap: string };
try {
  // Somebody has it open from the beginning: the history of groups begins then.
  const watching = await browser.newPage();
  await watching.goto(consoleAddress);
  const page = await browser.newPage({ viewport: VIEW });
  await page.goto(address);
  await busyDay(page);
  const kafka = await connect(bootstrap, { clientId: "mailer" });
  const failing = failAtOneRecord(kafka).catch(() => undefined);
  await consolePictures(browser);
  await kafka.close();
  await failing;
  await watching.close();
  await badDay(page);
} finally {
  await browser.close();
  const ended = new Promise((resolve) => shop.once("exit", resolve));
  shop.kill("SIGTERM");
  await ended;
  fs.rmSync(data, { recursive: true, force: true });
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(images, `${name}.png`), clip: { x: 0, y: 0, ...VIEW } });
  console.log(`docs/images/${name}.png`);
}

async function until(page: Page, holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error("what was to be pictured did not come");
    await page.waitForTimeout(200);
  }
}

function click(page: Page, name: string | RegExp): Promise<void> {
  return page.getByRole("button", { name }).click();
}

async function numberIn(page: Page, selector: string): Promise<number> {
  return Number((await page.locator(selector).innerText()).replaceAll(",", ""));
}

function paymentsLag(page: Page): Promise<number> {
  return numberIn(page, '.group[data-group="payments"] strong');
}

async function traffic(page: Page, perSecond: number): Promise<void> {
  await page.locator("#traffic").fill(String(perSecond));
  await page.locator("#traffic").dispatchEvent("change");
  await page.locator("#traffic").blur();
}

/** Payments stop and start again, Black Friday comes, and more instances with it. */
async function busyDay(page: Page): Promise<void> {
  await traffic(page, 30);
  await until(page, async () => (await numberIn(page, "#counted")) > 200);
  await take(page, "stream-store");
  await click(page, "Stop payments");
  await until(page, async () => (await paymentsLag(page)) > 300);
  await take(page, "stream-store-stopped");
  await click(page, "Start payments");
  await until(page, async () => (await paymentsLag(page)) < 50);
  await traffic(page, 8);
  await click(page, /Black Friday/);
  await until(page, async () => (await paymentsLag(page)) > 1500);
  await click(page, "Add a payments instance");
  await click(page, "Add a payments instance");
  await until(page, async () => {
    const rows = await page.locator(".instance").all();
    const counts = await Promise.all(rows.map((row) => row.locator(".partition").count()));
    return counts.length === 3 && counts.every((count) => count === 2);
  });
  await page.waitForTimeout(3000);
  await page.locator("#partitions-title").scrollIntoViewIfNeeded();
  await take(page, "stream-store-black-friday");
  await click(page, /Black Friday/);
  await until(page, async () => (await paymentsLag(page)) < 50);
  // Somebody to look at in the console: a group that lags.
  await traffic(page, 30);
  await click(page, /Slow payment gateway/);
}

/** A consumer that cannot process a record, and goes back to it each time. */
async function failAtOneRecord(kafka: Kafka): Promise<void> {
  const consumer = kafka.consume("payments", { group: "mailer" });
  for await (const { topic, partition, offset } of consumer) {
    if (partition !== 0 || offset < POISON) continue;
    consumer.seek({ topic, partition }, POISON);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** The broker is killed and comes back, nothing is lost, and all is counted once more. */
async function badDay(page: Page): Promise<void> {
  await click(page, /Slow payment gateway/);
  await click(page, "Kill the broker");
  await until(page, async () => /down/.test(await page.locator("#broker").innerText()));
  await page.evaluate("scrollTo(0, 0)");
  await page.waitForTimeout(1500);
  await take(page, "stream-store-broker-killed");
  await until(page, async () => /up/.test(await page.locator("#broker").innerText()));
  await until(page, async () => (await paymentsLag(page)) < 50);
  await traffic(page, 0);
  await until(page, async () => /placed = paid/.test(await page.locator("#verdict").innerText()));
  await click(page, "Replay everything");
  await page.locator(".replay").last().waitFor();
  await page.waitForTimeout(1500);
  await page
    .locator(".replay")
    .last()
    .evaluate((row) => row.scrollIntoView({ block: "end" }));
  await take(page, "stream-store-replay");
}

async function consolePictures(consoleBrowser: Browser): Promise<void> {
  const screens: readonly (readonly [name: string, hash: string])[] = [
    ["overview", "#/"],
    ["flow", "#/flow"],
    ["topics", "#/topics"],
    ["messages", "#/topics/orders/messages"],
    ["partitions", "#/topics/orders/partitions"],
    ["config", "#/topics/orders/config"],
    ["topic-groups", "#/topics/orders/groups"],
    ["groups", "#/groups"],
    ["group", "#/groups/payments"],
    ["brokers", "#/brokers"],
    ["stuck", "#/groups/mailer"],
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    const context = await consoleBrowser.newContext({ viewport: VIEW, colorScheme });
    const page = await context.newPage();
    for (const [name, hash] of screens) {
      if (colorScheme === "dark" && name !== "overview" && name !== "flow") continue;
      await page.goto(`${consoleAddress}/${hash}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForTimeout(2500);
      await take(page, `console-${name}${colorScheme === "dark" ? "-dark" : ""}`);
    }
    if (colorScheme === "light") {
      await page.goto(`${consoleAddress}/#/topics/driver-locations/messages`);
      await page
        .getByRole("button", { name: /^Open message/ })
        .first()
        .click();
      await page.waitForTimeout(1000);
      await take(page, "console-message");
      await dialogs(page);
    }
    await context.close();
  }
  await emptyCluster(consoleBrowser);
  const narrow = await consoleBrowser.newPage({ viewport: NARROW });
  await narrow.goto(`${consoleAddress}/#/groups/payments`);
  await narrow.waitForTimeout(2500);
  await narrow.screenshot({ path: join(images, "console-narrow.png") });
  console.log("docs/images/console-narrow.png");
  await narrow.goto(`${consoleAddress}/#/topics/orders/messages`);
  await narrow
    .getByRole("button", { name: /^Open message/ })
    .first()
    .waitFor();
  await narrow
    .locator("table.messages")
    .evaluate((table) => table.scrollIntoView({ block: "center" }));
  await narrow.waitForTimeout(500);
  await narrow.screenshot({ path: join(images, "console-narrow-messages.png") });
  console.log("docs/images/console-narrow-messages.png");
  await narrow.close();
}

/** What is done in dialogs. */
async function dialogs(page: Page): Promise<void> {
  const opened: readonly (readonly [name: string, hash: string, ...buttons: string[]])[] = [
    ["produce", "#/topics/orders", "Produce"],
    ["replay", "#/topics/orders", "Replay"],
    ["reset", "#/groups/notifications", "Reset offsets", "Show what would change"],
    ["as-code", "#/topics/orders/messages?search=Kettle", "As CLI"],
  ];
  for (const [name, hash, ...buttons] of opened) {
    await page.goto("about:blank");
    await page.goto(`${consoleAddress}/${hash}`);
    for (const button of buttons) {
      await page.getByRole("button", { name: button, exact: true }).first().click();
      await page.waitForTimeout(1000);
    }
    await take(page, `console-${name}`);
  }
}

/** What somebody sees first, in a broker of its own. */
async function emptyCluster(consoleBrowser: Browser): Promise<void> {
  const folder = fs.mkdtempSync(join(tmpdir(), "screenshots-empty-"));
  const ready = join(folder, "ready.json");
  const cli = join(root, "src", "cli", "bin.ts");
  const place = ["--port", "0", "--console", "0", "--data", join(folder, "data")];
  const broker = spawn(process.execPath, [cli, "start", ...place, "--ready-file", ready], {
    stdio: "ignore",
  });
  const page = await consoleBrowser.newPage({ viewport: VIEW });
  await until(page, () => Promise.resolve(fs.existsSync(ready)));
  const facts = JSON.parse(fs.readFileSync(ready, "utf8")) as { readonly console: string };
  await page.goto(facts.console);
  await page.getByLabel("Language").selectOption("Node");
  await page.waitForTimeout(3000);
  await take(page, "console-empty");
  await page.close();
  const ended = new Promise((resolve) => broker.once("exit", resolve));
  broker.kill("SIGTERM");
  await ended;
  fs.rmSync(folder, { recursive: true, force: true });
}
