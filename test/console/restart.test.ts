/** A broker goes while pages are open, and comes back: they say so, and go on by themselves. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { hostConsole, type ConsoleHost } from "../../src/cli/console-host.ts";
import { connect } from "../../src/client/connect.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { buildConsolePage } from "../../scripts/console-page.ts";
import { launchBrowser, withoutBrowser } from "../browser.ts";
import { scratchFolder } from "../cli/moldau.ts";

/** Of the page: the tests are compiled without a browser's library. */
declare const document: object;

const SCRAPE_MAX_MS = 10_000;
const skip = { skip: withoutBrowser };
const scratch = scratchFolder();
let port = 0;
let node: RunningNode;
let host: ConsoleHost;
let browser: Browser;

async function startBroker(): Promise<void> {
  const { config } = loadNodeConfig({ dataDirectory: scratch.path, flags: { port, set: [] } });
  node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  port = node.port;
}

before(async () => {
  if (withoutBrowser !== false) return;
  await buildConsolePage();
  await startBroker();
  const bootstrap = `127.0.0.1:${port}`;
  const kafka = await connect(bootstrap, { clientId: "test" });
  await kafka.admin.createTopic({ name: "orders", partitions: 2 });
  await kafka.close();
  // As `moldau console` has it: the console stays while its cluster goes.
  host = await hostConsole({
    host: "127.0.0.1",
    port: 0,
    mayMove: false,
    logger: silentLogger,
    connect: () => connect(bootstrap, { clientId: "moldau-console" }),
    bootstrap,
    insight: undefined,
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await host?.close();
  await node?.close();
  scratch.remove();
});

test(
  "pages say that no news come, keep what was known, and go on when the broker is back",
  skip,
  async () => {
    const pages: Page[] = [];
    for (const hash of ["#/", "#/topics/orders/partitions", "#/topics/orders/messages?tail=1"]) {
      const page = await browser.newPage();
      page.setDefaultTimeout(40_000);
      await page.goto(`http://127.0.0.1:${host.port}/${hash}`);
      await page.getByText("Live", { exact: true }).first().waitFor();
      pages.push(page);
    }
    await node.close();
    for (const page of pages) {
      await page.getByText("No news from the broker.").waitFor();
      await page.getByText("Waiting for the broker", { exact: true }).waitFor();
    }
    const [overview, partitions, tail] = pages as [Page, Page, Page];
    assert.match(await overview.locator("main").innerText(), /orders/);
    assert.equal(await partitions.locator("tbody tr").count(), 2);

    // Prometheus gives a scrape up after ten seconds.
    const scrape = async (): Promise<string> => {
      const signal = AbortSignal.timeout(SCRAPE_MAX_MS);
      return (await fetch(`http://127.0.0.1:${host.port}/metrics`, { signal })).text();
    };
    const metrics = await scrape();
    assert.match(metrics, /^moldau_cluster_up 0$/m);
    assert.match(metrics, /^moldau_topic_partition_end_offset\{topic="orders",partition="0"\} 0$/m);
    assert.equal((await fetch(`http://127.0.0.1:${host.port}/health`)).status, 503);

    await startBroker();
    for (const page of pages) {
      await page.getByText("No news from the broker.").waitFor({ state: "detached" });
      await page.locator(".link-state", { hasText: "Live" }).waitFor();
    }
    assert.match(await scrape(), /^moldau_cluster_up 1$/m);
    const kafka = await connect(`127.0.0.1:${port}`, { clientId: "test" });
    const producer = kafka.producer();
    await producer.send("orders", { key: "after", value: "the restart" });
    await tail.getByText("the restart").waitFor();
    await producer.close();
    await kafka.close();
  },
);

test("a page in the background holds no connection", skip, async () => {
  const context = await browser.newContext();
  // A browser opens six at most to one place.
  for (let count = 0; count < 8; count++) {
    const page = await context.newPage();
    await page.addInitScript(() => {
      Object.defineProperty(document, "hidden", { get: () => true });
    });
    await page.goto(`http://127.0.0.1:${host.port}/#/topics/orders/messages?tail=1`, {
      waitUntil: "commit",
    });
  }
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  await page.goto(`http://127.0.0.1:${host.port}/#/topics/orders/messages`);
  await page.getByText("the restart").waitFor();
  await context.close();
});
