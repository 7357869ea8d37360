/** The console's page in a real browser: every screen, what can be done on it, and what must not happen. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser, withoutBrowser } from "../browser.ts";
import { buildConsolePage } from "../../scripts/console-page.ts";
import { eventually, startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const skip = { skip: withoutBrowser };
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** Text that would be a program where it is not kept text. */
const EVIL = '<img src=x onerror="globalThis.wasRun=true"><script>globalThis.wasRun=true</script>';

/** Of the page, for functions that run there: the tests are compiled without a browser's library. */
interface PageElement {
  readonly textContent: string;
  readonly innerText: string;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  getAttribute(name: string): string | null;
}
declare const document: {
  readonly body: PageElement;
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
};

let console_: ConsoleUnderTest;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const problems: string[] = [];
const hosts = new Set<string>();

before(async () => {
  if (withoutBrowser !== false) return;
  await buildConsolePage();
  console_ = await startConsole();
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
});

after(async () => {
  await browser?.close();
  await console_?.close();
});

async function open(hash: string): Promise<void> {
  await page.goto(`${console_.address}/${hash}`);
}

const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });

test("an empty cluster teaches: ten orders are produced with one click", skip, async () => {
  await open("#/");
  await page.getByRole("heading", { name: /begin with ten orders/ }).waitFor();
  await page.getByLabel("Language").selectOption("Java");
  assert.match(await page.getByLabel("example for Java").innerText(), /KafkaProducer/);
  await page.getByRole("button", { name: "Produce ten orders" }).click();
  await heading("orders").waitFor();
  await page.getByText("10 messages").waitFor();
});

test("the overview is live: figures change without a reload", skip, async () => {
  await open("#/");
  await page.getByText("Live", { exact: true }).waitFor();
  const producer = console_.kafka.producer();
  const posting = setInterval(() => producer.post("orders", { key: "live", value: "{}" }), 20);
  await page.waitForFunction(() => {
    const tiles = [...document.querySelectorAll(".tile")];
    const tile = tiles.find(({ textContent }) => textContent.startsWith("In"));
    return Number(/In([\d.]+)\/s/.exec(tile?.textContent ?? "")?.[1] ?? 0) > 5;
  });
  clearInterval(posting);
  await producer.close();
});

test("a topic is created, searched for, configured and deleted", skip, async () => {
  await open("#/topics");
  await page.getByRole("button", { name: "Create topic" }).first().click();
  // What is wrong is said in the dialog, where it is seen and read out.
  await page.getByLabel("Name").fill("..");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("dialog").locator(".toast.bad").waitFor();
  await page.getByLabel("Name").fill("shop.audit.logins");
  await page.getByLabel("Partitions").fill("4");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await heading("shop.audit.logins").waitFor();
  await page.getByRole("link", { name: "Partitions" }).click();
  await page.getByRole("heading", { name: "4 partitions" }).waitFor();
  await page.getByRole("link", { name: "Configuration" }).click();
  await page.getByLabel("Search settings").fill("retention.ms");
  await page.getByRole("button", { name: "Edit retention.ms", exact: true }).click();
  await page.getByLabel(/^Value/).fill("soon");
  await page.getByRole("button", { name: "Try (changes nothing)" }).click();
  await page.getByRole("dialog").locator(".toast.bad", { hasText: "retention.ms" }).waitFor();
  await page.getByLabel(/^Value/).fill("3600000");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText("retention.ms is set").waitFor();
  await open("#/topics");
  await page.getByLabel("Search topics").fill("logins");
  await page.getByText("1 topic", { exact: true }).waitFor();
  await page.getByRole("link", { name: "shop.audit.logins" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
  assert.equal(await confirm.isDisabled(), true, "its name has to be typed first");
  await page.getByLabel(/Type its name/).fill("shop.audit.logins");
  await confirm.click();
  await heading("Topics").waitFor();
  // The browser tells of answers that are no success.
  assert.ok(problems.every((problem) => /Failed to load resource/.test(problem)));
  problems.length = 0;
});

test(
  "messages: produced, searched, filtered in a sandbox, opened with the change since the last of its key",
  skip,
  async () => {
    const producer = console_.kafka.producer();
    for (const [price, name] of [
      [10, "tea"],
      [120, "samovar"],
      [140, "samovar"],
    ] as const) {
      await producer.send("orders", { key: "item-1", value: JSON.stringify({ name, price }) });
    }
    await producer.close();
    await open("#/topics/orders/messages");
    await page.getByLabel("Search key, value and headers").fill("samovar");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/^2 messages found among/).waitFor();
    await page.getByLabel("Search key, value and headers").fill("");
    await page.getByLabel(/Filter in JavaScript/).fill("value.price > 130");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/^1 message found among/).waitFor();
    await page.getByRole("button", { name: /^Open message/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/Since the record of this key before/).waitFor();
    assert.match(await dialog.locator(".diff-changed").innerText(), /price\s+120\s+140/);
    await dialog.getByRole("button", { name: "Hex" }).last().click();
    assert.match(await dialog.getByLabel("value in hex").innerText(), /7b 22 6e 61/);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  },
);

test(
  "a filter has neither the page nor the network, and one that never ends is stopped",
  skip,
  async () => {
    await open("#/topics/orders/messages");
    const filter = page.getByLabel(/Filter in JavaScript/);
    await filter.fill('typeof document === "undefined" && typeof window === "undefined"');
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/messages found among/).waitFor();
    const asked = new Set<string>();
    page.on("request", (request) => asked.add(request.url()));
    await filter.fill(`fetch("/api/cluster?leak=" + value.price).catch(() => 0), true`);
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/messages found among/).waitFor();
    assert.ok([...asked].every((url) => !url.includes("leak")));
    problems.length = 0; // The browser tells of what its policy has refused.
    await filter.fill("(() => { for (;;); })()");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/took more than 2 s and was stopped/).waitFor();
    await page.getByText("0 messages found among 0 looked at", { exact: true }).waitFor();
    await filter.fill("value.");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText(/The filter failed: Unexpected token/).waitFor();
    await filter.fill("(() => { throw new Error('boom'); })()");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("The filter failed: boom").waitFor();
  },
);

test("what a record holds stays text", skip, async () => {
  await console_.kafka.admin.createTopic({ name: "evil", partitions: 1 });
  const producer = console_.kafka.producer();
  await producer.send("evil", {
    key: EVIL,
    value: JSON.stringify({ [EVIL]: EVIL }),
    headers: { [EVIL]: EVIL },
  });
  await producer.close();
  const consumer = console_.kafka.consume("evil", { group: EVIL, until: "end" });
  for await (const _record of consumer);
  await consumer.close();
  await open("#/topics/evil/messages");
  await page.getByRole("button", { name: /^Open message/ }).click();
  await page.getByRole("dialog").getByText("Headers").waitFor();
  await page.keyboard.press("Escape");
  await open("#/groups");
  await page.getByRole("link", { name: EVIL }).click();
  await heading(EVIL).waitFor();
  assert.equal(await page.evaluate(() => "wasRun" in globalThis), false);
});

test("live tail shows what comes, and the produce form writes it", skip, async () => {
  await open("#/topics/orders/messages?tail=1");
  await page.getByText(/Watching the end: 0 records/).waitFor();
  await page.getByRole("button", { name: "Produce", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Key/).fill("from-the-page");
  await dialog.getByLabel("Value", { exact: true }).fill('{"n":{{i}}}');
  await dialog.getByLabel(/^Headers/).fill("who: page");
  await dialog.getByLabel("How many").fill("3");
  await dialog.getByLabel("A second").fill("100");
  await dialog.getByRole("button", { name: "Produce 3" }).click();
  await page.getByText("3 messages are written").waitFor();
  await page.getByText(/Watching the end: 3 records/).waitFor();
  assert.equal(await page.getByText("from-the-page").count(), 3);
});

test(
  "a filter sees whole values, from the oldest on too, and what it finds can be downloaded",
  skip,
  async () => {
    await console_.kafka.admin.createTopic({ name: "large", partitions: 1 });
    const producer = console_.kafka.producer();
    for (let index = 0; index < 30; index++) {
      // What is asked for stands behind more than a row of the list shows.
      const value = JSON.stringify({ filling: "x".repeat(5000), wanted: index % 3 });
      await producer.send("large", { key: null, value });
    }
    await producer.close();
    for (const from of ["newest", "oldest"]) {
      await open(`#/topics/large/messages?from=${from}&filter=value.wanted===1`);
      await page.getByText("10 messages found among 30 looked at", { exact: true }).waitFor();
    }
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const path = await (await downloading).path();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 10);
    const { value } = JSON.parse(lines[0] ?? "") as { value: string };
    assert.equal((JSON.parse(value) as { wanted: number }).wanted, 1);
  },
);

test("numbers are shown as they were written, and compared so", skip, async () => {
  await console_.kafka.admin.createTopic({ name: "exact", partitions: 1 });
  const producer = console_.kafka.producer();
  for (const id of ["12345678901234567890", "12345678901234567891"]) {
    await producer.send("exact", { key: "k", value: `{"id":${id},"price":1.10}` });
  }
  await producer.close();
  await open("#/topics/exact/messages");
  await page.getByRole("button", { name: /^Open message 1 / }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("1.10", { exact: true }).waitFor();
  assert.match(await dialog.locator(".tree").innerText(), /12345678901234567891/);
  assert.match(await dialog.locator(".diff-changed").innerText(), /id\s+\d+7890\s+\d+7891/);
  assert.equal(await dialog.locator(".diff-changed").count(), 1, "the price is the same");
  await dialog.getByRole("button", { name: "Text" }).last().click();
  await dialog.getByText(/"price": 1\.10/).waitFor();
});

test(
  "a message is produced again as it was: bytes, names that come twice, what is no text",
  skip,
  async () => {
    await console_.kafka.admin.createTopic({ name: "bytes", partitions: 3 });
    const producer = console_.kafka.producer();
    const sent = {
      key: Buffer.from([1, 255]),
      value: Buffer.from([0, 254, 7]),
      headers: [
        ["a", "1"],
        ["a", "2"],
        ["none", null],
        ["bytes", Buffer.from([200])],
      ] as const,
    };
    await producer.send("bytes", { ...sent, partition: 1 });
    await producer.close();
    await open("#/topics/bytes/messages");
    await page.getByRole("button", { name: /^Open message/ }).click();
    await page.getByRole("button", { name: "Produce again" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("2 headers that are no lines of text go with it as before.").waitFor();
    // Keys of the list mean nothing in a field.
    await dialog.getByLabel(/^Headers/).press("End");
    await page.keyboard.type("jk");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await dialog.getByLabel("Partition").selectOption("2");
    await dialog.getByRole("button", { name: "Produce", exact: true }).click();
    await page.getByText(/Written at offset 0 of partition 2/).waitFor();
    const consumer = console_.kafka.consume("bytes", { partitions: [2], until: "end" });
    for await (const { key, value, headers } of consumer) {
      assert.deepEqual([key, value], [sent.key, sent.value]);
      assert.deepEqual(
        [...headers].map((header) => `${header.key}=${header.value?.toString("hex")}`).sort(),
        ["a=31", "a=32", "bytes=c8", "none=undefined"],
      );
    }
    await consumer.close();
  },
);

test("what is written at a rate tells how far it is, and can be stopped", skip, async () => {
  await console_.kafka.admin.createTopic({ name: "slow", partitions: 1 });
  await open("#/topics/slow/messages");
  await page.getByRole("button", { name: "Produce", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("How many").fill("100000");
  await dialog.getByLabel("A second").fill("20");
  await dialog.getByRole("button", { name: "Produce 100,000" }).click();
  await dialog.getByText(/^[1-9]\d* of 100,000/).waitFor();
  await dialog.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped", { exact: true }).waitFor();
  const ends = async (): Promise<number> => {
    const [end] = await console_.kafka.admin.listOffsets([
      { topic: "slow", partition: 0, at: "latest" },
    ]);
    return end?.value?.offset ?? 0;
  };
  // It ends soon after: two looks with a time between them that would write forty see the same.
  await eventually(
    "nothing more is written",
    async () => {
      const before = await ends();
      await page.waitForTimeout(2000);
      return (await ends()) - before;
    },
    (grown) => grown === 0,
  );
  assert.ok((await ends()) > 0);
});

test("a link that makes no sense shows a screen that says so", skip, async () => {
  const seen = problems.length;
  for (const [hash, text] of [
    ["#/topics/%E0%A4%A", /not allowed/],
    ["#/topics/nowhere", /there is no such topic/],
    ["#/groups/nobody", /group/i],
    ["#/topics/orders/messages?from=time:never", /no place to begin/],
    ["#/nothing/at/all", /Overview/],
  ] as const) {
    await page.goto("about:blank");
    await open(hash);
    await page.getByText(text).first().waitFor();
    await page
      .getByRole("link", { name: /Topics/ })
      .first()
      .waitFor();
  }
  // The browser tells of answers that are no success.
  assert.ok(problems.slice(seen).every((problem) => /Failed to load resource/.test(problem)));
  problems.length = seen;
});

test("prefixes of names are a tree that is gone up as it was gone down", skip, async () => {
  for (const name of ["a.bb-ccc.x", "a.bb-ccc.y", "a.bb-d.x", "a.bb-d.y", "a.other"]) {
    await console_.kafka.admin.createTopic({ name, partitions: 1 });
  }
  await open("#/topics");
  const prefixes = page.getByRole("navigation", { name: "Topics by prefix" });
  for (const prefix of ["a.", "bb-", "ccc."]) {
    await prefixes.getByRole("button", { name: new RegExp(`^${prefix}`) }).click();
  }
  await page.getByText("2 topics", { exact: true }).waitFor();
  for (const [from, count] of [
    ["a.bb-ccc.", 4],
    ["a.bb-", 5],
  ] as const) {
    await prefixes.getByRole("button", { name: `← ${from}` }).click();
    await page.getByText(`${count} topics`, { exact: true }).waitFor();
  }
});

test("a range is replayed, and the progress is told", skip, async () => {
  await open("#/topics/orders/messages");
  await page.getByRole("button", { name: "Replay" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Replay", exact: true }).click();
  await page.getByText(/records copied to orders-replay/).waitFor();
});

test("groups: a stuck one says why; its offsets are reset after a dry run", skip, async () => {
  const consumer = console_.kafka.consume("orders", {
    group: "billing",
    from: "earliest",
    until: "end",
  });
  let count = 0;
  for await (const _record of consumer) if (++count === 5) break;
  await consumer.close();
  await open("#/groups/billing");
  await page
    .getByText(/Nobody in the group reads it/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Reset offsets" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Go on").selectOption("latest");
  assert.equal(await dialog.getByRole("button", { name: "Reset", exact: true }).isDisabled(), true);
  await dialog.getByRole("button", { name: "Show what would change" }).click();
  await dialog.getByRole("region", { name: "What would change" }).waitFor();
  await dialog.getByRole("button", { name: "Reset", exact: true }).click();
  await page.getByText("Offsets of billing are reset").waitFor();
  await page.getByText("at the end").first().waitFor();
});

test("the flow picture names who writes and who reads; a click filters", skip, async () => {
  const producer = console_.kafka.producer();
  await producer.send("orders", { value: "x" });
  await open("#/flow");
  await page.getByRole("button", { name: /^producer shop/ }).waitFor();
  await page.getByRole("button", { name: /^group billing/ }).waitFor();
  await page.getByRole("button", { name: /^producer shop/ }).click();
  await page.locator(".node.dimmed").first().waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await page.waitForFunction(() => document.querySelector(".node.dimmed") === null);
  await producer.close();
});

test("brokers tell their disks and settings", skip, async () => {
  await open("#/brokers");
  await page.getByRole("heading", { name: /^Broker 1/ }).waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Search settings").fill("num.partitions");
  await page.getByText("num.partitions", { exact: true }).waitFor();
});

test(
  "the keyboard goes everywhere, and every screen says the same as commands and as a program",
  skip,
  async () => {
    await open("#/");
    await page.getByText("Live", { exact: true }).waitFor();
    for (const [keys, name] of [
      ["gt", "Topics"],
      ["gf", "Flow"],
      ["gg", "Groups"],
      ["gb", "Brokers"],
      ["go", "Overview"],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key);
      await heading(name).waitFor();
      await page.getByRole("button", { name: "As CLI" }).first().click();
      assert.match(await page.getByLabel("commands").innerText(), /^moldau /);
      assert.match(await page.getByLabel("program").innerText(), /^import /);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await heading("Topics").waitFor();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
    await page.keyboard.type("orders");
    await page.getByText(/^2 topics$/).waitFor();
    const link = page.getByRole("link", { name: "orders", exact: true });
    while (!(await link.evaluate((element) => element === document.activeElement))) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await heading("orders").waitFor();
    const selected = page.locator("table.messages tr.selected");
    const offsetOf = async (index: number): Promise<string> =>
      (await page
        .getByRole("button", { name: /^Open message/ })
        .nth(index)
        .getAttribute("aria-label")) ?? "";
    await page
      .getByRole("button", { name: /^Open message/ })
      .nth(2)
      .waitFor();
    for (const [key, index] of [
      ["j", 0],
      ["j", 1],
      ["j", 2],
      ["k", 1],
    ] as const) {
      await page.keyboard.press(key);
      await selected.getByRole("button", { name: await offsetOf(index), exact: true }).waitFor();
    }
    const words = (await offsetOf(1)).replace("Open message", "Message");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    assert.equal((await dialog.getAttribute("aria-label"))?.replaceAll(",", ""), words);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  },
);

const screens = [
  "#/",
  "#/flow",
  "#/topics",
  "#/topics/orders/messages",
  "#/topics/orders/partitions",
  "#/topics/orders/config",
  "#/topics/orders/groups",
  "#/groups",
  "#/groups/billing",
  "#/brokers",
];

async function violationsIn(view: Page): Promise<string[]> {
  await view.addScriptTag({ path: axePath });
  return view.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const found = (await axe.run()).violations;
    return found
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
  });
}

const dialogs: readonly (readonly [hash: string, ...buttons: (string | RegExp)[]])[] = [
  ["#/", "As CLI"],
  ["#/topics", "Create topic"],
  ["#/topics/orders/messages", /^Open message/],
  ["#/topics/orders/messages", "Produce"],
  ["#/topics/orders/messages", "Replay"],
  ["#/topics/orders/messages", "Delete"],
  ["#/topics/orders/partitions", "Add partitions"],
  ["#/topics/orders/config", "Edit retention.ms"],
  ["#/groups/billing", "Reset offsets", "Show what would change"],
  ["#/groups/billing", "Delete"],
];

test(
  "every dialog is accessible, light and dark, closes with Escape, and fits a width of 360",
  skip,
  async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const other = await browser.newContext({ colorScheme, bypassCSP: true });
      const view = await other.newPage();
      view.setDefaultTimeout(20_000);
      for (const [hash, ...buttons] of dialogs) {
        await view.setViewportSize({ width: 1280, height: 900 });
        await view.goto("about:blank");
        await view.goto(`${console_.address}/${hash}`);
        for (const name of buttons) {
          await view.getByRole("button", { name, exact: true }).first().click();
        }
        const dialog = view.getByRole("dialog");
        await dialog.waitFor();
        await view.waitForFunction(() => !/Loading|Reading …/.test(document.body.innerText));
        const what = `${buttons.join(", ")} at ${hash} in ${colorScheme}`;
        assert.deepEqual(await violationsIn(view), [], what);
        await view.setViewportSize({ width: 360, height: 640 });
        await view.waitForFunction(() => {
          const shown = document.querySelector("dialog .dialog-body");
          return shown !== null && shown.scrollWidth <= shown.clientWidth;
        });
        await dialog.getByRole("button", { name: "Close" }).isVisible();
        await view.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
      }
      await other.close();
    }
  },
);

test("every screen is accessible, light and dark, and fits a width of 360", skip, async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const other = await browser.newContext({
      colorScheme,
      bypassCSP: true,
      viewport: { width: 1280, height: 900 },
    });
    const view = await other.newPage();
    for (const hash of screens) {
      await view.setViewportSize({ width: 1280, height: 900 });
      await view.goto(`${console_.address}/${hash}`);
      await view.getByRole("heading", { level: 1 }).waitFor();
      await view.waitForFunction(() => !/Loading|Reading …/.test(document.body.innerText));
      assert.deepEqual(await violationsIn(view), [], `${hash} in ${colorScheme}`);
      await view.setViewportSize({ width: 360, height: 780 });
      await view.waitForFunction(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth <= clientWidth;
      });
    }
    await other.close();
  }
});

test("nothing was asked of another host, and nothing went wrong", skip, () => {
  assert.deepEqual([...hosts], [new URL(console_.address).host]);
  assert.deepEqual(problems, []);
  assert.deepEqual(console_.errors, []);
});
